/* Battery arithmetic: capacity, self-discharge, life.
 * SPDX-License-Identifier: MIT
 */
#include "board/battery.h"

#include <assert.h>

#define S_PER_DAY  86400.0
#define S_PER_YEAR (365.25 * S_PER_DAY)

double battery_capacity_j(const struct battery_params *params)
{
    return params->capacity_mah * 3.6 * params->voltage_v; /* 1 mAh = 3.6 C */
}

double battery_usable_j(const struct battery_params *params)
{
    return battery_capacity_j(params) * params->usable_fraction;
}

double battery_self_discharge_w(const struct battery_params *params)
{
    return battery_capacity_j(params) * params->self_discharge_per_year / S_PER_YEAR;
}

double battery_left(const struct battery_params *params, double used_j, sim_ns elapsed_ns)
{
    double leaked_j = battery_self_discharge_w(params) * (double)elapsed_ns * 1e-9;
    double left = 1.0 - (used_j + leaked_j) / battery_usable_j(params);
    return left < 0.0 ? 0.0 : left > 1.0 ? 1.0 : left;
}

double battery_usable_left(const struct battery_params *params, double charge)
{
    double left = 1.0 - (1.0 - charge) / params->usable_fraction;
    return left < 0.0 ? 0.0 : left;
}

double battery_loaded_v(const struct battery_params *params, double charge, double load_ua)
{
    if (charge <= 0.0) {
        return 0.0;
    }
    double full_megaohm = (params->voltage_v - params->pulse_v) / params->pulse_ua;
    double loaded_v = params->voltage_v - full_megaohm / charge * load_ua;
    return loaded_v < 0.0 ? 0.0 : loaded_v;
}

double battery_life_years(const struct battery_params *params, double mean_power_w)
{
    double power_w = mean_power_w + battery_self_discharge_w(params);
    assert(power_w > 0.0);
    return battery_usable_j(params) / power_w / S_PER_YEAR;
}

double battery_cost_percent(const struct battery_params *params, double energy_j)
{
    return 100.0 * energy_j / battery_usable_j(params);
}

double battery_cost_days(const struct battery_params *params, double energy_j, double mean_power_w)
{
    double power_w = mean_power_w + battery_self_discharge_w(params);
    assert(power_w > 0.0);
    return energy_j / power_w / S_PER_DAY;
}
