/* The map: where things are, what the pointer does, and the order of its layers.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "view/map_internal.h"
#include "view/widgets.h"

#define MARGIN            36.0 /* points around all stations */
#define PICK_POINTS       8.0f
#define ZOOM_TURN         1.25 /* of one step of the wheel */
#define ZOOM_TWICE        2.0  /* of a double click */
#define METRES_POINT_MIN  1e-3
#define METRES_POINT_MAX  1e4
#define HALF_EXTENT_LEAST 50.0 /* metres around a single station */

struct extent {
    double left, right, bottom, top; /* metres */
};

static void extend(struct extent *extent, double x_m, double y_m)
{
    extent->left = fmin(extent->left, x_m);
    extent->right = fmax(extent->right, x_m);
    extent->bottom = fmin(extent->bottom, y_m);
    extent->top = fmax(extent->top, y_m);
}

/* Of all stations, adversaries and jammers; around the origin without any. */
static struct extent extent_of(const struct scene *scene)
{
    struct extent extent = { INFINITY, -INFINITY, INFINITY, -INFINITY };
    for (uint32_t i = 0; i < scene->device_count; i++) {
        extend(&extent, (double)scene->devices[i].x_m, (double)scene->devices[i].y_m);
    }
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        extend(&extent, (double)scene->gateways[i].x_m, (double)scene->gateways[i].y_m);
    }
    for (uint32_t i = 0; i < scene->trouble_count; i++) {
        const struct scene_trouble *trouble = &scene->troubles[i];
        if (trouble->placed) {
            extend(&extent, (double)trouble->x_m, (double)trouble->y_m);
        }
    }
    return extent.left <= extent.right ? extent : (struct extent){ 0 };
}

struct point map_point(const struct view *view, double x_m, double y_m)
{
    const struct box *box = &view->boxes[VIEW_MAP];
    const struct camera *camera = &view->camera;
    return (struct point){
        box->x + box->width / 2 + (float)((x_m - camera->x_m) / camera->metres_per_point),
        box->y + box->height / 2 - (float)((y_m - camera->y_m) / camera->metres_per_point),
    };
}

/* The map beside the legend, where that leaves most of it. */
static struct box beside_legend(const struct view *view)
{
    struct box box = view->boxes[VIEW_MAP];
    const struct box *legend = &view->boxes[VIEW_LEGEND];
    float left = legend->x + legend->width - box.x;
    if (!box_empty(*legend) && left < box.width / 3) {
        box_cut(&box, EDGE_LEFT, left);
    }
    return box;
}

void map_fit(struct view *view, const struct scene *scene)
{
    struct box box = beside_legend(view);
    struct extent extent = extent_of(scene);
    double width = fmax(extent.right - extent.left, 2 * HALF_EXTENT_LEAST);
    double height = fmax(extent.top - extent.bottom, 2 * HALF_EXTENT_LEAST);
    double room_x = fmax((double)box.width - 2 * MARGIN, MARGIN);
    double room_y = fmax((double)box.height - 2 * MARGIN, MARGIN);
    double metres_per_point = fmax(width / room_x, height / room_y);
    double aside = (double)(view->boxes[VIEW_MAP].width - box.width) / 2; /* points to the right */
    view->camera = (struct camera){
        .x_m = (extent.left + extent.right) / 2 - aside * metres_per_point,
        .y_m = (extent.bottom + extent.top) / 2,
        .metres_per_point = metres_per_point,
    };
}

void map_zoom(struct view *view, struct point at, double factor)
{
    const struct box *box = &view->boxes[VIEW_MAP];
    struct camera *camera = &view->camera;
    double before = camera->metres_per_point;
    double after = fmin(fmax(before / factor, METRES_POINT_MIN), METRES_POINT_MAX);
    double right = (double)(at.x - box->x - box->width / 2);
    double up = (double)(box->y + box->height / 2 - at.y);
    camera->x_m += right * (before - after);
    camera->y_m += up * (before - after);
    camera->metres_per_point = after;
    view->fitted = false;
}

struct map_look map_look(const struct view *view, const struct scene *scene)
{
    struct extent extent = extent_of(scene);
    double area = fmax((extent.right - extent.left) * (extent.top - extent.bottom), 1.0);
    double spacing_m = sqrt(area / fmax(scene->device_count, 1));
    struct map_look look = { .spacing = (float)(spacing_m / view->camera.metres_per_point) };
    look.diameter = fminf(fmaxf(look.spacing * 0.7f, 4.0f), 14.0f);
    look.squares = look.diameter < 5.0f;
    return look;
}

bool map_is_hidden(const struct view *view, const struct scene_device *device)
{
    return (view->hidden_stages >> device->stage & 1u) != 0;
}

