/* A new image tests itself: it confirms itself, or has the old image put back (update/trial.h).
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_FW_TRIAL_H
#define DEVICE_FW_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

struct fw;
struct boot_state;

/* Of an image in testing (fw.in_trial); else undefined. */
struct fw_trial {
    uint64_t confirm_ticks; /* not before */
    uint64_t end_ticks;     /* of the trial; of an image that was given up, when the saved one is
                             * read again; HAL_TICKS_NEVER: there is no image to go back to */
    uint64_t ask_ticks;     /* when the network is asked again */
};

/* At boot. */
void fw_trial_init(struct fw *fw, const struct boot_state *state);

/* When fw_trial_step() has something to do, in RTC time. */
uint64_t fw_trial_step_at(const struct fw *fw);
/* Confirms the image, or gives it up; one that is given up and runs, as the saved image could not
 * be read, restarts now and then. True: restart, for the bootloader to put the old one back. */
bool fw_trial_step(struct fw *fw, uint64_t now_ticks);

/* When an uplink shall leave only to be answered; HAL_TICKS_NEVER: none. */
uint64_t fw_trial_ask_at(const struct fw *fw);
/* Before each uplink: as long as no answer came, each asks for one. */
void fw_trial_ask(struct fw *fw, uint64_t now_ticks);

#endif
