/* Server-side ADR: data rate, power and repetitions of a device from what gateways heard of it.
 * SPDX-License-Identifier: MIT
 */
#include "network/adr.h"

#include <assert.h>
#include <string.h>

#include "network/link_budget.h"

#define STEP_MDB 3000
/* LinkADRReqs without an answer, and refused ones, before the server leaves the device alone: until
 * its history is full again, and until it joins again. */
#define UNANSWERED_MAX 8u
#define REFUSALS_MAX   3u
/* LoRaWAN 1.0.4 section 4.3.1.1: a device that gets no answer for so many uplinks after its first
 * ADRACKReq goes back to its highest power. */
#define ACK_DELAY    32u
#define NB_TRANS_MAX 3u

void adr_init(struct adr_state *state)
{
    memset(state, 0, sizeof *state);
}

static void forget(struct adr_state *state)
{
    state->count = 0;
    state->next = 0;
    state->asking = false;
    state->is_offered = false;
    state->sent = false;
    state->unanswered = 0;
}

/* --- decision -------------------------------------------------------------------------------- */

static int32_t floor_div(int32_t a, int32_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int32_t best_snr_mdb(const struct adr_state *state)
{
    int32_t best_mdb = state->snr_mdb[0];
    for (uint32_t i = 1; i < state->count; i++) {
        best_mdb = state->snr_mdb[i] > best_mdb ? state->snr_mdb[i] : best_mdb;
    }
    return best_mdb;
}

/* Uplinks whose counters are missing in the history, in percent. */
static uint32_t lost_percent(const struct adr_state *state)
{
    uint32_t first = state->fcnt[state->next]; /* a full ring's next is its oldest */
    uint32_t last = state->fcnt[(state->next + ADR_HISTORY - 1u) % ADR_HISTORY];
    uint32_t sent = last - first + 1u;
    return (uint32_t)((uint64_t)(sent - ADR_HISTORY) * 100u / sent);
}

/* assumed: the table of Semtech's reference algorithm, which public servers use: rows are shares of
 * lost uplinks, columns the repetitions so far. */
static uint8_t nb_trans_for(uint32_t lost, uint8_t nb_trans)
{
    static const uint8_t table[4][NB_TRANS_MAX] = {
        { 1, 1, 2 }, /* below 5 % */
        { 1, 2, 3 }, /* below 10 % */
        { 2, 3, 3 }, /* below 30 % */
        { 3, 3, 3 },
    };
    uint32_t row = lost < 5 ? 0 : lost < 10 ? 1 : lost < 30 ? 2 : 3;
    nb_trans = nb_trans < 1 ? 1 : nb_trans;
    return table[row][(nb_trans < NB_TRANS_MAX ? nb_trans : NB_TRANS_MAX) - 1u];
}

struct adr_link adr_decide(const struct adr_state *state, const struct region *region,
        const struct network_adr_params *params, const struct adr_link *now)
{
    assert(state->count == ADR_HISTORY);
    struct adr_link link = *now;
    if (params->nb_trans) {
        link.nb_trans = nb_trans_for(lost_percent(state), now->nb_trans);
    }
    int32_t needed_mdb = link_required_snr_mdb(region, now->data_rate) + params->margin_mdb;
    int32_t steps = floor_div(best_snr_mdb(state) - needed_mdb, STEP_MDB);
    for (; steps > 0 && link.data_rate < region_rate_max(region); steps--) {
        link.data_rate++;
    }
    for (; steps > 0 && link.tx_power < region->tx_power_max; steps--) {
        link.tx_power++;
    }
    for (; steps < 0 && link.tx_power > 0; steps++) {
        link.tx_power--;
    }
    return link;
}

/* --- course ---------------------------------------------------------------------------------- */

void adr_offer(struct adr_state *state)
{
    state->offered = state->wanted;
    state->is_offered = true;
}

void adr_sent(struct adr_state *state)
{
    state->sent = state->is_offered; /* a report later than the next uplink finds nothing offered */
}

/* An answer counts even where no gateway said that it sent the question: its report may be lost. */
static void take_answer(struct adr_state *state, const struct mac_commands *commands,
        struct adr_link *link, struct network_stats *stats)
{
    bool due = state->sent;
    bool answered = state->is_offered && commands->link_adr_answers > 0;
    state->is_offered = false;
    state->sent = false;
    if (!answered) {
        if (due && ++state->unanswered >= UNANSWERED_MAX) {
            forget(state);
        }
        return;
    }
    if (commands->link_adr_accepted) {
        stats->adr_accepted++;
        *link = state->offered;
    } else {
        stats->adr_refused++;
        state->refusals++;
    }
    forget(state); /* heard with another power; or the same question would come again at once */
}

/* A device that got no answer lowers its data rate by itself, after it has raised its power. */
static void follow_ladder(
        struct adr_state *state, const struct adr_uplink *uplink, struct adr_link *link)
{
    bool slower = state->count > 0 && uplink->data_rate < state->data_rate;
    if (!uplink->ack_req) {
        state->ack_requested = false;
    } else if (!state->ack_requested) {
        state->ack_requested = true;
        state->ack_requested_from = uplink->fcnt;
    }
    bool unanswered = state->ack_requested && uplink->fcnt - state->ack_requested_from >= ACK_DELAY;
    if (link->tx_power > 0 && (slower || unanswered)) {
        link->tx_power = 0;
        forget(state);
    }
}

static bool links_equal(const struct adr_link *a, const struct adr_link *b)
{
    return a->data_rate == b->data_rate && a->tx_power == b->tx_power && a->nb_trans == b->nb_trans;
}

bool adr_uplink(struct adr_state *state, const struct region *region,
        const struct network_adr_params *params, const struct adr_uplink *uplink,
        struct adr_link *link, struct network_stats *stats)
{
    take_answer(state, uplink->commands, link, stats);
    follow_ladder(state, uplink, link);
    link->data_rate = uplink->data_rate;
    state->data_rate = uplink->data_rate;
    state->fcnt[state->next] = uplink->fcnt;
    state->snr_mdb[state->next] = uplink->best_snr_mdb;
    state->next = (uint8_t)((state->next + 1u) % ADR_HISTORY);
    state->count = (uint8_t)(state->count < ADR_HISTORY ? state->count + 1u : ADR_HISTORY);
    if (state->count < ADR_HISTORY || state->refusals >= REFUSALS_MAX) {
        return state->asking;
    }
    state->wanted = adr_decide(state, region, params, link);
    state->asking = !links_equal(&state->wanted, link);
    return state->asking;
}
