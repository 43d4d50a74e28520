/* What the factory decides about uplinks: confirmation, data rate, power, channels, and a session
 * that was negotiated before the first start. Rules: spec-protocol 1.4, 1.6, 1.11.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/mac.h"
#include "mac/mac_internal.h"
#include "trace.h"

#define TICKS_PER_S 32768.0

static const uint8_t cflist[16] = { 0x18, 0x4f, 0x84, 0xe8, 0x56, 0x84, 0xb8, 0x5e, 0x84, 0x88,
    0x66, 0x84, 0x58, 0x6e, 0x84, 0x00 };
static const uint8_t byte[1] = { 0x55 };

/* Device D as the factory in `factory` made it (identity aside), joined over the air. */
static struct bench *made(uint64_t seed, const struct factory *factory, const uint8_t *list)
{
    struct bench *bench = bench_create(seed);
    struct factory *f = &bench->factory;
    f->rate_policy = factory->rate_policy;
    f->data_rate = factory->data_rate;
    f->tx_power = factory->tx_power;
    f->nb_trans = factory->nb_trans;
    memcpy(f->channel_mask, factory->channel_mask, sizeof f->channel_mask);
    bench_reset(bench, HAL_RESET_POWER_ON);
    bench_join(bench, 0, 1, list);
    bench_run_s(bench, 1000.0);
    return bench;
}

static void unlimited(struct bench *bench)
{
    memset(bench->core.mac.band_free_at_ticks, 0, sizeof bench->core.mac.band_free_at_ticks);
}

static void send_confirmed(struct bench *bench)
{
    unlimited(bench);
    unsigned count = bench->board.tx_count;
    cr_assert_eq(mac_send_confirmed(&bench->core, 2, byte, 1), MAC_OK);
    cr_assert(bench_run_to_tx(bench, count + 1, 1.0));
}

static void answer(struct bench *bench, unsigned window, uint8_t fctrl)
{
    uint8_t frame[255];
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fctrl = fctrl, .fcnt = bench->fcnt_down++, .fport = -1
    };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_answer(bench, window, frame, size);
}

static void expect_ended(const struct bench *bench, unsigned count, unsigned sent, unsigned how)
{
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_EXCHANGE_ENDED), count);
    const struct fake_trace *last = fake_trace_last(&bench->board, FW_TRACE_EXCHANGE_ENDED);
    cr_assert_eq(last->a, sent, "transmissions");
    cr_assert_eq(last->b, how);
}

/* --- the end of an exchange ------------------------------------------------------------------ */

Test(mac_exchange, ends_once_after_its_windows_or_its_answer)
{
    struct bench *bench = bench_create(71);
    cr_assert(bench_run_to_tx(bench, 1, 100.0));
    bench_run_s(bench, 8.0);
    expect_ended(bench, 1, 1, MAC_UNANSWERED); /* the join request */
    bench_join(bench, 0, 1, NULL);
    expect_ended(bench, 2, 1, MAC_ANSWERED);
    unlimited(bench);
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 1.9);
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_EXCHANGE_ENDED), 2, "RX2 is to come");
    bench_run_s(bench, 1.0);
    expect_ended(bench, 3, 1, MAC_UNANSWERED);
    unlimited(bench);
    bench_send(bench, 2, byte, 1);
    answer(bench, 1, 0);
    bench_run_s(bench, 1.5);
    expect_ended(bench, 4, 1, MAC_ANSWERED);
    bench_destroy(bench);
}

/* --- confirmed uplinks ----------------------------------------------------------------------- */

Test(mac_confirmed, acknowledged_at_once_is_sent_once)
{
    for (unsigned window = 1; window <= 2; window++) {
        struct bench *bench = made(72, &(struct factory){ .nb_trans = 4 }, NULL);
        unsigned count = bench->board.tx_count, ended = 2;
        send_confirmed(bench);
        struct fake_uplink u =
                fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
        cr_assert(u.mic_ok);
        cr_assert_eq(u.mhdr, 0x80);
        answer(bench, window, MAC_FCTRL_ACK);
        bench_run_s(bench, 600.0);
        cr_assert_eq(bench->board.tx_count, count + 1);
        expect_ended(bench, ended, 1, MAC_ACKNOWLEDGED);
        bench_destroy(bench);
    }
}

