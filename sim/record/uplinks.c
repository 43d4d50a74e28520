/* What became of the uplinks that devices sent, as the air shows it.
 * SPDX-License-Identifier: MIT
 */
#include "record/uplinks.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "campaign/packages.h"
#include "campaign/unicast_packages.h"
#include "gateway/device_duty_auditor.h"
#include "network/lorawan.h"
#include "prefetch.h"
#include "record/measure.h"
#include "scenario/channel_plan.h"

/* Of one device, whatever its firmware is. */
struct device_uplinks {
    uint32_t duty_violations; /* frames by which it broke a duty cycle */
    bool no_duty_cycle;       /* devices[].duty_cycle: off */
    float duty_worst_hour;    /* airtime in an hour over what its sub-band allows, highest */
    uint64_t last;            /* DevAddr and FCnt of its last data frame; UINT64_MAX: none */
    uint32_t campaign_messages;
};

#define BAND_BYTES sizeof(struct device_duty_band)

struct uplink_record {
    const struct node_fleet *nodes;
    const struct region *region;
    uint32_t device_count;
    entity_id first_device;
    /* Of the frame on the air (a device sends one at a time) at any gateway; 0: none took notice */
    uint8_t *furthest;
    /* [sub-band][device], lines of the cache: of sub-bands without traffic no page is touched */
    struct device_duty_band *bands;
    void *bands_block;              /* as allocated */
    struct device_uplinks *devices; /* [device] */
    struct uplink_counts counts;
};

static void destroy(void *state)
{
    struct uplink_record *record = state;
    free(record->bands_block);
    free(record->furthest);
    free(record->devices);
    free(record);
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    uint32_t device_count = view->device_count;
    struct uplink_record *record = calloc(1, sizeof *record);
    if (record == NULL) {
        return NULL;
    }
    record->nodes = view->nodes;
    record->region = scenario_region(view->scenario);
    record->device_count = device_count;
    record->first_device = view->first_device;
    record->furthest = calloc(device_count, 1);
    record->devices = calloc(device_count, sizeof *record->devices);
    record->bands_block = calloc((size_t)record->region->band_count * device_count + 1, BAND_BYTES);
    if (record->furthest == NULL || record->devices == NULL || record->bands_block == NULL) {
        destroy(record);
        return NULL;
    }
    for (uint32_t i = 0; i < device_count; i++) {
        record->devices[i].last = UINT64_MAX;
    }
    uint32_t device = 0;
    for (uint32_t g = 0; g < view->scenario->group_count; g++) {
        for (uint32_t i = 0; i < view->scenario->groups[g].count; i++) {
            record->devices[device++].no_duty_cycle = view->scenario->groups[g].no_duty_cycle;
        }
    }
    size_t past_line = (uintptr_t)record->bands_block % BAND_BYTES;
    record->bands = (void *)((char *)record->bands_block + (BAND_BYTES - past_line) % BAND_BYTES);
    return record;
}

static uint32_t data_rate_of(const struct region *region, const struct lora_modulation *modulation)
{
    int rate = region_uplink_rate(region, modulation->spreading_factor, modulation->bandwidth_hz);
    return rate >= 0 && (uint32_t)rate < UPLINK_DATA_RATES ? (uint32_t)rate : UPLINK_OTHER_RATE;
}

/* Airtime of the hour that the auditor sees over what the duty cycle allows in one. */
static float share_of_hour(const struct device_duty_band *band, double duty_cycle)
{
    uint64_t sum_us = 0;
    for (uint32_t i = 0; i < DEVICE_DUTY_BINS; i++) {
        sum_us += band->bin_us[i];
    }
    return (float)((double)sum_us / (3600e6 * duty_cycle));
}

/* Of another firmware, or where the scenario switches it off, a broken duty cycle is a result; of
 * this tree's own it is a defect. */
