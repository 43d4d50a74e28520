/* Power of a node: on, cut, and on again.
 * SPDX-License-Identifier: MIT
 *
 * Without power RAM, keys, the radio's registers and the RTC's count are lost; flash stays. The
 * RTC's crystal keeps its error: it is a function of engine time, not of the time since power-on.
 *
 * assumed: an operation of the NOR that a cut at a given time falls into has reached its end. A cut
 * that waits for an operation (struct node_power_cut) may leave it half done: of a program a part
 * from its begin is whole, one byte has some of its bits, the rest is as before; of an erase each
 * byte is drawn by itself (tear_erase()).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/node_internal.h"
#include "observe.h"
#include "random_stream.h"

static void power_up(struct node *node, sim_ns now_ns)
{
    sx1276_init(&node->chip, &node_chip_outputs, node, now_ns);
    node->local_ns = now_ns + node->board->type->reset_ns;
    node->energy.mcu_run_ns += node->board->type->reset_ns;
    node->nor_done_ns = now_ns;
    node->stage = NODE_BOOT;
    if (!node_battery_starts(node)) {
        node_power_cut(node, SIM_NS_NEVER - node->local_ns, HAL_RESET_POWER_ON);
    }
    node_schedule(node);
}

void node_power_on(struct node *node, sim_ns now_ns)
{
    assert(now_ns == node->crystal.power_on_ns);
    node->energy_from_ns = now_ns;
    node->boot_cause = HAL_RESET_POWER_ON;
    energy_meter_init(&node->energy, &node->board->type->energy, now_ns);
    power_up(node, now_ns);
}

void node_power_on_again(struct node *node, sim_ns now_ns)
{
    const struct energy_params *energy = &node->board->type->energy;
    if (node->boot_cause != HAL_RESET_BROWNOUT) { /* below which the RTC keeps counting */
        crystal_init(&node->crystal, node->crystal.params, node->crystal.seed, node->crystal.entity,
                now_ns);
    }
    node->alarm_ticks = HAL_TICKS_NEVER;
    node->alarm_ticks_ns = SIM_NS_NEVER;
    node->energy_from_ns += now_ns - node->cut_ns;
    energy_meter_power_on(&node->energy, energy, now_ns);
    power_up(node, now_ns);
}

/* What was booked whole when it began, and has not come to pass. */
static void unbook_nor(struct node *node, sim_ns at_ns)
{
    sim_ns left_ns = node->nor_done_ns > at_ns ? node->nor_done_ns - at_ns : 0;
    if (node->nor_operation == NODE_NOR_ERASE) {
        node->energy.nor_erase_ns -= left_ns;
    } else {
        node->energy.nor_program_ns -= left_ns;
    }
    node->nor_done_ns = at_ns;
}

void node_power_cut(struct node *node, sim_ns duration_ns, enum hal_reset_cause cause)
{
    sim_ns at_ns = node_chip_clock_ns(node);
    if (node->frame_ready) {
        engine_observe(node->fleet->engine, at_ns, node_entity(node), OBSERVE_FRAME_LOST,
                (int64_t)node->frame_id, LOSS_POWERED_DOWN, 0, NULL);
        node->frame_ready = false;
    }
    if (node->task != NULL) {
        node_task_reset(node);
    }
    node->spi_selected = false;
    node->antenna = HAL_ANTENNA_OFF;
    sx1276_reset_pin(&node->chip, at_ns, true); /* off the air; deaf and mute until power is back */
    unbook_nor(node, at_ns);
    energy_meter_power_off(&node->energy, at_ns);
    node_keys_forget(node);
    node->more = false;
    node->irq_pending = 0;
    node->alarm_ns = SIM_NS_NEVER;
    node->nor_notify = false;
    node->cut_ns = at_ns;
    node->local_ns = at_ns + duration_ns;
    node->stage = NODE_CUT;
    node->boot_cause = (uint8_t)cause;
}

/* --- faults that last or wait ------------------------------------------------------------------
 */

struct node_faults *node_faults_of(struct node *node)
{
    if (node->faults == NULL) {
        struct run_memory *memory = engine_memory(node->fleet->engine);
        node->faults = run_memory_grow(memory, NULL, sizeof *node->faults);
        memset(node->faults, 0, sizeof *node->faults);
    }
    return node->faults;
}

void node_faults_destroy(struct node *node)
{
    while (node->faults != NULL && node->faults->cuts != NULL) {
        struct node_cut *cut = node->faults->cuts;
        node->faults->cuts = cut->next;
        free(cut);
    }
    free(node->faults);
    node->faults = NULL;
}

/* --- cuts that wait for the flash ------------------------------------------------------------- */

