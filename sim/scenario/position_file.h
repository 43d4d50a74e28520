/* Positions of devices or gateways from a file: CSV or GeoJSON points.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_POSITION_FILE_H
#define SCENARIO_POSITION_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/scenario_errors.h"

#define POSITIONS_MAX 1000000u

struct position {
    double x, y;     /* m east and north; geographic files: degrees of longitude and latitude */
    double height_m; /* of the antenna; NAN: not given */
    int indoor;      /* enum penetration_class; -1: not given */
};

struct position_file {
    struct position *positions;
    uint32_t count;
    bool geographic;
};

/* CSV: columns x,y (metres) or latitude,longitude (degrees, WGS 84), and perhaps height, indoor.
 * GeoJSON: a FeatureCollection or Feature of Point or MultiPoint, with properties height and
 * indoor. Mistakes name lines; `place` is where the file is named. False after one. */
bool position_file_read(struct position_file *file, const char *path, struct scenario_place place,
        struct scenario_errors *errors);
void position_file_clear(struct position_file *file);

/* Plane coordinates around an origin: x = N cos(latitude) dlongitude, y = M dlatitude with the
 * radii of curvature N and M of the WGS 84 ellipsoid at the origin. A town's distances are right to
 * a few parts in 10,000. */
struct geo_origin {
    double latitude_deg, longitude_deg;
};
/* The centroid of all points of geographic files; `files` may hold others. */
struct geo_origin geo_centroid(const struct position_file *files, uint32_t count);
void geo_project(const struct geo_origin *origin, double latitude_deg, double longitude_deg,
        double *x_m, double *y_m);
/* Turns a geographic file into metres. */
void position_file_project(struct position_file *file, const struct geo_origin *origin);

#endif
