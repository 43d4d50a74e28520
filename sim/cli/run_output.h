/* The files that `fleetcast run` writes: known to be writable before the run, whole after it.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_RUN_OUTPUT_H
#define CLI_RUN_OUTPUT_H

#include <stdbool.h>

#include "cli/capture.h"
#include "cli/output_folder.h"
#include "cli/run_options.h"
#include "results/events.h"
#include "study/run_database.h"

#define RUN_OUTPUT_TEMPORARIES 2u

struct run_output {
    struct output_folder folder; /* --out */
    struct capture capture;
    struct events *events; /* NULL: none are wanted */
};

/* Creates and tries the folder. False after a message: nothing is left. */
bool run_output_open(struct run_output *output, const struct run_options *options);
/* Opens capture and events, which hear of the run that has not begun. False likewise. */
bool run_output_listen(
        struct run_output *output, const struct run_options *options, struct world *world);
/* What to unlink when the program has to end at once: a path for each i below
 * RUN_OUTPUT_TEMPORARIES, or NULL. */
const char *run_output_temporary(const struct run_output *output, unsigned i);
/* Gives up before anything was written: nothing is left. */
void run_output_discard(struct run_output *output);

/* Writes everything, and goes on with the other files after one that cannot be written. False after
 * a message for each of those. */
bool run_output_write(struct run_output *output, const struct run_record *record);

#endif
