/* A scene made by hand.
 * SPDX-License-Identifier: MIT
 */
#include "example_scene.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_NS   (3600 * SIM_NS_PER_S)
#define FRAGMENTS 618u
#define SENT      402u

static const uint32_t pinned[] = { 12, EXAMPLE_SELECTED, 733 };
#define PINNED (sizeof pinned / sizeof pinned[0])

/* Numerical Recipes' generator of 32 bits: the same everywhere. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static double uniform(uint32_t *state)
{
    return next_random(state) / 16777216.0;
}

/* Devices at each stage at a time: most join within an hour, are set up up to hour 8, receive from
 * hour 10 on. */
static void stages_at(sim_ns at_ns, uint32_t stages[SCENE_STAGE_COUNT])
{
    static const double hours[SCENE_STAGE_COUNT] = { 0, 0.5, 4, 5.5, 10, 14.5, 17, 18, 30 };
    double hour = (double)at_ns / (double)HOUR_NS;
    uint32_t reached[SCENE_STAGE_COUNT + 1] = { EXAMPLE_DEVICES };
    for (unsigned stage = 1; stage < SCENE_STAGE_COUNT; stage++) {
        double spread = stage < SCENE_STAGE_RECEIVING ? 0.6 : 0.25;
        double share = 0.985 / (1.0 + exp(-(hour - hours[stage]) / spread));
        reached[stage] = (uint32_t)(share * reached[stage - 1]);
    }
    reached[SCENE_STAGE_COUNT] = 0;
    for (unsigned stage = 0; stage < SCENE_STAGE_COUNT; stage++) {
        stages[stage] = reached[stage] - reached[stage + 1];
    }
}

static uint8_t phase_at(sim_ns at_ns)
{
    static const double hours[] = { 2, 9, 10, 14.5, 16 };
    double hour = (double)at_ns / (double)HOUR_NS;
    uint8_t phase = CAMPAIGN_PHASE_IDLE;
    for (size_t i = 0; i < sizeof hours / sizeof hours[0] && hour >= hours[i]; i++) {
        phase++;
    }
    return phase;
}

static void fill_samples(struct scene *scene)
{
    for (uint32_t i = 0; i < SCENE_SAMPLES; i++) {
        sim_ns at_ns = EXAMPLE_END_NS / SCENE_SAMPLES * i;
        if (at_ns > scene->now_ns) {
            break;
        }
        struct scene_sample *sample = &scene->samples[scene->sample_count++];
        double hour = (double)at_ns / (double)HOUR_NS;
        sample->at_ns = at_ns;
        sample->phase = phase_at(at_ns);
        sample->duty_max = hour > 10 ? 0.7f : 0.2f;
        sample->uncoded = hour > 10 ? (uint32_t)(SENT * (hour - 10) / 3.35) : 0;
        stages_at(at_ns, sample->stages);
    }
}

static void fill_devices(struct scene *scene, uint32_t *state)
{
    uint32_t left[SCENE_STAGE_COUNT], stage = 0;
    memcpy(left, scene->stages, sizeof left);
    for (uint32_t i = 0; i < scene->device_count; i++) {
        struct scene_device *device = &scene->devices[i];
        double angle = 6.2831853 * uniform(state), radius = 4000.0 * sqrt(uniform(state));
        /* 607 has no common factor with 1000: every stage is all over the area. */
        struct scene_device *shuffled = &scene->devices[i * 607u % scene->device_count];
        while (stage + 1 < SCENE_STAGE_COUNT && left[stage] == 0) {
            stage++;
        }
        left[stage]--;
        shuffled->stage = (uint8_t)stage;
        device->x_m = (float)(radius * cos(angle));
        device->y_m = (float)(radius * sin(angle));
        device->energy_j = (float)(8.0 + 30.0 * uniform(state));
        device->clock_error_ms = (float)(400.0 * (uniform(state) - 0.5));
        device->margin_db = (float)(25.0 - radius / 160.0);
        device->nb_frag = FRAGMENTS;
        device->missing = (uint16_t)(FRAGMENTS - SENT + (uint32_t)(20 * uniform(state)));
        device->last_ns = scene->now_ns - SIM_NS_PER_S;
        device->last_cause = uniform(state) < 0.1 ? LOSS_FADING : LOSS_NONE;
        device->activity = DEVICE_LISTENING;
    }
    scene->worst_energy = 88;
    scene->worst_missing = 733;
}

