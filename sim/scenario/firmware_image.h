/* The code that a campaign sends: this tree's target link, a generated one, or a file.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_FIRMWARE_IMAGE_H
#define SCENARIO_FIRMWARE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/scenario.h"

/* True when the build had an Arm compiler, so "device" means the real link. */
bool firmware_image_is_target_link(void);

bool firmware_image_is_file(const struct scenario_firmware *firmware);
/* Bytes of code of an image, without reading a file; 0: `error` says why. */
uint32_t firmware_image_code_size(
        const struct scenario_firmware *firmware, char *error, size_t error_size);

/* Allocates the code bytes that a scenario or one of its campaigns names; the caller frees them.
 * `seed` is that of a generated image. NULL: `error` says why. */
uint8_t *firmware_image_load(const struct scenario_firmware *firmware, uint64_t seed,
        uint32_t *size, char *error, size_t error_size);

/* The same of a base in the words of firmware.base: `word` is that of the scenario, which devices
 * run at first, or of a campaign. */
uint8_t *firmware_base_load(const struct scenario *scenario, const char *word, uint32_t *size,
        char *error, size_t error_size);
/* What `auto` stands for in firmware.base. */
const char *firmware_base_word(const struct scenario *scenario);
bool firmware_base_is_file(const char *word);

/* Bytes of the block that devices get which run a campaign's base; 0: `error` says why. */
uint32_t firmware_block_size(const struct scenario *scenario,
        const struct scenario_firmware *firmware, char *error, size_t error_size);

/* Bytes that are sent for so much code: header and code. */
uint32_t firmware_image_size(uint32_t code_size);

#endif
