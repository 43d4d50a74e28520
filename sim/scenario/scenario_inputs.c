/* The files that a scenario names.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_inputs.h"

#include <assert.h>
#include <string.h>

#include "scenario/board_file.h"
#include "scenario/build_file.h"
#include "scenario/firmware_image.h"

#define INPUTS_MAX                                                                                 \
    (1u + 4u * SCENARIO_DEVICE_GROUPS_MAX + SCENARIO_CAMPAIGNS_MAX + 2u * SCENARIO_IMAGE_BUILDS_MAX)

struct inputs {
    size_t count;
    const char *paths[INPUTS_MAX];
};

static void add(struct inputs *inputs, const char *path)
{
    for (size_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->paths[i], path) == 0) {
            return;
        }
    }
    assert(inputs->count < INPUTS_MAX);
    inputs->paths[inputs->count++] = path;
}

static void add_group(struct inputs *inputs, const struct scenario_device_group *group)
{
    if (group->layout == LAYOUT_FILE) {
        add(inputs, group->file);
    }
    if (board_is_path(group->board)) {
        add(inputs, group->board);
    }
    if (strcmp(group->firmware, BUILD_BUILTIN) != 0) {
        add(inputs, group->firmware);
    }
    if (group->rtc_temperature_file[0] != '\0') {
        add(inputs, group->rtc_temperature_file);
    }
}

static void add_image_build(struct inputs *inputs, const struct scenario_image_build *row)
{
    if (row->sha256[0] == '\0' && firmware_image_is_file(&row->firmware)) {
        add(inputs, row->firmware.image);
    }
    if (strcmp(row->build, BUILD_BUILTIN) != 0) {
        add(inputs, row->build);
    }
}

void scenario_each_input(const struct scenario *scenario,
        void (*each)(void *context, const char *path), void *context)
{
    struct inputs inputs = { 0 };
    if (scenario->gateways.layout == LAYOUT_FILE) {
        add(&inputs, scenario->gateways.file);
    }
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        add_group(&inputs, &scenario->groups[i]);
    }
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        if (firmware_image_is_file(&scenario->campaigns[i].firmware)) {
            add(&inputs, scenario->campaigns[i].firmware.image);
        }
    }
    for (uint32_t i = 0; i < scenario->image_build_count; i++) {
        add_image_build(&inputs, &scenario->image_builds[i]);
    }
    for (size_t i = 0; i < inputs.count; i++) {
        each(context, inputs.paths[i]);
    }
}
