/* From a whole block to the restart that installs it.
 * SPDX-License-Identifier: MIT
 *
 * A block passes the states of enum fw_install in their order. One that fails in any of them
 * leaves the image that runs as it is, and the report says why (report.update_status).
 */
#ifndef DEVICE_FW_INSTALL_H
#define DEVICE_FW_INSTALL_H

#include <stdbool.h>
#include <stdint.h>

struct fw;

enum fw_install {
    FW_INSTALL_NONE,      /* waits for a block */
    FW_INSTALL_VERIFYING, /* header, digest, signature */
    FW_INSTALL_PROVING,   /* the server is asked whether it sent this block */
    FW_INSTALL_FILLING,   /* the slot for new images is filled and verified (slot_fill.h) */
    FW_INSTALL_COMMITTED, /* restarts as soon as nothing is lost by it, or when the server says so
                           */
    FW_INSTALL_COUNT
};

/* At boot: tells the session and the reports how the last commit ended, and the reports what
 * runs. */
void fw_install_init(struct fw *fw);

/* Before a report: while a new block is under way, what became of the one before it is no news. */
void fw_install_forget_old(struct fw *fw);

void fw_install_on_flash_done(struct fw *fw);

/* One bounded piece of the state's work. True: more of it is ready now. */
bool fw_install_step(struct fw *fw);

/* RTC time of the restart that installs, HAL_TICKS_NEVER: none; never in the middle of a session
 * or an exchange. */
uint64_t fw_install_restart_at(const struct fw *fw, uint64_t now_ticks);

/* Such a restart comes as soon as it can: until then the device says nothing of its own accord. */
bool fw_install_restart_is_near(const struct fw *fw);

/* The same of a restart that the server planned by TS006, with an image or without: at its time,
 * unless an exchange is under way. */
uint64_t fw_install_ordered_at(const struct fw *fw, uint64_t now_ticks);

#endif
