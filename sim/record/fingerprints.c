/* Fingerprints of a run by layer: which of them differ says where two runs differ.
 * SPDX-License-Identifier: MIT
 */
#include "record/fingerprints.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "observe.h"

/* FNV-1a of 64 bits (RFC 9923). */
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x00000100000001b3)

static uint64_t text_hash_add(uint64_t hash, const char *text)
{
    /* With the zero that ends it, so that two texts never run into one. */
    for (size_t i = 0; i <= strlen(text); i++) {
        hash = (hash ^ (unsigned char)text[i]) * FNV_PRIME;
    }
    return hash;
}

static uint64_t results_hash(const struct summary *summary)
{
    uint64_t hash = FNV_OFFSET;
    for (size_t i = summary_head_size(summary); i < summary->count; i++) {
        char text[sizeof summary->items[i].text];
        summary_item_text(&summary->items[i], text, sizeof text);
        hash = text_hash_add(hash, summary->items[i].path);
        hash = text_hash_add(hash, text);
    }
    return hash;
}

void fingerprints_add(struct summary *summary, const struct engine *engine)
{
    const struct {
        const char *path;
        uint64_t hash;
    } rows[] = {
        { "fingerprints.time", engine_time_hash(engine) },
        { "fingerprints.air", engine_layer_hash(engine, LAYER_AIR) },
        { "fingerprints.firmware", engine_layer_hash(engine, LAYER_FIRMWARE) },
        { "fingerprints.servers", engine_layer_hash(engine, LAYER_SERVERS) },
        { "fingerprints.results", results_hash(summary) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[24];
        snprintf(text, sizeof text, "%016" PRIx64, rows[i].hash);
        summary_add_text(summary, rows[i].path, text);
    }
}
