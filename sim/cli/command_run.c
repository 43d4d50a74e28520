/* fleetcast run: plays one scenario.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "results/expectation.h"
#include "results/pcap.h"
#include "results/summary.h"
#include "scenario/scenario.h"
#include "version.h"
#include "world/world.h"

#define SETS_MAX 64u
/* Simulated time between two looks at the clock, the signal flag and the progress line. */
#define STEP_NS (30 * SIM_NS_PER_S)

static volatile sig_atomic_t interrupted;

struct run_options {
    const char *scenario;
    const char *out;
    const char *pcap;
    bool json, quiet, no_memo;
    const char *sets[SETS_MAX];
    size_t set_count;
    char seed_set[64];
};

static const struct argp_option run_argp_options[] = {
    { "seed", 's', "N", 0, "key of every random stream (default: the scenario's)", 0 },
    { "set", 'S', "KEY=VALUE", 0, "override a scenario key, as in propagation.penetration='9 dB'",
            0 },
    { "out", 'o', "DIR", 0, "write summary.json and run.json there", 0 },
    { "json", 'j', NULL, 0, "print summary.json instead of the table", 0 },
    { "pcap", 'p', "FILE", 0, "write the air as LoRaTap pcap", 0 },
    { "quiet", 'q', NULL, 0, "no progress line, no table", 0 },
    { "no-memo", 'M', NULL, 0, "compute every crypto answer anew (same results)", 0 },
    { 0 },
};

static error_t add_set(struct run_options *options, const char *set, struct argp_state *state)
{
    if (options->set_count == SETS_MAX) {
        argp_error(state, "more than %u --set", SETS_MAX);
    }
    options->sets[options->set_count++] = set;
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_options *options = state->input;
    switch (key) {
    case 's':
        snprintf(options->seed_set, sizeof options->seed_set, "seed=%s", argument);
        return add_set(options, options->seed_set, state);
    case 'S':
        return add_set(options, argument, state);
    case 'o':
        options->out = argument;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'p':
        options->pcap = argument;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case 'M':
        options->no_memo = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->scenario != NULL) {
            argp_error(state, "one scenario at a time: '%s' is one too many", argument);
        }
        options->scenario = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The first Ctrl-C ends the run cleanly, the second ends the program. */
static void catch_interrupt(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Finds out before the run that results could not be written after it. */
static bool prepare_output(const char *directory)
{
    if (directory == NULL) {
        return true;
    }
    struct stat status;
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "fleetcast: --out: cannot create '%s': %s\n", directory, strerror(errno));
        return false;
    }
    if (stat(directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
        fprintf(stderr, "fleetcast: --out: '%s' is not a folder\n", directory);
        return false;
    }
    if (access(directory, W_OK | X_OK) != 0) {
        fprintf(stderr, "fleetcast: --out: cannot write in '%s': %s\n", directory, strerror(errno));
        return false;
    }
    return true;
}

struct run_facts {
    const struct run_options *options;
    const struct world *world;
    double wall_s;
};

static void write_summary(FILE *out, void *context)
{
    summary_write_json(context, out);
}

static void write_run_facts(FILE *out, void *context)
{
    const struct run_facts *facts = context;
    struct utsname host;
    uname(&host);
    double simulated_s = (double)engine_now(facts->world->engine) / (double)SIM_NS_PER_S;
    fprintf(out,
            "{\n  \"version\": \"%s\",\n  \"wall_time_s\": %.3f,\n  \"speed\": %.1f,\n"
            "  \"host\": {\"system\": \"%s\", \"machine\": \"%s\"},\n  \"crypto_memo\": %s\n}\n",
            FLEETCAST_VERSION, facts->wall_s, simulated_s / facts->wall_s, host.sysname,
            host.machine, facts->options->no_memo ? "false" : "true");
}

static bool write_outputs(const struct run_facts *facts, struct summary *summary)
{
    char path[4096], error[512];
    const char *directory = facts->options->out;
    if (directory == NULL) {
        return true;
    }
    snprintf(path, sizeof path, "%s/summary.json", directory);
    bool ok = file_write_whole(path, write_summary, summary, error, sizeof error);
    snprintf(path, sizeof path, "%s/run.json", directory);
    ok = ok
         && file_write_whole(path, write_run_facts, (void *)(uintptr_t)facts, error, sizeof error);
    if (!ok) {
        fprintf(stderr, "fleetcast: %s\n", error);
    }
    return ok;
}

/* Returns how many expectations failed. */
static unsigned check_expectations(
        const struct scenario *scenario, const struct summary *summary, FILE *out)
{
    unsigned failed = 0;
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        char text[128];
        double actual = 0.0;
        expectation_format(&scenario->expect[i], text, sizeof text);
        switch (expectation_check(&scenario->expect[i], summary, &actual)) {
        case EXPECTATION_MET:
            if (out != NULL) {
                fprintf(out, "  met     %s (%.6g)\n", text, actual);
            }
            break;
        case EXPECTATION_FAILED:
            failed++;
            fprintf(out != NULL ? out : stderr, "  FAILED  %s (%.6g)\n", text, actual);
            break;
        case EXPECTATION_NO_SUCH_KEY:
        default:
            failed++;
            fprintf(out != NULL ? out : stderr, "  FAILED  %s (summary.json has no such number)\n",
                    text);
            break;
        }
    }
    return failed;
}

