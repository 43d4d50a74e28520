/* What became of the uplinks that devices sent: a byte per device, for it sends one at a time.
 * SPDX-License-Identifier: MIT
 */
#include "world/uplink_record.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/device_duty_auditor.h"

#define UNCONFIRMED_UP 2u /* MType: spec-protocol 1.3 */
#define CONFIRMED_UP   4u
#define BAND_BYTES     sizeof(struct device_duty_band)

struct uplink_record {
    const struct region *region;
    uint32_t device_count;
    entity_id first_device;
    uint8_t *furthest; /* of the frame on the air, at any gateway; 0: none took notice */
    /* [sub-band][device], lines of the cache: of sub-bands where nobody sends no page is touched */
    struct device_duty_band *bands;
    void *bands_block; /* as allocated */
    struct uplink_counts counts;
};

struct uplink_record *uplink_record_create(
        const struct region *region, uint32_t device_count, entity_id first_device)
{
    struct uplink_record *record = calloc(1, sizeof *record);
    if (record == NULL) {
        return NULL;
    }
    record->region = region;
    record->device_count = device_count;
    record->first_device = first_device;
    record->furthest = calloc(device_count, 1);
    record->bands_block = calloc((size_t)region->band_count * device_count + 1, BAND_BYTES);
    if (record->furthest == NULL || record->bands_block == NULL) {
        uplink_record_destroy(record);
        return NULL;
    }
    size_t past_line = (uintptr_t)record->bands_block % BAND_BYTES;
    record->bands = (void *)((char *)record->bands_block + (BAND_BYTES - past_line) % BAND_BYTES);
    return record;
}

void uplink_record_destroy(struct uplink_record *record)
{
    if (record != NULL) {
        free(record->bands_block);
        free(record->furthest);
        free(record);
    }
}

static uint32_t data_rate_of(const struct region *region, const struct lora_modulation *modulation)
{
    int rate = region_uplink_rate(region, modulation->spreading_factor, modulation->bandwidth_hz);
    assert(rate >= 0 && (uint32_t)rate < UPLINK_DATA_RATES);
    return (uint32_t)rate;
}

static void audit(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    struct uplink_counts *counts = &record->counts;
    int index = region_band_of(record->region, frame->modulation.frequency_hz);
    bool allowed = false; /* outside of all sub-bands */
    if (index >= 0) {
        struct device_duty_band *band = &record->bands[(size_t)index * record->device_count];
        allowed = device_duty_auditor_frame(&band[device], record->region->bands[index].duty_cycle,
                frame->start_ns, frame->end_ns);
    }
    if (!allowed && counts->duty_violations++ == 0) {
        counts->duty_first_device = device;
        counts->duty_first_ns = frame->end_ns;
    }
}

static void ended(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    enum loss_cause cause = (enum loss_cause)record->furthest[device];
    unsigned type = frame->bytes[0] >> 5;
    record->furthest[device] = 0;
    audit(record, frame, device);
    if (type != UNCONFIRMED_UP && type != CONFIRMED_UP) {
        return;
    }
    if (cause == LOSS_GATEWAY_SKIPPED) { /* nobody in reach */
        cause = frame->aborted ? LOSS_POWERED_DOWN : LOSS_BELOW_SENSITIVITY;
    }
    uint32_t rate = data_rate_of(record->region, &frame->modulation);
    record->counts.sent++;
    record->counts.by_data_rate[rate].sent++;
    if (cause == LOSS_NONE) {
        record->counts.received++;
        record->counts.by_data_rate[rate].received++;
    } else {
        record->counts.lost[cause]++;
    }
}

void uplink_record_started(const struct uplink_record *record, const struct frame *frame)
{
    uint32_t device = (uint32_t)(frame->id >> 32) - record->first_device;
    int index = region_band_of(record->region, frame->modulation.frequency_hz);
    if (device < record->device_count && index >= 0) {
        __builtin_prefetch(&record->bands[(size_t)index * record->device_count + device], 1);
    }
}

void uplink_record_frame(struct uplink_record *record, const struct observation *o)
{
    uint32_t device = (uint32_t)((uint64_t)o->a >> 32) - record->first_device; /* frame.h: id */
    if (o->kind == OBSERVE_FRAME_ENDED) {
        if (device < record->device_count) {
            ended(record, o->data, device);
        }
        return;
    }
    bool received = o->kind == OBSERVE_GATEWAY_RECEIVED;
    assert(received || o->kind == OBSERVE_GATEWAY_LOST);
    enum loss_cause cause = received ? LOSS_NONE : (enum loss_cause)o->b;
    record->counts.at_gateways[cause]++;
    if (device < record->device_count && record->furthest[device] < (uint8_t)cause) {
        record->furthest[device] = (uint8_t)cause;
    }
}

const struct uplink_counts *uplink_record_counts(const struct uplink_record *record)
{
    return &record->counts;
}
