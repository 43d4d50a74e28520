/* In place of the view, in a build without SDL.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "app/command_view.h"

bool view_run(const struct run_viewing *viewing)
{
    (void)viewing;
    fprintf(stderr, "fleetcast: this build has no view: install libsdl2-dev, libsdl2-ttf-dev and "
                    "libpng-dev, and build it again\n");
    return false;
}

int command_view(int argc, char **argv, const struct program *program)
{
    (void)argc;
    (void)argv;
    (void)program;
    view_run(NULL);
    return EXIT_USAGE;
}
