/* Multicast groups: frames, turns, duty interval, refusals.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: closed form of the schedule (interval = airtime / (duty cycle x share), turn g of n at
 * g / n of it), and the rule that McFCnt never falls at a gateway.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "models/network/rig.h"

#define MC_ADDR 0x27FF00AAu

static struct rig rig;
static uint32_t group;
static uint8_t nwk[16], app[16];

static struct {
    uint32_t sent[RIG_GATEWAYS], refused[RIG_GATEWAYS];
    uint32_t idle;
    uint32_t refill; /* enqueue more from the report */
} seen;

static void on_report(void *context, uint32_t group_index, uint32_t fcnt, uint32_t gateway,
        enum gateway_tx_result result, sim_ns at_ns, sim_ns now_ns)
{
    (void)context, (void)fcnt, (void)at_ns, (void)now_ns;
    cr_assert_eq(group_index, group);
    *(result == GATEWAY_TX_SENT ? &seen.sent[gateway] : &seen.refused[gateway]) += 1;
    if (seen.refill > 0) {
        seen.refill--;
        network_group_enqueue(rig.network, group, 201, (const uint8_t *)"more", 4, 0);
    }
}

static void on_idle(void *context, uint32_t group_index, sim_ns now_ns)
{
    (void)context, (void)group_index, (void)now_ns;
    seen.idle++;
}

/* Three members, best heard by gateways 0, 1 and 3. */
static void make_group_at_interval(
        enum multicast_policy policy, double duty_share, sim_ns interval_ns)
{
    static const struct network_application application = { .multicast_report = on_report,
        .multicast_idle = on_idle };
    memset(&seen, 0, sizeof seen);
    rig_create(&rig, duty_share);
    network_set_application(rig.network, &application, NULL);
    const uint32_t gateways[4] = { 0, 1, 3, 3 };
    struct network_group_params params = { .mc_addr = MC_ADDR,
        .frequency_hz = 869525000,
        .data_rate = 5,
        .policy = policy,
        .interval_ns = interval_ns };
    for (int i = 0; i < 16; i++) {
        params.mc_key[i] = (uint8_t)(0xA0 + i);
    }
    lorawan_mc_session_keys(params.mc_key, MC_ADDR, app, nwk);
    group = network_group_create(rig.network, &params);
    for (uint32_t i = 0; i < 4; i++) {
        rig_join(&rig, i);
        rig_hear_best(&rig, i, gateways[i]);
        cr_assert(network_group_add(rig.network, group, i));
    }
    rig.accepted_seen = fake_gateways_accepted_count(rig.gateways);
    rig_run(&rig, 1000 * SIM_NS_PER_S);
}

static void make_group_with(enum multicast_policy policy, double duty_share)
{
    make_group_at_interval(policy, duty_share, 0);
}

static void make_group(enum multicast_policy policy)
{
    make_group_with(policy, 0.8);
}

static void enqueue(uint32_t count, uint16_t size)
{
    uint8_t payload[242] = { 0x08 };
    for (uint32_t i = 0; i < count; i++) {
        payload[1] = (uint8_t)i;
        cr_assert_neq(network_group_enqueue(rig.network, group, 201, payload, size, 0), UINT32_MAX);
    }
}

static void check_frame(const struct fake_tx *entry, uint32_t fcnt)
{
    struct scripted_downlink downlink;
    cr_assert(scripted_downlink_read(
            nwk, app, MC_ADDR, fcnt >> 16, entry->tx.bytes, entry->tx.size, &downlink));
    cr_assert_eq(downlink.fcnt, fcnt & 0xFFFF);
    cr_assert_eq(downlink.fport, 201);
    cr_assert(!downlink.ack && !downlink.pending && downlink.fopts_size == 0);
    cr_assert_eq(entry->tx.power_mdbm, 29000);
    cr_assert(entry->tx.modulation.iq_inverted && !entry->tx.modulation.payload_crc);
}

static void no_teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(multicast, .fini = no_teardown);

