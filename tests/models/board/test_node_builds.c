/* What runs on a node: the bootloader of its build at each reset, then the chosen application.
 * SPDX-License-Identifier: MIT
 *
 * Method: small firmware tables note each call in one list.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "rig.h"

TestSuite(node_builds, .init = rig_open, .fini = rig_close);

enum {
    BOOTLOADER,
    FIRST,
    SECOND
};

static struct {
    unsigned what;
    enum hal_reset_cause cause;
} calls[16];
static unsigned call_count;
static bool image_whole;
static unsigned runs[3];

static void note(unsigned what, enum hal_reset_cause cause)
{
    cr_assert_lt(call_count, 16);
    calls[call_count].what = what;
    calls[call_count++].cause = cause;
}

static bool bootloader_run(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    note(BOOTLOADER, cause);
    hal_charge(hal, 32);
    return image_whole;
}

static const struct fw_boot_ops bootloader = {
    .version = FW_BOOT_OPS_VERSION,
    .size = sizeof(struct fw_boot_ops),
    .name = "bootloader",
    .run = bootloader_run,
};

#define BIG_RAM_BYTES 9000u

struct ram {
    struct hal hal;
};

static void first_boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    note(FIRST, cause);
    ((struct ram *)ram)->hal = *hal;
    hal_alarm_set(hal, hal_rtc_now(hal) + HAL_RTC_HZ);
}

static void second_boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    note(SECOND, cause);
    for (unsigned i = 0; i < BIG_RAM_BYTES; i++) {
        cr_assert_eq(((const uint8_t *)ram)[i], 0xA5, "RAM is undefined");
    }
    memset(ram, 0x11, BIG_RAM_BYTES); /* all of it is its own */
    ((struct ram *)ram)->hal = *hal;
}

static void no_irq(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
}

static void reboot_on_alarm(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    hal_reboot(&((struct ram *)ram)->hal);
}

static bool first_run(void *ram)
{
    runs[FIRST]++;
    return false;
}

static bool second_run(void *ram)
{
    runs[SECOND]++;
    return false;
}

static const struct fw_ops first = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "first",
    .ram_size_bytes = sizeof(struct ram),
    .ram_align_bytes = 8,
    .boot = first_boot,
    .irq = reboot_on_alarm,
    .run = first_run,
};

static const struct fw_ops second = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "second",
    .ram_size_bytes = BIG_RAM_BYTES,
    .ram_align_bytes = 8,
    .boot = second_boot,
    .irq = no_irq,
    .run = second_run,
};

static struct firmware_build second_build;

static void builds_of_two(void)
{
    rig.build.boot = &bootloader;
    rig.build.application = &first;
    second_build = rig.build;
    second_build.boot = NULL;
    second_build.application = &second;
    rig.builds[1] = &second_build;
    rig.params.build_count = 2;
    image_whole = true;
}

Test(node_builds, the_bootloader_runs_before_the_application_at_each_reset)
{
    builds_of_two();
    rig_start(1);
    rig_run_to(SIM_NS_PER_S * 3 / 2);
    cr_assert_eq(call_count, 4, "power-on and one reboot");
    cr_assert_eq(calls[0].what, BOOTLOADER);
    cr_assert_eq(calls[0].cause, HAL_RESET_POWER_ON);
    cr_assert_eq(calls[1].what, FIRST);
    cr_assert_eq(calls[2].what, BOOTLOADER);
    cr_assert_eq(calls[2].cause, HAL_RESET_SOFTWARE);
    cr_assert_eq(calls[3].what, FIRST);
    cr_assert_eq(calls[3].cause, HAL_RESET_SOFTWARE);
}

Test(node_builds, an_application_is_exchanged_at_a_reset_and_the_bootloader_stays)
{
    builds_of_two();
    rig_start(1);
    rig_run_to(SIM_NS_PER_S / 2);
    node_fleet_set_application(rig.fleet, 0, &second_build);
    rig_run_to(SIM_NS_PER_S * 9 / 10);
    cr_assert_eq(call_count, 2, "nothing changes before the reset");
    rig_run_to(10 * SIM_NS_PER_S);
    cr_assert_eq(call_count, 4);
    cr_assert_eq(calls[2].what, BOOTLOADER);
    cr_assert_eq(calls[3].what, SECOND);
    cr_assert_gt(runs[SECOND], 0);
    cr_assert_eq(node_build(rig.fleet, 0), &rig.build, "the device is still of its build");
}

