/* A check as JSON.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>

#include "results/expectation.h"
#include "results/summary_text.h"
#include "study/check.h"

static void write_number(FILE *out, const char *name, double value)
{
    if (isfinite(value)) {
        fprintf(out, ", \"%s\": %.9g", name, value);
    } else {
        fprintf(out, ", \"%s\": null", name);
    }
}

static void write_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    json_write_text(out, text);
}

void change_write_json(const struct change *change, FILE *out)
{
    const struct paired_difference *difference = &change->difference;
    char text[512];
    change_format(change, text, sizeof text);
    fputs("{\"metric\": ", out);
    json_write_text(out, change->metric->key);
    write_text(out, "unit", change->metric->unit);
    write_text(out, "better", change->metric->higher_is_better ? "higher" : "lower");
    write_text(out, "verdict", change_verdict_texts[change->verdict]);
    fprintf(out, ", \"pairs\": %zu", difference->count);
    write_number(out, "before", difference->before);
    write_number(out, "after", difference->after);
    write_number(out, "change", difference->changes.mean);
    write_number(out, "change_low", difference->changes.low);
    write_number(out, "change_high", difference->changes.high);
    write_number(out, "relative", change_relative(change));
    write_number(out, "p", difference->p);
    write_number(out, "p_adjusted", change->p_adjusted);
    write_text(out, "text", text);
    fputc('}', out);
}

static void write_expectations(const struct checked *checked, FILE *out)
{
    const struct subject *subject = checked->subject;
    fputs(",\n     \"expectations\": [", out);
    for (uint32_t e = 0; e < checked->expect_count; e++) {
        const struct expectation_tally *tally = &subject->expectations[e];
        char text[240];
        expectation_format(&subject->scenario->expect[e], text, sizeof text);
        fprintf(out, "%s\n      {\"seeds_failed\": %zu", e > 0 ? "," : "", tally->failed);
        write_text(out, "expectation", text);
        if (tally->failed > 0) {
            fprintf(out, ", \"first_seed\": %" PRIu64, tally->first_seed);
            write_number(out, "actual", tally->actual);
        }
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_moved(const struct checked *checked, FILE *out)
{
    fputs(",\n     \"seeds_moved\": {", out);
    for (enum replication_hash h = 0; h < REPLICATION_HASH_COUNT; h++) {
        fputs(h > 0 ? ", " : "", out);
        json_write_text(out, replication_hash_keys[h]);
        fprintf(out, ": %zu",
                comparison_hashes_moved(
                        checked->baseline.replications, checked->subject->replications, h));
    }
    fputc('}', out);
}

static void write_scenario(const struct checked *checked, FILE *out)
{
    const struct replications *played = checked->subject->replications;
    fputs("    {\"scenario\": ", out);
    json_write_text(out, checked->subject->scenario->path);
    fprintf(out, ", \"seeds\": [%" PRIu64, played->seeds[0]);
    for (size_t i = 1; i < played->count; i++) {
        fprintf(out, ", %" PRIu64, played->seeds[i]);
    }
    fprintf(out, "], \"runs_broken\": %zu", checked->subject->broken);
    if (checked->subject->broken > 0) {
        char text[JOB_MESSAGE_SIZE + 160];
        check_broken_format(checked->subject, text, sizeof text);
        write_text(out, "message", text);
    }
    write_expectations(checked, out);
    if (checked->baseline.replications != NULL) {
        write_text(out, "baseline_version", checked->baseline.version);
        write_text(out, "baseline_commit", checked->baseline.commit);
        write_moved(checked, out);
    }
    fputs(",\n     \"changes\": [", out);
    for (size_t i = 0; i < checked->change_count; i++) {
        fputs(i > 0 ? ",\n      " : "\n      ", out);
        change_write_json(&checked->changes[i], out);
    }
    fputs("]}", out);
}

void check_write_json(const struct check *check, FILE *out)
{
    fprintf(out, "{\"threshold\": %g, \"level\": %g, \"metrics\": %zu,\n", check->threshold,
            COMPARISON_LEVEL, check->change_count);
    fprintf(out, " \"regressed\": %zu, \"improved\": %zu, \"expectations_failed\": %zu,\n",
            check_count_verdicts(check, CHANGE_REGRESSED),
            check_count_verdicts(check, CHANGE_IMPROVED), check_count_unmet(check));
    fprintf(out, " \"scenarios_broken\": %zu,\n \"scenarios\": [\n", check_count_broken(check));
    for (size_t i = 0; i < check->count; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        write_scenario(&check->items[i], out);
    }
    fputs("\n]}\n", out);
}
