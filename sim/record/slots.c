/* The state of each device's new image, by what its firmware traces: from the first fragments to
 * the end of the trial.
 * SPDX-License-Identifier: MIT
 */
#include "record/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "record/measure.h"
#include "update/update.h"

struct slots {
    entity_id first_device;
    uint32_t device_count;
    uint8_t states[]; /* enum slot_state */
};

static const char *const names[SLOT_STATE_COUNT] = { "empty", "downloading", "complete", "verified",
    "installing", "testing", "confirmed", "reverting", "rejected" };

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct slots *slots = calloc(1, sizeof *slots + view->device_count);
    if (slots != NULL) {
        slots->first_device = view->first_device;
        slots->device_count = view->device_count;
    }
    return slots;
}

static enum slot_state next_state(enum slot_state state, const struct observation *o)
{
    switch (o->a) {
    case FW_TRACE_FRAG_SET_UP:
        return SLOT_DOWNLOADING;
    case FW_TRACE_FRAG_COMPLETE:
        return SLOT_COMPLETE;
    case FW_TRACE_IMAGE_VERIFIED:
        return o->b == UPDATE_VALID ? SLOT_VERIFIED : SLOT_REJECTED;
    case FW_TRACE_INSTALL_STARTED:
        return state == SLOT_VERIFIED ? SLOT_INSTALLING : state; /* else it is a repair */
    case FW_TRACE_INSTALLED:
        return state == SLOT_INSTALLING ? SLOT_TESTING : state;
    case FW_TRACE_IMAGE_CONFIRMED:
        return SLOT_CONFIRMED;
    case FW_TRACE_IMAGE_GIVEN_UP:
    case FW_TRACE_REVERT_STARTED:
        return SLOT_REVERTING;
    case FW_TRACE_REVERTED:
        return SLOT_REJECTED;
    default:
        return state;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct slots *slots = state;
    assert(o->entity - slots->first_device < slots->device_count);
    uint8_t *slot = &slots->states[o->entity - slots->first_device];
    *slot = (uint8_t)next_state((enum slot_state) * slot, o);
}

const char *slots_state_name(const struct recorder_set *set, uint32_t device)
{
    const struct slots *slots = recorder_set_state(set, RECORDER_SLOTS);
    assert(device < slots->device_count && slots->states[device] < SLOT_STATE_COUNT);
    return names[slots->states[device]];
}

static void measure_slots(const void *state, struct measure *m)
{
    const struct slots *slots = state;
    uint64_t counts[SLOT_STATE_COUNT] = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        counts[slots->states[i]]++;
    }
    for (unsigned i = 0; i < SLOT_STATE_COUNT; i++) {
        measure_count(m, "slots.", names[i], counts[i]);
    }
}

const struct recorder_ops slots_recorder = {
    .name = "slots",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_FIRMWARE),
    .traces = RECORDER_TRACE(FRAG_SET_UP) | RECORDER_TRACE(FRAG_COMPLETE)
              | RECORDER_TRACE(IMAGE_VERIFIED) | RECORDER_TRACE(INSTALL_STARTED)
              | RECORDER_TRACE(INSTALLED) | RECORDER_TRACE(IMAGE_CONFIRMED)
              | RECORDER_TRACE(IMAGE_GIVEN_UP) | RECORDER_TRACE(REVERT_STARTED)
              | RECORDER_TRACE(REVERTED),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_slots,
};
