/* Draws of building penetration loss.
 * SPDX-License-Identifier: MIT
 */
#include "air/penetration.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "random_stream.h"

const char *const penetration_class_names[] = { "outdoor", "fixed", "light", "medium", "deep",
    "tr45820", NULL };

static double uniform_between(struct random_stream *stream, double from, double to)
{
    return from + (to - from) * random_stream_uniform(stream);
}

/* 25 : 65 : 10. */
static enum penetration_class mixed(double uniform)
{
    if (uniform < 0.25) {
        return PENETRATION_LIGHT;
    }
    return uniform < 0.90 ? PENETRATION_MEDIUM : PENETRATION_DEEP;
}

static unsigned inner_walls(double uniform)
{
    if (uniform < 0.2833) {
        return 0;
    }
    if (uniform < 0.2833 + 0.2827) {
        return 1;
    }
    return uniform < 0.2833 + 0.2827 + 0.284 ? 2 : 3;
}

/* `uniform` in [0, 1) goes over the class's span. */
static double outer_wall_db(enum penetration_class class, double uniform)
{
    switch (class) {
    case PENETRATION_LIGHT:
        return 4 + 7 * uniform;
    case PENETRATION_MEDIUM:
        return 11 + 8 * uniform;
    case PENETRATION_DEEP:
        return 19 + 4 * uniform;
    case PENETRATION_OUTDOOR:
    case PENETRATION_FIXED:
    case PENETRATION_TR45820:
        break;
    }
    assert(false && "a class of outer wall");
    return 0;
}

double penetration_draw_db(uint64_t seed, entity_id device, enum penetration_class class)
{
    if (class == PENETRATION_OUTDOOR || class == PENETRATION_FIXED) {
        return 0;
    }
    /* Every class draws alike: a device keeps its rooms when its wall changes. */
    struct random_stream stream;
    random_stream_init(&stream, seed, device, RANDOM_PENETRATION, 0);
    enum penetration_class wall = mixed(random_stream_uniform(&stream));
    double outer = random_stream_uniform(&stream);
    unsigned walls = inner_walls(random_stream_uniform(&stream));
    double by_walls_db = walls * uniform_between(&stream, 4, 10);
    double by_depth_db = 0.6 * uniform_between(&stream, 0, 15);
    if (class != PENETRATION_TR45820) {
        wall = class;
    }
    return outer_wall_db(wall, outer) + fmax(by_walls_db, by_depth_db);
}
