/* Correction by rounds: all uncoded fragments again, until enough members are whole.
 * SPDX-License-Identifier: MIT
 *
 * What servers without an FEC do (spec-protocol 9.5). Members are asked after each round; what a
 * round sends says nothing about what they lack.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"

static bool enough_are_whole(const struct transfer *transfer)
{
    assert(transfer->settled_count <= transfer->counted_count);
    return transfer->settled_count
           >= transfer->campaign->params.rounds_threshold * transfer->counted_count;
}

static void ask(struct transfer *transfer, sim_ns now_ns)
{
    correction_start(transfer, now_ns);
    correction_ask(transfer, now_ns);
}

static void answers_over(struct transfer *transfer, sim_ns now_ns)
{
    if (enough_are_whole(transfer)) {
        transfer_end(transfer, now_ns);
        return;
    }
    transfer->correction.batches++;
    transfer_repeat(transfer, 1, transfer->nb_frag);
}

const struct correction_ops correction_rounds = { "rounds", ask, answers_over, ask, ask, false,
    true };
