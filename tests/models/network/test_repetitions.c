/* Confirmed uplinks, repetitions of uplinks, and the server's own time.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: LoRaWAN L2 1.0.4 sections 4.3.1.2 and 4.3.1.4 (an ACK answers each frame of a confirmed
 * uplink, the application gets it once), spec-protocol 3.3 (error of a server without GPS).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/rig.h"

static struct rig rig;
static uint32_t uplinks;
static struct network_uplink last;
static uint32_t replies;

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    (void)context, (void)now_ns;
    uplinks++;
    last = *uplink;
    for (uint32_t i = 0; i < replies; i++) {
        cr_assert(network_enqueue(rig.network, uplink->device, 9, (const uint8_t *)"reply", 5));
    }
}

static void setup(void)
{
    static const struct network_application application = { .uplink = on_uplink };
    uplinks = 0;
    replies = 0;
    rig_create(&rig, 0.8);
    network_set_application(rig.network, &application, NULL);
    network_set_link(rig.network, 0, 0, 4);
    rig_join(&rig, 0);
}

static void teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(repetitions, .init = setup, .fini = teardown);

/* Gateway 0 hears the frame now; the answer goes out. */
static bool hear(const uint8_t *bytes, uint16_t size, struct scripted_downlink *downlink)
{
    return rig_hear_answer(&rig, 0, 5, 5000, bytes, size, downlink);
}

Test(repetitions, of_a_confirmed_uplink_get_an_ack_each_and_reach_the_application_once)
{
    uint8_t bytes[255];
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    for (uint16_t i = 0; i < 4; i++) {
        struct scripted_downlink downlink;
        cr_assert(hear(bytes, size, &downlink));
        cr_assert(downlink.ack);
        cr_assert_eq(downlink.fcnt, i, "a new FCntDown each");
    }
    cr_assert_eq(uplinks, 1);
    cr_assert_eq(rig_stats(&rig).uplinks, 1);
    cr_assert_eq(rig_stats(&rig).copies, 3);
    cr_assert_eq(rig_stats(&rig).confirmed, 4);
    cr_assert_eq(rig_stats(&rig).acks, 4);
    cr_assert_eq(rig_stats(&rig).replayed, 0);
}

Test(repetitions, of_an_unconfirmed_uplink_are_dropped)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_eq(uplinks, 1);
    cr_assert_eq(rig_stats(&rig).copies, 1);
    cr_assert_eq(rig_stats(&rig).acks, 0);
}

static enum gateway_tx_result refuse_first(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    uint32_t *count = context;
    return (*count)++ < 2 ? GATEWAY_TX_DUTY_CYCLE
                          : fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

Test(repetitions, carry_what_no_gateway_could_send_before)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint32_t requests = 0; /* RX1 and RX2 of the first copy */
    rig.gateways->judge = refuse_first;
    rig.gateways->context = &requests;
    replies = 1;
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_eq(network_queue_length(rig.network, 0), 1);
    cr_assert(hear(bytes, size, &downlink));
    cr_assert_eq(downlink.fport, 9);
    cr_assert_arr_eq(downlink.payload, "reply", 5);
    cr_assert_eq(uplinks, 1);
    cr_assert_eq(network_queue_length(rig.network, 0), 0);
}

Test(repetitions, answer_a_device_time_req_with_their_own_end)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t size = rig_make(&rig, 0, true, "\x0d", bytes);
    cr_assert(hear(bytes, size, &downlink));
    sim_ns end_ns = engine_now(rig.engine);
    cr_assert(hear(bytes, size, &downlink));
    uint32_t gps_s = (uint32_t)((RIG_GPS_NS + end_ns) / SIM_NS_PER_S);
    uint8_t expected[] = { 0x0D, (uint8_t)gps_s, (uint8_t)(gps_s >> 8), (uint8_t)(gps_s >> 16),
        (uint8_t)(gps_s >> 24), 0 };
    cr_assert_arr_eq(downlink.fopts, expected, sizeof expected);
}

Test(repetitions, are_told_from_a_late_report_of_the_same_transmission)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    sim_ns end_ns = engine_now(rig.engine);
    rig_hear(&rig, 0, 5, 5000, bytes, size);
    rig_run(&rig, end_ns + 500 * SIM_NS_PER_MS); /* its window of 200 ms is over */
    fake_gateways_uplink(rig.gateways, 1, end_ns + 500 * SIM_NS_PER_MS, 5, 9000, bytes, size);
    rig_run(&rig, end_ns + 5 * SIM_NS_PER_S);
    cr_assert_eq(fake_gateways_accepted_count(rig.gateways), 2, "join-accept and one ACK");
    cr_assert_eq(rig_stats(&rig).duplicates, 1);
    cr_assert_eq(rig_stats(&rig).copies, 0);
    (void)rig_next_tx(&rig);
    cr_assert(hear(bytes, size, &downlink));
    cr_assert(downlink.ack);
    cr_assert_eq(rig_stats(&rig).copies, 1);
}

