/* Waits for a flash that runs an operation, without interrupts.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_FLASH_WAIT_H
#define DEVICE_UPDATE_FLASH_WAIT_H

#include "hal.h"

/* False: it is busy for longer than any operation lasts. */
bool flash_wait(const struct hal *hal, enum hal_flash_region region);

#endif