static void fill_gateways(struct scene *scene)
{
    static const struct scene_gateway rows[EXAMPLE_GATEWAYS] = {
        { .x_m = -1500, .y_m = -900, .duty_max = 0.71, .transmitting = true },
        { .x_m = 1600, .y_m = -700, .duty_max = 0.32 },
        { .x_m = 100, .y_m = 1800, .duty_max = 0.96 },
    };
    for (uint32_t i = 0; i < EXAMPLE_GATEWAYS; i++) {
        scene->gateways[i] = rows[i];
        scene->gateways[i].powered = scene->gateways[i].connected = true;
        scene->gateways[i].frequency_hz = 869525000;
    }
}

void example_lane_add(struct lane *lane, struct lane_item item)
{
    if (lane->count == lane->room) {
        lane->room = lane->room == 0 ? 256 : 2 * lane->room;
        lane->items = realloc(lane->items, lane->room * sizeof *lane->items);
        assert(lane->items != NULL);
    }
    assert(lane->count == 0 || lane->items[lane->count - 1].from_ns <= item.from_ns);
    lane->items[lane->count++] = item;
    lane->settled = lane->count - (item.to_ns == SIM_NS_NEVER);
}

/* A fragment every 5 s in the last ten minutes, uplinks between them. */
static void fill_gateway_lane(struct lane *lane, uint32_t *state, sim_ns now_ns)
{
    for (sim_ns at_ns = now_ns - 600 * SIM_NS_PER_S; at_ns < now_ns; at_ns += 5 * SIM_NS_PER_S) {
        sim_ns sent_ns = at_ns + 660 * SIM_NS_PER_MS;
        example_lane_add(lane, (struct lane_item){ at_ns, sent_ns, 1, LANE_TRANSMITTING, 0 });
        example_lane_add(lane,
                (struct lane_item){ sent_ns, at_ns + 5 * SIM_NS_PER_S, 0, LANE_LISTENING, 0 });
        for (sim_ns up_ns = sent_ns; up_ns < at_ns + 4 * SIM_NS_PER_S;
                up_ns += (sim_ns)(3e9 * uniform(state))) {
            bool lost = uniform(state) < 0.3;
            example_lane_add(lane, (struct lane_item){ up_ns, up_ns + 370 * SIM_NS_PER_MS, 2,
                                           lost ? LANE_LOST : LANE_RECEIVED,
                                           lost ? LOSS_INTERFERENCE : LOSS_NONE });
        }
    }
}

static void fill_device_lane(struct lane *lane, uint32_t *state, sim_ns now_ns)
{
    example_lane_add(lane,
            (struct lane_item){ lane->since_ns, now_ns - 600 * SIM_NS_PER_S, 0, LANE_ASLEEP, 0 });
    for (sim_ns at_ns = now_ns - 600 * SIM_NS_PER_S; at_ns < now_ns; at_ns += 5 * SIM_NS_PER_S) {
        double chance = uniform(state);
        enum loss_cause cause = chance < 0.06   ? LOSS_FADING
                                : chance < 0.09 ? LOSS_INTERFERENCE
                                : chance < 0.11 ? LOSS_RADIO_BUSY
                                                : LOSS_NONE;
        example_lane_add(lane, (struct lane_item){ at_ns, at_ns + 660 * SIM_NS_PER_MS, 1,
                                       cause == LOSS_NONE ? LANE_RECEIVED : LANE_LOST, cause });
        example_lane_add(lane, (struct lane_item){ at_ns + 660 * SIM_NS_PER_MS,
                                       at_ns + 5 * SIM_NS_PER_S, 0, LANE_LISTENING, 0 });
    }
}

