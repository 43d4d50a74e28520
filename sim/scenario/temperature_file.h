/* A course of temperature from a file, for the crystals of a group.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_TEMPERATURE_FILE_H
#define SCENARIO_TEMPERATURE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "board/crystal.h"
#include "scenario/scenario_errors.h"

struct temperature_file {
    struct temperature_point *points;
    uint32_t count;
};

/* CSV with the columns hours,temperature (degrees Celsius): hours ascend from 0, the last row ends
 * the period. Mistakes name lines; `place` is where the file is named. False after one. */
bool temperature_file_read(struct temperature_file *file, const char *path,
        struct scenario_place place, struct scenario_errors *errors);
void temperature_file_clear(struct temperature_file *file);

#endif
