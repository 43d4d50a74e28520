/* End-devices of a test that go through a whole campaign in bytes, with faults on demand.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/image_builder.h"
#include "models/campaign/scripted_fleet_internal.h"

static const sim_ns fleet_start_ns = 1000 * SIM_NS_PER_S;

enum fleet_event {
    EVENT_REPORT,
    EVENT_UPLINK
};

/* The group whose session is open; NULL: none. */
static struct fleet_group *open_group(const struct fleet *fleet, struct fleet_device *device)
{
    int64_t now_s = fleet_device_gps_s(fleet, device);
    for (uint32_t i = 0; i < FLEET_GROUPS; i++) {
        struct fleet_group *group = &device->groups[i];
        if (group->session && now_s >= group->session_gps_s
                && now_s < (int64_t)group->session_gps_s + group->session_s) {
            return group;
        }
    }
    return NULL;
}

/* From 15 s before a session: its radio is prepared for it. */
static bool opens_soon(const struct fleet *fleet, const struct fleet_device *device)
{
    int64_t now_s = fleet_device_gps_s(fleet, device);
    for (uint32_t i = 0; i < FLEET_GROUPS; i++) {
        const struct fleet_group *group = &device->groups[i];
        if (group->session && now_s + 15 >= group->session_gps_s && now_s < group->session_gps_s) {
            return true;
        }
    }
    return false;
}

static bool has_opened(const struct fleet *fleet, const struct fleet_device *device)
{
    const struct fleet_group *group = &device->groups[device->group_id];
    return group->session && fleet_device_gps_s(fleet, device) > group->session_gps_s;
}

static void schedule(struct fleet *fleet, uint32_t index, enum fleet_event event, sim_ns in_ns)
{
    struct fleet_device *device = &fleet->devices[index];
    uint64_t generation = event == EVENT_UPLINK ? ++device->uplink_event : 0;
    engine_schedule(fleet->engine, engine_now(fleet->engine) + in_ns, SIM_PHASE_NODE, fleet->entity,
            fleet->handler, generation << 40 | (uint64_t)event << 32 | index);
}

void fleet_say(
        struct fleet *fleet, uint32_t index, uint8_t fport, const uint8_t *data, uint8_t size)
{
    fleet_answer(&fleet->devices[index], fport, data, size);
    schedule(fleet, index, EVENT_UPLINK, SIM_NS_PER_S);
}

static uint32_t gateway_of(uint32_t index)
{
    return index % 2;
}

static void transmit(
        struct fleet *fleet, uint32_t index, uint8_t fport, const uint8_t *payload, uint16_t size)
{
    struct fleet_device *device = &fleet->devices[index];
    uint8_t bytes[255];
    static const uint8_t device_time_req[] = { 0x0D };
    uint16_t frame_size = scripted_device_uplink(&device->mac, false, device_time_req,
            device->faults.no_time ? 1 : 0, fport, payload, size, bytes);
    device->uplinks_in_session += open_group(fleet, device) != NULL ? 1 : 0;
    enum campaign_phase phase = campaign_phase(fleet->campaign);
    fleet->bulk_uplinks += phase == CAMPAIGN_PHASE_UNCODED || phase == CAMPAIGN_PHASE_CODED ? 1 : 0;
    fake_gateways_uplink(fleet->gateways, gateway_of(index), engine_now(fleet->engine), 5,
            device->uplink_snr_mdb, bytes, frame_size);
}

static void join(struct fleet *fleet, uint32_t index)
{
    uint8_t bytes[23];
    uint16_t size = scripted_device_join_request(&fleet->devices[index].mac, bytes);
    fake_gateways_uplink(fleet->gateways, gateway_of(index), engine_now(fleet->engine), 5,
            fleet->devices[index].uplink_snr_mdb, bytes, size);
}

static void reset_if_due(struct fleet *fleet, struct fleet_device *device)
{
    bool due = device->faults.reset_at_ns > 0
               && engine_now(fleet->engine) >= device->faults.reset_at_ns;
    if (!due || (device->resets > 0 && !device->faults.resets_for_ever)) {
        return;
    }
    device->resets++;
    fleet_leave_sessions(device);
    for (uint32_t i = 0; i < FLEET_GROUPS; i++) {
        device->groups[i].defined = device->groups[i].defined && device->faults.keeps_block;
    }
    if (!device->faults.keeps_block) {
        device->fragments_ready = false;
        device->received_uncoded = device->received_coded = 0;
    }
}

