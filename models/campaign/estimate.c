/* What a campaign will take, before it runs.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/estimate.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "campaign/fragment_table.h"
#include "campaign/packages.h"
#include "campaign/schedule.h"
#include "campaign/unicast_estimate.h"
#include "network/lorawan.h"
#include "region/region.h"

/* Mean number of coded fragments that a decoder needs beyond the lost ones (spec-protocol 5.6,
 * dense regime). */
#define EXCESS_MEAN 1.6
/* Shares of decoders that lack rank with so many fragments beyond the lost ones (the same table);
 * every further fragment halves it. */
static const double not_decoded[] = { 0.71, 0.42, 0.23, 0.12, 0.062, 0.031, 0.016, 0.008, 0.004 };
#define NOT_DECODED_COUNT (sizeof not_decoded / sizeof not_decoded[0])
/* A command and the answer to it.
 * assumed: command 1 or 2 s after the uplink, its answer at once or, where flash is erased first,
 * some seconds later. */
#define EXCHANGE_S 5.0
/* A report of the block that got no answer comes again after this and another random delay.
 * assumed: as this project's firmware does it. */
#define REPORT_AGAIN_S 8.0
#define ROUNDS_MAX     64u
/* McGroupSetupReq and McClassCSessionReq (TS005-2.0.0), FragSessionSetupReq (TS004-2.0.0). */
#define GROUP_BYTES         30u
#define SESSION_BYTES       11u
#define FRAGMENTATION_BYTES 17u
/* assumed: of the gateways of a city so many hear a device. */
#define HEARING_MAX 3u
/* Requests of multicast frames leave this early (network server). */
#define LEAD_S 0.5

static double seconds(sim_ns time_ns)
{
    return (double)time_ns / 1e9;
}

/* --- loss and redundancy --------------------------------------------------------------------- */

static double decoder_fails(uint32_t excess)
{
    if (excess < NOT_DECODED_COUNT) {
        return not_decoded[excess];
    }
    return ldexp(not_decoded[NOT_DECODED_COUNT - 1], -(int)(excess - NOT_DECODED_COUNT + 1));
}

/* Share of devices that are whole after nb_frag and coded fragments: the lost ones are binomial,
 * coded fragments beyond them help the decoder; without loss among the uncoded none is needed. */
static double complete_share(uint32_t nb_frag, uint32_t coded, double loss)
{
    assert(loss >= 0.0 && loss < 1.0);
    double untouched = pow(1.0 - loss, nb_frag);
    double share = 0.0;
    for (uint32_t lost = 0; lost <= coded; lost++) {
        double fails = decoder_fails(coded - lost);
        share += gsl_ran_binomial_pdf(lost, loss, nb_frag + coded) * (1.0 - fails);
    }
    /* Losses among the coded ones alone: whole without any decoding. */
    double decoded_untouched = 0.0;
    for (uint32_t lost = 0; lost <= coded; lost++) {
        double fails = decoder_fails(coded - lost);
        decoded_untouched += gsl_ran_binomial_pdf(lost, loss, coded) * (1.0 - fails);
    }
    share += untouched * (1.0 - decoded_untouched);
    return share < 1.0 ? share : 1.0;
}

/* Coded fragments that all but a few in a thousand devices are whole with (planning rule of
 * spec-protocol 5.6). */
static double coded_needed(uint32_t nb_frag, double loss)
{
    assert(loss < 1.0);
    if (loss <= 0.0) {
        return 0.0;
    }
    double lost = loss * nb_frag;
    return ceil((lost + 8.0) / (1.0 - loss) + 3.0 * sqrt(lost) / (1.0 - loss));
}

/* --- parts ----------------------------------------------------------------------------------- */

static void estimate_air(const struct estimate_input *input, struct estimate *estimate)
{
    assert(estimate->nb_frag > 0);
    uint32_t copies = input->gateways == MULTICAST_SINGLE ? 1 : input->gateway_count;
    double frames =
            (double)estimate->table + estimate->nb_frag + estimate->coded + estimate->correction;
    estimate->transfers = input->versions > 0 ? input->versions : 1u;
    estimate->gateway_airtime_s = estimate->transfers * frames * estimate->fragment_airtime_s;
    estimate->airtime_s = copies * estimate->gateway_airtime_s;
    estimate->bulk_s = estimate->nb_frag * estimate->interval_s;
    estimate->coded_s = estimate->coded * estimate->interval_s;
    estimate->correction_s = estimate->correction * estimate->interval_s;
}

