/* Server-side ADR: decisions by hand, a second implementation, and the exchange with a device.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: spec-protocol 1.11: margin = best SNR of the last 20 - required(SF) - 10 dB, steps =
 * floor(margin / 3): data rate up, then power down. Required: SF7 -7.5 dB, 2.5 dB less per SF.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/network/rig.h"
#include "network/adr.h"

static const struct network_adr_params margin_10_db = { .on = true, .margin_mdb = 10000 };

static struct adr_state history_of(int32_t best_mdb)
{
    struct adr_state state;
    adr_init(&state);
    for (uint32_t i = 0; i < ADR_HISTORY; i++) {
        state.snr_mdb[i] = i == 13 ? best_mdb : best_mdb - 4000;
        state.fcnt[i] = i;
    }
    state.count = ADR_HISTORY;
    return state;
}

/* --- decisions ------------------------------------------------------------------------------- */

Test(adr, decides_as_the_table_by_hand)
{
    static const struct {
        uint8_t data_rate, tx_power;
        int32_t best_mdb;
        uint8_t data_rate_then, tx_power_then;
    } rows[] = {
        /* (-5 + 20 - 10) / 3 = 1.67 */
        { 0, 0, -5000, 1, 0 },
        /* 15 / 3 = 5 */
        { 0, 0, 5000, 5, 0 },
        /* 20 / 3 = 6.67: five for the data rate, one for the power */
        { 0, 0, 10000, 5, 1 },
        /* 2.9 / 3 and 3.0 / 3 */
        { 0, 0, -7100, 0, 0 },
        { 0, 0, -7000, 1, 0 },
        /* 9.9 / 3 = 3.3: SF9 needs -12.5 dB */
        { 3, 0, 7400, 5, 1 },
        /* 2.5 / 3 */
        { 5, 0, 5000, 5, 0 },
        { 5, 0, 5500, 5, 1 },
        /* 27.5 / 3 = 9.17: seven steps of power is all there is */
        { 5, 0, 30000, 5, 7 },
        { 5, 6, 30000, 5, 7 },
        /* -2.5 / 3 = -0.83: one step louder */
        { 5, 3, 0, 5, 2 },
        /* -10 / 3 = -3.33: four; three are there */
        { 5, 3, -7500, 5, 0 },
        /* -3 / 3 */
        { 2, 2, -8000, 2, 1 },
        /* never a lower data rate */
        { 2, 0, -20000, 2, 0 },
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct adr_state state = history_of(rows[i].best_mdb);
        struct adr_link now = { rows[i].data_rate, rows[i].tx_power, 1 };
        struct adr_link link = adr_decide(&state, &region_eu868, &margin_10_db, &now);
        cr_expect_eq(link.data_rate, rows[i].data_rate_then, "row %u: DR%u", i, link.data_rate);
        cr_expect_eq(link.tx_power, rows[i].tx_power_then, "row %u: power %u", i, link.tx_power);
        cr_expect_eq(link.nb_trans, 1);
    }
}

Test(adr, decides_as_a_second_implementation)
{
    static const double required_db[] = { -20.0, -17.5, -15.0, -12.5, -10.0, -7.5 };
    for (int32_t snr_mdb = -30000; snr_mdb <= 40000; snr_mdb += 250) {
        for (uint8_t data_rate = 0; data_rate <= 5; data_rate++) {
            for (uint8_t power = 0; power <= 7; power++) {
                struct adr_state state = history_of(snr_mdb);
                struct adr_link now = { data_rate, power, 1 };
                struct adr_link link = adr_decide(&state, &region_eu868, &margin_10_db, &now);
                int steps = (int)floor((snr_mdb / 1000.0 - required_db[data_rate] - 10.0) / 3.0);
                int up = steps > 0 ? (steps < 5 - data_rate ? steps : 5 - data_rate) : 0;
                int expected_power = power + steps - up;
                expected_power = expected_power < 0 ? 0 : expected_power > 7 ? 7 : expected_power;
                cr_assert_eq(link.data_rate, data_rate + up);
                cr_assert_eq(link.tx_power, expected_power);
            }
        }
    }
}

