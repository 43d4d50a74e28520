/* fleetcast run: plays one scenario.
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/run_output.h"
#include "results/expectation.h"
#include "results/summary_text.h"
#include "scenario/fleet_estimate.h"
#include "scenario/scenario.h"
#include "version.h"
#include "world/world.h"

/* Simulated time between two looks at the clock, the signal flag and the progress line. */
#define STEP_NS (30 * SIM_NS_PER_S)

static volatile sig_atomic_t interrupted;
static char *volatile unlink_when_killed; /* what a second Ctrl-C must not leave behind */

/* The first Ctrl-C ends the run cleanly, the second ends the program. */
static void on_interrupt(int signal_number)
{
    if (interrupted) {
        if (unlink_when_killed != NULL) {
            unlink(unlink_when_killed);
        }
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    interrupted = 1;
}

static void catch_interrupt(const struct run_output *output)
{
    interrupted = 0;
    free(unlink_when_killed);
    unlink_when_killed = NULL;
    if (output->pcap != NULL && pcap_temporary(output->pcap)[0] != '\0') {
        unlink_when_killed = strdup(pcap_temporary(output->pcap));
    }
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void play(struct world *world, const struct run_options *options)
{
    struct progress progress;
    progress_start(&progress, stderr, options->quiet);
    while (!interrupted && world_run(world, engine_now(world->engine) + STEP_NS)) {
        progress_show(&progress, world);
    }
    progress_clear(&progress);
}

/* In the table, or for who reads no table, on stderr. */
static void print_expectation(const struct scenario_expect *expect, const struct summary *summary,
        enum expectation_result result, double actual, FILE *table)
{
    char text[240];
    FILE *out = table != NULL ? table : stderr;
    expectation_format(expect, text, sizeof text);
    fputs(table == NULL                 ? "fleetcast: expectation failed: "
            : result == EXPECTATION_MET ? "  met     "
                                        : "  FAILED  ",
            out);
    if (result != EXPECTATION_NO_SUCH_KEY) {
        fprintf(out, "%s (it is %.6g%s)\n", text, actual, expect->percent ? " %" : "");
    } else {
        fprintf(out, "%s (%s)\n", text,
                summary_has(summary, expect->key) ? "it is null: nothing was measured"
                                                  : "summary.json has no such number");
    }
}

/* Returns how many expectations failed. `table` NULL: only failures are told. */
static unsigned check_expectations(
        const struct scenario *scenario, const struct summary *summary, FILE *table)
{
    unsigned failed = 0;
    if (table != NULL && scenario->expect_count > 0) {
        fputs("\nExpectations\n", table);
    }
    for (uint32_t i = 0; i < scenario->expect_count; i++) {
        const struct scenario_expect *expect = &scenario->expect[i];
        double actual = 0.0;
        enum expectation_result result = expectation_check(expect, summary, &actual);
        failed += result == EXPECTATION_MET ? 0u : 1u;
        if (table != NULL || result != EXPECTATION_MET) {
            print_expectation(expect, summary, result, actual, table);
        }
    }
    return failed;
}

static bool want_colour(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL
           && (term == NULL || strcmp(term, "dumb") != 0);
}

static int report(const struct run_options *options, const struct scenario *scenario,
        struct world *world, struct run_output *output, double wall_s)
{
    const char *failure = world_failure(world);
    if (failure != NULL) {
        fprintf(stderr, "fleetcast: the run failed: %s\nreproduce: ", failure);
        run_options_print_again(options, scenario->path, stderr);
    }
    bool partial = interrupted || failure != NULL;
    struct summary *summary = recorder_set_summary(world->recorders, partial);
    if (summary == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        pcap_discard(output->pcap);
        return EXIT_RUN;
    }
    struct run_facts facts = {
        .version = FLEETCAST_VERSION,
        .wall_s = wall_s,
        .simulated_s = (double)engine_now(world->engine) / (double)SIM_NS_PER_S,
        .crypto_memo = !options->no_memo,
    };
    /* Files first: who reads our standard output may close it early. */
    bool written = run_output_write(output, world, summary, &facts);
    bool table = !options->json && !options->quiet;
    if (options->json) {
        summary_write_json(summary, stdout);
    } else if (table) {
        summary_write_table(summary, stdout, want_colour());
        printf("  %-28s %.*f s%s\n", "wall time", wall_s < 10.0 ? 2 : 0, wall_s,
                interrupted ? ", interrupted" : "");
    }
    unsigned failed = partial ? 0 : check_expectations(scenario, summary, table ? stdout : NULL);
    summary_destroy(summary);
    if (failure != NULL) {
        return EXIT_RUN;
    }
    return !written ? EXIT_USAGE : failed > 0 ? EXIT_EXPECTATION : EXIT_FINE;
}

static int run_world(const struct run_options *options, const struct scenario *scenario)
{
    char error[1024];
    struct world_options world_options = { .crypto_memo = !options->no_memo };
    struct world *world = world_create(scenario, &world_options, error, sizeof error);
    if (world == NULL) {
        fprintf(stderr, "fleetcast: %s: %s\n", scenario->path, error);
        return EXIT_USAGE;
    }
    struct run_output output;
    int status = EXIT_USAGE;
    if (run_output_open(&output, options, world)) {
        catch_interrupt(&output);
        if (!options->json && !options->quiet) {
            fleet_estimate_print(scenario, world->images[0].size_bytes, stdout);
            fputs(scenario->campaign_count > 0 ? "\n" : "", stdout);
            fflush(stdout);
        }
        double started_s = wall_clock_s();
        play(world, options);
        status = report(options, scenario, world, &output, wall_clock_s() - started_s);
    }
    world_destroy(world);
    return status;
}

int command_run(int argc, char **argv)
{
    struct run_options options = { 0 };
    run_options_parse(&options, argc, argv);
    char path[SCENARIO_PATH_MAX];
    int status = EXIT_USAGE;
    struct scenario *scenario = malloc(sizeof *scenario);
    struct scenario_errors *errors = scenario_errors_create();
    if (scenario == NULL || errors == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
    } else if (scenario_file(options.scenario != NULL ? options.scenario : "hello-20", path)) {
        bool ok = scenario_read_file(scenario, path, options.sets, options.set_count, errors);
        /* Warnings too. */
        if (!ok || !options.quiet) {
            scenario_errors_print(errors, stderr);
        }
        status = ok ? run_world(&options, scenario) : EXIT_USAGE;
    }
    scenario_errors_destroy(errors);
    free(scenario);
    return status;
}
