/* The closed-form estimate of a scenario's campaign.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/fleet_estimate.h"

#include "scenario/campaign_plan.h"

/* The firmware's own guard time and refresh of its clock (device/services/). */
#define USUAL_GUARD_PPM 40.0
#define USUAL_REFRESH_S 86400.0

struct battery_params fleet_battery_params(
        const struct scenario_device_group *group, const struct board_type *board)
{
    struct battery_params battery = board->battery;
    if (group->battery_capacity_mah >= 0.0) {
        battery.capacity_mah = group->battery_capacity_mah;
    }
    if (group->battery_self_discharge >= 0.0) {
        battery.self_discharge_per_year = group->battery_self_discharge;
    }
    if (group->battery_usable >= 0.0) {
        battery.usable_fraction = group->battery_usable;
    }
    return battery;
}

static double seconds(sim_ns time_ns)
{
    return (double)time_ns / (double)SIM_NS_PER_S;
}

/* assumed: a device's clock was set half a refresh ago. */
static double guard_s(const struct scenario_device_group *group)
{
    bool given = group->guard_fixed_ns >= 0 || group->guard_drift_ppm >= 0.0;
    double fixed_s = group->guard_fixed_ns > 0 ? seconds(group->guard_fixed_ns) : 0.0;
    double ppm = group->guard_drift_ppm >= 0.0 ? group->guard_drift_ppm : 0.0;
    double age_s = group->clock_refresh_ns > 0 ? seconds(group->clock_refresh_ns) / 2.0
                                               : USUAL_REFRESH_S / 2.0;
    return fixed_s + (given ? ppm : USUAL_GUARD_PPM) * 1e-6 * age_s;
}

static bool add_energy(const struct scenario_device_group *group, struct estimate_input *input)
{
    struct board_file board;
    struct scenario_errors *errors = scenario_errors_create();
    struct scenario_place place = { group->board, 0, 0 };
    bool ok = errors != NULL && board_file_read(&board, group->board, place, errors);
    scenario_errors_destroy(errors);
    if (ok) {
        const struct energy_params *energy = &board.type.energy;
        struct battery_params battery = fleet_battery_params(group, &board.type);
        input->supply_v = energy->supply_v;
        input->rx_current_a =
                (energy->radio_rx_boost_ua[0] + energy->mcu_stop_ua + energy->nor_power_down_ua)
                * 1e-6;
        input->battery_usable_j = battery_usable_j(&battery);
    }
    return ok;
}

bool fleet_estimate_input(const struct scenario *scenario, uint32_t campaign,
        uint32_t image_size_bytes, struct estimate_input *input)
{
    const struct scenario_device_group *group = &scenario->groups[0];
    if (campaign >= scenario->campaign_count
            || !campaign_estimate_input(
                    scenario, &scenario->campaigns[campaign], image_size_bytes, input)) {
        return false;
    }
    input->guard_s = guard_s(group);
    return add_energy(group, input);
}

static void print_time(FILE *out, const char *what, double time_s)
{
    if (time_s < 120.0) {
        fprintf(out, "  %-34s %10.1f s\n", what, time_s);
    } else if (time_s < 7200.0) {
        fprintf(out, "  %-34s %10.1f min\n", what, time_s / 60.0);
    } else {
        fprintf(out, "  %-34s %10.1f h\n", what, time_s / 3600.0);
    }
}

static void print_estimate(const struct estimate *e, double battery_usable_j, FILE *out)
{
    fprintf(out, "  %-34s %10u uncoded, %u coded, %u in correction\n", "fragments", e->nb_frag,
            e->coded, e->correction);
    fprintf(out, "  %-34s %10.1f ms\n", "airtime of a fragment", e->fragment_airtime_s * 1000.0);
    print_time(out, "airtime of a gateway", e->gateway_airtime_s);
    print_time(out, "between fragments (duty cycle)", e->interval_s);
    print_time(out, "set-up of a device, mean", e->set_up_s);
    print_time(out, "set-up of the last device", e->set_up_fleet_s);
    print_time(out, "session", e->session_s);
    print_time(out, "planned for the session", e->planned_s);
    fprintf(out, "  %-34s %10u (2^%u s%s)\n", "TimeOut needed", e->time_out, e->time_out,
            e->time_out_fits ? "" : ": too short, the session is cut");
    fprintf(out, "  %-34s %10.1f\n", "uplinks of a device", e->uplinks);
    fprintf(out, "  %-34s %10.2f J listening, %.2f J bulk\n", "energy of a device", e->listening_j,
            e->bulk_j);
    if (battery_usable_j > 0.0) {
        fprintf(out, "  %-34s %10.3f %%\n", "of its battery", e->battery_percent);
    }
}

void fleet_estimate_print(const struct scenario *scenario, uint32_t image_size_bytes, FILE *out)
{
    struct estimate_input input;
    struct estimate estimate;
    if (!fleet_estimate_input(scenario, 0, image_size_bytes, &input)) {
        return;
    }
    estimate_make(&input, &estimate);
    fprintf(out, "Estimate in closed form, at %.0f %% loss\n", input.expected_loss * 100.0);
    if (estimate.possible) {
        print_estimate(&estimate, input.battery_usable_j, out);
    } else {
        fputs("  impossible: the block does not fit its fragments, or nothing may be sent\n", out);
    }
}
