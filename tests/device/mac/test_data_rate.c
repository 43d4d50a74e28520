/* The data rate and the channels that carry it.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whatever the network commands and flash holds, a device can send again: its data rate is
 * always one that an enabled channel carries. Rules: TS001-1.0.4 4.3.1, 5.3 and 5.6 (LinkADRReq,
 * NewChannelReq), spec-protocol 1.6 and 1.11.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/mac.h"
#include "mac/mac_internal.h"

#define FREQ(hz) (uint8_t)((hz) / 100), (uint8_t)((hz) / 100 >> 8), (uint8_t)((hz) / 100 >> 16)
#define ONLY_3   0x08u /* channel mask */
#define DEFAULTS 0x07u

static const uint8_t byte[1] = { 0x55 };

static struct bench *joined(uint8_t policy, uint8_t data_rate)
{
    struct bench *bench = bench_create(91);
    bench->factory.rate_policy = policy;
    bench->factory.data_rate = data_rate;
    bench_reset(bench, HAL_RESET_POWER_ON);
    bench_join(bench, 0, 1, NULL);
    return bench;
}

/* Channel 3 of one data rate, and of the channels this one alone. */
static void confine(struct bench *bench, uint8_t data_rate)
{
    uint8_t commands[] = { 0x07, 3, FREQ(867100000), (uint8_t)(data_rate * 0x11u), 0x03,
        (uint8_t)(data_rate << 4), ONLY_3, 0x00, 0x01 };
    bench_commands(bench, commands, sizeof commands);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), ONLY_3);
    cr_assert_eq(mac_data_rate(&bench->core), data_rate);
}

static void expect_can_send(struct bench *bench)
{
    bench_run_s(bench, 60.0);
    uint64_t at = mac_uplink_possible_at(&bench->core, bench->board.now);
    cr_assert_neq(at, HAL_TICKS_NEVER, "DR%u, channels %x", mac_data_rate(&bench->core),
            channel_mask_block(&bench->core.mac.channel_mask, 0));
}

/* Uplinks as the application sends them, without an answer. */
static void send_unanswered(struct bench *bench, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
        mac_watch_link(&bench->core);
        bench_send(bench, 2, byte, 1);
        bench_run_s(bench, 10.0);
        expect_can_send(bench);
    }
}

/* Issue 8, entry 12: the rate was lowered to one without a channel, and kept in flash. */
Test(mac_data_rate, lost_link_after_a_reset_goes_slower_on_channels_that_exist)
{
    struct bench *bench = joined(FACTORY_RATE_LINK_CHECK, 0);
    confine(bench, 5);
    bench_reset(bench, HAL_RESET_POWER_ON);
    send_unanswered(bench, 3);
    cr_expect_eq(mac_data_rate(&bench->core), 5);
    cr_expect_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), ONLY_3 | DEFAULTS,
            "no slower rate there: the default channels help out");
    send_unanswered(bench, 10);
    cr_expect_eq(mac_data_rate(&bench->core), 0);
    bench_reset(bench, HAL_RESET_POWER_ON);
    send_unanswered(bench, 2);
    bench_destroy(bench);
}

/* A power cut forgets off-times. What a device sent at a slower rate, before the rate on record
 * was raised, has the longer one (EU868: 1 % in each sub-band of the default channels). */
Test(mac_data_rate, off_time_of_a_slower_frame_outlasts_a_reset)
{
    struct bench *bench = joined(FACTORY_RATE_ADR, 0);
    const uint8_t to_dr0[] = { 0x03, 0x00, DEFAULTS, 0x00, 0x01 };
    bench_commands(bench, to_dr0, sizeof to_dr0);
    cr_assert_eq(mac_data_rate(&bench->core), 0);
    bench_run_s(bench, 1000.0);
    const uint8_t to_dr5[] = { 0x03, 0x50, DEFAULTS, 0x00, 0x01 };
    bench_commands(bench, to_dr5, sizeof to_dr5);
    cr_assert_eq(mac_data_rate(&bench->core), 5);
    bench_reset(bench, HAL_RESET_POWER_ON);
    cr_assert_eq(mac_data_rate(&bench->core), 5);
    uint64_t reset_at = bench->board.now;
    bench_run_s(bench, 1.0);
    double rest_s = (double)(mac_uplink_possible_at(&bench->core, bench->board.now) - reset_at)
                    / HAL_RTC_HZ;
    double longest_s = fake_airtime_us(12, 64, true) / 1e6; /* DR0: 51 B and 13 B of frame */
    cr_expect_float_eq(
            rest_s, 99.0 * 1025.0 / 1024.0 * longest_s, 0.01, "%g s of %g s", rest_s, longest_s);
    bench_destroy(bench);
}

