/* The adversaries of a run: when they act, what they hear, how they send.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "adversary/adversary_internal.h"

#define HEARS_MDBM (-120000)

static const struct adversary_ops *const kinds[ADVERSARY_KIND_COUNT] = {
    [ADVERSARY_INJECT] = &adversary_inject,
    [ADVERSARY_COLLIDE] = &adversary_collide,
    [ADVERSARY_COUNTER_JUMP] = &adversary_counter_jump,
    [ADVERSARY_STATUS_STORM] = &adversary_status_storm,
    [ADVERSARY_REPLAY_SET_UP] = &adversary_replay_set_up,
    [ADVERSARY_REPLAY_UPLINKS] = &adversary_replay_uplinks,
    [ADVERSARY_REWRITE_NOR] = &adversary_rewrite_nor,
    [ADVERSARY_REACTIVE_JAMMER] = &adversary_reactive_jammer,
};

static bool acts(const struct adversary *self, sim_ns now_ns)
{
    return now_ns >= self->params.from_ns && now_ns < self->params.until_ns;
}

bool adversary_takes_turn(struct adversary *self, sim_ns now_ns)
{
    if (now_ns < self->free_at_ns) {
        return false;
    }
    self->free_at_ns = now_ns + self->params.every_ns;
    self->acted++;
    return true;
}

/* --- air -------------------------------------------------------------------------------------- */

static void detected(void *ear, const struct frame *frame, sim_ns now_ns)
{
    struct adversary *self = ear;
    const struct adversary_ops *ops = kinds[self->params.kind];
    if (ops->detected != NULL && frame->sender != self->entity && acts(self, now_ns)) {
        ops->detected(self, frame, now_ns);
    }
}

static void ended(void *ear, const struct frame *frame, sim_ns now_ns)
{
    struct adversary *self = ear;
    const struct adversary_ops *ops = kinds[self->params.kind];
    if (ops->heard != NULL && frame->sender != self->entity && acts(self, now_ns)) {
        ops->heard(self, frame, now_ns);
    }
}

static const struct medium_ear_ops ear_ops = { .detected = detected, .ended = ended };

void adversary_send(struct adversary *self, sim_ns at_ns, const struct lora_modulation *modulation,
        const uint8_t *bytes, size_t size)
{
    assert(size <= LORA_FRAME_SIZE_MAX);
    struct adversary_fleet *fleet = self->fleet;
    uint32_t slot = 0;
    while (slot < ADVERSARY_WAITING_MAX && self->waiting[slot].used) {
        slot++;
    }
    if (slot == ADVERSARY_WAITING_MAX) {
        fleet->stats.without_room++;
        return;
    }
    struct waiting_frame *waiting = &self->waiting[slot];
    waiting->used = true;
    waiting->size = (uint16_t)size;
    waiting->modulation = *modulation;
    memcpy(waiting->bytes, bytes, size);
    engine_schedule(fleet->around.engine, at_ns, SIM_PHASE_NODE, self->entity, fleet->send_handler,
            (uint64_t)self->index << 32 | slot);
}

static void send_now(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    struct adversary_fleet *fleet = context;
    struct adversary *self = &fleet->items[argument >> 32];
    struct waiting_frame *waiting = &self->waiting[(uint32_t)argument];
    medium_transmit_device(fleet->around.medium, self->station, now_ns, &waiting->modulation,
            self->params.power_mdbm, waiting->bytes, waiting->size);
    waiting->used = false;
    fleet->stats.forged++;
}

/* --- by the clock ----------------------------------------------------------------------------- */

static void act(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct adversary_fleet *fleet = context;
    struct adversary *self = &fleet->items[argument];
    if (!acts(self, now_ns)) {
        return;
    }
    const struct adversary_ops *ops = kinds[self->params.kind];
    sim_ns every_ns = ops->act_every_ns > 0 ? ops->act_every_ns : self->params.every_ns;
    self->acted++;
    ops->act(self, now_ns);
    if (every_ns > 0) {
        engine_schedule(fleet->around.engine, now_ns + every_ns, SIM_PHASE_NODE, entity,
                fleet->act_handler, argument);
    }
}

/* --- all -------------------------------------------------------------------------------------- */

struct adversary_fleet *adversaries_create(const struct adversary_surroundings *surroundings,
        const struct adversary_params *params, uint32_t count, entity_id first_entity,
        uint32_t first_station)
{
    assert(count > 0 && count <= ADVERSARIES_MAX);
    struct adversary_fleet *fleet = calloc(1, sizeof *fleet + count * sizeof fleet->items[0]);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->around = *surroundings;
    fleet->count = count;
    fleet->send_handler = engine_handler_add(fleet->around.engine, send_now, fleet);
    fleet->act_handler = engine_handler_add(fleet->around.engine, act, fleet);
    adversary_jammer_handlers(fleet);
    for (uint32_t i = 0; i < count; i++) {
        struct adversary *self = &fleet->items[i];
        self->fleet = fleet;
        self->params = params[i];
        self->index = i;
        self->entity = first_entity + i;
        self->station = first_station + i;
        medium_ear_add(fleet->around.medium, params[i].hears_at, HEARS_MDBM, &ear_ops, self);
        if (kinds[params[i].kind]->act != NULL) {
            engine_schedule(fleet->around.engine, params[i].from_ns, SIM_PHASE_NODE, self->entity,
                    fleet->act_handler, i);
        }
    }
    return fleet;
}

void adversaries_destroy(struct adversary_fleet *fleet)
{
    for (uint32_t i = 0; fleet != NULL && i < fleet->count; i++) {
        free(fleet->items[i].crafted.block);
    }
    free(fleet);
}

void adversaries_stats(const struct adversary_fleet *fleet, struct adversary_stats *stats)
{
    *stats = fleet->stats;
}
