/* Fleets of end-devices: making, configuring, starting and ending them.
 * SPDX-License-Identifier: MIT
 */
#include "board/node.h"

#include <assert.h>
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

/* Fresh from the factory of this board type. */
static void node_adopt_board(struct node *node, const struct node_board *board)
{
    struct flash_store *store = node->fleet->flash;
    const struct hal_flash_geometry *flash = board->type->flash;
    node->board = board;
    flash_image_init_over(&node->flash[HAL_FLASH_INTERNAL], node->internal_sectors,
            flash[HAL_FLASH_INTERNAL].size_bytes, flash[HAL_FLASH_INTERNAL].erased_value);
    flash_image_init_over(&node->flash[HAL_FLASH_EXTERNAL], node->nor_sectors,
            flash[HAL_FLASH_EXTERNAL].size_bytes, flash[HAL_FLASH_EXTERNAL].erased_value);
    flash_image_share(store, &node->flash[HAL_FLASH_INTERNAL], &board->initial);
}

static void node_init(struct node_fleet *fleet, uint32_t index)
{
    struct node *node = node_at(fleet, index);
    node->fleet = fleet;
    node->index = index;
    node->stage = NODE_OFF;
    node->alarm_ns = SIM_NS_NEVER;
    node->alarm_ticks = HAL_TICKS_NEVER;
    node->alarm_ticks_ns = SIM_NS_NEVER;
    for (unsigned i = 0; i < NODE_SCHEDULED; i++) {
        node->scheduled_ns[i] = SIM_NS_NEVER;
    }
    node_adopt_board(node, fleet->boards);
}

struct node_fleet *node_fleet_create(struct engine *engine, const struct node_fleet_params *params,
        uint32_t count, entity_id first_entity, const uint8_t *initial_image,
        uint32_t initial_image_size)
{
    assert(params->firmware->version == FW_OPS_VERSION);
    assert(params->firmware->size >= sizeof(struct fw_ops));
    assert(initial_image_size <= FLASH_RUNNING_SIZE);
    struct node_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->engine = engine;
    fleet->params = *params;
    fleet->firmware = params->firmware;
    fleet->count = count;
    fleet->first_entity = first_entity;
    fleet->initial_image_size = initial_image_size;
    fleet->flash = flash_store_create();
    fleet->keys = key_store_create();
    fleet->memo = params->crypto_memo ? calloc(1, sizeof *fleet->memo) : NULL;
    if (fleet->flash == NULL || fleet->keys == NULL || (params->crypto_memo && fleet->memo == NULL)
            || node_board_add(fleet, params->board) == NULL || !nodes_map(fleet)) {
        node_fleet_destroy(fleet);
        return NULL;
    }
    flash_image_set(fleet->flash, &fleet->boards->initial, FLASH_RUNNING_ADDRESS, initial_image,
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
    node_boards_destroy(fleet);
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
    const struct node_board *board = node_board_of(fleet, params->board);
    if (board != node->board) {
        flash_image_finish(fleet->flash, &node->flash[HAL_FLASH_INTERNAL]);
        node_adopt_board(node, board);
    }
    const struct node_profile *profile = node_profile_of(fleet, params, board->type);
    crystal_init(&node->crystal, &profile->crystal, engine_seed(fleet->engine), node_entity(node),
            params->boot_at_ns);
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
