/* Live counterparts of summary.json: over devices, and over pairs of a device and a fragment.
 * SPDX-License-Identifier: MIT
 *
 * Pairs by cause are kept row by row: a row is counted again when it has changed, all rows of a
 * transfer when its members have.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "watch/watch_internal.h"

#define NO_STREAM UINT32_MAX

/* --- losses by cause -------------------------------------------------------------------------- */

bool watch_losses_create(struct watch *watch)
{
    size_t count = (size_t)watch->campaign_count * watch->device_count;
    struct watch_losses *losses = &watch->losses;
    losses->stream_of = malloc((count + 1u) * sizeof *losses->stream_of);
    losses->room = watch->first_transfer[watch->campaign_count];
    losses->streams = calloc(losses->room + 1u, sizeof *losses->streams);
    if (losses->stream_of == NULL || losses->streams == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        losses->stream_of[i] = NO_STREAM;
    }
    return true;
}

void watch_losses_destroy(struct watch *watch)
{
    struct watch_losses *losses = &watch->losses;
    for (uint32_t i = 0; i < losses->stream_count; i++) {
        free(losses->streams[i].members);
        free(losses->streams[i].changes);
        free(losses->streams[i].counts);
    }
    free(losses->streams);
    free(losses->stream_of);
}

/* The stream of these rows, a new one if need be. NO_STREAM: out of memory. */
static uint32_t stream_of(struct watch *watch, const struct fragment_rows *rows)
{
    struct watch_losses *losses = &watch->losses;
    uint32_t at = 0;
    while (at < losses->stream_count && losses->streams[at].rows != rows) {
        at++;
    }
    if (at < losses->stream_count) {
        return at;
    }
    struct watch_stream *stream = &losses->streams[at];
    stream->members = calloc(watch->device_count, sizeof *stream->members);
    stream->changes = calloc(rows->nb_frag, sizeof *stream->changes);
    stream->counts = calloc(rows->nb_frag, sizeof *stream->counts);
    losses->stream_count++;
    if (stream->members == NULL || stream->changes == NULL || stream->counts == NULL) {
        free(stream->members);
        free(stream->changes);
        free(stream->counts);
        *stream = (struct watch_stream){ 0 };
        losses->stream_count--;
        return NO_STREAM;
    }
    stream->rows = rows;
    return at;
}

static bool join_stream(
        struct watch *watch, uint32_t campaign, uint32_t device, const struct fragment_rows *rows)
{
    struct watch_losses *losses = &watch->losses;
    uint32_t *own = &losses->stream_of[(size_t)campaign * watch->device_count + device];
    if (*own != NO_STREAM && losses->streams[*own].rows == rows) {
        return true;
    }
    uint32_t joined = stream_of(watch, rows);
    if (joined == NO_STREAM) {
        return false;
    }
    if (*own != NO_STREAM) {
        losses->streams[*own].members[device] = false;
        losses->streams[*own].member_count--;
        losses->streams[*own].stale = true;
    }
    losses->streams[joined].members[device] = true;
    losses->streams[joined].member_count++;
    losses->streams[joined].stale = true;
    *own = joined;
    return true;
}

static void count_row(struct watch_stream *stream, uint32_t n)
{
    const uint8_t *row = fragment_rows_of(stream->rows, n);
    uint32_t *counts = stream->counts[n - 1];
    memset(counts, 0, sizeof stream->counts[n - 1]);
    for (uint32_t i = 0; i < stream->rows->device_count; i++) {
        counts[row[i]] += stream->members[i] ? 1u : 0u;
    }
    stream->changes[n - 1] = stream->rows->changes[n - 1];
}

/* Pairs of fragments that were on the air, and the others when no more will be. */
static void add_stream(struct watch_stream *stream, bool over, uint64_t losses[LOSS_CAUSE_COUNT])
{
    for (uint32_t n = 1; n <= stream->rows->nb_frag; n++) {
        if (stream->rows->rounds[n - 1] == 0) {
            losses[LOSS_GATEWAY_SKIPPED] += over ? stream->member_count : 0u;
            continue;
        }
        if (stream->stale || stream->changes[n - 1] != stream->rows->changes[n - 1]) {
            count_row(stream, n);
        }
        for (int cause = LOSS_GATEWAY_SKIPPED + 1; cause < LOSS_CAUSE_COUNT; cause++) {
            losses[cause] += stream->counts[n - 1][cause];
        }
    }
    stream->stale = false;
}

