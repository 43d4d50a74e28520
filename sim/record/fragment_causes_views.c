/* What others ask of the causes of fragments.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "record/fragment_causes_internal.h"

uint32_t fragment_causes_device(const struct fragment_causes *causes, uint32_t campaign,
        uint32_t device, struct cause_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    const struct stream *stream = fragment_causes_stream(causes, campaign, device);
    if (stream == NULL || stream->is_unicast) {
        return 0;
    }
    fragment_rows_add(&stream->rows, device, counts);
    return stream->nb_frag;
}

uint32_t fragment_causes_received(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = fragment_causes_stream(causes, campaign, device);
    return stream == NULL ? 0 : stream->rows.received[device];
}

uint32_t fragment_causes_unicast(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    return causes->unicast.received[(size_t)campaign * causes->device_count + device];
}

uint32_t fragment_causes_unicast_uncoded(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    return causes->unicast.uncoded[(size_t)campaign * causes->device_count + device];
}

uint32_t fragment_causes_received_in_all(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    uint32_t sum = 0;
    for (uint32_t i = causes->first_stream[campaign]; i < causes->first_stream[campaign + 1]; i++) {
        sum += causes->streams[i].rows.received[device];
    }
    return sum;
}

uint64_t fragment_causes_received_by_all(const struct fragment_causes *causes, uint32_t campaign)
{
    uint64_t sum = 0;
    for (uint32_t i = causes->first_stream[campaign]; i < causes->first_stream[campaign + 1]; i++) {
        const struct fragment_rows *rows = &causes->streams[i].rows;
        for (uint32_t device = 0; device < rows->device_count; device++) {
            sum += rows->received[device];
        }
    }
    return sum;
}

const struct fragment_rows *fragment_causes_rows(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = fragment_causes_stream(causes, campaign, device);
    return stream == NULL ? NULL : &stream->rows;
}

uint32_t fragment_causes_sent_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = fragment_causes_stream(causes, campaign, device);
    return stream == NULL ? 0 : stream->rows.sent;
}

uint32_t fragment_causes_on_air_to(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device)
{
    const struct stream *stream = fragment_causes_stream(causes, campaign, device);
    uint32_t count = 0;
    for (uint32_t i = 0; stream != NULL && i < causes->copy_count; i++) {
        const struct copy *copy = &causes->copies[i];
        bool counted = copy->stream != stream || copy->n == 0;
        for (uint32_t k = 0; k < i; k++) {
            counted = counted
                      || (causes->copies[k].stream == stream && causes->copies[k].n == copy->n);
        }
        count += counted ? 0u : 1u;
    }
    return count;
}

uint32_t fragment_causes_sent(const struct fragment_causes *causes, uint32_t campaign, bool coded)
{
    uint32_t count = 0;
    for (uint32_t i = causes->first_stream[campaign]; i < causes->first_stream[campaign + 1]; i++) {
        const struct stream *stream = &causes->streams[i];
        count += coded ? stream->sent_coded : stream->rows.sent;
    }
    return count;
}

static const struct copy *copy_of(const struct fragment_causes *causes, int64_t frame_id)
{
    uint32_t at = causes == NULL ? NO_COPY : fragment_copy_find(causes, frame_id);
    return at == NO_COPY ? NULL : &causes->copies[at];
}

bool fragment_causes_has(const struct fragment_causes *causes, int64_t frame_id)
{
    return copy_of(causes, frame_id) != NULL;
}

enum fragment_kind fragment_causes_kind(
        const struct fragment_causes *causes, uint32_t device, int64_t frame_id)
{
    const struct copy *copy = copy_of(causes, frame_id);
    bool own = copy != NULL
               && (uint16_t)(copy->stream - causes->streams) == causes->devices[device].stream;
    return own ? (enum fragment_kind)copy->kind : FRAGMENT_NONE;
}

sim_ns fragment_causes_transfer_airtime_ns(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t transfer)
{
    return causes->streams[causes->first_stream[campaign] + transfer].airtime_ns;
}

sim_ns fragment_causes_airtime_ns(const struct fragment_causes *causes, uint32_t campaign)
{
    sim_ns sum_ns = 0;
    for (uint32_t i = causes->first_stream[campaign]; i < causes->first_stream[campaign + 1]; i++) {
        sum_ns += causes->streams[i].airtime_ns;
    }
    return sum_ns;
}

const struct fragment_causes *fragment_causes_of(const struct recorder_set *set)
{
    return recorder_set_state(set, RECORDER_FRAGMENT_CAUSES);
}