Test(adr, repeats_as_often_as_loss_asks_for)
{
    static const struct {
        uint32_t last_fcnt; /* of 20 heard, the first is 100 */
        uint8_t now, then;
    } rows[] = {
        { 119, 1, 1 },                /* none lost */
        { 119, 3, 2 }, { 120, 2, 1 }, /* 1 of 21: 4.8 % */
        { 121, 1, 1 },                /* 2 of 22: 9.1 % */
        { 121, 2, 2 }, { 122, 1, 2 }, /* 3 of 23: 13 % */
        { 122, 2, 3 }, { 127, 1, 2 }, /* 8 of 28: 28.6 % */
        { 128, 1, 3 },                /* 9 of 29: 31 % */
    };
    const struct network_adr_params params = { .on = true, .margin_mdb = 10000, .nb_trans = true };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct adr_state state = history_of(-20000);
        state.next = 7; /* anywhere in the ring */
        for (uint32_t k = 0; k < ADR_HISTORY; k++) {
            state.fcnt[(7 + k) % ADR_HISTORY] = k < 19 ? 100 + k : rows[i].last_fcnt;
        }
        struct adr_link now = { 0, 0, rows[i].now };
        cr_expect_eq(adr_decide(&state, &region_eu868, &params, &now).nb_trans, rows[i].then,
                "row %u", i);
        cr_expect_eq(adr_decide(&state, &region_eu868, &margin_10_db, &now).nb_trans, rows[i].now,
                "not asked to");
    }
}

/* --- with a device --------------------------------------------------------------------------- */

static struct rig rig;
static uint16_t reply_size; /* application bytes queued for each uplink; 0: none */
static bool requested;      /* the last downlink held a LinkADRReq */
static uint8_t request[5];
static bool answered; /* there was a last downlink */
static struct scripted_downlink downlink;

static void on_uplink(void *context, const struct network_uplink *uplink, sim_ns now_ns)
{
    static const uint8_t payload[242];
    (void)context, (void)now_ns;
    if (reply_size > 0) {
        cr_assert(network_enqueue(rig.network, uplink->device, 9, payload, reply_size));
    }
}

static void create(const struct network_adr_params *adr)
{
    static const struct network_application application = { .uplink = on_uplink };
    struct network_params params = rig_params(0.8);
    params.adr = *adr;
    reply_size = 0;
    rig_create_with(&rig, &params);
    network_set_application(rig.network, &application, NULL);
    rig_join(&rig, 0);
    rig.devices[0].fctrl = 0x80;
}

static struct network_device_view view(void)
{
    struct network_device_view now;
    network_device_get(rig.network, 0, &now);
    return now;
}

/* One uplink and what comes back. Every first answer asks for the status; it is told at once. */
static void uplink(uint8_t data_rate, int32_t snr_mdb, const char *fopts)
{
    struct scripted_device *device = &rig.devices[0];
    uint8_t bytes[255];
    uint16_t size = scripted_device_uplink(device, false, (const uint8_t *)fopts,
            (uint8_t)strlen(fopts), 2, (const uint8_t *)"report", 6, bytes);
    rig_hear(&rig, 0, data_rate, snr_mdb, bytes, size);
    rig_run_s(&rig, 5);
    const struct fake_tx *entry = rig_next_tx(&rig);
    answered = entry != NULL;
    requested = false;
    if (!answered) {
        return;
    }
    cr_assert(scripted_downlink_read(device->nwk_s_key, device->app_s_key, device->dev_addr, 0,
            entry->tx.bytes, entry->tx.size, &downlink));
    cr_assert_leq(downlink.fopts_size, 15);
    for (uint8_t i = 0; i < downlink.fopts_size; i++) {
        if (downlink.fopts[i] == 0x03) {
            requested = true;
            memcpy(request, downlink.fopts + i, sizeof request);
            return;
        }
    }
}