static void answer_link_check(struct bench *bench, uint8_t margin_db)
{
    const uint8_t answer[] = { 0x02, margin_db, 1 };
    memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
    mac_request_link_check(&bench->core);
    bench_commands(bench, answer, sizeof answer);
}

Test(mac_data_rate, link_check_chooses_among_the_rates_of_enabled_channels)
{
    static const struct {
        uint8_t range, margin_db, taken;
    } rows[] = {
        { 0x55, 0, 5 },  /* DR1 is wanted */
        { 0x11, 60, 1 }, /* DR5 is */
        { 0x66, 40, 6 }, /* above what LinkCheck ever wants */
        { 0x31, 0, 1 },
        { 0x31, 60, 3 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench *bench = joined(FACTORY_RATE_LINK_CHECK, 0);
        uint8_t commands[] = { 0x07, 3, FREQ(867100000), rows[i].range, 0x03,
            (uint8_t)(rows[i].range & 0xF0u), ONLY_3, 0x00, 0x01 };
        bench_commands(bench, commands, sizeof commands);
        cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), ONLY_3, "row %u", i);
        bench_reset(bench, HAL_RESET_POWER_ON); /* from now on the rate is the device's */
        bench_run_s(bench, 1000.0);
        answer_link_check(bench, rows[i].margin_db);
        cr_expect_eq(mac_data_rate(&bench->core), rows[i].taken, "row %u", i);
        expect_can_send(bench);
        bench_destroy(bench);
    }
}

/* 5.2: LinkCheckAns answers a LinkCheckReq. */
Test(mac_data_rate, a_link_check_answer_that_was_not_asked_for_changes_nothing)
{
    static const uint8_t answer[] = { 0x02, 0, 9 };
    struct bench *bench = joined(FACTORY_RATE_LINK_CHECK, 0);
    answer_link_check(bench, 12);
    struct mac before = bench->core.mac;
    bench_run_s(bench, 1000.0);
    bench_commands(bench, answer, sizeof answer);
    const struct mac *mac = &bench->core.mac;
    cr_expect_eq(mac->parameters.data_rate, before.parameters.data_rate);
    cr_expect_eq(mac->link_margin_db, 12);
    cr_expect_eq(mac->link_gateways, 1);
    cr_expect_eq(mac->link_check_in, before.link_check_in - 1, "one uplink nearer to the next");
    /* An answer counts once: the second in one downlink is not asked for. */
    const uint8_t twice[] = { 0x02, 12, 1, 0x02, 0, 9 };
    bench_run_s(bench, 1000.0);
    mac_request_link_check(&bench->core);
    bench_commands(bench, twice, sizeof twice);
    cr_expect_eq(mac->link_margin_db, 12);
    bench_destroy(bench);
}

