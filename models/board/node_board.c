/* What nodes of a fleet share: board types and builds with their factory content, profiles.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/node_internal.h"

static void times_compute(struct node_board *board)
{
    const struct board_type *type = board->type;
    board->cycle_ns_q16 = (UINT64_C(1000000000) << 16) / type->cpu_hz;
    board->radio_lines = (1u << type->radio_interrupts) - 1u;
    board->call_ns = (uint32_t)((uint64_t)type->cycles_per_hal_call * board->cycle_ns_q16 >> 16);
    board->radio_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / type->radio_spi_hz);
    board->nor_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / type->nor_spi_hz);
    board->drop_max_ns = FW_DROP_CALLS_MAX * (sim_ns)board->call_ns
                         + FW_DROP_SPI_BYTES_MAX * (sim_ns)board->radio_spi_byte_ns;
}

static void flash_read(
        void *context, enum hal_flash_region region, uint32_t address, void *data, uint32_t size)
{
    const struct node_flash_access *access = context;
    flash_image_read(access->store, &access->images[region], address, data, size);
}

static void flash_write(void *context, enum hal_flash_region region, uint32_t address,
        const void *data, uint32_t size)
{
    const struct node_flash_access *access = context;
    flash_image_set(access->store, &access->images[region], address, data, size);
}

void node_flash_rewrite(struct node_fleet *fleet, uint32_t index, enum hal_flash_region region,
        uint32_t address, const void *data, uint32_t size)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    flash_image_set(node_worker(node)->flash, &node->store->flash[region], address, data, size);
}

struct firmware_flash node_firmware_flash(struct node_flash_access *access)
{
    return (struct firmware_flash){ access, flash_read, flash_write };
}

static void board_free(struct node_board *board)
{
    free(board->initial);
    free(board);
}

/* The factory's flash, in the store of one worker. */
static void flash_init(struct node_fleet *fleet, const struct node_board *board, unsigned worker)
{
    struct flash_image *initial = board->initial[worker];
    for (unsigned region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        const struct hal_flash_geometry *flash = &board->type->flash[region];
        assert(flash->size_bytes >= board->build->flash_size_min[region]);
        flash_image_init(&initial[region], flash->size_bytes, flash->erased_value);
    }
    if (board->build->manufacture != NULL && fleet->params.initial_image_size > 0) {
        assert(fleet->params.initial_image_size <= board->build->image_size_max);
        struct node_flash_access access = { fleet->workers[worker].flash, initial };
        struct firmware_flash flash = node_firmware_flash(&access);
        board->build->manufacture(
                &flash, fleet->params.initial_image, fleet->params.initial_image_size);
    }
}

struct node_board *node_board_add(
        struct node_fleet *fleet, const struct board_type *type, const struct firmware_build *build)
{
    assert(board_type_fault(type) == NULL);
    struct node_board *board = calloc(1, sizeof *board);
    if (board == NULL) {
        return NULL;
    }
    board->type = type;
    board->build = build;
    times_compute(board);
    /* The step in one does not tell of the line that falls. */
    board->drops = !fleet->params.whole_drops && (build->flags & FIRMWARE_BOTH_EDGES) == 0;
    board->initial = calloc(fleet->worker_count, sizeof *board->initial);
    if (board->initial == NULL) {
        board_free(board);
        return NULL;
    }
    for (unsigned i = 0; i < fleet->worker_count; i++) {
        flash_init(fleet, board, i);
    }
    struct node_board **end = &fleet->boards;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = board;
    return board;
}

const struct node_board *node_board_of(
        struct node_fleet *fleet, const struct board_type *type, const struct firmware_build *build)
{
    for (struct node_board *board = fleet->boards; board != NULL; board = board->next) {
        if (board->type == type && board->build == build) {
            return board;
        }
    }
    struct node_board *board = node_board_add(fleet, type, build);
    assert(board != NULL);
    return board;
}

uint8_t node_build_index(const struct node_fleet *fleet, const struct firmware_build *build)
{
    uint32_t i = 0;
    while (i < fleet->params.build_count && fleet->builds[i] != build) {
        i++;
    }
    assert(i < fleet->params.build_count);
    return (uint8_t)i;
}

uint8_t node_application_choose(const struct node *node)
{
    const struct node_fleet *fleet = node->fleet;
    struct firmware_image image;
    if (fleet->params.image_build_count == 0 || !node_image(fleet, node->index, &image)) {
        return node->application_next;
    }
    for (uint32_t i = 0; i < fleet->params.image_build_count; i++) {
        const struct node_image_build *row = &fleet->params.image_builds[i];
        if (memcmp(row->sha256, image.sha256, sizeof row->sha256) == 0) {
            assert(((row->build->flags | node->board->build->flags) & FIRMWARE_OWN_STATE) == 0);
            return node_build_index(fleet, row->build);
        }
    }
    return node->application_next;
}

/* Nodes of a group come one after another: further back it does not pay to look. */
#define PROFILES_COMPARED 16u

const struct node_profile *node_profile_of(
        struct node_fleet *fleet, const struct node_params *params, const struct board_type *type)
{
    const struct battery_params *battery =
            params->battery.capacity_mah > 0 ? &params->battery : &type->battery;
    const struct node_profile *profile = fleet->profiles;
    for (unsigned i = 0; i < PROFILES_COMPARED && profile != NULL; i++) {
        if (memcmp(&profile->crystal, &params->crystal, sizeof params->crystal) == 0
                && memcmp(&profile->battery, battery, sizeof *battery) == 0) {
            return profile;
        }
        profile = profile->next;
    }
    struct node_profile *fresh = run_memory_grow(engine_memory(fleet->engine), NULL, sizeof *fresh);
    memcpy(&fresh->crystal, &params->crystal, sizeof fresh->crystal);
    memcpy(&fresh->battery, battery, sizeof fresh->battery);
    fresh->next = fleet->profiles;
    fleet->profiles = fresh;
    return fresh;
}

void node_boards_destroy(struct node_fleet *fleet)
{
    while (fleet->boards != NULL) {
        struct node_board *next = fleet->boards->next;
        board_free(fleet->boards);
        fleet->boards = next;
    }
    while (fleet->profiles != NULL) {
        struct node_profile *next = fleet->profiles->next;
        free(fleet->profiles);
        fleet->profiles = next;
    }
}
