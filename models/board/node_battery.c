/* A battery that is nearly empty: the board browns out under load, or dies.
 * SPDX-License-Identifier: MIT
 *
 * The battery feels the current of the board as an ideal converter draws it (battery.h). Whenever
 * the radio changes its state, and when a flash operation begins, the voltage under the load of
 * processor, radio and flash is compared with the least that the board needs. Below it the
 * processor and the radio are reset: the frame on the air and the flash operation are cut off. The
 * load is gone with that, and the board starts again. A battery that cannot feed the processor
 * alone keeps the board without power until it is renewed.
 *
 * assumed: the voltage is back after SAG_NS; the RTC counts on meanwhile (RM0367: its domain is
 * reset by the power-down reset at 1.5 V, not by the brown-out reset); a change of the radio's
 * state within a slice of the firmware takes effect at the slice's end, at most 1 ms later.
 */
#include <assert.h>
#include <math.h>

#include "board/node_internal.h"

#define SAG_NS (100 * SIM_NS_PER_MS)

bool node_battery_is_weak(const struct node *node)
{
    return node->faults != NULL && node->faults->battery.depth > 0;
}

double node_battery_charge(const struct node *node, sim_ns at_ns)
{
    if (!node_battery_is_weak(node)) {
        return 1.0;
    }
    const struct node_weak_battery *weak = &node->faults->battery;
    double drawn_j = node_energy_total_j(node->fleet, node->index, at_ns) - weak->drawn_j;
    return weak->charge - drawn_j / battery_capacity_j(&node_profile(node)->battery);
}

/* With `flash_ua` on top of what processor and radio draw. */
static bool is_enough(const struct node *node, sim_ns at_ns, double radio_ua, double flash_ua)
{
    const struct battery_params *battery = &node_profile(node)->battery;
    const struct energy_params *energy = &node->board->type->energy;
    double board_ua = energy->mcu_run_ua + radio_ua + flash_ua;
    double load_ua = board_ua * energy->supply_v / battery->voltage_v;
    return battery_loaded_v(battery, node_battery_charge(node, at_ns), load_ua)
           >= battery->minimum_v;
}

static double nor_ua(const struct node *node, sim_ns at_ns)
{
    const struct energy_params *energy = &node->board->type->energy;
    if (node->nor_done_ns <= at_ns) {
        return 0.0;
    }
    return node->nor_operation == NODE_NOR_ERASE ? energy->nor_erase_ua : energy->nor_program_ua;
}

void node_battery_load(struct node *node, sim_ns at_ns)
{
    if (node_battery_is_weak(node) && node->stage == NODE_READY
            && !is_enough(node, at_ns, node->energy.radio_ua, nor_ua(node, at_ns))) {
        node->faults->battery.fell = true;
    }
}

bool node_battery_takes(struct node *node, const struct node_flash_work *work, bool erases,
        struct node_cut_now *now)
{
    const struct energy_params *energy = &node->board->type->energy;
    const double flash_ua[HAL_FLASH_REGION_COUNT][2] = {
        [HAL_FLASH_INTERNAL] = { energy->internal_program_ua, energy->internal_erase_ua },
        [HAL_FLASH_EXTERNAL] = { energy->nor_program_ua, energy->nor_erase_ua },
    };
    if (!node_battery_is_weak(node)
            || is_enough(
                    node, node->local_ns, node->energy.radio_ua, flash_ua[work->region][erases])) {
        return false;
    }
    node_cut_now_init(node, now);
    now->torn = true;
    now->cause = HAL_RESET_BROWNOUT;
    now->duration_ns = SAG_NS;
    return true;
}

bool node_battery_cut(struct node *node)
{
    if (node->faults == NULL || !node->faults->battery.fell) {
        return false;
    }
    node->faults->battery.fell = false;
    node_power_cut(node, SAG_NS, HAL_RESET_BROWNOUT);
    node_schedule(node);
    return true;
}

bool node_battery_starts(const struct node *node)
{
    return !node_battery_is_weak(node) || is_enough(node, node->local_ns, 0.0, 0.0);
}

void node_fleet_weaken_battery(
        struct node_fleet *fleet, uint32_t index, sim_ns now_ns, double charge)
{
    assert(index < fleet->count && charge >= 0.0 && charge <= 1.0);
    struct node *node = node_at(fleet, index);
    struct node_weak_battery *weak = &node_faults_of(node)->battery;
    double drawn_j = node_energy_total_j(fleet, index, now_ns);
    weak->depth++;
    weak->charge = charge;
    weak->drawn_j = drawn_j;
    if (node->stage != NODE_OFF) {
        node_schedule(node); /* from now on each step of the radio counts */
    }
}

void node_fleet_renew_battery(struct node_fleet *fleet, uint32_t index, sim_ns now_ns)
{
    assert(index < fleet->count);
    struct node *node = node_at(fleet, index);
    struct node_weak_battery *weak = &node_faults_of(node)->battery;
    assert(weak->depth > 0);
    weak->depth--;
    weak->fell = weak->fell && weak->depth > 0;
    bool dead = node->stage == NODE_CUT && node->local_ns == SIM_NS_NEVER;
    if (dead && weak->depth == 0) {
        node->local_ns = now_ns > node->cut_ns ? now_ns : node->cut_ns;
        node_schedule(node);
    }
}
