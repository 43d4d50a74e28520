/* Has gnuplot draw a script as SVG.
 * SPDX-License-Identifier: MIT
 *
 * The script and what comes back are unnamed files, so neither side waits for the other and nothing
 * remains, whatever ends this process.
 */
#include "report/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct streams {
    FILE *script, *drawing, *messages;
};

static bool open_streams(struct streams *streams)
{
    streams->script = tmpfile();
    streams->drawing = tmpfile();
    streams->messages = tmpfile();
    return streams->script != NULL && streams->drawing != NULL && streams->messages != NULL;
}

static void close_streams(struct streams *streams)
{
    FILE *const all[] = { streams->script, streams->drawing, streams->messages };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] != NULL) {
            fclose(all[i]);
        }
    }
}

/* All of a file, ending with a 0. NULL: it cannot be read, or no memory. */
static char *contents(FILE *file)
{
    if (fseek(file, 0, SEEK_END) != 0) {
        return NULL;
    }
    long size = ftell(file);
    rewind(file);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (text != NULL) {
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    return text;
}

/* An error number, or 0. */
static int start(const struct streams *streams, pid_t *pid)
{
    static const char *const arguments[] = { "gnuplot", "-d", NULL };
    static const char *const environment[] = { "LC_ALL=C", NULL };
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0) {
        return failure;
    }
    const struct {
        FILE *from;
        int to;
    } links[] = {
        { streams->script, STDIN_FILENO },
        { streams->drawing, STDOUT_FILENO },
        { streams->messages, STDERR_FILENO },
    };
    for (size_t i = 0; failure == 0 && i < sizeof links / sizeof links[0]; i++) {
        failure = posix_spawn_file_actions_adddup2(&actions, fileno(links[i].from), links[i].to);
    }
    if (failure == 0) {
        failure = posix_spawnp(pid, arguments[0], &actions, NULL,
                (char *const *)(uintptr_t)arguments, (char *const *)(uintptr_t)environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* The line that says what was wrong: gnuplot repeats the script before it. */
static void say_why(FILE *messages, char *error, size_t error_size)
{
    char *text = contents(messages);
    const char *why = "it ended without a drawing";
    char *rest = text;
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        line += strspn(line, " \t^");
        why = line[0] != '\0' ? line : why;
    }
    snprintf(error, error_size, "gnuplot: %s", why);
    free(text);
}

static bool wait_for(pid_t pid)
{
    int status;
    pid_t ended;
    do {
        ended = waitpid(pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool draw(const struct streams *streams, char **drawing, char *error, size_t error_size)
{
    pid_t pid;
    int failure = start(streams, &pid);
    if (failure == ENOENT) {
        snprintf(error, error_size,
                "reports need gnuplot, which is not installed (Debian: gnuplot-nox)");
        return false;
    }
    if (failure != 0) {
        snprintf(error, error_size, "cannot start gnuplot: %s", strerror(failure));
        return false;
    }
    if (!wait_for(pid)) {
        say_why(streams->messages, error, error_size);
        return false;
    }
    *drawing = contents(streams->drawing);
    if (*drawing == NULL) {
        snprintf(error, error_size, "no memory for a plot");
    }
    return *drawing != NULL;
}

bool gnuplot_draw(const char *script, size_t size, char **drawing, char *error, size_t error_size)
{
    struct streams streams;
    bool ok = open_streams(&streams) && fwrite(script, 1, size, streams.script) == size
              && fflush(streams.script) == 0;
    *drawing = NULL;
    if (ok) {
        rewind(streams.script);
        ok = draw(&streams, drawing, error, error_size);
    } else {
        snprintf(error, error_size, "cannot write a plot: %s", strerror(errno));
    }
    close_streams(&streams);
    return ok;
}
