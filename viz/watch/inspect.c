/* The selected device in detail: who it is, its radio, its block, its flash, its energy, what it
 * did since it was selected.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/image_builder.h"
#include "record/devices.h"
#include "record/slots.h"
#include "watch/watch_internal.h"

/* --- events ----------------------------------------------------------------------------------- */

static void add_event(struct watch *watch, sim_ns at_ns, enum scene_event_kind kind, int detail,
        uint64_t frame_id)
{
    struct watch_events *events = &watch->events;
    events->ring[events->count++ % SCENE_EVENTS_MAX] = (struct scene_event){
        .at_ns = at_ns,
        .kind = (uint8_t)kind,
        .detail = (uint8_t)detail,
        .frame_id = frame_id,
    };
}

/* What has changed since the last look, if anything has. */
static void look(struct watch *watch, sim_ns at_ns)
{
    struct watch_standing standing;
    bool joined = devices_joined_ns(watch->recorders, watch->selected) <= at_ns;
    watch_standing(watch, watch->selected, &standing);
    if (joined && !watch->events.joined) {
        add_event(watch, at_ns, SCENE_EVENT_JOINED, 0, 0);
    }
    if (standing.stage != watch->events.stage) {
        add_event(watch, at_ns, SCENE_EVENT_STAGE, (int)standing.stage, 0);
    }
    watch->events.joined = joined;
    watch->events.stage = standing.stage;
}

void watch_inspect_observed(struct watch *watch, const struct observation *o)
{
    uint64_t frame_id = o->kind == OBSERVE_NODE_RESET ? 0 : (uint64_t)o->a;
    switch (o->kind) {
    case OBSERVE_NODE_RESET:
        add_event(watch, o->at_ns, SCENE_EVENT_RESET, (int)o->a, 0);
        break;
    case OBSERVE_FRAME_STARTED:
        add_event(watch, o->at_ns, SCENE_EVENT_UPLINK, 0, frame_id);
        break;
    case OBSERVE_FRAME_RECEIVED:
        add_event(watch, o->at_ns, SCENE_EVENT_DOWNLINK, 0, frame_id);
        break;
    default:
        assert(o->kind == OBSERVE_FRAME_LOST);
        add_event(watch, o->at_ns, SCENE_EVENT_LOST, (int)o->b, frame_id);
        break;
    }
    watch_look_at_transfers(watch);
    look(watch, o->at_ns);
}

void watch_inspect_fault(struct watch *watch)
{
    add_event(watch, engine_now(watch->world->engine), SCENE_EVENT_FAULT, 0, 0);
}

void watch_inspect_group_restart(struct watch *watch, const struct observation *o)
{
    const struct campaign *campaign = server_campaign(watch->world->server, (uint16_t)o->c);
    if (watch->selected != SCENE_NONE
            && campaign_serves(campaign, watch->selected, (uint32_t)o->a)) {
        add_event(watch, o->at_ns, SCENE_EVENT_GROUP_RESTART, 0, 0);
    }
}

void watch_select(struct watch *watch, uint32_t device)
{
    struct watch_standing standing;
    watch->selected = device < watch->device_count ? device : SCENE_NONE;
    watch->events.count = 0;
    if (watch->selected != SCENE_NONE) {
        watch_look_at_transfers(watch);
        watch_standing(watch, device, &standing);
        watch->events.stage = standing.stage;
        watch->events.joined =
                devices_joined_ns(watch->recorders, device) <= engine_now(watch->world->engine);
    }
}

static void fill_events(const struct watch *watch, struct scene_detail *detail)
{
    uint32_t total = watch->events.count;
    uint32_t count = total < SCENE_EVENTS_MAX ? total : SCENE_EVENTS_MAX;
    detail->event_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        detail->events[i] = watch->events.ring[(total - count + i) % SCENE_EVENTS_MAX];
    }
}

/* --- radio ------------------------------------------------------------------------------------ */

/* SX1276 datasheet section 6.4, in the order of addresses. */
static const struct {
    const char *name;
    uint8_t address;
} registers[] = {
    { "RegOpMode", 0x01 },
    { "RegFrfMsb", 0x06 },
    { "RegFrfMid", 0x07 },
    { "RegFrfLsb", 0x08 },
    { "RegPaConfig", 0x09 },
    { "RegLna", 0x0c },
    { "RegFifoAddrPtr", 0x0d },
    { "RegFifoRxCurrentAddr", 0x10 },
    { "RegIrqFlagsMask", 0x11 },
    { "RegIrqFlags", 0x12 },
    { "RegRxNbBytes", 0x13 },
    { "RegPktSnrValue", 0x19 },
    { "RegModemConfig1", 0x1d },
    { "RegModemConfig2", 0x1e },
    { "RegModemConfig3", 0x26 },
    { "RegDioMapping1", 0x40 },
};
#define REGISTER_COUNT (sizeof registers / sizeof registers[0])
_Static_assert(REGISTER_COUNT <= SCENE_REGISTERS_MAX, "all are shown");