void node_fleet_cut_at_flash(
        struct node_fleet *fleet, uint32_t index, const struct node_power_cut *cut)
{
    assert(index < fleet->count && cut->operation > 0);
    struct node *node = node_at(fleet, index);
    struct node_faults *faults = node_faults_of(node);
    struct node_cut *waiting = run_memory_grow(engine_memory(fleet->engine), NULL, sizeof *waiting);
    *waiting = (struct node_cut){
        .operation = node->flash_operations + cut->operation,
        .torn = cut->torn,
        .duration_ns = cut->duration_ns,
        .next = faults->cuts,
    };
    faults->cuts = waiting;
}

uint32_t node_flash_operations(const struct node_fleet *fleet, uint32_t index)
{
    assert(index < fleet->count);
    return node_at(fleet, index)->flash_operations;
}

void node_cut_now_init(const struct node *node, struct node_cut_now *now)
{
    *now = (struct node_cut_now){ .cause = HAL_RESET_POWER_ON };
    random_stream_init(&now->stream, engine_seed(node->fleet->engine), node_entity(node),
            RANDOM_FAULT, node->flash_operations);
}

bool node_cut_takes(struct node *node, struct node_cut_now *now)
{
    for (struct node_cut **at = &node->faults->cuts; *at != NULL; at = &(*at)->next) {
        struct node_cut *cut = *at;
        if (cut->operation == node->flash_operations) {
            node_cut_now_init(node, now);
            now->torn = cut->torn;
            now->duration_ns = cut->duration_ns;
            *at = cut->next;
            free(cut);
            return true;
        }
    }
    return false;
}

/* A drawn share of the bits that `value` would change away from the erased value. */
static uint8_t torn_byte(struct random_stream *stream, uint8_t value, uint8_t erased_value)
{
    uint8_t changed = (uint8_t)random_stream_u32(stream);
    return (uint8_t)(((value ^ erased_value) & changed) ^ erased_value);
}

static void tear_program(struct node *node, struct node_cut_now *now,
        const struct node_flash_work *work, const uint8_t *data)
{
    struct flash_store *store = node_worker(node)->flash;
    struct flash_image *image = &node->store->flash[work->region];
    assert(work->size > 0);
    uint32_t whole = random_stream_u32(&now->stream) % work->size;
    uint8_t torn = torn_byte(&now->stream, data[whole], image->erased_value);
    flash_image_program(store, image, work->address, data, whole, true);
    flash_image_program(store, image, work->address + whole, &torn, 1, true);
}

/* Each byte is as before, programmed (an erase begins with that), on its way, or erased. */
static void tear_erase(
        struct node *node, struct node_cut_now *now, const struct node_flash_work *work)
{
    uint8_t part[FLASH_PAGE_BYTES];
    struct flash_store *store = node_worker(node)->flash;
    struct flash_image *image = &node->store->flash[work->region];
    uint8_t erased_value = image->erased_value;
    for (uint32_t done = 0, size; done < work->size; done += size) {
        size = work->size - done < sizeof part ? work->size - done : (uint32_t)sizeof part;
        flash_image_read(store, image, work->address + done, part, size);
        for (uint32_t i = 0; i < size; i++) {
            uint32_t fate = random_stream_u32(&now->stream) % 4;
            part[i] = fate == 0   ? part[i]
                      : fate == 1 ? (uint8_t)~erased_value
                      : fate == 2 ? torn_byte(&now->stream, (uint8_t)~erased_value, erased_value)
                                  : erased_value;
        }
        flash_image_set(store, image, work->address + done, part, size);
    }
}

void node_tear(struct node *node, struct node_cut_now *now, const struct node_flash_work *work,
        const void *data)
{
    if (data != NULL) {
        tear_program(node, now, work, data);
    } else {
        tear_erase(node, now, work);
    }
    node->local_ns += (sim_ns)(random_stream_uniform(&now->stream) * (double)work->run_ns);
}

void node_cut_falls(struct node *node, const struct node_cut_now *now)
{
    node->cut_duration_ns = now->duration_ns;
    node->boot_cause = (uint8_t)now->cause;
    node_escape(node, NODE_EXIT_POWER_CUT);
}

/* --- a cut from outside ----------------------------------------------------------------------- */

void node_fleet_cut_power(
        struct node_fleet *fleet, uint32_t index, sim_ns now_ns, sim_ns duration_ns)
{
    assert(index < fleet->count && duration_ns > 0);
    struct node *node = node_at(fleet, index);
    if (node->stage == NODE_OFF || node->stage == NODE_CUT) {
        return;
    }
    node_advance(node, now_ns);
    sim_ns from_ns = node->local_ns > now_ns ? node->local_ns : now_ns;
    node->local_ns = from_ns;
    node_power_cut(node, duration_ns, HAL_RESET_POWER_ON);
    node_schedule(node);
}