/* Copies bear the same FCnt and bytes, 1..3 s after RX2 has closed. */
Test(mac_confirmed, is_repeated_until_the_acknowledgement_comes)
{
    struct bench *bench = made(73, &(struct factory){ .nb_trans = 5 }, NULL);
    unsigned count = bench->board.tx_count;
    uint8_t first[255];
    double earliest_s = 9, latest_s = 0;
    for (unsigned round = 0; round < 20; round++) {
        send_confirmed(bench);
        memcpy(first, bench->board.tx, bench->board.tx_size);
        for (unsigned copy = 2; copy <= 3; copy++) {
            bench_run_s(bench, 0.5);
            unlimited(bench);
            uint64_t end = bench->board.tx_end;
            cr_assert(bench_run_to_tx(bench, count + copy, 10.0));
            cr_assert_arr_eq(bench->board.tx, first, bench->board.tx_size);
            /* RX2 opens 2 s after the end; no frame comes, so it closes within 0.3 s. */
            double after_s = (double)(bench->board.tx_start - end) / TICKS_PER_S - 2.0;
            earliest_s = after_s < earliest_s ? after_s : earliest_s;
            latest_s = after_s > latest_s ? after_s : latest_s;
        }
        answer(bench, 1, MAC_FCTRL_ACK);
        bench_run_s(bench, 300.0);
        count += 3;
        cr_assert_eq(bench->board.tx_count, count);
        expect_ended(bench, 2 + round, 3, MAC_ACKNOWLEDGED);
    }
    cr_assert(earliest_s > 1.0 && earliest_s < 1.6, "%f", earliest_s);
    cr_assert(latest_s > 2.7 && latest_s < 3.35, "%f", latest_s);
    bench_destroy(bench);
}

Test(mac_confirmed, is_given_up_after_nb_trans_copies)
{
    struct bench *bench = made(74, &(struct factory){ .nb_trans = 3 }, NULL);
    unsigned count = bench->board.tx_count;
    send_confirmed(bench);
    bench_run_s(bench, 2000.0);
    cr_assert_eq(bench->board.tx_count, count + 3);
    expect_ended(bench, 2, 3, MAC_UNANSWERED);
    uint32_t fcnt = bench->core.mac.fcnt_up;
    send_confirmed(bench);
    cr_assert_eq(bench->core.mac.fcnt_up, fcnt + 1, "the next one is a new frame");
    bench_run_s(bench, 2000.0);
    bench_destroy(bench);
}

/* A downlink without the ACK bit delivers what it brings, and the uplink goes on. */
Test(mac_confirmed, a_downlink_that_does_not_acknowledge_ends_no_retransmission)
{
    struct bench *bench = made(75, &(struct factory){ .nb_trans = 3 }, NULL);
    unsigned count = bench->board.tx_count;
    bench->core.mac.adr_ack_count = 50;
    send_confirmed(bench);
    answer(bench, 1, 0);
    unlimited(bench);
    cr_assert(bench_run_to_tx(bench, count + 2, 10.0));
    cr_assert_eq(bench->core.mac.adr_ack_count, 0, "any answer shows that the link holds");
    answer(bench, 2, MAC_FCTRL_ACK);
    bench_run_s(bench, 2000.0);
    cr_assert_eq(bench->board.tx_count, count + 2);
    expect_ended(bench, 2, 2, MAC_ACKNOWLEDGED);
    /* An unconfirmed one takes any downlink for its end, as ever. */
    unlimited(bench);
    bench_send(bench, 2, byte, 1);
    answer(bench, 1, 0);
    bench_run_s(bench, 2000.0);
    cr_assert_eq(bench->board.tx_count, count + 3);
    bench_destroy(bench);
}

/* --- data rate, power, channels -------------------------------------------------------------- */

Test(mac_policy, a_fixed_data_rate_stays_whatever_happens)
{
    struct bench *bench =
            made(76, &(struct factory){ .rate_policy = FACTORY_RATE_FIXED, .data_rate = 2 }, NULL);
    for (unsigned uplink = 1; uplink <= 200; uplink++) {
        unlimited(bench);
        mac_watch_link(&bench->core);
        bench_send(bench, 2, byte, 1);
        cr_assert_eq(bench->board.tx_spreading_factor, 10);
        cr_assert_eq(bench->board.tx[5], 0, "no ADR bits, no questions in FOpts");
        bench_run_s(bench, 8.0);
    }
    bench_destroy(bench);
}

