/* Scenario files: reading them, and what is named in them relative to them.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_check.h"
#include "scenario/scenario_table.h"

#define TEXT_MAX (1u << 20)

/* Was the key written in the file, not given by --set or left out? */
static bool in_file(const struct scenario_places *places, const char *path)
{
    for (size_t i = 0; i < scenario_param_count; i++) {
        if (strcmp(scenario_params[i].path, path) == 0) {
            return places->scenario[i].line != 0;
        }
    }
    return false;
}

void scenario_place_image(
        struct scenario *scenario, const struct scenario_places *places, const char *name)
{
    char beside[SCENARIO_PATH_MAX];
    char *image = scenario->firmware.image;
    const char *slash = strrchr(name, '/');
    if (image[0] == '/' || slash == NULL || strcmp(image, "device") == 0
            || strcmp(image, "generated") == 0 || !in_file(places, "firmware.image")) {
        return;
    }
    int length = snprintf(beside, sizeof beside, "%.*s/%s", (int)(slash - name), name, image);
    if (length > 0 && (size_t)length < sizeof beside) {
        memcpy(image, beside, (size_t)length + 1);
    }
}

bool scenario_read_file(struct scenario *scenario, const char *path, const char *const *sets,
        size_t set_count, struct scenario_errors *errors)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct scenario_place place = { standard_input ? "standard input" : path, 0, 0 };
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    char *text = malloc(TEXT_MAX);
    size_t size = 0;
    bool ok = false;
    if (file == NULL || text == NULL) {
        scenario_errors_add(errors, place, "cannot read: %s", strerror(errno));
    } else {
        size = fread(text, 1, TEXT_MAX, file);
        if (ferror(file)) {
            scenario_errors_add(errors, place, "cannot read: %s", strerror(errno));
        } else if (size == TEXT_MAX) {
            scenario_errors_add(errors, place, "larger than 1 MiB: not a scenario");
        } else {
            ok = scenario_read(scenario, place.source, text, size, sets, set_count, errors);
            snprintf(scenario->path, sizeof scenario->path, "%s", path);
        }
    }
    free(text);
    if (file != NULL && !standard_input) {
        fclose(file);
    }
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
