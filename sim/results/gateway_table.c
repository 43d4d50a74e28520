/* Where the gateways of a run stand and what they did: the columns of gateways.csv.
 * SPDX-License-Identifier: MIT
 */
#include "results/gateway_table.h"

#define MEMBER(member) offsetof(struct gateway_line, member)

/* clang-format off */
static const struct column columns[] = {
    { "gateway", "", COLUMN_COUNT, "number of the gateway, from 0 in the order of the scenario",
            MEMBER(gateway) },
    { "x_m", "m", COLUMN_NUMBER, "place east of the centre of the area", MEMBER(x_m) },
    { "y_m", "m", COLUMN_NUMBER, "place north of the centre of the area", MEMBER(y_m) },
    { "received", "", COLUMN_COUNT, "frames received without error", MEMBER(received) },
    { "transmitted", "", COLUMN_COUNT, "frames transmitted", MEMBER(transmitted) },
    { "airtime_s", "s", COLUMN_NUMBER, "time on air of what it transmitted, in all sub-bands",
            MEMBER(airtime_s) },
    { "duty_cycle_max", "", COLUMN_NUMBER,
            "highest share of any hour that it transmitted in any one sub-band",
            MEMBER(duty_cycle_max) },
};
/* clang-format on */

const struct column_table gateway_table = { "gateways.csv", columns,
    sizeof columns / sizeof columns[0] };

void gateway_table_write(const struct world *world, FILE *out)
{
    column_write_names(&gateway_table, out);
    for (uint32_t i = 0; i < world->gateway_count; i++) {
        struct gateway_stats stats;
        gateway_stats(world->gateways, i, engine_now(world->engine), &stats);
        struct gateway_line line = {
            .gateway = i,
            .received = stats.uplinks,
            .transmitted = stats.transmitted,
            .airtime_s = (double)stats.airtime_ns / (double)SIM_NS_PER_S,
            .duty_cycle_max = stats.duty_cycle_max,
        };
        medium_gateway_place(world->medium, i, &line.x_m, &line.y_m);
        column_write_line(&gateway_table, &line, out);
    }
}
