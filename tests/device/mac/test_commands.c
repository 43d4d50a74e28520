/* Every MAC command with every status (spec-protocol 1.6).
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "mac/mac.h"

static struct bench *joined(void)
{
    struct bench *bench = bench_create(31);
    bench_join(bench, 0, 1, NULL);
    return bench;
}

/* Sends the commands and compares FOpts of the next uplink. */
static void expect_answer(struct bench *bench, const uint8_t *commands, size_t size,
        const uint8_t *answer, size_t answer_size)
{
    bench_commands(bench, commands, size);
    struct fake_uplink uplink = bench_next_uplink(bench);
    cr_assert_eq(uplink.fopts_size, answer_size, "%u bytes of answer", uplink.fopts_size);
    for (size_t i = 0; i < answer_size; i++) {
        cr_assert_eq(uplink.fopts[i], answer[i], "byte %zu of the answer to %02x %02x .. is %u", i,
                commands[0], commands[1], uplink.fopts[i]);
    }
}

/* One command, one answer of status `status`. */
#define EXPECT_STATUS(bench, status, ...)                                                          \
    do {                                                                                           \
        const uint8_t command_[] = { __VA_ARGS__ };                                                \
        const uint8_t answer_[2] = { command_[0], (status) };                                      \
        expect_answer((bench), command_, sizeof command_, answer_, sizeof answer_);                \
        bench_commands((bench), NULL, 0); /* ends what is sticky */                                \
    } while (0)

#define EXPECT_BYTES(bench, commands, ...)                                                         \
    do {                                                                                           \
        const uint8_t answer_[] = { __VA_ARGS__ };                                                 \
        expect_answer((bench), (commands), sizeof(commands), answer_, sizeof answer_);             \
    } while (0)

#define FREQ(hz) (uint8_t)((hz) / 100), (uint8_t)((hz) / 100 >> 8), (uint8_t)((hz) / 100 >> 16)

Test(mac_commands, link_adr_checks_mask_rate_and_power_and_applies_all_or_nothing)
{
    struct bench *bench = joined();
    struct mac_parameters *p = &bench->core.mac.parameters;
    EXPECT_STATUS(bench, 7, 0x03, 0x31, 0x05, 0x00, 0x02);
    cr_assert(p->data_rate == 3 && p->tx_power == 1 && p->nb_trans == 2);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 5);
    EXPECT_STATUS(bench, 7, 0x03, 0xFF, 0x07, 0x00, 0x00); /* keep both; NbTrans 0 means 1 */
    cr_assert(p->data_rate == 3 && p->tx_power == 1 && p->nb_trans == 1);
    EXPECT_STATUS(bench, 6, 0x03, 0x50, 0x08, 0x00, 0x01); /* no channel 3 */
    EXPECT_STATUS(bench, 6, 0x03, 0x50, 0x00, 0x00, 0x01); /* no channel at all */
    EXPECT_STATUS(bench, 6, 0x03, 0x50, 0x07, 0x00, 0x51); /* ChMaskCntl 5 is RFU */
    EXPECT_STATUS(bench, 5, 0x03, 0x60, 0x07, 0x00, 0x01); /* DR6 is on none of them */
    EXPECT_STATUS(bench, 5, 0x03, 0x70, 0x07, 0x00, 0x01); /* FSK is not built in */
    EXPECT_STATUS(bench, 5, 0x03, 0xC0, 0x07, 0x00, 0x01);
    EXPECT_STATUS(bench, 3, 0x03, 0x58, 0x07, 0x00, 0x01); /* power index 8 */
    EXPECT_STATUS(bench, 0, 0x03, 0xCE, 0x00, 0x01, 0x21);
    cr_assert(p->data_rate == 3 && p->tx_power == 1);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 7);
    EXPECT_STATUS(bench, 7, 0x03, 0x57, 0x00, 0x00, 0x61); /* ChMaskCntl 6: all on */
    cr_assert(p->data_rate == 5 && p->tx_power == 7);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 7);
    bench_destroy(bench);
}

Test(mac_commands, adjacent_link_adr_requests_are_one_transaction)
{
    static const uint8_t good[] = { 0x03, 0x00, 0x01, 0x00, 0x01, 0x03, 0x22, 0x02, 0x00, 0x03 };
    static const uint8_t bad[] = { 0x03, 0x00, 0x00, 0x80, 0x01, 0x03, 0x55, 0x07, 0x00, 0x01 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, good, 0x03, 7, 0x03, 7);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 2);
    cr_assert_eq(bench->core.mac.parameters.data_rate, 2);
    cr_assert_eq(bench->core.mac.parameters.nb_trans, 3);
    EXPECT_BYTES(bench, bad, 0x03, 6, 0x03, 6);
    cr_assert_eq(bench->core.mac.parameters.data_rate, 2);
    bench_destroy(bench);
}

