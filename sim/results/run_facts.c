/* run.json: where a run's results come from, and how it went.
 * SPDX-License-Identifier: MIT
 */
#include "results/run_facts.h"

#include <inttypes.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/utsname.h>

#include "results/file_digest.h"
#include "results/summary_text.h"
#include "scenario/scenario_inputs.h"

static void write_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\n  \"%s\": ", name);
    json_write_text(out, text);
}

static void write_list(FILE *out, const char *name, const char *const *texts, size_t count)
{
    fprintf(out, ",\n  \"%s\": [", name);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_write_text(out, texts[i]);
    }
    fputc(']', out);
}

static void write_digest(FILE *out, const uint8_t digest[SHA256_DIGEST_SIZE])
{
    fputs("\"sha256\": \"", out);
    for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
        fprintf(out, "%02x", digest[i]);
    }
    fputc('"', out);
}

struct file_list {
    FILE *out;
    bool begun;
};

static void write_file(void *context, const char *path)
{
    struct file_list *list = context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    fputs(list->begun ? ",\n    {\"path\": " : "\n    {\"path\": ", list->out);
    list->begun = true;
    json_write_text(list->out, path);
    fputs(", ", list->out);
    if (file_digest(path, digest)) {
        write_digest(list->out, digest);
    } else {
        fputs("\"sha256\": null", list->out);
    }
    fputc('}', list->out);
}

/* The scenario's own digest is of the bytes that were read: standard input cannot be read twice. */
static void write_inputs(FILE *out, const struct scenario *scenario)
{
    fputs(",\n  \"scenario\": {\"path\": ", out);
    json_write_text(out, scenario->path);
    fputs(", ", out);
    write_digest(out, scenario->text_sha256);
    fputs("},\n  \"files\": [", out);
    struct file_list list = { out, false };
    scenario_each_input(scenario, write_file, &list);
    fputs(list.begun ? "\n  ]" : "]", out);
}

static void write_host(FILE *out)
{
    struct utsname host;
    if (uname(&host) != 0) {
        fputs(",\n  \"host\": null", out);
        return;
    }
    const char *const members[][2] = { { "name", host.nodename }, { "system", host.sysname },
        { "release", host.release }, { "machine", host.machine } };
    fputs(",\n  \"host\": {", out);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        fprintf(out, "%s\"%s\": ", i > 0 ? ", " : "", members[i][0]);
        json_write_text(out, members[i][1]);
    }
    fputc('}', out);
}

static const char *compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

bool run_facts_commit(const struct run_facts *facts, char commit[RUN_FACTS_COMMIT_SIZE])
{
    static const char dirty[] = "-dirty";
    size_t length = strlen(facts->commit);
    bool is_dirty =
            length > strlen(dirty) && strcmp(facts->commit + length - strlen(dirty), dirty) == 0;
    snprintf(commit, RUN_FACTS_COMMIT_SIZE, "%.*s", (int)(length - (is_dirty ? strlen(dirty) : 0)),
            facts->commit);
    return is_dirty;
}

void run_facts_write_json(const struct run_facts *facts, FILE *out)
{
    char commit[RUN_FACTS_COMMIT_SIZE];
    bool is_dirty = run_facts_commit(facts, commit);
    fputs("{\n  \"version\": ", out);
    json_write_text(out, facts->version);
    write_member(out, "commit", commit);
    fprintf(out, ",\n  \"dirty\": %s", is_dirty ? "true" : "false");
    write_member(out, "compiler", compiler());
    write_list(out, "command_line", facts->arguments, facts->argument_count);
    fprintf(out, ",\n  \"seed\": %" PRIu64, facts->scenario->seed);
    write_list(out, "set", facts->sets, facts->set_count);
    write_inputs(out, facts->scenario);
    fprintf(out, ",\n  \"wall_time_s\": %.6g,\n  \"speed\": ", facts->wall_s);
    if (facts->wall_s > 0) {
        fprintf(out, "%.6g", facts->simulated_s / facts->wall_s);
    } else {
        fputs("null", out); /* sooner than the clock tells */
    }
    write_host(out);
    fprintf(out, ",\n  \"crypto_memo\": %s", facts->crypto_memo ? "true" : "false");
    fprintf(out, ",\n  \"threads\": %u\n}\n", facts->threads);
}
