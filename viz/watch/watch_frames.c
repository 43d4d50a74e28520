/* Frames on the air: the last ones, what each device's radio took notice of last, and gateways.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "watch/watch_internal.h"

static struct scene_flight *flight_at(struct watch *watch, uint64_t number)
{
    return &watch->flights[number % SCENE_FLIGHTS_MAX];
}

/* NULL: so many frames have started since that it is out of the ring. */
static struct scene_flight *flight_find(struct watch *watch, uint64_t frame_id)
{
    if (watch->flights[watch->flight_last].frame_id == frame_id) {
        return &watch->flights[watch->flight_last];
    }
    uint64_t count = watch->flight_count < SCENE_FLIGHTS_MAX ? watch->flight_count
                                                             : (uint64_t)SCENE_FLIGHTS_MAX;
    for (uint64_t back = 1; back <= count; back++) {
        struct scene_flight *flight = flight_at(watch, watch->flight_count - back);
        if (flight->frame_id == frame_id) {
            watch->flight_last = (uint32_t)(flight - watch->flights);
            return flight;
        }
    }
    return NULL;
}

/* Devices are numbered before those of others, gateways before both. */
static uint32_t sender_of(const struct watch *watch, const struct frame *frame, bool foreign)
{
    const struct world *world = watch->world;
    if (frame->downlink) {
        return gateway_of_entity(&world->gateway_entities, frame->sender, world->gateway_count);
    }
    return frame->sender - (foreign ? world->first_foreign : world->first_device);
}

void watch_frame_started(struct watch *watch, const struct frame *frame)
{
    bool foreign = !frame->downlink && frame->sender - watch->first_device >= watch->device_count;
    struct scene_flight *flight = flight_at(watch, watch->flight_count++);
    sim_ns airtime_ns = frame->end_ns - frame->start_ns;
    *flight = (struct scene_flight){
        .frame_id = frame->id,
        .start_ns = frame->start_ns,
        .end_ns = frame->end_ns,
        .uplink = !frame->downlink,
        .foreign = foreign,
        .sender = sender_of(watch, frame, foreign),
        .spreading_factor = frame->modulation.spreading_factor,
    };
    watch->frame_max_ns = airtime_ns > watch->frame_max_ns ? airtime_ns : watch->frame_max_ns;
    if (frame->downlink) {
        struct watch_gateway *gateway = &watch->gateways[flight->sender];
        gateway->tx_until_ns = frame->end_ns;
        gateway->frequency_hz = frame->modulation.frequency_hz;
        watch_lane_sent(watch, flight->sender, frame);
    }
}

static void count_at(struct scene_flight *flight, enum loss_cause cause)
{
    if (cause == LOSS_NONE) {
        flight->received++;
    } else {
        flight->lost++;
    }
}

static enum loss_cause cause_of(const struct observation *o, enum observation_kind received)
{
    return o->kind == (uint32_t)received ? LOSS_NONE : (enum loss_cause)o->b;
}

void watch_frame_at_gateway(struct watch *watch, const struct observation *o)
{
    uint32_t gateway =
            gateway_of_entity(&watch->world->gateway_entities, o->entity, watch->gateway_count);
    enum loss_cause cause = cause_of(o, OBSERVE_GATEWAY_RECEIVED);
    struct scene_flight *flight = flight_find(watch, (uint64_t)o->a);
    assert(gateway < watch->gateway_count);
    if (flight != NULL) {
        count_at(flight, cause);
        if (flight->gateway_count < SCENE_FLIGHT_GATEWAYS_MAX) {
            flight->gateways[flight->gateway_count].gateway = (uint16_t)gateway;
            flight->gateways[flight->gateway_count++].cause = (uint8_t)cause;
        }
    }
    watch_lane_heard_by_gateway(watch, gateway, o->data, cause);
}

/* Its radio had received the frame, and the processor did not read it. */
static void lost_later(struct watch *watch, uint32_t device, const struct observation *o)
{
    struct watch_device *own = &watch->devices[device];
    struct scene_flight *flight = flight_find(watch, (uint64_t)o->a);
    if (own->frame_id == (uint64_t)o->a) {
        own->cause = (uint8_t)o->b;
    }
    if (flight != NULL && flight->received > 0) {
        flight->received--;
        flight->lost++;
    }
    watch_lane_lost_later(watch, device, (uint64_t)o->a, (enum loss_cause)o->b);
}

void watch_frame_at_device(struct watch *watch, uint32_t device, const struct observation *o)
{
    const struct frame *frame = o->data;
    assert(device < watch->device_count);
    if (frame == NULL) {
        lost_later(watch, device, o);
        return;
    }
    enum loss_cause cause = cause_of(o, OBSERVE_FRAME_RECEIVED);
    struct watch_device *own = &watch->devices[device];
    own->frame_id = frame->id;
    own->end_ns = frame->end_ns;
    own->cause = (uint8_t)cause;
    own->rssi_mdbm = cause == LOSS_NONE ? (int32_t)o->b : 0;
    if (o->c != 0) { /* it was judged */
        own->snr_mdb = (int32_t)o->c;
        own->snr_sf = frame->modulation.spreading_factor;
    }
    struct scene_flight *flight = flight_find(watch, frame->id);
    if (flight != NULL) {
        count_at(flight, cause);
    }
    watch_lane_heard_by_device(watch, device, frame, cause);
}

/* --- scenes ----------------------------------------------------------------------------------- */

void watch_fill_flights(const struct watch *watch, struct scene *scene)
{
    uint64_t count = watch->flight_count < SCENE_FLIGHTS_MAX ? watch->flight_count
                                                             : (uint64_t)SCENE_FLIGHTS_MAX;
    uint64_t first = watch->flight_count - count;
    scene->flight_count = (uint32_t)count;
    for (uint64_t i = 0; i < count; i++) {
        scene->flights[i] = watch->flights[(first + i) % SCENE_FLIGHTS_MAX];
    }
}

void watch_fill_gateways(const struct watch *watch, struct scene *scene)
{
    const struct gateway_fleet *fleet = watch->world->gateways;
    for (uint32_t g = 0; g < watch->gateway_count; g++) {
        struct scene_gateway *to = &scene->gateways[g];
        struct gateway_stats stats;
        double x_m, y_m;
        gateway_stats(fleet, g, scene->now_ns, &stats);
        medium_gateway_place(watch->world->medium, g, &x_m, &y_m);
        to->x_m = (float)x_m;
        to->y_m = (float)y_m;
        to->powered = !gateway_is_out(fleet, g, GATEWAY_OUTAGE_POWER);
        to->connected = !gateway_is_out(fleet, g, GATEWAY_OUTAGE_BACKHAUL);
        to->transmitting = to->powered && scene->now_ns < watch->gateways[g].tx_until_ns;
        to->frequency_hz = watch->gateways[g].frequency_hz;
        to->duty_max = watch_duty_max(watch, g, to->duty);
        to->sent = stats.transmitted + stats.beacons;
        to->received = stats.uplinks;
        to->lost = 0;
        for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
            to->lost += stats.lost[cause];
        }
    }
}
