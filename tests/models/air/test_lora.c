/* Time on air against the published formula's values.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: tables computed by an independent script from Semtech AN1200.13 (spec-physics section 1).
 */
#include <criterion/criterion.h>

#include "air/frame.h"
#include "air/lora.h"

#define SF_COUNT 6u /* SF7..SF12 */

static struct lora_modulation uplink(unsigned spreading_factor)
{
    return (struct lora_modulation){
        .frequency_hz = 868100000,
        .bandwidth_hz = 125000,
        .spreading_factor = (uint8_t)spreading_factor,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .low_data_rate = spreading_factor >= 11,
        .payload_crc = true,
    };
}

struct row {
    uint32_t size;
    int32_t time_us[SF_COUNT];
    uint32_t symbols[SF_COUNT]; /* 0: not tabulated */
};

static void check(const struct row *row, bool crc)
{
    for (unsigned i = 0; i < SF_COUNT; i++) {
        struct lora_modulation m = uplink(7 + i);
        m.payload_crc = crc;
        cr_expect_eq(lora_time_on_air_ns(&m, row->size), row->time_us[i] * SIM_NS_PER_US,
                "SF%u, %u bytes: %lld ns", 7 + i, row->size,
                (long long)lora_time_on_air_ns(&m, row->size));
        if (row->symbols[i] != 0) {
            cr_expect_eq(lora_payload_symbols(&m, row->size), row->symbols[i]);
        }
    }
}

Test(lora, uplink_times_are_those_of_the_formula)
{
    static const struct row rows[] = {
        { 13, { 46336, 82432, 164864, 288768, 577536, 1155072 }, { 33, 28, 28, 23, 23, 23 } },
        { 51, { 102656, 184832, 328704, 616448, 1314816, 2465792 }, { 88, 78, 68, 63, 68, 63 } },
        { 64, { 118016, 215552, 390144, 698368, 1560576, 2793472 }, { 103, 93, 83, 73, 83, 73 } },
        { 115, { 194816, 348672, 615424, 1148928, 2461696, 4431872 },
                { 178, 158, 138, 128, 138, 123 } },
        { 222, { 348416, 614912, 1106944, 2009088, 4427776, 8036352 },
                { 328, 288, 258, 233, 258, 233 } },
        { 242, { 379136, 666112, 1188864, 2172928, 4755456, 8691712 },
                { 358, 313, 278, 253, 278, 253 } },
        { 115 + 13, { 215296, 379392, 676864, 1230848, 2707456, 4923392 }, { 0 } },
        { 222 + 13, { 368896, 655872, 1168384, 2131968, 4673536, 8364032 }, { 0 } },
        { 242 + 13, { 399616, 707072, 1250304, 2295808, 5001216, 9019392 }, { 0 } },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i], true);
    }
}

Test(lora, downlink_times_lack_the_payload_crc)
{
    static const struct row rows[] = {
        { 13, { 41216, 82432, 144384, 288768, 577536, 1155072 }, { 0 } },
        { 55, { 102656, 184832, 328704, 616448, 1314816, 2465792 }, { 0 } },
        { 64, { 118016, 205312, 369664, 698368, 1478656, 2793472 }, { 0 } },
        { 128, { 210176, 369152, 676864, 1230848, 2625536, 4923392 }, { 0 } },
        { 235, { 368896, 645632, 1147904, 2091008, 4591616, 8364032 }, { 0 } },
        { 255, { 394496, 696832, 1250304, 2254848, 5001216, 9019392 }, { 0 } },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(&rows[i], false);
    }
}

Test(lora, other_bandwidths_coding_rates_and_header_modes_follow_the_formula)
{
    struct lora_modulation m = uplink(12);
    m.coding_rate = 4;
    cr_expect_eq(lora_payload_symbols(&m, 20), 40);
    cr_expect_eq(lora_time_on_air_ns(&m, 20), 1712128 * SIM_NS_PER_US);

    m = uplink(7);
    m.bandwidth_hz = 250000;
    cr_expect_eq(lora_time_on_air_ns(&m, 222), 174208 * SIM_NS_PER_US);

    m = uplink(12);
    m.bandwidth_hz = 250000;
    cr_expect_eq(lora_time_on_air_ns(&m, 51), 1232896 * SIM_NS_PER_US);
    m.bandwidth_hz = 500000;
    m.low_data_rate = false;
    cr_expect_eq(lora_time_on_air_ns(&m, 51), 534528 * SIM_NS_PER_US);

    m = uplink(10);
    m.payload_crc = false;
    cr_expect_eq(lora_payload_symbols(&m, 51), 58);
    cr_expect_eq(lora_time_on_air_ns(&m, 51), 575488 * SIM_NS_PER_US);

    m = uplink(9); /* class B beacon */
    m.implicit_header = true;
    m.payload_crc = false;
    m.preamble_symbols = 10;
    cr_expect_eq(lora_time_on_air_ns(&m, 17), 152576 * SIM_NS_PER_US);
}

Test(lora, symbols_are_rounded_to_the_nearest_nanosecond)
{
    struct lora_modulation m = uplink(7);
    cr_expect_eq(lora_symbol_ns(&m), 1024000);
    m.bandwidth_hz = 41700; /* 128 / 41700 s = 3069544.36 ns */
    cr_expect_eq(lora_symbol_ns(&m), 3069544);
    cr_expect_eq(lora_quarter_symbols_ns(&m, 1), 767386);
    m = uplink(12);
    m.preamble_symbols = UINT16_MAX; /* no overflow: 65539.25 symbols and the header block */
    cr_expect_eq(lora_time_on_air_ns(&m, 0), 32768000 * INT64_C(65547) + 32768000 / 4);
}

Test(lora, low_data_rate_goes_with_symbols_longer_than_16_ms)
{
    for (uint8_t sf = 6; sf <= 12; sf++) {
        cr_expect_eq(lora_needs_low_data_rate(sf, 125000), sf >= 11);
        cr_expect_eq(lora_needs_low_data_rate(sf, 250000), sf == 12);
        cr_expect_not(lora_needs_low_data_rate(sf, 500000));
    }
}

Test(frame, every_cause_has_its_name)
{
    cr_expect_str_eq(loss_cause_name(LOSS_GATEWAY_SKIPPED), "gateway_skipped");
    cr_expect_str_eq(loss_cause_name(LOSS_FADING), "fading");
    cr_expect_str_eq(loss_cause_name(LOSS_NONE), "received");
    for (int i = 0; i < LOSS_CAUSE_COUNT; i++) {
        cr_expect_not_null(loss_cause_name((enum loss_cause)i));
    }
}
