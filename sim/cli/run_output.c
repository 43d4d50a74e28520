/* The files that `fleetcast run` writes: known to be writable before the run, whole after it.
 * SPDX-License-Identifier: MIT
 */
#include "cli/run_output.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/pcap_keys.h"
#include "results/summary_text.h"
#include "results/whole_file.h"

#define ERROR_SIZE (WHOLE_FILE_PATH_MAX + 128u)

static bool say(const char *option, const char *error)
{
    fprintf(stderr, "fleetcast: %s: %s\n", option, error);
    return false;
}

static bool path_in(const struct run_output *output, const char *name, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%s", output->directory, name);
    return length > 0 && (size_t)length < size;
}

/* Opens and drops a file as the results will be opened: permissions, read-only file systems and
 * folders in the way all show up now and not after a long run. */
static bool try_file(const char *option, const char *path)
{
    char error[ERROR_SIZE];
    struct whole_file file;
    if (!whole_file_open(&file, path, error, sizeof error)) {
        return say(option, error);
    }
    whole_file_discard(&file);
    return true;
}

static bool is_empty(const char *directory)
{
    DIR *listing = opendir(directory);
    bool empty = true;
    if (listing != NULL) {
        for (const struct dirent *entry = readdir(listing); entry != NULL && empty;
                entry = readdir(listing)) {
            empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        }
        closedir(listing);
    }
    return empty;
}

static bool open_directory(struct run_output *output)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    struct stat status;
    output->directory_created = mkdir(output->directory, 0777) == 0;
    if (!output->directory_created && errno != EEXIST) {
        snprintf(error, sizeof error, "cannot create '%s': %s", output->directory, strerror(errno));
        return say("--out", error);
    }
    if (stat(output->directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
        snprintf(error, sizeof error, "'%s' is not a folder", output->directory);
        return say("--out", error);
    }
    if (!output->force && !is_empty(output->directory)) {
        snprintf(error, sizeof error,
                "'%s' is not empty: choose another folder, or write over its results with --force",
                output->directory);
        return say("--out", error);
    }
    if (!path_in(output, "summary.json", path, sizeof path)) {
        return say("--out", "the path is too long");
    }
    return try_file("--out", path) && path_in(output, "run.json", path, sizeof path)
           && try_file("--out", path);
}

/* Keys go beside a regular file only: a pipe or a device has no place beside it. */
static bool wants_keys(const struct run_output *output)
{
    return pcap_temporary(output->pcap)[0] != '\0';
}

static bool keys_path(const struct run_output *output, char *path, size_t size)
{
    int length = snprintf(path, size, "%s.keys", output->pcap_path);
    return length > 0 && (size_t)length < size;
}

static bool open_pcap(struct run_output *output, struct world *world)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    if (!keys_path(output, path, sizeof path)) {
        return say("--pcap", "the path is too long");
    }
    output->pcap = pcap_open(output->pcap_path, world_start_unix_s(world), error, sizeof error);
    if (output->pcap == NULL) {
        return say("--pcap", error);
    }
    return !wants_keys(output) || try_file("--pcap", path);
}

void run_output_discard(struct run_output *output)
{
    pcap_discard(output->pcap);
    output->pcap = NULL;
    if (output->directory_created) {
        rmdir(output->directory);
    }
}

bool run_output_open(
        struct run_output *output, const struct run_options *options, struct world *world)
{
    *output = (struct run_output){
        .directory = options->out, .force = options->force, .pcap_path = options->pcap
    };
    if ((output->directory != NULL && !open_directory(output))
            || (output->pcap_path != NULL && !open_pcap(output, world))) {
        run_output_discard(output);
        return false;
    }
    if (output->pcap != NULL) {
        engine_observer_add(
                world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), pcap_observe, output->pcap);
    }
    return true;
}

static void write_summary(FILE *out, void *context)
{
    summary_write_json(context, out);
}

static void write_facts(FILE *out, void *context)
{
    run_facts_write_json(context, out);
}

static void write_keys(FILE *out, void *context)
{
    pcap_keys_write(out, context);
}

static bool write_pcap(struct run_output *output, const struct world *world)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    bool keys = wants_keys(output) && keys_path(output, path, sizeof path);
    bool ok = pcap_close(output->pcap, error, sizeof error);
    output->pcap = NULL;
    if (ok && keys) {
        ok = whole_file_write(path, write_keys, (void *)(uintptr_t)world, error, sizeof error);
    }
    return ok || say("--pcap", error);
}

static bool write_directory(
        const struct run_output *output, struct summary *summary, struct run_facts *facts)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    bool ok = path_in(output, "run.json", path, sizeof path)
              && whole_file_write(path, write_facts, facts, error, sizeof error)
              && path_in(output, "summary.json", path, sizeof path)
              && whole_file_write(path, write_summary, summary, error, sizeof error);
    return ok || say("--out", error);
}

bool run_output_write(struct run_output *output, const struct world *world, struct summary *summary,
        struct run_facts *facts)
{
    bool ok = output->pcap == NULL || write_pcap(output, world);
    if (output->directory != NULL) {
        ok = write_directory(output, summary, facts) && ok;
    }
    return ok;
}
