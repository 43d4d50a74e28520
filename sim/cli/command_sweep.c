/* fleetcast sweep: plays the runs of a study that its database has not yet.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/play.h"
#include "cli/progress.h"
#include "cli/sets.h"
#include "cli/shipped.h"
#include "cli/whole_option.h"
#include "commit.h"
#include "study/mpi_pool.h"
#include "study/pool.h"
#include "study/sweep.h"
#include "version.h"

_Static_assert(STUDY_RUN_SETS_MAX <= SETS_MAX, "a run takes the sets of a study");

#define PATH_SIZE      1024u
#define WORKERS_MAX    4096u
#define FAILURES_SHOWN 10u
/* A process of mpirun that is silent for longer counts as lost. */
#define SILENCE_USUAL_S 60.0

struct sweep_options {
    const char *study;
    const char *database;
    unsigned workers; /* 0: one for each processor */
    bool dry_run, quiet;
    bool mpi; /* mpirun started this */
    double silence_s;
    size_t precision_count;
    const char *precisions[STUDY_PRECISIONS_MAX]; /* "metric=1%" */
};

static const struct argp_option options_table[] = {
    { "db", 'd', "FILE", 0,
            "Names the database of the finished runs; the default is the name of the study file "
            "with .db, in the working folder.",
            0 },
    { "workers", 'w', "N", 0,
            "Sets how many runs play at one time; the default is the number of processors.", 0 },
    { "precision", 'p', "METRIC=SHARE", 0,
            "Adds replications until the 95 % interval of the metric's mean is that narrow at each "
            "point, as in energy_j.mean=1%; may be repeated.",
            0 },
    { "silence", 's', "SECONDS", 0,
            "Sets after how long without a sign of life a process of mpirun counts as lost; the "
            "default is 60.",
            0 },
    { "dry-run", 'n', NULL, 0, "Lists the points of the study and plays nothing.", 0 },
    { "quiet", 'q', NULL, 0, "Prints no progress line and no result.", 0 },
    { 0 },
};

static const char documentation[] =
        "Plays the runs of a study (a YAML file) that its database does not hold yet.\v"
        "Each finished run is kept at once: a sweep that was stopped, in whatever way, goes on "
        "where it was when the same command is called again. docs/studies.md describes study "
        "files, the database, and 'mpirun fleetcast sweep' on many machines.\n\n"
        "Exit status: 0 all runs are kept, 2 bad usage, study or database, 3 a run failed, "
        "128 + N signal N ended the sweep.";

