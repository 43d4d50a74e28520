/* Foreign end-devices: LoRaWAN traffic of other networks on the channels of ours.
 * SPDX-License-Identifier: MIT
 *
 * They send unconfirmed uplinks as Poisson processes and hear nothing. Gateways demodulate and
 * forward their frames like any others; the network server finds no device of that address. They
 * are stations of the medium after the devices of the fleet: sites first_site .. first_site +
 * count - 1.
 *
 * assumed: their crystals are exact, they radiate 14 dBm EIRP and have one fixed loss.
 */
#ifndef TRAFFIC_FOREIGN_H
#define TRAFFIC_FOREIGN_H

#include "air/medium.h"
#include "engine.h"
#include "region/region.h"

#define FOREIGN_CHANNELS_MAX 8u
#define FOREIGN_DATA_RATES   6u   /* DR0..DR5: SF12..SF7 at 125 kHz */
#define FOREIGN_FRAME_MIN    13u  /* header, port and MIC: no application byte */
#define FOREIGN_PAYLOAD_MAX  222u /* application bytes at DR5 */

struct foreign_params {
    const struct region *region;
    sim_ns period_ns; /* mean time between two uplinks of a device */
    /* Application bytes, uniform; cut to what the data rate carries where repeaters may be
     * in between. */
    uint8_t payload_min, payload_max;
    /* Share of the devices at DR0..DR5, in any unit: each device draws its own for good. */
    double data_rate_share[FOREIGN_DATA_RATES];
    /* Instead: the data rate of each device, as its link carries, say. NULL: draw. Read by
     * foreign_create() only. */
    const uint8_t *data_rates;
    uint8_t channel_count;
    uint32_t channel_hz[FOREIGN_CHANNELS_MAX]; /* one at random for each uplink */
    int32_t power_mdbm;                        /* EIRP */
    /* Pause of airtime x (1 / this - 1) after each frame: 0.01 keeps every device to 1 % whatever
     * its channel. 0: none. */
    double duty_cycle;
    uint8_t nwk_id; /* upper 7 bits of their addresses; not that of the own network */
};

struct foreign_stats {
    uint64_t sent;
    uint64_t postponed; /* of them: later than drawn, for the duty cycle's sake */
    sim_ns airtime_ns;
};

struct foreign_fleet;

/* `sites[i]` gets entity first_entity + i and a place uniform in the disc around (0, 0). Other
 * members are left as they are. */
void foreign_place(uint64_t seed, entity_id first_entity, uint32_t count, double radius_m,
        struct medium_site *sites);

/* Devices are entities first_entity .., numbered in the medium from `first_site` on. The first
 * uplinks are scheduled. NULL: out of memory. */
struct foreign_fleet *foreign_create(struct engine *engine, struct medium *medium,
        const struct foreign_params *params, uint32_t count, entity_id first_entity,
        uint32_t first_site);
void foreign_destroy(struct foreign_fleet *fleet);
void foreign_stats(const struct foreign_fleet *fleet, struct foreign_stats *stats);

#endif
