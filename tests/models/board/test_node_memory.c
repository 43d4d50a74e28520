/* Where memory is spared, a node takes the pages that its firmware writes to, and no more.
 * SPDX-License-Identifier: MIT
 *
 * Goals: RAM beyond its first page costs nothing until it is used, and goes back at a reset;
 * the first nodes have all of their RAM poisoned at each reset, whatever that costs. Method:
 * firmware with RAM of three pages, which writes to its end when its alarm comes, and reboots.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "board/node_internal.h"
#include "rig.h"

#define NODES     400u
#define RAM_BYTES 10000u
#define LAST      (RAM_BYTES - 1u)
#define POISONED  256u

static bool reboots;
static unsigned boots;

static void boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    boots++;
    cr_assert_eq(((const uint8_t *)ram)[0], 0xA5);
    *(struct hal *)ram = *hal;
    if (cause == HAL_RESET_POWER_ON) {
        hal_alarm_set(hal, hal_rtc_now(hal) + HAL_RTC_HZ);
    }
}

static void on_alarm(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    ((uint8_t *)ram)[LAST] = 7;
    if (reboots) {
        hal_reboot(ram);
    }
}

static bool run(void *ram)
{
    return false;
}

static const struct fw_ops application = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "large",
    .ram_size_bytes = RAM_BYTES,
    .ram_align_bytes = 8,
    .boot = boot,
    .irq = on_alarm,
    .run = run,
};

static void set_up(void)
{
    rig_open();
    rig.build.application = &application;
    rig.params.spare_memory = true;
    rig_start(NODES);
}

TestSuite(node_memory, .init = set_up, .fini = rig_close);

Test(node_memory, later_pages_are_taken_when_they_are_written_to)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t off_bytes = node_fleet_resident_bytes(rig.fleet);
    rig_run_to(SIM_NS_PER_S / 2);
    cr_assert_eq(boots, NODES);
    uint64_t booted_bytes = node_fleet_resident_bytes(rig.fleet);
    cr_assert_eq(booted_bytes - off_bytes, POISONED * 2 * page_bytes, "the first page was there");
    rig_run_to(SIM_NS_PER_S * 3 / 2);
    uint64_t used_bytes = node_fleet_resident_bytes(rig.fleet);
    cr_assert_eq(used_bytes - booted_bytes, (NODES - POISONED) * page_bytes, "the end is a page");
}

Test(node_memory, a_reset_gives_later_pages_back)
{
    rig_run_to(SIM_NS_PER_S / 2);
    uint64_t booted_bytes = node_fleet_resident_bytes(rig.fleet);
    reboots = true;
    rig_run_to(SIM_NS_PER_S * 3 / 2);
    cr_assert_eq(boots, 2 * NODES);
    cr_assert_eq(node_fleet_resident_bytes(rig.fleet), booted_bytes);
    for (uint32_t i = 0; i < NODES; i++) {
        const uint8_t *ram = node_ram(node_at(rig.fleet, i));
        cr_assert_eq(ram[LAST], i < POISONED ? 0xA5 : 0, "node %u", i);
    }
}
