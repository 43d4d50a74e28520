/* One simulated end-device: firmware, chip, crystal, flash, keys, power.
 * SPDX-License-Identifier: MIT
 *
 * The node implements device/hal.h. node_enter() in node_run.c is the single place that enters
 * firmware. The firmware's time is the node's local clock: HAL calls advance it, a run slice leads
 * engine time by at most NODE_LEAD_MAX_NS where it touches chip or air; longer work is resumed by
 * an event at local time.
 */
#ifndef BOARD_NODE_H
#define BOARD_NODE_H

#include "air/medium.h"
#include "board/crystal.h"
#include "board/energy.h"
#include "board/flash.h"
#include "board/identity.h"
#include "engine.h"
#include "fw.h"

#define NODE_LEAD_MAX_NS SIM_NS_PER_MS
/* A piece of firmware work begins only within this lead, so that the chip accesses at its beginning
 * (at most half a millisecond of SPI) stay within the bound. */
#define NODE_SLICE_NS (400 * SIM_NS_PER_US)

/* Constants of a board type (a data file later). */
struct board_type {
    const char *name;
    uint32_t cpu_hz;        /* 32 MHz: STM32L0 */
    uint32_t radio_spi_hz;  /* 8 MHz */
    uint32_t nor_spi_hz;    /* 16 MHz */
    uint32_t irq_wakeup_ns; /* stop mode to first instruction */
    uint32_t cycles_per_hal_call;
    uint32_t cycles_per_aes_block; /* software AES on the M0+ */
    uint32_t cycles_per_sha_block;
    uint32_t cycles_ed25519_verify;
    int32_t tx_antenna_gain_mdb; /* EIRP = chip output + this */
    struct energy_params energy;
    struct hal_flash_geometry flash[HAL_FLASH_REGION_COUNT];
    struct flash_timing flash_timing[HAL_FLASH_REGION_COUNT];
    uint32_t nor_poll_ns; /* what asking a busy NOR for its status costs: driver's loop */
    uint32_t reset_ns;    /* from any reset to the first instruction */
    uint32_t watchdog_ns; /* from a panic to the watchdog's reset */
};

extern const struct board_type board_stm32l072_sx1276;

struct node_fleet; /* all nodes of a run, with what they share */

struct node_fleet_params {
    const struct board_type *board;
    const struct fw_ops *firmware;
    bool crypto_memo; /* remember crypto answers across nodes, keyed by the full input */
    bool guest_errors_fatal;
};

struct node_params {
    struct medium_site site;
    struct device_identity identity;
    struct crystal_params crystal;
    sim_ns boot_at_ns;
    struct device_configuration configuration;
};

/* `count` nodes, entities first_entity .. first_entity + count - 1, device i of the medium. The
 * running slot holds `initial_image` (header + code). NULL: out of memory. */
struct node_fleet *node_fleet_create(struct engine *engine, const struct node_fleet_params *params,
        uint32_t count, entity_id first_entity, const uint8_t *initial_image,
        uint32_t initial_image_size);
void node_fleet_destroy(struct node_fleet *fleet);
void node_fleet_configure(
        struct node_fleet *fleet, uint32_t index, const struct node_params *params);
/* Connects to the air and schedules every boot. */
void node_fleet_start(struct node_fleet *fleet, struct medium *medium);
extern const struct medium_device_ops node_medium_ops;

/* --- for observers, results and tests: const views -------------------------------------------- */
/* Flash content as the CPU would read it, without time or energy. */
void node_flash_peek(const struct node_fleet *fleet, uint32_t index, enum hal_flash_region region,
        uint32_t address, void *data, uint32_t size);
/* Energy by state up to `now_ns`. */
void node_energy(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns,
        struct energy_account *account);
/* RTC reading of a node at engine time, in ticks, and the true elapsed time since its power on. */
uint64_t node_rtc_ticks(const struct node_fleet *fleet, uint32_t index, sim_ns at_ns);
sim_ns node_power_on_ns(const struct node_fleet *fleet, uint32_t index);
const struct sx1276 *node_chip(const struct node_fleet *fleet, uint32_t index);

struct node_fleet_stats {
    uint64_t deliveries; /* frames that a firmware read out of its radio */
    uint64_t firmware_runs;
    uint64_t guest_errors;
    uint64_t panics;
    uint64_t flash_violations;
    uint64_t resident_bytes; /* heap held for nodes now */
    sim_ns lead_max_ns;      /* longest lead of a chip or air access over engine time */
    char first_fault[160];   /* node, time and text of the first fatal guest error or panic */
};
void node_fleet_stats(const struct node_fleet *fleet, struct node_fleet_stats *stats);

#endif
