/* The size of a batch of coded fragments, by what members said that they lack.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/batch.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "campaign/campaign_internal.h"

/* Coded fragments beyond the missing ones: all but 0.4 % of decoders are done (TS004 rows are
 * random enough that every further one halves the rest; spec section 5.6). */
#define DECODE_RESERVE 8u
/* Answers; with fewer the worst decides: a 95th percentile of less than 20 is the greatest. */
#define PERCENTILE_FROM 20u
/* assumed: a member that reports more is out of reach for now: a batch is five times what it lacks
 * at most, for all others share the airtime. */
#define LOSS_MAX 0.8

static int compare_u16(const void *a, const void *b)
{
    return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

bool batch_member_lacks(const struct transfer *transfer, const struct member *member)
{
    assert(!member->counted || member->transfer < transfer->campaign->transfer_count);
    return member->counted && member->transfer == transfer->index && !member->deferred
           && !member->repairing && !member_is_settled(member);
}

/* Members whose needs the next batch of coded fragments serves: those that answered in this round,
 * else those that are known to lack something: they answered in an earlier one. */
static bool counts_for_batch(const struct transfer *transfer, const struct member *member)
{
    if (!batch_member_lacks(transfer, member) || member->over_memory) {
        return false;
    }
    return transfer->correction.round_answers > 0 ? member->round == transfer->correction.round
                                                  : member->round > 0 && member->missing > 0;
}

static double loss_of(const struct member *member)
{
    return member->received < member->sent ? 1.0 - (double)member->received / member->sent : 0.0;
}

static uint32_t coded_for(uint32_t missing, double loss)
{
    assert(loss >= 0.0);
    return (uint32_t)ceil((missing + DECODE_RESERVE) / (1.0 - fmin(loss, LOSS_MAX)));
}

uint32_t batch_for_member(const struct member *member)
{
    return coded_for(member->missing, loss_of(member));
}

uint32_t batch_size(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->counted_count > 0);
    uint16_t *missing = malloc(transfer->counted_count * sizeof *missing);
    if (missing == NULL) {
        return BATCH_LEAST;
    }
    uint32_t count = 0;
    double lost = 0.0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (counts_for_batch(transfer, member)) {
            assert(count < transfer->counted_count);
            missing[count++] = member->missing;
            lost += loss_of(member);
        }
    }
    uint32_t size = 0;
    if (count > 0) {
        qsort(missing, count, sizeof *missing, compare_u16);
        uint32_t rank = count < PERCENTILE_FROM ? count - 1u : (count * 95u + 99u) / 100u - 1u;
        size = coded_for(missing[rank], lost / count);
    }
    free(missing);
    /* More than the block is for members that hear next to nothing: they may be asked in between.
     */
    uint32_t most = transfer->nb_frag > BATCH_LEAST ? transfer->nb_frag : BATCH_LEAST;
    return size < most ? size : most;
}

uint32_t batch_for_all(const struct transfer *transfer)
{
    const struct campaign *campaign = transfer->campaign;
    assert(transfer->settled_count <= transfer->counted_count);
    uint32_t greatest = 0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        const struct member *member = &campaign->members[i];
        if (counts_for_batch(transfer, member)) {
            uint32_t spread = (uint32_t)ceil(sqrt(member->missing));
            uint32_t needed = coded_for(member->missing + spread, loss_of(member));
            greatest = needed > greatest ? needed : greatest;
        }
    }
    return greatest;
}
