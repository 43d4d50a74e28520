/* One run as a child process of a fleetcast program.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* pipe2() */
#include "study/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/summary_read.h"
#include "run/wall_clock.h"

#define THIS_PROGRAM "/proc/self/exe"
#define READ_SIZE    65536u
/* Of execve() in the child, as a shell says that it found no program. */
#define STATUS_NO_PROGRAM 127

bool job_result_complete(const struct job_result *result)
{
    return result->summary != NULL
           && (result->status == JOB_FINE || result->status == JOB_EXPECTATION);
}

void job_result_clear(struct job_result *result)
{
    summary_destroy(result->summary);
    result->summary = NULL;
}

/* NULL: out of memory. The words are the job's. */
static const char **arguments_of(const struct job *job)
{
    const char **arguments = calloc(2 * job->set_count + 6, sizeof *arguments);
    size_t count = 0;
    if (arguments != NULL) {
        arguments[count++] = job->program != NULL ? job->program : "fleetcast";
        arguments[count++] = "run";
        arguments[count++] = "--json";
        arguments[count++] = "--quiet";
        for (size_t i = 0; i < job->set_count; i++) {
            arguments[count++] = "--set";
            arguments[count++] = job->sets[i];
        }
        arguments[count++] = job->scenario;
    }
    return arguments;
}

/* In the child, between fork() and execve(): only what a signal handler may call. */
static void become(const struct job *job, const char *const *arguments, const int *out,
        const int *messages, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY);
    if (getppid() == parent && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0
            && dup2(out[1], STDOUT_FILENO) >= 0 && dup2(messages[1], STDERR_FILENO) >= 0) {
        execv(job->program != NULL ? job->program : THIS_PROGRAM,
                (char *const *)(uintptr_t)arguments);
        const char *why = strerrordesc_np(errno);
        static const char text[] = "cannot start the program: ";
        ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
        written += write(STDERR_FILENO, why, strlen(why));
        (void)written;
    }
    _exit(STATUS_NO_PROGRAM);
}

static void close_pipe(int *ends)
{
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
    }
}

/* Both ends are closed in every program that is started. */
static bool open_pipe(int *ends)
{
    return pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

bool job_start(struct job_process *process, const struct job *job, char *error, size_t error_size)
{
    int out[2] = { -1, -1 }, messages[2] = { -1, -1 };
    const char **arguments = arguments_of(job);
    pid_t parent = getpid();
    pid_t pid = -1;
    *process = (struct job_process){ .pid = -1, .out = -1, .messages = -1 };
    process->started_s = wall_clock_s();
    if (arguments != NULL && open_pipe(out) && open_pipe(messages)) {
        pid = fork();
    }
    if (pid == 0) {
        become(job, arguments, out, messages, parent);
    }
    int failure = errno;
    free(arguments);
    if (pid < 0) {
        snprintf(error, error_size, "cannot start a run: %s", strerror(failure));
        close_pipe(out);
        close_pipe(messages);
        return false;
    }
    close(out[1]);
    close(messages[1]);
    process->pid = pid;
    process->out = out[0];
    process->messages = messages[0];
    return true;
}

/* Keeps the end of what was said. */
static void keep_last(struct job_process *process, const char *bytes, size_t count)
{
    const size_t room = sizeof process->last - 1;
    size_t from = count > room ? count - room : 0;
    size_t kept = count - from;
    size_t stay = process->last_length + kept > room ? room - kept : process->last_length;
    memmove(process->last, process->last + process->last_length - stay, stay);
    memcpy(process->last + stay, bytes + from, kept);
    process->last_length = stay + kept;
    process->last[process->last_length] = '\0';
}

static void keep_text(struct job_process *process, const char *bytes, size_t count)
{
    if (process->length + count > process->capacity) {
        size_t capacity = 2 * process->capacity + READ_SIZE;
        char *text = realloc(process->text, capacity);
        process->no_memory = process->no_memory || text == NULL;
        if (text == NULL) {
            return;
        }
        process->text = text;
        process->capacity = capacity;
    }
    memcpy(process->text + process->length, bytes, count);
    process->length += count;
}

/* Closes `*file` at its end. */
static void read_file(struct job_process *process, int *file,
        void (*keep)(struct job_process *process, const char *bytes, size_t count))
{
    char bytes[READ_SIZE];
    while (*file >= 0) {
        ssize_t count = read(*file, bytes, sizeof bytes);
        if (count > 0) {
            keep(process, bytes, (size_t)count);
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            return;
        } else {
            close(*file);
            *file = -1;
        }
    }
}

bool job_read(struct job_process *process)
{
    read_file(process, &process->out, keep_text);
    read_file(process, &process->messages, keep_last);
    return process->out >= 0 || process->messages >= 0;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

/* A message starts with a whole line. */
static void take_message(const struct job_process *process, struct job_result *result)
{
    const char *text = process->last;
    if (process->last_length == sizeof process->last - 1) {
        const char *line = strchr(text, '\n');
        text = line != NULL && line[1] != '\0' ? line + 1 : text;
    }
    snprintf(result->message, sizeof result->message, "%s", text);
    size_t length = strlen(result->message);
    if (length > 0 && result->message[length - 1] == '\n') {
        result->message[length - 1] = '\0';
    }
}

static void take_summary(const struct job_process *process, struct job_result *result)
{
    char error[256] = "out of memory";
    bool promised = result->status == JOB_FINE || result->status == JOB_EXPECTATION;
    if (!process->no_memory) {
        result->summary = summary_read_json(
                process->length > 0 ? process->text : "", process->length, error, sizeof error);
    }
    if (promised && result->summary == NULL) {
        result->status = JOB_FAILED;
        snprintf(result->message, sizeof result->message, "%s", error);
    }
}

void job_finish(struct job_process *process, struct job_result *result)
{
    int status = 0;
    struct rusage usage = { 0 };
    *result = (struct job_result){ .status = JOB_FAILED };
    while (wait4(process->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    result->status = WIFSIGNALED(status) ? JOB_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    result->cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    result->wall_s = wall_clock_s() - process->started_s;
    take_message(process, result);
    take_summary(process, result);
    if (WIFSIGNALED(status) && result->message[0] == '\0') {
        snprintf(result->message, sizeof result->message, "ended by the signal: %s",
                strsignal(WTERMSIG(status)));
    }
    if (process->out >= 0) {
        close(process->out);
    }
    if (process->messages >= 0) {
        close(process->messages);
    }
    free(process->text);
    *process = (struct job_process){ .pid = -1, .out = -1, .messages = -1 };
}

void job_signal(const struct job_process *process, int signal_number)
{
    kill(process->pid, signal_number);
}