Test(mac_commands, rx_param_setup_is_all_or_nothing_and_sticky)
{
    struct bench *bench = joined();
    struct mac_parameters *p = &bench->core.mac.parameters;
    EXPECT_STATUS(bench, 6, 0x05, 0x13, FREQ(868650000));
    EXPECT_STATUS(bench, 5, 0x05, 0x17, FREQ(868100000));
    EXPECT_STATUS(bench, 3, 0x05, 0x63, FREQ(868100000));
    cr_assert(p->rx2_data_rate == 0 && p->rx1_data_rate_offset == 0);
    static const uint8_t good[] = { 0x05, 0x24, FREQ(869600000) };
    EXPECT_BYTES(bench, good, 0x05, 7);
    cr_assert(p->rx2_data_rate == 4 && p->rx1_data_rate_offset == 2);
    cr_assert_eq(p->rx2_frequency_hz, 869600000u);
    for (unsigned i = 0; i < 3; i++) { /* until a class A downlink comes */
        struct fake_uplink uplink = bench_next_uplink(bench);
        cr_assert(uplink.fopts_size == 2 && uplink.fopts[0] == 0x05);
    }
    bench_commands(bench, NULL, 0);
    cr_assert_eq(bench_next_uplink(bench).fopts_size, 0);
    bench_destroy(bench);
}

Test(mac_commands, new_receive_parameters_are_used_by_the_next_windows)
{
    static const uint8_t commands[] = { 0x05, 0x23, FREQ(869600000), 0x08, 0x04 };
    struct bench *bench = joined();
    bench_commands(bench, commands, sizeof commands);
    cr_assert_eq(bench->core.mac.parameters.rx_delay_s, 4);
    for (unsigned window = 1; window <= 2; window++) {
        uint8_t frame[255];
        struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
            .fcnt = bench->fcnt_down++,
            .fport = 1,
            .payload = frame,
            .payload_size = 1 };
        size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
        bench_send(bench, 2, (const uint8_t *)"x", 1);
        bench_answer(bench, window, frame, size);
        bench_run_s(bench, 20.0);
        cr_assert_eq(bench->delivered_count, window);
    }
    bench_destroy(bench);
}

Test(mac_commands, new_channel_reports_every_fault_and_spares_default_channels)
{
    struct bench *bench = joined();
    const struct mac *mac = &bench->core.mac;
    EXPECT_STATUS(bench, 3, 0x07, 4, FREQ(867300000), 0x50);
    cr_assert_eq(mac->channels[4].frequency_hz, 867300000u);
    cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 0x17);
    EXPECT_STATUS(bench, 0, 0x07, 1, FREQ(867300000), 0x50);  /* default, read-only */
    EXPECT_STATUS(bench, 0, 0x07, 16, FREQ(867300000), 0x50); /* no such index */
    EXPECT_STATUS(bench, 2, 0x07, 5, FREQ(862000000), 0x50);
    EXPECT_STATUS(bench, 2, 0x07, 5, FREQ(868650000), 0x50); /* between the sub-bands */
    EXPECT_STATUS(bench, 1, 0x07, 5, FREQ(867300000), 0x05); /* max below min */
    EXPECT_STATUS(bench, 1, 0x07, 5, FREQ(867300000), 0x70);
    EXPECT_STATUS(bench, 3, 0x07, 5, FREQ(867500000), 0x66);
    EXPECT_STATUS(bench, 3, 0x07, 4, 0, 0, 0, 0x50); /* removed */
    cr_assert_eq(mac->channels[4].frequency_hz, 0);
    cr_assert_eq(channel_mask_block(&mac->channel_mask, 0), 0x27);
    bench_destroy(bench);
}

Test(mac_commands, removing_the_last_usable_channel_brings_the_default_ones_back)
{
    static const uint8_t commands[] = { 0x07, 3, FREQ(867100000), 0x50, 0x03, 0xFF, 0x08, 0x00,
        0x01 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, commands, 0x07, 3, 0x03, 7);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 8);
    EXPECT_STATUS(bench, 3, 0x07, 3, 0, 0, 0, 0);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 7);
    bench_destroy(bench);
}

