/* Uplinks: which gateways detect, lock on and receive.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "air/medium_arrival.h"

static void observe_lost(struct medium *medium, const struct frame *frame, uint32_t gateway,
        enum loss_cause cause, int32_t snr_mdb, sim_ns now_ns)
{
    engine_observe(medium->engine, now_ns, medium->gateways[gateway].entity, OBSERVE_GATEWAY_LOST,
            (int64_t)frame->id, cause, snr_mdb, frame);
}

/* Half duplex: the gateway searched from the frame's start, or from `since_ns` of a late event. */
static bool deaf(struct medium *medium, struct on_air *air, uint32_t gateway, sim_ns now_ns)
{
    const struct gateway_state *state = &medium->gateways[gateway];
    if (state->tx_end_ns <= now_ns - medium_gateway_search_ns(medium, air)) {
        return false;
    }
    if (state->tx_end_ns <= air->lock_by_ns) {
        medium_schedule_late(medium, air, gateway | LATE_GATEWAY, state->tx_end_ns);
    } else {
        observe_lost(medium, &air->frame, gateway, LOSS_RADIO_BUSY, 0, now_ns);
    }
    return true;
}

static void detect(struct medium *medium, const struct judge_frame *judged, struct on_air *air,
        uint32_t gateway, int32_t gain_mdb, sim_ns now_ns)
{
    int32_t median_mdbm = medium_at_gateway_through_mdbm(medium, air, gateway, gain_mdb);
    if (median_mdbm < air->gateway_from_mdbm
            || medium_gateway_misses(medium, air, gateway, median_mdbm)
            || deaf(medium, air, gateway, now_ns)) {
        return;
    }
    const struct gateway_state *state = &medium->gateways[gateway];
    int32_t fading_mdb = medium_gateway_fading_mdb(medium, air, gateway);
    int32_t snr_mdb = median_mdbm + fading_mdb - judged->noise_mdbm;
    enum loss_cause cause = LOSS_NONE;
    struct judge_link link =
            medium_gateway_link(medium, &medium->scratch[0], air, gateway, median_mdbm, fading_mdb);
    if (!judge_detects(judged, &link)) {
        cause = judge_link_reception(judged, &link).cause;
    } else if (medium->gateway_ops->lock(state->context, &air->frame, now_ns, &cause)) {
        medium_add_receiver(
                medium, &air->gateways, (struct receiver){ gateway, median_mdbm, fading_mdb });
        return;
    }
    assert(cause != LOSS_NONE);
    observe_lost(medium, &air->frame, gateway, cause, snr_mdb, now_ns);
}

void medium_gateways_detect(struct medium *medium, struct on_air *air, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1301, &air->frame);
    const struct link_table *links = &medium->links;
    int32_t from_gain_mdb =
            air->gateway_from_mdbm - air->frame.power_mdbm - medium->gateway_antenna_most_mdb;
    uint32_t to = links->from[air->transmitter + 1];
    for (uint32_t i = links->from[air->transmitter]; i < to && links->gains_mdb[i] >= from_gain_mdb;
            i++) {
        member_set_add(&medium->hearing, links->gateways[i]);
        medium->link_of_gateway[links->gateways[i]] = i;
    }
    for (uint32_t gateway = member_set_next(&medium->hearing, 0); gateway != MEMBER_NONE;
            gateway = member_set_next(&medium->hearing, gateway + 1)) {
        member_set_remove(&medium->hearing, gateway);
        detect(medium, &judged, air, gateway, links->gains_mdb[medium->link_of_gateway[gateway]],
                now_ns);
    }
}

void medium_gateway_late(struct medium *medium, struct on_air *air, uint32_t gateway, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1301, &air->frame);
    detect(medium, &judged, air, gateway, medium_gain_mdb(medium, gateway, air->transmitter),
            now_ns);
}

/* What ended a reception before the frame's end; LOSS_NONE: nothing. */
static enum loss_cause cut_short(
        const struct medium *medium, const struct gateway_state *state, const struct on_air *air)
{
    const struct frame *frame = &air->frame;
    sim_ns lock_ns = frame->start_ns + medium_gateway_search_ns(medium, air);
    /* Transmissions follow each other: if any fell into the reception, the last one did. */
    bool transmitted = state->tx_start_ns >= lock_ns;
    bool powered_off = state->power_off_ns >= lock_ns;
    if (transmitted && !(powered_off && state->power_off_ns <= state->tx_start_ns)) {
        return LOSS_RADIO_BUSY;
    }
    return powered_off || frame->aborted ? LOSS_POWERED_DOWN : LOSS_NONE;
}

static void serve(struct medium *medium, const struct judge_frame *judged, bool rivals,
        struct on_air *air, const struct receiver *receiver, sim_ns now_ns)
{
    const struct frame *frame = &air->frame;
    const struct gateway_state *state = &medium->gateways[receiver->index];
    struct judge_scratch *scratch = &medium->scratch[0];
    struct judge_link link = medium_gateway_link(
            medium, scratch, air, receiver->index, receiver->median_mdbm, receiver->fading_mdb);
    medium_link_fades(medium, scratch, frame, air->transmitter, receiver->index, &link);
    if (rivals) {
        medium_heard_find(medium, air, receiver->index, judged->interference.from_ns);
    }
    link.overlap_count = medium_overlaps_at(medium, scratch, judged, RECEIVER_SX1301,
            receiver->index, receiver->median_mdbm + receiver->fading_mdb);
    link.overlaps = scratch->overlaps;
    struct verdict verdict = judge_link_reception(judged, &link);
    const struct lora_modulation *m = &frame->modulation;
    bool low_data_rate = lora_needs_low_data_rate(m->spreading_factor, m->bandwidth_hz);
    if (!lora_is_decodable(m, low_data_rate, false)) {
        medium_mismatch(&verdict);
    }
    enum loss_cause cut = cut_short(medium, state, air);
    if (cut != LOSS_NONE) {
        verdict.cause = cut;
        verdict.header_ok = false;
    }
    if (verdict.cause == LOSS_NONE) {
        engine_observe(medium->engine, now_ns, state->entity, OBSERVE_GATEWAY_RECEIVED,
                (int64_t)frame->id, verdict.rssi_mdbm, verdict.snr_mdb, frame);
    } else {
        observe_lost(medium, frame, receiver->index, verdict.cause, verdict.snr_mdb, now_ns);
    }
    const uint8_t *bytes = verdict.cause == LOSS_NONE ? frame->bytes : NULL;
    medium->gateway_ops->ended(state->context, frame, &verdict, bytes, frame->size, now_ns);
}

void medium_gateways_end(struct medium *medium, struct on_air *air, sim_ns now_ns)
{
    struct judge_frame judged;
    medium_judge_init(medium, &judged, RECEIVER_SX1301, &air->frame);
    bool rivals = medium_heard_start(medium, air);
    medium_uplink_rivals_init(medium, &judged, rivals);
    for (uint32_t i = 0; i < air->gateways.count; i++) {
        serve(medium, &judged, rivals, air, &air->gateways.items[i], now_ns);
    }
}

void medium_gateway_power_off(struct medium *medium, uint32_t gateway)
{
    assert(gateway < medium->gateway_count);
    medium->gateways[gateway].power_off_ns = engine_now(medium->engine);
}
