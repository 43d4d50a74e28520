/* A course of temperature from a file, for the crystals of a group.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/temperature_file.h"

#include <math.h>
#include <stdlib.h>

#include "scenario/csv.h"
#include "scenario/text_file.h"

#define FILE_SIZE_MAX ((size_t)16 << 20)
#define HOURS_MAX     (20.0 * 366.0 * 24.0)

static const struct csv_column columns[] = { { "hours", { NULL }, 0, HOURS_MAX, NULL },
    { "temperature", { NULL }, -60, 150, NULL } };

struct reader {
    struct temperature_file *file;
    const char *source;
    struct scenario_errors *errors;
    uint32_t room;
};

static bool refuse(const struct reader *reader, size_t line, const char *what)
{
    scenario_errors_add(
            reader->errors, (struct scenario_place){ reader->source, line, 1 }, "%s", what);
    return false;
}

static bool add_row(void *context, const struct csv_row *row)
{
    struct reader *reader = context;
    struct temperature_file *file = reader->file;
    if (isnan(row->values[0]) || isnan(row->values[1])) {
        return refuse(reader, row->line, "should have hours and temperature");
    }
    sim_ns at_ns = (sim_ns)llround(row->values[0] * 3600.0 * (double)SIM_NS_PER_S);
    if (file->count == 0 && at_ns != 0) {
        return refuse(reader, row->line, "the first row should be at 0 hours");
    }
    if (file->count > 0 && at_ns <= file->points[file->count - 1].at_ns) {
        return refuse(reader, row->line, "hours should ascend");
    }
    if (file->count == reader->room) {
        reader->room = 2 * reader->room + 64;
        struct temperature_point *points = realloc(file->points, reader->room * sizeof *points);
        if (points == NULL) {
            return refuse(reader, row->line, "out of memory");
        }
        file->points = points;
    }
    file->points[file->count++] = (struct temperature_point){ at_ns, row->values[1] };
    return true;
}

bool temperature_file_read(struct temperature_file *file, const char *path,
        struct scenario_place place, struct scenario_errors *errors)
{
    *file = (struct temperature_file){ 0 };
    size_t size;
    char *text = text_file_read(path, FILE_SIZE_MAX, &size, place, errors);
    struct reader reader = { file, path, errors, 0 };
    bool ok = text != NULL && csv_read(path, text, size, columns, 2, add_row, &reader, errors);
    if (ok && file->count < 2) {
        ok = refuse(&reader, 0, "should have at least two rows: the last one ends the period");
    }
    free(text);
    if (!ok) {
        temperature_file_clear(file);
    }
    return ok;
}

void temperature_file_clear(struct temperature_file *file)
{
    free(file->points);
    *file = (struct temperature_file){ 0 };
}
