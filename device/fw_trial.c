/* The trial of a new image, as the main loop drives it.
 * SPDX-License-Identifier: MIT
 */
#include "fw_trial.h"

#include "fw_state.h"
#include "mac/mac.h"
#include "trace.h"
#include "update/trial.h"

/* Parts of the trial time: how long the image must have run, how often it asks, and when one that
 * was given up restarts, as the saved image may read well by then. */
#define CONFIRM_PART 12u
#define ASK_PART     16u
#define REVERT_PART  8u
_Static_assert(REVERT_PART < CONFIRM_PART, "an image that works is confirmed before");
/* An image that fails may have a radio that is never idle. */
#define RESTART_LATE_TICKS (600u * HAL_RTC_HZ)

static uint64_t part_ticks(const struct fw *fw, uint32_t part)
{
    DEVICE_ASSERT(&fw->core.hal, part > 0);
    return trial_limit_s(&fw->core.factory) / part * (uint64_t)HAL_RTC_HZ;
}

void fw_trial_init(struct fw *fw, const struct boot_state *state)
{
    const struct hal *hal = &fw->core.hal;
    uint64_t now_ticks = hal_rtc_now(hal);
    uint32_t limit_s = trial_limit_s(&fw->core.factory);
    fw->in_trial = state->slot == SLOT_TESTING || state->slot == SLOT_REVERTING;
    if (!fw->in_trial) {
        return;
    }
    fw->trial.confirm_ticks = now_ticks + part_ticks(fw, CONFIRM_PART);
    fw->trial.ask_ticks = now_ticks + part_ticks(fw, ASK_PART);
    fw->trial.end_ticks = HAL_TICKS_NEVER;
    if (state->slot == SLOT_TESTING) {
        uint32_t left_s = limit_s > state->tested_s ? limit_s - state->tested_s : 0;
        fw->trial.end_ticks = now_ticks + left_s * (uint64_t)HAL_RTC_HZ;
        hal_trace(hal, FW_TRACE_TRIAL_RUNS, fw->report.running.version, left_s);
    } else if (state->old_saved) {
        fw->trial.end_ticks = now_ticks + part_ticks(fw, REVERT_PART);
    }
}

/* Off-times of the duty cycle end first, as before each planned restart. */
static uint64_t give_up_at(const struct fw *fw)
{
    uint64_t end_ticks = fw->trial.end_ticks;
    if (end_ticks == HAL_TICKS_NEVER) {
        return HAL_TICKS_NEVER;
    }
    uint64_t idle_ticks = mac_idle_at(&fw->core);
    uint64_t late_ticks = end_ticks + RESTART_LATE_TICKS;
    uint64_t at_ticks = idle_ticks < late_ticks ? idle_ticks : late_ticks;
    return at_ticks > end_ticks ? at_ticks : end_ticks;
}

static enum trial_contact contact_of(const struct fw *fw)
{
    enum mac_contact contact = mac_contact(&fw->core);
    return contact == MAC_CONTACT_NONE   ? TRIAL_CONTACT_NONE
           : contact == MAC_CONTACT_SENT ? TRIAL_CONTACT_SENT
                                         : TRIAL_CONTACT_HEARD;
}

static bool is_answered(const struct fw *fw)
{
    return mac_contact(&fw->core) == MAC_CONTACT_ANSWERED;
}

static uint64_t confirm_at(const struct fw *fw)
{
    return is_answered(fw) ? fw->trial.confirm_ticks : HAL_TICKS_NEVER;
}

uint64_t fw_trial_step_at(const struct fw *fw)
{
    if (!fw->in_trial) {
        return HAL_TICKS_NEVER;
    }
    uint64_t confirm_ticks = confirm_at(fw);
    uint64_t give_up_ticks = give_up_at(fw);
    return confirm_ticks < give_up_ticks ? confirm_ticks : give_up_ticks;
}

bool fw_trial_step(struct fw *fw, uint64_t now_ticks)
{
    struct boot_state state;
    DEVICE_ASSERT(&fw->core.hal, fw_trial_step_at(fw) <= now_ticks);
    bool confirmed = confirm_at(fw) <= now_ticks;
    fw->in_trial = false;
    boot_state_read(&fw->core.nvm, &state);
    if (confirmed && (state.slot == SLOT_TESTING || state.slot == SLOT_REVERTING)) {
        trial_confirm(&fw->core.hal, &state);
    } else if (!confirmed && state.slot == SLOT_TESTING && state.old_saved) {
        (void)trial_note_contact(&state, contact_of(fw));
        trial_revert(&fw->core.hal, &state, trial_end_of_time(&state));
    } else if (!confirmed && state.slot == SLOT_REVERTING && state.old_saved) {
        return true; /* the bootloader tries again */
    } else {
        return false; /* the record says something else by now */
    }
    boot_state_write(&fw->core.nvm, &state);
    return !confirmed;
}

uint64_t fw_trial_ask_at(const struct fw *fw)
{
    return fw->in_trial && !is_answered(fw) ? fw->trial.ask_ticks : HAL_TICKS_NEVER;
}

/* So that a reset does not lose it: twice in a trial at most. */
static void save_contact(struct fw *fw)
{
    struct boot_state state;
    boot_state_read(&fw->core.nvm, &state);
    if (trial_note_contact(&state, contact_of(fw))) {
        boot_state_write(&fw->core.nvm, &state);
    }
}

void fw_trial_ask(struct fw *fw, uint64_t now_ticks)
{
    if (fw->in_trial && !is_answered(fw)) {
        save_contact(fw);
        mac_request_link_check(&fw->core);
        fw->trial.ask_ticks = now_ticks + part_ticks(fw, ASK_PART);
    }
}
