/* A few stations on a map.
 * SPDX-License-Identifier: MIT
 */
#include "map_bench.h"

#include <math.h>

void map_bench_start(void)
{
    view_bench_start(DEVICES, GATEWAYS);
    view.player.speed = 1;
    scene->now_ns = 1000 * SIM_NS_PER_S;
    for (uint32_t i = 0; i < DEVICES; i++) {
        scene->devices[i] = (struct scene_device){ .x_m = (float)(100 * i),
            .margin_db = NAN,
            .clock_error_ms = NAN,
            .stage = (uint8_t)(i % SCENE_STAGE_COUNT) };
        scene->stages[i % SCENE_STAGE_COUNT]++;
    }
    for (uint32_t g = 0; g < GATEWAYS; g++) {
        scene->gateways[g] = (struct scene_gateway){
            .x_m = 1950, .y_m = g == 0 ? 500 : -500, .powered = true, .connected = true
        };
    }
    view_update(&view, scene);
}

struct point place(uint32_t device)
{
    const struct scene_device *d = &scene->devices[device];
    return map_point(&view, (double)d->x_m, (double)d->y_m);
}

struct point gateway_place(uint32_t gateway)
{
    const struct scene_gateway *g = &scene->gateways[gateway];
    return map_point(&view, (double)g->x_m, (double)g->y_m);
}

void draw(void)
{
    view_bench_draw(&map_part);
}

bool same(struct colour a, struct colour b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

const struct drawn *drawn_at(enum drawn_kind kind, struct point at)
{
    for (uint32_t i = canvas->count; i > 0; i--) {
        const struct drawn *drawn = &canvas->drawn[i - 1];
        float x = drawn->box.x + drawn->box.width / 2, y = drawn->box.y + drawn->box.height / 2;
        if (drawn->kind == kind && fabsf(x - at.x) < 0.6f && fabsf(y - at.y) < 0.6f) {
            return drawn;
        }
    }
    return NULL;
}

uint32_t count_of(enum drawn_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < canvas->count; i++) {
        count += canvas->drawn[i].kind == kind;
    }
    return count;
}
