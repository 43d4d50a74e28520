/* The selected device in the panel.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_PANEL_DEVICE_H
#define VIEW_PANEL_DEVICE_H

#include "view/panel_column.h"
#include "view/view.h"

/* view->selected is a device. Its detail is shown once the scene has it. */
void panel_device_draw(const struct view *view, const struct scene *scene, struct column *column);

#endif
