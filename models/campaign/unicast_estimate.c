/* What delivery by unicast will take.
 * SPDX-License-Identifier: MIT
 *
 * Rules of class A: a downlink follows an uplink, in RX1 on its channel or in RX2. The duty cycle
 * of a device sets the pace of its requests; that of gateways how many answers there are in an
 * hour (fleet_course.h). An answer brings as many fragments as the larger window carries, and after
 * one that no gateway sent, as many as both carry (docs/block-protocol.md). All members send at one
 * data rate.
 */
#include "campaign/unicast_estimate.h"

#include <assert.h>
#include <math.h>

#include "campaign/unicast_packages.h"
#include "network/lorawan.h"
#include "region/region.h"

/* BlockDataReq: CID, Index&N, Count. BlockFetchReq: CID, FragIndex. */
#define REQUEST_BYTES 4u
#define ASK_BYTES     2u
/* From the end of a request to RX1, and the mean of what a device waits after an answer. */
#define RX1_DELAY_S  1.0
#define ASK_SPREAD_S 1.0
/* A request without an answer is repeated after 10 s, and half as much again at random. */
#define REPEAT_S 12.5

static uint32_t fragments_in(const struct estimate_input *input, uint8_t data_rate)
{
    uint32_t room = region_downlink_payload_max(input->region, data_rate);
    assert(input->fragment_size_bytes > 0);
    return room > UNICAST_DATA_HEADER ? (room - UNICAST_DATA_HEADER) / input->fragment_size_bytes
                                      : 0;
}

static struct course_frame answer_of(const struct estimate_input *input, uint32_t fragments)
{
    uint32_t size = UNICAST_DATA_HEADER + fragments * input->fragment_size_bytes;
    struct course_frame frame = estimate_frame(input, size);
    frame.fragments = fragments;
    return frame;
}

bool unicast_estimate_plan(const struct estimate_input *input, const struct estimate *estimate,
        struct fleet_course_input *course)
{
    const struct region *region = input->region;
    uint8_t rx1_rate = region_rx1_rate(region, input->uplink_data_rate, 0);
    uint32_t rx1 = fragments_in(input, rx1_rate), rx2 = fragments_in(input, input->rx2_data_rate);
    uint32_t most = rx1 > rx2 ? rx1 : rx2, least = rx1 > rx2 ? rx2 : rx1;
    assert(input->delivery == DELIVERY_UNICAST && estimate->nb_frag > 0);
    if (most == 0 || input->uplink_duty <= 0.0) {
        return false;
    }
    struct lora_modulation uplink = region_uplink_modulation(
            region, input->uplink_data_rate, region_default_channel_hz(region, 0));
    double request_s = (double)lora_time_on_air_ns(&uplink, LORAWAN_OVERHEAD + REQUEST_BYTES) / 1e9;
    course->fragments = estimate->nb_frag;
    course->fetches_max = UNICAST_FETCHES_PER_GATEWAY * input->gateway_count;
    course->ask = estimate_frame(input, ASK_BYTES);
    course->full = answer_of(input, most);
    course->brief = answer_of(input, least > 0 ? least : most);
    enum course_window first = rx1 > 0 ? COURSE_RX1 : COURSE_RX2;
    double answer_s = course->full.airtime_s[rx1 >= rx2 ? first : COURSE_RX2];
    double round_s = request_s + RX1_DELAY_S + answer_s + ASK_SPREAD_S;
    course->request_gap_s = fmax(request_s / input->uplink_duty, round_s);
    course->repeat_s = REPEAT_S;
    course->uplink_s = request_s;
    return true;
}

void unicast_estimate_make(const struct estimate_input *input,
        const struct fleet_course_input *plan, const struct fleet_course *course,
        struct estimate *estimate)
{
    double answers_s = course->fetch_airtime_s[COURSE_RX1] + course->fetch_airtime_s[COURSE_RX2];
    estimate->uplinks += course->requests;
    estimate->airtime_s = answers_s;
    estimate->gateway_airtime_s = answers_s / input->gateway_count;
    double delivered = (1.0 - input->unicast_loss) * (1.0 - input->unicast_loss);
    estimate->interval_s = plan->request_gap_s + (1.0 / delivered - 1.0) * plan->repeat_s;
    estimate->bulk_rx_s = answers_s / input->fleet_size;
    estimate->bulk_j = input->supply_v
                       * (input->rx_current_a * estimate->bulk_rx_s
                               + input->tx_current_a * course->requests * plan->uplink_s);
    if (input->battery_usable_j > 0.0) {
        estimate->battery_percent = 100.0 * estimate->bulk_j / input->battery_usable_j;
    }
    estimate->session_s = course->fetched_s;
    estimate->answer_fragments = plan->full.fragments;
    estimate->transfers = 1;
}
