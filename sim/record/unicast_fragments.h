/* Fragments that devices received by unicast: how many, and which uncoded ones.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_UNICAST_FRAGMENTS_H
#define RECORD_UNICAST_FRAGMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct run_memory;

struct unicast_fragments {
    uint32_t campaign_count, device_count;
    uint32_t *received; /* [campaign][device]: each time counted, coded ones too */
    uint32_t *uncoded;  /* likewise: different uncoded ones */
    uint8_t **have;     /* likewise: a bit for each uncoded N - 1; NULL: none so far */
};

/* False: out of memory. */
bool unicast_fragments_create(
        struct unicast_fragments *fragments, uint32_t campaign_count, uint32_t device_count);
void unicast_fragments_destroy(struct unicast_fragments *fragments);
/* Fragment n of a block of nb_frag uncoded ones came. */
void unicast_fragments_note(struct unicast_fragments *fragments, struct run_memory *memory,
        uint32_t campaign, uint32_t device, uint32_t n, uint32_t nb_frag);

#endif
