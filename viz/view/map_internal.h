/* What the files of the map share; no other file includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_MAP_INTERNAL_H
#define VIEW_MAP_INTERNAL_H

#include "view/mark_colour.h"
#include "view/view.h"

/* How devices are drawn at the camera's distance. */
struct map_look {
    float spacing;  /* points between neighbours, if all were spread evenly */
    float diameter; /* of a device that has all fragments */
    bool squares;
};
struct map_look map_look(const struct view *view, const struct scene *scene);

/* Diameter of a device's mark: it grows with its share of fragments. */
float map_mark_size(const struct map_look *look, const struct scene_device *device);
bool map_trouble_acts(const struct scene *scene, const struct scene_trouble *trouble);
bool map_is_hidden(const struct view *view, const struct scene_device *device);
/* Is a mark of that size in the part's box, at least in part? */
bool map_sees(const struct view *view, struct point at, float size);

/* Simulated time over which what happened fades: a second of watching at the speed commanded. */
sim_ns map_fade_ns(const struct view *view);
/* 1: it is now, 0: it has faded. */
float map_freshness(const struct view *view, const struct scene *scene, sim_ns end_ns);

/* Of the line up to which a data rate is received; index into scene_coverage.needed_mdbm. */
struct colour map_edge_colour(enum theme_kind theme, unsigned edge);

/* Of the ring around a station that transmits. */
#define MAP_SF_MIN 7
#define MAP_SF_MAX 12
struct colour map_sf_colour(enum theme_kind theme, uint8_t spreading_factor);

/* Layers, from the lowest on. */
void map_draw_coverage(const struct view *view, const struct scene *scene, struct canvas *canvas);
void map_draw_flights(const struct view *view, const struct scene *scene, struct canvas *canvas);
void map_draw_flashes(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look);
void map_draw_devices(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look);
void map_draw_gateways(const struct view *view, const struct scene *scene, struct canvas *canvas);
void map_draw_troubles(const struct view *view, const struct scene *scene, struct canvas *canvas);
void map_draw_labels(const struct view *view, const struct scene *scene, struct canvas *canvas,
        const struct map_look *look);
void map_draw_scale(const struct view *view, struct canvas *canvas);
void map_draw_warning(const struct view *view, const struct scene *scene, struct canvas *canvas);

/* Where these two have their text. */
struct box map_scale_box(const struct view *view);
struct box map_warning_box(const struct view *view);

#endif
