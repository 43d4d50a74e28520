/* Questions of the server (DevStatusReq, LinkADRReq) where gateways refuse to send them.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a question is asked when a gateway reports its frame as sent. One that no gateway sent has
 * no answer to miss: it is offered again, and the bounds on questions without an answer (3
 * DevStatusReqs, 8 LinkADRReqs) do not count it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "models/network/rig.h"

static struct rig rig;
static enum gateway_tx_result verdict; /* on every request */
static struct scripted_downlink downlink;

static enum gateway_tx_result judge(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    return verdict != GATEWAY_TX_ACCEPTED ? verdict
                                          : fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

static void setup(void)
{
    struct network_params params = rig_params(0.8);
    params.adr = (struct network_adr_params){ .on = true, .margin_mdb = 10000 };
    rig_create_with(&rig, &params);
    verdict = GATEWAY_TX_ACCEPTED;
    rig.gateways->judge = judge;
    network_set_link(rig.network, 0, 0, 8);
    rig_join(&rig, 0);
    rig.devices[0].fctrl = 0x80;
}

static void teardown(void)
{
    rig_destroy(&rig);
}

TestSuite(questions, .init = setup, .fini = teardown);

/* Gateway 0 hears the frame now; true: an answer goes out, `downlink`. */
static bool hear(const uint8_t *bytes, uint16_t size)
{
    return rig_hear_answer(&rig, 0, 0, 0, bytes, size, &downlink);
}

static bool uplink(const char *fopts)
{
    uint8_t bytes[255];
    return hear(bytes, rig_make(&rig, 0, true, fopts, bytes));
}

/* Every command but LinkADRReq that these answers hold has one byte. */
static bool asks(uint8_t cid)
{
    for (uint8_t i = 0; i < downlink.fopts_size;) {
        if (downlink.fopts[i] == cid) {
            return true;
        }
        i = (uint8_t)(i + (downlink.fopts[i] == 0x03 ? 5 : 1));
    }
    return false;
}

Test(questions, status_that_no_gateway_sent_is_not_asked)
{
    verdict = GATEWAY_TX_DUTY_CYCLE;
    for (uint32_t i = 0; i < 10; i++) {
        cr_assert_not(uplink(""));
    }
    cr_assert_eq(rig_stats(&rig).status_requests, 0);
    cr_assert_eq(rig_stats(&rig).acks, 0, "an ACK that no gateway sent is none");
    cr_assert_eq(rig_stats(&rig).confirmed, 10);
    verdict = GATEWAY_TX_ACCEPTED;
    for (uint32_t i = 1; i <= 3; i++) { /* three are sent without an answer: the bound */
        cr_assert(uplink(""));
        cr_assert(asks(0x06));
        cr_assert_eq(rig_stats(&rig).status_requests, i);
        cr_assert_eq(rig_stats(&rig).acks, i);
    }
    cr_assert(uplink(""));
    cr_assert_not(asks(0x06));
}

Test(questions, status_comes_with_the_answer_to_a_copy_when_the_first_was_refused)
{
    uint8_t bytes[255];
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    verdict = GATEWAY_TX_COLLISION;
    cr_assert_not(hear(bytes, size));
    verdict = GATEWAY_TX_ACCEPTED;
    cr_assert(hear(bytes, size));
    cr_assert(downlink.ack);
    cr_assert(asks(0x06));
    /* It comes again with a copy after an answer that was sent: the device has not heard that. */
    cr_assert(hear(bytes, size));
    cr_assert(asks(0x06));
    cr_assert(uplink("")); /* counted as one question without an answer, so two are left */
    cr_assert(uplink(""));
    cr_assert(asks(0x06));
    cr_assert(uplink(""));
    cr_assert_not(asks(0x06));
}

Test(questions, status_is_never_asked_where_the_network_does_not)
{
    rig_destroy(&rig);
    struct network_params params = rig_params(0.8);
    params.dev_status_period_ns = -1;
    rig_create_with(&rig, &params);
    rig_join(&rig, 0);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert(uplink(""));
        cr_assert_not(asks(0x06));
    }
}

/* History of 20, status known. SF12 at 0 dB: (20 - 10) / 3 = 3 steps, DR3. */
static void fill_history(void)
{
    cr_assert(uplink("\x06\xC8\x05"));
    for (uint32_t i = 1; i < 19; i++) {
        cr_assert(uplink(""));
        cr_assert_not(asks(0x03));
    }
}

Test(questions, link_adr_that_no_gateway_sent_is_not_asked)
{
    fill_history();
    verdict = GATEWAY_TX_DUTY_CYCLE;
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert_not(uplink(""));
    }
    cr_assert_eq(rig_stats(&rig).adr_requests, 0);
    verdict = GATEWAY_TX_ACCEPTED;
    for (uint32_t i = 1; i <= 8; i++) { /* the bound on LinkADRReqs without an answer */
        cr_assert(uplink(""));
        cr_assert(asks(0x03), "request %u", i);
        cr_assert_eq(rig_stats(&rig).adr_requests, i);
    }
    cr_assert(uplink(""));
    cr_assert_not(asks(0x03), "a new history begins");
}

Test(questions, link_adr_comes_with_the_answer_to_a_copy_when_the_first_was_refused)
{
    uint8_t bytes[255];
    fill_history();
    uint16_t size = rig_make(&rig, 0, true, "", bytes);
    verdict = GATEWAY_TX_FULL;
    cr_assert_not(hear(bytes, size));
    verdict = GATEWAY_TX_ACCEPTED;
    cr_assert(hear(bytes, size));
    cr_assert(asks(0x03));
}

/* The backhaul lost what the gateway said, but the frame was on the air (gateway.h). */
Test(questions, an_answer_counts_although_the_report_was_lost)
{
    struct network_device_view view;
    fill_history();
    verdict = GATEWAY_TX_NO_ANSWER;
    cr_assert_not(uplink(""));
    verdict = GATEWAY_TX_ACCEPTED;
    cr_assert(uplink("\x03\x07\x06\xC8\x05"));
    cr_assert_eq(rig_stats(&rig).adr_requests, 0);
    cr_assert_eq(rig_stats(&rig).adr_accepted, 1);
    network_device_get(rig.network, 0, &view);
    cr_assert_eq(view.tx_power, 0);
    cr_assert_not(asks(0x03), "a new history begins");
}

Test(questions, an_answer_to_nothing_changes_nothing)
{
    cr_assert(uplink("\x03\x07"));
    cr_assert_eq(rig_stats(&rig).adr_accepted, 0);
    cr_assert_eq(rig_stats(&rig).adr_refused, 0);
}
