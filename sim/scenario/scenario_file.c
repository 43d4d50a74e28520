/* Scenario files: reading them, and what is named in them relative to them.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "scenario/board_file.h"
#include "scenario/build_file.h"
#include "scenario/campaign_plan.h"
#include "scenario/channel_plan.h"
#include "scenario/firmware_image.h"
#include "scenario/scenario_adversaries.h"
#include "scenario/scenario_check.h"
#include "scenario/scenario_faults.h"
#include "scenario/scenario_positions.h"
#include "scenario/scenario_reader.h"
#include "scenario/server_presets.h"
#include "scenario/temperature_file.h"
#include "scenario/text_file.h"

#define TEXT_MAX (1u << 20)

/* Paths in sets and defaults are as they are. */
static void place_path(
        const struct scenario_places *places, const char *name, char path[SCENARIO_PATH_MAX])
{
    char beside[SCENARIO_PATH_MAX];
    const struct scenario_place *place = scenario_places_find(places, path);
    const char *slash = strrchr(name, '/');
    bool of_file = place != NULL && strcmp(place->source, name) == 0;
    if (path[0] == '/' || slash == NULL || !of_file) {
        return;
    }
    int length = snprintf(beside, sizeof beside, "%.*s/%s", (int)(slash - name), name, path);
    if (length > 0 && (size_t)length < sizeof beside) {
        memcpy(path, beside, (size_t)length + 1);
    }
}

static struct scenario_place place_of(
        const struct scenario_places *places, const char *name, const void *member)
{
    const struct scenario_place *place = scenario_places_find(places, member);
    return place != NULL ? *place : (struct scenario_place){ name, 0, 0 };
}

/* Bytes of code of an image; 0 after a mistake. */
static uint32_t code_size_of(const struct scenario_firmware *firmware, struct scenario_place place,
        struct scenario_errors *errors)
{
    char error[SCENARIO_PATH_MAX + 128];
    uint32_t size = firmware_image_code_size(firmware, error, sizeof error);
    if (size == 0) {
        scenario_errors_add(errors, place, "%s", error);
    }
    return size;
}

/* A path in `image` becomes one relative to the scenario. */
static void place_image(
        const struct scenario_places *places, const char *name, struct scenario_firmware *firmware)
{
    if (firmware_image_is_file(firmware)) {
        place_path(places, name, firmware->image);
    }
}

static void place_base(
        const struct scenario_places *places, const char *name, struct scenario_firmware *firmware)
{
    if (firmware_base_is_file(firmware->base)) {
        place_path(places, name, firmware->base);
    }
}

/* What devices run at first, and what the delta of each campaign changes. */
static void complete_bases(
        struct scenario *scenario, const struct scenario_places *places, const char *name)
{
    struct scenario_firmware *first = &scenario->firmware;
    if (strcmp(first->base, "auto") == 0) {
        snprintf(first->base, sizeof first->base, "%s", firmware_base_word(scenario));
    }
    place_base(places, name, first);
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        struct scenario_firmware *own = &scenario->campaigns[i].firmware;
        if (own->base[0] == '\0' || strcmp(own->base, "auto") == 0) {
            snprintf(own->base, sizeof own->base, "%s", first->base);
        } else {
            place_base(places, name, own);
        }
    }
}

/* Image and size that are not given are the scenario's. Returns what gave the image. */
static const char *complete_image(const struct scenario *scenario, struct scenario_firmware *own,
        const struct scenario_places *places, const char *name)
{
    if (scenario_places_find(places, &own->image_size_bytes) == NULL) {
        own->image_size_bytes = scenario->firmware.image_size_bytes;
    }
    if (own->image[0] == '\0') {
        snprintf(own->image, sizeof own->image, "%s", scenario->firmware.image);
        return scenario->firmware.image; /* is placed */
    }
    place_image(places, name, own);
    return own->image;
}

/* What a campaign does not say of its firmware is the scenario's. */
static void complete_firmware(const struct scenario *scenario, struct scenario_campaign *campaign,
        const struct scenario_places *places, const char *name, struct scenario_errors *errors)
{
    struct scenario_firmware *own = &campaign->firmware;
    const char *image = complete_image(scenario, own, places, name);
    if (scenario_places_find(places, &own->version) == NULL) {
        own->version = scenario->firmware.version;
    }
    own->hardware =
            own->hardware != SCENARIO_NO_NUMBER ? own->hardware : scenario->firmware.hardware;
    if (scenario_places_find(places, &own->delivery) == NULL) {
        own->delivery = scenario->firmware.delivery;
    }
    if (scenario_places_find(places, &own->encryption) == NULL) {
        own->encryption = scenario->firmware.encryption;
    }
    own->expect_refusal = own->expect_refusal || scenario->firmware.expect_refusal;
    campaign->code_size_bytes = code_size_of(own, place_of(places, name, image), errors);
}

