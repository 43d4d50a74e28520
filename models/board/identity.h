/* A device's identity and keys, as factory and join server both know them.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_IDENTITY_H
#define BOARD_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "update/factory.h"

struct device_identity {
    uint64_t dev_eui; /* as a number; on air least significant byte first */
    uint64_t join_eui;
    uint8_t app_key[16];
    uint8_t gen_app_key[16];
    uint8_t image_public_key[32];
    uint8_t image_encryption_key[16];
    uint32_t hardware_id;
};

/* Identity of device `index` of a run: keys drawn from (seed, RANDOM_KEYS), EUIs counted. Image
 * keys and hardware id are left 0. */
void device_identity_draw(struct device_identity *identity, uint64_t seed, uint32_t index);

/* How the factory configures the firmware. 0 leaves the choice to the firmware. */
struct device_configuration {
    uint32_t report_period_s;
    uint8_t report_size; /* application bytes */
    bool report_random_phase;
    uint8_t fragmentation_version; /* of TS004: 1 or 2 */
};

/* What the factory writes at FLASH_FACTORY_ADDRESS (device/update/factory.h). */
void device_identity_factory_record(const struct device_identity *identity,
        const struct device_configuration *configuration, uint8_t record[FACTORY_RECORD_SIZE]);

#endif
