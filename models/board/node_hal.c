/* The table of hardware operations, with those for time, entropy, trace and reboot.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "board/node_internal.h"
#include "observe.h"
#include "random_stream.h"

/* --- time ------------------------------------------------------------------------------------- */

static uint64_t rtc_now(void *board)
{
    struct node *node = board;
    node_spend_call(node);
    crystal_follow(&node->crystal, node->local_ns);
    return crystal_ticks(&node->crystal, node->local_ns);
}

/* Of a crystal that changes, a time hours ahead is many segments away, and a firmware asks for the
 * same alarm many times. */
static sim_ns alarm_time_of(struct node *node, uint64_t at_ticks)
{
    if (node->crystal.until_ns == SIM_NS_NEVER) {
        return crystal_time_of(&node->crystal, at_ticks);
    }
    if (node->alarm_ticks != at_ticks) {
        node->alarm_ticks = at_ticks;
        node->alarm_ticks_ns = crystal_time_of(&node->crystal, at_ticks);
    }
    return node->alarm_ticks_ns;
}

static void alarm_set(void *board, uint64_t at_ticks)
{
    struct node *node = board;
    node_spend_call(node);
    node->irq_pending &= (uint8_t) ~(1u << FW_IRQ_ALARM); /* an earlier alarm is replaced */
    sim_ns at_ns = alarm_time_of(node, at_ticks);
    if (at_ns <= node->local_ns) {
        node_latch(node, FW_IRQ_ALARM, node->local_ns);
        at_ns = SIM_NS_NEVER;
    }
    node->alarm_ns = at_ns;
}

static void charge(void *board, uint32_t cycles)
{
    node_spend_cycles(board, cycles);
}

/* On a fiber the node gives way. Else its stack can't be left, so the local clock jumps; what comes
 * in between is latched and served afterwards, as by a firmware that really blocks. */
static void wait_until(void *board, uint64_t until_ticks)
{
    struct node *node = board;
    node_spend_call(node);
    sim_ns until_ns = crystal_time_of(&node->crystal, until_ticks);
    if (node->task != NULL && node->task->fiber != NULL) {
        node_task_wait(node, until_ns);
    } else if (until_ns > node->local_ns && until_ns != SIM_NS_NEVER) {
        node->energy.mcu_run_ns -= until_ns - node->local_ns; /* it sleeps meanwhile */
        node->local_ns = until_ns;
    }
}

/* --- the rest --------------------------------------------------------------------------------- */

/* Every draw of a node has a number, so one that is added shifts no other node's. */
static void entropy(void *board, void *data, size_t size)
{
    struct node *node = board;
    uint8_t *out = data;
    node_spend_call(node);
    while (size > 0) {
        uint32_t block[4];
        random_block(engine_seed(node->fleet->engine), node_entity(node), RANDOM_FIRMWARE_ENTROPY,
                node->store->entropy_count++, block);
        size_t piece = size < sizeof block ? size : sizeof block;
        for (size_t i = 0; i < piece; i++) {
            out[i] = (uint8_t)(block[i / 4] >> (8 * (i % 4)));
        }
        out += piece;
        size -= piece;
    }
}

/* The silicon's serial number: drawn outside the range of entropy(). */
static void unique_id(void *board, uint8_t id[8])
{
    struct node *node = board;
    uint32_t block[4];
    node_spend_call(node);
    random_block(engine_seed(node->fleet->engine), node_entity(node), RANDOM_FIRMWARE_ENTROPY,
            UINT64_MAX, block);
    for (unsigned i = 0; i < 8; i++) {
        id[i] = (uint8_t)(block[i / 4] >> (8 * (i % 4)));
    }
}

/* DevStatusAns: 254 full, 1 empty, linear in the energy that left the battery. */
static uint8_t battery_level(void *board)
{
    struct node *node = board;
    node_spend_call(node);
    double spent_j = node_energy_total_j(node->fleet, node->index, node->local_ns);
    const struct battery_params *battery = node_battery(node->fleet, node->index);
    double left = battery_left(battery, spent_j, node->local_ns - node->energy_from_ns);
    if (node->faults != NULL) {
        left = fmin(left, battery_usable_left(battery, node_battery_charge(node, node->local_ns)));
    }
    return (uint8_t)(1.5 + left * 253.0);
}

static int16_t temperature_decidegree_c(void *board)
{
    struct node *node = board;
    node_spend_call(node);
    return (int16_t)lround(10.0 * crystal_temperature_c(node->crystal.params, node->local_ns));
}

static void reboot(void *board)
{
    node_escape(board, NODE_EXIT_REBOOT);
}

static void panic(void *board, const char *file, int line)
{
    node_panic(board, file, line);
    node_escape(board, NODE_EXIT_PANIC);
}

static void trace(void *board, uint16_t id, uint32_t a, uint32_t b)
{
    struct node *node = board;
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE, id, a,
            b, NULL);
}

const struct hal_ops node_hal_ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = rtc_now,
    .alarm_set = alarm_set,
    .charge = charge,
    .wait = wait_until,
    .radio_select = node_radio_select,
    .radio_exchange = node_radio_exchange,
    .radio_deselect = node_radio_deselect,
    .radio_frame = node_radio_frame,
    .radio_reset_pin = node_radio_reset_pin,
    .radio_dio = node_radio_dio,
    .radio_antenna = node_radio_antenna,
    .radio_tcxo = node_radio_tcxo,
    .flash_geometry = node_flash_geometry,
    .flash_read = node_flash_read,
    .flash_program = node_flash_program,
    .flash_erase = node_flash_erase,
    .flash_busy = node_flash_busy,
    .flash_notify = node_flash_notify,
    .key_load = node_key_load,
    .aes_block = node_aes_block,
    .aes_ctr = node_aes_ctr,
    .aes_cmac = node_aes_cmac,
    .cmac_begin = node_cmac_begin,
    .cmac_update = node_cmac_update,
    .cmac_end = node_cmac_end,
    .sha256_begin = node_sha256_begin,
    .sha256_update = node_sha256_update,
    .sha256_end = node_sha256_end,
    .ed25519_verify = node_ed25519_verify,
    .entropy = entropy,
    .unique_id = unique_id,
    .battery_level = battery_level,
    .temperature_decidegree_c = temperature_decidegree_c,
    .reboot = reboot,
    .panic = panic,
    .trace = trace,
    .flash_add = node_flash_add,
};
