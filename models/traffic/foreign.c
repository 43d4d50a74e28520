/* Poisson uplinks of devices of other networks.
 * SPDX-License-Identifier: MIT
 *
 * Draws are keyed by the device's entity; frame n of a device takes block n of each purpose.
 */
#include "traffic/foreign.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"

#define UNCONFIRMED_UP 0x40u
#define MIC_SIZE       4u
#define NWK_ADDR_BITS  25u

struct foreign_device {
    sim_ns planned_ns; /* next arrival of its Poisson process */
    sim_ns free_at_ns; /* end of the pause after the last frame */
    uint32_t fcnt;
    uint8_t data_rate;
};

struct foreign_fleet {
    struct engine *engine;
    struct medium *medium;
    struct foreign_params params;
    uint32_t count, first_site;
    entity_id first_entity;
    uint16_t send_handler;
    struct foreign_device *devices;
    struct foreign_stats stats;
};

/* Uniform in (0, 1). */
static double uniform_of(uint32_t high, uint32_t low)
{
    return ((double)(((uint64_t)high << 32 | low) >> 12) + 0.5) * 0x1p-52;
}

void foreign_place(uint64_t seed, entity_id first_entity, uint32_t count, double radius_m,
        struct medium_site *sites)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word[4];
        random_block(seed, first_entity + i, RANDOM_PLACEMENT, 0, word);
        double distance_m = radius_m * sqrt(uniform_of(word[0], word[1]));
        double angle = 2 * acos(-1) * uniform_of(word[2], word[3]);
        sites[i].entity = first_entity + i;
        sites[i].x_m = distance_m * cos(angle);
        sites[i].y_m = distance_m * sin(angle);
    }
}

static uint8_t draw_data_rate(const struct foreign_params *params, uint64_t seed, entity_id entity)
{
    double total = 0;
    for (unsigned i = 0; i < FOREIGN_DATA_RATES; i++) {
        assert(params->data_rate_share[i] >= 0);
        total += params->data_rate_share[i];
    }
    assert(total > 0);
    uint32_t word[4];
    random_block(seed, entity, RANDOM_NETWORK, 0, word);
    double left = total * uniform_of(word[0], word[1]);
    uint8_t data_rate = 0;
    for (unsigned i = 0; i < FOREIGN_DATA_RATES; i++) {
        if (params->data_rate_share[i] > 0) {
            data_rate = (uint8_t)i; /* the last one takes what rounding leaves */
            if (left < params->data_rate_share[i]) {
                break;
            }
            left -= params->data_rate_share[i];
        }
    }
    return data_rate;
}

/* The uplink after the present one: its process goes on from where it was planned, so that
 * waiting for the duty cycle lowers no device's rate. */
static void plan_next(struct foreign_fleet *fleet, uint32_t index)
{
    struct foreign_device *device = &fleet->devices[index];
    entity_id entity = fleet->first_entity + index;
    uint32_t word[4];
    random_block(engine_seed(fleet->engine), entity, RANDOM_REPORT_PHASE, device->fcnt, word);
    double gap_ns = -log(uniform_of(word[0], word[1])) * (double)fleet->params.period_ns;
    device->planned_ns += 1 + (sim_ns)llround(gap_ns);
    bool waits = device->planned_ns < device->free_at_ns;
    fleet->stats.postponed += waits;
    engine_schedule(fleet->engine, waits ? device->free_at_ns : device->planned_ns, SIM_PHASE_NODE,
            entity, fleet->send_handler, index);
}

