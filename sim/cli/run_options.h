/* The arguments of `fleetcast run`.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/sets.h"
#include "results/event_filter.h"
#include "results/pcap.h"
#include "run/run.h"

#define RUN_ARGUMENTS_MAX 256u

struct run_options {
    const char *scenario; /* NULL: the demonstration */
    const char *out;
    const char *pcap; /* "-": standard output, which takes nothing else then */
    enum pcap_form pcap_form;
    const char *events; /* likewise */
    struct event_filter event_filter;
    bool json, quiet, force, view;
    struct run_settings settings;
    size_t argument_count; /* as the program was called, for run.json */
    const char *arguments[RUN_ARGUMENTS_MAX];
    struct sets sets;
};

/* Ends the program on a mistake, and after --help. */
void run_options_parse(struct run_options *options, int argc, char **argv);
/* The command line that plays the same run again, quoted for a shell. */
void run_options_print_again(const struct run_options *options, const char *path, FILE *out);

#endif