Test(mac_commands, dl_channel_reports_every_fault)
{
    struct bench *bench = joined();
    EXPECT_STATUS(bench, 1, 0x0A, 9, FREQ(868300000)); /* no such uplink channel */
    EXPECT_STATUS(bench, 2, 0x0A, 0, FREQ(868650000));
    EXPECT_STATUS(bench, 7, 0x03, 0x50, 0x01, 0x00, 0x01); /* channel 0 only */
    EXPECT_STATUS(bench, 3, 0x0A, 0, FREQ(869850000));
    cr_assert_eq(bench->core.mac.channels[0].rx1_frequency_hz, 869850000u);
    bench_destroy(bench);
}

Test(mac_commands, dl_channel_frequency_is_listened_to)
{
    static const uint8_t commands[] = { 0x03, 0x50, 0x01, 0x00, 0x01, 0x0A, 0, FREQ(869850000) };
    struct bench *bench = joined();
    uint8_t frame[255];
    bench_commands(bench, commands, sizeof commands);
    struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
        .fcnt = bench->fcnt_down++,
        .fport = 1,
        .payload = frame,
        .payload_size = 1 };
    size_t size = fake_write_downlink(&bench->keys, &downlink, frame);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    bench_air(bench, bench->board.tx_end + 32768, 869850000u, 5, frame, size);
    bench_run_s(bench, 10.0);
    cr_assert_eq(bench->delivered_count, 1);
    bench_destroy(bench);
}

Test(mac_commands, dev_status_holds_battery_and_margin_of_the_request)
{
    static const uint8_t commands[] = { 0x06 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, commands, 0x06, 200, 6); /* SNR 5.5 dB, to the nearest */
    bench_destroy(bench);
}

Test(mac_commands, duty_cycle_and_timing_are_acknowledged)
{
    static const uint8_t commands[] = { 0x04, 0x03, 0x08, 0x00 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, commands, 0x08, 0x04);
    cr_assert_eq(bench->core.mac.parameters.max_duty_cycle, 3);
    cr_assert_eq(bench->core.mac.parameters.rx_delay_s, 1);
    bench_destroy(bench);
}

Test(mac_commands, tx_param_setup_gets_no_answer_and_the_next_command_is_done)
{
    static const uint8_t commands[] = { 0x09, 0x35, 0x04, 0x00 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, commands, 0x04);
    bench_destroy(bench);
}

Test(mac_commands, unknown_or_cut_command_ends_the_list)
{
    static const uint8_t unknown[] = { 0x04, 0x00, 0x7F, 0x06, 0x06 };
    static const uint8_t cut[] = { 0x04, 0x00, 0x05, 0x00, 0x00 };
    struct bench *bench = joined();
    EXPECT_BYTES(bench, unknown, 0x04);
    EXPECT_BYTES(bench, cut, 0x04);
    bench_destroy(bench);
}

Test(mac_commands, port_0_carries_more_than_fopts_and_answers_stop_at_15_bytes)
{
    /* Six DevStatusReq and then a DutyCycleReq: five answers fit, the rest is not done. */
    static const uint8_t commands[] = { 0x06, 0x06, 0x06, 0x06, 0x06, 0x06, 0x04, 0x0A, 0x04, 0x0A,
        0x04, 0x0A, 0x04, 0x0A, 0x04, 0x0A };
    struct bench *bench = joined();
    bench_commands(bench, commands, sizeof commands);
    cr_assert_eq(mac_payload_size_max(&bench->core), 242 - 15);
    struct fake_uplink uplink = bench_next_uplink(bench);
    cr_assert_eq(uplink.fopts_size, 15);
    cr_assert_eq(bench->core.mac.parameters.max_duty_cycle, 0);
    bench_destroy(bench);
}

/* The list ends with FOpts: after it come FPort 6, which would be a DevStatusReq, and a payload
 * that would be others. */