Test(mac_data_rate, channels_that_go_or_change_leave_a_rate_that_one_carries)
{
    static const struct {
        uint8_t before, removed, range, rate, mask;
    } rows[] = {
        { 6, 1, 0x00, 5, DEFAULTS }, /* the default channels lack DR6 */
        { 6, 0, 0x50, 5, ONLY_3 },   /* redefined: DR0..DR5 */
        { 5, 0, 0x20, 2, ONLY_3 },   /* nearest slower one */
        { 2, 0, 0x55, 5, ONLY_3 },   /* else a faster one */
        { 5, 1, 0x00, 5, DEFAULTS },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench *bench = joined(FACTORY_RATE_LINK_CHECK, 0);
        confine(bench, rows[i].before);
        uint8_t commands[] = { 0x07, 3, FREQ(867100000), rows[i].range };
        if (rows[i].removed) {
            memset(commands + 2, 0, 4);
        }
        bench_run_s(bench, 1000.0);
        bench_commands(bench, commands, sizeof commands);
        cr_expect_eq(mac_data_rate(&bench->core), rows[i].rate, "row %u", i);
        cr_expect_eq(
                channel_mask_block(&bench->core.mac.channel_mask, 0), rows[i].mask, "row %u", i);
        expect_can_send(bench);
        cr_expect_eq(bench->board.nvm_data[NVM_MAC_SESSION][43] & 15u, rows[i].rate, "row %u", i);
        bench_reset(bench, HAL_RESET_POWER_ON); /* what is on record says the same */
        cr_expect_eq(mac_data_rate(&bench->core), rows[i].rate, "row %u", i);
        expect_can_send(bench);
        bench_destroy(bench);
    }
}

Test(mac_data_rate, a_fixed_rate_stays_and_the_default_channels_carry_it)
{
    struct bench *bench = joined(FACTORY_RATE_FIXED, 5);
    static const uint8_t confined[] = { 0x07, 3, FREQ(867100000), 0x50, 0x03, 0xFF, ONLY_3, 0x00,
        0x01 };
    static const uint8_t narrowed[] = { 0x07, 3, FREQ(867100000), 0x20 };
    bench_commands(bench, confined, sizeof confined);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), ONLY_3);
    bench_run_s(bench, 1000.0);
    bench_commands(bench, narrowed, sizeof narrowed);
    cr_expect_eq(mac_data_rate(&bench->core), 5);
    cr_expect_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), ONLY_3 | DEFAULTS);
    expect_can_send(bench);
    bench_destroy(bench);
}

/* spec 1.11: a step down each 32 uplinks from 128 on; a rate in between that no channel carries is
 * passed over, and below the slowest one the default channels come back. */
Test(mac_data_rate, adr_back_off_passes_over_rates_without_a_channel)
{
    struct bench *bench = joined(FACTORY_RATE_ADR, 0);
    static const uint8_t two_channels[] = { 0x07, 3, FREQ(867100000), 0x55, 0x07, 4,
        FREQ(867300000), 0x33 };
    static const uint8_t mask[] = { 0x03, 0x50, 0x18, 0x00, 0x01 };
    bench_commands(bench, two_channels, sizeof two_channels);
    bench_run_s(bench, 1000.0);
    bench_commands(bench, mask, sizeof mask);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 0x18);
    for (unsigned uplink = 1; uplink <= 224; uplink++) {
        send_unanswered(bench, 1);
        cr_expect_eq(mac_data_rate(&bench->core),
                uplink < 128   ? 5
                : uplink < 192 ? 3
                : uplink < 224 ? 2
                               : 1,
                "uplink %u: DR%u", uplink, mac_data_rate(&bench->core));
        cr_expect_eq(channel_mask_block(&bench->core.mac.channel_mask, 0),
                uplink < 160 ? 0x18 : 0x18 | DEFAULTS, "uplink %u", uplink);
    }
    bench_destroy(bench);
}

/* --- records --------------------------------------------------------------------------------- */

