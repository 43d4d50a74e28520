/* What must hold between the keys of a group of devices.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "air/lora.h"
#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/quantity.h"

#define DEVICES_MAX         1000000u
#define CAMPAIGN_REPORT_MIN 20u /* bytes that the version and its digest take in a report */

static void check_counts(const struct check *check)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        count += check->scenario->groups[i].count;
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(check->scenario->groups[i].name, check->scenario->groups[j].name) == 0) {
                scenario_errors_add(check->errors,
                        check_place(check, check->scenario->groups[i].name),
                        "two groups of devices are named '%s'", check->scenario->groups[i].name);
            }
        }
    }
    if (count > DEVICES_MAX) {
        scenario_errors_add(check->errors, (struct scenario_place){ check->name, 0, 0 },
                "%llu devices; at most %u", (unsigned long long)count, DEVICES_MAX);
    }
}

/* The slowest data rate that the group's reports may have to fit. */
static uint32_t slowest_data_rate(const struct scenario_device_group *group)
{
    return group->data_rate >= DATA_RATE_DR0 ? (uint32_t)(group->data_rate - DATA_RATE_DR0) : 0;
}

static void check_report_size(const struct check *check, const struct scenario_device_group *group)
{
    uint32_t phy = group->report_phy_payload_bytes, size = scenario_report_bytes(group);
    uint32_t data_rate = slowest_data_rate(group);
    uint32_t size_max =
            region_uplink_payload_max(scenario_region(check->scenario), (uint8_t)data_rate);
    const void *member = phy != 0 ? (const void *)&group->report_phy_payload_bytes
                                  : (const void *)&group->report_payload_bytes;
    const char *key = phy != 0 ? "report.phy_payload" : "report.payload";
    if (phy != 0 && phy < SCENARIO_PHY_OVERHEAD_BYTES) {
        scenario_errors_add(check->errors, check_place(check, member),
                "report.phy_payload = %u B is no report: header, FPort and MIC take %u B", phy,
                SCENARIO_PHY_OVERHEAD_BYTES);
    } else if (size > size_max) {
        scenario_errors_add(check->errors, check_place(check, member),
                "%s: %u application bytes do not fit DR%u%s: at most %u B", key, size, data_rate,
                group->data_rate >= DATA_RATE_DR0 ? "" : ", to which data_rate may come down",
                size_max);
    }
    if (check->scenario->campaign_count > 0 && size < CAMPAIGN_REPORT_MIN) {
        scenario_errors_add(check->errors, check_place(check, member),
                "%s: a campaign is confirmed by the version in reports of at least %u B; these "
                "have %u (campaign: none is a plain study)",
                key, CAMPAIGN_REPORT_MIN, size);
    }
    if (phy != 0 && check_given(check, &group->report_payload_bytes)) {
        scenario_errors_add(check->errors, check_place(check, member),
                "report.payload and report.phy_payload: only one of them");
    }
}

static void check_tx_power(const struct check *check, const struct scenario_device_group *group)
{
    double step_db = scenario_region(check->scenario)->tx_power_step_mdb / 1000.0;
    if (fmod(group->tx_power_dbm, step_db) != 0.0) {
        scenario_errors_add(check->errors, check_place(check, &group->tx_power_dbm),
                "tx_power = %.10g dBm should be one of 0, 2, 4 .. 14 dBm", group->tx_power_dbm);
    }
}

static void check_group_channels(
        const struct check *check, const struct scenario_device_group *group)
{
    struct channel_plan plan;
    struct channel_set set;
    uint32_t missing_hz;
    if (channel_plan_of(check->scenario, &plan)
            && !channel_set_of(check->scenario, &plan, &group->channels, &set, &missing_hz)) {
        scenario_errors_add(check->errors, check_place(check, &group->channels),
                "channels: %.10g MHz is neither a default channel of %s nor one of "
                "gateways.channels",
                missing_hz / 1e6, scenario_region(check->scenario)->name);
    }
}

