/* Unicast downlinks: what an answer holds, and which gateway sends it in which window.
 * SPDX-License-Identifier: MIT
 *
 * RX1 where its link budget is good, else RX2; a gateway that refuses costs one try, then the
 * other window and the next gateways are asked, as long as there is time.
 */
#include <assert.h>
#include <string.h>

#include "network/network_internal.h"
#include "observe.h"

/* assumed: reserve over sensitivity that makes RX1 worth its try; one uplink's SNR holds one draw
 * of the fading, the downlink another. Commands go where Rayleigh fading takes one in sixteen
 * (1 - exp(-10^-1.2)): at 10 dB, one in ten, twice as many devices miss their set-up in a city
 * of a thousand. A join is soon tried again, and its RX2 costs up to thirty times the airtime. */
#define RX1_RESERVE_MDB      12000
#define RX1_RESERVE_JOIN_MDB 4000
/* Between the arrival of a request and its start: pre-delay of the JIT queue, 32.5 ms, and some. */
#define SUBMIT_AHEAD_NS (45 * SIM_NS_PER_MS)

/* --- windows and gateways -------------------------------------------------------------------- */

void network_downlink_build(const struct network *network, struct downlink *downlink,
        const struct lorawan_downlink *frame)
{
    const struct session_schedule *schedule = network_schedule(network, downlink->device);
    downlink->size = (uint16_t)lorawan_downlink_build(
            frame, &schedule->nwk_s_key, &schedule->app_s_key, downlink->bytes);
}

uint32_t network_downlink_take(struct network *network, uint32_t device)
{
    uint32_t used = network->downlinks.used;
    uint32_t index = pool_take(&network->downlinks);
    if (index == POOL_NONE) {
        return POOL_NONE;
    }
    struct downlink *downlink = pool_at(&network->downlinks, index);
    assert(device < network->device_count);
    downlink->generation = index < used ? downlink->generation + 1u : 0;
    downlink->device = device;
    downlink->item = POOL_NONE;
    downlink->fcnt = 0;
    downlink->latency_ns = 0;
    downlink->option_count = 0;
    downlink->option_next = 0;
    downlink->ack = false;
    downlink->asks_adr = false;
    downlink->asks_status = false;
    return index;
}

uint32_t network_downlink_open(
        struct network *network, const struct pending *pending, uint8_t first_delay_s)
{
    uint32_t index = network_downlink_take(network, pending->device);
    if (index == POOL_NONE) {
        return POOL_NONE;
    }
    struct downlink *downlink = pool_at(&network->downlinks, index);
    downlink->rx_at_ns[0] = pending->end_ns + first_delay_s * SIM_NS_PER_S;
    downlink->rx_at_ns[1] = downlink->rx_at_ns[0] + SIM_NS_PER_S;
    sim_ns latency_ns = pending->arrived_ns - pending->end_ns;
    downlink->latency_ns = latency_ns > 0 ? latency_ns : 0;
    downlink->rx1_frequency_hz = pending->frequency_hz;
    downlink->data_rate[0] = region_rx1_rate(
            network->params.region, pending->data_rate, network->params.rx1_data_rate_offset);
    downlink->data_rate[1] = network->params.rx2_data_rate;
    return index;
}

/* Would an answer in RX2 meet another one there? */
static bool rx2_taken(const struct network *network, const struct downlink *downlink)
{
    sim_ns start_ns = downlink->rx_at_ns[1];
    struct lora_modulation modulation = network_downlink_modulation(
            network, downlink->data_rate[1], network->params.rx2_frequency_hz);
    sim_ns end_ns = start_ns + lora_time_on_air_ns(&modulation, downlink->size);
    return rx2_plan_is_taken(&network->rx2_plan, start_ns, end_ns);
}

static void add_option(struct downlink *downlink, uint32_t gateway, enum downlink_window window)
{
    assert(downlink->option_count < DOWNLINK_OPTIONS);
    downlink->options[downlink->option_count++] = (struct downlink_option){ gateway, window };
}