Test(multicast, interval_is_airtime_over_the_share_of_the_duty_cycle)
{
    make_group(MULTICAST_STAGGERED);
    /* SF7, 216 bytes without CRC: 8 + ceil((8 * 216 - 28 + 28) / 28) * 5 = 318 payload symbols,
     * 12.25 of preamble, 1.024 ms each = 338.176 ms; share 0.1 * 0.8. */
    cr_assert_eq(network_group_interval_ns(rig.network, group, 203), 338176000 * INT64_C(100) / 8);
}

Test(multicast, staggers_one_frame_over_the_gateways_of_the_members)
{
    make_group(MULTICAST_STAGGERED);
    enqueue(5, 203);
    rig_run(&rig, 1100 * SIM_NS_PER_S);
    sim_ns interval_ns = network_group_interval_ns(rig.network, group, 203);
    const uint32_t gateways[3] = { 0, 1, 3 };
    sim_ns start_ns = 0;
    for (uint32_t i = 0; i < 15; i++) {
        const struct fake_tx *entry = rig_next_tx(&rig);
        cr_assert_not_null(entry, "%u", i);
        start_ns = i == 0 ? entry->tx.at_ns : start_ns;
        check_frame(entry, i / 3);
        cr_assert_eq(entry->gateway, gateways[i % 3]);
        cr_assert_eq(entry->tx.at_ns, start_ns + i / 3 * interval_ns + (i % 3) * interval_ns / 3);
        cr_assert_leq(entry->tx.at_ns - entry->submitted_ns, SIM_NS_PER_S, "shortly before");
    }
    cr_assert_eq(rig_next_tx(&rig), NULL);
    cr_assert_eq(seen.sent[0] + seen.sent[1] + seen.sent[3], 15);
    cr_assert_eq(seen.idle, 1);
    cr_assert_eq(network_group_waiting(rig.network, group), 0);
}

/* ChirpStack's "Delay": one margin of 5 s after each copy, whichever frame it is of. */
Test(multicast, delays_each_copy_by_the_interval)
{
    make_group_at_interval(MULTICAST_DELAYED, 0.8, 5 * SIM_NS_PER_S);
    enqueue(3, 203);
    rig_run(&rig, 1100 * SIM_NS_PER_S);
    cr_assert_eq(network_group_interval_ns(rig.network, group, 203), 15 * SIM_NS_PER_S);
    const uint32_t gateways[3] = { 0, 1, 3 };
    sim_ns start_ns = 0;
    for (uint32_t i = 0; i < 9; i++) {
        const struct fake_tx *entry = rig_next_tx(&rig);
        cr_assert_not_null(entry, "%u", i);
        start_ns = i == 0 ? entry->tx.at_ns : start_ns;
        check_frame(entry, i / 3);
        cr_assert_eq(entry->gateway, gateways[i % 3]);
        cr_assert_eq(entry->tx.at_ns, start_ns + i * 5 * SIM_NS_PER_S);
    }
}

Test(multicast, sends_at_one_time_when_simultaneous)
{
    make_group(MULTICAST_SIMULTANEOUS);
    enqueue(2, 50);
    rig_run(&rig, 1100 * SIM_NS_PER_S);
    sim_ns start_ns = 0;
    for (uint32_t i = 0; i < 6; i++) {
        const struct fake_tx *entry = rig_next_tx(&rig);
        start_ns = i % 3 == 0 ? entry->tx.at_ns : start_ns;
        cr_assert_eq(entry->tx.at_ns, start_ns);
    }
}

Test(multicast, uses_the_gateway_with_most_members_when_single)
{
    make_group(MULTICAST_SINGLE);
    enqueue(2, 50);
    rig_run(&rig, 1100 * SIM_NS_PER_S);
    cr_assert_eq(seen.sent[3], 2);
    cr_assert_eq(seen.idle, 1);
}