static void violated(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    struct uplink_counts *counts = &record->counts;
    record->devices[device].duty_violations++;
    bool defect = node_build(record->nodes, device) == &firmware_builtin
                  && !record->devices[device].no_duty_cycle;
    if (defect && counts->duty_violations++ == 0) {
        counts->duty_first_device = device;
        counts->duty_first_ns = frame->end_ns;
    }
}

static void judge_duty(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    int index = region_band_of(record->region, frame->modulation.frequency_hz);
    bool allowed = false; /* outside of all sub-bands */
    if (index >= 0) {
        struct device_duty_band *band =
                &record->bands[(size_t)index * record->device_count + device];
        double duty_cycle = record->region->bands[index].duty_cycle;
        struct device_uplinks *sender = &record->devices[device];
        allowed = device_duty_auditor_frame(band, duty_cycle, frame->start_ns, frame->end_ns);
        sender->duty_worst_hour = fmaxf(sender->duty_worst_hour, share_of_hour(band, duty_cycle));
    }
    if (!allowed) {
        violated(record, frame, device);
    }
}

/* Whatever the bytes are: a frame that is no well-formed one is a message of its own. */
static void count_message(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    struct device_uplinks *sender = &record->devices[device];
    struct lorawan_uplink uplink;
    bool parsed = lorawan_uplink_parse(frame->bytes, frame->size, &uplink);
    uint64_t counter = parsed ? (uint64_t)uplink.dev_addr << 16 | uplink.fcnt : UINT64_MAX;
    if (parsed && sender->last == counter) {
        return;
    }
    sender->last = counter;
    record->counts.messages++;
    if (parsed
            && (!uplink.has_fport || uplink.fport == 0 || uplink.fport == PACKAGE_FPORT_MULTICAST
                    || uplink.fport == PACKAGE_FPORT_FRAGMENTATION
                    || uplink.fport == UNICAST_FPORT)) {
        sender->campaign_messages++;
    }
}

static void ended(struct uplink_record *record, const struct frame *frame, uint32_t device)
{
    enum loss_cause cause = (enum loss_cause)record->furthest[device];
    enum lorawan_ftype type = frame->size > 0 ? lorawan_ftype(frame->bytes[0]) : LORAWAN_RFU;
    record->furthest[device] = 0;
    judge_duty(record, frame, device);
    if (type != LORAWAN_UNCONFIRMED_UP && type != LORAWAN_CONFIRMED_UP) {
        return;
    }
    count_message(record, frame, device);
    if (cause == LOSS_GATEWAY_SKIPPED) { /* no gateway in reach */
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

/* At its end what is known of its sender will be looked at. */
static void started(const struct uplink_record *record, const struct frame *frame)
{
    uint32_t device = (uint32_t)(frame->id >> 32) - record->first_device;
    int index = region_band_of(record->region, frame->modulation.frequency_hz);
    if (device < record->device_count && index >= 0) {
        prefetch_write(&record->devices[device]);
        prefetch_write(&record->bands[(size_t)index * record->device_count + device]);
    }
}

static void observe(void *state, const struct observation *o)
{
    struct uplink_record *record = state;
    uint32_t device = (uint32_t)((uint64_t)o->a >> 32) - record->first_device; /* frame.h: id */
    if (o->kind == OBSERVE_FRAME_STARTED) {
        started(record, o->data);
        return;
    }
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

const struct uplink_counts *uplinks_counts(const struct recorder_set *set)
{
    const struct uplink_record *record = recorder_set_state(set, RECORDER_UPLINKS);
    return &record->counts;
}

uint32_t uplinks_campaign_messages(const struct recorder_set *set, uint32_t device)
{
    const struct uplink_record *record = recorder_set_state(set, RECORDER_UPLINKS);
    return record->devices[device].campaign_messages;
}

/* --- audit ------------------------------------------------------------------------------------ */

static bool counts_fail(const struct uplink_counts *counts, char *text, size_t size)
{
    uint64_t by_cause = counts->received, by_rate = 0, received = 0;
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        by_cause += counts->lost[cause];
    }
    for (uint32_t rate = 0; rate <= UPLINK_OTHER_RATE; rate++) {
        by_rate += counts->by_data_rate[rate].sent;
        received += counts->by_data_rate[rate].received;
    }
    if (by_cause == counts->sent && by_rate == counts->sent && received == counts->received) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT of %" PRIu64 " uplinks %" PRIu64 " have a cause and %" PRIu64 " a data rate",
            counts->sent, by_cause, by_rate);
    return true;
}

static bool duty_fails(const struct uplink_counts *counts, char *text, size_t size)
{
    if (counts->duty_violations == 0) {
        return false;
    }
    snprintf(text, size,
            "INVARIANT devices broke their duty cycle with %" PRIu64
            " frames, first device %" PRIu32 " at %.3f s",
            counts->duty_violations, counts->duty_first_device,
            (double)counts->duty_first_ns / (double)SIM_NS_PER_S);
    return true;
}

static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)set;
    const struct uplink_record *record = state;
    return counts_fail(&record->counts, text, size) || duty_fails(&record->counts, text, size);
}

