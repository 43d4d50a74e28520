/* What a campaign of a scenario comes to before it runs: fragment sizes, times.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/campaign_plan.h"

#include "campaign/packages.h"
#include "campaign/schedule.h"
#include "scenario/channel_plan.h"
#include "scenario/firmware_image.h"
#include "scenario/scenario_campaigns.h"

#define FRAGMENT_SIZE_USUAL 200u
/* assumed, for want of a simulation: what links of cities of this size lose. What gateways miss
 * while they send is counted apart. */
#define EXPECTED_LOSS 0.02
#define UNICAST_LOSS  0.05

uint32_t campaign_fragment_size_max(const struct region *region, uint8_t data_rate)
{
    return region_has_downlink(region, data_rate)
                   ? region_downlink_payload_max(region, data_rate) - PACKAGE_FRAGMENT_OVERHEAD
                   : 0;
}

uint8_t campaign_slowest_rate(const struct region *region, const struct campaign_params *params)
{
    return params->sessions == SESSIONS_ONE || params->data_rate < region->class_c_rate_min
                   ? params->data_rate
                   : region->class_c_rate_min;
}

/* Of the largest size of the slowest data rate and those below, the one that fills answers best,
 * over all data rates: an answer brings as many fragments as its window carries. */
static uint8_t unicast_fragment_size(const struct region *region)
{
    uint32_t most = UINT8_MAX, best = 0;
    double best_filled = 0.0;
    for (uint8_t rate = 0; rate < REGION_RATES; rate++) {
        uint32_t room = campaign_fragment_size_max(region, rate);
        most = room > 0 && room < most ? room : most;
    }
    for (uint32_t size = most; size >= most / 2u; size--) {
        double filled = 0.0;
        for (uint8_t rate = 0; rate < REGION_RATES; rate++) {
            uint32_t room = campaign_fragment_size_max(region, rate);
            filled += room > 0 ? (double)(room / size * size) / room : 0.0;
        }
        best = filled > best_filled ? size : best;
        best_filled = filled > best_filled ? filled : best_filled;
    }
    return (uint8_t)best;
}

void campaign_complete_words(const struct region *region, struct scenario_campaign *campaign)
{
    struct campaign_params *params = &campaign->params;
    uint32_t size_max = campaign_fragment_size_max(region, params->data_rate);
    if (params->delivery == DELIVERY_UNICAST) {
        params->sessions = SESSIONS_ONE;
    }
    if (params->fragment_size_bytes == SCENARIO_FRAGMENT_SIZE_AUTO
            && params->delivery == DELIVERY_UNICAST) {
        params->fragment_size_bytes = unicast_fragment_size(region);
    }
    if (params->fragment_size_bytes == SCENARIO_FRAGMENT_SIZE_AUTO) {
        params->fragment_size_bytes = params->sessions != SESSIONS_ONE ? 0
                                      : size_max < FRAGMENT_SIZE_USUAL ? (uint8_t)size_max
                                                                       : FRAGMENT_SIZE_USUAL;
    }
    if (params->interval_ns == SCENARIO_AUTO) {
        params->interval_ns = 0;
    }
    sim_ns *const times[] = { &params->stop_ns, &params->pause_ns, &params->resume_ns };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        *times[i] = *times[i] == SCENARIO_AUTO ? 0 : *times[i];
    }
    if (params->periods == SCENARIO_PERIODS_AUTO) {
        params->periods = 0;
    }
}

static double seconds(sim_ns time_ns)
{
    return (double)time_ns / (double)SIM_NS_PER_S;
}

static uint32_t member_count(
        const struct scenario *scenario, const struct scenario_campaign *campaign)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t count = 0, range_count = scenario_campaign_ranges(scenario, campaign, ranges);
    for (uint32_t i = 0; i < range_count; i++) {
        count += ranges[i].to - ranges[i].from;
    }
    return count;
}

uint32_t campaign_wave_count(
        const struct scenario *scenario, const struct scenario_campaign *campaign)
{
    return schedule_wave_count(member_count(scenario, campaign), campaign->params.wave_size);
}