static double parse_silence(const char *argument, const struct argp_state *state)
{
    char *end;
    double seconds = strtod(argument, &end);
    if (end == argument || *end != '\0' || !(seconds >= 2.0 && seconds <= 86400.0)) {
        argp_error(state, "--silence should be a number from 2 to 86400");
    }
    return seconds;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct sweep_options *options = state->input;
    switch (key) {
    case 'd':
        options->database = argument;
        return 0;
    case 'w':
        options->workers = whole_option("--workers", argument, WORKERS_MAX, state);
        return 0;
    case 'p':
        if (options->precision_count == STUDY_PRECISIONS_MAX) {
            argp_error(state, "more than %u times --precision", STUDY_PRECISIONS_MAX);
        }
        options->precisions[options->precision_count++] = argument;
        return 0;
    case 's':
        options->silence_s = parse_silence(argument, state);
        return 0;
    case 'n':
        options->dry_run = true;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->study != NULL) {
            argp_error(state, "one study at a time: '%s' is one too many", argument);
        }
        options->study = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which study?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- the study -------------------------------------------------------------------------------- */

static bool find_shipped(
        const char *name, char path[SCENARIO_PATH_MAX], char *near, size_t near_size)
{
    shipped_path(name, path);
    if (access(path, F_OK) == 0) {
        return true;
    }
    char *names[SHIPPED_SCENARIOS_MAX + 1];
    shipped_names(names);
    const char *nearest = nearest_word(name, (const char *const *)names);
    snprintf(near, near_size, "%s", nearest != NULL ? nearest : "");
    shipped_names_free(names);
    return false;
}

static bool add_precisions(
        struct study *study, const struct sweep_options *options, struct scenario_errors *errors)
{
    bool ok = true;
    for (size_t i = 0; i < options->precision_count; i++) {
        char metric[SUMMARY_PATH_SIZE];
        const char *argument = options->precisions[i];
        size_t length = strcspn(argument, "=");
        snprintf(metric, sizeof metric, "%.*s", (int)length, argument);
        ok = study_set_precision(study, metric,
                     argument[length] == '=' ? argument + length + 1 : "",
                     (struct scenario_place){ "--precision", 0, 0 }, errors)
             && ok;
    }
    return ok;
}

/* NULL after messages. */
static struct plan *read_plan(const struct sweep_options *options, struct study **study)
{
    struct scenario_errors *errors = scenario_errors_create();
    struct plan *plan = NULL;
    *study = NULL;
    if (errors == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return NULL;
    }
    *study = study_read(options->study, find_shipped, errors);
    if (*study != NULL && add_precisions(*study, options, errors)) {
        plan = plan_create(*study, errors);
    }
    scenario_errors_print(errors, stderr);
    scenario_errors_destroy(errors);
    return plan;
}

static void list_points(const struct plan *plan)
{
    const struct study *study = plan->study;
    printf("%s: %zu points, %u replication%s each, from seed %llu\n", study->name,
            plan->point_count, study->replications, study->replications == 1 ? "" : "s",
            (unsigned long long)study->seed);
    for (size_t i = 0; i < plan->point_count; i++) {
        char text[1024];
        plan_describe(plan, i, text, sizeof text);
        printf("%6zu  %s\n", i, text);
    }
}

/* --- the sweep -------------------------------------------------------------------------------- */

struct playing {
    const struct plan *plan;
    struct sweep *sweep;
    struct progress progress;
    unsigned workers;
    size_t failures;
};

static bool next(void *context, struct job *job, size_t *index)
{
    const struct playing *playing = context;
    return sweep_next(playing->sweep, job, index);
}

static void finished(void *context, size_t index, struct job_result *result)
{
    const struct playing *playing = context;
    sweep_finished(playing->sweep, index, result);
}

static bool is_stopped(void *context)
{
    const struct playing *playing = context;
    return interrupt_signal() != 0 || sweep_broken(playing->sweep);
}

static void lose(void *context, size_t index)
{
    const struct playing *playing = context;
    sweep_lost(playing->sweep, index);
}

static void show_progress(void *context)
{
    struct playing *playing = context;
    struct sweep_state state;
    sweep_state(playing->sweep, &state);
    const struct sweep_facts facts = {
        .wanted = state.wanted,
        .done = state.done,
        .failed = state.failed,
        .played = state.played,
        .left_s = state.left_s / (double)playing->workers,
    };
    progress_show_sweep(&playing->progress, &facts);
}

static void tell_failure(void *context, size_t point, uint32_t replication, const char *why)
{
    struct playing *playing = context;
    char text[1024];
    if (playing->failures++ < FAILURES_SHOWN) {
        plan_describe(playing->plan, point, text, sizeof text);
        progress_clear(&playing->progress);
        fprintf(stderr, "fleetcast: a run failed: %s, seed %llu: %s\n", text,
                (unsigned long long)(playing->plan->study->seed + replication), why);
    }
}

static int report(const struct sweep_options *options, const struct playing *playing,
        const char *database, const char *error)
{
    struct sweep_state state;
    sweep_state(playing->sweep, &state);
    if (!options->quiet) {
        printf("%s: %zu of %zu runs are in %s (%zu of them new)\n", playing->plan->study->name,
                state.done, state.wanted, database, state.played);
    }
    if (playing->failures > FAILURES_SHOWN) {
        fprintf(stderr, "fleetcast: %zu runs failed\n", playing->failures);
    }
    if (sweep_broken(playing->sweep) || error[0] != '\0') {
        fprintf(stderr, "fleetcast: %s; what is kept stays\n",
                error[0] != '\0' ? error : sweep_error(playing->sweep));
        return EXIT_USAGE;
    }
    int signal_number = interrupt_signal();
    if (signal_number != 0) {
        fprintf(stderr, "fleetcast: %s ended the sweep; the same command plays what is missing\n",
                strsignal(signal_number));
        return EXIT_SIGNAL + signal_number;
    }
    return state.failed > 0 ? EXIT_RUN : EXIT_FINE;
}

/* As many as memory holds of the largest point; 0 after a message: not even one. Of the memory of
 * other machines nothing is known. */
static unsigned workers_of(const struct sweep_options *options, const struct plan *plan)
{
    unsigned wanted = options->workers > 0 ? options->workers : pool_processors();
    size_t largest = 0;
    char text[1024];
    for (size_t i = 1; i < plan->point_count; i++) {
        largest = plan->points[i].devices > plan->points[largest].devices ? i : largest;
    }
    if (options->mpi || plan->point_count == 0) {
        return wanted;
    }
    plan_describe(plan, largest, text, sizeof text);
    return play_workers(text[0] != '\0' ? text : plan->study->name, plan->points[largest].devices,
            wanted, options->quiet);
}

static int play_runs(const struct sweep_options *options, const struct plan *plan,
        const char *database, struct store *store, unsigned workers)
{
    char error[STORE_ERROR_SIZE];
    struct playing playing = { .plan = plan, .workers = workers };
    const struct sweep_settings settings = { .plan = plan,
        .store = store,
        .program = sweep_program_of(FLEETCAST_VERSION, FLEETCAST_COMMIT),
        .context = &playing,
        .failed = tell_failure };
    playing.sweep = sweep_create(&settings, error, sizeof error);
    if (playing.sweep == NULL) {
        fprintf(stderr, "fleetcast: %s\n", error);
        return EXIT_USAGE;
    }
    const struct mpi_pool pool = { .pool = { .workers = playing.workers,
                                           .context = &playing,
                                           .next = next,
                                           .finished = finished,
                                           .stopped = is_stopped,
                                           .tick = show_progress },
        .lost = lose,
        .silence_s = options->silence_s };
    progress_start(&playing.progress, stderr, options->quiet);
    if (options->mpi) {
        mpi_pool_play(&pool, error, sizeof error);
    } else {
        pool_play(&pool.pool, error, sizeof error);
    }
    progress_clear(&playing.progress);
    int status = report(options, &playing, database, error);
    sweep_destroy(playing.sweep);
    return status;
}

/* "folder/rates.yaml" is kept in "rates.db". */
static bool database_path(const struct sweep_options *options, char path[PATH_SIZE])
{
    if (options->database != NULL) {
        return snprintf(path, PATH_SIZE, "%s", options->database) < (int)PATH_SIZE;
    }
    const char *slash = strrchr(options->study, '/');
    const char *name = slash != NULL ? slash + 1 : options->study;
    const char *suffix = strrchr(name, '.');
    int length = suffix != NULL && suffix > name ? (int)(suffix - name) : (int)strlen(name);
    return snprintf(path, PATH_SIZE, "%.*s.db", length, name) < (int)PATH_SIZE;
}

static int sweep_plan(const struct sweep_options *options, const struct plan *plan)
{
    char path[PATH_SIZE], error[STORE_ERROR_SIZE];
    if (options->dry_run) {
        list_points(plan);
        return EXIT_FINE;
    }
    if (!database_path(options, path)) {
        fprintf(stderr, "fleetcast: the path of the database is too long\n");
        return EXIT_USAGE;
    }
    unsigned workers = workers_of(options, plan);
    if (workers == 0) {
        return EXIT_USAGE;
    }
    /* First: a signal must leave no lock file. */
    interrupt_note();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing */
    struct store *store = store_open(path, STORE_WRITE, error, sizeof error);
    if (store == NULL) {
        fprintf(stderr, "fleetcast: %s\n", error);
        return EXIT_USAGE;
    }
    int status = play_runs(options, plan, path, store, workers);
    store_close(store);
    return status;
}

static int sweep_study(const struct sweep_options *options)
{
    struct study *study;
    struct plan *plan = read_plan(options, &study);
    int status = plan != NULL ? sweep_plan(options, plan) : EXIT_USAGE;
    plan_destroy(plan);
    study_destroy(study);
    return status;
}

/* Rank 0 sweeps and the others play. */
static int sweep_by_mpi(struct sweep_options *options)
{
    char error[200];
    int rank, size, status = EXIT_FINE;
    if (!mpi_pool_begin(&rank, &size, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s\n", error);
        return EXIT_USAGE;
    }
    if (rank == 0) {
        options->workers = (unsigned)size - 1;
        status = sweep_study(options);
    } else {
        mpi_pool_work(options->silence_s);
    }
    mpi_pool_end();
    return status;
}

int command_sweep(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct sweep_options options = { .silence_s = SILENCE_USUAL_S };
    const struct argp argp = { options_table, parse_option, "STUDY", documentation, NULL, NULL,
        NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    options.mpi = mpi_pool_started();
    return options.mpi ? sweep_by_mpi(&options) : sweep_study(&options);
}
