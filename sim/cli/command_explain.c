/* fleetcast explain: plays a scenario and tells what one device did in it.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/play.h"
#include "cli/scenario_input.h"
#include "cli/setting_options.h"
#include "explain/choice.h"
#include "explain/sentence.h"
#include "explain/story.h"

static const struct argp_option options_table[] = {
    { "device", 'd', "N", 0, "Explains device N, counted from 0 (default: 0).", 0 },
    { "worst", 'w', "METRIC", 0,
            "Explains the worst device in METRIC: energy, update (its energy for the "
            "update), missing (fragments), set-up (its duration) or clock (its error).",
            0 },
    { "failed", 'F', "REASON", 0,
            "Explains the first device that failed for REASON, a key of devices.failed in "
            "summary.json.",
            0 },
    { "seed", 's', "N", 0, "Uses N as the random seed (default: the scenario's).", 0 },
    { "set", 'S', "KEY=VALUE", 0, "Overrides a scenario key; may be repeated.", 0 },
    { "json", 'j', NULL, 0, "Prints the story as JSON.", 0 },
    { "quiet", 'q', NULL, 0, "Prints no progress line.", 0 },
    { 0 },
};

static const char documentation[] =
        "Plays a scenario and tells the story of one device: when it joined, set its clock and was "
        "set up, which fragments it lost and why, how it ended and what each phase cost. --worst "
        "and --failed play the run twice: once to find the device, once to tell its story.\v"
        "Exit status: 0 fine, 1 no device is like that, 2 bad usage or scenario, 3 the run itself "
        "failed.";

struct explain_options {
    const char *scenario;
    struct sets sets;
    uint32_t device;
    bool device_given, json, quiet;
    const struct choice_metric *worst;
    const char *failed;
    struct run_settings settings;
};

static uint32_t parse_device(const char *text, const struct argp_state *state)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number >= UINT32_MAX) {
        argp_error(state, "--device %s: should be the number of a device, counted from 0", text);
    }
    return (uint32_t)number;
}

static const struct choice_metric *parse_worst(const char *text, const struct argp_state *state)
{
    const struct choice_metric *metric = choice_metric_named(text);
    if (metric == NULL) {
        char names[128] = "";
        FILE *out = fmemopen(names, sizeof names, "w");
        if (out != NULL) {
            choice_metrics_write(out);
            fclose(out);
        }
        argp_error(state, "--worst %s: should be one of %s", text, names);
    }
    return metric;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct explain_options *options = state->input;
    switch (key) {
    case 'd':
        options->device = parse_device(argument, state);
        options->device_given = true;
        return 0;
    case 'w':
        options->worst = parse_worst(argument, state);
        return 0;
    case 'F':
        if (failure_meaning(argument) == NULL) {
            argp_error(state, "--failed %s: no such reason; see devices.failed in docs/summary.md",
                    argument);
        }
        options->failed = argument;
        return 0;
    case 's':
        sets_add_seed(&options->sets, argument, state);
        return 0;
    case 'S':
        sets_add(&options->sets, argument, state);
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        scenario_input_argument(&options->scenario, argument, state);
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->settings;
        return 0;
    case ARGP_KEY_END:
        if (options->device_given + (options->worst != NULL) + (options->failed != NULL) > 1) {
            argp_error(state, "--device, --worst and --failed: only one of them");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct run *create(const struct scenario *scenario, const struct explain_options *options)
{
    return play_create(scenario, &options->settings, options->quiet);
}

/* How the device was found goes to stderr: the story is the same as with --device. */
static uint32_t find(const struct run *run, const struct explain_options *options)
{
    double value = 0.0;
    uint32_t count = 0, device;
    if (options->worst != NULL) {
        device = choice_worst(run, options->worst, &value);
        if (device == CHOICE_NONE) {
            fprintf(stderr, "fleetcast: --worst %s: no device has such a value in this run\n",
                    options->worst->name);
        } else {
            fprintf(stderr, "Device %" PRIu32 " is the worst in %s: %.6g %s.\n", device,
                    options->worst->name, value, options->worst->what);
        }
        return device;
    }
    device = choice_failed(run, options->failed, &count);
    if (device == CHOICE_NONE) {
        fprintf(stderr, "fleetcast: --failed %s: no device failed for this reason; in this run: ",
                options->failed);
        choice_failures_write(run, stderr);
        fputc('\n', stderr);
    } else {
        fprintf(stderr,
                "%" PRIu32 " device%s failed for this reason, device %" PRIu32 " is the first.\n",
                count, count == 1 ? "" : "s", device);
    }
    return device;
}

static int status_of(const struct run *run)
{
    char failure[192];
    if (!run_audit_fails(run, failure, sizeof failure)) {
        return EXIT_FINE;
    }
    fprintf(stderr, "fleetcast: the run failed: %s\n", failure);
    return EXIT_RUN;
}

/* EXIT_FINE: `device` is the one to explain. */
static int choose(
        const struct scenario *scenario, const struct explain_options *options, uint32_t *device)
{
    *device = options->device;
    if (options->worst == NULL && options->failed == NULL) {
        uint32_t count = scenario_device_count(scenario);
        if (*device >= count) {
            fprintf(stderr,
                    "fleetcast: --device %" PRIu32 ": the scenario has %" PRIu32
                    " devices, counted from 0\n",
                    *device, count);
        }
        return *device < count ? EXIT_FINE : EXIT_USAGE;
    }
    struct run *run = create(scenario, options);
    if (run == NULL) {
        return EXIT_USAGE;
    }
    play(run, options->quiet, NULL);
    *device = find(run, options);
    run_destroy(run);
    return *device != CHOICE_NONE ? EXIT_FINE : EXIT_EXPECTATION;
}

static int tell(
        const struct scenario *scenario, const struct explain_options *options, uint32_t device)
{
    struct story story;
    struct run *run = create(scenario, options);
    if (run == NULL) {
        return EXIT_USAGE;
    }
    story_listen(&story, run, device);
    play(run, options->quiet, NULL);
    story_finish(&story);
    bool written = !story.incomplete;
    if (options->json) {
        written = story_write_json(&story, stdout) && written;
    } else {
        story_write_text(&story, stdout);
    }
    int status = status_of(run);
    story_free(&story);
    run_destroy(run);
    if (!written) {
        fprintf(stderr, "fleetcast: out of memory: the story is not whole\n");
        return EXIT_RUN;
    }
    return status;
}

static int explain(const struct scenario *scenario, void *context)
{
    struct explain_options *options = context;
    uint32_t device;
    if (!play_plan(scenario, 0, options->quiet, &options->settings)) {
        return EXIT_USAGE;
    }
    int status = choose(scenario, options, &device);
    return status == EXIT_FINE ? tell(scenario, options, device) : status;
}

int command_explain(int argc, char **argv, const struct program *program)
{
    (void)program;
    static const struct argp_child children[] = { { &setting_options_argp, 0, NULL, 0 }, { 0 } };
    struct explain_options options = { .settings = { .crypto_memo = true } };
    const struct argp argp = { options_table, parse_option, "[SCENARIO]", documentation, children,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    return scenario_input_use(options.scenario, &options.sets, explain, &options);
}
