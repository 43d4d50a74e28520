/* fleetcast diff: plays two runs side by side and names the first event in which they part.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/play.h"
#include "cli/progress.h"
#include "cli/setting_options.h"
#include "cli/subject_input.h"
#include "explain/difference.h"

enum option_key {
    KEY_SET_A = 256,
    KEY_SET_B
};

static const struct argp_option options_table[] = {
    { "set", 'S', "KEY=VALUE", 0, "Overrides a scenario key in both; may be repeated.", 0 },
    { "set-a", KEY_SET_A, "KEY=VALUE", 0, "Overrides a scenario key in A; may be repeated.", 0 },
    { "set-b", KEY_SET_B, "KEY=VALUE", 0, "Overrides a scenario key in B; may be repeated.", 0 },
    { "seed", 's', "N", 0, "Uses N as the random seed of both (default: the scenario's).", 0 },
    { "firmware", 'f', "FILE", 0,
            "Runs all devices with this build, a shared object or 'built-in'; twice: first A, "
            "then B.",
            0 },
    { "events", 'e', "FILE", 0,
            "Compares events of the scenario that 'run' has written with its option of this name, "
            "and plays nothing; twice: first A, then B.",
            0 },
    { "view", 'v', NULL, 0, "Opens a window with run A at the event, its device selected.", 0 },
    { "quiet", 'q', NULL, 0, "Prints no progress line.", 0 },
    { 0 },
};

static const char documentation[] =
        "Plays A and B side by side and names the first entity and its first event that are not "
        "the same in both, with what led to it. B is A if it is not named. The first event is "
        "the earliest in simulated time.\v"
        "Runs whose events are all the same are compared by their results. Both are played by this "
        "program: 'fleetcast compare --program' compares the results of two programs.\n\n"
        "Exit status: 0 the runs are equal, 1 they are not, 2 bad usage, scenario or events, 3 out "
        "of memory.";

struct diff_options {
    const char *scenarios[2], *firmwares[2], *events[2];
    size_t scenario_count, firmware_count, event_count;
    struct sets both, own[2];
    bool view, quiet;
    struct run_settings settings;
};

static void add_word(const char *words[2], size_t *count, const char *what, const char *word,
        const struct argp_state *state)
{
    if (*count == 2) {
        argp_error(state, "two %s at most: '%s' is one too many", what, word);
    }
    words[(*count)++] = word;
}

static void check_scenarios(const struct diff_options *options, const struct argp_state *state)
{
    if (options->scenario_count == 0) {
        argp_error(state, "which scenario? Name one, or two to compare them");
    }
    for (size_t i = 0; i < options->scenario_count; i++) {
        if (strcmp(options->scenarios[i], "-") == 0) {
            argp_error(state, "a scenario is read twice: it cannot come from standard input");
        }
    }
}

/* Events name stations and campaigns by their numbers, which are those of one scenario. */
static void check_events(const struct diff_options *options, const struct argp_state *state)
{
    if (options->event_count == 1) {
        argp_error(state, "--events: give it twice, for A and for B");
    }
    bool differ = options->scenario_count > 1 || options->firmware_count > 1
                  || options->own[0].count + options->own[1].count > 0;
    if (options->event_count > 0 && differ) {
        argp_error(state, "--events: both are of one scenario; --set-a, --set-b and a second "
                          "scenario or firmware have no effect");
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct diff_options *options = state->input;
    switch (key) {
    case 'S':
        sets_add(&options->both, argument, state);
        return 0;
    case KEY_SET_A:
    case KEY_SET_B:
        sets_add(&options->own[key - KEY_SET_A], argument, state);
        return 0;
    case 's':
        sets_add_seed(&options->both, argument, state);
        return 0;
    case 'f':
        add_word(options->firmwares, &options->firmware_count, "firmwares", argument, state);
        return 0;
    case 'e':
        add_word(options->events, &options->event_count, "files of events", argument, state);
        return 0;
    case 'v':
        options->view = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        add_word(options->scenarios, &options->scenario_count, "scenarios", argument, state);
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->settings;
        return 0;
    case ARGP_KEY_END:
        check_scenarios(options, state);
        check_events(options, state);
        for (int i = 0; i < 2; i++) {
            for (size_t k = 0; k < options->both.count; k++) {
                sets_add(&options->own[i], options->both.items[k], state);
            }
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- the two sides ---------------------------------------------------------------------------- */

struct played {
    struct subject subject;
    struct subject_input input;
    struct run *run;
};

static const char *word_of(const char *const words[2], size_t count, size_t side)
{
    return count == 0 ? NULL : words[count == 2 ? side : 0];
}

static bool prepare(struct played *side, size_t index, const struct diff_options *options)
{
    char path[SCENARIO_PATH_MAX];
    const char *name = word_of(options->firmwares, options->firmware_count, index);
    char *firmware = name != NULL ? subject_firmware_path(name) : NULL;
    bool read = (name == NULL || firmware != NULL)
                && scenario_file(word_of(options->scenarios, options->scenario_count, index), path)
                && subject_input_read(
                        &side->input, path, &options->own[index], firmware, &side->subject);
    free(firmware);
    return read;
}

/* Of events that were written, the runs are made for what they know of stations. */
static bool make(struct played sides[2], const struct diff_options *options)
{
    struct run_settings settings[2] = { options->settings, options->settings };
    const uint32_t counts[2] = { scenario_device_count(sides[0].input.scenario),
        scenario_device_count(sides[1].input.scenario) };
    for (int turn = 0; turn < 2; turn++) {
        int i = (counts[1] > counts[0]) ^ turn; /* the larger one first: it is what does not fit */
        uint64_t kept_bytes = memory_need_bytes(counts[1 - i], MEMORY_SPARE);
        if (!play_plan(sides[i].input.scenario, kept_bytes, options->quiet, &settings[i])) {
            return false;
        }
    }
    for (int i = 0; i < 2; i++) {
        sides[i].run = play_create(sides[i].input.scenario, &settings[i], options->quiet);
        if (sides[i].run == NULL) {
            return false;
        }
    }
    return true;
}

/* Both runs, at the pace of the first. */
struct ticks {
    struct progress progress;
    const struct world *world;
};

static void tick(void *context, sim_ns now_ns)
{
    struct ticks *ticks = context;
    (void)now_ns;
    progress_show(&ticks->progress, ticks->world);
}

/* Run A once more, up to the difference. */
static void show(const struct played *side, const struct difference *difference,
        const struct diff_options *options, const struct program *program)
{
    const struct world *world = run_world(side->run);
    uint32_t device = difference->entity - world->first_device;
    const struct run_viewing viewing = {
        .scenario = side->input.scenario,
        .settings = options->settings,
        .sets = side->subject.sets,
        .set_count = side->subject.set_count,
        .at_ns = difference->at_ns,
        .device = difference->kind == DIFFERENCE_EVENT && device < world->device_count ? device
                                                                                       : UINT32_MAX,
    };
    program->view(&viewing);
}

/* Says what was found. */
static int tell(const struct played sides[2], const struct difference *difference,
        const struct diff_options *options, const struct program *program)
{
    const struct world *const worlds[2] = { run_world(sides[0].run), run_world(sides[1].run) };
    difference_write(difference, worlds, stdout);
    fflush(stdout);
    if (options->view && difference->kind != DIFFERENCE_NONE) {
        show(&sides[0], difference, options, program);
    }
    return difference->kind == DIFFERENCE_NONE ? EXIT_FINE : EXIT_EXPECTATION;
}

static int compare(
        struct played sides[2], const struct diff_options *options, const struct program *program)
{
    struct run *const runs[2] = { sides[0].run, sides[1].run };
    struct difference difference;
    struct ticks ticks = { .world = run_world(runs[0]) };
    progress_start(&ticks.progress, stderr, options->quiet);
    bool ok = difference_find(runs, tick, &ticks, &difference);
    progress_clear(&ticks.progress);
    int status = EXIT_RUN;
    if (ok) {
        status = tell(sides, &difference, options, program);
    } else {
        fprintf(stderr, "fleetcast: out of memory\n");
    }
    difference_finish(&difference);
    return status;
}

/* Of events that were written before. */
static int compare_events(
        struct played sides[2], const struct diff_options *options, const struct program *program)
{
    char error[512] = "";
    struct event_reader *readers[2] = { NULL, NULL };
    struct difference difference = { .kind = DIFFERENCE_NONE };
    int status = EXIT_USAGE;
    const struct world *world = run_world(sides[0].run);
    bool opened = true;
    for (int i = 0; i < 2 && opened; i++) {
        readers[i] = event_reader_open(options->events[i], world, error, sizeof error);
        opened = readers[i] != NULL;
    }
    if (opened
            && difference_find_recorded((struct event_reader *const *)readers, world, &difference,
                    error, sizeof error)) {
        status = tell(sides, &difference, options, program);
    } else {
        fprintf(stderr, "fleetcast: %s\n", error);
    }
    difference_finish(&difference);
    event_reader_close(readers[0]);
    event_reader_close(readers[1]);
    return status;
}

int command_diff(int argc, char **argv, const struct program *program)
{
    static const struct argp_child children[] = { { &setting_options_argp, 0, NULL, 0 }, { 0 } };
    struct diff_options options = { .settings = { .crypto_memo = true } };
    const struct argp argp = { options_table, parse_option, "A [B]", documentation, children, NULL,
        NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    struct played *sides = calloc(2, sizeof *sides);
    if (sides == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_RUN;
    }
    bool ready = prepare(&sides[0], 0, &options) && prepare(&sides[1], 1, &options)
                 && make(sides, &options);
    int status = !ready                    ? EXIT_USAGE
                 : options.event_count > 0 ? compare_events(sides, &options, program)
                                           : compare(sides, &options, program);
    for (size_t i = 0; i < 2; i++) {
        run_destroy(sides[i].run);
        subject_input_finish(&sides[i].input);
    }
    free(sides);
    return status;
}
