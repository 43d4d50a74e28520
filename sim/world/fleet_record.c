/* What a run measured, per device: an observer that fills struct fleet_record.
 * SPDX-License-Identifier: MIT
 */
#include "world/fleet_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "update/flash_map.h"
#include "world/fleet_observer.h"

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

static void note_frozen(struct device_record *device, uint32_t missing, uint32_t nb_frag)
{
    if (device->uncoded_received == 0) {
        device->uncoded_received = nb_frag - missing;
    }
}

static void compare_image(struct world *world, uint32_t index, struct device_record *device)
{
    uint8_t chunk[1024];
    bool equal = true;
    for (uint32_t at = 0; equal && at < world->image_size; at += sizeof chunk) {
        uint32_t left = world->image_size - at;
        uint32_t size = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
        node_flash_peek(
                world->nodes, index, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS + at, chunk, size);
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
        break;
    case FW_TRACE_SESSION_OPENED:
        note_session(world, device, o);
        break;
    case FW_TRACE_FRAG_SET_UP:
        device->nb_frag = a;
        device->uncoded_now = 0;
        break;
    case FW_TRACE_FRAGMENT_STORED:
        device->uncoded_now++;
        break;
    case FW_TRACE_FRAG_FROZEN:
        note_frozen(device, a, b);
        break;
    case FW_TRACE_FRAG_COMPLETE:
        if (device->block_complete_ns == SIM_NS_NEVER && device->uncoded_received == 0) {
            device->uncoded_received = a;
        }
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

void fleet_record_observe(void *context, const struct observation *o)
{
    struct world *world = context;
    assert(o->kind == OBSERVE_FIRMWARE);
    uint32_t index = o->entity - world->first_device;
    if (index < world->device_count) {
        note_firmware(world, index, &world->record->devices[index], o);
    }
}
