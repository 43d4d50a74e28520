/* What a battery holds, and what an update costs of it.
 * SPDX-License-Identifier: MIT
 *
 * Energy is drawn at the terminal voltage: capacity x voltage is what the cell gives.
 * assumed: an ideal converter stands between cell and board. After a linear regulator charge
 * counts instead, and a board of 3.3 V takes 9 % more of a cell of 3.6 V. Self-discharge is a
 * constant power, a share of the full capacity a year (spec-physics section 8). Part of the
 * capacity can't be drawn: cold, pulses, the voltage at which the board browns out.
 */
#ifndef BOARD_BATTERY_H
#define BOARD_BATTERY_H

#include "sim_time.h"

struct battery_params {
    double capacity_mah;
    double voltage_v;
    double self_discharge_per_year; /* fraction of the full capacity */
    double usable_fraction;
    double pulse_ua, pulse_v; /* a pulse of that current leaves a full cell that voltage */
    double minimum_v;         /* what the board needs: it is reset below */
};

/* All of the cell: 2.6 Ah at 3.6 V are 33.7 kJ. */
double battery_capacity_j(const struct battery_params *params);
/* What the board can draw of it, self-discharge apart. */
double battery_usable_j(const struct battery_params *params);
double battery_self_discharge_w(const struct battery_params *params);
/* Fraction 0..1 of the usable energy that is left `elapsed_ns` after the cell was new. */
double battery_left(const struct battery_params *params, double used_j, sim_ns elapsed_ns);
/* The same by the share 0..1 of the capacity that the cell still has. */
double battery_usable_left(const struct battery_params *params, double charge);
/* At the terminals, under a load: the open circuit keeps its voltage to the end (the flat discharge
 * curve of Li-SOCl2) and lies in series with a resistance inverse to the charge, 0..1. No charge: 0
 * V. assumed: the law of the resistance; a cell's data sheet gives only that of a full one. */
double battery_loaded_v(const struct battery_params *params, double charge, double load_ua);
/* How long a new cell lasts at a mean power of the board; self-discharge counts. */
double battery_life_years(const struct battery_params *params, double mean_power_w);
/* `energy_j` as share of the usable energy, and as the days of life that it costs a board which
 * otherwise draws `mean_power_w`. */
double battery_cost_percent(const struct battery_params *params, double energy_j);
double battery_cost_days(const struct battery_params *params, double energy_j, double mean_power_w);

#endif
