/* What runs of one scenario measured, one run for each seed: the headline metrics and the hashes.
 * SPDX-License-Identifier: MIT
 */
#include "study/replications.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const replication_hash_keys[REPLICATION_HASH_COUNT] = {
    [REPLICATION_HASH_ALL] = "trace_hash",
    [REPLICATION_HASH_TIME] = "fingerprints.time",
    [REPLICATION_HASH_AIR] = "fingerprints.air",
    [REPLICATION_HASH_FIRMWARE] = "fingerprints.firmware",
    [REPLICATION_HASH_SERVERS] = "fingerprints.servers",
    [REPLICATION_HASH_RESULTS] = "fingerprints.results",
};

struct replications *replications_create(const uint64_t *seeds, size_t count)
{
    assert(count > 0 && count <= REPLICATIONS_MAX);
    struct replications *replications = calloc(1, sizeof *replications);
    if (replications == NULL) {
        return NULL;
    }
    replications->count = count;
    replications->seeds = calloc(count, sizeof *replications->seeds);
    replications->values = calloc(HEADLINE_COUNT * count, sizeof *replications->values);
    replications->hashes = calloc(REPLICATION_HASH_COUNT * count, sizeof *replications->hashes);
    if (replications->seeds == NULL || replications->values == NULL
            || replications->hashes == NULL) {
        replications_destroy(replications);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || seeds[i] > seeds[i - 1]);
        replications->seeds[i] = seeds[i];
    }
    for (size_t i = 0; i < HEADLINE_COUNT * count; i++) {
        replications->values[i] = NAN;
    }
    return replications;
}

void replications_destroy(struct replications *replications)
{
    if (replications != NULL) {
        free(replications->seeds);
        free(replications->values);
        free(replications->hashes);
        free(replications);
    }
}

/* The text at a path as far as it is a hash; "": there is none. */
static void copy_hash(
        const struct summary *summary, const char *path, char hash[REPLICATION_HASH_SIZE])
{
    hash[0] = '\0';
    for (size_t i = 0; i < summary->count; i++) {
        const struct summary_item *item = &summary->items[i];
        if (item->kind == SUMMARY_TEXT && strcmp(item->path, path) == 0
                && strlen(item->text) < REPLICATION_HASH_SIZE) {
            memcpy(hash, item->text, strlen(item->text) + 1);
        }
    }
}

void replications_take(
        struct replications *replications, size_t index, const struct summary *summary)
{
    assert(index < replications->count);
    for (size_t m = 0; m < HEADLINE_COUNT; m++) {
        double value;
        if (summary_value(summary, headlines[m].key, &value)) {
            replications->values[m * replications->count + index] = value;
        }
    }
    for (size_t h = 0; h < REPLICATION_HASH_COUNT; h++) {
        copy_hash(summary, replication_hash_keys[h],
                replications->hashes[h * replications->count + index]);
    }
}

const double *replications_of(const struct replications *replications, size_t metric)
{
    assert(metric < HEADLINE_COUNT);
    return replications->values + metric * replications->count;
}

const char *replications_hash(
        const struct replications *replications, enum replication_hash hash, size_t index)
{
    assert(index < replications->count);
    return replications->hashes[hash * replications->count + index];
}

static int compare_seeds(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

size_t replications_find(const struct replications *replications, uint64_t seed)
{
    const uint64_t *found = bsearch(&seed, replications->seeds, replications->count,
            sizeof *replications->seeds, compare_seeds);
    return found != NULL ? (size_t)(found - replications->seeds) : replications->count;
}
