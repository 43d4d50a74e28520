/* Fragments that devices received by unicast: how many, and which uncoded ones.
 * SPDX-License-Identifier: MIT
 */
#include "record/unicast_fragments.h"

#include <assert.h>
#include <stdlib.h>

#include "run_memory.h"

bool unicast_fragments_create(
        struct unicast_fragments *fragments, uint32_t campaign_count, uint32_t device_count)
{
    size_t count = (size_t)campaign_count * device_count + 1u;
    fragments->campaign_count = campaign_count;
    fragments->device_count = device_count;
    fragments->received = calloc(count, sizeof *fragments->received);
    fragments->uncoded = calloc(count, sizeof *fragments->uncoded);
    fragments->have = calloc(count, sizeof *fragments->have);
    return fragments->received != NULL && fragments->uncoded != NULL && fragments->have != NULL;
}

void unicast_fragments_destroy(struct unicast_fragments *fragments)
{
    size_t count = (size_t)fragments->campaign_count * fragments->device_count;
    for (size_t i = 0; fragments->have != NULL && i < count; i++) {
        free(fragments->have[i]);
    }
    free(fragments->received);
    free(fragments->uncoded);
    free(fragments->have);
}

void unicast_fragments_note(struct unicast_fragments *fragments, struct run_memory *memory,
        uint32_t campaign, uint32_t device, uint32_t n, uint32_t nb_frag)
{
    assert(device < fragments->device_count);
    size_t place = (size_t)campaign * fragments->device_count + device;
    fragments->received[place]++;
    if (n == 0 || n > nb_frag) {
        return;
    }
    if (fragments->have[place] == NULL) {
        fragments->have[place] = run_memory_take_zeroed(memory, (nb_frag + 7u) / 8u);
    }
    uint8_t *cell = &fragments->have[place][(n - 1u) / 8u];
    uint8_t bit = (uint8_t)(1u << ((n - 1u) & 7u));
    fragments->uncoded[place] += (*cell & bit) == 0 ? 1u : 0u;
    *cell |= bit;
}
