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

#include "results/campaign_table.h"
#include "results/device_table.h"
#include "results/gateway_table.h"
#include "results/pcap_keys.h"
#include "results/summary_text.h"
#include "results/whole_file.h"

#define ERROR_SIZE (WHOLE_FILE_PATH_MAX + 128u)

static void write_facts(FILE *out, void *context)
{
    const struct run_results *results = context;
    run_facts_write_json(results->facts, out);
}

static void write_summary(FILE *out, void *context)
{
    const struct run_results *results = context;
    summary_write_json(results->summary, out);
}

static void write_devices(FILE *out, void *context)
{
    const struct run_results *results = context;
    device_table_write(run_world(results->run), run_recorders(results->run), results->partial, out);
}

static void write_campaigns(FILE *out, void *context)
{
    const struct run_results *results = context;
    campaign_table_write(run_recorders(results->run), out);
}

static void write_gateways(FILE *out, void *context)
{
    const struct run_results *results = context;
    gateway_table_write(run_world(results->run), out);
}

/* What --out writes, in this order. */
static const struct result_file {
    const char *name;
    void (*write)(FILE *out, void *context);
} result_files[] = {
    { "run.json", write_facts },
    { "summary.json", write_summary },
    { "devices.csv", write_devices },
    { "campaign.csv", write_campaigns },
    { "gateways.csv", write_gateways },
};
#define RESULT_FILES (sizeof result_files / sizeof result_files[0])

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
    for (size_t i = 0; i < RESULT_FILES; i++) {
        if (!path_in(output, result_files[i].name, path, sizeof path)) {
            return say("--out", "the path is too long");
        }
        if (!try_file("--out", path)) {
            return false;
        }
    }
    return true;
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

static bool write_directory(const struct run_output *output, const struct run_results *results)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    bool ok = true;
    for (size_t i = 0; i < RESULT_FILES; i++) {
        bool written = path_in(output, result_files[i].name, path, sizeof path)
                       && whole_file_write(path, result_files[i].write, (void *)(uintptr_t)results,
                               error, sizeof error);
        ok = (written || say("--out", error)) && ok;
    }
    return ok;
}

bool run_output_write(struct run_output *output, const struct run_results *results)
{
    bool ok = output->pcap == NULL || write_pcap(output, run_world(results->run));
    if (output->directory != NULL) {
        ok = write_directory(output, results) && ok;
    }
    return ok;
}