static void uplinks(uint32_t count, uint8_t data_rate, int32_t snr_mdb)
{
    for (uint32_t i = 0; i < count; i++) {
        uplink(data_rate, snr_mdb, "");
        cr_assert_not(requested, "uplink %u", i);
    }
}

Test(adr_exchange, commands_with_the_twentieth_uplink)
{
    create(&margin_10_db);
    uplinks(19, 0, -3000);
    cr_assert_not(answered);
    uplink(0, -5000, "");
    cr_assert(requested);
    /* Best -3 dB: (17 - 10) / 3 = 2: DR2, TXPower 0; channels 0..7; ChMaskCntl 0, NbTrans 1. */
    const uint8_t expected[] = { 0x03, 0x20, 0xFF, 0x00, 0x01 };
    cr_assert_arr_eq(request, expected, sizeof expected);
    cr_assert_eq(downlink.fport, 0);
    rig_destroy(&rig);
}

Test(adr_exchange, takes_the_new_power_when_the_device_accepts)
{
    create(&margin_10_db);
    uplinks(19, 5, 9000);
    uplink(5, 9000, ""); /* (16.5 - 10) / 3 = 2 */
    cr_assert(requested);
    cr_assert_eq(request[1], 0x52);
    cr_assert_eq(view().tx_power, 0);
    uplink(5, 5000, "\x03\x07");
    cr_assert_eq(view().tx_power, 2);
    cr_assert_eq(view().nb_trans, 1);
    cr_assert_eq(rig_stats(&rig).adr_accepted, 1);
    uplinks(18, 5, 5000);
    uplink(5, 5000, ""); /* 12.5 - 10 = 2.5 dB: it may stay */
    cr_assert_not(requested);
    cr_assert_eq(rig_stats(&rig).adr_requests, 1);
    rig_destroy(&rig);
}

Test(adr_exchange, asks_again_when_the_answer_is_lost_and_ends_after_eight)
{
    create(&margin_10_db);
    uplinks(19, 0, 0);
    for (uint32_t i = 0; i < 8; i++) {
        uplink(0, 0, "");
        cr_assert(requested, "request %u", i);
    }
    uplinks(19, 0, 0); /* the one after the last request starts a new history */
    uplink(0, 0, "");
    cr_assert(requested);
    rig_destroy(&rig);
}

Test(adr_exchange, leaves_a_device_alone_that_refuses_three_times)
{
    create(&margin_10_db);
    for (uint32_t i = 0; i < 3; i++) {
        uplinks(i == 0 ? 19 : 18, 0, 0);
        uplink(0, 0, "");
        cr_assert(requested);
        uplink(0, 0, "\x03\x05"); /* data rate refused */
        cr_assert_not(requested);
    }
    uplinks(60, 0, 0);
    cr_assert_eq(rig_stats(&rig).adr_refused, 3);
    cr_assert_eq(view().tx_power, 0);
    rig_join(&rig, 0); /* a new session starts without the old one's state */
    uplinks(19, 0, 0);
    uplink(0, 0, "");
    cr_assert(requested);
    rig_destroy(&rig);
}

Test(adr_exchange, is_silent_when_off_and_to_devices_without_the_adr_bit)
{
    static const struct network_adr_params off = { .on = false, .margin_mdb = 10000 };
    create(&off);
    uplinks(40, 0, 20000);
    rig_destroy(&rig);
    create(&margin_10_db);
    rig.devices[0].fctrl = 0;
    uplinks(40, 0, 20000);
    rig_destroy(&rig);
}