static void fill_lanes(struct scene *scene, uint32_t *state)
{
    for (uint32_t i = 0; i < EXAMPLE_GATEWAYS + PINNED; i++) {
        struct lane *lane = &scene->lanes[scene->lane_count++];
        lane->gateway = i < EXAMPLE_GATEWAYS;
        lane->station = lane->gateway ? i : pinned[i - EXAMPLE_GATEWAYS];
        lane->since_ns = lane->gateway ? 0 : 12 * HOUR_NS;
        if (lane->gateway) {
            fill_gateway_lane(lane, state, scene->now_ns);
        } else {
            fill_device_lane(lane, state, scene->now_ns);
        }
    }
}

static void fill_headline(struct scene *scene)
{
    struct scene_headline *headline = &scene->headline;
    *headline = (struct scene_headline){ .set_up_time_s = 5321.4,
        .missing_rate = 0.0347,
        .energy_mean_j = 21.7,
        .energy_max_j = 43.9,
        .ready = 968,
        .failed = 4,
        .members = EXAMPLE_DEVICES,
        .nb_frag = FRAGMENTS,
        .uncoded = SENT };
    headline->losses[LOSS_FADING] = 8211;
    headline->losses[LOSS_INTERFERENCE] = 3420;
    headline->losses[LOSS_RADIO_BUSY] = 1106;
    headline->losses[LOSS_NOT_SET_UP] = 704;
    headline->losses[LOSS_BELOW_SENSITIVITY] = 311;
    headline->losses[LOSS_POWERED_DOWN] = 12;
    headline->losses[LOSS_PREAMBLE_MISSED] = 5;
    headline->losses[LOSS_GATEWAY_SKIPPED] = 2;
    headline->losses[LOSS_NONE] = 375000;
}

