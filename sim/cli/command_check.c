/* fleetcast check: did the fleet get better or worse since the baselines were saved?
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/play_options.h"
#include "cli/scenario_list.h"
#include "cli/subject_input.h"
#include "commit.h"
#include "results/whole_file.h"
#include "study/check.h"
#include "study/digest.h"
#include "version.h"

#define DEFAULT_BASELINE "main"

struct options {
    struct scenario_list scenarios;
    const char *baseline; /* to compare with */
    const char *save;     /* to write instead */
    bool update;          /* to write after the comparison */
    struct play_options play;
    const char *firmware, *program, *junit;
    bool json;
};

static const struct argp_option options_table[] = {
    { "baseline", 'b', "NAME", 0, "Compares with the baseline NAME (default: main).", 0 },
    { "save-baseline", 's', "NAME", 0,
            "Saves what the runs measure as the baseline NAME and compares with nothing.", 0 },
    { "update", 'u', NULL, 0,
            "Compares, then saves what the runs measure in place of the baseline; no regression "
            "is a failure.",
            0 },
    { "firmware", 'f', "FILE", 0,
            "Runs all devices with this build, a shared object or 'built-in', whatever the "
            "scenario says.",
            0 },
    { "program", 'p', "FILE", 0, "Plays the runs with this fleetcast program.", 0 },
    { "junit", 'J', "FILE", 0, "Writes the verdicts as JUnit XML, too.", 0 },
    { "json", 'j', NULL, 0, "Prints JSON instead of text.", 0 },
    { 0 },
};

static const char documentation[] =
        "Plays scenarios (YAML files, shipped names, or folders of files) with several seeds, "
        "checks their expectations on every seed, and compares their headline metrics with a "
        "baseline of the same seeds: improved, regressed, changed within the noise threshold, or "
        "no change detected.\v"
        "The baseline NAME of FOLDER/CITY.yaml is the file FOLDER/baselines/NAME/CITY.json. Its "
        "runs and these face the same random numbers, so each metric is judged by Student's "
        "paired t test, with p values adjusted for the number of metrics (Holm): the chance of "
        "any false verdict in a check is at most 5 %.\n\n"
        "Exit status: 0 fine, 1 a metric regressed or an expectation failed, 2 bad usage, "
        "scenario, baseline or output, 3 a run failed, 128 + N signal N cut the check short.";

/* --- arguments -------------------------------------------------------------------------------- */

static void parse_name(const char **name, const char *argument, const struct argp_state *state)
{
    if (!baseline_name_is_good(argument)) {
        argp_error(state,
                "the name of a baseline has letters, digits, '.', '_' and '-', and starts with no "
                "'.': '%s'",
                argument);
    }
    *name = argument;
}

