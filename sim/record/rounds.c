/* What each round of a campaign came to and cost.
 * SPDX-License-Identifier: MIT
 */
#include "record/rounds.h"

#include <stdlib.h>

#include "record/energy_phases.h"
#include "record/fragment_causes.h"
#include "record/measure.h"

struct rounds {
    const struct recorder_set *set;
    struct {
        /* For updates, of all members, from power on to the begin of each round, and to the end of
         * the campaign. */
        double begin_j[CAMPAIGN_ROUNDS_MAX], end_j;
        bool done;
    } campaigns[];
};

static void *create(const struct recorder_set *set)
{
    uint32_t campaigns = server_campaign_count(recorder_set_view(set)->server);
    struct rounds *rounds = calloc(1, sizeof *rounds + campaigns * sizeof rounds->campaigns[0]);
    if (rounds != NULL) {
        rounds->set = set;
    }
    return rounds;
}

static double energy_now_j(const struct recorder_set *set, uint32_t campaign)
{
    const struct recorder_view *view = recorder_set_view(set);
    double sum_j = 0.0;
    for (uint32_t i = 0; i < view->device_count; i++) {
        struct campaign_device d;
        struct phase_energy energy;
        campaign_device_get(server_campaign(view->server, campaign), i, &d);
        if (d.member) {
            energy_phases_device(set, i, &energy);
            sum_j += energy.update_j;
        }
    }
    return sum_j;
}

static void observe(void *state, const struct observation *o)
{
    struct rounds *rounds = state;
    if (o->a == CAMPAIGN_PHASE_SET_UP) {
        rounds->campaigns[o->b].begin_j[o->c] = energy_now_j(rounds->set, (uint32_t)o->b);
    } else if (o->a == CAMPAIGN_PHASE_DONE) {
        rounds->campaigns[o->b].end_j = energy_now_j(rounds->set, (uint32_t)o->b);
        rounds->campaigns[o->b].done = true;
    }
}

void rounds_cost(
        const struct recorder_set *set, uint32_t campaign, uint32_t round, struct round_cost *cost)
{
    const struct rounds *rounds = recorder_set_state(set, RECORDER_ROUNDS);
    const struct campaign *of = server_campaign(recorder_set_view(set)->server, campaign);
    struct campaign_round view;
    campaign_round_get(of, round, &view);
    *cost = (struct round_cost){ 0 };
    for (uint32_t t = view.first_transfer; t < view.end_transfer; t++) {
        cost->airtime_ns +=
                fragment_causes_transfer_airtime_ns(fragment_causes_of(set), campaign, t);
    }
    bool last = round + 1u >= campaign_round_count(of);
    double end_j = !last ? rounds->campaigns[campaign].begin_j[round + 1u]
                   : rounds->campaigns[campaign].done ? rounds->campaigns[campaign].end_j
                                                      : energy_now_j(set, campaign);
    cost->energy_j = end_j - rounds->campaigns[campaign].begin_j[round];
}

struct sums {
    uint64_t rounds, retried, recovered;
    double airtime_s, energy_j;
};

static void add_campaign(const struct measure *m, uint32_t c, struct sums *sums)
{
    uint32_t count = campaign_round_count(server_campaign(m->view->server, c));
    sums->rounds += count;
    for (uint32_t round = 1; round < count; round++) {
        struct round_cost cost;
        rounds_cost(m->set, c, round, &cost);
        sums->airtime_s += measure_seconds(cost.airtime_ns);
        sums->energy_j += cost.energy_j;
    }
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct campaign_device d;
        if (measure_member(m, c, i, &d) && d.rounds > 1) {
            sums->retried++;
            sums->recovered += d.stage == CAMPAIGN_CONFIRMED ? 1u : 0u;
        }
    }
}

static void measure_rounds(const void *state, struct measure *m)
{
    (void)state;
    struct sums sums = { 0 };
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        add_campaign(m, c, &sums);
    }
    measure_count(m, "rounds.", "count", sums.rounds);
    measure_count(m, "rounds.", "retried", sums.retried);
    measure_count(m, "rounds.", "recovered", sums.recovered);
    measure_add(m, "rounds.", "airtime_s", sums.airtime_s);
    measure_add(m, "rounds.", "energy_j", sums.energy_j);
}

const struct recorder_ops rounds_recorder = {
    .name = "rounds",
    .kinds = OBSERVE_BIT(OBSERVE_CAMPAIGN_PHASE),
    .of_campaign = true,
    .by_campaign = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_rounds,
};
