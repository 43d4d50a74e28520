/* Class B beacons: when they go, what keeps clear of them, what is in them.
 * SPDX-License-Identifier: MIT
 *
 * LoRaWAN L2 1.0.4 section 12 and RP002: every 128 s of GPS time, on the region's frequency and at
 * its data rate; the layout has reserved bytes of the region's. The just-in-time queue keeps 2.12 s
 * after each beacon free for it, and class B frames 3 s before it (spec-physics section 6).
 */
#include <assert.h>
#include <string.h>

#include "gateway/gateway_internal.h"

#define PERIOD_NS      (128 * SIM_NS_PER_S)
#define RESERVED_NS    (2120 * SIM_NS_PER_MS)
#define GUARD_NS       (3 * SIM_NS_PER_S)
#define DELAY_NS       INT64_C(1500) /* after the grid of GPS time */
#define POWER_MDBM     14000
#define TIME_BYTES     4u
#define CRC_BYTES      2u
#define SPECIFIC_BYTES 7u /* GwSpecific */

/* First instant of the grid at or after `from_ns`. */
static sim_ns grid_from(const struct gateway_params *params, sim_ns from_ns)
{
    int64_t into_ns = (params->gps_at_start_ns + from_ns) % PERIOD_NS;
    return from_ns + (into_ns == 0 ? 0 : PERIOD_NS - into_ns);
}

bool beacon_collides(const struct gateway_params *params, sim_ns at_ns, sim_ns airtime_ns,
        bool guarded, sim_ns *free_at_ns)
{
    if (!params->beacons || params->clock.source != GATEWAY_CLOCK_GNSS) {
        return false;
    }
    sim_ns clear_ns = RESERVED_NS + TX_PRE_DELAY_NS + TX_MARGIN_DELAY_NS;
    sim_ns ahead_ns = airtime_ns + TX_PRE_DELAY_NS + TX_MARGIN_DELAY_NS + (guarded ? GUARD_NS : 0);
    sim_ns next_ns = grid_from(params, at_ns);
    sim_ns previous_ns = next_ns == at_ns ? next_ns : next_ns - PERIOD_NS;
    if (at_ns - previous_ns <= clear_ns) {
        *free_at_ns = previous_ns + clear_ns + 1;
        return true;
    }
    *free_at_ns = next_ns + clear_ns + 1;
    return next_ns - at_ns <= ahead_ns;
}

uint16_t beacon_crc(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 0x8000u) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

static void put_crc(uint8_t *bytes, size_t from, size_t at)
{
    uint16_t crc = beacon_crc(bytes + from, at - from);
    bytes[at] = (uint8_t)crc;
    bytes[at + 1] = (uint8_t)(crc >> 8);
}

/* RFU1, precision of 1 us, GPS seconds, CRC; network-specific information, all zero; RFU2; CRC. */
uint16_t beacon_bytes(const struct region *region, uint32_t gps_s, uint8_t bytes[BEACON_SIZE_MAX])
{
    size_t time_at = region->beacon_rfu1_bytes + 1u;
    size_t first_crc_at = time_at + TIME_BYTES;
    size_t specific_at = first_crc_at + CRC_BYTES;
    size_t last_crc_at = specific_at + SPECIFIC_BYTES + region->beacon_rfu2_bytes;
    assert(last_crc_at + CRC_BYTES <= BEACON_SIZE_MAX);
    memset(bytes, 0, BEACON_SIZE_MAX);
    for (unsigned i = 0; i < TIME_BYTES; i++) {
        bytes[time_at + i] = (uint8_t)(gps_s >> 8 * i);
    }
    put_crc(bytes, 0, first_crc_at);
    bytes[specific_at] = 128; /* InfoDesc of a network's own */
    put_crc(bytes, specific_at, last_crc_at);
    return (uint16_t)(last_crc_at + CRC_BYTES);
}

static int32_t power_mdbm(const struct gateway_params *params)
{
    bool lower = params->eirp_mdbm > 0 && params->eirp_mdbm < POWER_MDBM;
    return lower ? params->eirp_mdbm : POWER_MDBM;
}

static uint32_t beacon_message(struct gateway *gateway, sim_ns grid_ns)
{
    struct gateway_fleet *fleet = gateway->fleet;
    uint32_t index = message_take(fleet, gateway->number);
    struct message *message = message_at(fleet, index);
    message->beacon = true;
    message->given_up = true; /* no request waits for it */
    struct gateway_tx *tx = &message->as.tx;
    const struct region *region = fleet->params.region;
    *tx = (struct gateway_tx){
        .timing = GATEWAY_TX_AT_GPS,
        /* assumed: a wrong date leaves the pulses that start a beacon where they are. */
        .at_ns = gateway_clock_start_ns(gateway, grid_ns + DELAY_NS + gateway->clock_wrong_ns),
        .power_mdbm = power_mdbm(&fleet->params),
        .modulation = region_downlink_modulation(region, region->beacon_rate, region->beacon_hz),
    };
    tx->modulation.iq_inverted = false;
    tx->modulation.preamble_symbols = 10;
    tx->modulation.implicit_header = true;
    int64_t gps_ns = fleet->params.gps_at_start_ns + grid_ns;
    tx->size = beacon_bytes(region, (uint32_t)(gps_ns / SIM_NS_PER_S), tx->bytes);
    return index;
}

/* Reserves the time of the next beacon; is called again at that time. */
void gateway_beacon(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct gateway_fleet *fleet = context;
    struct gateway *gateway = &fleet->gateways[argument];
    sim_ns grid_ns = grid_from(&fleet->params, now_ns + TX_PRE_DELAY_NS + TX_MARGIN_DELAY_NS);
    engine_schedule(
            fleet->engine, grid_ns, SIM_PHASE_GATEWAY, entity, fleet->beacon_handler, argument);
    uint32_t index = beacon_message(gateway, grid_ns);
    const struct gateway_tx *tx = &message_at(fleet, index)->as.tx;
    sim_ns airtime_ns = lora_time_on_air_ns(&tx->modulation, tx->size);
    int band = region_band_of(fleet->params.region, tx->modulation.frequency_hz);
    assert(band >= 0);
    struct duty_limiter *limiter = &gateway->limiters[band];
    if (!duty_limiter_allows(limiter, tx->at_ns, airtime_ns)) {
        gateway->stats.beacons_skipped++;
        message_give(fleet, index);
        return;
    }
    duty_limiter_reserve(limiter, now_ns, tx->at_ns, airtime_ns);
    engine_schedule(fleet->engine, tx->at_ns - TX_JIT_DELAY_NS, SIM_PHASE_GATEWAY, entity,
            fleet->hand_over_handler, index);
}
