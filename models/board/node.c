/* Fleets of end-devices: making, configuring, starting and ending them.
 * SPDX-License-Identifier: MIT
 */
#include "board/node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/node_internal.h"

/* Fresh from the factory of this board type. */
static void node_adopt_board(struct node *node, const struct node_board *board)
{
    struct flash_store *store = node_worker(node)->flash;
    const struct hal_flash_geometry *flash = board->type->flash;
    node->board = board;
    for (unsigned region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        flash_image_init(
                &node->store->flash[region], flash[region].size_bytes, flash[region].erased_value);
        flash_image_share(
                store, &node->store->flash[region], &board->initial[node->worker][region]);
    }
}

static void node_leave_board(struct node *node)
{
    for (unsigned region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        flash_image_finish(node_worker(node)->flash, &node->store->flash[region]);
    }
}

static void node_init(struct node_fleet *fleet, uint32_t index)
{
    struct node *node = node_at(fleet, index);
    node->fleet = fleet;
    node->index = index;
    node->store = node_store_at(fleet, index);
    node->worker = (uint8_t)engine_thread_of(fleet->engine, index);
    node->stage = NODE_OFF;
    node->alarm_ns = SIM_NS_NEVER;
    node->alarm_ticks = HAL_TICKS_NEVER;
    node->alarm_ticks_ns = SIM_NS_NEVER;
    for (unsigned i = 0; i < NODE_SCHEDULED; i++) {
        node->scheduled_ns[i] = SIM_NS_NEVER;
    }
    node_adopt_board(node, fleet->boards);
}

static void builds_take(struct node_fleet *fleet)
{
    assert(fleet->params.build_count >= 1 && fleet->params.build_count <= NODE_BUILDS_MAX);
    for (uint32_t i = 0; i < fleet->params.build_count; i++) {
        const struct firmware_build *build = fleet->params.builds[i];
        assert(build->version == FIRMWARE_BUILD_VERSION);
        assert(build->boot == NULL || build->boot->version == FW_BOOT_OPS_VERSION);
        assert(build->application->version == FW_OPS_VERSION);
        assert(build->application->size >= sizeof(struct fw_ops));
        assert(build->application->ram_align_bytes <= NODE_LINE_BYTES);
        fleet->builds[i] = build;
        fleet->applications[i] = build->application;
    }
}

struct node_fleet *node_fleet_create(struct engine *engine, const struct node_fleet_params *params,
        uint32_t count, entity_id first_entity)
{
    struct node_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL) {
        return NULL;
    }
    fleet->engine = engine;
    fleet->params = *params;
    fleet->count = count;
    fleet->first_entity = first_entity;
    builds_take(fleet);
    node_signals_catch();
    fleet->keys = key_store_create(engine_memory(engine));
    if (fleet->keys == NULL || !node_workers_create(fleet)
            || node_board_add(fleet, params->board, fleet->builds[0]) == NULL
            || !node_memory_map(fleet)) {
        node_fleet_destroy(fleet);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        node_init(fleet, i);
    }
    fleet->wake_handler = engine_handler_add(engine, node_wake, fleet);
    engine_handler_prefetch(engine, fleet->wake_handler, node_wake_prefetch);
    fleet->header_handler = engine_handler_add(engine, node_header, fleet);
    return fleet;
}

void node_fleet_destroy(struct node_fleet *fleet)
{
    if (fleet == NULL) {
        return;
    }
    node_signals_release();
    /* Content lives in the pools of the store: no page is released one by one. */
    if (fleet->nodes != NULL) {
        for (uint32_t i = 0; i < fleet->count; i++) {
            node_task_destroy(node_at(fleet, i));
            node_faults_destroy(node_at(fleet, i));
            node_wear_destroy(node_at(fleet, i));
        }
    }
    node_memory_unmap(fleet);
    node_boards_destroy(fleet);
    node_workers_destroy(fleet);
    key_store_destroy(fleet->keys);
    free(fleet);
}

bool node_fleet_configure(
        struct node_fleet *fleet, uint32_t index, const struct node_params *params)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    assert(node->stage == NODE_OFF);
    const struct board_type *type = params->board != NULL ? params->board : fleet->params.board;
    const struct firmware_build *build = params->build != NULL ? params->build : fleet->builds[0];
    const struct node_board *board = node_board_of(fleet, type, build);
    if (board != node->board) {
        node_leave_board(node);
        node_adopt_board(node, board);
    }
    node->application = node_build_index(fleet, build);
    node->application_next = node->application;
    const struct node_profile *profile = node_profile_of(fleet, params, board->type);
    crystal_init(&node->crystal, &profile->crystal, engine_seed(fleet->engine), node_entity(node),
            params->boot_at_ns);
    struct node_flash_access access = { node_worker(node)->flash, node->store->flash };
    struct firmware_flash flash = node_firmware_flash(&access);
    if ((build->flags & FIRMWARE_OWN_STATE) != 0 && !node_task_create(node, build)) {
        return false;
    }
    build->provision(&flash, &params->identity, &params->configuration);
    return true;
}

void node_fleet_set_application(
        struct node_fleet *fleet, uint32_t index, const struct firmware_build *build)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    /* Their stack and their variables are made when the node is configured. */
    assert(build == node->board->build
            || ((build->flags | node->board->build->flags) & FIRMWARE_OWN_STATE) == 0);
    node->application_next = node_build_index(fleet, build);
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

void node_fleet_on_boot(struct node_fleet *fleet,
        void (*boot)(void *context, uint32_t index, sim_ns at_ns), void *context)
{
    fleet->on_boot = boot;
    fleet->on_boot_context = context;
}

void node_fleet_on_radio(struct node_fleet *fleet, node_radio_fn *changed, void *context)
{
    assert(fleet->on_radio_count < NODE_RADIO_HOOKS_MAX);
    fleet->on_radio[fleet->on_radio_count].changed = changed;
    fleet->on_radio[fleet->on_radio_count].context = context;
    fleet->on_radio_count++;
}

void node_fleet_on_prefetch(
        struct node_fleet *fleet, void (*prefetch)(void *context, uint32_t index), void *context)
{
    fleet->on_prefetch = prefetch;
    fleet->on_prefetch_context = context;
}
