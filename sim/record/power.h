/* Supply of the devices.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_POWER_H
#define RECORD_POWER_H

#include "record/recorder_set.h"

/* Times that a device started after its battery's voltage had fallen under load. */
uint32_t power_brown_outs(const struct recorder_set *set, uint32_t device);

#endif