/* --- over devices ----------------------------------------------------------------------------- */

struct totals {
    double set_up_s, missing_rate;
    uint32_t set_ups, missing_rates;
};

/* How far a device is in all campaigns that it is in, as devices.* of the summary counts it. */
struct reached {
    bool member, ready, whole, installed;
};

static bool add_member(struct watch *watch, uint32_t campaign, uint32_t device,
        struct totals *totals, struct reached *reached)
{
    const struct campaign *it = server_campaign(watch->world->server, campaign);
    struct campaign_device d;
    campaign_device_get(it, device, &d);
    if (!d.member) {
        return true;
    }
    const struct fragment_rows *rows = fragment_causes_rows(watch->causes, campaign, device);
    reached->member = true;
    reached->ready = reached->ready && d.stage >= CAMPAIGN_READY;
    reached->whole = reached->whole && d.stage >= CAMPAIGN_COMPLETE;
    reached->installed = reached->installed && watch_is_installed(watch, device, campaign, d.stage);
    if (d.ready_ns != SIM_NS_NEVER) {
        totals->set_up_s += (double)(d.ready_ns - campaign_start_ns(it)) / (double)SIM_NS_PER_S;
        totals->set_ups++;
    }
    if (d.ready_ns != SIM_NS_NEVER && rows != NULL && rows->sent > 0) {
        totals->missing_rate += (double)(rows->sent - rows->received[device]) / (double)rows->sent;
        totals->missing_rates++;
    }
    return rows == NULL || join_stream(watch, campaign, device, rows);
}

static double mean(double sum, uint32_t count)
{
    return count == 0 ? NAN : sum / count;
}

static bool add_devices(struct watch *watch, struct scene_headline *headline)
{
    struct totals totals = { 0 };
    bool complete = true;
    for (uint32_t i = 0; i < watch->device_count; i++) {
        struct reached reached = { .ready = true, .whole = true, .installed = true };
        for (uint32_t c = 0; c < watch->campaign_count; c++) {
            complete = add_member(watch, c, i, &totals, &reached) && complete;
        }
        headline->members += reached.member ? 1u : 0u;
        headline->ready += reached.member && reached.ready ? 1u : 0u;
        headline->whole += reached.member && reached.whole ? 1u : 0u;
        headline->installed += reached.member && reached.installed ? 1u : 0u;
    }
    headline->set_up_time_s = mean(totals.set_up_s, totals.set_ups);
    headline->missing_rate = mean(totals.missing_rate, totals.missing_rates);
    return complete;
}

static void add_losses(struct watch *watch, bool over, struct scene_headline *headline)
{
    for (uint32_t i = 0; i < watch->losses.stream_count; i++) {
        add_stream(&watch->losses.streams[i], over, headline->losses);
    }
}

bool watch_fill_headline(struct watch *watch, struct scene *scene)
{
    struct scene_headline *headline = &scene->headline;
    enum campaign_phase phase;
    uint32_t campaign = watch_campaign_of_phase(watch, &phase);
    *headline = (struct scene_headline){
        .energy_mean_j = headline->energy_mean_j, /* as watch_fill_meters() left them */
        .energy_max_j = headline->energy_max_j,
    };
    scene->phase = (uint8_t)phase;
    bool complete = add_devices(watch, headline);
    add_losses(watch, scene->over || phase > CAMPAIGN_PHASE_UNCODED, headline);
    headline->failed = scene->stages[SCENE_STAGE_FAILED];
    if (campaign != UINT32_MAX) {
        headline->nb_frag = campaign_nb_frag(server_campaign(watch->world->server, campaign));
        headline->uncoded = watch_fragments_sent(watch, campaign, false);
        headline->coded = watch_fragments_sent(watch, campaign, true);
    }
    return complete;
}
