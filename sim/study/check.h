/* A check: scenarios that were played by this revision, against their baselines and expectations.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_CHECK_H
#define STUDY_CHECK_H

#include <stdio.h>

#include "study/baseline.h"
#include "study/comparison.h"
#include "study/subject.h"

struct checked {
    struct subject *subject;  /* of the check's */
    struct baseline baseline; /* without replications: none is compared with */
    /* What may be said of it, nothing when a run of it did not come to its end: */
    uint32_t expect_count;
    struct change *changes; /* of the check's */
    size_t change_count;
};

struct check {
    size_t count;
    struct checked *items;
    struct subject *subjects;
    double threshold;
    /* Of all scenarios, one after another: they are judged together. */
    struct change *changes;
    size_t change_count;
};

/* `count` scenarios. False: out of memory. */
bool check_create(struct check *check, size_t count, double threshold);
void check_finish(struct check *check);

/* Compares and judges what the subjects measured. False: out of memory. */
bool check_judge(struct check *check);

size_t check_count_verdicts(const struct check *check, enum change_verdict verdict);
/* Expectations that a run of some seed does not meet, of one scenario and of all. */
size_t checked_count_unmet(const struct checked *checked);
size_t check_count_unmet(const struct check *check);
/* Scenarios of which a run did not come to its end. */
size_t check_count_broken(const struct check *check);

/* "devices.confirmed >= 99 %: failed on 2 of 8 seeds, first on seed 3 (it is 96.5 %)" */
void check_expectation_format(
        const struct subject *subject, uint32_t expectation, char *text, size_t size);
/* "seed 3: status 3: the run failed: ..." */
void check_broken_format(const struct subject *subject, char *text, size_t size);

/* For people. `quiet`: only what fails. */
void check_write_text(const struct check *check, bool quiet, FILE *out);
void check_write_json(const struct check *check, FILE *out);
/* JUnit's XML: a test suite for each scenario, a test case for each metric and expectation. */
void check_write_junit(const struct check *check, FILE *out);

/* An object of check_write_json(): one change with its numbers. */
void change_write_json(const struct change *change, FILE *out);

#endif
