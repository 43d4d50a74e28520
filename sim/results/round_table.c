/* What each round of a campaign came to, and why devices left it: the columns of rounds.csv.
 * SPDX-License-Identifier: MIT
 */
#include "results/round_table.h"

#include "record/measure.h"
#include "record/rounds.h"

#define MEMBER(member) offsetof(struct round_line, member)

/* clang-format off */
static const struct column columns[] = {
    { "campaign", "", COLUMN_TEXT, "name of the campaign", MEMBER(campaign) },
    { "round", "", COLUMN_COUNT, "number of the round, from 1", MEMBER(round) },
    { "start_s", "s", COLUMN_TIME, "its set-up began", MEMBER(start_ns) },
    { "end_s", "s", COLUMN_TIME, "its last transfer was over", MEMBER(end_ns) },
    { "members", "", COLUMN_COUNT, "devices that it was for", MEMBER(members) },
    { "fragments_sent", "", COLUMN_COUNT,
            "different uncoded fragments that were on the air, of each transfer", MEMBER(sent) },
    { "coded_sent", "", COLUMN_COUNT,
            "different coded fragments that were on the air, of each transfer",
            MEMBER(coded_sent) },
    { "airtime_s", "s", COLUMN_NUMBER, "time on air of its multicast frames, copies each; by unicast of those that brought "
            "devices fragments",
            MEMBER(airtime_s) },
    { "energy_j", "J", COLUMN_NUMBER, "energy that members drew for updates", MEMBER(energy_j) },
    { "confirmed", "", COLUMN_COUNT, "members that reported the new version",
            MEMBER(failed[CAMPAIGN_FAILURE_NONE]) },
#define X(name, text, again, aws)                                                                 \
    { text, "", COLUMN_COUNT, "members that it left as " text,                                     \
            MEMBER(failed[CAMPAIGN_FAILURE_##name]) },
    CAMPAIGN_REASONS(X)
#undef X
};
/* clang-format on */

const struct column_table round_table = { "rounds.csv", columns,
    sizeof columns / sizeof columns[0] };

void round_table_write(const struct recorder_set *recorders, FILE *out)
{
    const struct recorder_view *view = recorder_set_view(recorders);
    column_write_names(&round_table, out);
    for (uint32_t c = 0; c < server_campaign_count(view->server); c++) {
        const struct campaign *campaign = server_campaign(view->server, c);
        for (uint32_t i = 0; i < campaign_round_count(campaign); i++) {
            struct campaign_round round;
            struct round_cost cost;
            campaign_round_get(campaign, i, &round);
            rounds_cost(recorders, c, i, &cost);
            struct round_line line = {
                .campaign = view->scenario->campaigns[c].name,
                .round = i + 1u,
                .start_ns = round.start_ns,
                .end_ns = round.end_ns,
                .members = round.members,
                .sent = round.sent_uncoded,
                .coded_sent = round.sent_coded,
                .airtime_s = measure_seconds(cost.airtime_ns),
                .energy_j = cost.energy_j,
            };
            for (int f = 0; f < CAMPAIGN_FAILURE_COUNT; f++) {
                line.failed[f] = round.failed[f];
            }
            column_write_line(&round_table, &line, out);
        }
    }
}