static uint8_t slot_sha256[32];

static bool image_in_slot(const struct firmware_flash *flash, struct firmware_image *image)
{
    memcpy(image->sha256, slot_sha256, sizeof image->sha256);
    return true;
}

/* What lies in the running slot is looked up after the bootloader, which may just have written it,
 * at each reset; the bootloader is always the one of the node's own build. */
Test(node_builds, an_image_chooses_its_application_at_each_reset)
{
    static struct node_image_build row = { { 7, 7 }, &second_build };
    builds_of_two();
    rig.build.image = image_in_slot;
    rig.params.image_builds = &row;
    rig.params.image_build_count = 1;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S / 2);
    slot_sha256[0] = 7;
    slot_sha256[1] = 8;
    rig_run_to(SIM_NS_PER_S * 3 / 2);
    cr_assert_eq(calls[3].what, FIRST, "an image that is in no row");
    slot_sha256[1] = 7;
    rig_run_to(SIM_NS_PER_S * 5 / 2);
    cr_assert_eq(call_count, 6);
    cr_assert_eq(calls[4].what, BOOTLOADER);
    cr_assert_eq(calls[5].what, SECOND);
    slot_sha256[1] = 9;
    node_fleet_reset(rig.fleet, 0, SIM_NS_PER_S * 5 / 2);
    rig_run_to(SIM_NS_PER_S * 7 / 2);
    cr_assert_eq(calls[6].what, BOOTLOADER);
    cr_assert_eq(calls[7].what, FIRST, "and back");
}

Test(node_builds, every_node_has_room_for_the_largest_build_of_the_fleet)
{
    builds_of_two();
    rig_start(3);
    for (uint32_t i = 0; i < 3; i++) {
        node_fleet_set_application(rig.fleet, i, &second_build);
    }
    rig_run_to(3 * SIM_NS_PER_S);
    cr_assert_eq(rig_stats().panics, 0);
    cr_assert_eq(runs[SECOND], 3, "each filled its RAM and harmed no neighbour");
}

static void reboot_again(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    cr_assert_fail("nothing runs that could serve it");
}

Test(node_builds, without_a_whole_image_only_the_bootloader_runs_again_and_again)
{
    static struct fw_ops deaf;
    builds_of_two();
    deaf = first;
    deaf.irq = reboot_again;
    rig.build.application = &deaf;
    image_whole = false;
    rig_start(1);
    rig_run_to(100 * SIM_NS_PER_S);
    cr_assert_eq(call_count, 10, "at 0 s, 10 s and so on"); /* RETRY_TICKS of main_bootloader.c */
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(calls[i].what, BOOTLOADER);
        cr_assert_eq(calls[i].cause, i == 0 ? HAL_RESET_POWER_ON : HAL_RESET_SOFTWARE);
    }
    cr_assert_eq(runs[FIRST], 0);
    cr_assert(node_is_halted(rig.fleet, 0));
    image_whole = true;
    rig_run_to(100 * SIM_NS_PER_S + SIM_NS_PER_S / 2);
    cr_assert_not(node_is_halted(rig.fleet, 0));
    cr_assert_eq(calls[11].what, FIRST);
    cr_assert_gt(runs[FIRST], 0);
}

/* --- hard faults -----------------------------------------------------------------------------
 */

enum {
    ACCESS,
    DIVISION,
    INSTRUCTION
};
static unsigned fault_kind;
static enum hal_reset_cause last_cause;
static unsigned fault_boots;

__attribute__((no_sanitize("undefined"))) static bool fault_once_in_10_s(const struct hal *hal)
{
    volatile int *volatile nowhere = NULL;
    volatile int zero = 0;
    hal_charge(hal, 320000000); /* 10 s */
    if (fault_kind == ACCESS) {
        *nowhere = 1;
    } else if (fault_kind == DIVISION) {
        zero = 1000 / zero;
    } else {
        __builtin_trap();
    }
    return false;
}

