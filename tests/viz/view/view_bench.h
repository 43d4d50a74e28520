/* A view of a scene that a test fills, on a canvas that notes what is drawn.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_BENCH_H
#define VIEW_BENCH_H

#include "canvas_record.h"
#include "view/view.h"

extern struct schemes schemes;
extern struct view view;
extern struct scene *scene;
extern struct canvas *canvas;

/* A window of 1280 x 800, and an empty scene. */
void view_bench_start(uint32_t devices, uint32_t gateways);
void view_bench_finish(void);
/* Draws one part, and nothing else is noted. */
void view_bench_draw(const struct view_part *part);

#endif
