/* Jammers: interferers that are turned on and off in the middle of a run.
 * SPDX-License-Identifier: MIT
 *
 * Nothing knows of a jammer before it starts, nor of its end before it stops, so a jammer that a
 * caller turns on and one that a scenario lists make the same run. A frame whose preamble has been
 * found is judged by the jammers that are on from then on.
 */
#include <assert.h>
#include <stdlib.h>

#include "air/medium_internal.h"

/* Far below any receiver's noise. */
#define OUT_OF_REACH_MDBM (-1000000)

/* Index of the first interferer that is a jammer. */
static uint32_t first_jammer(const struct medium *medium)
{
    return medium->params.interferer_count - medium->jammer_count;
}

/* The jammer of that number which is on; NULL: none. */
static struct interferer *jammer_on(const struct medium *medium, uint32_t number)
{
    for (uint32_t i = 0; i < medium->jammer_count; i++) {
        struct interferer *jammer = &medium->interferers[first_jammer(medium) + i];
        if (medium->jammer_numbers[i] == number && jammer->until_ns == SIM_NS_NEVER) {
            return jammer;
        }
    }
    return NULL;
}

/* Room for one interferer more: the rows of their powers become one longer. */
static void make_room(struct medium *medium)
{
    uint32_t count = medium->params.interferer_count, more = count + 1;
    size_t receivers = (size_t)medium->device_count + medium->gateway_count;
    struct run_memory *memory = engine_memory(medium->engine);
    int32_t *power_mdbm = run_memory_grow(memory, NULL, receivers * more * sizeof *power_mdbm);
    for (size_t r = 0; r < receivers; r++) {
        for (uint32_t i = 0; i < count; i++) {
            power_mdbm[r * more + i] = medium->interferer_mdbm[r * count + i];
        }
    }
    free(medium->interferer_mdbm);
    medium->interferer_mdbm = power_mdbm;
    medium->interferers =
            run_memory_grow(memory, medium->interferers, more * sizeof *medium->interferers);
    medium->bursts = run_memory_grow(memory, medium->bursts, more * sizeof *medium->bursts);
    medium->bursts_in_band_mdb = run_memory_grow(
            memory, medium->bursts_in_band_mdb, more * sizeof *medium->bursts_in_band_mdb);
    medium->jammer_numbers = run_memory_grow(
            memory, medium->jammer_numbers, (medium->jammer_count + 1) * sizeof(uint32_t));
    medium->params.interferer_count = more;
    medium->jammer_count++;
}

/* A place for a jammer: that of one that no frame on the air remembers, or one more. */
static uint32_t take_place(struct medium *medium)
{
    sim_ns now_ns = engine_now(medium->engine);
    for (uint32_t i = first_jammer(medium); i < medium->params.interferer_count; i++) {
        sim_ns until_ns = medium->interferers[i].until_ns;
        if (until_ns != SIM_NS_NEVER && until_ns < now_ns - 2 * medium->longest_ns) {
            return i;
        }
    }
    make_room(medium);
    return medium->params.interferer_count - 1;
}

static int32_t power_at(
        const struct medium *medium, const struct medium_jammer *jammer, uint32_t receiver)
{
    if (jammer->reaches != NULL && !jammer->reaches[receiver]) {
        return OUT_OF_REACH_MDBM;
    }
    if (jammer->received) {
        return jammer->received_mdbm;
    }
    if (receiver < medium->device_count) {
        return medium_interferer_mdbm(medium, &jammer->emitter, &medium->device_sites[receiver]);
    }
    const struct gateway_state *gateway = &medium->gateways[receiver - medium->device_count];
    const struct medium_site site = {
        .x_m = gateway->x_m,
        .y_m = gateway->y_m,
        .height_m = gateway->height_m,
        .antenna_gain_mdb = gateway->antenna_gain_mdb,
    };
    return medium_interferer_mdbm(medium, &jammer->emitter, &site);
}

void medium_jammer_start(struct medium *medium, uint32_t number, const struct medium_jammer *jammer)
{
    if (jammer_on(medium, number) != NULL) {
        return;
    }
    uint32_t place = take_place(medium);
    struct interferer_params params = jammer->emitter;
    params.statistics = INTERFERER_CONTINUOUS;
    interferer_init(&medium->interferers[place], &params, medium->seed, place);
    medium->interferers[place].from_ns = engine_now(medium->engine);
    medium->jammer_numbers[place - first_jammer(medium)] = number;
    uint32_t count = medium->params.interferer_count;
    uint32_t receivers = medium->device_count + medium->gateway_count;
    for (uint32_t r = 0; r < receivers; r++) {
        medium->interferer_mdbm[(size_t)r * count + place] = power_at(medium, jammer, r);
    }
}

void medium_jammer_stop(struct medium *medium, uint32_t number)
{
    struct interferer *jammer = jammer_on(medium, number);
    if (jammer != NULL) {
        jammer->until_ns = engine_now(medium->engine);
    }
}
