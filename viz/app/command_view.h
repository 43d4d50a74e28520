/* fleetcast view, and the window of `fleetcast run --view`.
 * SPDX-License-Identifier: MIT
 */
#ifndef APP_COMMAND_VIEW_H
#define APP_COMMAND_VIEW_H

#include "cli/command.h"

int command_view(int argc, char **argv, const struct program *program);
bool view_run(const struct run_viewing *viewing); /* as struct program says */

#endif