/* From the first SessionTime to the end of the last session of the first period. */
static double first_period_s(const struct estimate *estimate)
{
    assert(estimate->periods > 0);
    double gaps_s = (estimate->periods - 1.0) * seconds(SCHEDULE_PERIOD_GAP_NS);
    return estimate->periods * (double)(1u << estimate->time_out) + gaps_s;
}

/* The session of the second period; 0: there is none. */
static double second_period_s(const struct estimate *estimate)
{
    sim_ns second_ns = (sim_ns)(estimate->second_s * 1e9);
    return second_ns > 0 ? (double)(1u << schedule_time_out(second_ns)) : 0.0;
}

/* From the first SessionTime to the end of the last session. */
static double longest_time_s(const struct estimate *estimate)
{
    return estimate->second_at_s > 0.0 ? estimate->second_at_s + second_period_s(estimate)
                                       : first_period_s(estimate);
}

/* From SessionTime until a device has heard `fragments`, the last of them to its end. */
static double heard_s(const struct estimate *estimate, double fragments)
{
    return seconds(SCHEDULE_GUARD_NS) + LEAD_S
           + (estimate->table + fragments - 1.0) * estimate->interval_s
           + estimate->fragment_airtime_s;
}

/* Fragments that come before a second period. */
static double first_fragments(const struct estimate *estimate, const struct schedule *schedule)
{
    assert(estimate->coded >= schedule->coded_later);
    return (double)estimate->nb_frag + estimate->coded - schedule->coded_later;
}

/* As heard_s(), where what exceeds the first period comes in the second one. */
static double heard_in_periods_s(
        const struct estimate *estimate, const struct schedule *schedule, double fragments)
{
    double first = first_fragments(estimate, schedule);
    return estimate->second_at_s > 0.0 && fragments > first
                   ? estimate->second_at_s + heard_s(estimate, fragments - first)
                   : heard_s(estimate, fragments);
}

/* Share of reports of the block that no gateway receives: lost by the link; met by another report
 * on its channel (pure ALOHA); or come while the gateway sends a fragment, which makes it deaf. */
static double report_loss(const struct estimate_input *input, const struct estimate *estimate,
        double spread_s, bool fragments_on_air)
{
    assert(spread_s > 0.0 && input->channel_count > 0);
    double airtime_s = schedule_answer_airtime_s(input->region, input->uplink_data_rate);
    double load = input->fleet_size * airtime_s / (spread_s * input->channel_count);
    double deaf = fragments_on_air
                          ? (estimate->fragment_airtime_s + airtime_s) / estimate->interval_s
                          : 0.0;
    deaf = deaf < 1.0 ? deaf : 1.0;
    return 1.0 - (1.0 - input->unicast_loss) * (1.0 - deaf) * exp(-2.0 * load);
}

/* Expected number of rounds until each of n devices was heard, at `loss` in each round. */
static double rounds_until_heard(uint32_t n, double loss)
{
    assert(loss >= 0.0 && loss <= 1.0);
    double rounds = 0.0;
    double lost = 1.0;
    for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
        rounds += 1.0 - pow(1.0 - lost, n);
        lost *= loss;
    }
    return rounds;
}

static void estimate_plan(const struct estimate_input *input, const struct schedule *schedule,
        struct estimate *estimate)
{
    estimate->planned_s = seconds(schedule->planned_ns);
    estimate->time_out = schedule->time_out;
    estimate->needed_s = seconds(schedule->needed_ns);
    estimate->periods = input->periods > 0 ? input->periods : schedule->periods;
    estimate->second_at_s = seconds(schedule->second_at_ns);
    estimate->second_s = seconds(schedule->second_ns);
}

/* The session is over when the last device has reported the block whole: its report comes within
 * an answer window after the fragment that made it so; of n reports, spread evenly, the last comes
 * after n / (n + 1) of it, and again until it was heard. Rounds of correction begin with a pause
 * for answers; in a second period members have answered before. It is reckoned at the interval of
 * the duty cycle, which its haste falls below. */
