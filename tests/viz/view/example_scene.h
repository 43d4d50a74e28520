/* A scene as of a campaign at its middle, made by hand: 1000 devices, 3 gateways, 3 pinned devices,
 * one of them selected. The same in every run.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_EXAMPLE_SCENE_H
#define TESTS_EXAMPLE_SCENE_H

#include "view/view.h"

#define EXAMPLE_DEVICES  1000u
#define EXAMPLE_GATEWAYS 3u
#define EXAMPLE_SELECTED 417u
#define EXAMPLE_END_NS   (24 * 3600 * SIM_NS_PER_S)
#define EXAMPLE_NOW_NS   (13 * 3600 * SIM_NS_PER_S + 1234 * SIM_NS_PER_S)

struct scene *example_scene(void); /* for scene_destroy() */
/* A view of it, in a window of that size, with what is pinned and selected. */
void example_view(struct view *view, struct schemes *schemes, float width, float height);
/* Appends an item that has settled. */
void example_lane_add(struct lane *lane, struct lane_item item);

#endif