/* 1.0.4: with the ADR bit clear each element is accepted or refused by itself. */
Test(mac_policy, with_a_fixed_rate_the_network_moves_channels_and_copies_only)
{
    static const struct {
        uint8_t request[5], answer;
        uint16_t mask;
        uint8_t nb_trans;
    } rows[] = {
        { { 0x03, 0x51, 0x05, 0x00, 0x02 }, 1, 5, 2 }, /* DR5, power 1: refused */
        { { 0x03, 0x2F, 0x03, 0x00, 0x01 }, 7, 3, 1 }, /* DR2, keep power */
        { { 0x03, 0xFF, 0x02, 0x00, 0x03 }, 7, 2, 3 }, /* keep both */
        { { 0x03, 0xFF, 0x00, 0x80, 0x01 }, 6, 2, 3 }, /* a channel that does not exist */
        { { 0x03, 0x31, 0x00, 0x00, 0x01 }, 0, 2, 3 }, /* and nothing right */
    };
    struct bench *bench =
            made(77, &(struct factory){ .rate_policy = FACTORY_RATE_FIXED, .data_rate = 2 }, NULL);
    const struct mac *mac = &bench->core.mac;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unlimited(bench);
        bench_commands(bench, rows[i].request, 5);
        bench_run_s(bench, 1000.0);
        struct fake_uplink u = bench_next_uplink(bench);
        cr_assert_eq(u.fopts_size, 2);
        cr_assert_eq(u.fopts[1], rows[i].answer, "row %u: %u", i, u.fopts[1]);
        cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), rows[i].mask, "row %u", i);
        cr_assert_eq(mac->parameters.nb_trans, rows[i].nb_trans, "row %u", i);
        cr_assert_eq(mac_data_rate(&bench->core), 2);
        cr_assert_eq(mac->parameters.tx_power, 0);
        bench_run_s(bench, 1000.0);
    }
    bench_destroy(bench);
}

/* spec 1.11: ADRACKReq from 64 on, power at 96, a rate down at 128 and each 32, and where there is
 * no lower one NbTrans 1 and the default channels. The device asks nothing by itself. */
Test(mac_policy, adr_backs_off_by_the_whole_ladder)
{
    static const uint8_t command[5] = { 0x03, 0x20, 0xF8, 0x00, 0x02 }; /* DR2, 3..7, twice */
    for (unsigned power = 0; power < 2; power++) {
        struct bench *bench =
                made(78, &(struct factory){ .rate_policy = FACTORY_RATE_ADR }, cflist);
        struct mac *mac = &bench->core.mac;
        bench_commands(bench, command, sizeof command);
        cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 0xF8);
        mac->parameters.tx_power = power == 0 ? 0 : 5;
        cr_assert_eq(mac->adr_ack_count, 0);
        for (unsigned uplink = 1; uplink <= 200; uplink++) {
            unlimited(bench);
            mac_watch_link(&bench->core);
            bench_send(bench, 2, byte, 1);
            cr_assert_eq(bench->board.tx[5] & 0xF0, uplink > 64 ? 0xC0 : 0x80, "uplink %u", uplink);
            cr_assert_eq(bench->board.tx[5] & 0x0F, uplink == 1 ? 2 : 0, "uplink %u", uplink);
            cr_assert_eq(12 - bench->board.tx_spreading_factor,
                    uplink <= 128   ? 2
                    : uplink <= 160 ? 1
                                    : 0,
                    "uplink %u", uplink);
            bench_run_s(bench, 2.0); /* it is sent; its windows are open */
            unlimited(bench);
            bench_run_s(bench, 20.0); /* the copy as well */
            cr_assert_eq(mac->parameters.tx_power, uplink >= 96 || power == 0 ? 0 : 5);
            cr_assert_eq(mac->parameters.nb_trans, uplink >= 192 ? 1 : 2, "uplink %u", uplink);
            cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), uplink >= 192 ? 0xFF : 0xF8,
                    "uplink %u", uplink);
        }
        bench_destroy(bench);
    }
}

Test(mac_policy, power_copies_and_channels_are_those_of_the_factory)
{
    struct bench *bench = made(79,
            &(struct factory){ .rate_policy = FACTORY_RATE_FIXED,
                    .data_rate = 5,
                    .tx_power = 3,
                    .nb_trans = 2,
                    .channel_mask = { 0x11 } },
            cflist);
    unsigned used[2] = { 0 };
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 0x11);
    for (unsigned i = 0; i < 40; i++) {
        unsigned count = bench->board.tx_count;
        unlimited(bench);
        bench_send(bench, 2, byte, 1);
        uint32_t hz = bench->board.tx_frequency_hz + 50u;
        cr_assert(hz / 100000u == 8681u || hz / 100000u == 8673u, "%u Hz", hz);
        used[hz / 100000u == 8681u]++;
        cr_assert_eq(bench->board.tx_power_register, 0x78, "14 - 2 * 3 = 8 dBm at RFO");
        unlimited(bench);
        cr_assert(bench_run_to_tx(bench, count + 2, 10.0));
        bench_run_s(bench, 10.0);
        cr_assert_eq(bench->board.tx_count, count + 2);
    }
    cr_assert(used[0] > 8 && used[1] > 8);
    bench_destroy(bench);
}

