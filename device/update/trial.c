/* TESTING, as the boot state has it.
 * SPDX-License-Identifier: MIT
 */
#include "update/trial.h"

#include "trace.h"
#include "update/update.h"

static uint32_t rtc_s(const struct hal *hal)
{
    return (uint32_t)(hal_rtc_now(hal) / HAL_RTC_HZ);
}

static uint32_t running_version(const struct hal *hal)
{
    struct image_info running;
    return update_running_image(hal, &running) ? running.version : 0;
}

uint32_t trial_limit_s(const struct factory *factory)
{
    return (factory->trial_hours != 0 ? factory->trial_hours : TRIAL_HOURS_DEFAULT) * 3600u;
}

void trial_begin(const struct hal *hal, struct boot_state *state)
{
    DEVICE_ASSERT(hal, state->old_saved);
    state->slot = SLOT_TESTING;
    state->crashes = 0;
    state->starts = 0;
    state->contact = TRIAL_CONTACT_NONE;
    state->tested_s = 0;
    state->started_s = rtc_s(hal);
}

bool trial_note_contact(struct boot_state *state, enum trial_contact contact)
{
    bool more = state->slot == SLOT_TESTING && contact > state->contact;
    state->contact = more ? (uint8_t)contact : state->contact;
    return more;
}

enum trial_end trial_end_of_time(const struct boot_state *state)
{
    switch (state->contact) {
    case TRIAL_CONTACT_NONE:
        return TRIAL_MUTE;
    case TRIAL_CONTACT_SENT:
        return TRIAL_UNHEARD;
    default:
        return TRIAL_UNANSWERED;
    }
}

enum trial_end trial_note_start(const struct hal *hal, const struct factory *factory,
        enum hal_reset_cause cause, struct boot_state *state)
{
    uint32_t now_s = rtc_s(hal);
    DEVICE_ASSERT(hal, state->slot == SLOT_TESTING);
    /* Less than before: the power was off, and what passed until then is not known. */
    state->tested_s += now_s > state->started_s ? now_s - state->started_s : 0;
    state->started_s = now_s;
    state->starts = (uint8_t)(state->starts + (state->starts < UINT8_MAX));
    if (cause == HAL_RESET_WATCHDOG) {
        state->crashes = (uint8_t)(state->crashes + (state->crashes < UINT8_MAX));
    }
    return state->crashes >= TRIAL_CRASHES_MAX         ? TRIAL_CRASHED
           : state->tested_s >= trial_limit_s(factory) ? trial_end_of_time(state)
           : state->starts >= TRIAL_STARTS_MAX         ? TRIAL_STARTED
                                                       : TRIAL_GOES_ON;
}

void trial_confirm(const struct hal *hal, struct boot_state *state)
{
    uint32_t version = running_version(hal);
    DEVICE_ASSERT(hal, state->slot == SLOT_TESTING || state->slot == SLOT_REVERTING);
    state->slot = SLOT_CONFIRMED;
    state->old_saved = false;
    state->version_floor = version > state->version_floor ? version : state->version_floor;
    hal_trace(hal, FW_TRACE_IMAGE_CONFIRMED, version, state->starts);
}

void trial_revert(const struct hal *hal, struct boot_state *state, enum trial_end why)
{
    uint32_t version = running_version(hal);
    DEVICE_ASSERT(hal, state->slot == SLOT_TESTING && state->old_saved);
    DEVICE_ASSERT(hal, why != TRIAL_GOES_ON);
    state->slot = SLOT_REVERTING;
    state->result = BOOT_RESULT_REVERTED;
    state->trial_end = (uint8_t)why;
    if (why != TRIAL_UNHEARD && version > state->reverted_version) {
        state->reverted_version = version;
    }
    hal_trace(hal, FW_TRACE_IMAGE_GIVEN_UP, version, why);
}