void network_downlink_choose(struct network *network, struct downlink *downlink,
        const struct pending *pending, uint16_t application_size)
{
    const struct region *region = network->params.region;
    bool fits_rx1 = application_size <= region_downlink_payload_max(region, downlink->data_rate[0]);
    bool fits_rx2 = application_size <= region_downlink_payload_max(region, downlink->data_rate[1]);
    int32_t rx1_eirp_mdbm = network_eirp_mdbm(network, downlink->rx1_frequency_hz);
    int32_t rx2_eirp_mdbm = network_eirp_mdbm(network, network->params.rx2_frequency_hz);
    int32_t reserve_mdb = pending->join ? RX1_RESERVE_JOIN_MDB : RX1_RESERVE_MDB;
    bool avoid_rx2 = rx2_taken(network, downlink);
    int32_t device_mdbm = link_device_eirp_mdbm(region, network->devices[pending->device].tx_power);
    uint32_t weak_count = 0, rx2_count = 0;
    uint32_t weak[HEARD_MAX], rx2[HEARD_MAX];
    for (uint32_t i = 0; i < pending->heard_count; i++) {
        const struct heard *heard = &pending->heard[i];
        int32_t rx1_mdb = link_downlink_margin_mdb(region, heard->snr_mdb, pending->bandwidth_hz,
                device_mdbm, downlink->data_rate[0], rx1_eirp_mdbm);
        int32_t rx2_mdb = link_downlink_margin_mdb(region, heard->snr_mdb, pending->bandwidth_hz,
                device_mdbm, downlink->data_rate[1], rx2_eirp_mdbm);
        bool good = rx1_mdb >= reserve_mdb || rx1_mdb >= rx2_mdb || !fits_rx2
                    || (avoid_rx2 && rx1_mdb >= RX1_RESERVE_JOIN_MDB);
        if (fits_rx1 && good) {
            add_option(downlink, heard->gateway, WINDOW_RX1);
        } else if (fits_rx1) {
            weak[weak_count++] = heard->gateway;
        }
        if (fits_rx2) {
            rx2[rx2_count++] = heard->gateway;
        }
    }
    /* RX1 of every gateway before RX2 of any: at the default DR0 an answer there takes as much of
     * the band as ten to thirty in RX1. */
    for (uint32_t i = 0; i < rx2_count; i++) {
        add_option(downlink, rx2[i], WINDOW_RX2);
    }
    /* Better a poor chance than none, when every RX2 was refused at once. */
    for (uint32_t i = 0; i < weak_count; i++) {
        add_option(downlink, weak[i], WINDOW_RX1);
    }
}

/* --- life of a request ----------------------------------------------------------------------- */

static void item_free(struct network *network, struct downlink *downlink)
{
    if (downlink->item != POOL_NONE) {
        pool_give(&network->queue_items, downlink->item);
        downlink->item = POOL_NONE;
    }
}

/* No gateway sends it: the payload goes back to the head of its queue and leaves with a new FCnt.
 */
static void refuse(struct network *network, uint32_t index)
{
    struct downlink *downlink = pool_at(&network->downlinks, index);
    struct device_state *device = &network->devices[downlink->device];
    network->stats.downlinks_refused++;
    if (downlink->item != POOL_NONE && device->queue_length < NETWORK_DEVICE_QUEUE) {
        struct queue_item *item = pool_at(&network->queue_items, downlink->item);
        item->next = device->queue_head;
        if (device->queue_head == POOL_NONE) {
            device->queue_tail = downlink->item;
        }
        device->queue_head = downlink->item;
        device->queue_length++;
        downlink->item = POOL_NONE;
    }
    item_free(network, downlink);
    pool_give(&network->downlinks, index);
}

static uint32_t downlink_frequency_hz(
        const struct network *network, const struct downlink *downlink, enum downlink_window window)
{
    assert(window >= WINDOW_RX1 && window <= WINDOW_CLASS_C);
    return window == WINDOW_RX2 ? network->params.rx2_frequency_hz : downlink->rx1_frequency_hz;
}

