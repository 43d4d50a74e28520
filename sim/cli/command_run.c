/* fleetcast run: plays one scenario.
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/play.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "cli/run_output.h"
#include "cli/scenario_input.h"
#include "commit.h"
#include "results/summary_text.h"
#include "run/run.h"
#include "scenario/fleet_estimate.h"
#include "scenario/scenario.h"
#include "version.h"

static bool is_interrupted(void)
{
    return interrupt_signal() != 0;
}

static void catch_interrupt(const struct run_output *output)
{
    const char *paths[RUN_OUTPUT_TEMPORARIES];
    for (unsigned i = 0; i < RUN_OUTPUT_TEMPORARIES; i++) {
        paths[i] = run_output_temporary(output, i);
    }
    interrupt_catch(paths, RUN_OUTPUT_TEMPORARIES);
}

/* In the table; without one failures only, on stderr. */
static void print_expectation(void *context, const struct scenario_expect *expect,
        const struct summary *summary, enum expectation_result result, double actual)
{
    FILE *table = context;
    if (table == NULL && result == EXPECTATION_MET) {
        return;
    }
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

/* `table` NULL: only failures are told. */
static void print_expectations(const struct run *run, const struct summary *summary, FILE *table)
{
    if (table != NULL && run_scenario(run)->expect_count > 0) {
        fputs("\nExpectations\n", table);
    }
    run_expectations(run, summary, print_expectation, table);
}

static bool want_colour(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL
           && (term == NULL || strcmp(term, "dumb") != 0);
}

/* A stream on standard output has it for itself. */
static unsigned streams_to_output(const struct run_options *options)
{
    unsigned streams = options->pcap != NULL && strcmp(options->pcap, "-") == 0 ? 1u : 0u;
    return streams + (options->events != NULL && strcmp(options->events, "-") == 0 ? 1u : 0u);
}

static bool shows_table(const struct run_options *options)
{
    return !options->json && !options->quiet && streams_to_output(options) == 0;
}

/* What ended a run before its end. NULL: nothing did. */
static const char *cut_by(bool closed)
{
    int signal_number = interrupt_signal();
    return signal_number != 0 ? strsignal(signal_number) : closed ? "closing the window" : NULL;
}

/* The exit status but for files that could not be written. */
static int status_of(const struct run *run, const struct summary *summary, bool failed, bool cut)
{
    if (failed) {
        return EXIT_RUN;
    }
    if (cut) {
        return EXIT_SIGNAL + (interrupt_signal() != 0 ? interrupt_signal() : SIGINT);
    }
    return run_expectations(run, summary, NULL, NULL) > 0 ? EXIT_EXPECTATION : EXIT_FINE;
}

static struct run_facts facts_of(const struct run_options *options, struct run *run, double wall_s)
{
    return (struct run_facts){
        .version = FLEETCAST_VERSION,
        .commit = FLEETCAST_COMMIT,
        .scenario = run_scenario(run),
        .argument_count = options->argument_count,
        .arguments = options->arguments,
        .set_count = options->sets.count,
        .sets = options->sets.items,
        .wall_s = wall_s,
        .simulated_s = (double)engine_now(run_engine(run)) / (double)SIM_NS_PER_S,
        .crypto_memo = options->settings.crypto_memo,
        .threads = options->settings.threads > 0 ? options->settings.threads : 1,
    };
}

/* `closed`: a window, before the end of the run. */
static int report(const struct run_options *options, struct run *run, struct run_output *output,
        double wall_s, bool closed)
{
    const char *cut = cut_by(closed);
    char failure[192];
    bool failed = run_audit_fails(run, failure, sizeof failure);
    if (failed) {
        fprintf(stderr, "fleetcast: the run failed: %s\nreproduce: ", failure);
        run_options_print_again(options, run_scenario(run)->path, stderr);
    }
    bool partial = cut != NULL || failed;
    struct summary *summary = run_summary(run, partial);
    if (summary == NULL) {
        fprintf(stderr, "fleetcast: out of memory after the run, which has no results\n");
        run_output_discard(output);
        return EXIT_RUN;
    }
    struct run_facts facts = facts_of(options, run, wall_s);
    /* Files first: the reader of standard output may close it early. */
    const struct run_record record = { run, summary, &facts, partial,
        status_of(run, summary, failed, cut != NULL) };
    bool written = run_output_write(output, &record);
    bool table = shows_table(options);
    if (options->json) {
        summary_write_json(summary, stdout);
    } else if (table) {
        summary_write_table(summary, stdout, want_colour());
        printf("  %-26s %.*f s%s\n", "wall time", wall_s < 10.0 ? 2 : 0, wall_s,
                cut != NULL ? ", interrupted" : "");
    }
    if (!partial) {
        print_expectations(run, summary, table ? stdout : NULL);
    }
    summary_destroy(summary);
    if (cut != NULL && !failed) {
        fprintf(stderr,
                "fleetcast: %s cut the run short at %.0f s of %.0f s; its expectations were "
                "not checked\n",
                cut, facts.simulated_s,
                (double)run_scenario(run)->duration_ns / (double)SIM_NS_PER_S);
    }
    return written || failed ? record.status : EXIT_USAGE;
}

static void print_estimate(const struct run_options *options, const struct scenario *scenario)
{
    if (shows_table(options)) {
        fleet_estimate_print(scenario, stdout);
        fputs(scenario->campaign_count > 0 ? "\n" : "", stdout);
        fflush(stdout);
    }
}

/* What is told comes first, for to make a large run takes minutes; but after files that a run has
 * to be made for, as they may be refused. */
static int play_scenario(const struct run_options *options, const struct scenario *scenario)
{
    struct run_output output;
    struct run_settings settings = options->settings;
    if (!play_plan(scenario, 0, options->quiet, &settings) || !run_output_open(&output, options)) {
        return EXIT_USAGE;
    }
    bool early = options->pcap == NULL && options->events == NULL;
    if (early) {
        print_estimate(options, scenario);
    }
    struct run *run = play_create(scenario, &settings, options->quiet);
    int status = EXIT_USAGE;
    if (run == NULL) {
        run_output_discard(&output);
    } else if (run_output_listen(&output, options, run_world(run))) {
        catch_interrupt(&output);
        if (!early) {
            print_estimate(options, scenario);
        }
        double started_s = wall_clock_s();
        play(run, options->quiet, is_interrupted);
        status = report(options, run, &output, wall_clock_s() - started_s, false);
    }
    run_destroy(run);
    return status;
}

/* --- with a window ---------------------------------------------------------------------------- */

struct viewed_run {
    const struct run_options *options;
    struct run_output output;
    double started_s;
    int status;
};

static void view_finished(void *context, struct run *run, bool over)
{
    struct viewed_run *viewed = context;
    viewed->status = report(
            viewed->options, run, &viewed->output, wall_clock_s() - viewed->started_s, !over);
}

static int view_scenario(const struct run_options *options, const struct scenario *scenario,
        const struct program *program)
{
    struct viewed_run viewed = { .options = options, .status = EXIT_USAGE };
    struct run_settings settings = options->settings;
    if (options->pcap != NULL || options->events != NULL) { /* a restart would need other files */
        fprintf(stderr, "fleetcast: --pcap or --events, and --view: only one of them\n");
        return EXIT_USAGE;
    }
    if (!play_plan(scenario, 0, options->quiet, &settings)
            || !run_output_open(&viewed.output, options)) {
        return EXIT_USAGE;
    }
    const struct run_viewing viewing = {
        .scenario = scenario,
        .settings = settings,
        .sets = options->sets.items,
        .set_count = options->sets.count,
        .device = UINT32_MAX,
        .stopped = is_interrupted,
        .finished = view_finished,
        .context = &viewed,
    };
    catch_interrupt(&viewed.output);
    print_estimate(options, scenario);
    viewed.started_s = wall_clock_s();
    if (!program->view(&viewing)) {
        run_output_discard(&viewed.output);
    }
    return viewed.status;
}

struct use {
    const struct run_options *options;
    const struct program *program;
};

static int use_scenario(const struct scenario *scenario, void *context)
{
    const struct use *use = context;
    return use->options->view ? view_scenario(use->options, scenario, use->program)
                              : play_scenario(use->options, scenario);
}

int command_run(int argc, char **argv, const struct program *program)
{
    struct run_options options = { 0 };
    run_options_parse(&options, argc, argv);
    struct use use = { &options, program };
    if (streams_to_output(&options) + (options.json ? 1u : 0u) > 1) {
        fprintf(stderr,
                "fleetcast: --json, --pcap - and --events -: standard output takes only one "
                "of them\n");
        return EXIT_USAGE;
    }
    return scenario_input_use(options.scenario, &options.sets, use_scenario, &use);
}
