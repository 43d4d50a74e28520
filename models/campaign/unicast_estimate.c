/* What delivery by unicast will take, in closed form.
 * SPDX-License-Identifier: MIT
 *
 * Rules of class A: a downlink follows an uplink, in RX1 on its channel or in RX2. The duty cycle
 * of a device sets the pace of its requests; that of a gateway, in the sub-bands of both windows,
 * how many answers there are in an hour. Answers go out in the window that carries more, while it
 * has airtime, else in the other one. Few devices are served at one time, and each begins after a
 * report of its own (docs/block-protocol.md). All members send at one data rate.
 */
#include "campaign/unicast_estimate.h"

#include <assert.h>
#include <math.h>

#include "campaign/unicast_packages.h"
#include "network/lorawan.h"
#include "region/region.h"

#define HOUR_S 3600.0
/* BlockDataReq: CID, Index&N, Count. */
#define REQUEST_BYTES 4u
/* From the end of a request to RX1, and the mean of what a device waits after an answer. */
#define RX1_DELAY_S  1.0
#define ASK_SPREAD_S 1.0
/* A request without an answer is repeated after 10 s, and half as much again at random. */
#define REPEAT_S 12.5

struct window {
    uint32_t fragments; /* of an answer */
    double answer_s;    /* its airtime */
    double per_second;  /* fragments that the duty cycle of a gateway allows */
    double share;       /* of the fragments that come in it */
};

/* Of one gateway and its members. */
struct fetching {
    struct window windows[2]; /* the one that carries more first */
    double members;
    double fragments;  /* in all, lost ones too */
    double request_s;  /* airtime of a request */
    double answered;   /* share of requests whose answer arrives */
    double exchange_s; /* from a request to the next one, lost ones counted in */
    double busy_s;     /* from the first request to the last answer */
};

static struct window window_of(
        const struct estimate_input *input, uint8_t data_rate, uint32_t frequency_hz, double duty)
{
    struct window window = { 0 };
    uint32_t size = input->fragment_size_bytes;
    uint32_t room = region_downlink_payload_max(input->region, data_rate);
    struct lora_modulation modulation =
            region_downlink_modulation(input->region, data_rate, frequency_hz);
    assert(size > 0);
    modulation.payload_crc = input->downlink_crc;
    window.fragments = room > UNICAST_DATA_HEADER ? (room - UNICAST_DATA_HEADER) / size : 0;
    window.answer_s = (double)lora_time_on_air_ns(&modulation,
                              LORAWAN_OVERHEAD + UNICAST_DATA_HEADER + window.fragments * size)
                      / 1e9;
    window.per_second = window.fragments * duty / window.answer_s;
    return window;
}

static void set_windows(const struct estimate_input *input, struct fetching *f)
{
    const struct region *region = input->region;
    uint32_t uplink_hz = region_default_channel_hz(region, 0);
    struct window rx1 = window_of(input, region_rx1_rate(region, input->uplink_data_rate, 0),
            uplink_hz, input->uplink_duty);
    struct window rx2 = window_of(input, input->rx2_data_rate, input->rx2_frequency_hz,
            region_duty_cycle(region, input->rx2_frequency_hz));
    bool rx1_first = rx1.fragments >= rx2.fragments;
    f->windows[0] = rx1_first ? rx1 : rx2;
    f->windows[1] = rx1_first ? rx2 : rx1;
    struct lora_modulation request =
            region_uplink_modulation(region, input->uplink_data_rate, uplink_hz);
    f->request_s = (double)lora_time_on_air_ns(&request, LORAWAN_OVERHEAD + REQUEST_BYTES) / 1e9;
}

/* How long a gateway and its members take. An hour's airtime may be spent at once. */
static void set_times(const struct estimate_input *input, uint32_t nb_frag, struct fetching *f)
{
    const struct window *first = &f->windows[0], *other = &f->windows[1];
    double loss = input->unicast_loss;
    double pace_s = f->request_s / input->uplink_duty;
    double round_s = f->request_s + RX1_DELAY_S + first->answer_s + ASK_SPREAD_S;
    f->answered = (1.0 - loss) * (1.0 - loss);
    f->exchange_s = fmax(pace_s, round_s) + (1.0 / f->answered - 1.0) * REPEAT_S;
    f->members = ceil((double)input->fleet_size / input->gateway_count);
    f->fragments = f->members * nb_frag / (1.0 - loss);
    double turns = ceil(f->members / UNICAST_FETCHES_PER_GATEWAY);
    double asked_s = turns * nb_frag * f->exchange_s / first->fragments;
    double allowed_s = f->fragments / (first->per_second + other->per_second);
    f->busy_s = allowed_s <= HOUR_S ? asked_s : fmax(asked_s, allowed_s);
    double in_first = first->per_second * fmax(f->busy_s, HOUR_S) / f->fragments;
    f->windows[0].share = other->fragments == 0 ? 1.0 : fmin(in_first, 1.0);
    f->windows[1].share = 1.0 - f->windows[0].share;
}

/* Answers that one device gets in a window. */
static double answers_in(const struct window *window, uint32_t nb_frag)
{
    return window->fragments > 0 ? window->share * nb_frag / window->fragments : 0.0;
}

static void set_costs(
        const struct estimate_input *input, const struct fetching *f, struct estimate *estimate)
{
    double answers[2], answers_s = 0.0;
    for (unsigned i = 0; i < 2; i++) {
        answers[i] = answers_in(&f->windows[i], estimate->nb_frag);
        answers_s += answers[i] * f->windows[i].answer_s;
    }
    double requests = (answers[0] + answers[1]) / f->answered;
    estimate->uplinks += requests;
    estimate->airtime_s = input->fleet_size * answers_s;
    estimate->gateway_airtime_s = estimate->airtime_s / input->gateway_count;
    estimate->interval_s = f->exchange_s;
    estimate->bulk_rx_s = answers_s;
    estimate->bulk_j =
            input->supply_v
            * (input->rx_current_a * answers_s + input->tx_current_a * requests * f->request_s);
    if (input->battery_usable_j > 0.0) {
        estimate->battery_percent = 100.0 * estimate->bulk_j / input->battery_usable_j;
    }
}

/* Reports begin it, spread over their period: the gateways are busy from the first one on, and the
 * last device begins with the last one. */
static void set_session(
        const struct estimate_input *input, const struct fetching *f, struct estimate *estimate)
{
    double n = input->fleet_size, period_s = input->report_period_s;
    double waits_s = estimate->set_up_s - period_s / 2.0; /* for lost commands and answers */
    double alone_s = estimate->nb_frag * f->exchange_s / f->windows[0].fragments;
    double last_s = period_s * n / (n + 1.0) + waits_s + alone_s;
    double busy_s = period_s / (f->members + 1.0) + f->busy_s;
    assert(waits_s >= 0.0);
    estimate->session_s = fmax(last_s, busy_s);
}

void unicast_estimate_make(const struct estimate_input *input, struct estimate *estimate)
{
    struct fetching fetching = { 0 };
    assert(input->delivery == DELIVERY_UNICAST && estimate->nb_frag > 0);
    set_windows(input, &fetching);
    if (fetching.windows[0].fragments == 0 || input->uplink_duty <= 0.0) {
        estimate->possible = false;
        return;
    }
    set_times(input, estimate->nb_frag, &fetching);
    set_costs(input, &fetching, estimate);
    set_session(input, &fetching, estimate);
    estimate->answer_fragments = fetching.windows[0].fragments;
    estimate->transfers = 1;
}
