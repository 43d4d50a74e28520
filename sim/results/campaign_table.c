/* How campaigns went on over time: the columns of campaign.csv.
 * SPDX-License-Identifier: MIT
 */
#include "results/campaign_table.h"

#include <string.h>

#include "record/device_outcome.h"
#include "record/devices.h"
#include "record/series.h"

#define MEMBER(member) offsetof(struct campaign_line, member)

/* clang-format off */
static const struct column columns[] = {
    { "time_s", "s", COLUMN_TIME, "simulated time of the line", MEMBER(at_ns) },
    { "campaign", "", COLUMN_TEXT, "name of the campaign; empty in a run without one",
            MEMBER(campaign) },
    { "phase", "", COLUMN_TEXT,
            "phase of the campaign: idle, set-up, wait, bulk, redundancy, correction, confirm, done",
            MEMBER(phase) },
    { "members", "", COLUMN_COUNT, "members of the campaign; without one, all devices",
            MEMBER(members) },
    { "joined", "", COLUMN_COUNT, "members that have joined the network", MEMBER(joined) },
    { "contacted", "", COLUMN_COUNT, "members to which a command of the set-up was queued",
            MEMBER(contacted) },
    { "group_set_up", "", COLUMN_COUNT,
            "members that answered the set-up of multicast group and session positively",
            MEMBER(group_set_up) },
    { "ready", "", COLUMN_COUNT, "members that answered the whole set-up positively",
            MEMBER(ready) },
    { "complete", "", COLUMN_COUNT, "members that reported the whole block", MEMBER(complete) },
    { "authenticated", "", COLUMN_COUNT,
            "members that reported it with the right MIC and were acknowledged",
            MEMBER(authenticated) },
    { "installed", "", COLUMN_COUNT, "members that started with the new image", MEMBER(installed) },
    { "confirmed", "", COLUMN_COUNT, "members that reported the new version", MEMBER(confirmed) },
    { "fragments_sent", "", COLUMN_COUNT, "different uncoded fragments that were on the air",
            MEMBER(sent) },
    { "coded_sent", "", COLUMN_COUNT, "different coded fragments that were on the air",
            MEMBER(coded_sent) },
    { "fragments_received", "", COLUMN_COUNT,
            "uncoded fragments that members received by radio, all members together",
            MEMBER(received) },
    { "duty_gateway_N", "", COLUMN_NUMBER,
            "share of what gateway N may send in an hour that it used in the last hour, of its "
            "fullest sub-band; 1 is all of it",
            MEMBER(duty) },
};
/* clang-format on */

#define FIXED_COLUMNS (sizeof columns / sizeof columns[0] - 1)

const struct column_table campaign_table = { "campaign.csv", columns, FIXED_COLUMNS + 1 };

/* --- counts of devices over time -------------------------------------------------------------- */

enum reached {
    REACHED_JOINED,
    REACHED_CONTACTED,
    REACHED_GROUP_SET_UP,
    REACHED_READY,
    REACHED_COMPLETE,
    REACHED_AUTHENTICATED,
    REACHED_INSTALLED,
    REACHED_CONFIRMED,
    REACHED_COUNT
};

/* Of one campaign: how many members reached a stage up to each point; the last point is the end. */
struct progress {
    uint64_t members;
    uint32_t reached[REACHED_COUNT][SERIES_POINTS_MAX + 1];
};

