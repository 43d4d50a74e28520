/* A run that drops a frame with an old counter, told without the hardware.
 * SPDX-License-Identifier: MIT
 *
 * Where gateways send the same fragments in turns, most frames that a device receives are copies
 * of what it has. A simulated board plays those by this function.
 */
#ifndef DEVICE_FW_DROP_H
#define DEVICE_FW_DROP_H

#include "fw.h"

/* fw_ops.drop() (fw.h). */
bool fw_drop(void *ram, const struct fw_waiting_frame *frame, struct fw_drop *drop);

#endif
