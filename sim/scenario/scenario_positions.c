/* The position files of a scenario: how many positions they hold, and how far away.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_positions.h"

#include <math.h>

#include "scenario/check_parts.h"
#include "scenario/position_file.h"

#define FILES_MAX   (1u + SCENARIO_DEVICE_GROUPS_MAX)
#define FAR_OUTSIDE 10.0 /* radii of the area */

/* What the scenario says of one file. */
struct user {
    const char *path;
    const int *layout;
    uint32_t *count;
    uint32_t count_max;
};

static bool read_positions(
        const struct check *check, const struct user *user, struct position_file *file)
{
    if (user->path[0] == '\0') {
        scenario_errors_add(
                check->errors, check_place(check, user->layout), "layout: file needs a key 'file'");
        return false;
    }
    return position_file_read(file, user->path, check_place(check, user->path), check->errors);
}

/* A file of positions says how many there are, unless `count` asks for less. */
static void count_positions(
        const struct check *check, const struct user *user, const struct position_file *file)
{
    bool given = check_given(check, user->count);
    if (given && *user->count > file->count) {
        scenario_errors_add(check->errors, check_place(check, user->count),
                "count = %u, but '%s' has %u positions", *user->count, user->path, file->count);
    } else if (!given && file->count > user->count_max) {
        scenario_errors_add(check->errors, check_place(check, user->path),
                "'%s' has %u positions; at most %u", user->path, file->count, user->count_max);
    } else if (!given) {
        *user->count = file->count;
    }
}

/* Of a file in metres. */
static double farthest_m(const struct position_file *file)
{
    double farthest = 0.0;
    for (uint32_t i = 0; i < file->count; i++) {
        farthest = fmax(farthest, hypot(file->positions[i].x, file->positions[i].y));
    }
    return farthest;
}

/* Degrees in the wrong order put devices thousands of kilometres away. */
static void check_distance(const struct check *check, const char *path, struct position_file *file,
        const struct geo_origin *origin)
{
    double radius_m = check->scenario->area.radius_m;
    bool geographic = file->geographic;
    position_file_project(file, origin);
    double distance_m = farthest_m(file);
    if (distance_m > FAR_OUTSIDE * radius_m) {
        scenario_warnings_add(check->errors, check_place(check, path),
                "'%s' has a position %.3g km from the centre, and area.radius is %.3g km%s", path,
                distance_m / 1e3, radius_m / 1e3,
                geographic ? ": are latitude and longitude in the wrong order?" : "");
    }
}

void scenario_complete_positions(struct scenario *scenario, const struct scenario_places *places,
        const char *name, struct scenario_errors *errors)
{
    struct check check = { scenario, places, name, errors };
    struct scenario_gateways *g = &scenario->gateways;
    struct user users[FILES_MAX];
    struct position_file files[FILES_MAX];
    uint32_t user_count = 0, file_count = 0;
    if (g->layout == LAYOUT_FILE) {
        users[user_count++] =
                (struct user){ g->file, &g->layout, &g->count, SCENARIO_GATEWAYS_MAX };
    }
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        struct scenario_device_group *group = &scenario->groups[i];
        if (group->layout == LAYOUT_FILE) {
            users[user_count++] =
                    (struct user){ group->file, &group->layout, &group->count, POSITIONS_MAX };
        }
    }
    for (uint32_t i = 0; i < user_count; i++) {
        if (read_positions(&check, &users[i], &files[file_count])) {
            count_positions(&check, &users[i], &files[file_count]);
            users[file_count++] = users[i];
        }
    }
    struct geo_origin origin = geo_centroid(files, file_count);
    for (uint32_t i = 0; i < file_count; i++) {
        check_distance(&check, users[i].path, &files[i], &origin);
        position_file_clear(&files[i]);
    }
}
