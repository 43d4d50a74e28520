/* Frames on the map, as they happen: rings, lines and halos that fade.
 * SPDX-License-Identifier: MIT
 *
 * All goes by simulated time, so that a picture of an instant is the same at each try.
 */
#include <math.h>

#include "view/map_internal.h"
#include "view/mark_colour.h"

#define RECEIVED_WIDTH 2.0f /* points of the line to a gateway that received the frame */
#define LOST_WIDTH     1.0f
#define HALO           4.0f /* that the mark of a device that a frame ended for is wider */
#define LINES_MAX      300u /* of uplinks in one frame */
#define BATCH          128u

static uint8_t alpha_of(float freshness, float most)
{
    return (uint8_t)(255.0f * freshness * most);
}

/* Slow spreading factors are brighter: there is more of them on the air. */
struct colour map_sf_colour(enum theme_kind theme, uint8_t spreading_factor)
{
    double share = (double)(spreading_factor - MAP_SF_MIN) / (MAP_SF_MAX - MAP_SF_MIN);
    return palette_sequence(theme == THEME_DARK ? 0.3 + 0.7 * share : 0.8 * (1 - share));
}

/* From the device to each gateway that took notice. */
static void draw_uplink(const struct view *view, const struct scene *scene,
        const struct scene_flight *flight, float freshness, struct canvas *canvas)
{
    if (flight->foreign || flight->sender >= scene->device_count) {
        return;
    }
    const struct scene_device *device = &scene->devices[flight->sender];
    if (map_is_hidden(view, device)) {
        return;
    }
    struct point from = map_point(view, (double)device->x_m, (double)device->y_m);
    canvas_ring(canvas, from, 9, 2,
            colour_with_alpha(map_sf_colour(view->theme, flight->spreading_factor),
                    alpha_of(freshness, 1.0f)));
    for (uint32_t i = 0; i < flight->gateway_count; i++) {
        enum loss_cause cause = flight->gateways[i].cause;
        if (flight->gateways[i].gateway >= scene->gateway_count) {
            continue;
        }
        const struct scene_gateway *gateway = &scene->gateways[flight->gateways[i].gateway];
        canvas_line(canvas, from, map_point(view, (double)gateway->x_m, (double)gateway->y_m),
                cause == LOSS_NONE ? RECEIVED_WIDTH : LOST_WIDTH,
                colour_with_alpha(
                        mark_colour_of_cause(view->theme, cause), alpha_of(freshness, 0.8f)));
    }
}

/* Around the gateway: solid while it transmits, then wider and fainter. */
static void draw_downlink(const struct view *view, const struct scene *scene,
        const struct scene_flight *flight, float freshness, struct canvas *canvas)
{
    if (flight->sender >= scene->gateway_count) {
        return;
    }
    const struct scene_gateway *gateway = &scene->gateways[flight->sender];
    canvas_ring(canvas, map_point(view, (double)gateway->x_m, (double)gateway->y_m),
            16 + 14 * (1 - freshness), 1 + 3 * freshness,
            colour_with_alpha(map_sf_colour(view->theme, flight->spreading_factor),
                    alpha_of(freshness, 1.0f)));
}

/* The first of the newest flights that have LINES_MAX lines at most: what is older is hidden below
 * them anyway, and a line costs as much as some marks. */
static uint32_t first_flight(const struct scene *scene)
{
    uint32_t first = scene->flight_count, lines = 0;
    while (first > 0 && lines + scene->flights[first - 1].gateway_count <= LINES_MAX) {
        first--;
        lines += scene->flights[first].gateway_count;
    }
    return first;
}

/* Rings of several frames of one gateway would run into each other. */
static bool is_last_of_gateway(const struct scene *scene, uint32_t index)
{
    for (uint32_t later = index + 1; later < scene->flight_count; later++) {
        if (!scene->flights[later].uplink
                && scene->flights[later].sender == scene->flights[index].sender) {
            return false;
        }
    }
    return true;
}

void map_draw_flights(const struct view *view, const struct scene *scene, struct canvas *canvas)
{
    for (uint32_t i = first_flight(scene); i < scene->flight_count; i++) {
        const struct scene_flight *flight = &scene->flights[i];
        float freshness = map_freshness(view, scene, flight->end_ns);
        if (freshness > 0 && flight->uplink) {
            draw_uplink(view, scene, flight, freshness, canvas);
        } else if (freshness > 0 && is_last_of_gateway(scene, i)) {
            draw_downlink(view, scene, flight, freshness, canvas);
        }
    }
}

/* Below the marks. Devices that got the same frame have the same halo, and are neighbours in the
 * order of marks, so they cost little. */
void map_draw_flashes(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look)
{
    struct canvas_mark marks[BATCH];
    size_t count = 0;
    for (uint32_t i = 0; i < scene->device_count; i++) {
        const struct scene_device *device = &scene->devices[i];
        float freshness = device->last_ns > 0 ? map_freshness(view, scene, device->last_ns) : 0.0f;
        if (freshness <= 0 || map_is_hidden(view, device)) {
            continue;
        }
        struct point at = map_point(view, (double)device->x_m, (double)device->y_m);
        float size = map_mark_size(look, device) + HALO;
        if (!map_sees(view, at, size)) {
            continue;
        }
        marks[count++] = (struct canvas_mark){ at.x, at.y, size,
            colour_with_alpha(mark_colour_of_cause(view->theme, device->last_cause),
                    alpha_of(freshness, 0.6f)) };
        if (count == BATCH) {
            canvas_marks(canvas, marks, count, look->squares);
            count = 0;
        }
    }
    canvas_marks(canvas, marks, count, look->squares);
}