/* --- results ---------------------------------------------------------------------------------- */

/* How an uplink can be lost on its way to a gateway. */
static const enum loss_cause uplink_causes[] = { LOSS_POWERED_DOWN, LOSS_RADIO_BUSY,
    LOSS_RECEIVER_LOCKED_ELSEWHERE, LOSS_PREAMBLE_MISSED, LOSS_BELOW_SENSITIVITY, LOSS_FADING,
    LOSS_INTERFERENCE, LOSS_FREQUENCY_OFFSET, LOSS_MISMATCH };
#define UPLINK_CAUSES (sizeof uplink_causes / sizeof uplink_causes[0])

void uplinks_measure_lost(
        struct measure *m, const char *prefix, const uint64_t lost[LOSS_CAUSE_COUNT])
{
    uint64_t all = 0, told = 0;
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        all += lost[cause];
    }
    for (size_t i = 0; i < UPLINK_CAUSES; i++) {
        told += lost[uplink_causes[i]];
        measure_count(m, prefix, loss_cause_name(uplink_causes[i]), lost[uplink_causes[i]]);
    }
    assert(all == told);
}

static void measure_duty(const struct uplink_record *record, struct measure *m)
{
    uint64_t violations = 0;
    float worst_hour = 0.0f;
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        violations += record->devices[i].duty_violations;
        worst_hour = fmaxf(worst_hour, record->devices[i].duty_worst_hour);
    }
    measure_count(m, "uplinks.", "duty_violations", violations);
    measure_add(m, "uplinks.", "duty_worst_hour", worst_hour);
}

static void measure_uplinks(const void *state, struct measure *m)
{
    const struct uplink_record *record = state;
    const struct uplink_counts *counts = &record->counts;
    if (m->scope == EXPECT_GROUP) {
        measure_duty(record, m);
        return;
    }
    measure_count(m, "uplinks.", "sent", counts->sent);
    measure_count(m, "uplinks.", "received", counts->received);
    measure_add(m, "uplinks.", "pdr",
            counts->sent == 0 ? NAN : (double)counts->received / (double)counts->sent);
    uplinks_measure_lost(m, "uplinks.by_cause.", counts->lost);
    for (unsigned rate = 0; rate <= UPLINK_OTHER_RATE; rate++) {
        char prefix[48] = "uplinks.by_data_rate.other.";
        if (rate != UPLINK_OTHER_RATE) {
            snprintf(prefix, sizeof prefix, "uplinks.by_data_rate.DR%u.", rate);
        }
        measure_count(m, prefix, "sent", counts->by_data_rate[rate].sent);
        measure_count(m, prefix, "received", counts->by_data_rate[rate].received);
    }
    measure_duty(record, m);
}

const struct recorder_ops uplinks_recorder = {
    .name = "uplinks",
    .by_group = true,
    .kinds = OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
             | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST),
    .create = create,
    .destroy = destroy,
    .observe = observe,
    .audit = audit,
    .measure = measure_uplinks,
};