static void fill_registers(struct scene_detail *detail)
{
    static const struct {
        const char *name;
        uint8_t address, value;
    } rows[] = { { "RegOpMode", 0x01, 0x85 }, { "RegFrMsb", 0x06, 0xd9 },
        { "RegFrMid", 0x07, 0x61 }, { "RegFrLsb", 0x08, 0x99 }, { "RegPaConfig", 0x09, 0xff },
        { "RegLna", 0x0c, 0x23 }, { "RegIrqFlags", 0x12, 0x00 }, { "RegModemStat", 0x18, 0x04 },
        { "RegModemConfig1", 0x1d, 0x72 }, { "RegModemConfig2", 0x1e, 0x94 },
        { "RegModemConfig3", 0x26, 0x04 }, { "RegSyncWord", 0x39, 0x34 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        detail->registers[i].name = rows[i].name;
        detail->registers[i].address = rows[i].address;
        detail->registers[i].value = rows[i].value;
    }
    detail->register_count = sizeof rows / sizeof rows[0];
}

static void fill_fragments(struct scene_detail *detail, uint32_t *state)
{
    detail->fragment_count = detail->fragment_room = FRAGMENTS;
    detail->fragments = calloc(FRAGMENTS, sizeof *detail->fragments);
    assert(detail->fragments != NULL);
    for (uint32_t i = 0; i < SENT; i++) {
        double chance = uniform(state);
        detail->fragments[i].state = chance < 0.08 ? FRAGMENT_STATE_LOST : FRAGMENT_STATE_RECEIVED;
        detail->fragments[i].cause = chance < 0.05   ? LOSS_FADING
                                     : chance < 0.07 ? LOSS_INTERFERENCE
                                                     : LOSS_RADIO_BUSY;
    }
}

static void fill_events(struct scene_detail *detail, sim_ns now_ns)
{
    static const struct scene_event rows[] = {
        { 0, SCENE_EVENT_JOINED, 0, 0 },
        { 0, SCENE_EVENT_STAGE, SCENE_STAGE_SET_UP, 0 },
        { 0, SCENE_EVENT_STAGE, SCENE_STAGE_RECEIVING, 0 },
        { 0, SCENE_EVENT_DOWNLINK, 0, 7 },
        { 0, SCENE_EVENT_LOST, LOSS_FADING, 8 },
        { 0, SCENE_EVENT_FAULT, 0, 0 },
        { 0, SCENE_EVENT_UPLINK, 0, 9 },
        { 0, SCENE_EVENT_DOWNLINK, 0, 10 },
    };
    detail->event_count = sizeof rows / sizeof rows[0];
    for (uint8_t i = 0; i < detail->event_count; i++) {
        detail->events[i] = rows[i];
        detail->events[i].at_ns = now_ns - (detail->event_count - i) * 5 * SIM_NS_PER_S;
    }
}

static void fill_detail(struct scene *scene, uint32_t *state)
{
    struct scene_detail *detail = &scene->detail;
    static const uint8_t dev_eui[] = { 0x70, 0xb3, 0xd5, 0x7e, 0xd0, 0x00, 0x01, 0xa1 };
    detail->device = EXAMPLE_SELECTED;
    snprintf(detail->group, sizeof detail->group, "meters");
    snprintf(detail->firmware, sizeof detail->firmware, "built-in");
    memcpy(detail->dev_eui, dev_eui, sizeof dev_eui);
    detail->dev_addr = 0x260001a1;
    detail->mc_addr = 0x01020304;
    snprintf(detail->failure, sizeof detail->failure, "incomplete");
    detail->rssi_dbm = -112.4f;
    detail->snr_db = -3.25f;
    detail->last_cause = LOSS_NONE;
    detail->radio = SX1276_POWER_RX;
    fill_registers(detail);
    fill_fragments(detail, state);
    detail->slots[0] = (struct scene_slot){ "running", SLOT_RUNNING, 0x01000002, 61440 };
    detail->slots[1] = (struct scene_slot){ "received block", SLOT_RECEIVING, 0x02000000, 30900 };
    detail->slot_count = 2;
    detail->wear.regions[HAL_FLASH_EXTERNAL] = (struct wear_region){ .total = 31,
        .most = 3,
        .rated = 100000,
        .places = { [FLASH_PLACE_BLOCK] = 3, [FLASH_PLACE_JOURNAL] = 1 } };
    detail->energy = (struct energy_account){ { 14.2, 3.1, 0.04, 0.9, 0.41, 0.006 } };
    fill_events(detail, scene->now_ns);
    scene->devices[EXAMPLE_SELECTED].stage = SCENE_STAGE_RECEIVING;
}

struct scene *example_scene(void)
{
    uint32_t state = 1;
    struct scene *scene = scene_create(EXAMPLE_DEVICES, EXAMPLE_GATEWAYS);
    assert(scene != NULL);
    scene->generation = 1;
    scene->now_ns = EXAMPLE_NOW_NS;
    scene->end_ns = EXAMPLE_END_NS;
    scene->phase = phase_at(scene->now_ns);
    scene->events = 123456789;
    stages_at(scene->now_ns, scene->stages);
    fill_samples(scene);
    fill_devices(scene, &state);
    fill_gateways(scene);
    fill_headline(scene);
    fill_lanes(scene, &state);
    fill_detail(scene, &state);
    return scene;
}

void example_view(struct view *view, struct schemes *schemes, float width, float height)
{
    static const struct scenario scenario;
    view_init(view, &scenario, schemes);
    view_layout(view, (struct box){ 0, 0, width, height });
    view->selected = EXAMPLE_SELECTED;
    view->pinned_count = PINNED;
    memcpy(view->pinned, pinned, sizeof pinned);
    view->pointer = (struct point){ -1.0f, -1.0f };
    view->player.speed = view->player.speed_reached = 60.0;
    view->player.playing = true;
}
