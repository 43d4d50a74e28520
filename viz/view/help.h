/* The help: the list of keys and what every mark means, over the view.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_HELP_H
#define VIEW_HELP_H

#include "view/view.h"

/* Over all of the canvas. In a small window the last rows are left out, which the last line says.
 */
void help_draw(const struct view *view, struct canvas *canvas);

#endif
