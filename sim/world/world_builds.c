/* Loads the builds that belong to images, and finds the digests of these.
 * SPDX-License-Identifier: MIT
 */
#include "world/world_builds.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/build_file.h"
#include "scenario/firmware_image.h"

static bool code_digest(const struct world *world, const struct scenario_firmware *firmware,
        uint8_t sha256[32], char *error, size_t error_size)
{
    struct sha256_ctx sha;
    uint32_t size;
    uint8_t *code = firmware_image_load(firmware, world->scenario->seed, &size, error, error_size);
    if (code == NULL) {
        return false;
    }
    sha256_init(&sha);
    sha256_update(&sha, size, code);
    sha256_digest(&sha, 32, sha256);
    free(code);
    return true;
}

/* 64 digits, as checked. */
static void read_digits(const char *text, uint8_t sha256[32])
{
    for (size_t i = 0; i < 32; i++) {
        const char digits[] = { text[2 * i], text[2 * i + 1], '\0' };
        sha256[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static bool load(struct world *world, uint32_t number, char *error, size_t error_size)
{
    const struct scenario_image_build *row = &world->scenario->image_builds[number];
    struct node_image_build *build = &world->image_builds[number];
    build->build = &firmware_builtin;
    if (strcmp(row->build, BUILD_BUILTIN) != 0) {
        struct firmware_object **object = &world->image_objects[number];
        *object = firmware_object_load(row->build, error, error_size);
        if (*object == NULL) {
            return false;
        }
        build->build = firmware_object_build(*object);
    }
    if (row->sha256[0] != '\0') {
        read_digits(row->sha256, build->sha256);
        return true;
    }
    return code_digest(world, &row->firmware, build->sha256, error, error_size);
}

bool world_builds_create(struct world *world, char *error, size_t error_size)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < world->scenario->image_build_count; i++) {
        ok = load(world, i, error, error_size);
    }
    return ok;
}

void world_builds_destroy(struct world *world)
{
    for (uint32_t i = 0; i < SCENARIO_IMAGE_BUILDS_MAX; i++) {
        firmware_object_destroy(world->image_objects[i]);
        world->image_objects[i] = NULL;
    }
}