static void on_event(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity, (void)now_ns;
    struct fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct fleet_device *device = &fleet->devices[index];
    if (((argument >> 32) & 0xFF) == EVENT_UPLINK) {
        if (argument >> 40 != device->uplink_event) {
            return;
        }
        transmit(fleet, index, device->answers_size > 0 ? device->answers_fport : 0,
                device->answers, device->answers_size);
        device->answers_size = 0;
        bool may_ask = device->faults.receipts_most == 0
                       || device->receipts < device->faults.receipts_most;
        if (device->ack_reception && device->whole && !device->acknowledged && may_ask
                && !device->faults.dies_in_session) {
            device->receipts++;
            /* FragDataBlockReceivedReq again until it is answered. */
            device->answers[0] = 0x04;
            device->answers[1] =
                    (uint8_t)((device->faults.bad_mic ? 0x04 : 0x00) | device->frag_index);
            device->answers_size = 2;
            device->answers_fport = 201;
            schedule(fleet, index, EVENT_UPLINK, 40 * SIM_NS_PER_S);
        }
        return;
    }
    schedule(fleet, index, EVENT_REPORT, fleet->report_period_ns);
    if (!device->mac.joined) {
        if (!device->faults.never_joins) {
            join(fleet, index);
        }
        if (device->faults.silent) { /* a word before the campaign starts */
            schedule(fleet, index, EVENT_REPORT, 30 * SIM_NS_PER_S);
        }
        return;
    }
    reset_if_due(fleet, device);
    if (device->reboot_ns > 0 && device->reboot_ns <= engine_now(fleet->engine)) {
        device->reboot_ns = 0;
        if (device->faults.misses_reboot) {
            device->faults.misses_reboot = false;
        } else if (device->holds_image) {
            fleet_install(device);
        }
    }
    bool quiet = open_group(fleet, device) != NULL || opens_soon(fleet, device);
    bool fell_silent = device->faults.silent && engine_now(fleet->engine) >= fleet_start_ns;
    if (quiet || fell_silent || (device->faults.dies_in_session && has_opened(fleet, device))) {
        return;
    }
    uint8_t report[24] = { 0 };
    fleet_put_le(report, device->version, 4);
    report[15] = device->update_status;
    fleet_put_le(report + 18, device->resets, 2);
    if (device->version >= FLEET_VERSION && !device->faults.runs_other_image) {
        memcpy(report + 4, fleet->image + 32, 8);
    }
    transmit(fleet, index, 2, report, device->faults.reports_no_version ? 2 : sizeof report);
}

/* --- downlinks ------------------------------------------------------------------------------- */

static void on_fragment(struct fleet *fleet, uint32_t index, const struct scripted_downlink *d)
{
    struct fleet_device *device = &fleet->devices[index];
    if (d->payload[0] == 0x01) {
        device->status_requests++;
        bool all = (d->payload[1] & 1) != 0;
        if (all || fleet_missing(device) > 0) {
            fleet_put_status(fleet, device);
            schedule(fleet, index, EVENT_UPLINK, (2 + index) * SIM_NS_PER_S / 2);
        }
        return;
    }
    cr_assert_eq(d->payload[0], 0x08);
    cr_assert_eq(d->size, 3 + device->frag_size);
    uint32_t n = fleet_le(d->payload + 1, 2) & 0x3FFF;
    bool again = n <= device->nb_frag && device->status_requests > 0;
    cr_assert(again || n > device->last_n, "N falls for a repeated uncoded fragment only");
    device->last_n = n > device->last_n ? n : device->last_n;
    bool misses_first = device->faults.needs_uncoded || device->faults.decoder_most > 0;
    if (device->whole || n == device->faults.loses_n
            || (misses_first && n <= device->nb_frag && !again)
            || (device->faults.loses_repeated && again)
            || (n > device->nb_frag && fleet_is_over_memory(device))) {
        return;
    }
    if (n == device->nb_frag + 1u) {
        memcpy(device->first_coded, d->payload + 3, device->frag_size);
    }
    *(n <= device->nb_frag ? &device->received_uncoded : &device->received_coded) += 1;
    device->whole = device->received_uncoded == device->nb_frag
                    || device->received_uncoded + device->received_coded >= device->nb_frag + 2u;
    if (device->faults.needs_uncoded && device->received_uncoded == 0) {
        device->whole = false;
    }
    if (device->whole && device->ack_reception && !device->faults.dies_in_session) {
        fleet_answer(device, 201,
                (uint8_t[]){ 0x04,
                        (uint8_t)((device->faults.bad_mic ? 0x04 : 0x00) | device->frag_index) },
                2);
        schedule(fleet, index, EVENT_UPLINK, (2 + index) * SIM_NS_PER_S);
    } else if (device->whole && device->fragmentation_version == 1) {
        fleet_leave_sessions(device);
        device->version = device->faults.installs_alone ? FLEET_VERSION : device->version;
    }
}

