/* A scenario's `expect:` against a summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_EXPECTATION_H
#define RESULTS_EXPECTATION_H

#include "record/summary.h"
#include "scenario/scenario.h"

enum expectation_result {
    EXPECTATION_MET,
    EXPECTATION_FAILED,
    EXPECTATION_NO_SUCH_KEY
};

/* `actual` gets the value compared (per cent of devices.total where that was asked for). */
enum expectation_result expectation_check(
        const struct scenario_expect *expect, const struct summary *summary, double *actual);
/* "devices.confirmed >= 99 %" */
void expectation_format(const struct scenario_expect *expect, char *text, size_t size);

#endif
