/* Fleets of end-devices: making, configuring, starting and ending them.
 * SPDX-License-Identifier: MIT
 */
#include "board/node.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "board/node_internal.h"
#include "update/factory.h"

_Static_assert(sizeof(struct node) % NODE_LINE_BYTES == 0, "RAM behind it starts on a line");

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* An odd number of lines, so the hot lines of neighbours fall into different cache sets. */
static size_t stride_of(const struct fw_ops *firmware)
{
    assert(firmware->ram_align_bytes <= NODE_LINE_BYTES);
    size_t lines = (sizeof(struct node) + round_up(firmware->ram_size_bytes, NODE_LINE_BYTES))
                   / NODE_LINE_BYTES;
    return (lines | 1u) * NODE_LINE_BYTES;
}

static bool nodes_map(struct node_fleet *fleet)
{
    fleet->stride_bytes = stride_of(fleet->firmware);
    fleet->map_bytes = fleet->stride_bytes * (fleet->count > 0 ? fleet->count : 1u);
    void *map = mmap(
            NULL, fleet->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        fleet->map_bytes = 0;
        return false;
    }
    fleet->base = map;
    /* Advice: walking many nodes is otherwise bound by address translation. */
    (void)madvise(map, fleet->map_bytes, MADV_HUGEPAGE);
    return true;
}

static void times_compute(struct node_fleet *fleet)
{
    const struct board_type *board = fleet->board;
    fleet->cycle_ns_q16 = (UINT64_C(1000000000) << 16) / board->cpu_hz;
    fleet->call_ns = (uint32_t)((uint64_t)board->cycles_per_hal_call * fleet->cycle_ns_q16 >> 16);
    fleet->radio_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / board->radio_spi_hz);
    fleet->nor_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / board->nor_spi_hz);
    assert(fleet->call_ns > 0); /* a firmware that always has more to do must get somewhere */
}

static void node_init(struct node_fleet *fleet, uint32_t index)
{
    struct node *node = node_at(fleet, index);
    const struct hal_flash_geometry *flash = fleet->board->flash;
    node->fleet = fleet;
    node->index = index;
    node->stage = NODE_OFF;
    node->alarm_ns = SIM_NS_NEVER;
    for (unsigned i = 0; i < NODE_SCHEDULED; i++) {
        node->scheduled_ns[i] = SIM_NS_NEVER;
    }
    flash_image_init_over(&node->flash[HAL_FLASH_INTERNAL], node->internal_sectors,
            flash[HAL_FLASH_INTERNAL].size_bytes, flash[HAL_FLASH_INTERNAL].erased_value);
    flash_image_init_over(&node->flash[HAL_FLASH_EXTERNAL], node->nor_sectors,
            flash[HAL_FLASH_EXTERNAL].size_bytes, flash[HAL_FLASH_EXTERNAL].erased_value);
    flash_image_share(fleet->flash, &node->flash[HAL_FLASH_INTERNAL], &fleet->initial);
}

struct node_fleet *node_fleet_create(struct engine *engine, const struct node_fleet_params *params,
        uint32_t count, entity_id first_entity, const uint8_t *initial_image,
        uint32_t initial_image_size)
{
    const struct hal_flash_geometry *internal = &params->board->flash[HAL_FLASH_INTERNAL];
    assert(params->firmware->version == FW_OPS_VERSION);
    assert(params->firmware->size >= sizeof(struct fw_ops));
    assert(internal->size_bytes <= FLASH_INTERNAL_SIZE);
    assert(params->board->flash[HAL_FLASH_EXTERNAL].size_bytes <= NOR_SIZE);
    assert(initial_image_size <= FLASH_RUNNING_SIZE);
    struct node_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->engine = engine;
    fleet->params = *params;
    fleet->board = params->board;
    fleet->firmware = params->firmware;
    fleet->count = count;
    fleet->first_entity = first_entity;
    times_compute(fleet);
    fleet->flash = flash_store_create();
    fleet->keys = key_store_create();
    fleet->memo = params->crypto_memo ? calloc(1, sizeof *fleet->memo) : NULL;
    if (fleet->flash == NULL || fleet->keys == NULL || (params->crypto_memo && fleet->memo == NULL)
            || !flash_image_init(&fleet->initial, internal->size_bytes, internal->erased_value)
            || !nodes_map(fleet)) {
        node_fleet_destroy(fleet);
        return NULL;
    }
    flash_image_set(fleet->flash, &fleet->initial, FLASH_RUNNING_ADDRESS, initial_image,
            initial_image_size);
    for (uint32_t i = 0; i < count; i++) {
        node_init(fleet, i);
    }
    fleet->wake_handler = engine_handler_add(engine, node_wake, fleet);
    engine_handler_prefetch(engine, fleet->wake_handler, node_wake_prefetch);
    return fleet;
}

void node_fleet_destroy(struct node_fleet *fleet)
{
    if (fleet == NULL) {
        return;
    }
    /* Content lives in the pools of the store: nothing is released one by one. */
    if (fleet->base != NULL) {
        (void)munmap(fleet->base, fleet->map_bytes);
    }
    free(fleet->initial.sectors);
    flash_store_destroy(fleet->flash);
    key_store_destroy(fleet->keys);
    free(fleet->memo);
    free(fleet);
}

void node_fleet_configure(
        struct node_fleet *fleet, uint32_t index, const struct node_params *params)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    assert(node->stage == NODE_OFF);
    crystal_init(&node->crystal, &params->crystal, engine_seed(fleet->engine), node_entity(node),
            params->boot_at_ns);
    node->temperature_decidegree_c = (int16_t)lround(params->crystal.temperature_mean_c * 10.0);
    uint8_t record[FACTORY_RECORD_SIZE];
    device_identity_factory_record(&params->identity, &params->configuration, record);
    flash_image_set(fleet->flash, &node->flash[HAL_FLASH_INTERNAL], FLASH_FACTORY_ADDRESS, record,
            sizeof record);
}

void node_fleet_start(struct node_fleet *fleet, struct medium *medium)
{
    fleet->medium = medium;
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct node *node = node_at(fleet, i);
        if (medium != NULL) {
            medium_device_attach(medium, i, node);
        }
        node->scheduled_ns[0] = node->crystal.power_on_ns;
        engine_schedule(fleet->engine, node->crystal.power_on_ns, SIM_PHASE_NODE, node_entity(node),
                fleet->wake_handler, 0);
    }
}