/* Index of the first point at which something that happened at `at_ns` counts. */
static uint32_t first_point(const struct series *series, sim_ns at_ns)
{
    uint32_t low = 0, high = series->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (series->at_ns[middle] < at_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void add_time(const struct series *series, struct progress *progress, enum reached stage,
        sim_ns at_ns, sim_ns now_ns)
{
    if (at_ns <= now_ns) {
        progress->reached[stage][first_point(series, at_ns)]++;
    }
}

static void add_device(const struct recorder_set *set, const struct series *series,
        struct progress *progress, uint32_t device, const struct device_outcome *outcome)
{
    sim_ns now_ns = engine_now(recorder_set_view(set)->engine);
    const sim_ns at_ns[REACHED_COUNT] = {
        [REACHED_JOINED] = devices_joined_ns(set, device),
        [REACHED_CONTACTED] = outcome->contacted_ns,
        [REACHED_GROUP_SET_UP] = outcome->group_set_up_ns,
        [REACHED_READY] = outcome->ready_ns,
        [REACHED_COMPLETE] = outcome->complete_ns,
        [REACHED_AUTHENTICATED] = outcome->authenticated_ns,
        [REACHED_INSTALLED] = outcome->installed_ns,
        [REACHED_CONFIRMED] = outcome->confirmed_ns,
    };
    progress->members++;
    for (int stage = 0; stage < REACHED_COUNT; stage++) {
        add_time(series, progress, (enum reached)stage, at_ns[stage], now_ns);
    }
}

/* In a run without a campaign all devices count, and nothing but that they joined is shown. */
static struct progress progress_of(const struct recorder_set *set, uint32_t campaign)
{
    const struct series *series = series_of(set);
    bool any = campaign < series->campaign_count;
    struct progress progress = { 0 };
    for (uint32_t i = 0; i < recorder_set_view(set)->device_count; i++) {
        struct device_outcome outcome = { 0 };
        if (!any || device_outcome_get(set, campaign, campaign + 1, i, &outcome)) {
            add_device(set, series, &progress, i, &outcome);
        }
    }
    for (int stage = 0; stage < REACHED_COUNT; stage++) {
        for (uint32_t point = 0; point < series->count; point++) {
            progress.reached[stage][point + 1] += progress.reached[stage][point];
        }
    }
    return progress;
}

/* --- lines ------------------------------------------------------------------------------------ */

struct writer {
    const struct recorder_set *set;
    const struct series *series;
    const struct column_table *table;
    FILE *out;
    uint32_t campaign; /* of a run without one: 0 */
    struct progress progress;
};

static void add_campaign(const struct writer *writer, uint32_t point,
        const struct series_campaign *campaign, struct campaign_line *line)
{
    const struct progress *progress = &writer->progress;
    const struct scenario *scenario = recorder_set_view(writer->set)->scenario;
    line->campaign = scenario->campaigns[writer->campaign].name;
    line->phase = campaign_phase_name(campaign->phase);
    line->contacted = progress->reached[REACHED_CONTACTED][point];
    line->group_set_up = progress->reached[REACHED_GROUP_SET_UP][point];
    line->ready = progress->reached[REACHED_READY][point];
    line->complete = progress->reached[REACHED_COMPLETE][point];
    line->authenticated = progress->reached[REACHED_AUTHENTICATED][point];
    line->installed = progress->reached[REACHED_INSTALLED][point];
    line->confirmed = progress->reached[REACHED_CONFIRMED][point];
    line->sent = campaign->sent;
    line->coded_sent = campaign->coded_sent;
    line->received = campaign->received;
}

/* `campaigns`, `duty`: what the point holds. */
static void write_point(const struct writer *writer, uint32_t point, sim_ns at_ns,
        const struct series_campaign *campaigns, const double *duty)
{
    struct campaign_line line = {
        .at_ns = at_ns,
        .members = writer->progress.members,
        .joined = writer->progress.reached[REACHED_JOINED][point],
        .contacted = COLUMN_NO_COUNT,
        .group_set_up = COLUMN_NO_COUNT,
        .ready = COLUMN_NO_COUNT,
        .complete = COLUMN_NO_COUNT,
        .authenticated = COLUMN_NO_COUNT,
        .installed = COLUMN_NO_COUNT,
        .confirmed = COLUMN_NO_COUNT,
        .sent = COLUMN_NO_COUNT,
        .coded_sent = COLUMN_NO_COUNT,
        .received = COLUMN_NO_COUNT,
    };
    if (writer->campaign < writer->series->campaign_count) {
        add_campaign(writer, point, &campaigns[writer->campaign], &line);
    }
    memcpy(line.duty, duty, writer->series->gateway_count * sizeof line.duty[0]);
    column_write_line(writer->table, &line, writer->out);
}

static void write_campaign(struct writer *writer)
{
    const struct series *series = writer->series;
    sim_ns now_ns = engine_now(recorder_set_view(writer->set)->engine);
    struct series_campaign campaigns[SCENARIO_CAMPAIGNS_MAX];
    double duty[SERIES_GATEWAYS_MAX];
    writer->progress = progress_of(writer->set, writer->campaign);
    for (uint32_t i = 0; i < series->count; i++) {
        write_point(writer, i, series->at_ns[i],
                &series->campaigns[(size_t)i * series->campaign_count],
                &series->duty[(size_t)i * series->gateway_count]);
    }
    if (series->count == 0 || series->at_ns[series->count - 1] < now_ns) {
        series_take(writer->set, campaigns, duty);
        write_point(writer, series->count, now_ns, campaigns, duty);
    }
}

void campaign_table_write(const struct recorder_set *recorders, FILE *out)
{
    const struct series *series = series_of(recorders);
    uint32_t count = series->campaign_count > 0 ? series->campaign_count : 1;
    struct column wide[FIXED_COLUMNS + SERIES_GATEWAYS_MAX];
    char names[SERIES_GATEWAYS_MAX][24];
    memcpy(wide, columns, FIXED_COLUMNS * sizeof columns[0]);
    for (uint32_t g = 0; g < series->gateway_count; g++) {
        snprintf(names[g], sizeof names[g], "duty_gateway_%u", g);
        wide[FIXED_COLUMNS + g] = columns[FIXED_COLUMNS];
        wide[FIXED_COLUMNS + g].name = names[g];
        wide[FIXED_COLUMNS + g].offset += g * sizeof(double);
    }
    const struct column_table table = { campaign_table.file, wide,
        FIXED_COLUMNS + series->gateway_count };
    struct writer writer = { .set = recorders, .series = series, .table = &table, .out = out };
    column_write_names(&table, out);
    for (; writer.campaign < count; writer.campaign++) {
        write_campaign(&writer);
    }
}