static void on_unicast(struct fleet *fleet, uint32_t index, const struct scripted_downlink *d)
{
    struct fleet_device *device = &fleet->devices[index];
    if (device->faults.lost_downlinks > 0) {
        device->faults.lost_downlinks--;
        return;
    }
    if (d->fopts_size > 0 && d->fopts[0] == 0x0D) {
        device->faults.no_time = false;
    }
    bool fragment = d->fport == 201 && d->size > 0 && d->payload[0] == 0x08;
    if (fragment && !device->faults.loses_unicast) {
        on_fragment(fleet, index, d);
    }
    device->unicast_fragments += fragment ? 1u : 0u;
    if (d->size > 0 && !fragment) {
        fleet_on_commands(fleet, index, d);
    }
    if (device->answers_size > 0) {
        schedule(fleet, index, EVENT_UPLINK, 3 * SIM_NS_PER_S);
    } else if (d->pending) {
        schedule(fleet, index, EVENT_UPLINK, 7 * SIM_NS_PER_S);
    }
}

static bool lost(const struct fleet_device *device, uint32_t index, uint32_t fcnt)
{
    uint32_t hash = (fcnt * 2654435761u) ^ (index * 40503u);
    hash ^= hash >> 15;
    hash *= 2246822519u;
    return (hash >> 8) % 100 < device->faults.loss_percent;
}

static void on_multicast(struct fleet *fleet, uint32_t index, const struct gateway_tx *tx)
{
    struct fleet_device *device = &fleet->devices[index];
    struct fleet_group *group = open_group(fleet, device);
    struct scripted_downlink downlink;
    if (group == NULL || !device->fragments_ready
            || !scripted_downlink_read(group->mc_nwk_s_key, group->mc_app_s_key, group->mc_addr, 0,
                    tx->bytes, tx->size, &downlink)
            || (group->last_fcnt != UINT32_MAX && downlink.fcnt <= group->last_fcnt)
            || lost(device, index, downlink.fcnt)) {
        return;
    }
    cr_assert_eq(tx->modulation.spreading_factor, 12 - group->data_rate, "EU868: DR0 is SF12");
    cr_assert(downlink.fcnt >= group->fcnt_min && downlink.fcnt < group->fcnt_max);
    group->last_fcnt = downlink.fcnt;
    group->fragments++;
    sim_ns now_ns = engine_now(fleet->engine);
    device->first_fragment_ns = device->first_fragment_ns == 0 ? now_ns : device->first_fragment_ns;
    device->last_fragment_ns = now_ns;
    on_fragment(fleet, index, &downlink);
}

static void on_air(void *context, uint32_t gateway, const struct gateway_tx *tx, sim_ns now_ns)
{
    (void)gateway, (void)now_ns;
    struct fleet *fleet = context;
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct fleet_device *device = &fleet->devices[i];
        struct scripted_downlink downlink;
        if (tx->bytes[0] == 0x20) {
            if (!device->mac.joined && gateway == gateway_of(i)) {
                scripted_device_join_accept(&device->mac, tx->bytes, tx->size);
            }
        } else if (device->mac.joined
                   && scripted_downlink_read(device->mac.nwk_s_key, device->mac.app_s_key,
                           device->mac.dev_addr, 0, tx->bytes, tx->size, &downlink)) {
            on_unicast(fleet, i, &downlink);
        } else {
            on_multicast(fleet, i, tx);
        }
    }
}

