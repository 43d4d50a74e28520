/* The time in which a new image has to prove itself.
 * SPDX-License-Identifier: MIT
 *
 * It confirms itself when the network has answered it (a join-accept, or a downlink of its session
 * with a good MIC) and it has run since its start for the twelfth part of the trial time without a
 * reset. It is reverted when the trial time is over by the RTC, after TRIAL_CRASHES_MAX resets by
 * the watchdog, or after TRIAL_STARTS_MAX of any kind: the RTC forgets its count with the power.
 */
#ifndef DEVICE_UPDATE_TRIAL_H
#define DEVICE_UPDATE_TRIAL_H

#include "update/boot_state.h"
#include "update/factory.h"

#define TRIAL_HOURS_DEFAULT 24u
#define TRIAL_CRASHES_MAX   3u
#define TRIAL_STARTS_MAX    32u

/* Why an image is reverted, as the trace names it. */
enum trial_end {
    TRIAL_GOES_ON,
    TRIAL_UNANSWERED,   /* its time is over: frames came, but no answer that it took for one, or it
                         * never ran for long enough after that */
    TRIAL_CRASHED,      /* TRIAL_CRASHES_MAX */
    TRIAL_STARTED,      /* TRIAL_STARTS_MAX */
    TRIAL_NOT_COMPLETE, /* neither it nor its candidate is whole */
    TRIAL_MUTE,         /* its time is over, and no uplink has left */
    TRIAL_UNHEARD       /* its time is over: uplinks have left, and no frame of any network came */
};

/* How long an image may be in TESTING. */
uint32_t trial_limit_s(const struct factory *factory);

/* An image was installed: TESTING begins. */
void trial_begin(const struct hal *hal, struct boot_state *state);
/* What the image has seen since its start. True: more than the boot state says so far. */
bool trial_note_contact(struct boot_state *state, enum trial_contact contact);
/* Why an image is reverted whose time is over. */
enum trial_end trial_end_of_time(const struct boot_state *state);
/* A start in TESTING. */
enum trial_end trial_note_start(const struct hal *hal, const struct factory *factory,
        enum hal_reset_cause cause, struct boot_state *state);

/* The end of TESTING: the image stays, and no older one is accepted any more. */
void trial_confirm(const struct hal *hal, struct boot_state *state);
/* The end of TESTING: the saved image is to be put back by the bootloader. Its version is refused
 * from then on, unless nothing but the lack of a network speaks against it (UNHEARD). */
void trial_revert(const struct hal *hal, struct boot_state *state, enum trial_end why);

#endif
