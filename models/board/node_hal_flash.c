/* HAL calls for flash: rules, times and currents of the two regions.
 * SPDX-License-Identifier: MIT
 *
 * Internal flash stalls the CPU until it is done. The NOR takes its command and data over SPI and
 * runs on; while it does, it answers nothing but status. An idle NOR is in power-down: the driver
 * (device/port/nor.c) wakes it for an access and sends it back after it.
 */

#include <stdlib.h>

#include "board/flash_rows.h"
#include "board/node_internal.h"

/* SPI bytes around the data: write enable, command and 24-bit address; status command and answer.
 */
#define NOR_PROGRAM_OVERHEAD 5u
#define NOR_ERASE_BYTES      5u
#define NOR_READ_OVERHEAD    4u
#define NOR_STATUS_BYTES     2u
#define NOR_POWER_BYTES      1u /* release from power-down; power-down */

static const struct hal_flash_geometry *geometry_of(
        const struct node *node, enum hal_flash_region region)
{
    return region < HAL_FLASH_REGION_COUNT ? &node->board->type->flash[region] : NULL;
}

static bool in_range(const struct hal_flash_geometry *geometry, uint32_t address, size_t size)
{
    return geometry != NULL && address <= geometry->size_bytes
           && size <= geometry->size_bytes - address;
}

const struct hal_flash_geometry *node_flash_geometry(void *board, enum hal_flash_region region)
{
    return geometry_of(board, region);
}

/* Is the region at work? If so, the caller spends one turn of the driver's status loop. */
static bool busy(struct node *node, enum hal_flash_region region)
{
    if (geometry_of(node, region)->stalls_cpu || node->nor_done_ns <= node->local_ns) {
        return false;
    }
    sim_ns left_ns = node->nor_done_ns - node->local_ns;
    sim_ns turn_ns = node->board->type->nor_poll_ns;
    node->local_ns += left_ns < turn_ns ? left_ns : turn_ns;
    return true;
}

static void nor_transfer(struct node *node, size_t bytes)
{
    node->local_ns += (sim_ns)bytes * node->board->nor_spi_byte_ns;
}

/* `count` accesses find the NOR in power-down. Out of it and back: a command and a wait, each. What
 * the driver spends on the way back is booked here, too, even if the NOR works in between; from the
 * end of its work to the driver's notice it counts as in power-down already. */
static void nor_wake_up(struct node *node, size_t count)
{
    sim_ns before_ns = node->local_ns;
    nor_transfer(node, count * 2 * NOR_POWER_BYTES);
    node->local_ns += 2 * (sim_ns)count * (sim_ns)node->board->type->nor_wake_up_ns;
    node->energy.nor_standby_ns += node->local_ns - before_ns;
}

bool node_flash_busy(void *board, enum hal_flash_region region)
{
    struct node *node = board;
    node_spend_call(node);
    if (geometry_of(node, region) == NULL || geometry_of(node, region)->stalls_cpu) {
        return false;
    }
    nor_transfer(node, NOR_STATUS_BYTES);
    return busy(node, region);
}

void node_flash_notify(void *board, enum hal_flash_region region)
{
    struct node *node = board;
    node_spend_call(node);
    if (geometry_of(node, region) == NULL) {
        return;
    }
    if (geometry_of(node, region)->stalls_cpu || node->nor_done_ns <= node->local_ns) {
        node_latch(node, FW_IRQ_FLASH_DONE, node->local_ns);
        return;
    }
    node->nor_notify = true;
}

static sim_ns read_ns(const struct node *node, enum hal_flash_region region, size_t size)
{
    return (sim_ns)size * node->board->type->flash_timing[region].read_ns_per_byte;
}

/* What `count` reads of the NOR take, of `size` bytes together. */
static void nor_read(struct node *node, size_t count, size_t size)
{
    nor_wake_up(node, count);
    sim_ns before_ns = node->local_ns;
    nor_transfer(node, count * NOR_READ_OVERHEAD);
    node->local_ns += read_ns(node, HAL_FLASH_EXTERNAL, size);
    node->energy.nor_read_ns += node->local_ns - before_ns;
}