/* Duty cycle of all sub-bands that the group's channels are in. */
static double duty_cycle_of(const struct region *region, const struct channel_plan *plan,
        const struct scenario_channels *own)
{
    bool seen[REGION_BANDS_MAX] = { false };
    double sum = 0.0;
    uint32_t count = own->count > 0 ? own->count : plan->count;
    const uint32_t *hz = own->count > 0 ? own->hz : plan->hz;
    for (uint32_t i = 0; i < count; i++) {
        int band = region_band_of(region, hz[i]);
        if (band >= 0 && !seen[band]) {
            seen[band] = true;
            sum += region->bands[band].duty_cycle;
        }
    }
    return sum;
}

/* Airtime of the reports against what the duty cycle leaves, at the fastest rate they can have. */
static void check_duty_cycle(const struct check *check, const struct scenario_device_group *group)
{
    struct channel_plan plan;
    const struct region *region = scenario_region(check->scenario);
    uint32_t data_rate =
            group->data_rate >= DATA_RATE_DR0 ? slowest_data_rate(group) : region_rate_max(region);
    struct lora_modulation m = region_uplink_modulation(
            region, (uint8_t)data_rate, region_default_channel_hz(region, 0));
    channel_plan_of(check->scenario, &plan);
    double airtime_s = (double)lora_time_on_air_ns(
                               &m, scenario_report_bytes(group) + SCENARIO_PHY_OVERHEAD_BYTES)
                       * group->nb_trans / (double)SIM_NS_PER_S;
    double share = airtime_s * (double)SIM_NS_PER_S / (double)group->report_period_ns;
    double limit = duty_cycle_of(region, &plan, &group->channels);
    if (share > limit && !group->no_duty_cycle) {
        scenario_warnings_add(check->errors, check_place(check, &group->report_period_ns),
                "report.period: %.3g s on air at DR%u are %.3g %% of the period; the duty cycle "
                "lets %.3g %% pass, and the rest waits",
                airtime_s, data_rate, share * 100.0, limit * 100.0);
    }
}

static bool is_whole(double value)
{
    return fabs(value - round(value)) < 1e-9;
}

/* The factory record holds whole numbers: what it would round is refused. */
static void check_grains(const struct check *check, const struct scenario_device_group *g)
{
    const struct {
        const void *member;
        bool whole;
        const char *text;
    } rows[] = {
        { &g->report_period_ns, g->report_period_ns % SIM_NS_PER_S == 0,
                "report.period should be whole seconds" },
        { &g->report_jitter, is_whole(g->report_jitter * 100.0),
                "report.jitter should be whole percents" },
        { &g->guard_fixed_ns, g->guard_fixed_ns < 0 || g->guard_fixed_ns % SIM_NS_PER_MS == 0,
                "guard.fixed should be whole milliseconds" },
        { &g->guard_drift_ppm, g->guard_drift_ppm < 0.0 || is_whole(g->guard_drift_ppm),
                "guard.drift should be whole ppm" },
        { &g->clock_refresh_ns,
                g->clock_refresh_ns <= 0 || g->clock_refresh_ns % (3600 * SIM_NS_PER_S) == 0,
                "clock_refresh should be whole hours" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].whole) {
            scenario_errors_add(
                    check->errors, check_place(check, rows[i].member), "%s", rows[i].text);
        }
    }
}

static void check_radiated_power(
        const struct check *check, const struct scenario_device_group *group)
{
    const struct region *region = scenario_region(check->scenario);
    double eirp_dbm = group->tx_power_dbm + group->antenna_gain_db;
    double eirp_max_dbm = region_device_eirp_max_mdbm(region) / 1000.0;
    if (eirp_dbm > eirp_max_dbm) {
        scenario_warnings_add(check->errors, check_place(check, &group->antenna_gain_db),
                "tx_power and antenna_gain radiate %.4g dBm EIRP; %s allows %.4g dBm", eirp_dbm,
                region->name, eirp_max_dbm);
    }
}

static void check_group(const struct check *check, const struct scenario_device_group *group)
{
    check_report_size(check, group);
    check_tx_power(check, group);
    check_radiated_power(check, group);
    check_group_channels(check, group);
    check_duty_cycle(check, group);
    check_grains(check, group);
    if (group->data_rate == DATA_RATE_ADR && !check->scenario->network.adr.on) {
        scenario_warnings_add(check->errors, check_place(check, &group->data_rate),
                "data_rate = adr, but network.adr is off: no server commands one");
    }
}

void check_groups(const struct check *check)
{
    check_counts(check);
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        check_group(check, &check->scenario->groups[i]);
    }
}