Test(mac_policy, what_the_region_does_not_have_is_not_taken)
{
    struct bench *bench = made(80,
            &(struct factory){ .rate_policy = FACTORY_RATE_FIXED,
                    .data_rate = 6,
                    .tx_power = 8,
                    .nb_trans = 16,
                    .channel_mask = { 0x00, 0xF0 } },
            NULL);
    const struct mac *mac = &bench->core.mac;
    cr_assert_leq(mac_data_rate(&bench->core), 5);
    cr_assert_eq(mac->parameters.tx_power, 0);
    cr_assert_eq(mac->parameters.nb_trans, 1);
    cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 7);
    bench_destroy(bench);
}

/* --- commissioned devices -------------------------------------------------------------------- */

#define JOIN_NONCE 0x2Au

static struct bench *commissioned(const uint8_t *list)
{
    struct bench *bench = bench_create(81);
    bench->board.join_accept_size = fake_write_join_accept(bench->factory.app_key, JOIN_NONCE, 0x13,
            BENCH_DEV_ADDR, 0x03, 1, list, bench->board.join_accept);
    bench->board.join_accept_dev_nonce = 7;
    bench->keys = fake_session_keys(bench->factory.app_key, JOIN_NONCE, 0x13, 7);
    memset(bench->board.nvm_size, 0, sizeof bench->board.nvm_size);
    bench->board.trace_count = 0;
    bench->factory.data_rate = 3;
    bench_reset(bench, HAL_RESET_POWER_ON);
    return bench;
}

Test(mac_commissioned, sends_from_the_first_start_on_without_a_join)
{
    struct bench *bench = commissioned(cflist);
    struct mac *mac = &bench->core.mac;
    cr_assert(mac_joined(&bench->core));
    const struct fake_trace *trace = fake_trace_last(&bench->board, FW_TRACE_JOINED);
    cr_assert(trace->a == BENCH_DEV_ADDR && trace->b == 7);
    cr_assert_eq(mac->parameters.rx2_data_rate, 3);
    cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 0xFF, "CFList");
    cr_assert_eq(mac_data_rate(&bench->core), 3);
    bench_run_s(bench, 1.0);
    cr_assert_eq(
            mac_uplink_possible_at(&bench->core, bench->board.now), 0, "it has sent nothing yet");
    bench_send(bench, 2, byte, 1);
    struct fake_uplink u = fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
    cr_assert(u.mic_ok && u.dev_addr == BENCH_DEV_ADDR && u.fcnt == 0);
    bench_run_s(bench, 100.0);
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_JOIN_REQUESTED), 0);
    bench_destroy(bench);
}

Test(mac_commissioned, keeps_the_session_through_a_reset_like_any_other)
{
    struct bench *bench = commissioned(NULL);
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 10.0);
    bench_reset(bench, HAL_RESET_BROWNOUT);
    cr_assert(mac_joined(&bench->core));
    cr_assert_eq(mac_resets(&bench->core), 1);
    cr_assert_eq(fake_trace_count(&bench->board, FW_TRACE_JOINED), 1, "the accept is used once");
    bench_run_s(bench, 10.0);
    bench_send(bench, 2, byte, 1);
    struct fake_uplink u = fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
    cr_assert(u.mic_ok && u.fcnt == 64);
    bench_destroy(bench);
}

/* A session that was lost does not come back by an accept of yesterday: counters would repeat. */
Test(mac_commissioned, joins_over_the_air_with_a_fresh_nonce_when_the_session_is_lost)
{
    struct bench *bench = commissioned(NULL);
    bench->board.nvm_size[NVM_MAC_SESSION] = 0;
    bench_reset(bench, HAL_RESET_BROWNOUT);
    cr_assert_not(mac_joined(&bench->core));
    cr_assert(bench_run_to_tx(bench, bench->board.tx_count + 1, 3600.0));
    cr_assert_eq(bench->board.tx[0], 0);
    cr_assert_eq(bench->board.tx[17] | bench->board.tx[18] << 8, 8);
    bench_destroy(bench);
}

