/* The watch of a run: one observer, and what it hands on.
 * SPDX-License-Identifier: MIT
 *
 * FRAME_RECEIVED and FRAME_LOST come once for each device and fragment: what they cost is a line of
 * memory for the device, and a count of the frame. All else waits until a scene is filled.
 */
#include "watch/watch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "watch/coverage.h"
#include "watch/troubles.h"
#include "watch/watch_internal.h"

#define KINDS                                                                                      \
    (OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_FRAME_RECEIVED)                      \
            | OBSERVE_BIT(OBSERVE_FRAME_LOST) | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED)              \
            | OBSERVE_BIT(OBSERVE_GATEWAY_LOST) | OBSERVE_BIT(OBSERVE_NODE_RESET)                  \
            | OBSERVE_BIT(OBSERVE_CAMPAIGN_GROUP_RESTART))

/* Those after the first SCENE_DEFENCES_MAX are not shown on the timeline. */
static void group_restarted(struct watch *watch, const struct observation *o)
{
    if (watch->group_restart_count < SCENE_DEFENCES_MAX) {
        watch->group_restarts_ns[watch->group_restart_count++] = o->at_ns;
    }
    watch_inspect_group_restart(watch, o);
}

static void observe(void *context, const struct observation *o)
{
    struct watch *watch = context;
    uint32_t device = o->entity - watch->first_device; /* of a frame: not always a device */
    switch (o->kind) {
    case OBSERVE_FRAME_STARTED:
        watch_frame_started(watch, o->data);
        break;
    case OBSERVE_FRAME_RECEIVED:
    case OBSERVE_FRAME_LOST:
        watch_frame_at_device(watch, device, o);
        break;
    case OBSERVE_NODE_RESET:
        watch_lane_reset(watch, device, o->at_ns);
        break;
    case OBSERVE_CAMPAIGN_GROUP_RESTART:
        group_restarted(watch, o);
        break;
    default:
        watch_frame_at_gateway(watch, o);
        break;
    }
    if (device < watch->device_count && device == watch->selected) {
        watch_inspect_observed(watch, o);
    }
}

static void number_groups(struct watch *watch)
{
    const struct scenario *scenario = watch->world->scenario;
    uint32_t device = 0;
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        for (uint32_t i = 0; i < scenario->groups[g].count; i++) {
            watch->devices[device++].group = (uint8_t)g;
        }
    }
}

static bool create_parts(struct watch *watch)
{
    const struct server *server = watch->world->server;
    watch->campaign_count = server_campaign_count(server);
    for (uint32_t c = 0; c < watch->campaign_count; c++) {
        watch->first_transfer[c + 1] =
                watch->first_transfer[c] + campaign_transfer_count(server_campaign(server, c));
    }
    uint32_t transfer_count = watch->first_transfer[watch->campaign_count];
    watch->devices = calloc(watch->device_count + 1u, sizeof *watch->devices);
    watch->gateways = calloc(watch->gateway_count + 1u, sizeof *watch->gateways);
    watch->transfers = calloc(transfer_count + 1u, sizeof *watch->transfers);
    return watch->devices != NULL && watch->gateways != NULL && watch->transfers != NULL
           && watch_lanes_create(watch) && watch_losses_create(watch);
}

struct watch *watch_create(struct run *run, uint64_t generation)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return NULL;
    }
    const struct world *world = run_world(run);
    assert(generation > 0);
    watch->run = run;
    watch->world = world;
    watch->recorders = run_recorders(run);
    watch->device_count = world->device_count;
    watch->gateway_count = world->gateway_count;
    watch->first_device = world->first_device;
    watch->generation = generation;
    watch->selected = SCENE_NONE;
    if (!create_parts(watch)) {
        watch_destroy(watch);
        return NULL;
    }
    if (watch->campaign_count > 0) {
        watch->causes = fragment_causes_of(watch->recorders);
        watch->installs = installs_of(watch->recorders);
    }
    number_groups(watch);
    engine_observer_add(run_engine(run), KINDS, observe, watch);
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    watch_lanes_destroy(watch);
    watch_losses_destroy(watch);
    free(watch->transfers);
    free(watch->gateways);
    free(watch->devices);
    free(watch);
}

void watch_fault(struct watch *watch, uint32_t device)
{
    assert(device < watch->device_count);
    uint8_t *faults = &watch->devices[device].faults;
    *faults = (uint8_t)(*faults < UINT8_MAX ? *faults + 1 : UINT8_MAX);
    if (device == watch->selected) {
        watch_inspect_fault(watch);
    }
}

/* --- scenes ----------------------------------------------------------------------------------- */

static void fill_end(struct watch *watch, struct scene *scene)
{
    enum run_stop end = RUN_TIME;
    scene->over = run_over(watch->run, &end);
    scene->broken = scene->over && end == RUN_BROKEN;
    if (scene->broken && scene->failure[0] == '\0') {
        run_audit_fails(watch->run, scene->failure, sizeof scene->failure);
    }
    if (scene->over) {
        watch_sample_end(watch);
    }
}

/* What a scene holds of another run goes. */
static void begin_scene(const struct watch *watch, struct scene *scene)
{
    if (scene->generation == watch->generation) {
        return;
    }
    scene->generation = watch->generation;
    scene->failure[0] = '\0';
    scene->sample_count = 0;
    scene->energy_fills = WATCH_ENERGY_FILLS;
    for (uint32_t i = 0; i < scene->gateway_count + SCENE_PINNED_MAX; i++) {
        scene->lanes[i].count = scene->lanes[i].settled = 0; /* those not shown any more, too */
    }
}

bool watch_fill(struct watch *watch, bool energies, struct scene *scene)
{
    struct engine *engine = run_engine(watch->run);
    assert(scene->device_count == watch->device_count);
    assert(scene->gateway_count == watch->gateway_count);
    bool of_other_run = scene->generation != watch->generation;
    begin_scene(watch, scene);
    scene->now_ns = engine_now(engine);
    scene->end_ns = watch->world->scenario->duration_ns;
    scene->events = engine_event_count(engine);
    watch_look_at_transfers(watch);
    fill_end(watch, scene);
    watch_fill_devices(watch, scene);
    if (energies || ++scene->energy_fills >= WATCH_ENERGY_FILLS) {
        watch_fill_meters(watch, scene);
    }
    watch_fill_gateways(watch, scene);
    if (of_other_run) {
        coverage_fill(watch->world, scene);
    }
    troubles_fill(
            watch->world->scenario, watch->group_restarts_ns, watch->group_restart_count, scene);
    watch_fill_flights(watch, scene);
    watch_fill_samples(watch, scene);
    bool complete = watch_fill_headline(watch, scene);
    complete = watch_fill_lanes(watch, scene) && complete;
    complete = watch_fill_detail(watch, scene) && complete;
    return complete && !watch->out_of_memory;
}
