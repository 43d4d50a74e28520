/* The colours of marks: one meaning, one colour, in every part of the view.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_MARK_COLOUR_H
#define VIEW_MARK_COLOUR_H

#include "air/frame.h"
#include "draw/theme.h"
#include "watch/scene.h"

/* Of a frame or a fragment that was lost; LOSS_NONE: received. */
struct colour mark_colour_of_cause(enum theme_kind theme, enum loss_cause cause);
struct colour mark_colour_of_stage(enum theme_kind theme, enum scene_stage stage);

#endif
