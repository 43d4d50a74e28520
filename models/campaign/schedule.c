/* The arithmetic of a multicast session: counts, intervals, answer windows, TimeOut.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/schedule.h"

#include <assert.h>
#include <math.h>

#include "campaign/packages.h"
#include "network/lorawan.h"
#include "region/region.h"

#define STATUS_ANSWER_SIZE 5u
/* Of the channels' time: pure ALOHA at G = 0.2 loses a third without capture; what is lost is asked
 * for again (spec-protocol 8.6). */
#define ANSWER_LOAD_MAX 0.2
/* Gateways that are refused a slot catch up in later ones: a tenth more. */
#define CATCH_UP 1.1

uint32_t schedule_nb_frag(uint32_t image_size_bytes, uint8_t fragment_size_bytes)
{
    assert(fragment_size_bytes > 0);
    return image_size_bytes / fragment_size_bytes
           + (image_size_bytes % fragment_size_bytes != 0 ? 1u : 0u);
}

uint32_t schedule_coded(uint32_t nb_frag, double redundancy)
{
    assert(nb_frag <= PACKAGE_FRAGMENTS_MAX && redundancy >= 0.0);
    double count = ceil(redundancy * nb_frag);
    uint32_t room = PACKAGE_FRAGMENTS_MAX - nb_frag;
    return count < room ? (uint32_t)count : room;
}

double schedule_answer_airtime_s(const struct region *region, uint8_t data_rate)
{
    struct lora_modulation modulation =
            region_uplink_modulation(region, data_rate, region_default_channel_hz(region, 0));
    return (double)lora_time_on_air_ns(&modulation, LORAWAN_OVERHEAD + STATUS_ANSWER_SIZE) / 1e9;
}

/* Answers spread over 2^(d+4) s must not drown each other. */
static uint8_t block_ack_delay(const struct schedule_input *input)
{
    assert(input->block_ack_delay <= 7 || input->block_ack_delay == SCHEDULE_AUTOMATIC_DELAY);
    if (input->block_ack_delay != SCHEDULE_AUTOMATIC_DELAY) {
        return input->block_ack_delay;
    }
    double needed_s =
            input->fleet_size * input->answer_airtime_s / (ANSWER_LOAD_MAX * input->channel_count);
    uint8_t delay = 0;
    while (delay < 7 && (double)(1u << (delay + 4)) < needed_s) {
        delay++;
    }
    return delay;
}

uint8_t schedule_time_out(sim_ns duration_ns)
{
    assert(duration_ns >= 0);
    uint8_t time_out = 0;
    while (time_out < SCHEDULE_TIME_OUT_MAX
            && (sim_ns)(1u << time_out) * SIM_NS_PER_S < duration_ns) {
        time_out++;
    }
    return time_out;
}

/* A first pass of so many fragments, from SessionTime to its last answer. */
static sim_ns pass_ns(
        const struct schedule_input *input, const struct schedule *schedule, uint32_t fragments)
{
    if (input->bare_ns > 0) {
        return input->bare_ns * (fragments + 1);
    }
    double frames = (double)fragments + SCHEDULE_FEED_AHEAD;
    return SCHEDULE_GUARD_NS + (sim_ns)(CATCH_UP * frames * (double)input->interval_ns)
           + schedule->answer_window_ns;
}

/* From the first SessionTime to the end of the last of the sessions that needed_ns takes. */
static sim_ns periods_ns(const struct schedule *schedule)
{
    assert(schedule->periods > 0);
    sim_ns before = schedule->periods - 1;
    uint8_t time_out = schedule_time_out(schedule->needed_ns - before * SCHEDULE_PERIOD_USABLE_NS);
    return before * (SCHEDULE_PERIOD_NS + SCHEDULE_PERIOD_GAP_NS)
           + (sim_ns)(1u << time_out) * SIM_NS_PER_S;
}

/* The second period: for the longest correction, or for the coded fragments. */
static void plan_second(const struct schedule_input *input, struct schedule *schedule)
{
    schedule->second_ns = input->corrected ? SCHEDULE_GUARD_NS + input->correction_timeout_ns
                                           : pass_ns(input, schedule, schedule->coded);
    schedule->second_at_ns = periods_ns(schedule) + input->correction_pause_ns;
    schedule->planned_ns = schedule->second_at_ns + schedule->second_ns;
}

void schedule_make(const struct schedule_input *input, struct schedule *schedule)
{
    assert(input->channel_count > 0 && input->interval_ns > 0);
    *schedule = (struct schedule){ .periods = 1 };
    schedule->coded = schedule_coded(input->nb_frag, input->redundancy);
    schedule->coded_later = input->second_period && !input->corrected ? schedule->coded : 0;
    schedule->block_ack_delay = block_ack_delay(input);
    schedule->answer_window_ns = (sim_ns)(1u << (schedule->block_ack_delay + 4)) * SIM_NS_PER_S
                                 + SCHEDULE_ANSWER_TAIL_NS;
    schedule->needed_ns = pass_ns(input, schedule,
            input->lead_frames + input->nb_frag + schedule->coded - schedule->coded_later);
    for (sim_ns needed_ns = schedule->needed_ns;
            needed_ns > SCHEDULE_PERIOD_NS && schedule->periods < UINT8_MAX;
            needed_ns -= SCHEDULE_PERIOD_USABLE_NS) {
        schedule->periods++;
    }
    if (input->second_period) {
        plan_second(input, schedule);
        schedule->time_out = schedule_time_out(schedule->needed_ns);
    } else {
        schedule->planned_ns =
                schedule->needed_ns + (input->corrected ? input->correction_timeout_ns : 0);
        schedule->time_out = schedule_time_out(schedule->planned_ns);
    }
}

uint32_t schedule_wave_count(uint32_t members, uint32_t wave_size)
{
    return wave_size == 0 || members == 0 ? 1u : (members - 1u) / wave_size + 1u;
}