/* Of a delta it takes the base, and so the firmware of the first campaign. */
static void complete_blocks(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    char error[SCENARIO_PATH_MAX + 128];
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        struct scenario_campaign *campaign = &scenario->campaigns[i];
        campaign->block_size_bytes = firmware_image_size(campaign->code_size_bytes);
        if (campaign->firmware.delivery != DELIVERY_DELTA || campaign->code_size_bytes == 0) {
            continue;
        }
        campaign->block_size_bytes =
                firmware_block_size(scenario, &campaign->firmware, error, sizeof error);
        if (campaign->block_size_bytes == 0) {
            const char *base = scenario_places_find(places, campaign->firmware.base) != NULL
                                       ? campaign->firmware.base
                                       : scenario->firmware.base;
            scenario_errors_add(errors, place_of(places, name, base), "%s", error);
        }
    }
}

/* One campaign may go without a name. */
static void complete_campaigns(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    place_image(places, name, &scenario->firmware);
    if (scenario->campaign_count == 0) {
        code_size_of(&scenario->firmware, place_of(places, name, scenario->firmware.image), errors);
    }
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        struct scenario_campaign *campaign = &scenario->campaigns[i];
        server_preset_apply(campaign, places);
        if (campaign->name[0] == '\0' && scenario->campaign_count == 1) {
            snprintf(campaign->name, sizeof campaign->name, "campaign");
        }
        complete_firmware(scenario, campaign, places, name, errors);
        campaign_complete_words(scenario_region(scenario), campaign);
    }
    complete_bases(scenario, places, name);
    complete_blocks(scenario, places, name, errors);
}

/* Tries what the group runs on its board. */
static void complete_build(struct scenario_device_group *group, const struct board_type *board,
        const struct scenario_places *places, const char *name, struct scenario_errors *errors)
{
    struct firmware_object *object;
    if (strcmp(group->firmware, BUILD_BUILTIN) != 0) {
        place_path(places, name, group->firmware);
    }
    if (build_file_load(
                &object, group->firmware, board, place_of(places, name, group->firmware), errors)) {
        const struct firmware_build *build = build_of_object(object);
        group->shows = firmware_shows(build);
        if (group->state == STATE_COMMISSIONED && !build->commissions) {
            scenario_errors_add(errors, place_of(places, name, &group->state),
                    "state: devices with the firmware '%s' can't start commissioned",
                    group->firmware);
        }
    }
    firmware_object_destroy(object);
}

/* Hexadecimal digits, or none. */
static bool is_digest(const char *text)
{
    return text[0] == '\0' || (strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64);
}

/* Tries a build that belongs to an image, on the board of the first group. */
static void complete_image_build(struct scenario *scenario, struct scenario_image_build *row,
        const struct board_type *board, const struct scenario_places *places, const char *name,
        struct scenario_errors *errors)
{
    struct firmware_object *object;
    if (strcmp(row->build, BUILD_BUILTIN) != 0) {
        place_path(places, name, row->build);
    }
    if (build_file_load(&object, row->build, board, place_of(places, name, row->build), errors)
            && (build_of_object(object)->flags & FIRMWARE_OWN_STATE) != 0) {
        scenario_errors_add(errors, place_of(places, name, row->build),
                "firmware.builds: '%s' blocks or has variables, so it can't take turns with "
                "another "
                "build",
                row->build);
    }
    firmware_object_destroy(object);
    if (!is_digest(row->sha256)) {
        scenario_errors_add(errors, place_of(places, name, row->sha256),
                "firmware.builds: sha256 = '%s' should be 64 hexadecimal digits", row->sha256);
    }
    complete_image(scenario, &row->firmware, places, name);
}

static void complete_clock(struct scenario_gateways *gateways, const struct scenario_places *places)
{
    struct gateway_clock_params *clock = &gateways->params.clock;
    if (!gateways->params.gnss && scenario_places_find(places, &clock->source) == NULL) {
        clock->source = GATEWAY_CLOCK_FREE;
    }
    gateways->params.gnss = clock->source == GATEWAY_CLOCK_GNSS;
    if (clock->error_ns < 0) {
        clock->error_ns = gateway_clock_usual_error_ns(clock->source);
    }
}