static uint16_t build_frame(const struct foreign_fleet *fleet, uint32_t index, uint32_t *channel_hz,
        uint8_t bytes[LORA_FRAME_SIZE_MAX])
{
    const struct foreign_params *params = &fleet->params;
    const struct foreign_device *device = &fleet->devices[index];
    struct random_stream stream;
    random_stream_init(&stream, engine_seed(fleet->engine), fleet->first_entity + index,
            RANDOM_FIRMWARE_ENTROPY, device->fcnt);
    *channel_hz = params->channel_hz[random_stream_u32(&stream) % params->channel_count];
    uint32_t span = params->payload_max - params->payload_min + 1u;
    uint32_t payload = params->payload_min + random_stream_u32(&stream) % span;
    uint32_t room = params->region->rates[device->data_rate].payload_max_repeater;
    payload = payload < room ? payload : room;
    uint32_t address = (uint32_t)params->nwk_id << NWK_ADDR_BITS | index;
    uint8_t head[9] = { UNCONFIRMED_UP, (uint8_t)address, (uint8_t)(address >> 8),
        (uint8_t)(address >> 16), (uint8_t)(address >> 24), 0, (uint8_t)device->fcnt,
        (uint8_t)(device->fcnt >> 8), 1 };
    memcpy(bytes, head, sizeof head);
    /* Ciphertext and MIC look like noise. */
    random_stream_bytes(&stream, bytes + sizeof head, payload + MIC_SIZE);
    return (uint16_t)(sizeof head + payload + MIC_SIZE);
}

static void send(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    struct foreign_fleet *fleet = context;
    uint32_t index = (uint32_t)argument;
    struct foreign_device *device = &fleet->devices[index];
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
    uint32_t channel_hz;
    uint16_t size = build_frame(fleet, index, &channel_hz, bytes);
    struct lora_modulation modulation =
            region_uplink_modulation(fleet->params.region, device->data_rate, channel_hz);
    const struct frame *frame = medium_transmit_device(fleet->medium, fleet->first_site + index,
            now_ns, &modulation, fleet->params.power_mdbm, bytes, size);
    sim_ns airtime_ns = frame->end_ns - now_ns;
    double duty_cycle = fleet->params.duty_cycle;
    double pause_ns = duty_cycle > 0 ? ceil((double)airtime_ns * (1 / duty_cycle - 1)) : 0;
    device->free_at_ns = frame->end_ns + (sim_ns)pause_ns;
    device->fcnt++;
    fleet->stats.sent++;
    fleet->stats.airtime_ns += airtime_ns;
    plan_next(fleet, index);
}

struct foreign_fleet *foreign_create(struct engine *engine, struct medium *medium,
        const struct foreign_params *params, uint32_t count, entity_id first_entity,
        uint32_t first_site)
{
    assert(params->period_ns > 0);
    assert(params->channel_count > 0 && params->channel_count <= FOREIGN_CHANNELS_MAX);
    assert(params->payload_min <= params->payload_max);
    assert(params->duty_cycle >= 0 && params->duty_cycle <= 1);
    assert(params->region != NULL);
    assert(params->nwk_id < 1u << 7 && count < 1u << NWK_ADDR_BITS);
    struct foreign_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->devices = calloc(count + 1u, sizeof *fleet->devices);
    if (fleet->devices == NULL) {
        free(fleet);
        return NULL;
    }
    fleet->engine = engine;
    fleet->medium = medium;
    fleet->params = *params;
    fleet->params.data_rates = NULL;
    fleet->count = count;
    fleet->first_entity = first_entity;
    fleet->first_site = first_site;
    fleet->send_handler = engine_handler_add(engine, send, fleet);
    for (uint32_t i = 0; i < count; i++) {
        fleet->devices[i].data_rate =
                params->data_rates != NULL
                        ? params->data_rates[i]
                        : draw_data_rate(params, engine_seed(engine), first_entity + i);
        assert(fleet->devices[i].data_rate < FOREIGN_DATA_RATES);
        plan_next(fleet, i);
    }
    return fleet;
}

void foreign_destroy(struct foreign_fleet *fleet)
{
    if (fleet != NULL) {
        free(fleet->devices);
        free(fleet);
    }
}

void foreign_stats(const struct foreign_fleet *fleet, struct foreign_stats *stats)
{
    *stats = fleet->stats;
}