Test(adr_exchange, never_crowds_out_a_command_of_the_application)
{
    create(&margin_10_db);
    uplinks(19, 0, 0);
    reply_size = 47; /* of 51 at DR0: four are free, LinkADRReq has five */
    uplink(0, 0, "");
    cr_assert_eq(downlink.size, 47);
    cr_assert_not(requested);
    cr_assert_eq(rig_stats(&rig).adr_requests, 0);
    reply_size = 46;
    uplink(0, 0, "");
    cr_assert_eq(downlink.size, 46);
    cr_assert(requested);
    /* DeviceTimeAns and LinkCheckAns come first: 9 bytes, 41 of set-up, one is left. */
    reply_size = 41;
    uplink(0, 0, "\x0d\x02");
    cr_assert_eq(downlink.size, 41);
    cr_assert_eq(downlink.fopts[0], 0x0D);
    cr_assert_not(requested);
    /* FOpts holds 15 bytes: 6 + 3 + 5 + DevStatusReq. */
    reply_size = 4;
    uplink(0, 0, "\x0d\x02");
    cr_assert(requested);
    cr_assert_leq(downlink.fopts_size, 15);
    rig_destroy(&rig);
}

/* Spec 1.11: at ADRACKCnt 64 + 32 the device takes its highest power, then it lowers its rate. */
Test(adr_exchange, follows_the_device_down_its_ladder)
{
    create(&margin_10_db);
    uplinks(19, 5, 9000);
    uplink(5, 9000, "");
    uplink(5, 3000, "\x03\x07");
    cr_assert_eq(view().tx_power, 2);
    rig.devices[0].fctrl = 0xC0;
    for (uint32_t i = 0; i < 32; i++) {
        uplink(5, 3000, "");
        cr_assert(answered, "ADRACKReq is answered by a downlink");
        cr_assert_eq(view().tx_power, 2);
    }
    uplink(5, 3000, "");
    cr_assert_eq(view().tx_power, 0);
    rig_destroy(&rig);
    create(&margin_10_db);
    uplinks(19, 5, 9000);
    uplink(5, 9000, "");
    uplink(5, 3000, "\x03\x07");
    cr_assert_eq(view().tx_power, 2);
    uplink(4, 3000, ""); /* slower by itself: it has tried full power before */
    cr_assert_eq(view().tx_power, 0);
    rig_destroy(&rig);
}

Test(adr_exchange, counts_with_a_lowered_power_when_it_chooses_a_window)
{
    /* RX1 needs 12 dB to spare. At the gateway: -117 dBm + 4 dB = -113; the device sends 14 dBm,
     * the gateway answers with 16: -111 dBm, 12 over the -123 of SF7. With 6 dB less from the
     * device, -2 dB say the same of the path. */
    struct network_adr_params adr = margin_10_db;
    create(&adr);
    uplinks(19, 5, 11500);
    uplink(5, 11500, ""); /* 9 / 3 = 3 */
    cr_assert_eq(request[1], 0x53);
    uplink(5, 11500, "\x03\x07");
    cr_assert_eq(view().tx_power, 3);
    reply_size = 4;
    uint64_t rx1 = rig_stats(&rig).downlinks_rx1, rx2 = rig_stats(&rig).downlinks_rx2;
    uplink(5, -2000, "");
    cr_assert_eq(rig_stats(&rig).downlinks_rx1, rx1 + 1);
    uplink(5, -2100, "");
    cr_assert_eq(rig_stats(&rig).downlinks_rx2, rx2 + 1);
    rig_destroy(&rig);
}

Test(adr_exchange, commands_the_channels_it_is_told)
{
    struct network_adr_params adr = margin_10_db;
    adr.channels.low = 0x0005;
    create(&adr);
    uplinks(19, 0, 0);
    uplink(0, 0, "");
    cr_assert_eq(request[2], 0x05);
    cr_assert_eq(request[3], 0x00);
    rig_destroy(&rig);
}

/* A device that was set up with TXPower 3 begins there: 16.5 - 10 dB are two steps, to 5. */
Test(adr_exchange, begins_with_the_power_that_a_device_is_set_up_with)
{
    create(&margin_10_db);
    network_set_link(rig.network, 0, 3, 1);
    rig_join(&rig, 0);
    cr_assert_eq(view().tx_power, 3);
    uplinks(19, 5, 9000);
    uplink(5, 9000, "");
    cr_assert(requested);
    cr_assert_eq(request[1], 0x55);
    rig_destroy(&rig);
}
