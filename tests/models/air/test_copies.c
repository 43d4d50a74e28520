/* Equal copies of one downlink from several gateways: they interfere, or are one signal.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: capture threshold and sums of powers worked out in the test. That copies destroy each
 * other: AWS IoT Wireless developer guide, "Choosing gateways to receive the multicast"; that LoRa
 * receivers bear them: Liao et al., IEEE Access 5, 2017.
 */
#include <math.h>

#include "medium_fixture.h"

#define QUARTER_NS (SYMBOL_NS / 4)

static const uint8_t content[20] = { 0x60, 1, 2, 3 };
static const uint8_t other_content[20] = { 0x60, 1, 2, 4 };

static struct air_world *two_gateways(enum equal_copies copies)
{
    struct air_world *world = air_world_create_with(FADING_NONE, copies);
    fixture_listen(world, 0, 0);
    return world;
}

static const struct frame *send_content(
        struct air_world *world, uint32_t gateway, sim_ns at_ns, const uint8_t *bytes)
{
    struct lora_modulation m = fixture_downlink();
    return medium_transmit_gateway(world->medium, gateway, at_ns, &m, 14000, bytes, 20);
}

/* Two frames of equal power, the second one `apart_ns` later. True: the first is received. */
static bool first_is_received(enum equal_copies copies, sim_ns apart_ns, const uint8_t *second)
{
    struct air_world *world = two_gateways(copies);
    const struct frame *frame = send_content(world, 0, 0, content);
    send_content(world, 1, apart_ns, second);
    engine_run(world->engine, SIM_NS_PER_S);
    const struct heard_record *end = fixture_find(world, HEARD_ENDED, 0, frame->id);
    bool received = end != NULL && end->cause == LOSS_NONE;
    air_world_destroy(world);
    return received;
}

Test(copies, equal_ones_interfere_unless_a_scenario_says_otherwise)
{
    cr_expect_not(first_is_received(EQUAL_COPIES_INTERFERE, 0, content));
    cr_expect(first_is_received(EQUAL_COPIES_COMBINE, 0, content));
}

Test(copies, combine_within_a_quarter_of_a_symbol)
{
    cr_expect(first_is_received(EQUAL_COPIES_COMBINE, QUARTER_NS, content));
    cr_expect_not(first_is_received(EQUAL_COPIES_COMBINE, QUARTER_NS + 1, content));
    cr_expect_not(first_is_received(EQUAL_COPIES_COMBINE, 0, other_content), "not a copy");
}

/* Powers of two copies that arrive alike add up: 3.01 dB, and 0.46 dB of one 9.54 dB weaker. */
Test(copies, have_the_sum_of_their_powers)
{
    struct air_world *world = two_gateways(EQUAL_COPIES_COMBINE);
    int32_t power_mdbm = 14000 + medium_link_gain_mdb(world->medium, 0, 0);
    const struct frame *frame = send_content(world, 0, 0, content);
    send_content(world, 1, 0, content);
    engine_run(world->engine, SIM_NS_PER_S);
    const struct heard_record *end = fixture_find(world, HEARD_ENDED, 0, frame->id);
    cr_assert_not_null(end);
    cr_expect_float_eq(end->rssi_mdbm, power_mdbm + 3010, 1);
    air_world_destroy(world);
}

/* 1 dB below what is detected each; together 2 dB above. Rows of the sensitivity as thresholds. */
Test(copies, are_heard_where_none_alone_is)
{
    for (int both = 0; both <= 1; both++) {
        struct air_world *world = two_gateways(EQUAL_COPIES_COMBINE);
        struct lora_modulation m = fixture_downlink();
        struct reception_params params = {
            .capture_db = 6, .device_noise_figure_db = 6, .gateway_noise_figure_db = 6
        };
        struct judge_tables *tables = judge_tables_create(&params);
        struct frame probe = { .modulation = m, .size = 20 };
        struct judge_frame judged;
        judge_frame_init(&judged, tables, 1, RECEIVER_SX1276, &probe);
        int32_t eirp_mdbm = judged.detect_mdbm - 1000 - medium_link_gain_mdb(world->medium, 0, 0);
        medium_transmit_gateway(world->medium, 0, 0, &m, eirp_mdbm, content, 20);
        if (both == 1) {
            medium_transmit_gateway(world->medium, 1, 0, &m, eirp_mdbm, content, 20);
        }
        engine_run(world->engine, SIM_NS_PER_S);
        unsigned detected = 0;
        for (uint32_t i = 0; i < world->log_count; i++) {
            detected += world->log[i].what == HEARD_DETECTED;
        }
        cr_expect_eq(detected, (unsigned)both);
        judge_tables_destroy(tables);
        air_world_destroy(world);
    }
}

/* Against a frame 5 dB weaker than each of them: 6 dB of capture need the sum. */
Test(copies, together_survive_what_one_of_them_would_not)
{
    for (int count = 1; count <= 2; count++) {
        struct air_world *world = two_gateways(EQUAL_COPIES_COMBINE);
        int32_t to_gateway_mdb = medium_link_gain_mdb(world->medium, 0, 0)
                                 - medium_link_gain_mdb(world->medium, 2, 0);
        struct lora_modulation m = fixture_downlink();
        const struct frame *frame = send_content(world, 0, 0, content);
        if (count == 2) {
            send_content(world, 1, 0, content);
        }
        /* 5 dB below one copy, 8 dB below two */
        medium_transmit_gateway(world->medium, 2, 20 * SYMBOL_NS, &m, 14000 - 5000 + to_gateway_mdb,
                other_content, 20);
        engine_run(world->engine, SIM_NS_PER_S);
        const struct heard_record *end = fixture_find(world, HEARD_ENDED, 0, frame->id);
        cr_assert_not_null(end);
        cr_expect_eq(end->cause, count == 2 ? LOSS_NONE : LOSS_INTERFERENCE);
        air_world_destroy(world);
    }
}
