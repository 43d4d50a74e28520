/* Channel activity: what a device finds on the air without receiving it.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>

#include "air/medium_arrival.h"

static int32_t power_mdbm_at(const struct medium *medium, const struct on_air *air, uint32_t device)
{
    return medium_at_device_mdbm(medium, air, device)
           + medium_device_fading_mdb(medium, air, device);
}

static bool is_own(const struct on_air *air, uint32_t device)
{
    return !air->frame.downlink && air->transmitter == device;
}

/* All interferers while it listens, as one of their mean power. */
static struct noise_burst noise_within(const struct medium *medium, uint32_t device,
        const struct lora_modulation *m, sim_ns from_ns, sim_ns to_ns)
{
    uint32_t count = medium->params.interferer_count;
    double power = 0; /* mW */
    for (uint32_t i = 0; i < count; i++) {
        const struct interferer *interferer = &medium->interferers[i];
        int32_t power_mdbm =
                medium->interferer_mdbm[(size_t)device * count + i]
                + interferer_in_band_mdb(&interferer->params, m->frequency_hz, m->bandwidth_hz);
        power += interferer_on_fraction(interferer, from_ns, to_ns) * pow(10, power_mdbm / 10000.0);
    }
    return (struct noise_burst){
        .power_mdbm = power > 0 ? (int32_t)lround(10000 * log10(power)) : INTERFERER_NOTHING_MDB,
        .preamble = 1,
    };
}

/* `air` may be the stale state of a free slot: then it is long off the air. */
static bool on_air_within(const struct on_air *air, sim_ns from_ns, sim_ns to_ns)
{
    return air->started && air->frame.start_ns < to_ns && air->silent_ns > from_ns;
}

bool medium_channel_active(const struct medium *medium, uint32_t device,
        const struct medium_listening *listening, sim_ns from_ns, sim_ns to_ns)
{
    assert(device < medium->device_count && from_ns < to_ns);
    uint64_t key = medium_channel_key(listening->frequency_hz, listening->bandwidth_hz,
            listening->spreading_factor, listening->iq_inverted);
    for (uint32_t i = 0; i < medium->slot_count; i++) {
        const struct on_air *air = medium->slots[i];
        if (!on_air_within(air, from_ns, to_ns) || air->channel->key != key
                || is_own(air, device)) {
            continue;
        }
        struct judge_frame judged;
        judge_frame_init(&judged, medium->tables, medium->seed, RECEIVER_SX1276, &air->frame);
        struct noise_burst noise =
                noise_within(medium, device, &air->frame.modulation, from_ns, to_ns);
        struct judge_link link = {
            .receiver = medium->device_entities[device],
            .median_mdbm = power_mdbm_at(medium, air, device),
            .bursts = &noise,
            .burst_count = 1,
        };
        if (judge_detects(&judged, &link)) {
            return true;
        }
    }
    return false;
}

/* --- power ------------------------------------------------------------------------------------ */

static double mw(int32_t mdbm)
{
    return pow(10, mdbm / 10000.0);
}

double medium_channel_power_mw(const struct medium *medium, uint32_t device, sim_ns at_ns,
        uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    assert(device < medium->device_count);
    double power_mw = 0;
    for (uint32_t i = 0; i < medium->slot_count; i++) {
        const struct on_air *air = medium->slots[i];
        if (!on_air_within(air, at_ns, at_ns + 1) || is_own(air, device)) {
            continue;
        }
        const struct lora_modulation *m = &air->frame.modulation;
        struct interferer_params band = { .frequency_hz = m->frequency_hz,
            .bandwidth_hz = m->bandwidth_hz };
        int32_t in_band_mdb = interferer_in_band_mdb(&band, frequency_hz, bandwidth_hz);
        if (in_band_mdb != INTERFERER_NOTHING_MDB) {
            power_mw += mw(power_mdbm_at(medium, air, device) + in_band_mdb);
        }
    }
    uint32_t count = medium->params.interferer_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct interferer *interferer = &medium->interferers[i];
        int32_t in_band_mdb =
                interferer_in_band_mdb(&interferer->params, frequency_hz, bandwidth_hz);
        if (in_band_mdb != INTERFERER_NOTHING_MDB && interferer_on(interferer, at_ns)) {
            power_mw += mw(medium->interferer_mdbm[(size_t)device * count + i] + in_band_mdb);
        }
    }
    return power_mw;
}