enum hal_status node_flash_read(
        void *board, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    struct node *node = board;
    node_spend_call(node);
    const struct hal_flash_geometry *geometry = geometry_of(node, region);
    if (!in_range(geometry, address, size)) {
        return HAL_ERR_RANGE;
    }
    if (busy(node, region)) {
        return HAL_BUSY;
    }
    if (geometry->stalls_cpu) {
        node->local_ns += read_ns(node, region, size);
    } else {
        nor_read(node, 1, size);
    }
    flash_image_read(
            node_worker(node)->flash, &node->store->flash[region], address, data, (uint32_t)size);
    if (node->faults != NULL) {
        node_read_with_errors(node, region, data, size, size);
    }
    return HAL_OK;
}

/* Counts the rows of `runs`; false: not all of them lie in the region. */
static bool rows_in_range(const struct hal_flash_geometry *geometry,
        const struct hal_flash_rows *runs, size_t run_count, size_t row_size, size_t *rows)
{
    uint64_t end_max = 0;
    size_t count = 0;
    for (size_t i = 0; i < run_count; i++) {
        uint64_t end = runs[i].address + (uint64_t)runs[i].count * row_size;
        end_max = end > end_max ? end : end_max;
        count += runs[i].count;
    }
    *rows = count;
    return end_max <= geometry->size_bytes;
}

/* A run costs what a read by a call of its own costs. */
enum hal_status node_flash_add(void *board, enum hal_flash_region region,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size)
{
    struct node *node = board;
    node_spend_call(node);
    const struct hal_flash_geometry *geometry = geometry_of(node, region);
    size_t rows;
    if (geometry == NULL || geometry->stalls_cpu
            || !rows_in_range(geometry, runs, run_count, row_size, &rows)) {
        return HAL_ERR_RANGE;
    }
    if (busy(node, region)) {
        return HAL_BUSY;
    }
    if (run_count > 0) {
        node->local_ns += (sim_ns)(run_count - 1) * node->board->call_ns;
        nor_read(node, run_count, rows * row_size);
    }
    flash_image_add(node_worker(node)->flash, &node->store->flash[region], runs, run_count, sum,
            (uint32_t)row_size);
    for (size_t i = 0; node->faults != NULL && i < run_count; i++) {
        node_read_with_errors(node, region, sum, runs[i].count * row_size, row_size);
    }
    return HAL_OK;
}

/* A command to the NOR is on its way; it runs for `run_ns` from when it has arrived. */
static void nor_start(
        struct node *node, enum node_nor_operation operation, size_t spi_bytes, sim_ns run_ns)
{
    nor_wake_up(node, 1);
    sim_ns before_ns = node->local_ns;
    nor_transfer(node, spi_bytes);
    node->energy.nor_standby_ns += node->local_ns - before_ns;
    node->nor_done_ns = node->local_ns + run_ns;
    node->nor_operation = (uint8_t)operation;
    if (operation == NODE_NOR_PROGRAM) {
        node->energy.nor_program_ns += run_ns;
    } else {
        node->energy.nor_erase_ns += run_ns;
    }
}

static void internal_stall(struct node *node, sim_ns *booked_ns, sim_ns run_ns)
{
    node->local_ns += run_ns;
    *booked_ns += run_ns;
}

static enum hal_status program_check(
        const struct hal_flash_geometry *geometry, uint32_t address, size_t size)
{
    if (!in_range(geometry, address, size)) {
        return HAL_ERR_RANGE;
    }
    if (address % geometry->program_unit_bytes != 0 || size % geometry->program_unit_bytes != 0) {
        return HAL_ERR_ALIGN;
    }
    if (address % geometry->program_page_bytes + size > geometry->program_page_bytes) {
        return HAL_ERR_RANGE;
    }
    return HAL_OK;
}

/* Unit by unit, but for a whole page where the controller takes one (STM32L0: a half page in the
 * time of a word). NOR: any part of a page is one operation. */
static sim_ns program_ns(
        const struct hal_flash_geometry *geometry, const struct flash_timing *timing, size_t size)
{
    if (!geometry->stalls_cpu || size == geometry->program_page_bytes) {
        return timing->program_ns_per_unit;
    }
    return (sim_ns)(size / geometry->program_unit_bytes) * timing->program_ns_per_unit;
}

/* Counts an operation that begins. True: the power is cut when it is done. One that is torn ends
 * here, and does not return. */
static bool operation_cut(struct node *node, const struct node_flash_work *work, const void *data,
        struct node_cut_now *cut)
{
    node->flash_operations++;
    if (node->faults == NULL
            || (!node_cut_takes(node, cut) && !node_battery_takes(node, work, data == NULL, cut))) {
        return false;
    }
    if (cut->torn) {
        node_tear(node, cut, work, data);
        node_cut_falls(node, cut);
    }
    return true;
}

