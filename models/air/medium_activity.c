/* Channel activity: what a device finds on the air without receiving it.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>

#include "air/medium_internal.h"

/* Between two end-devices: the law of the scenario, the higher antenna as base, both walls.
 * assumed: no shadowing, which is drawn for links with gateways. */
static int32_t device_gain_mdb(const struct medium *medium, uint32_t from, uint32_t to)
{
    const struct medium_site *a = &medium->device_sites[from], *b = &medium->device_sites[to];
    double loss_db = path_loss_db(&medium->params.propagation, fmax(a->height_m, b->height_m),
            fmin(a->height_m, b->height_m), hypot(a->x_m - b->x_m, a->y_m - b->y_m));
    loss_db += a->penetration_db + b->penetration_db;
    return (int32_t)lround(-1000 * loss_db);
}

static int32_t median_mdbm_at(
        const struct medium *medium, const struct on_air *air, uint32_t device)
{
    int32_t gain_mdb = air->frame.downlink ? medium_gain_mdb(medium, air->transmitter, device)
                                           : device_gain_mdb(medium, air->transmitter, device);
    return air->frame.power_mdbm + gain_mdb + medium->device_sites[device].antenna_gain_mdb;
}

/* `air` may be the stale state of a free slot: then it is long off the air. */
static bool on_air_within(const struct on_air *air, sim_ns from_ns, sim_ns to_ns)
{
    return air->started && air->frame.start_ns < to_ns && air->silent_ns > from_ns;
}

bool medium_channel_active(const struct medium *medium, uint32_t device,
        const struct medium_listening *listening, sim_ns from_ns, sim_ns to_ns)
{
    assert(device < medium->device_count);
    uint64_t key = medium_channel_key(listening->frequency_hz, listening->bandwidth_hz,
            listening->spreading_factor, listening->iq_inverted);
    for (uint32_t i = 0; i < medium->slot_count; i++) {
        const struct on_air *air = medium->slots[i];
        if (!on_air_within(air, from_ns, to_ns) || air->channel->key != key
                || (!air->frame.downlink && air->transmitter == device)) {
            continue;
        }
        struct judge_frame judged;
        judge_frame_init(&judged, medium->tables, medium->seed, RECEIVER_SX1276, &air->frame);
        struct judge_link link = {
            .receiver = medium->device_entities[device],
            .median_mdbm = median_mdbm_at(medium, air, device),
            .fading_mdb = judge_fading_mdb(medium->seed, medium->params.propagation.fading,
                    air->frame.id, medium->device_entities[device]),
        };
        if (judge_detects(&judged, &link)) {
            return true;
        }
    }
    return false;
}
