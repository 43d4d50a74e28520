/* run.json: what differs from one run of the same scenario to the next.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_RUN_FACTS_H
#define RESULTS_RUN_FACTS_H

#include <stdbool.h>
#include <stdio.h>

struct run_facts {
    const char *version;
    double wall_s, simulated_s;
    bool crypto_memo;
};

void run_facts_write_json(const struct run_facts *facts, FILE *out);

#endif