Test(mac_commands, a_transaction_of_link_adr_requests_ends_with_fopts)
{
    static const uint8_t fopts[] = { 0x03, 0x00, 0x01, 0x00, 0x01, 0x03, 0x22, 0x02, 0x00, 0x03 };
    static const uint8_t payload[] = { 0x06, 0x06, 0x06, 0x06, 0x06, 0x06 };
    struct bench *bench = joined();
    uint8_t frame[255];
    struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR,
        .fcnt = bench->fcnt_down++,
        .fopts = fopts,
        .fopts_size = sizeof fopts,
        .fport = 0x06,
        .payload = payload,
        .payload_size = sizeof payload };
    bench_run_s(bench, 10.0);
    bench_send(bench, 2, (const uint8_t *)"x", 1);
    bench_answer(bench, 1, frame, fake_write_downlink(&bench->keys, &downlink, frame));
    bench_run_s(bench, 1000.0);
    cr_assert_eq(bench->delivered_count, 1);
    struct fake_uplink uplink = bench_next_uplink(bench);
    static const uint8_t answers[] = { 0x03, 7, 0x03, 7 };
    cr_assert_eq(uplink.fopts_size, sizeof answers);
    cr_assert_arr_eq(uplink.fopts, answers, sizeof answers);
    bench_destroy(bench);
}

/* FOpts hold 15 bytes (TS001-1.0.4 4.3.1.6): a question that finds them full waits. */
Test(mac_commands, questions_wait_while_answers_fill_fopts)
{
    static const uint8_t commands[] = { 0x06, 0x06, 0x06, 0x06, 0x06, 0x06 };
    for (unsigned status_requests = 4; status_requests <= 5; status_requests++) {
        struct bench *bench = joined();
        bench_commands(bench, commands, status_requests);
        bench_run_s(bench, 1000.0);
        mac_request_link_check(&bench->core);
        mac_request_device_time(&bench->core);
        unsigned expected = status_requests == 5 ? 15 : 14;
        cr_assert_eq(mac_payload_size_max(&bench->core), 242 - expected);
        uint8_t payload[242] = { 0 };
        bench_send(bench, 2, payload, 242 - expected); /* as long as it was said to fit */
        bench_run_s(bench, 1000.0);
        cr_assert_eq(bench->board.tx[5] & 0x0F, expected);
        struct fake_uplink uplink = bench_next_uplink(bench);
        cr_assert_eq(uplink.fopts_size, expected == 15 ? 2 : 0);
        cr_assert(expected != 15 || (uplink.fopts[0] == 0x0D && uplink.fopts[1] == 0x02));
        bench_destroy(bench);
    }
    struct bench *bench = joined(); /* room for one of the two */
    static const uint8_t fourteen[] = { 0x06, 0x06, 0x06, 0x06, 0x04, 0x00, 0x04, 0x00 };
    bench_commands(bench, fourteen, sizeof fourteen);
    bench_run_s(bench, 1000.0);
    mac_request_link_check(&bench->core);
    mac_request_device_time(&bench->core);
    cr_assert_eq(mac_payload_size_max(&bench->core), 242 - 15);
    struct fake_uplink uplink = bench_next_uplink(bench);
    cr_assert_eq(uplink.fopts_size, 15);
    cr_assert_eq(uplink.fopts[14], 0x0D);
    uplink = bench_next_uplink(bench);
    cr_assert(uplink.fopts_size == 1 && uplink.fopts[0] == 0x02);
    bench_destroy(bench);
}

Test(mac_commands, link_check_result_is_kept)
{
    static const uint8_t answer[] = { 0x02, 20, 3 };
    struct bench *bench = joined();
    mac_request_link_check(&bench->core);
    struct fake_uplink uplink = bench_next_uplink(bench);
    cr_assert(uplink.fopts_size == 1 && uplink.fopts[0] == 0x02);
    bench_commands(bench, answer, sizeof answer);
    cr_assert(bench->core.mac.link_margin_db == 20 && bench->core.mac.link_gateways == 3);
    bench_destroy(bench);
}

Test(mac_commands, negotiated_parameters_survive_a_reset)
{
    static const uint8_t commands[] = { 0x03, 0x32, 0x05, 0x00, 0x02, 0x05, 0x14, FREQ(869600000),
        0x08, 0x03, 0x04, 0x01 };
    struct bench *bench = joined();
    bench_commands(bench, commands, sizeof commands);
    struct mac_parameters before = bench->core.mac.parameters;
    bench_reset(bench, HAL_RESET_SOFTWARE);
    cr_assert_eq(memcmp(&before, &bench->core.mac.parameters, sizeof before), 0);
    cr_assert_eq(channel_mask_block(&bench->core.mac.channel_mask, 0), 5);
    cr_assert_eq(before.rx_delay_s, 3);
    cr_assert_eq(before.rx2_data_rate, 4);
    bench_destroy(bench);
}