void network_downlink_submit(struct network *network, uint32_t index, sim_ns now_ns)
{
    struct downlink *downlink = pool_at(&network->downlinks, index);
    while (downlink->option_next < downlink->option_count) {
        const struct downlink_option *option = &downlink->options[downlink->option_next];
        uint32_t window = option->window == WINDOW_RX2 ? 1 : 0;
        bool class_c = option->window == WINDOW_CLASS_C;
        sim_ns at_ns = class_c ? now_ns : downlink->rx_at_ns[window];
        if (!class_c && at_ns < now_ns + downlink->latency_ns + SUBMIT_AHEAD_NS) {
            downlink->option_next++;
            continue;
        }
        uint32_t frequency_hz = downlink_frequency_hz(network, downlink, option->window);
        struct gateway_tx tx;
        tx.token = TOKEN_UNICAST << TOKEN_KIND_SHIFT
                   | (uint64_t)(downlink->generation & 0xFFFFFFu) << 32 | index;
        tx.timing = class_c ? GATEWAY_TX_IMMEDIATE : GATEWAY_TX_AT;
        tx.at_ns = at_ns;
        tx.power_mdbm = network_eirp_mdbm(network, frequency_hz);
        tx.modulation =
                network_downlink_modulation(network, downlink->data_rate[window], frequency_hz);
        tx.size = downlink->size;
        memcpy(tx.bytes, downlink->bytes, downlink->size);
        if (option->window == WINDOW_RX2) {
            rx2_plan_take(&network->rx2_plan, at_ns,
                    at_ns + lora_time_on_air_ns(&tx.modulation, downlink->size));
        }
        gateway_submit(network->gateways, option->gateway, &tx);
        return;
    }
    refuse(network, index);
}

void network_downlink_report(
        struct network *network, const struct gateway_report *report, sim_ns now_ns)
{
    uint32_t index = (uint32_t)report->token;
    if (index >= network->downlinks.used) {
        return;
    }
    struct downlink *downlink = pool_at(&network->downlinks, index);
    if ((downlink->generation & 0xFFFFFFu) != ((report->token >> 32) & 0xFFFFFFu)
            || downlink->option_next >= downlink->option_count) {
        return;
    }
    if (report->result == GATEWAY_TX_ACCEPTED) {
        return;
    }
    if (report->result != GATEWAY_TX_SENT) {
        downlink->option_next++;
        network_downlink_submit(network, index, now_ns);
        return;
    }
    enum downlink_window window = downlink->options[downlink->option_next].window;
    network->stats.downlinks_rx1 += window == WINDOW_RX1 ? 1 : 0;
    network->stats.downlinks_rx2 += window == WINDOW_RX2 ? 1 : 0;
    network->stats.downlinks_class_c += window == WINDOW_CLASS_C ? 1 : 0;
    spent_airtime_add(&network->spent, report->gateway,
            downlink_frequency_hz(network, downlink, window), report->at_ns, report->airtime_ns);
    network->stats.acks += downlink->ack ? 1 : 0;
    network_questions_asked(network, downlink);
    engine_observe(network->engine, now_ns, network->entity, OBSERVE_NETWORK_DOWNLINK,
            downlink->device, downlink->fcnt, window, NULL);
    item_free(network, downlink);
    downlink->option_next = downlink->option_count; /* a second report finds none */
    pool_give(&network->downlinks, index);
}

/* --- answers --------------------------------------------------------------------------------- */

