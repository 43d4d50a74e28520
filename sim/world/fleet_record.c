/* What a run measured, per device: an observer that fills struct fleet_record.
 * SPDX-License-Identifier: MIT
 */
#include "world/fleet_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "scenario/channel_plan.h"
#include "trace.h"
#include "world/energy_phases.h"
#include "world/fleet_observer.h"
#include "world/fragment_causes.h"
#include "world/uplink_record.h"

struct fleet_record *fleet_record_create(uint32_t device_count)
{
    struct fleet_record *record = calloc(1, sizeof *record);
    if (record == NULL) {
        return NULL;
    }
    record->device_count = device_count;
    record->devices = calloc(device_count, sizeof *record->devices);
    if (record->devices == NULL) {
        free(record);
        return NULL;
    }
    for (uint32_t i = 0; i < device_count; i++) {
        struct device_record *device = &record->devices[i];
        device->joined_ns = SIM_NS_NEVER;
        device->clock_set_ns = SIM_NS_NEVER;
        device->session_opened_ns = SIM_NS_NEVER;
        device->block_complete_ns = SIM_NS_NEVER;
        device->installed_ns = SIM_NS_NEVER;
    }
    return record;
}

void fleet_record_destroy(struct fleet_record *record)
{
    if (record != NULL) {
        fragment_causes_destroy(record->causes);
        uplink_record_destroy(record->uplinks);
        energy_phases_destroy(record->phases);
        free(record->devices);
        free(record);
    }
}

static void note_first(sim_ns *slot, sim_ns at_ns)
{
    if (*slot == SIM_NS_NEVER) {
        *slot = at_ns;
    }
}

/* The session trace carries the device's own GPS time in ms, so its clock error is measured, not
 * modelled. */
static void note_session(
        const struct world *world, struct device_record *device, const struct observation *o)
{
    if (device->session_opened_ns == SIM_NS_NEVER) {
        int64_t true_ms = network_gps_ns(world->network, o->at_ns) / SIM_NS_PER_MS;
        device->clock_error_ms = (double)(int32_t)((uint32_t)o->c - (uint32_t)true_ms);
        device->session_opened_ns = o->at_ns;
    }
}

static void note_uplink(struct device_record *device, uint32_t fport)
{
    bool campaign =
            fport == 0 || fport == PACKAGE_FPORT_MULTICAST || fport == PACKAGE_FPORT_FRAGMENTATION;
    if (campaign) { /* reports don't touch the record */
        device->campaign_uplinks++;
    }
}

/* The first count is the one before FEC. */
static void note_uncoded(struct device_record *device, uint32_t received)
{
    if (!device->uncoded_counted) {
        device->uncoded_counted = true;
        device->uncoded_received = received;
    }
}

static void compare_image(struct world *world, uint32_t index, struct device_record *device)
{
    uint8_t chunk[1024];
    struct firmware_image running;
    bool equal = node_image(world->nodes, index, &running);
    for (uint32_t at = 0; equal && at < world->image_size; at += sizeof chunk) {
        uint32_t left = world->image_size - at;
        uint32_t size = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
        node_flash_peek(world->nodes, index, running.region, running.address + at, chunk, size);
        equal = memcmp(chunk, world->image + at, size) == 0;
    }
    device->image_compared = true;
    device->image_matches = equal;
    world->record->installs_wrong += equal ? 0u : 1u;
}

