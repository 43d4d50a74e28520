/* The code that a campaign sends: this tree's target link, a generated one, or a file.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/firmware_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/delta_builder.h"
#include "campaign/image_builder.h"

#ifdef FLEETCAST_TARGET_LINK
/* The Cortex-M0+ link of device/, embedded at build time. */
extern const uint8_t fleetcast_target_code[];
extern const uint32_t fleetcast_target_code_size;

bool firmware_image_is_target_link(void)
{
    return true;
}

static uint32_t target_link_size(void)
{
    return fleetcast_target_code_size;
}

static uint8_t *load_target_link(uint32_t *size)
{
    *size = fleetcast_target_code_size;
    uint8_t *code = malloc(*size);
    if (code != NULL) {
        memcpy(code, fleetcast_target_code, *size);
    }
    return code;
}
#else
bool firmware_image_is_target_link(void)
{
    return false;
}

static uint32_t target_link_size(void)
{
    return 0;
}

static uint8_t *load_target_link(uint32_t *size)
{
    *size = 0;
    return NULL;
}
#endif

static uint8_t *generate(const struct scenario_firmware *firmware, uint64_t seed, uint32_t *size)
{
    *size = firmware->image_size_bytes;
    uint8_t *code = malloc(*size);
    if (code != NULL) {
        image_generate(code, *size, seed);
    }
    return code;
}

/* 0: `error` says why. */
static uint32_t file_size(const char *path, const char *key, char *error, size_t error_size)
{
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0) {
        snprintf(error, error_size, "%s: cannot read '%s': %s", key, path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        snprintf(error, error_size, "%s: '%s' is not a file", key, path);
    } else if (status.st_size < 1 || status.st_size > (off_t)SCENARIO_CODE_SIZE_MAX) {
        snprintf(error, error_size, "%s: '%s' has %lld bytes; the slot takes 1 to %u", key, path,
                (long long)status.st_size, SCENARIO_CODE_SIZE_MAX);
    } else {
        return (uint32_t)status.st_size;
    }
    return 0;
}

static uint8_t *load_file(
        const char *path, const char *key, uint32_t *size, char *error, size_t error_size)
{
    *size = file_size(path, key, error, error_size);
    if (*size == 0) {
        return NULL;
    }
    uint8_t *code = malloc(*size);
    FILE *file = fopen(path, "rb");
    if (code == NULL || file == NULL || fread(code, 1, *size, file) != *size) {
        snprintf(error, error_size, "%s: cannot read all of '%s'", key, path);
        free(code);
        code = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return code;
}

static bool is_target_link(const struct scenario_firmware *firmware)
{
    return strcmp(firmware->image, "device") == 0 && firmware_image_is_target_link();
}

bool firmware_image_is_file(const struct scenario_firmware *firmware)
{
    return strcmp(firmware->image, "device") != 0 && strcmp(firmware->image, "generated") != 0;
}

uint32_t firmware_image_code_size(
        const struct scenario_firmware *firmware, char *error, size_t error_size)
{
    return firmware_image_is_file(firmware)
                   ? file_size(firmware->image, "firmware.image", error, error_size)
           : is_target_link(firmware) ? target_link_size()
                                      : firmware->image_size_bytes;
}

/* `key`: how messages call it. */
static uint8_t *load(const struct scenario_firmware *firmware, const char *key, uint64_t seed,
        uint32_t *size, char *error, size_t error_size)
{
    if (firmware_image_is_file(firmware)) {
        return load_file(firmware->image, key, size, error, error_size);
    }
    uint8_t *code =
            is_target_link(firmware) ? load_target_link(size) : generate(firmware, seed, size);
    if (code == NULL) {
        snprintf(error, error_size, "%s: out of memory", key);
    }
    return code;
}

uint8_t *firmware_image_load(const struct scenario_firmware *firmware, uint64_t seed,
        uint32_t *size, char *error, size_t error_size)
{
    return load(firmware, "firmware.image", seed, size, error, error_size);
}

uint32_t firmware_image_size(uint32_t code_size)
{
    return IMAGE_BUILDER_HEADER_SIZE + code_size;
}

/* --- base ------------------------------------------------------------------------------------- */

const char *firmware_base_word(const struct scenario *scenario)
{
    bool delta = scenario->firmware.delivery == DELIVERY_DELTA;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        delta = delta || scenario->campaigns[i].firmware.delivery == DELIVERY_DELTA;
    }
    return delta ? "earlier" : "same";
}

static bool is_word_of_base(const char *word)
{
    return strcmp(word, "same") == 0 || strcmp(word, "earlier") == 0;
}

bool firmware_base_is_file(const char *word)
{
    struct scenario_firmware base = { 0 };
    snprintf(base.image, sizeof base.image, "%s", word);
    return !is_word_of_base(word) && firmware_image_is_file(&base);
}

uint8_t *firmware_base_load(const struct scenario *scenario, const char *word, uint32_t *size,
        char *error, size_t error_size)
{
    struct scenario_firmware base =
            scenario->campaign_count > 0 ? scenario->campaigns[0].firmware : scenario->firmware;
    if (!is_word_of_base(word)) {
        snprintf(base.image, sizeof base.image, "%s", word);
    }
    uint8_t *code = load(&base, is_word_of_base(word) ? "firmware.image" : "firmware.base",
            scenario->seed, size, error, error_size);
    if (code == NULL || strcmp(word, "earlier") != 0) {
        return code;
    }
    uint8_t *earlier = malloc(*size);
    if (earlier == NULL) {
        snprintf(error, error_size, "firmware.base: out of memory");
    } else {
        image_revise(code, *size, scenario->seed, earlier);
    }
    free(code);
    return earlier;
}

uint32_t firmware_block_size(const struct scenario *scenario,
        const struct scenario_firmware *firmware, char *error, size_t error_size)
{
    struct delta_order order = { 0 };
    struct built_patch delta = { 0 };
    uint8_t *base =
            firmware_base_load(scenario, firmware->base, &order.base_size, error, error_size);
    uint8_t *target = base == NULL ? NULL
                                   : firmware_image_load(firmware, scenario->seed,
                                           &order.target_size, error, error_size);
    order.base = base;
    order.target = target;
    if (target != NULL && !delta_build(&order, &delta)) {
        snprintf(error, error_size, "firmware.base: out of memory");
    }
    free(base);
    free(target);
    free(delta.bytes);
    return delta.size;
}