static void estimate_session(const struct estimate_input *input, const struct schedule *schedule,
        struct estimate *estimate)
{
    double sent = estimate->nb_frag + estimate->coded + estimate->correction;
    double needed = estimate->nb_frag + coded_needed(estimate->nb_frag, input->expected_loss);
    double frames = needed < sent ? needed : sent;
    double tail_s = seconds(SCHEDULE_ANSWER_TAIL_NS);
    estimate->answer_window_s = seconds(schedule->answer_window_ns);
    double spread_s = estimate->answer_window_s - tail_s;
    double loss = report_loss(input, estimate, spread_s, sent > frames);
    double again = rounds_until_heard(input->fleet_size, loss) - 1.0;
    double last_report_s = spread_s * input->fleet_size / (input->fleet_size + 1.0)
                           + again * (REPORT_AGAIN_S + spread_s / 2.0);
    estimate->session_s = heard_in_periods_s(estimate, schedule, frames) + last_report_s + tail_s;
    if (estimate->correction > 0 && estimate->second_at_s <= 0.0) {
        estimate->session_s += estimate->answer_window_s;
    }
    double longest_s = longest_time_s(estimate);
    estimate->time_out_fits = estimate->planned_s <= longest_s;
    estimate->session_s = estimate->session_s < longest_s ? estimate->session_s : longest_s;
}

/* A device listens until its block is whole; one that stays incomplete listens until
 * the time-out. Between two periods it sleeps. */
static void estimate_energy(const struct estimate_input *input, const struct schedule *schedule,
        struct estimate *estimate)
{
    double excess = input->expected_loss > 0.0 ? EXCESS_MEAN : 0.0;
    double fragments = (estimate->nb_frag + excess) / (1.0 - input->expected_loss);
    double whole = input->correction == CORRECTION_FIXED ? estimate->complete_share : 1.0;
    double first_s = heard_s(estimate, 1.0);
    double longest_s = first_period_s(estimate) + second_period_s(estimate);
    double last_s = heard_in_periods_s(estimate, schedule, fragments);
    if (last_s > estimate->second_at_s && estimate->second_at_s > 0.0) {
        last_s -= estimate->second_at_s - first_period_s(estimate);
    }
    last_s = last_s < longest_s ? last_s : longest_s;
    estimate->listening_s = input->guard_s + first_s;
    estimate->bulk_rx_s = whole * last_s + (1.0 - whole) * longest_s - first_s;
    double power_w = input->rx_current_a * input->supply_v;
    estimate->listening_j = power_w * estimate->listening_s;
    estimate->bulk_j = power_w * estimate->bulk_rx_s;
    if (input->battery_usable_j > 0.0) {
        estimate->battery_percent =
                100.0 * (estimate->listening_j + estimate->bulk_j) / input->battery_usable_j;
    }
}

/* As the gateways send it. */
static struct lora_modulation downlink_modulation(
        const struct estimate_input *input, uint8_t data_rate, uint32_t frequency_hz)
{
    struct lora_modulation modulation =
            region_downlink_modulation(input->region, data_rate, frequency_hz);
    modulation.payload_crc = input->downlink_crc;
    return modulation;
}

struct course_frame estimate_frame(const struct estimate_input *input, uint32_t size)
{
    const struct region *region = input->region;
    const struct {
        uint8_t data_rate;
        uint32_t frequency_hz;
    } windows[COURSE_WINDOWS] = {
        [COURSE_RX1] = { region_rx1_rate(region, input->uplink_data_rate, 0),
                region_default_channel_hz(region, 0) },
        [COURSE_RX2] = { input->rx2_data_rate, input->rx2_frequency_hz },
    };
    struct course_frame frame = { 0 };
    for (unsigned i = 0; i < COURSE_WINDOWS; i++) {
        struct lora_modulation modulation =
                downlink_modulation(input, windows[i].data_rate, windows[i].frequency_hz);
        bool fits = size <= region_downlink_payload_max(region, windows[i].data_rate);
        sim_ns airtime_ns = lora_time_on_air_ns(&modulation, LORAWAN_OVERHEAD + size);
        frame.airtime_s[i] = fits ? seconds(airtime_ns) : 0.0;
    }
    return frame;
}

