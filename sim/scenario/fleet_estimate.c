/* The estimate of a scenario's campaigns.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/fleet_estimate.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "scenario/campaign_plan.h"
#include "scenario/scenario_campaigns.h"

/* The firmware's own guard time and refresh of its clock (device/services/). */
#define USUAL_GUARD_PPM 40.0
#define USUAL_REFRESH_S 86400.0
/* Of energy_params.radio_tx_ua[0]. */
#define TX_LEVEL_DBM (-4)

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
        input->tx_current_a = (energy->radio_tx_ua[(int)lround(group->tx_power_dbm) - TX_LEVEL_DBM]
                                      + energy->mcu_stop_ua + energy->nor_power_down_ua)
                              * 1e-6;
        input->battery_usable_j = battery_usable_j(&battery);
    }
    return ok;
}

bool fleet_estimate_input(
        const struct scenario *scenario, uint32_t number, struct estimate_input *input)
{
    assert(number < scenario->campaign_count);
    const struct scenario_campaign *campaign = &scenario->campaigns[number];
    const struct scenario_device_group *group =
            &scenario->groups[scenario_campaign_first_group(scenario, campaign)];
    if (!campaign_estimate_input(scenario, campaign, input)) {
        return false;
    }
    input->guard_s = guard_s(group);
    return add_energy(group, input);
}

/* --- tables ---------------------------------------------------------------------------------- */

#define TIME_TEXT 24

static const char *format_time(char text[TIME_TEXT], double time_s)
{
    if (time_s < 120.0) {
        snprintf(text, TIME_TEXT, "%.1f s", time_s);
    } else if (time_s < 7200.0) {
        snprintf(text, TIME_TEXT, "%.1f min", time_s / 60.0);
    } else {
        snprintf(text, TIME_TEXT, "%.1f h", time_s / 3600.0);
    }
    return text;
}

static void print_time(FILE *out, const char *what, double time_s)
{
    char text[TIME_TEXT];
    /* The number ends where those of the other lines do. */
    format_time(text, time_s);
    int unit = (int)strlen(strchr(text, ' '));
    fprintf(out, "  %-32s %*s\n", what, 10 + unit, text);
}

static void print_estimate(const struct estimate *e, double battery_usable_j, FILE *out)
{
    fprintf(out, "  %-32s %10u uncoded, %u coded, %u in correction\n", "fragments", e->nb_frag,
            e->coded, e->correction);
    fprintf(out, "  %-32s %10.1f ms\n", "airtime of a fragment", e->fragment_airtime_s * 1000.0);
    print_time(out, "airtime of a gateway", e->gateway_airtime_s);
    print_time(out, "between fragments (duty cycle)", e->interval_s);
    print_time(out, "set-up of a device, mean", e->set_up_s);
    print_time(out, "set-up of the last device", e->set_up_fleet_s);
    print_time(out, "session", e->session_s);
    print_time(out, "planned for the session", e->planned_s);
    if (e->second_at_s > 0.0) {
        print_time(out, "second period begins after", e->second_at_s);
        print_time(out, "planned for the second period", e->second_s);
    }
    fprintf(out, "  %-32s %10u (2^%u s%s)\n", "TimeOut needed", e->time_out, e->time_out,
            e->time_out_fits ? "" : ": too short, the session is cut");
    fprintf(out, "  %-32s %10.1f\n", "uplinks of a device", e->uplinks);
    fprintf(out, "  %-32s %10.2f J listening, %.2f J bulk\n", "energy of a device", e->listening_j,
            e->bulk_j);
    if (battery_usable_j > 0.0) {
        fprintf(out, "  %-32s %10.3f %%\n", "of its battery", e->battery_percent);
    }
}

/* One line per data rate that members may need, each as if all members needed it: uplinks decide
 * that in the run. */
