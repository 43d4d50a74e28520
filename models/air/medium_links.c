/* What a link adds to path loss: antennas and crystals of the two radios, noise from outside.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "air/medium_internal.h"

static bool inexact(const struct medium_site *site)
{
    return site->radio_error_ppb != 0 || site->radio_drift_ppb_per_s != 0;
}

static bool any_inexact(const struct medium *medium, const struct medium_site *gateways)
{
    for (uint32_t i = 0; i < medium->device_count; i++) {
        if (inexact(&medium->device_sites[i])) {
            return true;
        }
    }
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        if (inexact(&gateways[i])) {
            return true;
        }
    }
    return false;
}

static bool any_antenna(const struct medium *medium)
{
    for (uint32_t i = 0; i < medium->device_count; i++) {
        if (medium->device_sites[i].antenna_gain_mdb != 0) {
            return true;
        }
    }
    return false;
}

static struct radio_clock clock_of(const struct medium_site *site)
{
    return (struct radio_clock){ site->radio_error_ppb, site->radio_drift_ppb_per_s };
}

static bool antennas_init(struct medium *medium)
{
    if (!any_antenna(medium)) {
        return true;
    }
    medium->device_antenna_mdb = malloc(medium->device_count * sizeof *medium->device_antenna_mdb);
    if (medium->device_antenna_mdb == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < medium->device_count; i++) {
        medium->device_antenna_mdb[i] = medium->device_sites[i].antenna_gain_mdb;
    }
    return true;
}

static void note_clock_error(struct medium *medium, struct radio_clock clock)
{
    int64_t error_ppb = llabs((long long)clock.error_ppb);
    if (error_ppb > medium->clock_error_max_ppb) {
        medium->clock_error_max_ppb = error_ppb;
    }
}

static bool clocks_init(struct medium *medium, const struct medium_site *gateways)
{
    if (!any_inexact(medium, gateways)) {
        return true;
    }
    medium->device_clocks = malloc((medium->device_count + 1) * sizeof *medium->device_clocks);
    if (medium->device_clocks == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < medium->device_count; i++) {
        medium->device_clocks[i] = clock_of(&medium->device_sites[i]);
        note_clock_error(medium, medium->device_clocks[i]);
    }
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        medium->gateways[i].clock = clock_of(&gateways[i]);
        note_clock_error(medium, medium->gateways[i].clock);
    }
    return true;
}

int32_t medium_interferer_mdbm(const struct medium *medium, const struct interferer_params *params,
        const struct medium_site *site)
{
    int32_t power_mdbm = interferer_power_mdbm(
            params, &medium->params.propagation, site->x_m, site->y_m, site->height_m);
    return power_mdbm + site->antenna_gain_mdb - (int32_t)lround(1000 * site->penetration_db);
}

static void interferers_at(struct medium *medium, uint32_t receiver, const struct medium_site *site)
{
    uint32_t count = medium->params.interferer_count;
    for (uint32_t i = 0; i < count; i++) {
        medium->interferer_mdbm[(size_t)receiver * count + i] =
                medium_interferer_mdbm(medium, &medium->interferers[i].params, site);
    }
}

static bool interferers_init(struct medium *medium, const struct medium_site *gateways)
{
    uint32_t count = medium->params.interferer_count;
    if (count == 0) {
        return true;
    }
    size_t receivers = (size_t)medium->device_count + medium->gateway_count;
    medium->interferers = calloc(count, sizeof *medium->interferers);
    medium->interferer_mdbm = malloc(receivers * count * sizeof *medium->interferer_mdbm);
    medium->bursts = calloc(count, sizeof *medium->bursts);
    medium->bursts_in_band_mdb = calloc(count, sizeof *medium->bursts_in_band_mdb);
    if (medium->interferers == NULL || medium->interferer_mdbm == NULL || medium->bursts == NULL
            || medium->bursts_in_band_mdb == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        interferer_init(&medium->interferers[i], &medium->params.interferers[i], medium->seed, i);
    }
    for (uint32_t i = 0; i < medium->device_count; i++) {
        interferers_at(medium, i, &medium->device_sites[i]);
    }
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        interferers_at(medium, medium->device_count + i, &gateways[i]);
    }
    return true;
}

/* What no site of the run has costs no memory, and no time on the hot path. */
bool medium_links_init(struct medium *medium, const struct medium_site *gateways)
{
    return antennas_init(medium) && clocks_init(medium, gateways)
           && interferers_init(medium, gateways);
}

