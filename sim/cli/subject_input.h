/* What check and compare play: scenarios that the command line names, with a firmware of choice.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_SUBJECT_INPUT_H
#define CLI_SUBJECT_INPUT_H

#include "cli/play_options.h"
#include "cli/sets.h"
#include "scenario/scenario.h"
#include "study/subject.h"

/* What a subject points to. */
struct subject_input {
    struct scenario *scenario;
    char **firmware_sets; /* "devices.0.firmware=PATH", NULL-terminated; NULL: none */
    const char **sets;
};

/* Reads the file `path` with `sets` (NULL: none), its devices with the build `firmware` (NULL:
 * those of the scenario), and fills what is played of `subject`. False after a message on stderr.
 * subject_input_finish() in any case. */
bool subject_input_read(struct subject_input *input, const char *path, const struct sets *sets,
        const char *firmware, struct subject *subject);
void subject_input_finish(struct subject_input *input);

/* The file of a build named on the command line, which holds for any folder: "built-in", or an
 * absolute path that the caller frees. NULL after a message. */
char *subject_firmware_path(const char *name);

/* Plays all runs, with a progress line on a terminal. The exit status: EXIT_FINE, or after a
 * message EXIT_USAGE (memory holds not even one run), EXIT_RUN, or 128 + N after signal N. */
int subject_inputs_play(struct subject *subjects, size_t count, const struct play_options *options);

#endif
