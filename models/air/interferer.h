/* Foreign emitters that are no LoRa: where, on which band, and when they are on.
 * SPDX-License-Identifier: MIT
 *
 * Whether an interferer is on at a time is a pure function of (seed, its number, time), however far
 * in the future: nothing is kept between calls.
 *
 * Source of the exponential one: E. N. Gilbert, "Capacity of a burst-noise channel", Bell System
 * Technical Journal 39, 1960: two states, each left at a constant rate.
 */
#ifndef AIR_INTERFERER_H
#define AIR_INTERFERER_H

#include <stdbool.h>
#include <stdint.h>

#include "air/propagation.h"
#include "engine.h"

enum interferer_statistics {
    INTERFERER_CONTINUOUS,
    INTERFERER_PERIODIC,   /* fixed times on and off; where it begins is drawn */
    INTERFERER_EXPONENTIAL /* both times exponential: a two-state Markov process, stationary */
};

/* Names as in scenarios, in the order of the enum, ended by NULL. */
extern const char *const interferer_statistics_names[];

struct interferer_params {
    uint32_t frequency_hz; /* centre */
    uint32_t bandwidth_hz; /* power is spread evenly over it; 0: a tone */
    int32_t eirp_mdbm;
    double x_m, y_m, height_m;
    sim_ns mean_on_ns, mean_off_ns; /* no time off: always on; else no time on: never */
    enum interferer_statistics statistics;
};

/* Its schedule, derived once. */
struct interferer {
    struct interferer_params params;
    uint64_t seed;
    uint32_t index;
    sim_ns cell_ns;  /* exponential: draws are keyed by cells of this length */
    sim_ns begin_ns; /* periodic: some instant at which it goes on */
    /* It is off before and after this, whatever its schedule says: a jammer is turned on and off
     * in the middle of a run. From interferer_init() on there is no such limit. */
    sim_ns from_ns, until_ns;
};

void interferer_init(struct interferer *interferer, const struct interferer_params *params,
        uint64_t seed, uint32_t index);
bool interferer_on(const struct interferer *interferer, sim_ns at_ns);
/* How long it is on within [from_ns, to_ns), and that as a share; exact. */
sim_ns interferer_on_ns(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns);
double interferer_on_fraction(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns);

/* Share of its power that falls into a receiver's band, in mdB, at most 0; INTERFERER_NOTHING_MDB
 * when none does. Left out: what the receiver's filter lets through from outside its band. */
#define INTERFERER_NOTHING_MDB (-1000000)
int32_t interferer_in_band_mdb(
        const struct interferer_params *params, uint32_t frequency_hz, uint32_t bandwidth_hz);

/* Median power in mdBm of all its emission at a place while it is on, by the path loss alone. */
int32_t interferer_power_mdbm(const struct interferer_params *interferer,
        const struct propagation_params *propagation, double x_m, double y_m, double height_m);

#endif