void medium_links_finish(struct medium *medium)
{
    free(medium->device_antenna_mdb);
    free(medium->device_clocks);
    free(medium->interferers);
    free(medium->jammer_numbers);
    free(medium->interferer_mdbm);
    free(medium->bursts);
    free(medium->bursts_in_band_mdb);
}

/* --- between devices -------------------------------------------------------------------------- */

/* Between two end-devices: the law of the scenario and both walls.
 * assumed: no shadowing and no fading, which are drawn for links with gateways. */
static int32_t device_gain_mdb(const struct medium *medium, uint32_t from, uint32_t to)
{
    const struct medium_site *a = &medium->device_sites[from], *b = &medium->device_sites[to];
    double loss_db = path_loss_between_db(&medium->params.propagation, a->height_m, b->height_m,
            hypot(a->x_m - b->x_m, a->y_m - b->y_m));
    loss_db += a->penetration_db + b->penetration_db;
    return (int32_t)lround(-1000 * loss_db);
}

int32_t medium_between_devices_mdbm(
        const struct medium *medium, const struct on_air *air, uint32_t device)
{
    return air->frame.power_mdbm + device_gain_mdb(medium, air->transmitter, device)
           + medium->device_sites[device].antenna_gain_mdb;
}

/* --- noise from outside ----------------------------------------------------------------------- */

/* A burst this far below the noise floor raises it by less than 5 mdB. */
#define BURST_BELOW_MDB 30000

static double share_on(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns)
{
    return to_ns > from_ns ? interferer_on_fraction(interferer, from_ns, to_ns) : 0;
}

/* Does any two radios' error stay within what a receiver of this frame follows? */
static bool all_follow_carrier(const struct medium *medium, const struct judge_frame *judged)
{
    int64_t apart_ppb = 2 * medium->clock_error_max_ppb;
    int64_t carrier_hz = judged->frame->modulation.frequency_hz;
    return apart_ppb <= judged->clock_error_max_ppb
           && apart_ppb * carrier_hz
                      <= (int64_t)judged->frequency_error_max_hz * INT64_C(1000000000);
}

void medium_judge_init(struct medium *medium, struct judge_frame *judged, enum receiver_kind kind,
        const struct frame *frame)
{
    judge_frame_init(judged, medium->tables, medium->seed, kind, frame);
    medium->detected_by_power = all_follow_carrier(medium, judged);
    medium->bursts_on = false;
    medium->bursts_from_mdbm = judged->noise_mdbm - BURST_BELOW_MDB;
    const struct lora_modulation *m = &frame->modulation;
    sim_ns lock_ns = interference_from_ns(TIMING_PREAMBLE_LOCK, frame);
    for (uint32_t i = 0; medium->interferers != NULL && i < medium->params.interferer_count; i++) {
        const struct interferer *interferer = &medium->interferers[i];
        int32_t in_band_mdb =
                interferer_in_band_mdb(&interferer->params, m->frequency_hz, m->bandwidth_hz);
        medium->bursts_in_band_mdb[i] = in_band_mdb;
        if (in_band_mdb == INTERFERER_NOTHING_MDB) {
            continue;
        }
        medium->bursts[i] = (struct noise_burst){
            .preamble = share_on(interferer, lock_ns, frame->preamble_end_ns),
            .header = share_on(interferer, frame->preamble_end_ns, frame->header_ns),
            .payload = share_on(interferer, frame->header_ns, frame->end_ns),
        };
        const struct noise_burst *burst = &medium->bursts[i];
        if (burst->preamble > 0) {
            medium->detected_by_power = false;
        }
        if (burst->preamble + burst->header + burst->payload > 0) {
            medium->bursts_on = true;
        }
    }
}

static void reserve_bursts(
        const struct medium *medium, struct judge_scratch *scratch, uint32_t count)
{
    if (count > scratch->burst_capacity) {
        scratch->burst_capacity = count;
        scratch->bursts = run_memory_grow(
                engine_memory(medium->engine), scratch->bursts, count * sizeof *scratch->bursts);
    }
}

