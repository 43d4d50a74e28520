/* A check: scenarios that were played by this revision, against their baselines and expectations.
 * SPDX-License-Identifier: MIT
 */
#include "study/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "results/expectation.h"

bool check_create(struct check *check, size_t count, double threshold)
{
    *check = (struct check){ .count = count, .threshold = threshold };
    check->items = calloc(count, sizeof *check->items);
    check->changes = calloc(count * HEADLINE_COUNT, sizeof *check->changes);
    check->subjects = calloc(count, sizeof *check->subjects);
    if (check->items == NULL || check->changes == NULL || check->subjects == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        check->items[i].subject = &check->subjects[i];
    }
    return true;
}

void check_finish(struct check *check)
{
    for (size_t i = 0; check->subjects != NULL && i < check->count; i++) {
        subject_finish(&check->subjects[i]);
    }
    for (size_t i = 0; check->items != NULL && i < check->count; i++) {
        baseline_finish(&check->items[i].baseline);
    }
    free(check->subjects);
    free(check->items);
    free(check->changes);
    *check = (struct check){ 0 };
}

bool check_judge(struct check *check)
{
    check->change_count = 0;
    for (size_t i = 0; i < check->count; i++) {
        struct checked *checked = &check->items[i];
        checked->changes = check->changes + check->change_count;
        bool broken = checked->subject->broken > 0;
        checked->change_count = 0;
        checked->expect_count = broken ? 0 : checked->subject->scenario->expect_count;
        if (broken || checked->baseline.replications == NULL) {
            continue;
        }
        int count = comparison_make(
                checked->baseline.replications, checked->subject->replications, checked->changes);
        if (count < 0) {
            return false;
        }
        checked->change_count = (size_t)count;
        check->change_count += (size_t)count;
    }
    return comparison_judge(check->changes, check->change_count, check->threshold);
}

size_t check_count_verdicts(const struct check *check, enum change_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < check->change_count; i++) {
        count += check->changes[i].verdict == verdict ? 1u : 0u;
    }
    return count;
}

size_t checked_count_unmet(const struct checked *checked)
{
    size_t count = 0;
    for (uint32_t e = 0; e < checked->expect_count; e++) {
        count += checked->subject->expectations[e].failed > 0 ? 1u : 0u;
    }
    return count;
}

size_t check_count_unmet(const struct check *check)
{
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++) {
        count += checked_count_unmet(&check->items[i]);
    }
    return count;
}

size_t check_count_broken(const struct check *check)
{
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++) {
        count += check->subjects[i].broken > 0 ? 1u : 0u;
    }
    return count;
}

/* --- texts ------------------------------------------------------------------------------------ */

void check_expectation_format(
        const struct subject *subject, uint32_t expectation, char *text, size_t size)
{
    const struct scenario_expect *expect = &subject->scenario->expect[expectation];
    const struct expectation_tally *tally = &subject->expectations[expectation];
    char condition[240], actual[64];
    expectation_format(expect, condition, sizeof condition);
    if (isnan(tally->actual)) {
        snprintf(actual, sizeof actual, "nothing was measured");
    } else {
        snprintf(actual, sizeof actual, "it is %.6g%s", tally->actual, expect->percent ? " %" : "");
    }
    if (tally->failed == 0) {
        snprintf(text, size, "%s: met on all %zu seeds", condition, subject->done);
    } else {
        snprintf(text, size, "%s: failed on %zu of %zu seeds, first on seed %" PRIu64 " (%s)",
                condition, tally->failed, subject->done, tally->first_seed, actual);
    }
}

void check_broken_format(const struct subject *subject, char *text, size_t size)
{
    snprintf(text, size,
            "%zu of %zu runs did not come to their end, first that of seed %" PRIu64
            " (status %d): %s",
            subject->broken, subject->done, subject->broken_seed, subject->status,
            subject->message[0] != '\0' ? subject->message : "it said nothing");
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void write_head(const struct checked *checked, FILE *out)
{
    const struct replications *played = checked->subject->replications;
    fprintf(out, "%s: seeds %" PRIu64 " to %" PRIu64, checked->subject->scenario->path,
            played->seeds[0], played->seeds[played->count - 1]);
    if (checked->baseline.replications != NULL) {
        fprintf(out, ", against fleetcast %s (%s)", checked->baseline.version,
                checked->baseline.commit);
    }
    fputc('\n', out);
}

static void write_expectations(const struct checked *checked, bool quiet, FILE *out)
{
    const struct subject *subject = checked->subject;
    for (uint32_t e = 0; e < checked->expect_count; e++) {
        char text[512];
        bool failed = subject->expectations[e].failed > 0;
        check_expectation_format(subject, e, text, sizeof text);
        if (failed || !quiet) {
            fprintf(out, "  %-8s%s\n", failed ? "FAILED" : "met", text);
        }
    }
}

#define KEY_COLUMNS 45

static void write_changes(const struct checked *checked, bool quiet, FILE *out)
{
    char text[512];
    if (checked->change_count > 0
            && comparison_layers_format(checked->baseline.replications,
                    checked->subject->replications, text, sizeof text)) {
        fprintf(out, "  %s\n", text);
    }
    for (size_t i = 0; i < checked->change_count; i++) {
        const struct change *change = &checked->changes[i];
        if (quiet && change->verdict != CHANGE_REGRESSED) {
            continue;
        }
        change_format(change, text, sizeof text);
        fprintf(out, "  %-*s %s\n", KEY_COLUMNS, change->metric->key, text);
    }
}

void check_write_text(const struct check *check, bool quiet, FILE *out)
{
    char text[JOB_MESSAGE_SIZE + 160];
    for (size_t i = 0; i < check->count; i++) {
        const struct checked *checked = &check->items[i];
        write_head(checked, out);
        if (checked->subject->broken > 0) {
            check_broken_format(checked->subject, text, sizeof text);
            fprintf(out, "  BROKEN  %s\n", text);
        }
        write_expectations(checked, quiet, out);
        write_changes(checked, quiet, out);
    }
    size_t regressed = check_count_verdicts(check, CHANGE_REGRESSED);
    size_t improved = check_count_verdicts(check, CHANGE_IMPROVED);
    size_t unmet = check_count_unmet(check), broken = check_count_broken(check);
    fprintf(out,
            "%zu scenario%s, %zu metrics: %zu regressed, %zu improved, %zu changed within the "
            "noise threshold of %g %%; %zu expectation%s failed, %zu scenario%s broken\n",
            check->count, plural(check->count), check->change_count, regressed, improved,
            check_count_verdicts(check, CHANGE_WITHIN_THRESHOLD), 100.0 * check->threshold, unmet,
            plural(unmet), broken, plural(broken));
}
