/* Positions of devices or gateways from a file: CSV or GeoJSON points.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/position_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/penetration.h"
#include "scenario/csv.h"
#include "scenario/geojson.h"
#include "scenario/text_file.h"

#define FILE_SIZE_MAX ((size_t)64 << 20)

enum column {
    COLUMN_X,
    COLUMN_Y,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE,
    COLUMN_HEIGHT,
    COLUMN_INDOOR,
    COLUMN_COUNT
};

static const struct csv_column columns[COLUMN_COUNT] = {
    [COLUMN_X] = { "x", { NULL }, -1e6, 1e6, NULL },
    [COLUMN_Y] = { "y", { NULL }, -1e6, 1e6, NULL },
    [COLUMN_LATITUDE] = { "latitude", { "lat" }, -90, 90, NULL },
    [COLUMN_LONGITUDE] = { "longitude", { "lon", "lng", "long" }, -180, 180, NULL },
    [COLUMN_HEIGHT] = { "height", { NULL }, 0.1, 1000, NULL },
    [COLUMN_INDOOR] = { "indoor", { NULL }, 0, 0, penetration_class_names },
};

struct position_reader {
    struct position_file *file;
    const char *source;
    struct scenario_errors *errors;
    uint32_t room;
};

static bool add_position(
        struct position_reader *reader, const struct position *position, size_t line, size_t column)
{
    struct position_file *file = reader->file;
    struct scenario_place place = { reader->source, line, column };
    if (file->count == POSITIONS_MAX) {
        scenario_errors_add(reader->errors, place, "more than %u positions", POSITIONS_MAX);
        return false;
    }
    if (file->count == reader->room) {
        uint32_t room = 2 * reader->room + 64;
        struct position *positions = realloc(file->positions, room * sizeof *positions);
        if (positions == NULL) {
            scenario_errors_add(reader->errors, place, "out of memory");
            return false;
        }
        file->positions = positions;
        reader->room = room;
    }
    file->positions[file->count++] = *position;
    return true;
}

static bool add_row(void *context, const struct csv_row *row)
{
    struct position_reader *reader = context;
    const double *v = row->values;
    bool plane = !isnan(v[COLUMN_X]) && !isnan(v[COLUMN_Y]);
    bool geographic = !isnan(v[COLUMN_LATITUDE]) && !isnan(v[COLUMN_LONGITUDE]);
    bool any_plane = row->columns[COLUMN_X] != 0 || row->columns[COLUMN_Y] != 0;
    bool any_geographic = row->columns[COLUMN_LATITUDE] != 0 || row->columns[COLUMN_LONGITUDE] != 0;
    if (plane == geographic || any_plane == any_geographic) {
        scenario_errors_add(reader->errors, (struct scenario_place){ reader->source, row->line, 1 },
                "should have a value for x and y, or for latitude and longitude");
        return false;
    }
    reader->file->geographic = geographic;
    struct position position = {
        .x = plane ? v[COLUMN_X] : v[COLUMN_LONGITUDE],
        .y = plane ? v[COLUMN_Y] : v[COLUMN_LATITUDE],
        .height_m = v[COLUMN_HEIGHT],
        .indoor = isnan(v[COLUMN_INDOOR]) ? -1 : (int)v[COLUMN_INDOOR],
    };
    return add_position(reader, &position, row->line, 1);
}

static bool add_point(void *context, const struct position *point, size_t line, size_t column)
{
    return add_position(context, point, line, column);
}

bool position_file_read(struct position_file *file, const char *path, struct scenario_place place,
        struct scenario_errors *errors)
{
    *file = (struct position_file){ 0 };
    size_t size;
    char *text = text_file_read(path, FILE_SIZE_MAX, &size, place, errors);
    if (text == NULL) {
        return false;
    }
    struct position_reader reader = { file, path, errors, 0 };
    const char *content = text + text_file_mark(text, size);
    bool ok;
    if (content[strspn(content, " \t\r\n")] == '{') {
        file->geographic = true;
        ok = geojson_read(
                path, content, size - (size_t)(content - text), add_point, &reader, errors);
    } else {
        ok = csv_read(path, text, size, columns, COLUMN_COUNT, add_row, &reader, errors);
    }
    if (ok && file->count == 0) {
        scenario_errors_add(errors, (struct scenario_place){ path, 0, 0 }, "holds no position");
        ok = false;
    }
    free(text);
    if (!ok) {
        position_file_clear(file);
    }
    return ok;
}

void position_file_clear(struct position_file *file)
{
    free(file->positions);
    *file = (struct position_file){ 0 };
}

/* Degrees from `from` to `to`, the short way round. */
static double longitude_between(double from, double to)
{
    double difference = fmod(to - from + 540.0, 360.0);
    return (difference < 0.0 ? difference + 360.0 : difference) - 180.0;
}

struct geo_origin geo_centroid(const struct position_file *files, uint32_t count)
{
    struct geo_origin origin = { 0.0, 0.0 };
    double first = NAN, longitude_sum = 0.0, latitude_sum = 0.0;
    uint64_t points = 0;
    for (uint32_t f = 0; f < count; f++) {
        for (uint32_t i = 0; files[f].geographic && i < files[f].count; i++) {
            first = isnan(first) ? files[f].positions[i].x : first;
            longitude_sum += longitude_between(first, files[f].positions[i].x);
            latitude_sum += files[f].positions[i].y;
            points++;
        }
    }
    if (points > 0) {
        origin.latitude_deg = latitude_sum / (double)points;
        origin.longitude_deg = first + longitude_sum / (double)points;
    }
    return origin;
}

/* WGS 84: semi-major axis and squared eccentricity (NIMA TR8350.2). */
#define WGS84_A_M 6378137.0
#define WGS84_E2  6.69437999014e-3

void geo_project(const struct geo_origin *origin, double latitude_deg, double longitude_deg,
        double *x_m, double *y_m)
{
    double radian = M_PI / 180.0;
    double sine = sin(origin->latitude_deg * radian);
    double w2 = 1.0 - WGS84_E2 * sine * sine;
    double prime_vertical_m = WGS84_A_M / sqrt(w2);
    double meridian_m = prime_vertical_m * (1.0 - WGS84_E2) / w2;
    *x_m = prime_vertical_m * cos(origin->latitude_deg * radian)
           * longitude_between(origin->longitude_deg, longitude_deg) * radian;
    *y_m = meridian_m * (latitude_deg - origin->latitude_deg) * radian;
}

void position_file_project(struct position_file *file, const struct geo_origin *origin)
{
    for (uint32_t i = 0; file->geographic && i < file->count; i++) {
        struct position *p = &file->positions[i];
        double x_m, y_m;
        geo_project(origin, p->y, p->x, &x_m, &y_m);
        p->x = x_m;
        p->y = y_m;
    }
    file->geographic = false;
}
