/* A device's identity and keys, as factory and join server both know them.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_IDENTITY_H
#define BOARD_IDENTITY_H

#include <stdint.h>

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

#endif