static void note_cause(const struct hal *hal, enum hal_reset_cause cause)
{
    last_cause = cause;
    fault_boots++;
}

Test(node_builds, a_signal_in_a_firmware_is_a_hard_fault_of_its_node)
{
    uint64_t hashes[2];
    for (unsigned round = 0; round < 2; round++) {
        fault_kind = ACCESS;
        fault_boots = 0;
        rig_script.boot = note_cause;
        rig_script.run = fault_once_in_10_s;
        rig_start(1);
        rig_run_to(40 * SIM_NS_PER_S);
        cr_assert_eq(
                rig_stats().hard_faults, 4, "%u boots, %s", fault_boots, rig_stats().first_fault);
        cr_assert_eq(last_cause, HAL_RESET_WATCHDOG);
        cr_assert_eq(fault_boots, 4);
        cr_assert_not_null(strstr(rig_stats().first_fault, "HARD FAULT memory access"), "%s",
                rig_stats().first_fault);
        hashes[round] = engine_trace_hash(rig.engine);
        rig_close();
        rig_open();
    }
    cr_assert_eq(hashes[0], hashes[1]);
    rig_start(1); /* for rig_close() */
}

#if defined(__x86_64__)
Test(node_builds, every_kind_of_hard_fault_is_caught)
{
    for (fault_kind = ACCESS; fault_kind <= INSTRUCTION; fault_kind++) {
        rig_script.run = fault_once_in_10_s;
        rig_start(2);
        rig_run_to(15 * SIM_NS_PER_S);
        cr_assert_eq(rig_stats().hard_faults, 4, "kind %u", fault_kind);
        rig_close();
        rig_open();
    }
    rig_start(1);
}
#endif

Test(node_builds, a_hard_fault_ends_the_run_where_faults_are_fatal)
{
    rig.params.guest_errors_fatal = true;
    rig_script.run = fault_once_in_10_s;
    rig_start(1);
    cr_assert_not(engine_run(rig.engine, 30 * SIM_NS_PER_S));
}

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if !__has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
/* Not with AddressSanitizer: its own action, which is kept, reports and exits. */
Test(node_builds, a_signal_outside_of_firmware_keeps_its_action, .signal = SIGSEGV)
{
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    (void)raise(SIGSEGV);
}
#endif

/* --- builds that differ ------------------------------------------------------------------------
 */

static unsigned dio0_edges;
static unsigned sendings;

static void count_dio0(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    dio0_edges += source == FW_IRQ_DIO0 ? 1 : 0;
    rig_write(hal, 0x12, 0xFF); /* the line falls */
}

static void transmit_when_booted(const struct hal *hal, enum hal_reset_cause cause)
{
    sendings = 1;
    hal_charge(hal, 640000); /* 20 ms */
}

static bool transmit_once(const struct hal *hal)
{
    static const uint8_t bytes[4] = { 1, 2, 3, 4 };
    if (sendings > 0) {
        sendings--;
        rig_lora_standby(hal);
        rig_transmit(hal, bytes, sizeof bytes);
    }
    return false;
}

Test(node_builds, lines_interrupt_on_both_edges_where_the_build_says_so)
{
    for (unsigned both = 0; both <= 1; both++) {
        dio0_edges = 0;
        rig.build.flags = both != 0 ? FIRMWARE_BOTH_EDGES : 0;
        rig_script.boot = transmit_when_booted;
        rig_script.irq = count_dio0;
        rig_script.run = transmit_once;
        rig_start(1);
        rig_run_to(2 * SIM_NS_PER_S);
        cr_assert_eq(
                dio0_edges, both != 0 ? 2 : 1, "%u edges: TxDone rises, and falls", dio0_edges);
        rig_close();
        rig_open();
    }
    rig_start(1); /* for rig_close() */
}

Test(node_builds, an_application_with_a_stack_of_its_own_is_not_exchanged, .signal = SIGABRT)
{
    builds_of_two();
    second_build.flags = FIRMWARE_BLOCKS;
    rig_start(1);
    node_fleet_set_application(rig.fleet, 0, &second_build);
}
