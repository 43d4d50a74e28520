/* Each gateway of a multicast group that can ask for its next frame has a timer to do so.
 * SPDX-License-Identifier: MIT
 *
 * A report arms the gateway that it is of, not all of a large city. A gateway that it should have
 * armed besides would stop. Method: gateways refuse frames at random, do not answer, and answer
 * again after an outage; after each 50 ms all of them are armed, which must change nothing.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/network/rig.h"
#include "network/multicast_internal.h"

#define MEMBERS 4u
#define SEEDS   12u
#define FRAMES  60u

static struct rig rig;
static uint32_t group_index;
static uint32_t draws;      /* state of the generator */
static uint32_t idle_count; /* streams that came to their end */
static sim_ns outage_begin_ns, outage_end_ns;

/* Numerical Recipes, 3rd ed., section 7.1: its 32-bit linear congruential generator. */
static uint32_t draw(uint32_t below)
{
    draws = draws * 1664525u + 1013904223u;
    return (draws >> 8) % below;
}

static enum gateway_tx_result refuse_at_random(
        void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)context;
    static const enum gateway_tx_result refusals[] = { GATEWAY_TX_NO_ANSWER, GATEWAY_TX_COLLISION,
        GATEWAY_TX_DUTY_CYCLE, GATEWAY_TX_TOO_LATE, GATEWAY_TX_FULL, GATEWAY_TX_POWER };
    if (now_ns >= outage_begin_ns && now_ns < outage_end_ns) {
        return GATEWAY_TX_NO_ANSWER;
    }
    if (draw(3) == 0) {
        return refusals[draw(sizeof refusals / sizeof refusals[0])];
    }
    return fake_gateways_queue(rig.gateways, gateway, tx, now_ns);
}

static void on_idle(void *context, uint32_t index, sim_ns now_ns)
{
    (void)context, (void)index, (void)now_ns;
    idle_count++;
}

static const struct network_application application = { .multicast_idle = on_idle };

/* Members that are heard best by gateways 0, 1 and 3. */
static void start(enum multicast_policy policy, uint32_t seed)
{
    const uint32_t best[MEMBERS] = { 0, 1, 3, 3 };
    rig_create(&rig, 0.8);
    network_set_application(rig.network, &application, NULL);
    struct network_group_params params = {
        .mc_addr = 0x27FF00AAu, .frequency_hz = 869525000u, .data_rate = 5, .policy = policy
    };
    group_index = network_group_create(rig.network, &params);
    cr_assert(ne(u32, group_index, UINT32_MAX));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        rig_join(&rig, i);
        rig_hear_best(&rig, i, best[i]);
        cr_assert(network_group_add(rig.network, group_index, i));
    }
    draws = seed;
    idle_count = 0;
    outage_begin_ns = engine_now(rig.engine) + (sim_ns)(20 + draw(100)) * SIM_NS_PER_S;
    outage_end_ns = outage_begin_ns + (sim_ns)draw(200) * SIM_NS_PER_S;
    rig.gateways->judge = refuse_at_random;
}

static void enqueue(uint32_t count)
{
    static const uint8_t payload[203] = { 0x08 };
    for (uint32_t i = 0; i < count; i++) {
        cr_assert(ne(u32,
                network_group_enqueue(rig.network, group_index, 201, payload, sizeof payload, 0),
                UINT32_MAX));
    }
}

/* To the end of the stream, or to `until_ns`; looks at all gateways each 50 ms. */
static void run_and_look(sim_ns until_ns)
{
    const struct group *group = group_at(rig.network, group_index);
    while (group->head != group->tail && engine_now(rig.engine) < until_ns) {
        rig_run_s(&rig, 0.05);
        for (uint32_t i = 0; i < group->gateway_count; i++) {
            bool pending = group->gateways[i].timer_pending;
            group_arm(rig.network, group_index, i);
            cr_assert(eq(int, pending, group->gateways[i].timer_pending),
                    "gateway %u was not armed", i);
        }
    }
}

static void check_policy(enum multicast_policy policy)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        start(policy, seed);
        enqueue(FRAMES);
        run_and_look(engine_now(rig.engine) + (sim_ns)(50 + draw(200)) * SIM_NS_PER_S);
        network_group_flush(rig.network, group_index);
        run_and_look(SIM_NS_NEVER);
        enqueue(FRAMES);
        run_and_look(engine_now(rig.engine) + 3 * 3600 * SIM_NS_PER_S);
        cr_assert(eq(u32, network_group_waiting(rig.network, group_index), 0), "seed %u", seed);
        cr_assert(ge(u32, idle_count, 1), "seed %u", seed);
        rig_destroy(&rig);
    }
}

Test(multicast_timers, are_pending_when_gateways_take_turns)
{
    check_policy(MULTICAST_STAGGERED);
}

Test(multicast_timers, are_pending_when_gateways_send_at_once)
{
    check_policy(MULTICAST_SIMULTANEOUS);
}

Test(multicast_timers, are_pending_when_one_gateway_sends)
{
    check_policy(MULTICAST_SINGLE);
}
