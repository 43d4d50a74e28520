/* A view of a scene that a test fills.
 * SPDX-License-Identifier: MIT
 */
#include "view_bench.h"

#include <criterion/criterion.h>

struct schemes schemes;
struct view view;
struct scene *scene;
struct canvas *canvas;

void view_bench_start(uint32_t devices, uint32_t gateways)
{
    static const struct scenario scenario;
    schemes_init(&schemes);
    view_init(&view, &scenario, &schemes);
    view_layout(&view, (struct box){ 0, 0, 1280, 800 });
    scene = scene_create(devices, gateways);
    cr_assert_not_null(scene);
    canvas = canvas_record_create(1280, 800);
}

void view_bench_finish(void)
{
    canvas_destroy(canvas);
    scene_destroy(scene);
}

void view_bench_draw(const struct view_part *part)
{
    canvas->count = 0;
    part->draw(&view, scene, canvas);
}
