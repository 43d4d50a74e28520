/* What arrives where: gains of links, bounds of fades, powers at receivers. For the files of the
 * medium.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_MEDIUM_ARRIVAL_H
#define AIR_MEDIUM_ARRIVAL_H

#include <math.h>

#include "air/medium_internal.h"

/* --- links ------------------------------------------------------------------------------------ */

/* Gain of the link between them; NULL: neither of them hears the other. */
static inline const int32_t *medium_link(
        const struct medium *medium, uint32_t gateway, uint32_t device)
{
    const struct link_table *links = &medium->links;
    for (uint32_t i = links->from[device]; i < links->from[device + 1]; i++) {
        if (links->gateways[i] == gateway) {
            return &links->gains_mdb[i];
        }
    }
    return NULL;
}

static inline int32_t medium_gain_mdb(
        const struct medium *medium, uint32_t gateway, uint32_t device)
{
    const int32_t *gain_mdb = medium_link(medium, gateway, device);
    return gain_mdb != NULL ? *gain_mdb : medium_unlinked_gain_mdb(medium, gateway, device);
}

/* A frame that every device with a link to its gateway may hear, and no other. */
static inline bool medium_goes_by_links(const struct medium *medium, const struct on_air *air)
{
    return air->frame.downlink && air->frame.power_mdbm <= medium->params.gateway_power_max_mdbm;
}

/* --- bounds ----------------------------------------------------------------------------------- */

static inline const struct fade_bound *medium_fade_bound(const struct medium *medium, uint32_t word)
{
    unsigned zeros = (unsigned)__builtin_clz(word | 1u);
    uint32_t within = (word << zeros) >> 27 & (MEDIUM_FADES_PER_OCTAVE - 1u);
    return &medium->fade_bounds[zeros * MEDIUM_FADES_PER_OCTAVE + within];
}

/* No power ratio of that many mdB is greater. */
static inline float medium_ratio_bound(const struct medium *medium, int32_t ratio_mdb)
{
    if (ratio_mdb < -MEDIUM_RATIO_FROM_MDB) {
        return medium->ratio_bounds[0];
    }
    uint32_t step = (uint32_t)(ratio_mdb + MEDIUM_RATIO_FROM_MDB) / MEDIUM_RATIO_STEP_MDB;
    return step < MEDIUM_RATIOS ? medium->ratio_bounds[step] : HUGE_VALF;
}

/* --- powers ----------------------------------------------------------------------------------- */

/* Of a gateway's frame of that power, through a link of that gain. */
static inline int32_t medium_through_link_mdbm(
        const struct medium *medium, int32_t power_mdbm, uint32_t device, int32_t gain_mdb)
{
    int32_t median_mdbm = power_mdbm + gain_mdb;
    return medium->device_antenna_mdb == NULL ? median_mdbm
                                              : median_mdbm + medium->device_antenna_mdb[device];
}

/* Received power without fading. */
static inline int32_t medium_at_device_mdbm(
        const struct medium *medium, const struct on_air *air, uint32_t device)
{
    if (!air->frame.downlink) {
        return medium_between_devices_mdbm(medium, air, device);
    }
    return medium_through_link_mdbm(medium, air->frame.power_mdbm, device,
            medium_gain_mdb(medium, air->transmitter, device));
}

static inline int32_t medium_at_gateway_through_mdbm(
        const struct medium *medium, const struct on_air *air, uint32_t gateway, int32_t gain_mdb)
{
    return air->frame.power_mdbm + gain_mdb + medium->gateways[gateway].antenna_gain_mdb;
}

static inline int32_t medium_at_gateway_mdbm(
        const struct medium *medium, const struct on_air *air, uint32_t gateway)
{
    return medium_at_gateway_through_mdbm(
            medium, air, gateway, medium_gain_mdb(medium, gateway, air->transmitter));
}

/* The word of its fade, for a frame at one end of the link. */
static inline uint32_t medium_fade_word(const struct medium *medium, const struct frame *frame,
        uint32_t device, uint32_t gateway, entity_id receiver)
{
    const struct fading_params *fading = &medium->params.fading;
    if (fading->model == FADING_NONE) {
        return 0;
    }
    return fading->coherence_ns == 0
                   ? judge_fading_word(medium->seed, frame->id, receiver)
                   : fading_block_word(fading, medium->seed, medium->device_entities[device],
                           gateway, frame->start_ns);
}

