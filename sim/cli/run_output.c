/* The files that `fleetcast run` writes: known to be writable before the run, whole after it.
 * SPDX-License-Identifier: MIT
 */
#include "cli/run_output.h"

#include <signal.h>
#include <stdio.h>

#include "results/campaign_table.h"
#include "results/device_table.h"
#include "results/gateway_table.h"
#include "results/round_table.h"
#include "results/summary_text.h"
#include "study/store.h"

static void write_facts(FILE *out, void *context)
{
    const struct run_record *record = context;
    run_facts_write_json(record->facts, out);
}

static void write_summary(FILE *out, void *context)
{
    const struct run_record *record = context;
    summary_write_json(record->summary, out);
}

static void write_devices(FILE *out, void *context)
{
    const struct run_record *record = context;
    device_table_write(run_world(record->run), run_recorders(record->run), record->partial, out);
}

static void write_campaigns(FILE *out, void *context)
{
    const struct run_record *record = context;
    campaign_table_write(run_recorders(record->run), out);
}

static void write_rounds(FILE *out, void *context)
{
    const struct run_record *record = context;
    round_table_write(run_recorders(record->run), out);
}

static void write_gateways(FILE *out, void *context)
{
    const struct run_record *record = context;
    gateway_table_write(run_world(record->run), out);
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
    { "rounds.csv", write_rounds },
    { "gateways.csv", write_gateways },
};
#define RESULT_FILES (sizeof result_files / sizeof result_files[0])
#define DATABASE     "results.db" /* written last, by SQLite */

static bool open_folder(struct output_folder *folder, const struct run_options *options)
{
    char error[512];
    if (options->out == NULL) {
        *folder = (struct output_folder){ 0 };
        return true;
    }
    bool ok = output_folder_open(folder, "--out", options->out);
    if (ok && !options->force && !output_folder_is_empty(folder)) {
        snprintf(error, sizeof error,
                "'%s' is not empty: choose another folder, or write over its results with --force",
                options->out);
        return output_failed("--out", error);
    }
    for (size_t i = 0; ok && i < RESULT_FILES; i++) {
        ok = output_folder_try(folder, result_files[i].name);
    }
    return ok && output_folder_try(folder, DATABASE);
}

static bool open_events(
        struct run_output *output, const struct run_options *options, struct world *world)
{
    char error[WHOLE_FILE_PATH_MAX + 128u];
    if (options->events == NULL) {
        return true;
    }
    output->events =
            events_open(options->events, &options->event_filter, world, error, sizeof error);
    if (output->events == NULL) {
        return output_failed("--events", error);
    }
    engine_observer_add(
            world->engine, events_kinds(output->events), events_observe, output->events);
    return true;
}

static bool write_events(struct run_output *output)
{
    char error[WHOLE_FILE_PATH_MAX + 128u];
    if (output->events == NULL) {
        return true;
    }
    if (events_reader_gone(output->events)) {
        output_reader_gone("--events");
    }
    bool ok = events_close(output->events, error, sizeof error) || output_failed("--events", error);
    output->events = NULL;
    return ok;
}

const char *run_output_temporary(const struct run_output *output, unsigned i)
{
    const char *const paths[RUN_OUTPUT_TEMPORARIES] = {
        output->capture.pcap != NULL ? pcap_temporary(output->capture.pcap) : "",
        output->events != NULL ? events_temporary(output->events) : "",
    };
    return paths[i][0] != '\0' ? paths[i] : NULL;
}

void run_output_discard(struct run_output *output)
{
    events_discard(output->events);
    output->events = NULL;
    capture_discard(&output->capture);
    output_folder_discard(&output->folder);
}

bool run_output_open(struct run_output *output, const struct run_options *options)
{
    *output = (struct run_output){ 0 };
    /* A limit on the size of files, and the end of the reader of a stream, are errors to report. */
    signal(SIGXFSZ, SIG_IGN);
    if (!open_folder(&output->folder, options)) {
        run_output_discard(output);
        return false;
    }
    return true;
}

bool run_output_listen(
        struct run_output *output, const struct run_options *options, struct world *world)
{
    if (!capture_open(&output->capture, options, world) || !open_events(output, options, world)) {
        run_output_discard(output);
        return false;
    }
    if (options->pcap != NULL || options->events != NULL) {
        signal(SIGPIPE, SIG_IGN);
    }
    return true;
}

static bool write_database(const struct output_folder *folder, const struct run_record *record)
{
    char error[STORE_ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    return output_folder_path(folder, DATABASE, path)
           && (run_database_write(path, record, error, sizeof error)
                   || output_failed(folder->option, error));
}

static bool write_results(const struct output_folder *folder, const struct run_record *record)
{
    bool ok = true;
    for (size_t i = 0; i < RESULT_FILES; i++) {
        ok = output_folder_write(
                     folder, result_files[i].name, result_files[i].write, (void *)(uintptr_t)record)
             && ok;
    }
    return write_database(folder, record) && ok;
}

bool run_output_write(struct run_output *output, const struct run_record *record)
{
    bool ok = capture_write(&output->capture, run_world(record->run));
    ok = write_events(output) && ok;
    if (output->folder.path != NULL) {
        ok = write_results(&output->folder, record) && ok;
    }
    return ok;
}
