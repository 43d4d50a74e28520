/* Links by gateway: the devices that can hear its frames of one SF.
 * SPDX-License-Identifier: MIT
 *
 * A frame at SF7 reaches a fraction of the links that one at SF12 does, and most SFs are used for
 * single devices. So these lists are made for an SF when the first frame of it comes that many
 * listen for.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium_arrival.h"

/* A walk over links looks at one number each; one over listeners searches a link for each. */
#define LINKS_PER_LISTENER 4u

_Static_assert(LINK_BLOCK_DEVICES == 64, "a block of listeners is a word of their set");

/* Lists each device at `next` of each gateway that it hears; without links: counts it. */
static void walk(const struct medium *medium, const struct audible *audible, uint32_t *next)
{
    const struct link_table *links = &medium->links;
    for (uint32_t d = 0; d < medium->device_count; d++) {
        for (uint32_t i = links->from[d];
                i < links->from[d + 1] && links->gains_mdb[i] >= audible->from_gain_mdb; i++) {
            uint32_t at = next[links->gateways[i]]++;
            if (audible->links != NULL) {
                audible->links[at] = (struct audible_link){ d, links->gains_mdb[i] };
            }
        }
    }
}

static void fill(struct medium *medium, struct audible *audible)
{
    struct run_memory *memory = engine_memory(medium->engine);
    size_t gateways = medium->gateway_count;
    free(audible->links);
    audible->links = NULL;
    audible->from = run_memory_grow(memory, audible->from, (gateways + 1) * sizeof *audible->from);
    uint32_t *next = run_memory_take_zeroed(memory, (gateways + 1) * sizeof *next);
    walk(medium, audible, next);
    uint32_t count = 0;
    for (size_t g = 0; g < gateways; g++) {
        audible->from[g] = count;
        count += next[g];
        next[g] = audible->from[g];
    }
    audible->from[gateways] = count;
    audible->links = run_memory_grow(memory, NULL, ((size_t)count + 1) * sizeof *audible->links);
    walk(medium, audible, next);
    free(next);
    audible->known = true;
}

/* Listeners of the frame's channel that may have a link to its gateway; not all, where there are at
 * least `enough`. */
static uint32_t listeners_near(
        const struct medium *medium, const struct on_air *air, uint32_t enough)
{
    const struct member_set *listeners = &air->channel->listeners;
    const struct member_set *blocks = &medium->links.blocks[air->transmitter];
    uint32_t count = 0;
    for (uint32_t block = member_set_next(blocks, 0); block != MEMBER_NONE && count < enough;
            block = member_set_next(blocks, block + 1)) {
        count += (uint32_t)__builtin_popcountll(listeners->words[block]);
    }
    return count;
}

const struct audible *medium_audible(struct medium *medium, const struct on_air *air)
{
    unsigned sf = air->frame.modulation.spreading_factor - INTERFERENCE_SF_MIN;
    assert(sf < INTERFERENCE_SF_COUNT);
    if (!medium_goes_by_links(medium, air)) {
        return NULL;
    }
    struct audible *audible = &medium->audible[sf];
    int32_t from_gain_mdb =
            air->device_from_mdbm - air->frame.power_mdbm - medium->device_antenna_most_mdb;
    bool known = audible->known && from_gain_mdb >= audible->from_gain_mdb;
    uint32_t count = known ? audible->from[air->transmitter + 1] - audible->from[air->transmitter]
                           : medium->links.from[medium->device_count] / medium->gateway_count;
    uint32_t enough = (count + LINKS_PER_LISTENER - 1) / LINKS_PER_LISTENER;
    if (air->channel->listener_count < enough || listeners_near(medium, air, enough) < enough) {
        return NULL;
    }
    if (!known) {
        audible->from_gain_mdb = from_gain_mdb;
        fill(medium, audible);
    }
    return audible;
}

void medium_audible_finish(struct medium *medium)
{
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        free(medium->audible[sf].from);
        free(medium->audible[sf].links);
    }
}
