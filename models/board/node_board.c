/* What nodes of a fleet share: board types with their factory content, profiles of groups.
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
    board->call_ns = (uint32_t)((uint64_t)type->cycles_per_hal_call * board->cycle_ns_q16 >> 16);
    board->radio_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / type->radio_spi_hz);
    board->nor_spi_byte_ns = (uint32_t)(UINT64_C(8000000000) / type->nor_spi_hz);
}

struct node_board *node_board_add(struct node_fleet *fleet, const struct board_type *type)
{
    assert(board_type_fault(type) == NULL);
    const struct hal_flash_geometry *internal = &type->flash[HAL_FLASH_INTERNAL];
    struct node_board *board = calloc(1, sizeof *board);
    if (board == NULL) {
        return NULL;
    }
    board->type = type;
    times_compute(board);
    if (!flash_image_init(&board->initial, internal->size_bytes, internal->erased_value)) {
        free(board);
        return NULL;
    }
    struct node_board **end = &fleet->boards;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = board;
    return board;
}

/* The running slot as on the fleet's own board, in flash that erases to another value. */
static void initial_image_copy(struct node_fleet *fleet, struct node_board *board)
{
    uint8_t page[FLASH_PAGE_BYTES];
    for (uint32_t at = 0; at < fleet->initial_image_size; at += sizeof page) {
        uint32_t left = fleet->initial_image_size - at;
        uint32_t size = left < sizeof page ? left : (uint32_t)sizeof page;
        flash_image_read(
                fleet->flash, &fleet->boards->initial, FLASH_RUNNING_ADDRESS + at, page, size);
        flash_image_set(fleet->flash, &board->initial, FLASH_RUNNING_ADDRESS + at, page, size);
    }
}

/* NULL: the fleet's own. Out of memory ends the run, as in the flash store. */
const struct node_board *node_board_of(struct node_fleet *fleet, const struct board_type *type)
{
    if (type == NULL) {
        return fleet->boards;
    }
    for (struct node_board *board = fleet->boards; board != NULL; board = board->next) {
        if (board->type == type) {
            return board;
        }
    }
    struct node_board *board = node_board_add(fleet, type);
    assert(board != NULL);
    initial_image_copy(fleet, board);
    return board;
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
    struct node_profile *fresh = malloc(sizeof *fresh);
    assert(fresh != NULL);
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
        free(fleet->boards->initial.sectors);
        free(fleet->boards);
        fleet->boards = next;
    }
    while (fleet->profiles != NULL) {
        struct node_profile *next = fleet->profiles->next;
        free(fleet->profiles);
        fleet->profiles = next;
    }
}