Test(mac_commissioned, does_not_take_an_accept_under_another_key)
{
    struct bench *bench = bench_create(82);
    static const uint8_t other_key[16] = { 1 };
    bench->board.join_accept_size = fake_write_join_accept(
            other_key, JOIN_NONCE, 0x13, BENCH_DEV_ADDR, 0, 1, NULL, bench->board.join_accept);
    bench_reset(bench, HAL_RESET_POWER_ON);
    cr_assert_not(mac_joined(&bench->core));
    bench_join(bench, 0, 1, NULL);
    bench_destroy(bench);
}

/* --- counters after records were lost -------------------------------------------------------- */

/* The bound on record was written by steps of 64: each lost record may have been one. */
Test(mac_lost_records, the_uplink_counter_skips_what_they_may_have_reserved)
{
    struct bench *bench = commissioned(NULL);
    bench_send(bench, 2, byte, 1);
    bench_run_s(bench, 10.0);
    bench->board.nvm_lost_records = 3;
    bench_reset(bench, HAL_RESET_BROWNOUT);
    bench_run_s(bench, 10.0);
    bench_send(bench, 2, byte, 1);
    struct fake_uplink u = fake_read_uplink(&bench->keys, bench->board.tx, bench->board.tx_size, 0);
    cr_assert(u.mic_ok && u.fcnt == 64 + 3 * 64);
    cr_assert_eq(bench->board.nvm_lost_records, 0, "on record, hence forgotten");
    bench_destroy(bench);
}

Test(mac_lost_records, dev_nonces_are_skipped_too)
{
    static const struct {
        unsigned lost;
        bool on_record;
        unsigned next;
    } cases[] = { { 0, true, 0x0107 }, { 5, true, 0x010C }, { 1, false, 0x8000 } };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_create(82 + i);
        const uint8_t record[2] = { 0x07, 0x01 };
        nvm_write(&bench->core.nvm, NVM_DEV_NONCE, record, sizeof record);
        if (!cases[i].on_record) {
            nvm_erase(&bench->core.nvm, NVM_DEV_NONCE);
        }
        bench->board.nvm_lost_records = cases[i].lost;
        bench_reset(bench, HAL_RESET_BROWNOUT);
        cr_assert(bench_run_to_tx(bench, bench->board.tx_count + 1, 3600.0));
        cr_assert_eq(bench->board.tx[17] | (unsigned)bench->board.tx[18] << 8, cases[i].next);
        bench_destroy(bench);
    }
}

/* The accept in the factory record makes the same keys each time: it counts once, even if the
 * records of its use were lost. */
Test(mac_lost_records, an_accept_that_was_used_is_not_used_again)
{
    struct bench *bench = commissioned(NULL);
    bench->board.nvm_size[NVM_MAC_SESSION] = 0;
    bench->board.nvm_size[NVM_JOIN_NONCE] = 0;
    bench_reset(bench, HAL_RESET_BROWNOUT);
    cr_assert_not(mac_joined(&bench->core));
    bench_destroy(bench);
}

/* --- after a brown-out ------------------------------------------------------------------------ */

/* A battery whose voltage fell gets 10 to 20 s before the radio, or anything else, loads it again.
 */
Test(mac_rest, lasts_10_to_20_s_after_a_brown_out_and_no_other_reset)
{
    static const enum hal_reset_cause causes[] = { HAL_RESET_POWER_ON, HAL_RESET_PIN,
        HAL_RESET_SOFTWARE, HAL_RESET_WATCHDOG, HAL_RESET_BROWNOUT };
    for (unsigned i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        struct bench *bench = bench_create(41 + i);
        bench_reset(bench, causes[i]);
        uint64_t now = bench->board.now;
        if (causes[i] != HAL_RESET_BROWNOUT) {
            cr_expect_not(mac_rests(&bench->core, now));
            bench_destroy(bench);
            continue;
        }
        cr_expect(mac_rests(&bench->core, now + 10u * HAL_RTC_HZ - 1u));
        cr_expect_not(mac_rests(&bench->core, now + 20u * HAL_RTC_HZ));
        bench_run_s(bench, 9.9);
        cr_expect_eq(bench->board.tx_count, 0);
        cr_expect(mac_rests(&bench->core, bench->board.now), "the radio was not started");
        cr_expect(bench_run_to_tx(bench, 1, 3600.0), "then it joins");
        bench_destroy(bench);
    }
}
