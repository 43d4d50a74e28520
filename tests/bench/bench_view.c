/* CPU time of a frame of the view, drawn by the software renderer into a picture of 1280x800.
 * SPDX-License-Identifier: MIT
 *
 * All devices have just received a frame, so that each has a halo, 64 uplinks are on the air, and
 * the timeline is full.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "random_stream.h"
#include "view/view.h"

#define RUNS 15

struct picture_case {
    struct canvas *canvas;
    struct scene *scene;
    struct view view;
    struct schemes schemes;
};

static void fill_coverage(struct scene *scene)
{
    struct scene_coverage *coverage = &scene->coverage;
    *coverage = (struct scene_coverage){ .columns = SCENE_COVERAGE_SIDE,
        .rows = SCENE_COVERAGE_SIDE,
        .left_m = -4000,
        .bottom_m = -4000,
        .cell_m = 84,
        .needed_mdbm = { -136000, -123000 } };
    for (int cell = 0; cell < (int)(SCENE_COVERAGE_SIDE * SCENE_COVERAGE_SIDE); cell++) {
        int column = cell % (int)SCENE_COVERAGE_SIDE - 48,
            row = cell / (int)SCENE_COVERAGE_SIDE - 48;
        coverage->level_mdbm[cell] = -80000 - 25 * (column * column + row * row);
        coverage->gateways[cell] = (uint8_t)(column < 0);
    }
}

static void fill_timeline(struct scene *scene)
{
    for (uint32_t i = 0; i < SCENE_SAMPLES; i++) {
        struct scene_sample *sample = &scene->samples[scene->sample_count++];
        sample->at_ns = scene->now_ns * i / (SCENE_SAMPLES - 1);
        for (uint32_t stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
            sample->stages[stage] = scene->device_count / SCENE_STAGE_COUNT;
        }
    }
}

static void fill_scene(struct scene *scene, struct random_stream *stream)
{
    scene->now_ns = scene->end_ns = 3600 * SIM_NS_PER_S;
    for (uint32_t i = 0; i < scene->device_count; i++) {
        double radius_m = 3000 * sqrt(random_stream_uniform(stream));
        double angle = 6.283185307 * random_stream_uniform(stream);
        struct scene_device *device = &scene->devices[i];
        *device = (struct scene_device){ .x_m = (float)(radius_m * cos(angle)),
            .y_m = (float)(radius_m * sin(angle)),
            .last_ns = scene->now_ns,
            .nb_frag = 300,
            .missing = (uint16_t)(300 * random_stream_uniform(stream)),
            .stage = (uint8_t)(SCENE_STAGE_COUNT * random_stream_uniform(stream)),
            .last_cause = random_stream_uniform(stream) < 0.9 ? LOSS_NONE : LOSS_INTERFERENCE };
        scene->stages[device->stage]++;
    }
    for (uint32_t g = 0; g < scene->gateway_count; g++) {
        scene->gateways[g] = (struct scene_gateway){
            .x_m = g == 0 ? 1500 : -1500, .powered = true, .connected = true
        };
    }
    for (; scene->flight_count < 64; scene->flight_count++) {
        scene->flights[scene->flight_count] = (struct scene_flight){ .end_ns = scene->now_ns,
            .uplink = true,
            .sender = scene->flight_count,
            .spreading_factor = 9,
            .gateway_count = 2,
            .gateways = { { 0, LOSS_NONE }, { 1, LOSS_FADING } } };
    }
    fill_coverage(scene);
    fill_timeline(scene);
}

static double frame_ms(void *context)
{
    struct picture_case *it = context;
    int64_t started_ns = bench_clock_ns();
    view_update(&it->view, it->scene);
    view_draw(&it->view, it->scene, it->canvas);
    return 1e-6 * (double)(bench_clock_ns() - started_ns);
}

static void measure(
        struct bench *bench, uint32_t devices, const char *key, double zoom, bool coverage)
{
    static struct picture_case it;
    static const struct scenario scenario;
    struct random_stream stream;
    char error[160];
    random_stream_init(&stream, 1, 0, 0, 0);
    it.canvas = canvas_create_picture(1280, 800, 1.0f, error, sizeof error);
    it.scene = scene_create(devices, 2);
    if (it.canvas == NULL || it.scene == NULL) {
        fprintf(stderr, "%s\n", it.canvas == NULL ? error : "out of memory");
        exit(1);
    }
    fill_scene(it.scene, &stream);
    schemes_init(&it.schemes);
    view_init(&it.view, &scenario, &it.schemes);
    view_layout(&it.view, canvas_box(it.canvas));
    view_update(&it.view, it.scene);
    it.view.coverage = coverage;
    if (zoom > 1) {
        map_zoom(&it.view, map_point(&it.view, 0, 0), zoom);
    }
    bench_report(bench, key, "ms", bench_median(frame_ms, &it, RUNS), (double)NAN);
    scene_destroy(it.scene);
    canvas_destroy(it.canvas);
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    measure(bench, 1000, "view_frame_ms.n1e3", 1, false);
    measure(bench, 10000, "view_frame_ms.n1e4", 1, false);
    measure(bench, 10000, "view_frame_ms.n1e4_near", 2, false); /* discs instead of squares */
    measure(bench, 10000, "view_frame_ms.n1e4_coverage", 1, true);
    return bench_close(bench);
}