static void fill_radio(const struct watch *watch, struct scene_detail *detail)
{
    const struct node_fleet *nodes = watch->world->nodes;
    const struct watch_device *own = &watch->devices[detail->device];
    bool received = own->frame_id != 0 && own->rssi_mdbm != 0;
    detail->rssi_dbm = received ? (float)own->rssi_mdbm / 1000.0f : NAN;
    detail->snr_db = own->snr_sf != 0 ? (float)own->snr_mdb / 1000.0f : NAN;
    detail->last_cause = own->frame_id == 0 ? LOSS_NONE : own->cause;
    detail->radio = (uint8_t)node_radio_power(nodes, detail->device);
    detail->register_count = REGISTER_COUNT;
    for (size_t i = 0; i < REGISTER_COUNT; i++) {
        detail->registers[i].name = registers[i].name;
        detail->registers[i].address = registers[i].address;
        detail->registers[i].value =
                node_radio_register(nodes, detail->device, registers[i].address);
    }
}

/* --- block and flash -------------------------------------------------------------------------- */

static bool make_room(struct scene_detail *detail, uint32_t count)
{
    if (count <= detail->fragment_room) {
        return true;
    }
    struct fragment_cell *fragments = realloc(detail->fragments, count * sizeof *detail->fragments);
    if (fragments == NULL) {
        return false;
    }
    detail->fragments = fragments;
    detail->fragment_room = count;
    return true;
}

/* A fragment that is on the air for the first time has no cause yet. */
static struct fragment_cell cell_of(uint8_t cause, bool whole)
{
    enum fragment_state state = cause == LOSS_NONE              ? FRAGMENT_STATE_RECEIVED
                                : cause == LOSS_GATEWAY_SKIPPED ? FRAGMENT_STATE_NOT_SENT
                                : whole                         ? FRAGMENT_STATE_RECOVERED
                                                                : FRAGMENT_STATE_LOST;
    return (struct fragment_cell){ (uint8_t)state, cause };
}

static bool fill_fragments(
        const struct watch *watch, const struct watch_standing *s, struct scene_detail *detail)
{
    const struct fragment_rows *rows =
            s->campaign == UINT32_MAX
                    ? NULL
                    : fragment_causes_rows(watch->causes, s->campaign, detail->device);
    detail->fragment_count = 0;
    if (rows == NULL) {
        return true;
    }
    if (!make_room(detail, rows->nb_frag)) {
        return false;
    }
    bool whole = s->missing == 0;
    detail->fragment_count = rows->nb_frag;
    for (uint32_t n = 1; n <= rows->nb_frag; n++) {
        detail->fragments[n - 1] = cell_of(fragment_rows_of(rows, n)[detail->device], whole);
    }
    return true;
}

/* Of an image that a campaign sends; 0: it is none of these. */
static uint32_t image_size(const struct watch *watch, const struct firmware_image *image)
{
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        const struct built_image *sent = &watch->world->images[c];
        uint32_t version;
        uint8_t digest_start[8];
        if (image_identity(sent->bytes, sent->size_bytes, &version, digest_start)
                && version == image->version
                && memcmp(digest_start, image->sha256, sizeof digest_start) == 0) {
            return sent->size_bytes;
        }
    }
    return 0;
}

static struct scene_slot running_slot(const struct watch *watch, uint32_t device)
{
    struct scene_slot slot = { .name = "running image", .state = SLOT_UNKNOWN };
    struct firmware_image image;
    if (node_build(watch->world->nodes, device)->image == NULL) {
        return slot;
    }
    bool whole = node_image(watch->world->nodes, device, &image);
    slot.state = whole ? SLOT_RUNNING : SLOT_EMPTY;
    slot.version = whole ? image.version : 0;
    slot.size = whole ? image_size(watch, &image) : 0;
    return slot;
}

/* False: the device is in none. */
static bool transfer_of(const struct watch *watch, const struct watch_standing *s,
        struct campaign_transfer *transfer)
{
    struct campaign_device d;
    if (s->campaign == UINT32_MAX) {
        return false;
    }
    const struct campaign *campaign = server_campaign(watch->world->server, s->campaign);
    campaign_device_get(campaign, watch->selected, &d);
    if (d.transfer >= campaign_transfer_count(campaign)) {
        return false;
    }
    campaign_transfer_get(campaign, d.transfer, transfer);
    return true;
}

