/* Watches a station's transmissions against the duty cycle of their sub-bands.
 * SPDX-License-Identifier: MIT
 *
 * It sees what went on the air and nothing else: one queue of frames per sub-band, the running sum
 * of those whose end lies in the last hour, and when the pause of the last one is over.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/gateway.h"
#include "run_memory.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)

struct aired {
    sim_ns end_ns, airtime_ns;
};

/* A ring; its capacity is a power of two. */
struct band_log {
    struct aired *ring;
    uint32_t first, count, capacity;
    sim_ns in_hour_ns, total_ns, in_hour_max_ns, last_end_ns;
    sim_ns max_before_last_ns; /* in_hour_max_ns without the last frame */
    sim_ns pause_until_ns;     /* in the forms with pauses */
};

struct duty_auditor {
    const struct region *region;
    enum gateway_duty_form form;
    struct run_memory *memory;
    struct band_log logs[REGION_BANDS_MAX];
};

struct duty_auditor *duty_auditor_create(
        const struct region *region, enum gateway_duty_form form, struct run_memory *memory)
{
    assert(region->band_count <= REGION_BANDS_MAX);
    struct duty_auditor *auditor = calloc(1, sizeof *auditor);
    if (auditor != NULL) {
        auditor->region = region;
        auditor->form = form;
        auditor->memory = memory;
    }
    return auditor;
}

void duty_auditor_destroy(struct duty_auditor *auditor)
{
    if (auditor == NULL) {
        return;
    }
    for (uint32_t i = 0; i < REGION_BANDS_MAX; i++) {
        free(auditor->logs[i].ring);
    }
    free(auditor);
}

static void push(struct run_memory *memory, struct band_log *log, struct aired aired)
{
    if (log->count == log->capacity) {
        uint32_t capacity = log->capacity == 0 ? 64 : 2 * log->capacity;
        struct aired *ring = run_memory_grow(memory, NULL, capacity * sizeof *ring);
        for (uint32_t i = 0; i < log->count; i++) {
            ring[i] = log->ring[(log->first + i) & (log->capacity - 1)];
        }
        free(log->ring);
        log->ring = ring;
        log->first = 0;
        log->capacity = capacity;
    }
    log->ring[(log->first + log->count++) & (log->capacity - 1)] = aired;
    log->in_hour_ns += aired.airtime_ns;
    log->total_ns += aired.airtime_ns;
}

static void drop_older(struct band_log *log, sim_ns from_ns)
{
    while (log->count > 0 && log->ring[log->first].end_ns <= from_ns) {
        log->in_hour_ns -= log->ring[log->first].airtime_ns;
        log->first = (log->first + 1) & (log->capacity - 1);
        log->count--;
    }
}

static sim_ns over_hour_ns(const struct band_log *log, double duty_cycle)
{
    sim_ns allowed_ns = (sim_ns)llround(duty_cycle * (double)HOUR_NS);
    return log->in_hour_ns > allowed_ns ? log->in_hour_ns - allowed_ns : 0;
}

static sim_ns pause_end_ns(
        enum gateway_duty_form form, double duty_cycle, sim_ns start_ns, sim_ns end_ns)
{
    sim_ns from_ns = form == GATEWAY_DUTY_PAUSES ? end_ns : start_ns;
    return from_ns + (sim_ns)floor((double)(end_ns - start_ns) * (1 - duty_cycle) / duty_cycle);
}

/* By how much the frame is too early for the pause before it. */
static sim_ns into_pause_ns(struct band_log *log, enum gateway_duty_form form, double duty_cycle,
        sim_ns start_ns, sim_ns end_ns)
{
    sim_ns early_ns = log->pause_until_ns - start_ns;
    log->pause_until_ns = pause_end_ns(form, duty_cycle, start_ns, end_ns);
    return early_ns > 0 ? early_ns : 0;
}

sim_ns duty_auditor_frame(
        struct duty_auditor *auditor, uint32_t frequency_hz, sim_ns start_ns, sim_ns end_ns)
{
    assert(start_ns < end_ns);
    int band = region_band_of(auditor->region, frequency_hz);
    if (band < 0) {
        return end_ns - start_ns; /* no station may transmit here at all */
    }
    struct band_log *log = &auditor->logs[band];
    assert(end_ns >= log->last_end_ns);
    log->last_end_ns = end_ns;
    push(auditor->memory, log, (struct aired){ .end_ns = end_ns, .airtime_ns = end_ns - start_ns });
    drop_older(log, end_ns - HOUR_NS);
    log->max_before_last_ns = log->in_hour_max_ns;
    if (log->in_hour_ns > log->in_hour_max_ns) {
        log->in_hour_max_ns = log->in_hour_ns;
    }
    double duty_cycle = auditor->region->bands[band].duty_cycle;
    if (duty_cycle >= 1.0) {
        return 0;
    }
    return auditor->form == GATEWAY_DUTY_HOUR
                   ? over_hour_ns(log, duty_cycle)
                   : into_pause_ns(log, auditor->form, duty_cycle, start_ns, end_ns);
}

void duty_auditor_cut(struct duty_auditor *auditor, uint32_t frequency_hz, sim_ns end_ns)
{
    int band = region_band_of(auditor->region, frequency_hz);
    if (band < 0) {
        return;
    }
    struct band_log *log = &auditor->logs[band];
    assert(log->count > 0);
    struct aired *last = &log->ring[(log->first + log->count - 1) & (log->capacity - 1)];
    sim_ns start_ns = last->end_ns - last->airtime_ns;
    assert(start_ns <= end_ns && end_ns <= last->end_ns);
    sim_ns not_sent_ns = last->end_ns - end_ns;
    last->end_ns = end_ns;
    last->airtime_ns -= not_sent_ns;
    log->last_end_ns = end_ns;
    log->in_hour_ns -= not_sent_ns;
    log->total_ns -= not_sent_ns;
    log->in_hour_max_ns =
            log->in_hour_ns > log->max_before_last_ns ? log->in_hour_ns : log->max_before_last_ns;
    double duty_cycle = auditor->region->bands[band].duty_cycle;
    if (duty_cycle < 1.0) {
        log->pause_until_ns = pause_end_ns(auditor->form, duty_cycle, start_ns, end_ns);
    }
}

sim_ns duty_auditor_hour_ns(const struct duty_auditor *auditor, uint32_t band, sim_ns now_ns)
{
    assert(band < auditor->region->band_count);
    const struct band_log *log = &auditor->logs[band];
    sim_ns in_hour_ns = log->in_hour_ns;
    for (uint32_t i = 0; i < log->count; i++) {
        const struct aired *aired = &log->ring[(log->first + i) & (log->capacity - 1)];
        if (aired->end_ns > now_ns - HOUR_NS) {
            break;
        }
        in_hour_ns -= aired->airtime_ns;
    }
    return in_hour_ns;
}

double duty_auditor_share_max(const struct duty_auditor *auditor)
{
    sim_ns max_ns = 0;
    for (uint32_t i = 0; i < auditor->region->band_count; i++) {
        if (auditor->logs[i].in_hour_max_ns > max_ns) {
            max_ns = auditor->logs[i].in_hour_max_ns;
        }
    }
    return (double)max_ns / (double)HOUR_NS;
}

sim_ns duty_auditor_airtime_max_ns(const struct duty_auditor *auditor)
{
    sim_ns max_ns = 0;
    for (uint32_t i = 0; i < auditor->region->band_count; i++) {
        if (auditor->logs[i].total_ns > max_ns) {
            max_ns = auditor->logs[i].total_ns;
        }
    }
    return max_ns;
}
