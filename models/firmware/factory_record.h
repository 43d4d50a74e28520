/* The factory record of the built-in firmware.
 * SPDX-License-Identifier: MIT
 */
#ifndef FIRMWARE_FACTORY_RECORD_H
#define FIRMWARE_FACTORY_RECORD_H

#include "identity/identity.h"
#include "update/factory.h"

/* What the factory writes at FLASH_FACTORY_ADDRESS (device/update/factory.h). */
void factory_record_write(const struct device_identity *identity,
        const struct device_configuration *configuration, uint8_t record[FACTORY_RECORD_SIZE]);

#endif