/* --- fleet ----------------------------------------------------------------------------------- */

struct campaign_params fleet_default_params(void)
{
    return (struct campaign_params){
        .start_ns = fleet_start_ns,
        .set_up_policy = SET_UP_CHAINED,
        .set_up_window_ns = 3600 * SIM_NS_PER_S,
        .data_rate = 5,
        .frequency_hz = 869525000,
        .fragment_size_bytes = 100,
        .redundancy = 0.15,
        .correction = CORRECTION_ADAPTIVE,
        .correction_timeout_ns = 3600 * SIM_NS_PER_S,
        .block_ack_delay = 255,
        .fragmentation_version = 2,
        .gateways = MULTICAST_STAGGERED,
        .block_mic = true,
        .confirm_timeout_ns = 7200 * SIM_NS_PER_S,
    };
}

void fleet_create(struct fleet *fleet, uint32_t count, sim_ns report_period_ns,
        const struct campaign_params *params)
{
    memset(fleet, 0, sizeof *fleet);
    cr_assert_leq(count, FLEET_MAX);
    fleet->count = count;
    fleet->report_period_ns = report_period_ns;
    fleet->engine = engine_create(1);
    fleet->gateways = fake_gateways_create(fleet->engine, 80 * SIM_NS_PER_MS);
    fleet->gateways->on_air = on_air;
    fleet->gateways->context = fleet;
    fleet->entity = engine_entity_add(fleet->engine, 1);
    fleet->handler = engine_handler_add(fleet->engine, on_event, fleet);
    for (uint32_t i = 0; i < count; i++) {
        scripted_device_init(&fleet->devices[i].mac, i);
        fleet->identities[i] = fleet->devices[i].mac.identity;
        fleet->devices[i].uplink_snr_mdb = 5000;
        fleet->devices[i].waits_for_order = params->install != INSTALL_AT_ONCE;
        fleet->devices[i].version = 0x01000000;
        fleet->devices[i].fragmentation_version = params->fragmentation_version;
        schedule(fleet, i, EVENT_REPORT, (1 + i) * 4 * SIM_NS_PER_S);
    }
    struct network_params network_params = {
        .region = &region_eu868,
        .net_id = 0x13,
        .rx1_delay_s = 1,
        .rx2_frequency_hz = 869525000,
        .deduplication_ns = 200 * SIM_NS_PER_MS,
        .duty_share = 0.8,
    };
    fleet->network = network_create(fleet->engine, &network_params, fleet->gateways, 2,
            fleet->identities, count, FLEET_GPS_NS);
    fleet->gateways->network = fleet->network;
    uint8_t code[3500], private_key[32], public_key[32];
    image_generate(code, sizeof code, 1);
    image_key_pair(1, private_key, public_key);
    cr_assert(image_build(fleet->image, sizeof fleet->image, &fleet->image_size, code, sizeof code,
            FLEET_VERSION, 1, private_key));
    fleet->server = server_create(fleet->engine, fleet->network, fleet->identities, count);
    fleet->campaign = server_campaign_add(
            fleet->server, params, fleet->image, fleet->image_size, FLEET_VERSION);
}

void fleet_destroy(struct fleet *fleet)
{
    server_destroy(fleet->server);
    network_destroy(fleet->network);
    fake_gateways_destroy(fleet->gateways);
    engine_destroy(fleet->engine);
}

void fleet_run(struct fleet *fleet, sim_ns until_ns)
{
    engine_run(fleet->engine, until_ns);
}

struct campaign_device fleet_view(const struct fleet *fleet, uint32_t index)
{
    struct campaign_device view;
    campaign_device_get(fleet->campaign, index, &view);
    return view;
}

void fleet_expect_all_confirmed(const struct fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct campaign_device view = fleet_view(fleet, i);
        cr_assert_eq(view.stage, CAMPAIGN_CONFIRMED, "device %u: stage %d, %s", i, (int)view.stage,
                campaign_failure_name(view.failure));
        cr_assert_eq(view.failure, CAMPAIGN_FAILURE_NONE);
    }
    cr_assert_eq(campaign_phase(fleet->campaign), CAMPAIGN_PHASE_DONE);
}
