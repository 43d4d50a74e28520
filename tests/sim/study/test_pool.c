/* Jobs as child processes: what their results say, in which order, and that no child outlives its
 * pool. Programs are shell scripts that behave as `fleetcast run` does or does not.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "study/pool.h"

#define JOBS_MAX 64u

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/fleetcast-pool-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(pool, .init = make_folder, .fini = remove_folder);

/* A program that runs `lines`: $6 is its scenario, after run --json --quiet --set seed=7. */
static const char *script(const char *name, const char *lines)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", lines);
    fclose(file);
    cr_assert_eq(chmod(path, 0700), 0);
    return path;
}

struct list {
    const char *program;
    const char *const *scenarios;
    size_t count, next, more; /* `more`: jobs that are added when the list is done */
    size_t ended[JOBS_MAX], ended_count;
    struct job_result results[JOBS_MAX]; /* by index; without their summaries */
    double value[JOBS_MAX];
    unsigned stop_after;
};

static bool next(void *context, struct job *job, size_t *index)
{
    static const char *const sets[] = { "seed=7" };
    struct list *list = context;
    if (list->next == list->count) {
        return false;
    }
    *job = (struct job){ list->program, list->scenarios[list->next], 1, sets };
    *index = list->next++;
    return true;
}

static void finished(void *context, size_t index, struct job_result *result)
{
    struct list *list = context;
    list->ended[list->ended_count++] = index;
    list->results[index] = *result;
    list->value[index] = -1.0;
    if (result->summary != NULL) {
        summary_value(result->summary, "a.b", &list->value[index]);
    }
    if (list->ended_count == list->count) {
        list->count += list->more;
        list->more = 0;
    }
}

static bool stopped(void *context)
{
    const struct list *list = context;
    return list->stop_after > 0 && list->ended_count >= list->stop_after;
}

static bool play(struct list *list, unsigned workers)
{
    char error[200];
    const struct pool pool = {
        .workers = workers, .context = list, .next = next, .finished = finished, .stopped = stopped
    };
    bool ok = pool_play(&pool, error, sizeof error);
    cr_expect_str_eq(error, "");
    /* Goal: no child is left. */
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
    cr_expect_eq(errno, ECHILD);
    return ok;
}

Test(pool, tells_the_summary_status_and_arguments_of_each_job)
{
    static const char *const scenarios[] = { "5", "6" };
    struct list list = { .scenarios = scenarios, .count = 2 };
    list.program = script("program", "[ \"$1 $2 $3 $4 $5\" = 'run --json --quiet --set seed=7' ]"
                                     " && echo '{\"a\": {\"b\": '$6'}}'\n"
                                     "echo one >&2; echo two >&2; exit $(($6 - 5))");
    cr_assert(play(&list, 1));
    cr_assert_eq(list.ended_count, 2);
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(list.value[i], 5.0 + (double)i);
        cr_expect_eq(list.results[i].status, (int)i, "%s", list.results[i].message);
        cr_expect_str_eq(list.results[i].message, "one\ntwo");
        cr_expect_gt(list.results[i].wall_s, 0.0);
    }
}

Test(pool, a_child_that_dies_of_a_signal_is_a_job_that_failed)
{
    static const char *const scenarios[] = { "KILL", "TERM", "SEGV" };
    struct list list = { .scenarios = scenarios, .count = 3 };
    list.program = script("program", "ulimit -c 0; kill -$6 $$");
    cr_assert(play(&list, 2));
    cr_assert_eq(list.ended_count, 3);
    cr_expect_eq(list.results[0].status, JOB_SIGNAL + SIGKILL);
    cr_expect_str_eq(list.results[0].message, "ended by the signal: Killed");
    cr_expect_eq(list.results[1].status, JOB_SIGNAL + SIGTERM);
    cr_expect_eq(list.results[2].status, JOB_SIGNAL + SIGSEGV);
}

Test(pool, a_program_that_cannot_start_or_says_nonsense_is_a_job_that_failed)
{
    static const char *const scenarios[] = { "x" };
    struct list none = { .program = "/nonexistent/program", .scenarios = scenarios, .count = 1 };
    cr_assert(play(&none, 1));
    cr_expect_eq(none.results[0].status, 127);
    cr_expect_str_eq(
            none.results[0].message, "cannot start the program: No such file or directory");
    struct list nonsense = { .scenarios = scenarios, .count = 1 };
    nonsense.program = script("program", "echo hello");
    cr_assert(play(&nonsense, 1));
    cr_expect_eq(nonsense.results[0].status, JOB_FAILED);
    cr_expect_not_null(strstr(nonsense.results[0].message, "no summary in JSON"), "%s",
            nonsense.results[0].message);
}

Test(pool, plays_no_more_at_one_time_than_it_has_workers_and_all_in_the_end)
{
    static const char *const scenarios[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8" };
    struct list list = { .scenarios = scenarios, .count = 7, .more = 2 };
    /* A job that finds more than two that play has failed. */
    list.program = script("program", "cd $(dirname $0); me=job-$6; mkdir $me\n"
                                     "set -- job-*; [ $# -le 2 ] || exit 9\n"
                                     "sleep 0.02; rmdir $me; echo '{\"a\": {\"b\": 1}}'");
    cr_assert(play(&list, 2));
    cr_assert_eq(list.ended_count, 9);
    for (size_t i = 0; i < 9; i++) {
        cr_expect_eq(list.results[i].status, 0, "job %zu: %d", i, list.results[i].status);
    }
}

/* The end of long messages is kept, from the start of a line. */
Test(pool, keeps_the_last_lines_of_what_a_job_said)
{
    static const char *const scenarios[] = { "x" };
    struct list list = { .scenarios = scenarios, .count = 1 };
    list.program = script("program", "i=1; while [ $i -le 400 ]; do echo \"line $i\" >&2; "
                                     "i=$((i + 1)); done; exit 3");
    cr_assert(play(&list, 1));
    const char *message = list.results[0].message;
    cr_expect_eq(list.results[0].status, 3);
    cr_expect_eq(strncmp(message, "line ", 5), 0, "%s", message);
    cr_expect_str_eq(message + strlen(message) - 8, "line 400");
    cr_expect_gt(strlen(message), 900);
}

Test(pool, ends_its_children_when_it_is_stopped)
{
    static const char *const scenarios[] = { "0", "1000", "1000" };
    struct list list = { .scenarios = scenarios, .count = 3, .stop_after = 1 };
    list.program = script("program", "[ $6 = 0 ] || exec sleep $6; echo '{\"a\": {\"b\": 1}}'");
    cr_expect_not(play(&list, 2));
    cr_expect_eq(list.ended_count, 1, "a job that was cut short is not told");
}

/* Even if its parent is killed. The child holds a pipe that is at its end once the child is. */
Test(pool, a_child_ends_with_its_parent)
{
    int alive[2];
    char byte;
    const char *program = script("program", "exec sleep 1000");
    cr_assert_eq(pipe(alive), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct job_process process;
        const struct job job = { .program = program, .scenario = "x" };
        close(alive[0]);
        bool ok = job_start(&process, &job, (char[100]){ 0 }, 100);
        raise(ok ? SIGKILL : SIGABRT);
    }
    close(alive[1]);
    int status = 0;
    cr_assert_eq(waitpid(parent, &status, 0), parent);
    cr_assert_eq(WTERMSIG(status), SIGKILL);
    cr_expect_eq(read(alive[0], &byte, 1), 0);
    close(alive[0]);
}