static void check_combination(const struct options *options, struct argp_state *state)
{
    if (options->save != NULL && (options->update || options->baseline != NULL)) {
        argp_error(state, "--save-baseline compares with nothing: leave out --baseline and "
                          "--update");
    }
    if (options->program != NULL && (options->save != NULL || options->update)) {
        argp_error(state, "a baseline names the program that saves it: save it with that program, "
                          "without --program");
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'b':
        parse_name(&options->baseline, argument, state);
        return 0;
    case 's':
        parse_name(&options->save, argument, state);
        return 0;
    case 'u':
        options->update = true;
        return 0;
    case 'f':
        options->firmware = argument;
        return 0;
    case 'p':
        options->program = argument;
        return 0;
    case 'J':
        options->junit = argument;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return scenario_list_add(&options->scenarios, argument) ? 0 : EINVAL;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->play;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num == 0) {
            argp_error(state, "which scenarios? Name files or folders");
        }
        check_combination(options, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- one scenario ----------------------------------------------------------------------------- */

/* Is the baseline one of the scenario as it is now? False after a message, but for an update. */
static bool is_of_scenario(const struct checked *checked, const struct options *options)
{
    char digest[STORE_HASH_SIZE];
    const struct scenario *scenario = checked->subject->scenario;
    digest_hex(scenario->text_sha256, digest);
    bool same = strcmp(digest, checked->baseline.scenario_sha256) == 0;
    if (!same && !options->update) {
        fprintf(stderr,
                "fleetcast: %s changed since its baseline '%s' was saved, so a difference would "
                "not be one of the program; save it again with --update\n",
                scenario->path, options->baseline);
    }
    return same;
}

/* Loads the baseline into `checked`. True without one where it is only to be saved. */
static bool load_baseline(struct checked *checked, const struct options *options)
{
    char path[BASELINE_PATH_MAX], error[512], notes[1024];
    const char *scenario = checked->subject->scenario->path;
    if (options->save != NULL) {
        return true;
    }
    if (!baseline_path(scenario, options->baseline, path)) {
        fprintf(stderr, "fleetcast: the path of the baseline of %s is too long\n", scenario);
        return false;
    }
    if (access(path, F_OK) != 0) {
        if (!options->update) {
            fprintf(stderr,
                    "fleetcast: %s has no baseline '%s' (%s); save one with 'fleetcast check "
                    "--save-baseline %s %s'\n",
                    scenario, options->baseline, path, options->baseline, scenario);
        }
        return options->update;
    }
    if (!baseline_load(path, &checked->baseline, notes, sizeof notes, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s: %s\n", path, error);
        return false;
    }
    if (notes[0] != '\0') {
        fprintf(stderr, "fleetcast: %s: %s; --update saves it with the metrics of this program\n",
                path, notes);
    }
    return true;
}

static bool start(struct checked *checked, const struct options *options)
{
    const struct replications *before = checked->baseline.replications;
    const struct seed_range range = play_options_seeds(&options->play);
    uint64_t *seeds = NULL;
    bool good;
    if (options->play.seeds.count == 0 && before != NULL) {
        good = subject_start(checked->subject, before->seeds, before->count);
    } else {
        seeds = seed_range_list(&range);
        good = seeds != NULL && subject_start(checked->subject, seeds, range.count);
    }
    if (!good) {
        fprintf(stderr, "fleetcast: out of memory\n");
    }
    free(seeds);
    return good;
}

/* Does the baseline have the seeds that are played? False after a message, but for an update. */
static bool has_seeds(const struct checked *checked, const struct options *options)
{
    const struct replications *before = checked->baseline.replications;
    uint64_t missing;
    bool has = comparison_possible(before, checked->subject->replications, &missing);
    if (!has && !options->update) {
        fprintf(stderr,
                "fleetcast: the baseline '%s' of %s has no seed %" PRIu64 " (it has %" PRIu64
                " to %" PRIu64 ", %zu in all); leave out --seeds, or save it with these seeds\n",
                options->baseline, checked->subject->scenario->path, missing, before->seeds[0],
                before->seeds[before->count - 1], before->count);
    }
    return has;
}

/* What is to be played, and what it is compared with: a baseline that does not fit is an error, or
 * is to be replaced. */
static bool prepare_scenario(struct checked *checked, const struct options *options)
{
    if (!load_baseline(checked, options) || !start(checked, options)) {
        return false;
    }
    if (checked->baseline.replications == NULL
            || (is_of_scenario(checked, options) && has_seeds(checked, options))) {
        return true;
    }
    baseline_finish(&checked->baseline);
    return options->update;
}

static bool prepare(struct check *check, struct subject_input *inputs,
        const struct options *options, const char *firmware)
{
    bool good = true;
    for (size_t i = 0; i < check->count; i++) {
        struct checked *checked = &check->items[i];
        checked->subject->program = options->program;
        good = subject_input_read(
                       &inputs[i], options->scenarios.paths[i], NULL, firmware, checked->subject)
               && prepare_scenario(checked, options) && good;
    }
    return good;
}

/* --- results ---------------------------------------------------------------------------------- */

static bool save_baselines(const struct check *check, const char *name)
{
    char path[BASELINE_PATH_MAX], error[512];
    for (size_t i = 0; i < check->count; i++) {
        const struct subject *subject = &check->subjects[i];
        struct baseline baseline = { .replications = subject->replications };
        snprintf(baseline.version, sizeof baseline.version, "%s", FLEETCAST_VERSION);
        snprintf(baseline.commit, sizeof baseline.commit, "%s", FLEETCAST_COMMIT);
        digest_hex(subject->scenario->text_sha256, baseline.scenario_sha256);
        snprintf(error, sizeof error, "its path is too long");
        if (!baseline_path(subject->scenario->path, name, path)
                || !baseline_save(path, &baseline, error, sizeof error)) {
            fprintf(stderr, "fleetcast: cannot save the baseline of %s: %s\n",
                    subject->scenario->path, error);
            return false;
        }
    }
    return true;
}

static void write_junit(FILE *out, void *context)
{
    check_write_junit(context, out);
}

static int status_of(const struct check *check, bool accepts)
{
    bool bad_scenario = false;
    for (size_t i = 0; i < check->count; i++) {
        const struct subject *subject = &check->subjects[i];
        bad_scenario = bad_scenario || (subject->broken > 0 && subject->status == EXIT_USAGE);
    }
    if (check_count_broken(check) > 0) {
        return bad_scenario ? EXIT_USAGE : EXIT_RUN;
    }
    bool failed = check_count_unmet(check) > 0
                  || (!accepts && check_count_verdicts(check, CHANGE_REGRESSED) > 0);
    return failed ? EXIT_EXPECTATION : EXIT_FINE;
}

static int report(struct check *check, const struct options *options)
{
    char error[512];
    if (!check_judge(check)) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_RUN;
    }
    int status = status_of(check, options->update);
    if (options->junit != NULL
            && !whole_file_write(options->junit, write_junit, check, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s\n", error);
        status = EXIT_USAGE;
    }
    if (options->json) {
        check_write_json(check, stdout);
    } else {
        check_write_text(check, options->play.quiet, stdout);
    }
    const char *save = options->update ? options->baseline : options->save;
    if (save == NULL) {
        return status;
    }
    if (status != EXIT_FINE) {
        fprintf(stderr, "fleetcast: the baseline '%s' was not saved\n", save);
        return status;
    }
    return save_baselines(check, save) ? EXIT_FINE : EXIT_USAGE;
}

static int check_scenarios(const struct options *options, const char *firmware)
{
    struct check check;
    size_t count = options->scenarios.count;
    struct subject_input *inputs = calloc(count, sizeof *inputs);
    int status = EXIT_RUN;
    if (!check_create(&check, count, options->play.threshold) || inputs == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
    } else if (!prepare(&check, inputs, options, firmware)) {
        status = EXIT_USAGE;
    } else {
        status = subject_inputs_play(check.subjects, count, &options->play);
        status = status == EXIT_FINE ? report(&check, options) : status;
    }
    check_finish(&check);
    for (size_t i = 0; inputs != NULL && i < count; i++) {
        subject_input_finish(&inputs[i]);
    }
    free(inputs);
    return status;
}

int command_check(int argc, char **argv, const struct program *program)
{
    (void)program;
    static const struct argp_child children[] = { { &play_options_argp, 0, NULL, 0 }, { 0 } };
    struct options options = { .play = PLAY_OPTIONS_DEFAULT };
    const struct argp argp = { options_table, parse_option, "SCENARIO|FOLDER...", documentation,
        children, NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    int status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        options.baseline = options.baseline != NULL ? options.baseline : DEFAULT_BASELINE;
        char *firmware = NULL;
        bool good = true;
        if (options.firmware != NULL) {
            firmware = subject_firmware_path(options.firmware);
            good = firmware != NULL;
        }
        status = good ? check_scenarios(&options, firmware) : EXIT_USAGE;
        free(firmware);
    }
    scenario_list_finish(&options.scenarios);
    return status;
}
