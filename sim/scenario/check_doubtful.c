/* Warnings: settings that are allowed and hardly meant.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "campaign/schedule.h"
#include "scenario/campaign_plan.h"
#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/quantity.h"
#include "scenario/scenario_campaigns.h"

/* Missing fragments that the firmware can repair: a bound of its RAM (device/services/fec_matrix.h;
 * a test holds the two together). */
#define DECODER_MISSING_MAX 256u

static sim_ns symbol_ns(const struct lora_modulation *modulation)
{
    return (sim_ns)((uint64_t)SIM_NS_PER_S << modulation->spreading_factor)
           / modulation->bandwidth_hz;
}

/* --- physics ---------------------------------------------------------------------------------- */

/* The slowest uplink that a group may send. */
static struct lora_modulation slowest_uplink(const struct scenario *scenario)
{
    const struct region *region = scenario_region(scenario);
    uint8_t slowest = region_rate_max(region);
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        int rate = scenario->groups[i].data_rate;
        uint8_t own = rate >= DATA_RATE_DR0 ? (uint8_t)(rate - DATA_RATE_DR0) : 0;
        slowest = own < slowest ? own : slowest;
    }
    return region_uplink_modulation(region, slowest, region_default_channel_hz(region, 0));
}

static void check_coherence_in_symbol(const struct check *check)
{
    const struct fading_params *p = &check->scenario->propagation.fading;
    struct lora_modulation modulation = slowest_uplink(check->scenario);
    sim_ns longest_ns = symbol_ns(&modulation);
    if (p->model != FADING_NONE && p->coherence_ns > 0 && p->coherence_ns < longest_ns) {
        char coherence[40], symbol[40];
        check_format_time(coherence, sizeof coherence, p->coherence_ns);
        check_format_time(symbol, sizeof symbol, longest_ns);
        scenario_warnings_add(check->errors, check_place(check, &p->coherence_ns),
                "propagation.coherence = %s is shorter than a symbol of SF%u (%s): independent "
                "draws within a symbol are not physical",
                coherence, modulation.spreading_factor, symbol);
    }
}

static bool is_in_band(const struct interferer_params *interferer, uint32_t frequency_hz)
{
    return frequency_hz != 0
           && interferer_in_band_mdb(interferer, frequency_hz, 125000) > INTERFERER_NOTHING_MDB;
}

static bool is_on_a_channel(
        const struct scenario *scenario, const struct interferer_params *interferer)
{
    struct channel_plan plan;
    const struct region *region = scenario_region(scenario);
    bool on = is_in_band(interferer, region->rx2_hz);
    channel_plan_of(scenario, &plan);
    for (uint32_t i = 0; i < plan.count; i++) {
        on = on || is_in_band(interferer, plan.hz[i]);
    }
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        on = on || is_in_band(interferer, scenario->campaigns[i].params.frequency_hz);
    }
    return on;
}

static void check_interferer_channels(const struct check *check)
{
    const struct scenario *scenario = check->scenario;
    for (uint32_t i = 0; i < scenario->interferer_count; i++) {
        const struct interferer_params *e = &scenario->interferers[i];
        if (!is_on_a_channel(scenario, e)) {
            char frequency[40];
            quantity_format(frequency, sizeof frequency, DIMENSION_FREQUENCY, e->frequency_hz);
            scenario_warnings_add(check->errors, check_place(check, &e->frequency_hz),
                    "interferers: frequency = %s is outside all channels, RX2 and the frequencies "
                    "of campaigns: it disturbs nothing",
                    frequency);
        }
    }
}

/* --- campaigns -------------------------------------------------------------------------------- */