/* Of the link between a device and a gateway, for a frame at one end of it. */
static inline int32_t medium_fading_mdb(const struct medium *medium, const struct frame *frame,
        uint32_t device, uint32_t gateway, entity_id receiver)
{
    const struct fading_params *fading = &medium->params.fading;
    if (fading->model == FADING_NONE) {
        return 0;
    }
    uint32_t word =
            fading->coherence_ns == 0 ? judge_fading_word(medium->seed, frame->id, receiver) : 0;
    return fading_gain_mdb(fading, medium->seed, frame->id, medium->device_entities[device],
            gateway, receiver, frame->start_ns, word);
}

/* At a device. assumed: frames of other devices do not fade. */
static inline int32_t medium_device_fading_mdb(
        const struct medium *medium, const struct on_air *air, uint32_t device)
{
    return air->frame.downlink ? medium_fading_mdb(
                   medium, &air->frame, device, air->transmitter, medium->device_entities[device])
                               : 0;
}

static inline int32_t medium_gateway_fading_mdb(
        const struct medium *medium, const struct on_air *air, uint32_t gateway)
{
    return medium_fading_mdb(
            medium, &air->frame, air->transmitter, gateway, medium->gateways[gateway].entity);
}

/* Is a frame so weak that its loss is not told, and does its fade not lift it? Settled by the word
 * of the fade where that is enough. */
static inline bool medium_device_misses(
        const struct medium *medium, const struct on_air *air, uint32_t device, int32_t median_mdbm)
{
    int32_t lacks_mdb = air->device_detect_mdbm - median_mdbm;
    if (lacks_mdb <= MEDIUM_TOLD_MDB
            || medium->params.reception.equal_copies == EQUAL_COPIES_COMBINE) {
        return false;
    }
    if (!air->frame.downlink) {
        return true;
    }
    uint32_t word = medium_fade_word(
            medium, &air->frame, device, air->transmitter, medium->device_entities[device]);
    return medium_fade_bound(medium, word)->mdb < lacks_mdb
           || medium_device_fading_mdb(medium, air, device) < lacks_mdb;
}

static inline bool medium_gateway_misses(const struct medium *medium, const struct on_air *air,
        uint32_t gateway, int32_t median_mdbm)
{
    int32_t lacks_mdb = air->gateway_detect_mdbm - median_mdbm;
    if (lacks_mdb <= MEDIUM_TOLD_MDB) {
        return false;
    }
    uint32_t word = medium_fade_word(
            medium, &air->frame, air->transmitter, gateway, medium->gateways[gateway].entity);
    return medium_fade_bound(medium, word)->mdb < lacks_mdb
           || medium_gateway_fading_mdb(medium, air, gateway) < lacks_mdb;
}

static inline struct judge_link medium_device_link(const struct medium *medium,
        struct judge_scratch *scratch, const struct on_air *air, uint32_t device,
        int32_t median_mdbm, int32_t fading_mdb)
{
    struct judge_link link = {
        .receiver = medium->device_entities[device],
        .median_mdbm = median_mdbm,
        .fading_mdb = fading_mdb,
    };
    if (medium->device_clocks != NULL) {
        medium_link_clocks(&air->frame, &medium->device_clocks[device], &link);
    }
    if (medium->bursts_on) {
        medium_link_bursts(medium, scratch, device, &link);
    }
    return link;
}

static inline struct judge_link medium_gateway_link(const struct medium *medium,
        struct judge_scratch *scratch, const struct on_air *air, uint32_t gateway,
        int32_t median_mdbm, int32_t fading_mdb)
{
    struct judge_link link = {
        .receiver = medium->gateways[gateway].entity,
        .median_mdbm = median_mdbm,
        .fading_mdb = fading_mdb,
    };
    if (medium->device_clocks != NULL) {
        medium_link_clocks(&air->frame, &medium->gateways[gateway].clock, &link);
    }
    if (medium->bursts_on) {
        medium_link_bursts(medium, scratch, medium->device_count + gateway, &link);
    }
    return link;
}

#endif