Test(repetitions, must_have_a_good_mic)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    cr_assert(hear(bytes, size, &downlink));
    bytes[10] ^= 1u; /* payload */
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_eq(rig_stats(&rig).bad_mic, 1);
    cr_assert_eq(rig_stats(&rig).copies, 0);
}

Test(repetitions, of_an_older_uplink_are_replays_and_get_no_ack)
{
    uint8_t old[255], bytes[255];
    struct scripted_downlink downlink;
    uint16_t old_size = rig_make(&rig, 0, true, "", old);
    cr_assert(hear(old, old_size, &downlink));
    cr_assert(hear(bytes, rig_make(&rig, 0, true, "", bytes), &downlink));
    cr_assert_not(hear(old, old_size, &downlink));
    cr_assert_eq(rig_stats(&rig).replayed, 1);
    cr_assert_eq(rig_stats(&rig).acks, 2);
}

/* TS001-1.0.4 section 5.3: more than NbTrans transmissions of a frame are not processed. */
Test(repetitions, more_than_nb_trans_are_discarded)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert(hear(bytes, size, &downlink));
    }
    cr_assert(network_enqueue(rig.network, 0, 9, (const uint8_t *)"reply", 5));
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_eq(network_queue_length(rig.network, 0), 1, "it waits for the next uplink");
    cr_assert_eq(rig_stats(&rig).copies, 3);
    cr_assert_eq(rig_stats(&rig).excess_copies, 2);
    cr_assert_eq(rig_stats(&rig).acks, 4);
    cr_assert(hear(bytes, rig_make(&rig, 0, true, "", bytes), &downlink));
    cr_assert_eq(downlink.fport, 9);
    cr_assert(hear(bytes, size, &downlink), "the count begins again");
}

Test(repetitions, count_once_however_many_gateways_report_them)
{
    uint8_t bytes[255];
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    for (uint32_t i = 0; i < 4; i++) {
        sim_ns end_ns = engine_now(rig.engine);
        for (uint32_t gateway = 0; gateway < 3; gateway++) { /* one of them after the window */
            fake_gateways_uplink(rig.gateways, gateway,
                    end_ns + (gateway == 2 ? 300 * SIM_NS_PER_MS : 0), 5, 5000, bytes, size);
        }
        rig_run(&rig, end_ns + 4 * SIM_NS_PER_S);
    }
    cr_assert_eq(rig_stats(&rig).copies, 3);
    cr_assert_eq(rig_stats(&rig).excess_copies, 0);
    cr_assert_eq(rig_stats(&rig).duplicates, 8);
}

/* An attacker has recorded the frame at one place and sends it at another. */
Test(repetitions, a_replay_moves_no_downlink_and_gets_no_answer)
{
    uint8_t bytes[255];
    network_set_link(rig.network, 1, 0, 1);
    rig_join(&rig, 1);
    rig_hear_best(&rig, 1, 2);
    uint32_t answers = fake_gateways_accepted_count(rig.gateways);
    uint16_t size = scripted_device_uplink(
            &rig.devices[1], true, NULL, 0, 2, (const uint8_t *)"report", 6, bytes);
    rig_hear(&rig, 2, 5, 0, bytes, size);
    rig_run_s(&rig, 10);
    cr_assert_eq(fake_gateways_accepted_count(rig.gateways), answers + 1);
    for (uint32_t i = 0; i < 10; i++) {
        rig_hear(&rig, 3, 5, 20000, bytes, size);
        rig_run_s(&rig, 10);
    }
    cr_assert_eq(fake_gateways_accepted_count(rig.gateways), answers + 1);
    cr_assert_eq(network_best_gateway(rig.network, 1), 2);
    cr_assert_eq(rig_stats(&rig).excess_copies, 10);
}

/* Where copies are allowed a replay may look like one: it gets what a copy gets, within the hour in
 * which a device can be held up by its duty cycle. */
Test(repetitions, a_replay_that_could_be_a_copy_leaves_the_multicast_gateway_alone)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    rig_hear_best(&rig, 0, 2);
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    rig_hear(&rig, 2, 5, 0, bytes, size);
    rig_run_s(&rig, 10);
    (void)rig_next_tx(&rig);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert(hear(bytes, size, &downlink)); /* gateway 0 */
    }
    cr_assert_eq(network_best_gateway(rig.network, 0), 2);
    rig_run_s(&rig, 3601);
    cr_assert_not(hear(bytes, size, &downlink));
    cr_assert_eq(rig_stats(&rig).copies, 2);
    cr_assert_eq(rig_stats(&rig).excess_copies, 1);
}

/* --- DevStatus ------------------------------------------------------------------------------- */

static bool asks_for_status(const struct scripted_downlink *downlink)
{
    return memchr(downlink->fopts, 0x06, downlink->fopts_size) != NULL;
}

