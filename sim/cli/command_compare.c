/* fleetcast compare: the paired differences of two firmwares, scenarios or programs.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/play_options.h"
#include "cli/subject_input.h"
#include "study/check.h"
#include "study/comparison_table.h"

/* Something that is given once, for both, or twice. */
struct pair {
    size_t count;
    const char *words[2];
};

struct options {
    struct pair scenarios, firmwares, programs;
    struct sets sets;
    struct play_options play;
    bool json;
};

static const struct argp_option options_table[] = {
    { "firmware", 'f', "FILE", 0,
            "Runs all devices with this build, a shared object or 'built-in'; twice: first A, "
            "then B.",
            0 },
    { "program", 'p', "FILE", 0,
            "Plays the runs with this fleetcast program; twice: first A, then B.", 0 },
    { "set", 'S', "KEY=VALUE", 0, "Overrides a scenario key in both; may be repeated.", 0 },
    { "json", 'j', NULL, 0, "Prints JSON instead of the table.", 0 },
    { 0 },
};

static const char documentation[] =
        "Plays A and B with the same seeds and prints the paired difference of every headline "
        "metric. A and B differ in scenario, firmware or program: at least one of the three is "
        "named twice, and what is named once holds for both.\v"
        "The verdict on B is that of 'fleetcast check': p values of Student's paired t test are "
        "adjusted for the number of metrics (Holm), and changes of at most the threshold are "
        "called so.\n\n"
        "Exit status: 0 compared, 2 bad usage or scenario, 3 a run failed, 128 + N signal N cut "
        "the comparison short.";

static void add_word(
        struct pair *pair, const char *what, const char *word, const struct argp_state *state)
{
    if (pair->count == 2) {
        argp_error(state, "two %s at most: '%s' is one too many", what, word);
    }
    pair->words[pair->count++] = word;
}

static void check_options(const struct options *options, struct argp_state *state)
{
    if (options->scenarios.count == 0) {
        argp_error(state, "which scenario? Name one, or two to compare them");
    }
    if (options->scenarios.count < 2 && options->firmwares.count < 2
            && options->programs.count < 2) {
        argp_error(state, "what is to be compared? Name two scenarios, --firmware twice or "
                          "--program twice");
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'f':
        add_word(&options->firmwares, "firmwares", argument, state);
        return 0;
    case 'p':
        add_word(&options->programs, "programs", argument, state);
        return 0;
    case 'S':
        sets_add(&options->sets, argument, state);
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        add_word(&options->scenarios, "scenarios", argument, state);
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->play;
        return 0;
    case ARGP_KEY_END:
        check_options(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* NULL: none is named. */
static const char *word_of(const struct pair *pair, size_t side)
{
    return pair->count == 0 ? NULL : pair->words[pair->count == 2 ? side : 0];
}

/* --- the two sides ---------------------------------------------------------------------------- */

struct sides {
    struct subject subjects[2];
    struct subject_input inputs[2];
};

static bool prepare_side(struct sides *sides, size_t side, const struct options *options)
{
    const struct seed_range range = play_options_seeds(&options->play);
    const char *name = word_of(&options->firmwares, side);
    struct subject *subject = &sides->subjects[side];
    char path[SCENARIO_PATH_MAX];
    char *firmware = name != NULL ? subject_firmware_path(name) : NULL;
    uint64_t *seeds = seed_range_list(&range);
    subject->program = word_of(&options->programs, side);
    bool good = seeds != NULL && (name == NULL || firmware != NULL)
                && scenario_file(word_of(&options->scenarios, side), path)
                && subject_input_read(&sides->inputs[side], path, &options->sets, firmware, subject)
                && subject_start(subject, seeds, range.count);
    free(firmware);
    free(seeds);
    return good;
}

static void write_side(const struct sides *sides, size_t side, const struct options *options)
{
    const char *firmware = word_of(&options->firmwares, side);
    const char *program = word_of(&options->programs, side);
    printf("%c: %s%s%s%s%s\n", side == 0 ? 'A' : 'B', sides->subjects[side].scenario->path,
            firmware != NULL ? ", firmware " : "", firmware != NULL ? firmware : "",
            program != NULL ? ", program " : "", program != NULL ? program : "");
}

static bool is_broken(const struct sides *sides)
{
    for (size_t side = 0; side < 2; side++) {
        if (sides->subjects[side].broken > 0) {
            char text[JOB_MESSAGE_SIZE + 160];
            check_broken_format(&sides->subjects[side], text, sizeof text);
            fprintf(stderr, "fleetcast: %c: %s\n", side == 0 ? 'A' : 'B', text);
        }
    }
    return sides->subjects[0].broken > 0 || sides->subjects[1].broken > 0;
}

static void write_json(const struct change *changes, size_t count)
{
    fputs("{\"changes\": [", stdout);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n " : "\n ", stdout);
        change_write_json(&changes[i], stdout);
    }
    fputs("\n]}\n", stdout);
}

static int report(const struct sides *sides, const struct options *options)
{
    struct change changes[HEADLINE_COUNT];
    const struct replications *a = sides->subjects[0].replications;
    const struct replications *b = sides->subjects[1].replications;
    if (is_broken(sides)) {
        return EXIT_RUN;
    }
    int count = comparison_make(a, b, changes);
    if (count < 0 || !comparison_judge(changes, (size_t)count, options->play.threshold)) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_RUN;
    }
    if (options->json) {
        write_json(changes, (size_t)count);
        return EXIT_FINE;
    }
    char text[256];
    write_side(sides, 0, options);
    write_side(sides, 1, options);
    printf("seeds %" PRIu64 " to %" PRIu64 "; %s\n\n", a->seeds[0], a->seeds[a->count - 1],
            comparison_layers_format(a, b, text, sizeof text) ? text
                                                              : "all trace hashes are equal");
    comparison_write_table(changes, (size_t)count, stdout);
    return EXIT_FINE;
}

int command_compare(int argc, char **argv, const struct program *program)
{
    (void)program;
    static const struct argp_child children[] = { { &play_options_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = { options_table, parse_option, "SCENARIO [SCENARIO]", documentation,
        children, NULL, NULL };
    struct options options = { .play = PLAY_OPTIONS_DEFAULT };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct sides *sides = calloc(1, sizeof *sides);
    int status = EXIT_USAGE;
    if (sides == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_RUN;
    }
    if (prepare_side(sides, 0, &options) && prepare_side(sides, 1, &options)) {
        status = subject_inputs_play(sides->subjects, 2, &options.play);
        status = status == EXIT_FINE ? report(sides, &options) : status;
    }
    for (size_t side = 0; side < 2; side++) {
        subject_finish(&sides->subjects[side]);
        subject_input_finish(&sides->inputs[side]);
    }
    free(sides);
    return status;
}