Test(multicast, keeps_within_its_share_of_the_duty_cycle)
{
    make_group(MULTICAST_STAGGERED);
    enqueue(1200, 203);
    rig_run(&rig, 1000 * SIM_NS_PER_S + 3600 * SIM_NS_PER_S);
    sim_ns airtime_ns[RIG_GATEWAYS] = { 0 };
    const struct fake_tx *entry;
    while ((entry = rig_next_tx(&rig)) != NULL) {
        airtime_ns[entry->gateway] += lora_time_on_air_ns(&entry->tx.modulation, entry->tx.size);
    }
    for (uint32_t i = 0; i < 4; i++) {
        double share = (double)airtime_ns[i] / 3600e9;
        cr_assert(i == 2 ? share == 0.0 : fabs(share - 0.08) < 0.0002, "%u: %f", i, share);
    }
}

Test(multicast, lets_gateways_share_a_turn_when_there_are_more_than_turns)
{
    make_group_with(MULTICAST_STAGGERED, 4.0); /* 2.5 airtimes: two turns for three gateways */
    enqueue(3, 203);
    rig_run(&rig, 1100 * SIM_NS_PER_S);
    sim_ns interval_ns = network_group_interval_ns(rig.network, group, 203);
    sim_ns start_ns = 0;
    for (uint32_t i = 0; i < 9; i++) {
        const struct fake_tx *entry = rig_next_tx(&rig);
        cr_assert_not_null(entry);
        start_ns = i == 0 ? entry->tx.at_ns : start_ns;
        sim_ns in_ns = (entry->tx.at_ns - start_ns) % interval_ns;
        cr_assert_eq(in_ns, entry->gateway == 1 ? interval_ns / 2 : 0, "%u", entry->gateway);
    }
}

Test(multicast, sends_nothing_before_its_time)
{
    make_group(MULTICAST_STAGGERED);
    sim_ns from_ns = 1234 * SIM_NS_PER_S;
    cr_assert_eq(
            network_group_enqueue(rig.network, group, 201, (const uint8_t *)"x", 1, from_ns), 0);
    rig_run(&rig, from_ns - SIM_NS_PER_S);
    cr_assert_eq(rig_next_tx(&rig), NULL);
    rig_run(&rig, from_ns + 10 * SIM_NS_PER_S);
    cr_assert_eq(rig_next_tx(&rig)->tx.at_ns, from_ns);
}

/* --- refusals -------------------------------------------------------------------------------- */

static struct {
    uint32_t every; /* n-th request at gateway 1 is refused */
    uint32_t count;
    enum gateway_tx_result result;
} refusal;