uint8_t campaign_version_count(
        const struct scenario *scenario, const struct scenario_campaign *campaign)
{
    uint32_t mask = 0;
    for (uint32_t group = 0; group < scenario->group_count; group++) {
        if (scenario_campaign_takes(campaign, scenario->groups[group].name)) {
            mask |= 1u << scenario_fragmentation_version(scenario, group);
        }
    }
    return (uint8_t)((mask >> 1 & 1u) + (mask >> 2 & 1u));
}

/* Of all groups: a share of one may be a member. */
static double longest_report_period_s(const struct scenario *scenario)
{
    double longest_s = 0.0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        double period_s = seconds(scenario->groups[i].report_period_ns);
        longest_s = period_s > longest_s ? period_s : longest_s;
    }
    return longest_s;
}

/* Of the sub-bands that have uplink channels, each once. */
static double uplink_duty(const struct region *region, const struct channel_plan *plan)
{
    uint32_t seen = 0;
    double sum = 0.0;
    for (uint32_t i = 0; i < plan->count; i++) {
        int band = region_band_of(region, plan->hz[i]);
        if (band >= 0 && (seen >> band & 1u) == 0) {
            seen |= 1u << band;
            sum += region->bands[band].duty_cycle;
        }
    }
    return sum < 1.0 ? sum : 1.0;
}

bool campaign_rate_known(const struct scenario *scenario, const struct scenario_campaign *campaign)
{
    int rate = scenario->groups[scenario_campaign_first_group(scenario, campaign)].data_rate;
    bool known = rate >= DATA_RATE_DR0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct scenario_device_group *group = &scenario->groups[i];
        known = known
                && (!scenario_campaign_takes(campaign, group->name) || group->data_rate == rate);
    }
    return known;
}

bool campaign_estimate_input(const struct scenario *scenario,
        const struct scenario_campaign *campaign, struct estimate_input *input)
{
    const struct campaign_params *c = &campaign->params;
    const struct scenario_device_group *group =
            &scenario->groups[scenario_campaign_first_group(scenario, campaign)];
    const struct region *region = scenario_region(scenario);
    struct channel_plan plan;
    if (!channel_plan_of(scenario, &plan)) {
        return false;
    }
    uint32_t size_max = campaign_fragment_size_max(region, c->data_rate);
    *input = (struct estimate_input){
        .region = region,
        .delivery = c->delivery,
        .image_size_bytes = campaign->block_size_bytes,
        .fragment_size_bytes =
                c->fragment_size_bytes != 0 ? c->fragment_size_bytes : (uint8_t)size_max,
        .redundancy = c->redundancy,
        .table_copies = c->table_copies,
        .correction = c->correction,
        .correction_timeout_s = seconds(c->correction_timeout_ns),
        .correction_period = c->correction_period,
        .correction_pause_s = seconds(c->correction_pause_ns),
        .data_rate = c->data_rate,
        .frequency_hz = c->frequency_hz,
        .duty_share = c->duty_share,
        .downlink_crc = scenario->gateways.params.downlink_crc,
        .listen_share = scenario->network.listen_share,
        .interval_ns = c->interval_ns,
        .time_out = c->time_out,
        .periods = c->periods,
        .versions = campaign_version_count(scenario, campaign),
        .install_ordered = c->install != INSTALL_AT_ONCE,
        .proofs = (uint8_t)__builtin_popcount(scenario_proofs(&campaign->verify)),
        .gateway_count = scenario->gateways.count,
        .gateways = c->gateways,
        .rx2_data_rate = scenario->network.rx2_data_rate,
        .rx2_frequency_hz = region->rx2_hz,
        .fleet_size = member_count(scenario, campaign),
        .report_period_s = longest_report_period_s(scenario),
        .set_up_policy = c->set_up_policy,
        .expected_loss = EXPECTED_LOSS,
        .unicast_loss = UNICAST_LOSS,
        .uplink_data_rate =
                (uint8_t)(group->data_rate >= DATA_RATE_DR0 ? group->data_rate - DATA_RATE_DR0 : 0),
        .channel_count = plan.count,
        .uplink_duty = uplink_duty(region, &plan),
        .block_ack_delay = c->block_ack_delay,
    };
    return true;
}
