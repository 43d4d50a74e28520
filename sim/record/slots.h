/* What has become of a new image on each device.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_SLOTS_H
#define RECORD_SLOTS_H

#include "record/recorder_set.h"

/* "empty", "downloading" and so on (enum slot_state, device/update/boot_state.h), by the events of
 * its firmware; "empty" of one that states none. */
const char *slots_state_name(const struct recorder_set *set, uint32_t device);

#endif