static enum gateway_tx_result refuse_some(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    if (gateway == 1 && ++refusal.count % refusal.every == 0) {
        return refusal.result;
    }
    return fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

/* Every gateway got every counter, in order, each in a turn of its own. */
static void expect_all_in_order(uint32_t frames)
{
    uint32_t next[RIG_GATEWAYS] = { 0 };
    const struct fake_tx *entry;
    sim_ns interval_ns = network_group_interval_ns(rig.network, group, 203);
    sim_ns turn_ns = interval_ns / 3;
    sim_ns start_ns = -1;
    while ((entry = rig_next_tx(&rig)) != NULL) {
        start_ns = start_ns < 0 ? entry->tx.at_ns : start_ns;
        check_frame(entry, next[entry->gateway]++);
        uint32_t turn = entry->gateway == 3 ? 2 : entry->gateway;
        sim_ns in_turn_ns = (entry->tx.at_ns - start_ns) % interval_ns - turn * turn_ns;
        cr_assert(in_turn_ns >= 0
                          && in_turn_ns + lora_time_on_air_ns(&entry->tx.modulation, entry->tx.size)
                                     < turn_ns,
                "gateway %u leaves its turn", entry->gateway);
    }
    cr_assert_eq(next[0], frames);
    cr_assert_eq(next[1], frames);
    cr_assert_eq(next[3], frames);
}

Test(multicast, tries_again_in_its_turn_after_a_collision)
{
    make_group(MULTICAST_STAGGERED);
    refusal.every = 3;
    refusal.result = GATEWAY_TX_COLLISION;
    rig.gateways->judge = refuse_some;
    enqueue(40, 203);
    rig_run(&rig, 2000 * SIM_NS_PER_S);
    expect_all_in_order(40);
    cr_assert_eq(seen.refused[1], 0);
    cr_assert_eq(seen.idle, 1);
}

Test(multicast, waits_for_the_next_interval_after_a_duty_cycle_refusal)
{
    make_group(MULTICAST_STAGGERED);
    refusal.every = 4;
    refusal.result = GATEWAY_TX_DUTY_CYCLE;
    rig.gateways->judge = refuse_some;
    enqueue(40, 203);
    rig_run(&rig, 2000 * SIM_NS_PER_S);
    expect_all_in_order(40);
}

Test(multicast, gives_a_frame_up_after_some_tries_and_goes_on)
{
    make_group(MULTICAST_STAGGERED);
    refusal.every = 1;
    refusal.result = GATEWAY_TX_FULL;
    rig.gateways->judge = refuse_some;
    enqueue(3, 203);
    rig_run(&rig, 3000 * SIM_NS_PER_S);
    cr_assert_eq(seen.refused[1], 3);
    cr_assert_eq(seen.sent[0], 3);
    cr_assert_eq(seen.sent[3], 3);
    cr_assert_eq(seen.idle, 1);
}

static enum gateway_tx_result gateway_1_is_out(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    return gateway == 1 ? GATEWAY_TX_NO_ANSWER
                        : fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

Test(multicast, a_gateway_that_does_not_answer_delays_no_other)
{
    make_group(MULTICAST_STAGGERED);
    rig.gateways->judge = gateway_1_is_out;
    sim_ns from_ns = engine_now(rig.engine);
    enqueue(40, 200);
    sim_ns interval_ns = network_group_interval_ns(rig.network, group, 200);
    rig_run(&rig, from_ns + 41 * interval_ns);
    cr_assert_eq(seen.idle, 1, "as soon as with all gateways");
    cr_assert_eq(seen.sent[0], 40);
    cr_assert_eq(seen.sent[3], 40);
    cr_assert_eq(seen.refused[1], 40);
}

/* --- outages --------------------------------------------------------------------------------- */

static sim_ns out_until_ns;
static uint32_t unanswered[RIG_GATEWAYS];

static enum gateway_tx_result all_are_out(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    if (now_ns < out_until_ns) {
        unanswered[gateway]++;
        return GATEWAY_TX_NO_ANSWER;
    }
    return fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

/* Design section 5, invariant 8. */
Test(multicast, frame_that_no_gateway_sent_is_asked_for_again_after_growing_pauses)
{
    make_group(MULTICAST_STAGGERED);
    rig.gateways->judge = all_are_out;
    out_until_ns = engine_now(rig.engine) + 600 * SIM_NS_PER_S;
    enqueue(10, 203);
    rig_run(&rig, out_until_ns);
    cr_assert_eq(network_group_waiting(rig.network, group), 10);
    /* After 2, 4, 8, 16, 32 s, then every 60 s, an interval later each: 13 at most. */
    cr_assert_geq(unanswered[0], 10);
    cr_assert_leq(unanswered[0], 14);
    rig_run(&rig, out_until_ns + 200 * SIM_NS_PER_S);
    expect_all_in_order(10);
    cr_assert_eq(seen.refused[0] + seen.refused[1] + seen.refused[3], 0);
    cr_assert_eq(seen.idle, 1);
}

Test(multicast, frame_that_no_gateway_sends_is_given_up_in_the_end)
{
    make_group(MULTICAST_STAGGERED);
    rig.gateways->judge = all_are_out;
    out_until_ns = SIM_NS_NEVER;
    enqueue(1, 203);
    rig_run_s(&rig, 5390);
    cr_assert_eq(seen.idle, 0);
    rig_run_s(&rig, 200);
    cr_assert_eq(seen.idle, 1);
    cr_assert_eq(seen.refused[0] + seen.refused[1] + seen.refused[3], 3);
}

static enum gateway_tx_result gateway_3_is_out(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    return gateway == 3 ? GATEWAY_TX_NO_ANSWER
                        : fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

Test(multicast, another_gateway_stands_in_for_a_single_one_that_is_out)
{
    make_group(MULTICAST_SINGLE);
    rig.gateways->judge = gateway_3_is_out;
    sim_ns from_ns = engine_now(rig.engine);
    for (uint32_t i = 2; i < 4; i++) { /* the members of gateway 3 are heard by gateway 1, too */
        uint8_t bytes[64];
        uint16_t size = scripted_device_uplink(&rig.devices[i], false, NULL, 0, 0, NULL, 0, bytes);
        rig_hear(&rig, 1, 5, RIG_SNR_MDB - 5000, bytes, size);
        rig_hear(&rig, 3, 5, RIG_SNR_MDB, bytes, size);
    }
    rig_run(&rig, from_ns + 10 * SIM_NS_PER_S);
    enqueue(20, 203);
    rig_run(&rig, from_ns + 300 * SIM_NS_PER_S);
    cr_assert_eq(seen.sent[1], 20);
    cr_assert_eq(seen.sent[3], 0);
    enqueue(1, 203);
    rig_run(&rig, from_ns + 310 * SIM_NS_PER_S);
    cr_assert_eq(seen.sent[1], 21, "it is known to be out");
}

Test(multicast, lets_a_unicast_answer_pass)
{
    make_group(MULTICAST_STAGGERED);
    enqueue(30, 203);
    sim_ns start_ns = engine_now(rig.engine);
    uint8_t bytes[64];
    uint32_t answers = 0;
    for (int i = 0; i < 10; i++) { /* a weak confirmed uplink: answered in RX2 at SF12 */
        uint16_t size = scripted_device_uplink(&rig.devices[1], true, NULL, 0, 0, NULL, 0, bytes);
        rig_hear(&rig, 1, 5, -6000, bytes, size);
        rig_run(&rig, start_ns + (i + 1) * 12 * SIM_NS_PER_S);
    }
    rig_run(&rig, start_ns + 600 * SIM_NS_PER_S);
    uint32_t next = 0;
    const struct fake_tx *entry;
    while ((entry = rig_next_tx(&rig)) != NULL) {
        if (entry->gateway == 1 && entry->tx.modulation.spreading_factor == 7) {
            check_frame(entry, next++);
        }
        answers += entry->tx.modulation.spreading_factor == 12 ? 1 : 0;
    }
    cr_assert_eq(next, 30);
    cr_assert_eq(answers, 10);
}

Test(multicast, takes_more_frames_from_within_a_report_and_a_flush)
{
    make_group(MULTICAST_STAGGERED);
    seen.refill = 20;
    enqueue(1, 203);
    rig_run(&rig, 1500 * SIM_NS_PER_S);
    cr_assert_eq(seen.sent[0], 21);
    cr_assert_eq(seen.idle, 1);
    enqueue(50, 203);
    rig_run(&rig, 1510 * SIM_NS_PER_S);
    network_group_flush(rig.network, group);
    cr_assert_leq(network_group_waiting(rig.network, group), 2);
    rig_run(&rig, 1520 * SIM_NS_PER_S);
    cr_assert_eq(network_group_waiting(rig.network, group), 0);
    uint32_t sent = seen.sent[0];
    enqueue(1, 203);
    rig_run(&rig, 1600 * SIM_NS_PER_S);
    cr_assert_eq(seen.sent[0], sent + 1);
}

Test(multicast, bounds_the_frames_that_wait)
{
    make_group(MULTICAST_STAGGERED);
    enqueue(4096, 10);
    cr_assert_eq(
            network_group_enqueue(rig.network, group, 201, (const uint8_t *)"x", 1, 0), UINT32_MAX);
    uint8_t long_payload[243] = { 0 };
    network_group_flush(rig.network, group);
    cr_assert_eq(network_group_enqueue(rig.network, group, 201, long_payload, 243, 0), UINT32_MAX,
            "longer than N");
}