/* The power is cut when the operation has just ended. */
static void cut_after(
        struct node *node, const struct node_flash_work *work, const struct node_cut_now *cut)
{
    if (!geometry_of(node, work->region)->stalls_cpu) {
        node->local_ns = node->nor_done_ns;
    }
    node_cut_falls(node, cut);
}

enum hal_status node_flash_program(
        void *board, enum hal_flash_region region, uint32_t address, const void *data, size_t size)
{
    struct node *node = board;
    node_spend_call(node);
    const struct hal_flash_geometry *geometry = geometry_of(node, region);
    enum hal_status status = program_check(geometry, address, size);
    if (status != HAL_OK || size == 0) {
        return status;
    }
    if (busy(node, region)) {
        return HAL_BUSY;
    }
    sim_ns run_ns = program_ns(geometry, &node->board->type->flash_timing[region], size);
    const struct node_flash_work work = { region, address, (uint32_t)size, run_ns };
    struct node_cut_now cut;
    bool cuts = operation_cut(node, &work, data, &cut);
    bool allowed = flash_image_program(node_worker(node)->flash, &node->store->flash[region],
            address, data, (uint32_t)size, geometry->rewritable);
    if (!allowed) {
        node_take_turn(node);
        node->fleet->stats.flash_violations++;
        node_guest_fault(node, node->local_ns, SX1276_GUEST_ERROR, -1,
                region == HAL_FLASH_INTERNAL ? "programs internal flash that is not erased"
                                             : "programs NOR bits back to the erased value");
    }
    if (geometry->stalls_cpu) {
        internal_stall(node, &node->energy.internal_program_ns, run_ns);
    } else {
        nor_start(node, NODE_NOR_PROGRAM, NOR_PROGRAM_OVERHEAD + size, run_ns);
    }
    if (cuts) {
        cut_after(node, &work, &cut);
    }
    return HAL_OK;
}

/* An erase that is cut wears its units too. */
static void count_wear(struct node *node, const struct node_flash_work *work)
{
    uint32_t unit_bytes = geometry_of(node, work->region)->erase_unit_bytes;
    struct run_memory *memory = engine_memory(node->fleet->engine);
    if (node->wear == NULL) {
        node->wear = run_memory_take_zeroed(memory, HAL_FLASH_REGION_COUNT * sizeof *node->wear);
    }
    flash_wear_erase(
            &node->wear[work->region], memory, work->address / unit_bytes, work->size / unit_bytes);
}

void node_wear_destroy(struct node *node)
{
    for (int region = 0; node->wear != NULL && region < HAL_FLASH_REGION_COUNT; region++) {
        flash_wear_finish(&node->wear[region]);
    }
    free(node->wear);
    node->wear = NULL;
}

enum hal_status node_flash_erase(
        void *board, enum hal_flash_region region, uint32_t address, size_t size)
{
    struct node *node = board;
    node_spend_call(node);
    const struct hal_flash_geometry *geometry = geometry_of(node, region);
    if (!in_range(geometry, address, size)) {
        return HAL_ERR_RANGE;
    }
    if (address % geometry->erase_unit_bytes != 0 || size % geometry->erase_unit_bytes != 0) {
        return HAL_ERR_ALIGN;
    }
    if (!geometry->stalls_cpu && size > geometry->erase_unit_bytes) {
        return HAL_ERR_RANGE; /* one unit a call: it runs on */
    }
    if (size == 0) {
        return HAL_OK;
    }
    if (busy(node, region)) {
        return HAL_BUSY;
    }
    uint32_t units = (uint32_t)size / geometry->erase_unit_bytes;
    sim_ns run_ns = (sim_ns)units * node->board->type->flash_timing[region].erase_ns_per_unit;
    const struct node_flash_work work = { region, address, (uint32_t)size, run_ns };
    struct node_cut_now cut;
    count_wear(node, &work);
    bool cuts = operation_cut(node, &work, NULL, &cut);
    flash_image_erase(
            node_worker(node)->flash, &node->store->flash[region], address, (uint32_t)size);
    if (geometry->stalls_cpu) {
        internal_stall(node, &node->energy.internal_erase_ns, run_ns);
    } else {
        nor_start(node, NODE_NOR_ERASE, NOR_ERASE_BYTES, run_ns);
    }
    if (cuts) {
        cut_after(node, &work, &cut);
    }
    return HAL_OK;
}
