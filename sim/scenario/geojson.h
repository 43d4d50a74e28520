/* Points of a GeoJSON document (RFC 7946).
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_GEOJSON_H
#define SCENARIO_GEOJSON_H

#include "scenario/position_file.h"

/* JSON is YAML: read by the same library, with lines and columns of mistakes. Calls `point` with
 * degrees for each point; other geometry is a mistake. False after one. */
bool geojson_read(const char *source, const char *text, size_t size,
        bool (*point)(void *context, const struct position *point, size_t line, size_t column),
        void *context, struct scenario_errors *errors);

#endif