/* Commands of a set-up in their order. */
static void plan_commands(const struct estimate_input *input, struct fleet_course_input *course)
{
    bool unicast = input->delivery == DELIVERY_UNICAST;
    bool chained = input->set_up_policy == SET_UP_CHAINED;
    if (!unicast && chained) {
        course->command[course->commands++] = estimate_frame(input, GROUP_BYTES + SESSION_BYTES);
    } else if (!unicast) {
        course->command[course->commands++] = estimate_frame(input, GROUP_BYTES);
        course->command[course->commands++] = estimate_frame(input, SESSION_BYTES);
    }
    course->command[course->commands++] = estimate_frame(input, FRAGMENTATION_BYTES);
    course->ready_after = course->commands;
    if (!unicast && input->correction_period == CORRECTION_PERIOD_SECOND) {
        course->command[course->commands++] = estimate_frame(input, GROUP_BYTES + SESSION_BYTES);
    }
}

static void plan_course(const struct estimate_input *input, struct fleet_course_input *course)
{
    uint32_t hearing = input->gateway_count;
    *course = (struct fleet_course_input){
        .members = fmax(input->fleet_size, 1.0),
        .gateways = input->gateway_count,
        .hearing = hearing < HEARING_MAX ? hearing : HEARING_MAX,
        .report_period_s = fmax(input->report_period_s, 1.0),
        .loss = input->unicast_loss,
        .duty_cycle = { [COURSE_RX1] = input->uplink_duty,
                [COURSE_RX2] = region_duty_cycle(input->region, input->rx2_frequency_hz) },
        .channel_count = input->channel_count,
        .uplink_s = schedule_answer_airtime_s(input->region, input->uplink_data_rate),
        .exchange_s = EXCHANGE_S,
        .chained = input->set_up_policy == SET_UP_CHAINED && input->delivery == DELIVERY_MULTICAST,
    };
    plan_commands(input, course);
}

/* The answers to commands; a report of the block; a question for each hash of it; and an answer to
 * a status request from members that lack fragments. */
static double set_up_uplinks(const struct estimate_input *input,
        const struct fleet_course_input *course, const struct estimate *estimate)
{
    double lacking = input->correction == CORRECTION_ADAPTIVE && estimate->correction > 0
                             ? 1.0 - estimate->complete_share
                             : 0.0;
    /* A poll, DevUpgradeImageAns, DevRebootTimeAns. */
    double orders = input->install_ordered ? 3.0 : 0.0;
    return (course->commands + lacking + 1.0 + input->proofs + orders)
           / (1.0 - input->unicast_loss);
}

/* --- all ------------------------------------------------------------------------------------- */

static bool is_possible(const struct estimate_input *input, double duty_cycle)
{
    if (!region_has_downlink(input->region, input->data_rate)
            || !region_has_downlink(input->region, input->rx2_data_rate)
            || !region_has_uplink(input->region, input->uplink_data_rate)
            || input->fragment_size_bytes == 0 || input->image_size_bytes == 0
            || input->gateway_count == 0 || input->channel_count == 0) {
        return false;
    }
    uint32_t nb_frag = schedule_nb_frag(input->image_size_bytes, input->fragment_size_bytes);
    return input->fragment_size_bytes + PACKAGE_FRAGMENT_OVERHEAD
                   <= region_downlink_payload_max(input->region, input->data_rate)
           && nb_frag <= PACKAGE_FRAGMENTS_MAX && duty_cycle * input->duty_share > 0.0
           && region_duty_cycle(input->region, input->rx2_frequency_hz) > 0.0
           && input->expected_loss < 1.0 && input->unicast_loss < 1.0;
}

