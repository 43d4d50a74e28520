/* Const views of the nodes, for observers, results and tests.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "board/node_internal.h"

void node_flash_peek(const struct node_fleet *fleet, uint32_t index, enum hal_flash_region region,
        uint32_t address, void *data, uint32_t size)
{
    assert(index < fleet->count);
    const struct node *node = node_at(fleet, index);
    flash_image_read(node_worker(node)->flash, &node->store->flash[region], address, data, size);
}

bool node_image(const struct node_fleet *fleet, uint32_t index, struct firmware_image *image)
{
    const struct firmware_build *build = node_build(fleet, index);
    struct node *node = node_at(fleet, index);
    struct node_flash_access access = { node_worker(node)->flash, node->store->flash };
    struct firmware_flash flash = node_firmware_flash(&access);
    return build->image != NULL && build->image(&flash, image);
}

const struct firmware_build *node_build(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return node_at(fleet, index)->board->build;
}

const struct flash_wear *node_flash_wear(
        const struct node_fleet *fleet, uint32_t index, enum hal_flash_region region)
{
    static const struct flash_wear none = { 0 };
    assert(index < fleet->count && region < HAL_FLASH_REGION_COUNT);
    const struct flash_wear *wear = node_at(fleet, index)->wear;
    return wear != NULL ? &wear[region] : &none;
}

static sim_ns ahead_ns(sim_ns end_ns, sim_ns now_ns)
{
    return end_ns > now_ns ? end_ns - now_ns : 0;
}

/* Nothing is drawn while a cut of power lasts. */
static sim_ns powered_until_ns(const struct node *node, sim_ns now_ns)
{
    return node->stage == NODE_CUT && now_ns > node->cut_ns ? node->cut_ns : now_ns;
}

static sim_ns busy_until_ns(const struct node *node)
{
    return node->stage == NODE_CUT ? node->cut_ns : node->local_ns;
}

/* The chip's steps that were passed over, as nothing but its supply current shows them. */
static void settle(struct node *node, sim_ns now_ns)
{
    sx1276_settle(&node->chip, now_ns, node->board->radio_lines);
}

/* What is under way was booked whole when it began; a slice that runs is booked at its end. */
static struct energy_ahead ahead_of(const struct node *node, sim_ns now_ns)
{
    const struct node_worker *worker = node_worker(node);
    bool erases = node->nor_operation == NODE_NOR_ERASE;
    sim_ns nor_ns = ahead_ns(node->nor_done_ns, now_ns);
    return (struct energy_ahead){
        .mcu_run_ns = node->runs ? worker->running_since_ns - now_ns
                                 : ahead_ns(busy_until_ns(node), now_ns),
        .nor_program_ns = erases ? 0 : nor_ns,
        .nor_erase_ns = erases ? nor_ns : 0,
    };
}

void node_energy_states(
        const struct node_fleet *fleet, uint32_t index, sim_ns now_ns, struct energy_states *states)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    if (node->stage == NODE_OFF) {
        memset(states, 0, sizeof *states);
        return;
    }
    now_ns = powered_until_ns(node, now_ns);
    settle(node, now_ns);
    struct energy_ahead ahead = ahead_of(node, now_ns);
    energy_meter_read(&node->energy, &node->board->type->energy, node->energy_from_ns, now_ns,
            &ahead, states);
}

double node_energy_total_j(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    if (node->stage == NODE_OFF) {
        return 0;
    }
    now_ns = powered_until_ns(node, now_ns);
    settle(node, now_ns);
    struct energy_ahead ahead = ahead_of(node, now_ns);
    return energy_meter_total_j(
            &node->energy, &node->board->type->energy, node->energy_from_ns, now_ns, &ahead);
}

void node_energy(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns,
        struct energy_account *account)
{
    struct energy_states states;
    node_energy_states(fleet, index, now_ns, &states);
    energy_account_of(&states, account);
}

const struct board_type *node_board(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return node_at(fleet, index)->board->type;
}

const struct battery_params *node_battery(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return &node_profile(node_at(fleet, index))->battery;
}

uint64_t node_rtc_ticks(const struct node_fleet *fleet, uint32_t index, sim_ns at_ns)
{
    assert(index < fleet->count);
    return crystal_ticks(&node_at(fleet, index)->crystal, at_ns);
}

sim_ns node_power_on_ns(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return node_at(fleet, index)->crystal.power_on_ns;
}

bool node_has_power(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    uint8_t stage = node_at(fleet, index)->stage;
    return stage != NODE_OFF && stage != NODE_CUT;
}

bool node_is_halted(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return node_at(fleet, index)->stage == NODE_HALTED;
}

enum sx1276_power node_radio_power(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    settle(node, engine_now(fleet->engine));
    return (enum sx1276_power)node->chip.power;
}

uint8_t node_radio_register(const struct node_fleet *fleet, uint32_t index, uint8_t address)
{
    assert(index < fleet->count);
    return sx1276_peek(&node_at(fleet, index)->chip, address);
}

const char *node_fleet_failure(const struct node_fleet *fleet)
{
    return fleet->stats.failed ? fleet->stats.first_fault : NULL;
}

void node_fleet_stats(const struct node_fleet *fleet, struct node_fleet_stats *stats)
{
    *stats = fleet->stats;
    for (unsigned i = 0; i < fleet->worker_count; i++) {
        const struct node_worker *worker = &fleet->workers[i];
        stats->deliveries += worker->counts.deliveries;
        stats->firmware_runs += worker->counts.firmware_runs;
        stats->drops += worker->counts.drops;
        stats->fiber_switches += worker->counts.fiber_switches;
        stats->segment_swaps += worker->counts.segment_swaps;
        if (worker->counts.lead_max_ns > stats->lead_max_ns) {
            stats->lead_max_ns = worker->counts.lead_max_ns;
        }
    }
}
