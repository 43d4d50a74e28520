/* What runs of one scenario measured, one run for each seed: the headline metrics and the hashes.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_REPLICATIONS_H
#define STUDY_REPLICATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/summary.h"
#include "study/headline.h"

#define REPLICATIONS_MAX 10000u

/* The hashes of a run that are compared: that of everything, and those of its layers. */
enum replication_hash {
    REPLICATION_HASH_ALL,
    REPLICATION_HASH_TIME,
    REPLICATION_HASH_AIR,
    REPLICATION_HASH_FIRMWARE,
    REPLICATION_HASH_SERVERS,
    REPLICATION_HASH_RESULTS,
    REPLICATION_HASH_COUNT
};

#define REPLICATION_HASH_SIZE 24u

struct replications {
    size_t count;
    uint64_t *seeds; /* ascending */
    double *values;  /* of metric m and seed i at [m * count + i]; NaN: nothing was measured */
    /* Text of hash h and seed i at [h * count + i]; "": the run has none. */
    char (*hashes)[REPLICATION_HASH_SIZE];
};

/* Keys in summary.json. */
extern const char *const replication_hash_keys[REPLICATION_HASH_COUNT];

/* `seeds` ascend; nothing is measured yet. NULL: out of memory. */
struct replications *replications_create(const uint64_t *seeds, size_t count);
void replications_destroy(struct replications *replications);

/* Takes what seed number `index` measured. */
void replications_take(
        struct replications *replications, size_t index, const struct summary *summary);

/* The values of one metric, one for each seed. */
const double *replications_of(const struct replications *replications, size_t metric);
const char *replications_hash(
        const struct replications *replications, enum replication_hash hash, size_t index);

/* The index of a seed; `count`: it is not among them. */
size_t replications_find(const struct replications *replications, uint64_t seed);

#endif
