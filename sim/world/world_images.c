/* The images of a run: what devices run at first, and what campaigns send.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/delta_builder.h"
#include "scenario/firmware_image.h"
#include "update/flash_map.h"
#include "update/update.h"

#define INITIAL_IMAGE_VERSION 0x01000000u /* 1.0.0 */

/* The slot holds header and code. */
_Static_assert(SCENARIO_CODE_SIZE_MAX == FLASH_RUNNING_SIZE - IMAGE_HEADER_SIZE,
        "what scenarios may ask for");

static void free_image(struct built_image *image)
{
    free((void *)(uintptr_t)image->bytes);
    *image = (struct built_image){ 0 };
}

static uint32_t hardware_of(const struct scenario_firmware *firmware)
{
    return firmware->hardware != SCENARIO_NO_NUMBER ? firmware->hardware : WORLD_HARDWARE_ID;
}

/* Header and plain code; frees `code`. False: `error` says why. */
static bool build_image(const struct world *world, const struct scenario_firmware *firmware,
        uint8_t *code, uint32_t code_size, struct built_image *built, char *error,
        size_t error_size)
{
    uint8_t private_key[32], public_key[32];
    if (code == NULL) {
        return false;
    }
    image_key_pair(world->scenario->seed, private_key, public_key);
    uint32_t size_max = code_size + IMAGE_HEADER_SIZE;
    uint8_t *image = malloc(size_max);
    *built = (struct built_image){ .bytes = image };
    bool ok = image != NULL
              && image_build(image, size_max, &built->size_bytes, code, code_size,
                      firmware->version, hardware_of(firmware), private_key);
    if (!ok) {
        snprintf(error, error_size, "firmware.image: cannot build the image");
        free_image(built);
    } else if (firmware->encryption) {
        image_mark_encrypted(image, private_key);
    }
    free(code);
    return ok;
}

/* The block of an image: the image itself, or with its code encrypted. */
static bool build_block(const struct world *world, const struct scenario_firmware *firmware,
        const struct built_image *image, struct built_image *block, char *error, size_t error_size)
{
    uint8_t *bytes = malloc(image->size_bytes);
    *block = (struct built_image){ bytes, image->size_bytes };
    if (bytes == NULL) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    memcpy(bytes, image->bytes, image->size_bytes);
    if (firmware->encryption) {
        uint8_t key[16];
        image_encryption_key(world->scenario->seed, key);
        image_encrypt(bytes + IMAGE_HEADER_SIZE, image->size_bytes - IMAGE_HEADER_SIZE, key,
                bytes + IMAGE_OFF_SHA256);
    }
    return true;
}

/* What makes an image out of its base. */
static bool build_delta(const struct world *world, const struct scenario_firmware *firmware,
        const struct built_image *image, struct built_image *delta, char *error, size_t error_size)
{
    uint8_t private_key[32], public_key[32], key[16];
    image_key_pair(world->scenario->seed, private_key, public_key);
    image_encryption_key(world->scenario->seed, key);
    struct delta_order order = {
        .target = image->bytes + IMAGE_HEADER_SIZE,
        .target_size = image->size_bytes - IMAGE_HEADER_SIZE,
        .version = firmware->version,
        .hardware_id = hardware_of(firmware),
        .ed25519_private_key = private_key,
        .encryption_key = firmware->encryption ? key : NULL,
    };
    struct built_patch patch = { 0 };
    uint8_t *base = firmware_base_load(
            world->scenario, firmware->base, &order.base_size, error, error_size);
    order.base = base;
    if (base != NULL && !delta_build(&order, &patch)) {
        snprintf(error, error_size, "firmware.delivery: out of memory");
    }
    free(base);
    *delta = (struct built_image){ patch.bytes, patch.size };
    return patch.bytes != NULL;
}

/* All that a campaign needs. */
static bool build_campaign(struct world *world, uint32_t number, char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    const struct scenario_firmware *firmware = &scenario->campaigns[number].firmware;
    struct built_image *image = &world->images[number];
    uint32_t size;
    uint8_t *code = firmware_image_load(firmware, scenario->seed, &size, error, error_size);
    return build_image(world, firmware, code, size, image, error, error_size)
           && build_block(world, firmware, image, &world->blocks[number], error, error_size)
           && (firmware->delivery != DELIVERY_DELTA
                   || build_delta(
                           world, firmware, image, &world->deltas[number], error, error_size));
}

bool world_build_images(
        struct world *world, struct world_factory *factory, char *error, size_t error_size)
{
    const struct scenario *scenario = world->scenario;
    uint8_t private_key[32];
    uint32_t size;
    image_key_pair(scenario->seed, private_key, factory->public_key);
    image_encryption_key(scenario->seed, factory->encryption_key);
    struct scenario_firmware first = scenario->firmware;
    first.version = INITIAL_IMAGE_VERSION;
    first.hardware = WORLD_HARDWARE_ID;
    uint8_t *code = firmware_base_load(scenario, first.base, &size, error, error_size);
    bool ok = build_image(world, &first, code, size, &factory->image, error, error_size);
    for (uint32_t i = 0; ok && i < scenario->campaign_count; i++) {
        ok = build_campaign(world, i, error, error_size);
    }
    return ok;
}

void world_free_images(struct world *world)
{
    for (uint32_t i = 0; i < SCENARIO_CAMPAIGNS_MAX; i++) {
        free_image(&world->images[i]);
        free_image(&world->blocks[i]);
        free_image(&world->deltas[i]);
    }
}