static void print_split(const struct campaign_params *params, const struct estimate_input *input,
        const struct estimate *fastest, FILE *out)
{
    print_time(out, "set-up of a device, mean", fastest->set_up_s);
    print_time(out, "set-up of the last device", fastest->set_up_fleet_s);
    fprintf(out, "  %-32s %10.1f\n  sessions for members at:\n", "uplinks of a device",
            fastest->uplinks);
    double planned_s = 0.0;
    for (int rate = params->data_rate; rate >= campaign_slowest_rate(input->region, params);
            rate--) {
        struct estimate_input at_rate = *input;
        struct estimate e;
        char session[TIME_TEXT];
        at_rate.data_rate = (uint8_t)rate;
        if (params->fragment_size_bytes == 0) {
            at_rate.fragment_size_bytes =
                    (uint8_t)campaign_fragment_size_max(input->region, (uint8_t)rate);
        }
        estimate_make(&at_rate, &e);
        if (e.possible) {
            planned_s += e.planned_s;
            fprintf(out,
                    "    DR%d %4u + %u fragments of %3u B, every %4.1f s, %u period%s: %9s, %.1f "
                    "J\n",
                    rate, e.nb_frag, e.coded + e.correction, at_rate.fragment_size_bytes,
                    e.interval_s, e.periods, e.periods == 1 ? "" : "s",
                    format_time(session, e.session_s), e.listening_j + e.bulk_j);
        }
    }
    if (params->session_order == SESSION_ORDER_IN_TURNS) {
        print_time(out, "planned for all of them in turns", planned_s);
    }
}

/* One line per data rate that members' uplinks may have, each as if all had it; one if the scenario
 * says which. */
static void print_unicast(const struct scenario *scenario, const struct scenario_campaign *campaign,
        const struct estimate_input *input, const struct estimate *slowest, FILE *out)
{
    bool known = campaign_rate_known(scenario, campaign);
    int last = known ? input->uplink_data_rate : 0;
    int first = known ? last : region_rate_max(input->region);
    fprintf(out, "  %-32s %10u of %u B\n", "fragments", slowest->nb_frag,
            input->fragment_size_bytes);
    print_time(out, "set-up of a device, mean", slowest->set_up_s);
    fputs("  unicast to members at:\n", out);
    for (int rate = first; rate >= last; rate--) {
        struct estimate_input at_rate = *input;
        struct estimate e;
        char all[TIME_TEXT];
        at_rate.uplink_data_rate = (uint8_t)rate;
        estimate_make(&at_rate, &e);
        if (e.possible) {
            fprintf(out,
                    "    DR%d %u in an answer, every %5.1f s: all after %9s, %6.1f uplinks, "
                    "%7.2f J\n",
                    rate, e.answer_fragments, e.interval_s, format_time(all, e.session_s),
                    e.uplinks, e.bulk_j);
        }
    }
}

static void print_campaign(const struct scenario *scenario, uint32_t number, FILE *out)
{
    const struct scenario_campaign *campaign = &scenario->campaigns[number];
    struct estimate_input input;
    struct estimate estimate;
    if (!fleet_estimate_input(scenario, number, &input)) {
        return;
    }
    estimate_make(&input, &estimate);
    bool several = scenario->campaign_count > 1;
    fprintf(out, "Estimate%s%s%s, at %.0f %% loss\n", several ? " of campaign '" : "",
            several ? campaign->name : "", several ? "'" : "",
            (input.delivery == DELIVERY_UNICAST ? input.unicast_loss : input.expected_loss)
                    * 100.0);
    if (!estimate.possible) {
        fputs("  impossible: the block does not fit its fragments, or nothing may be sent\n", out);
    } else if (input.delivery == DELIVERY_UNICAST) {
        print_unicast(scenario, campaign, &input, &estimate, out);
    } else if (campaign->params.sessions != SESSIONS_ONE) {
        print_split(&campaign->params, &input, &estimate, out);
    } else {
        print_estimate(&estimate, input.battery_usable_j, out);
    }
}

void fleet_estimate_print(const struct scenario *scenario, FILE *out)
{
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        print_campaign(scenario, i, out);
    }
}