static uint8_t build_fopts(const struct region *region, const struct pending *pending,
        const struct downlink_answer *answer, uint8_t fopts[LORAWAN_FOPTS_MAX])
{
    size_t size = 0;
    if (answer->commands.device_time_req) {
        size += mac_device_time_ans(fopts + size, answer->gps_ns);
    }
    if (answer->commands.link_check_req) {
        int32_t needed_mdb = link_required_snr_mdb(region, pending->data_rate);
        int32_t margin_db = (pending->heard[0].snr_mdb - needed_mdb) / 1000;
        margin_db = margin_db < 0 ? 0 : margin_db;
        size += mac_link_check_ans(fopts + size, (uint8_t)(margin_db > 254 ? 254 : margin_db),
                pending->reporter_count);
    }
    for (uint32_t i = 0; i < answer->commands.ping_slot_info_reqs && size < 12u; i++) {
        size += mac_ping_slot_info_ans(fopts + size);
    }
    return (uint8_t)size;
}

static uint32_t queue_take_fitting(
        struct network *network, struct device_state *device, uint32_t size_max)
{
    uint32_t index = device->queue_head;
    if (index == POOL_NONE) {
        return POOL_NONE;
    }
    const struct queue_item *item = pool_at(&network->queue_items, index);
    if (item->size > size_max) {
        return POOL_NONE;
    }
    device->queue_head = item->next;
    device->queue_length--;
    return index;
}

/* The longer of what RX1 and RX2 carry; RX1 only counts when it may be asked at all. */
static uint32_t application_max(const struct region *region, const struct downlink *downlink)
{
    uint32_t rx1 = region_downlink_payload_max(region, downlink->data_rate[0]);
    uint32_t rx2 = region_downlink_payload_max(region, downlink->data_rate[1]);
    return rx1 > rx2 ? rx1 : rx2;
}

static uint32_t application_least(const struct region *region, const struct downlink *downlink)
{
    uint32_t rx1 = region_downlink_payload_max(region, downlink->data_rate[0]);
    uint32_t rx2 = region_downlink_payload_max(region, downlink->data_rate[1]);
    return rx1 < rx2 ? rx1 : rx2;
}

void network_answer_uplink(struct network *network, const struct pending *pending,
        const struct downlink_answer *answer, sim_ns now_ns)
{
    struct device_state *device = &network->devices[pending->device];
    uint8_t fopts[LORAWAN_FOPTS_MAX];
    uint8_t fopts_size = build_fopts(network->params.region, pending, answer, fopts);
    if (fopts_size == 0 && !answer->ack && !answer->adr_ack_req && !device->keep_open
            && device->queue_length == 0 && !answer->adr
            && !network_question_makes_downlink(network, device, now_ns)) {
        return;
    }
    uint32_t index = network_downlink_open(network, pending, network_rx1_delay_s(network));
    if (index == POOL_NONE) {
        network->stats.downlinks_refused++;
        return;
    }
    struct downlink *downlink = pool_at(&network->downlinks, index);
    downlink->item = queue_take_fitting(
            network, device, application_max(network->params.region, downlink) - fopts_size);
    const struct queue_item *item =
            downlink->item == POOL_NONE ? NULL : pool_at(&network->queue_items, downlink->item);
    uint16_t payload_size = item == NULL ? 0 : item->size;
    uint32_t least_max = application_least(network->params.region, downlink);
    uint32_t room = least_max > payload_size ? least_max - payload_size : 0;
    fopts_size =
            network_put_questions(network, downlink, answer->adr, room, fopts, fopts_size, now_ns);
    downlink->ack = answer->ack;
    struct lorawan_downlink frame = {
        .dev_addr = network_dev_addr(network, pending->device),
        .fcnt = device->fcnt_down,
        .ack = answer->ack,
        .pending = device->keep_open || device->queue_length > 0,
        .fopts = fopts,
        .fopts_size = fopts_size,
        .fport = item == NULL ? 0 : item->fport,
        .payload = item == NULL ? NULL : item->payload,
        .payload_size = payload_size,
    };
    downlink->fcnt = device->fcnt_down++;
    network_downlink_build(network, downlink, &frame);
    network_downlink_choose(network, downlink, pending, (uint16_t)(fopts_size + payload_size));
    network_downlink_submit(network, index, now_ns);
}
