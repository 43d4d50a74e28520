/* The program.
 * SPDX-License-Identifier: MIT
 */
#include "app/command_view.h"

int main(int argc, char **argv)
{
    static const struct command commands[] = {
        { "view", command_view, "Plays a scenario in a window, or draws pictures of it." },
    };
    static const struct program program = { commands, sizeof commands / sizeof commands[0],
        view_run };
    return command_main(argc, argv, &program);
}