Test(repetitions, dev_status_is_asked_again_until_it_is_answered)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    cr_assert(hear(bytes, rig_make(&rig, 0, true, "", bytes), &downlink));
    cr_assert(asks_for_status(&downlink));
    cr_assert(hear(
            bytes, rig_make(&rig, 0, true, "", bytes), &downlink)); /* no answer: asked again */
    cr_assert(asks_for_status(&downlink));
    /* DevStatusAns: battery 200, -3 dB (spec-protocol 1.6: six bits, signed). */
    cr_assert(hear(bytes, rig_make(&rig, 0, true, "\x06\xC8\x3D", bytes), &downlink));
    cr_assert_not(asks_for_status(&downlink));
    struct network_device_view view;
    network_device_get(rig.network, 0, &view);
    cr_assert(view.status_known);
    cr_assert_eq(view.battery, 200);
    cr_assert_eq(view.radio_margin_db, -3);
    cr_assert_eq(rig_stats(&rig).status_requests, 2);
    cr_assert_eq(rig_stats(&rig).status_answers, 1);
}

Test(repetitions, dev_status_is_not_asked_of_a_device_that_never_answers)
{
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert(hear(bytes, rig_make(&rig, 0, true, "", bytes), &downlink));
    }
    cr_assert_eq(rig_stats(&rig).status_requests, 3);
}

Test(repetitions, dev_status_comes_by_itself_when_a_period_is_set)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.dev_status_period_ns = SIM_NS_PER_S * 3600;
    rig_create_with(&rig, &params);
    rig_join(&rig, 0);
    uint8_t bytes[255];
    struct scripted_downlink downlink;
    cr_assert(hear(bytes, rig_make(&rig, 0, false, "", bytes), &downlink));
    cr_assert(asks_for_status(&downlink));
    cr_assert_not(hear(bytes, rig_make(&rig, 0, false, "\x06\xC8\x05", bytes), &downlink));
    rig_run_s(&rig, 3500);
    cr_assert_not(hear(bytes, rig_make(&rig, 0, false, "", bytes), &downlink));
    rig_run_s(&rig, 100);
    cr_assert(hear(bytes, rig_make(&rig, 0, false, "", bytes), &downlink));
    cr_assert(asks_for_status(&downlink));
}

/* --- time ------------------------------------------------------------------------------------ */

/* A gateway whose NTP time is ten minutes off: its stamp contradicts the arrival. */
Test(repetitions, time_of_a_wrong_clock_is_not_used)
{
    static const int64_t errors_s[] = { 600, -600, 61, -61 };
    for (unsigned i = 0; i < 4; i++) {
        uint8_t bytes[255];
        sim_ns end_ns = engine_now(rig.engine);
        uint16_t size = rig_make(&rig, 0, false, "", bytes);
        rig.gateways->stamp_error_ns = errors_s[i] * SIM_NS_PER_S;
        rig_hear(&rig, 0, 5, 0, bytes, size);
        rig_run(&rig, end_ns + SIM_NS_PER_S);
        cr_assert_eq(last.gps_ns, RIG_GPS_NS + end_ns + 80 * SIM_NS_PER_MS, "by its arrival");
        end_ns = engine_now(rig.engine);
        size = rig_make(&rig, 0, false, "", bytes);
        rig_hear(&rig, 0, 5, 0, bytes, size);
        rig_hear(&rig, 1, 5, -9000, bytes, size);
        rig_run(&rig, end_ns + SIM_NS_PER_S);
        cr_assert_eq(last.gps_ns, RIG_GPS_NS + end_ns + 1000, "as gateway 1 stamped it");
    }
    cr_assert_eq(rig_stats(&rig).without_gps_time, 4);
}

Test(repetitions, time_without_gps_is_late_by_the_backhaul)
{
    uint8_t bytes[255];
    sim_ns end_ns = engine_now(rig.engine);
    uint16_t size = rig_make(&rig, 0, false, "", bytes);
    rig.gateways->without_gps = 0x1; /* gateway 0; gateway 1 has it */
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_run(&rig, end_ns + SIM_NS_PER_S);
    cr_assert_eq(last.gps_ns, RIG_GPS_NS + end_ns + 80 * SIM_NS_PER_MS, "the rig's backhaul");
    cr_assert_eq(rig_stats(&rig).without_gps_time, 1);
    end_ns = engine_now(rig.engine);
    size = rig_make(&rig, 0, false, "", bytes);
    rig_hear(&rig, 0, 5, 0, bytes, size);
    rig_hear(&rig, 1, 5, -9000, bytes, size);
    rig_run(&rig, end_ns + SIM_NS_PER_S);
    cr_assert_eq(last.gps_ns, RIG_GPS_NS + end_ns + 1000, "as gateway 1 stamped it");
    cr_assert_eq(rig_stats(&rig).without_gps_time, 1);
}