/* A record that makes no sense is not resumed in part: the device joins again. */
Test(mac_data_rate, no_byte_on_record_mutes_the_device)
{
    static const enum nvm_id ids[] = { NVM_MAC_SESSION, NVM_MAC_CHANNELS };
    static const uint8_t values[] = { 0x00, 0x01, 0x06, 0x07, 0x08, 0x0F, 0x10, 0x50, 0x66, 0x88,
        0xF0, 0xFF };
    struct bench *start = joined(FACTORY_RATE_LINK_CHECK, 0);
    struct bench *bench = bench_create(92);
    unsigned again = 0;
    confine(start, 5);
    for (unsigned k = 0; k < 2 * sizeof values; k++) {
        enum nvm_id id = ids[k % 2];
        for (unsigned at = 0; at < start->board.nvm_size[id]; at++) {
            *bench = *start;
            bench->board.nvm_data[id][at] = values[k / 2];
            bench_reset(bench, HAL_RESET_POWER_ON);
            if (mac_joined(&bench->core)) {
                expect_can_send(bench);
                bench_send(bench, 2, byte, 1);
                bench_run_s(bench, 20.0); /* both windows, by the parameters on record */
                cr_assert_lt(mac_data_rate(&bench->core), 7);
            } else {
                again++;
                cr_assert(bench_run_to_tx(bench, bench->board.tx_count + 1, 3600.0));
            }
            cr_assert_eq(bench->board.panics, 0, "record %d byte %u value %u", (int)id, at,
                    values[k / 2]);
        }
    }
    cr_assert_gt(again, 100u);
    bench_destroy(bench);
    bench_destroy(start);
}

Test(mac_data_rate, a_session_record_out_of_range_means_a_new_join)
{
    /* Offsets: device/mac/session_nvm.c, seven bytes of parameters from 40 on. */
    static const struct {
        enum nvm_id id;
        uint8_t at, value;
    } rows[] = {
        { NVM_MAC_SESSION, 39, 0x00 }, /* RX2 outside the band */
        { NVM_MAC_SESSION, 40, 7 },    /* RX2 DR: FSK is not built in */
        { NVM_MAC_SESSION, 40, 15 },
        { NVM_MAC_SESSION, 41, 6 }, /* RX1DROffset: 0..5 */
        { NVM_MAC_SESSION, 42, 0 },
        { NVM_MAC_SESSION, 42, 16 }, /* RX delay, s: 1..15 */
        { NVM_MAC_SESSION, 43, 8 },
        { NVM_MAC_SESSION, 43, 15 }, /* data rate */
        { NVM_MAC_SESSION, 44, 8 },  /* TXPower: 0..7 */
        { NVM_MAC_SESSION, 45, 0 },
        { NVM_MAC_SESSION, 45, 16 },           /* NbTrans: 1..15 */
        { NVM_MAC_SESSION, 46, 16 },           /* MaxDutyCycle: 0..15 */
        { NVM_MAC_CHANNELS, 0, 0x77 },         /* 868.1 MHz is read-only */
        { NVM_MAC_CHANNELS, 6, 0x05 },         /* DR5..DR0 */
        { NVM_MAC_CHANNELS, 5, 0x10 },         /* RX1 at 104 MHz */
        { NVM_MAC_CHANNELS, 7 * 3 + 2, 0x10 }, /* uplink there */
        { NVM_MAC_CHANNELS, 7 * 3 + 6, 0x99 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench *bench = joined(FACTORY_RATE_LINK_CHECK, 0);
        confine(bench, 5);
        bench->board.nvm_data[rows[i].id][rows[i].at] = rows[i].value;
        bench_reset(bench, HAL_RESET_POWER_ON);
        cr_expect_not(mac_joined(&bench->core), "row %u", i);
        bench_join(bench, 0, 1, NULL);
        cr_expect_eq(bench->core.mac.parameters.rx2_frequency_hz, 869525000u);
        bench_destroy(bench);
    }
}

/* The check of a record may miss a value: then the region decides, and no assertion of the device.
 * A restart at a record that stays as it is would never end. */
Test(mac_data_rate, any_number_becomes_a_data_rate_that_can_send)
{
    static const int wanted[] = { -1, 8, 15, 255 };
    static const uint8_t policies[] = { FACTORY_RATE_LINK_CHECK, FACTORY_RATE_FIXED };
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        for (unsigned p = 0; p < sizeof policies; p++) {
            struct bench *bench = joined(policies[p], 3);
            mac_rate_take(&bench->core, wanted[i]);
            cr_expect_eq(mac_data_rate(&bench->core), wanted[i] < 0 ? 0 : 5, "%d", wanted[i]);
            expect_can_send(bench);
            cr_expect_eq(bench->board.panics, 0);
            bench_destroy(bench);
        }
    }
}