static sim_ns fragment_interval_ns(
        const struct estimate_input *input, sim_ns airtime_ns, double duty_cycle)
{
    struct network_airtime airtime = {
        .frame_ns = airtime_ns,
        .duty_cycle = duty_cycle,
        .duty_share = input->duty_share,
        .listen_share = input->listen_share,
        .gateway_count = multicast_in_turns(input->gateways) ? input->gateway_count : 1,
        .sharers = 1,
    };
    sim_ns least_ns = airtime_ns + NETWORK_TURN_GUARD_NS;
    bool delayed = input->gateways == MULTICAST_DELAYED;
    sim_ns asked_ns = input->interval_ns * (delayed ? input->gateway_count : 1);
    asked_ns = asked_ns > least_ns ? asked_ns : least_ns;
    return input->interval_ns > 0 ? asked_ns : network_multicast_interval_ns(&airtime);
}

/* Sessions of class C, of a campaign with nb_frag. */
static void estimate_multicast(
        const struct estimate_input *input, double duty_cycle, struct estimate *estimate)
{
    struct lora_modulation modulation =
            downlink_modulation(input, input->data_rate, input->frequency_hz);
    sim_ns airtime_ns = lora_time_on_air_ns(
            &modulation, LORAWAN_OVERHEAD + PACKAGE_FRAGMENT_OVERHEAD + input->fragment_size_bytes);
    sim_ns interval_ns = fragment_interval_ns(input, airtime_ns, duty_cycle);
    uint8_t hashes =
            fragment_table_count(region_downlink_payload_max(input->region, input->data_rate));
    estimate->table = input->table_copies * fragment_table_pieces(estimate->nb_frag, hashes);
    struct schedule_input schedule_input = {
        .nb_frag = estimate->nb_frag,
        .lead_frames = estimate->table,
        .redundancy = input->redundancy,
        .interval_ns = interval_ns,
        .bare_ns = input->time_out == TIME_OUT_BY_INTERVAL ? input->interval_ns : 0,
        .corrected = input->correction != CORRECTION_FIXED,
        .correction_timeout_ns = (sim_ns)(input->correction_timeout_s * 1e9),
        .second_period = input->correction_period == CORRECTION_PERIOD_SECOND,
        .correction_pause_ns = (sim_ns)(input->correction_pause_s * 1e9),
        .fleet_size = input->fleet_size,
        .answer_airtime_s = schedule_answer_airtime_s(input->region, input->uplink_data_rate),
        .channel_count = input->channel_count,
        .block_ack_delay = input->block_ack_delay,
    };
    struct schedule schedule;
    schedule_make(&schedule_input, &schedule);
    estimate->coded = schedule.coded;
    estimate->block_ack_delay = schedule.block_ack_delay;
    estimate->fragment_airtime_s = seconds(airtime_ns);
    estimate->interval_s = seconds(interval_ns);
    estimate->complete_share =
            complete_share(estimate->nb_frag, estimate->coded, input->expected_loss);
    double needed = coded_needed(estimate->nb_frag, input->expected_loss);
    if (input->correction != CORRECTION_FIXED && needed > estimate->coded) {
        estimate->correction = (uint32_t)needed - estimate->coded;
    }
    estimate_air(input, estimate);
    estimate_plan(input, &schedule, estimate);
    estimate_session(input, &schedule, estimate);
    estimate_energy(input, &schedule, estimate);
}

void estimate_make(const struct estimate_input *input, struct estimate *estimate)
{
    memset(estimate, 0, sizeof *estimate);
    double duty_cycle = input->duty_cycle > 0.0
                                ? input->duty_cycle
                                : region_duty_cycle(input->region, input->frequency_hz);
    if (!is_possible(input, duty_cycle)) {
        return;
    }
    estimate->possible = true;
    estimate->nb_frag = schedule_nb_frag(input->image_size_bytes, input->fragment_size_bytes);
    if (input->delivery == DELIVERY_MULTICAST) {
        estimate_multicast(input, duty_cycle, estimate);
    }
    struct fleet_course_input plan;
    struct fleet_course course;
    plan_course(input, &plan);
    bool unicast = input->delivery == DELIVERY_UNICAST;
    if (unicast && !unicast_estimate_plan(input, estimate, &plan)) {
        estimate->possible = false;
        return;
    }
    fleet_course_make(&plan, &course);
    estimate->set_up_s = course.set_up_s;
    estimate->set_up_fleet_s = course.set_up_last_s;
    estimate->uplinks = set_up_uplinks(input, &plan, estimate);
    if (unicast) {
        unicast_estimate_make(input, &plan, &course, estimate);
    }
}