/* As far as it is seen from outside. */
static struct scene_slot received_slot(const struct watch *watch, const struct watch_standing *s)
{
    struct scene_slot slot = { .name = "received block", .state = SLOT_EMPTY };
    if (s->campaign == UINT32_MAX || s->nb_frag == 0 || s->stage <= SCENE_STAGE_SET_UP) {
        return slot;
    }
    const struct built_image *image = &watch->world->images[s->campaign];
    struct campaign_transfer transfer;
    uint8_t digest_start[8];
    bool delta = transfer_of(watch, s, &transfer) && transfer.delta;
    slot.state = s->missing == 0 ? SLOT_WHOLE : SLOT_RECEIVING;
    slot.size = delta ? watch->world->deltas[s->campaign].size_bytes : image->size_bytes;
    if (!image_identity(image->bytes, image->size_bytes, &slot.version, digest_start)) {
        slot.version = 0;
    }
    return slot;
}

/* --- identity --------------------------------------------------------------------------------- */

/* The session of its transfer that is on, else the first one. */
static uint32_t mc_addr_of(const struct watch *watch, const struct watch_standing *s)
{
    uint32_t found = 0;
    struct campaign_device d;
    if (s->campaign == UINT32_MAX) {
        return 0;
    }
    const struct campaign *campaign = server_campaign(watch->world->server, s->campaign);
    uint32_t transfer_count = campaign_transfer_count(campaign);
    campaign_device_get(campaign, watch->selected, &d);
    for (uint32_t i = 0; i < campaign_session_count(campaign); i++) {
        struct campaign_session session;
        campaign_session_get(campaign, i, &session);
        bool own = transfer_count == 1 || session.transfer == d.transfer;
        if (own && (found == 0 || session.start_ns <= engine_now(watch->world->engine))) {
            found = session.mc_addr;
        }
    }
    return found;
}

static void fill_identity(
        const struct watch *watch, const struct watch_standing *s, struct scene_detail *detail)
{
    const struct world *world = watch->world;
    uint32_t device = detail->device;
    uint32_t group = watch->devices[device].group;
    uint64_t dev_eui = world->identities[device].dev_eui;
    struct network_device_view network;
    snprintf(detail->group, sizeof detail->group, "%s", world->scenario->groups[group].name);
    snprintf(detail->firmware, sizeof detail->firmware, "%s",
            node_build(world->nodes, device)->name);
    for (int i = 7; i >= 0; i--, dev_eui >>= 8) {
        detail->dev_eui[i] = (uint8_t)dev_eui;
    }
    network_device_get(world->network, device, &network);
    detail->dev_addr = network.joined ? network_dev_addr(world->network, device) : 0;
    detail->mc_addr = mc_addr_of(watch, s);
    snprintf(detail->failure, sizeof detail->failure, "%s",
            campaign_failure_name((enum campaign_failure)s->failure));
}

/* How its block comes, and what the server knows of it. */
static void fill_delivery(
        const struct watch *watch, const struct watch_standing *s, struct scene_detail *detail)
{
    struct campaign_transfer transfer;
    struct campaign_device d;
    bool known = transfer_of(watch, s, &transfer);
    detail->update = slots_state_name(watch->recorders, detail->device);
    detail->delivery = known ? campaign_transfer_delivery(&transfer) : NULL;
    detail->form = known ? campaign_transfer_form(&transfer) : NULL;
    detail->proof = NULL;
    detail->reboot = NULL;
    if (s->campaign != UINT32_MAX) {
        campaign_device_get(
                server_campaign(watch->world->server, s->campaign), watch->selected, &d);
        detail->proof = campaign_proof_name(d.proof);
        detail->reboot = campaign_reboot_name(d.reboot);
    }
}

bool watch_fill_detail(struct watch *watch, struct scene *scene)
{
    struct scene_detail *detail = &scene->detail;
    struct watch_standing standing;
    detail->device = watch->selected;
    if (watch->selected == SCENE_NONE) {
        return true;
    }
    look(watch, scene->now_ns);
    watch_standing(watch, watch->selected, &standing);
    fill_identity(watch, &standing, detail);
    fill_delivery(watch, &standing, detail);
    fill_radio(watch, detail);
    detail->slot_count = 2;
    detail->slots[0] = running_slot(watch, watch->selected);
    detail->slots[1] = received_slot(watch, &standing);
    device_wear_get(watch->world->nodes, watch->selected, &detail->wear);
    node_energy(watch->world->nodes, watch->selected, scene->now_ns, &detail->energy);
    fill_events(watch, detail);
    return fill_fragments(watch, &standing, detail);
}