void medium_link_bursts(const struct medium *medium, struct judge_scratch *scratch,
        uint32_t receiver, struct judge_link *link)
{
    uint32_t count = medium->params.interferer_count;
    reserve_bursts(medium, scratch, count);
    struct noise_burst *at_receiver = scratch->bursts;
    const int32_t *power_mdbm = medium->interferer_mdbm + (size_t)receiver * count;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct noise_burst *burst = &medium->bursts[i];
        int32_t in_band_mdb = medium->bursts_in_band_mdb[i];
        if (in_band_mdb != INTERFERER_NOTHING_MDB
                && burst->preamble + burst->header + burst->payload > 0
                && power_mdbm[i] + in_band_mdb > medium->bursts_from_mdbm) {
            at_receiver[kept] = *burst;
            at_receiver[kept++].power_mdbm = power_mdbm[i] + in_band_mdb;
        }
    }
    link->bursts = at_receiver;
    link->burst_count = kept;
}

/* --- coherence times -------------------------------------------------------------------------- */

static double share_of_part(sim_ns from_ns, sim_ns to_ns, sim_ns part_from_ns, sim_ns part_to_ns)
{
    sim_ns start_ns = from_ns > part_from_ns ? from_ns : part_from_ns;
    sim_ns end_ns = to_ns < part_to_ns ? to_ns : part_to_ns;
    return end_ns > start_ns ? (double)(end_ns - start_ns) / (double)(part_to_ns - part_from_ns)
                             : 0;
}

static void reserve_fades(
        const struct medium *medium, struct judge_scratch *scratch, uint32_t count)
{
    if (count > scratch->fade_capacity) {
        scratch->fade_capacity = count;
        scratch->fades = run_memory_grow(
                engine_memory(medium->engine), scratch->fades, count * sizeof *scratch->fades);
    }
}

void medium_link_fades(const struct medium *medium, struct judge_scratch *scratch,
        const struct frame *frame, uint32_t device, uint32_t gateway, struct judge_link *link)
{
    const struct fading_params *fading = &medium->params.fading;
    sim_ns coherence_ns = fading->coherence_ns;
    if (fading->model == FADING_NONE || coherence_ns == 0
            || frame->start_ns / coherence_ns == (frame->end_ns - 1) / coherence_ns) {
        return;
    }
    sim_ns first = frame->preamble_end_ns / coherence_ns;
    sim_ns last = (frame->end_ns - 1) / coherence_ns;
    reserve_fades(medium, scratch, (uint32_t)(last - first + 1));
    for (sim_ns block = first; block <= last; block++) {
        sim_ns from_ns = block * coherence_ns, to_ns = from_ns + coherence_ns;
        scratch->fades[block - first] = (struct fade){
            .gain_mdb = fading_gain_mdb(fading, medium->seed, frame->id,
                    medium->device_entities[device], gateway, link->receiver, from_ns, 0),
            .header = share_of_part(from_ns, to_ns, frame->preamble_end_ns, frame->header_ns),
            .payload = share_of_part(from_ns, to_ns, frame->header_ns, frame->end_ns),
        };
    }
    link->fades = scratch->fades;
    link->fade_count = (uint32_t)(last - first + 1);
}

/* --- crystals --------------------------------------------------------------------------------- */

void medium_link_clocks(
        const struct frame *frame, const struct radio_clock *receiver, struct judge_link *link)
{
    double carrier_hz = frame->modulation.frequency_hz;
    int32_t drift_ppb_per_s = frame->clock_drift_ppb_per_s - receiver->drift_ppb_per_s;
    link->clock_error_ppb = frame->clock_error_ppb - receiver->error_ppb;
    link->frequency_error_hz = (int32_t)lround(1e-9 * link->clock_error_ppb * carrier_hz);
    if (drift_ppb_per_s != 0) {
        double duration_s = (double)(frame->end_ns - frame->start_ns) / SIM_NS_PER_S;
        link->drift_millihertz = (int32_t)lround(1e-6 * drift_ppb_per_s * carrier_hz * duration_s);
    }
}
