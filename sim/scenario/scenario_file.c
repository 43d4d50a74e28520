/* Scenario files: reading them, and what is named in them relative to them.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_check.h"
#include "scenario/text_file.h"

#define TEXT_MAX (1u << 20)

/* Paths in --set and defaults are as they are. */
static void place_path(
        const struct scenario_places *places, const char *name, char path[SCENARIO_PATH_MAX])
{
    char beside[SCENARIO_PATH_MAX];
    const struct scenario_place *place = scenario_places_find(places, path);
    const char *slash = strrchr(name, '/');
    if (path[0] == '/' || slash == NULL || place == NULL || place->line == 0) {
        return;
    }
    int length = snprintf(beside, sizeof beside, "%.*s/%s", (int)(slash - name), name, path);
    if (length > 0 && (size_t)length < sizeof beside) {
        memcpy(path, beside, (size_t)length + 1);
    }
}

void scenario_complete(
        struct scenario *scenario, const struct scenario_places *places, const char *name)
{
    char *image = scenario->firmware.image;
    if (strcmp(image, "device") != 0 && strcmp(image, "generated") != 0) {
        place_path(places, name, image);
    }
    place_path(places, name, scenario->gateways.file);
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        place_path(places, name, scenario->groups[i].file);
        place_path(places, name, scenario->groups[i].rtc_temperature_file);
    }
}

bool scenario_read_file(struct scenario *scenario, const char *path, const char *const *sets,
        size_t set_count, struct scenario_errors *errors)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    size_t size;
    char *text =
            text_file_read(path, TEXT_MAX, &size, (struct scenario_place){ name, 0, 0 }, errors);
    bool ok = text != NULL && scenario_read(scenario, name, text, size, sets, set_count, errors);
    if (text != NULL) {
        snprintf(scenario->path, sizeof scenario->path, "%s", path);
    }
    free(text);
    return ok;
}

uint32_t scenario_device_count(const struct scenario *scenario)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        count += scenario->groups[i].count;
    }
    return count;
}