static void note_firmware(struct world *world, uint32_t index, struct device_record *device,
        const struct observation *o)
{
    uint32_t a = (uint32_t)o->b;
    uint32_t b = (uint32_t)o->c;
    switch ((enum fw_trace)o->a) {
    case FW_TRACE_JOINED:
        note_first(&device->joined_ns, o->at_ns);
        break;
    case FW_TRACE_CLOCK_SET:
        note_first(&device->clock_set_ns, o->at_ns);
        break;
    case FW_TRACE_UPLINK:
        world->record->uplinks_sent++;
        note_uplink(device, b >> 8);
        break;
    case FW_TRACE_SESSION_OPENED:
        note_session(world, device, o);
        break;
    case FW_TRACE_FRAG_SET_UP:
        device->nb_frag = a;
        device->uncoded_now = 0;
        device->missing_now = a;
        break;
    case FW_TRACE_FRAGMENT_STORED:
        device->uncoded_now++;
        device->missing_now = b;
        break;
    case FW_TRACE_FRAG_FROZEN:
        note_uncoded(device, b - a);
        break;
    case FW_TRACE_FRAG_COMPLETE:
        note_uncoded(device, a);
        note_first(&device->block_complete_ns, o->at_ns);
        break;
    case FW_TRACE_INSTALLED:
        note_first(&device->installed_ns, o->at_ns);
        compare_image(world, index, device);
        break;
    case FW_TRACE_BOOTED:
    case FW_TRACE_JOIN_REQUESTED:
    case FW_TRACE_BAD_MIC:
    case FW_TRACE_COUNTER_REJECTED:
    case FW_TRACE_FRAGMENT_DUPLICATE:
    case FW_TRACE_FRAGMENT_CODED:
    case FW_TRACE_UPLINK_HELD:
    case FW_TRACE_DOWNLINK:
    case FW_TRACE_MULTICAST:
    case FW_TRACE_FRAME_DROPPED:
    case FW_TRACE_GROUP_SET_UP:
    case FW_TRACE_SESSION_ARMED:
    case FW_TRACE_SESSION_CLOSED:
    case FW_TRACE_FRAGMENT_USELESS:
    case FW_TRACE_BLOCK_MIC:
    case FW_TRACE_BLOCK_ACKNOWLEDGED:
    case FW_TRACE_IMAGE_VERIFIED:
    case FW_TRACE_INSTALL_STARTED:
    case FW_TRACE_FEC_MEMORY:
    case FW_TRACE_RADIO_RX_START:
    case FW_TRACE_EXCHANGE_ENDED:
    case FW_TRACE_COUNT:
    default:
        break;
    }
}

static void observe_firmware(void *context, const struct observation *o)
{
    struct world *world = context;
    struct fleet_record *record = world->record;
    uint32_t index = o->entity - world->first_device;
    assert(o->kind == OBSERVE_FIRMWARE && index < record->device_count);
    if (o->a == FW_TRACE_MULTICAST) { /* the most frequent of all; what comes of it says more */
        return;
    }
    energy_phases_firmware(record->phases, o);
    note_firmware(world, index, &record->devices[index], o);
    if (record->causes != NULL) {
        fragment_causes_firmware(record->causes, o);
    }
}

/* Frames begin and end for who sent them; downlinks are the devices' losses, uplinks the
 * gateways'. */
static void observe_air(void *context, const struct observation *o)
{
    struct world *world = context;
    struct fleet_record *record = world->record;
    switch (o->kind) {
    case OBSERVE_FRAME_STARTED:
        uplink_record_started(record->uplinks, o->data);
        break;
    case OBSERVE_FRAME_ENDED:
        uplink_record_frame(record->uplinks, o);
        break;
    case OBSERVE_GATEWAY_RECEIVED:
    case OBSERVE_GATEWAY_LOST:
        uplink_record_frame(record->uplinks, o);
        return;
    case OBSERVE_NODE_RESET:
        energy_phases_reset(record->phases, o);
        break;
    default:
        break;
    }
    if (record->causes != NULL) {
        fragment_causes_frame(record->causes, o);
    }
}

#define AIR_KINDS                                                                                  \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)                         \
            | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST))
/* Of interest in campaigns only. */
#define DOWNLINK_KINDS                                                                             \
    (OBSERVE_BIT(OBSERVE_FRAME_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_LOST)                         \
            | OBSERVE_BIT(OBSERVE_NODE_RESET))

static void node_about_to_run(void *context, uint32_t index)
{
    const struct world *world = context;
    energy_phases_prefetch(world->record->phases, index);
}

bool fleet_record_watch(struct world *world)
{
    struct fleet_record *record = world->record;
    record->uplinks = uplink_record_create(
            scenario_region(world->scenario), world->device_count, world->first_device);
    record->phases = energy_phases_create(world->nodes, world->device_count, world->first_device);
    if (world_first_campaign(world) != NULL) {
        record->causes = fragment_causes_create(
                world_first_campaign(world), world->device_count, world->first_device);
    }
    if (record->uplinks == NULL || record->phases == NULL
            || (world_first_campaign(world) != NULL && record->causes == NULL)) {
        return false;
    }
    engine_observer_add(world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), observe_firmware, world);
    node_fleet_on_prefetch(world->nodes, node_about_to_run, world);
    uint64_t air = AIR_KINDS | (record->causes != NULL ? DOWNLINK_KINDS : 0);
    engine_observer_add(world->engine, air, observe_air, world);
    return true;
}