static void play(struct world *world, const struct run_options *options)
{
    struct progress progress;
    progress_start(&progress, stderr, options->quiet);
    catch_interrupt();
    while (!interrupted && world_run(world, engine_now(world->engine) + STEP_NS)) {
        progress_show(&progress, world);
    }
    progress_clear(&progress);
}

static int report(const struct run_options *options, const struct scenario *scenario,
        struct world *world, double wall_s)
{
    const char *failure = world_failure(world);
    if (failure != NULL) {
        fprintf(stderr, "%s\nreproduce: fleetcast run %s --seed %llu\n", failure, scenario->path,
                (unsigned long long)scenario->seed);
    }
    bool partial = interrupted || failure != NULL;
    struct summary *summary = summary_create(world, partial);
    if (summary == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_RUN;
    }
    struct run_facts facts = { options, world, wall_s };
    bool written = write_outputs(&facts, summary);
    bool table = !options->json && !options->quiet;
    if (options->json) {
        summary_write_json(summary, stdout);
    } else if (table) {
        summary_write_table(summary, stdout, isatty(STDOUT_FILENO));
        printf("  %-28s %.1f s%s\n", "wall time", wall_s, interrupted ? ", interrupted" : "");
    }
    unsigned failed = partial ? 0 : check_expectations(scenario, summary, table ? stdout : NULL);
    summary_destroy(summary);
    if (!written) {
        return EXIT_USAGE;
    }
    return failure != NULL ? EXIT_RUN : failed > 0 ? EXIT_EXPECTATION : EXIT_FINE;
}

static int run_world(const struct run_options *options, const struct scenario *scenario)
{
    char error[512];
    struct world_options world_options = { .crypto_memo = !options->no_memo };
    struct world *world = world_create(scenario, &world_options, error, sizeof error);
    if (world == NULL) {
        fprintf(stderr, "fleetcast: %s: %s\n", scenario->path, error);
        return EXIT_USAGE;
    }
    struct pcap *pcap = NULL;
    if (options->pcap != NULL) {
        pcap = pcap_open(options->pcap, world_start_unix_s(world), error, sizeof error);
        if (pcap == NULL) {
            fprintf(stderr, "fleetcast: --pcap: %s\n", error);
            world_destroy(world);
            return EXIT_USAGE;
        }
        engine_observer_add(world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), pcap_observe, pcap);
    }
    double started_s = wall_clock_s();
    play(world, options);
    int status = report(options, scenario, world, wall_clock_s() - started_s);
    if (pcap != NULL && !pcap_close(pcap, error, sizeof error)) {
        fprintf(stderr, "fleetcast: --pcap: %s\n", error);
        status = EXIT_USAGE;
    }
    world_destroy(world);
    return status;
}

int command_run(int argc, char **argv)
{
    struct run_options options = { 0 };
    const struct argp argp = { run_argp_options, parse_option, "[SCENARIO]",
        "Plays a scenario (a YAML file, '-' or a shipped name; default hello-20) and prints what "
        "it measured.",
        NULL, NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    char path[SCENARIO_PATH_MAX];
    scenario_file(options.scenario != NULL ? options.scenario : "hello-20", path, sizeof path);
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_errors *errors = scenario_errors_create();
    int status = EXIT_USAGE;
    if (scenario == NULL || errors == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
    } else if (!scenario_read_file(scenario, path, options.sets, options.set_count, errors)) {
        scenario_errors_print(errors, stderr);
    } else if (prepare_output(options.out)) {
        status = run_world(&options, scenario);
    }
    scenario_errors_destroy(errors);
    free(scenario);
    return status;
}