bool map_sees(const struct view *view, struct point at, float size)
{
    const struct box *box = &view->boxes[VIEW_MAP];
    return at.x + size > box->x && at.x - size < box->x + box->width && at.y + size > box->y
           && at.y - size < box->y + box->height;
}

static float distance(struct point a, struct point b)
{
    return hypotf(a.x - b.x, a.y - b.y);
}

/* The station that is nearest to a place of the picture, of those that are near it. */
struct nearest {
    struct point at;
    float points;
    uint32_t station; /* SCENE_NONE: none */
};

static void consider(
        const struct view *view, uint32_t station, float x_m, float y_m, struct nearest *nearest)
{
    float away = distance(map_point(view, (double)x_m, (double)y_m), nearest->at);
    if (away <= nearest->points) {
        nearest->points = away;
        nearest->station = station;
    }
}

uint32_t map_device_at(const struct view *view, const struct scene *scene, struct point at)
{
    struct nearest nearest = { at, PICK_POINTS, SCENE_NONE };
    for (uint32_t i = 0; i < scene->device_count; i++) {
        const struct scene_device *device = &scene->devices[i];
        if (!map_is_hidden(view, device)) {
            consider(view, i, device->x_m, device->y_m, &nearest);
        }
    }
    return nearest.station;
}

uint32_t map_gateway_at(const struct view *view, const struct scene *scene, struct point at)
{
    struct nearest nearest = { at, PICK_POINTS, SCENE_NONE };
    for (uint32_t i = 0; i < scene->gateway_count; i++) {
        consider(view, i, scene->gateways[i].x_m, scene->gateways[i].y_m, &nearest);
    }
    return nearest.station;
}

sim_ns map_fade_ns(const struct view *view)
{
    /* Beyond a minute a second, nothing that ended would ever fade. */
    double speed = fmin(fmax(view->player.speed, 1.0), 60.0);
    return (sim_ns)(speed * (double)SIM_NS_PER_S);
}

float map_freshness(const struct view *view, const struct scene *scene, sim_ns end_ns)
{
    sim_ns age_ns = scene->now_ns - end_ns;
    if (age_ns <= 0) {
        return 1.0f;
    }
    return fmaxf(1.0f - (float)((double)age_ns / (double)map_fade_ns(view)), 0.0f);
}

static void draw(struct view *view, const struct scene *scene, struct canvas *canvas)
{
    struct map_look look = map_look(view, scene);
    if (view->coverage) {
        map_draw_coverage(view, scene, canvas);
    }
    map_draw_flashes(view, scene, canvas, &look);
    map_draw_devices(view, scene, canvas, &look);
    map_draw_flights(view, scene, canvas);
    map_draw_gateways(view, scene, canvas);
    map_draw_troubles(view, scene, canvas);
    map_draw_labels(view, scene, canvas, &look);
    map_draw_scale(view, canvas);
    map_draw_warning(view, scene, canvas);
}

/* The nearer one of a device and a gateway; of two at one place the device. A press beside all
 * stations may begin a drag, and selects nothing else. */
static bool press(struct view *view, const struct scene *scene, struct point at, bool twice)
{
    uint32_t device = map_device_at(view, scene, at);
    uint32_t gateway = map_gateway_at(view, scene, at);
    if (device != SCENE_NONE && gateway != SCENE_NONE) {
        const struct scene_device *d = &scene->devices[device];
        const struct scene_gateway *g = &scene->gateways[gateway];
        float to_device = distance(map_point(view, (double)d->x_m, (double)d->y_m), at);
        float to_gateway = distance(map_point(view, (double)g->x_m, (double)g->y_m), at);
        gateway = to_gateway < to_device ? gateway : SCENE_NONE;
        device = gateway == SCENE_NONE ? device : SCENE_NONE;
    }
    if (device != SCENE_NONE) {
        view->follow = FOLLOW_NONE;
        view_select(view, device);
    } else if (gateway != SCENE_NONE) {
        view->gateway = gateway;
    } else if (twice) {
        map_zoom(view, at, ZOOM_TWICE);
    }
    return true;
}

static bool drag(struct view *view, const struct scene *scene, struct point at, struct point by)
{
    view->camera.x_m -= (double)by.x * view->camera.metres_per_point;
    view->camera.y_m += (double)by.y * view->camera.metres_per_point;
    view->fitted = false;
    return true;
}

static bool wheel(struct view *view, const struct scene *scene, struct point at, float turns)
{
    map_zoom(view, at, pow(ZOOM_TURN, (double)turns));
    return true;
}

const struct view_part map_part = { "map", draw, press, drag, wheel };