/* What the region decides where the scenario does not. */
static void complete_region(struct scenario *scenario)
{
    const struct region *region = scenario_region(scenario);
    scenario->propagation.path.frequency_mhz = region->path_loss_hz / 1e6;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        uint32_t *frequency_hz = &scenario->campaigns[i].params.frequency_hz;
        if (*frequency_hz == SCENARIO_USUAL_HZ) {
            *frequency_hz = region->class_c_hz;
        }
    }
    for (uint32_t i = 0; i < scenario->interferer_count; i++) {
        uint32_t *frequency_hz = &scenario->interferers[i].frequency_hz;
        if (*frequency_hz == SCENARIO_USUAL_HZ) {
            *frequency_hz = region_default_channel_hz(region, 0);
        }
    }
}

void scenario_complete(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    struct scenario_gateways *gateways = &scenario->gateways;
    complete_region(scenario);
    complete_campaigns(scenario, places, name, errors);
    place_path(places, name, gateways->file);
    complete_clock(gateways, places);
    scenario_complete_faults(scenario, places);
    scenario_complete_adversaries(scenario);
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        struct scenario_device_group *group = &scenario->groups[i];
        place_path(places, name, group->file);
        place_path(places, name, group->rtc_temperature_file);
        if (group->rtc_temperature_file[0] != '\0') {
            struct temperature_file temperature;
            temperature_file_read(&temperature, group->rtc_temperature_file,
                    place_of(places, name, group->rtc_temperature_file), errors);
            temperature_file_clear(&temperature);
        }
        if (board_is_path(group->board)) {
            place_path(places, name, group->board);
        }
        struct board_file board;
        if (board_file_read(&board, group->board, place_of(places, name, group->board), errors)) {
            complete_build(group, &board.type, places, name, errors);
            for (uint32_t k = 0; i == 0 && k < scenario->image_build_count; k++) {
                complete_image_build(
                        scenario, &scenario->image_builds[k], &board.type, places, name, errors);
            }
        }
    }
    scenario_complete_positions(scenario, places, name, errors);
}

static bool read_file(struct scenario *scenario, const char *path, const struct scenario_set *sets,
        size_t set_count, bool keys_only, struct scenario_errors *errors)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    size_t size;
    char *text =
            text_file_read(path, TEXT_MAX, &size, (struct scenario_place){ name, 0, 0 }, errors);
    const struct scenario_text whole = { name, text, size, sets, set_count };
    bool ok = text != NULL && scenario_read_text(scenario, &whole, keys_only, errors);
    if (text != NULL) {
        struct sha256_ctx sha;
        sha256_init(&sha);
        sha256_update(&sha, size, (const uint8_t *)text);
        sha256_digest(&sha, sizeof scenario->text_sha256, scenario->text_sha256);
        snprintf(scenario->path, sizeof scenario->path, "%s", path);
    }
    free(text);
    return ok;
}

bool scenario_read_file(struct scenario *scenario, const char *path, const char *const *sets,
        size_t set_count, struct scenario_errors *errors)
{
    struct scenario_set *named = scenario_name_sets(sets, set_count, errors);
    bool ok = named != NULL && read_file(scenario, path, named, set_count, false, errors);
    free(named);
    return ok;
}

bool scenario_read_placed(struct scenario *scenario, const char *path,
        const struct scenario_set *sets, size_t set_count, struct scenario_errors *errors)
{
    return read_file(scenario, path, sets, set_count, false, errors);
}

bool scenario_try_sets(const char *path, const struct scenario_set *sets, size_t set_count,
        struct scenario_errors *errors)
{
    struct scenario *scenario = malloc(sizeof *scenario);
    bool ok = scenario != NULL && read_file(scenario, path, sets, set_count, true, errors);
    if (scenario == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 }, "out of memory");
    }
    free(scenario);
    return ok;
}

uint32_t scenario_report_bytes(const struct scenario_device_group *group)
{
    uint32_t phy = group->report_phy_payload_bytes;
    return phy >= SCENARIO_PHY_OVERHEAD_BYTES ? phy - SCENARIO_PHY_OVERHEAD_BYTES
                                              : group->report_payload_bytes;
}

uint32_t scenario_device_count(const struct scenario *scenario)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        count += scenario->groups[i].count;
    }
    return count;
}

const struct scenario_device_group *scenario_group_of(
        const struct scenario *scenario, uint32_t device)
{
    uint32_t group = 0, end = scenario->groups[0].count;
    assert(device < scenario_device_count(scenario));
    while (end <= device) {
        end += scenario->groups[++group].count;
    }
    return &scenario->groups[group];
}