static void check_repair(const struct check *check, const struct scenario_campaign *c)
{
    const struct campaign_params *p = &c->params;
    struct estimate_input input;
    if (p->redundancy > 1.0) {
        scenario_warnings_add(check->errors, check_place(check, &p->redundancy),
                "campaign '%s': redundancy = %.10g %% sends more coded fragments than uncoded ones",
                c->name, p->redundancy * 100.0);
    }
    if (p->delivery == DELIVERY_UNICAST || !campaign_estimate_input(check->scenario, c, &input)
            || input.fragment_size_bytes == 0) {
        return;
    }
    uint32_t nb_frag = schedule_nb_frag(input.image_size_bytes, input.fragment_size_bytes);
    double lost = fmax(input.expected_loss, p->redundancy) * nb_frag;
    if (lost > DECODER_MISSING_MAX) {
        scenario_warnings_add(check->errors, check_place(check, &p->redundancy),
                "campaign '%s': %.0f of %u fragments may be lost by its redundancy; the decoder of "
                "devices repairs at most %u",
                c->name, lost, nb_frag, DECODER_MISSING_MAX);
    }
}

/* Where two gateways are heard alike, their copies of a frame destroy each other. */
static void check_simultaneous(const struct check *check, const struct scenario_campaign *c)
{
    const struct scenario *s = check->scenario;
    if (c->params.gateways == MULTICAST_SIMULTANEOUS && s->gateways.count > 1
            && s->reception.interference != INTERFERENCE_NONE
            && s->reception.equal_copies == EQUAL_COPIES_INTERFERE) {
        scenario_warnings_add(check->errors, check_place(check, &c->params.gateways),
                "campaign '%s': gateways = simultaneous: copies of a frame interfere like any "
                "other frames (reception.equal_copies = interfere); devices that hear two gateways "
                "alike "
                "lose it",
                c->name);
    }
}

/* Such a TimeOut has one interval for each fragment, however many gateways send it in turn. */
static void check_time_out(const struct check *check, const struct scenario_campaign *c)
{
    struct estimate_input input;
    struct estimate estimate;
    if (c->params.time_out != TIME_OUT_BY_INTERVAL || c->params.delivery == DELIVERY_UNICAST
            || !campaign_estimate_input(check->scenario, c, &input)
            || input.fragment_size_bytes == 0) {
        return;
    }
    estimate_make(&input, &estimate);
    double needed_s = estimate.bulk_s + estimate.coded_s;
    double open_s = (double)(1u << estimate.time_out);
    if (estimate.possible && needed_s > open_s) {
        char needed[40], open[40];
        quantity_format(needed, sizeof needed, DIMENSION_TIME, needed_s);
        quantity_format(open, sizeof open, DIMENSION_TIME, open_s);
        scenario_warnings_add(check->errors, check_place(check, &c->params.time_out),
                "campaign '%s': time_out = by-interval: devices close their session after %s; the "
                "fragments take %s",
                c->name, open, needed);
    }
}

static void check_window(const struct check *check, const struct scenario_campaign *c)
{
    const struct campaign_params *p = &c->params;
    for (uint32_t i = 0; i < check->scenario->group_count; i++) {
        const struct scenario_device_group *group = &check->scenario->groups[i];
        if (!scenario_campaign_takes(c, group->name)) {
            continue;
        }
        char window[40], other[40];
        check_format_time(window, sizeof window, p->set_up_window_ns);
        if (p->set_up_window_ns < group->report_period_ns) {
            check_format_time(other, sizeof other, group->report_period_ns);
            scenario_warnings_add(check->errors, check_place(check, &p->set_up_window_ns),
                    "campaign '%s': set_up.window = %s is shorter than the report.period of '%s', "
                    "%s: devices that send nothing in it are not set up",
                    c->name, window, group->name, other);
        }
        if (p->start_ns + p->set_up_window_ns < group->boot_spread_ns) {
            check_format_time(other, sizeof other, group->boot_spread_ns);
            scenario_warnings_add(check->errors, check_place(check, &p->set_up_window_ns),
                    "campaign '%s': its session opens before all devices of '%s' have started "
                    "(boot.spread = %s)",
                    c->name, group->name, other);
        }
    }
}

void check_doubtful(const struct check *check)
{
    check_coherence_in_symbol(check);
    check_interferer_channels(check);
    for (uint32_t i = 0; i < check->scenario->campaign_count; i++) {
        check_repair(check, &check->scenario->campaigns[i]);
        check_simultaneous(check, &check->scenario->campaigns[i]);
        check_time_out(check, &check->scenario->campaigns[i]);
        check_window(check, &check->scenario->campaigns[i]);
    }
}
