/* When firmware runs: boot, alarms, slices, resets.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

TestSuite(node_time, .init = rig_open, .fini = rig_close);

static enum hal_reset_cause causes[8];
static unsigned cause_count;
static uint64_t ticks_seen[64];
static unsigned seen_count;
static enum fw_irq source_seen;

static void note_boot(const struct hal *hal, enum hal_reset_cause cause)
{
    causes[cause_count++ % 8] = cause;
}

static void note_irq(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    source_seen = source;
    ticks_seen[seen_count++ % 64] = edge_ticks;
}

Test(node_time, power_on_boots_once_from_poisoned_ram)
{
    rig_script.boot = note_boot;
    rig_start(3);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(rig.boots, 3);
    cr_assert(rig.ram_was_poisoned);
    cr_assert_eq(causes[0], HAL_RESET_POWER_ON);
    cr_assert_eq(rig_find(OBSERVE_NODE_RESET, 0)->a, HAL_RESET_POWER_ON);
    cr_assert_eq(engine_pending(rig.engine), 0, "an idle node costs nothing");
}

static void arm_at_1000(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 40000);
    hal_alarm_set(hal, 1000);
}

Test(node_time, an_alarm_fires_at_its_tick_and_replaces_an_earlier_one)
{
    rig_script.boot = arm_at_1000;
    rig_script.irq = note_irq;
    rig_start(1);
    rig_run_to(2 * SIM_NS_PER_S);
    cr_assert_eq(seen_count, 1);
    cr_assert_eq(source_seen, FW_IRQ_ALARM);
    cr_assert_eq(ticks_seen[0], 1000);
}

static void disarm(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 1000);
    hal_alarm_set(hal, HAL_TICKS_NEVER);
}

Test(node_time, a_disarmed_alarm_stays_silent)
{
    rig_script.boot = disarm;
    rig_script.irq = note_irq;
    rig_start(1);
    rig_run_to(2 * SIM_NS_PER_S);
    cr_assert_eq(seen_count, 0);
}

static void arm_in_the_past(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_charge(hal, 3200000); /* 100 ms */
    ticks_seen[63] = hal_rtc_now(hal);
    hal_alarm_set(hal, 5);
}

Test(node_time, an_alarm_in_the_past_fires_at_once)
{
    rig_script.boot = arm_in_the_past;
    rig_script.irq = note_irq;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(seen_count, 1);
    cr_assert_leq(ticks_seen[0] - ticks_seen[63], 1);
    /* 1 ms of reset and 100 ms of work are 3309.6 ticks */
    cr_assert_eq(ticks_seen[63] / 10, 330);
}

static bool run_with_alarm(const struct hal *hal)
{
    static bool armed;
    if (!armed) {
        armed = true;
        hal_alarm_set(hal, hal_rtc_now(hal) + 33); /* 1 ms from now */
        hal_charge(hal, 320000);                   /* busy for 10 ms */
    }
    return false;
}

static sim_ns irq_at_ns;

static void note_irq_time(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    note_irq(hal, source, edge_ticks);
    hal_trace(hal, 1, 0, 0);
    irq_at_ns = rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns;
}

Test(node_time, an_interrupt_at_a_busy_mcu_waits_but_keeps_the_time_of_its_edge)
{
    rig_script.run = run_with_alarm;
    rig_script.irq = note_irq_time;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(seen_count, 1);
    cr_assert_geq(irq_at_ns, 11 * SIM_NS_PER_MS, "served when the MCU was free");
    cr_assert_leq(irq_at_ns, 11 * SIM_NS_PER_MS + 100 * SIM_NS_PER_US);
    cr_assert_leq(ticks_seen[0], 67, "stamped when the alarm rang");
}

static unsigned runs;
static sim_ns worst_lead_ns;

static bool run_in_small_pieces(const struct hal *hal)
{
    hal_charge(hal, 3200); /* 0.1 ms */
    hal_trace(hal, 1, 0, 0);
    sim_ns lead_ns =
            rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns - engine_now(rig.engine);
    worst_lead_ns = lead_ns > worst_lead_ns ? lead_ns : worst_lead_ns;
    return ++runs < 10000;
}

Test(node_time, long_work_is_sliced_well_below_one_millisecond)
{
    rig_script.run = run_in_small_pieces;
    rig_start(1);
    rig_run_to(3 * SIM_NS_PER_S);
    cr_assert_eq(runs, 10000);
    cr_assert_gt(worst_lead_ns, NODE_SLICE_NS / 2);
    cr_assert_leq(worst_lead_ns, NODE_SLICE_NS + 110 * SIM_NS_PER_US, "plus one piece");
}

static uint64_t seconds_seen[4];

static bool run_forever(const struct hal *hal)
{
    hal_charge(hal, 32000); /* 1 ms */
    seconds_seen[0] = hal_rtc_now(hal) / HAL_RTC_HZ;
    return true;
}

Test(node_time, a_firmware_that_never_sleeps_does_not_outrun_the_engine)
{
    rig_script.run = run_forever;
    rig_start(1);
    rig_run_to(5 * SIM_NS_PER_S);
    cr_assert_geq(seconds_seen[0], 4);
    cr_assert_leq(seconds_seen[0], 5);
    cr_assert_leq(engine_pending(rig.engine), 2);
}

static bool reboot_once(const struct hal *hal)
{
    if (cause_count == 1) {
        uint8_t key[16] = { 1 };
        hal_key_load(hal, 3, key);
        hal_alarm_set(hal, 1000);
        hal_reboot(hal);
        cr_assert_fail("reboot returned");
    }
    uint8_t block[16] = { 0 };
    cr_assert_eq(hal_aes_block(hal, 3, block, block), HAL_ERR_KEY, "keys are volatile");
    ticks_seen[1] = hal_rtc_now(hal);
    return false;
}

Test(node_time, a_reboot_starts_over_and_clears_ram_keys_and_alarm)
{
    rig_script.boot = note_boot;
    rig_script.run = reboot_once;
    rig_script.irq = note_irq;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(cause_count, 2);
    cr_assert_eq(causes[1], HAL_RESET_SOFTWARE);
    cr_assert(rig.ram_was_poisoned);
    cr_assert_eq(seen_count, 0, "the alarm does not survive");
    cr_assert_geq(ticks_seen[1], 65, "the RTC does: twice 1 ms of reset");
    cr_assert_leq(ticks_seen[1], 70);
}

static bool panic_once(const struct hal *hal)
{
    if (cause_count == 1) {
        hal_panic(hal, "../device/mac/mac.c", 212);
        cr_assert_fail("panic returned");
    }
    ticks_seen[1] = hal_rtc_now(hal);
    return false;
}

Test(node_time, a_panic_is_named_and_ends_in_the_watchdog)
{
    rig_script.boot = note_boot;
    rig_script.run = panic_once;
    rig_start(1);
    rig_run_to(3 * SIM_NS_PER_S);
    cr_assert_eq(causes[1], HAL_RESET_WATCHDOG);
    cr_assert_eq(ticks_seen[1] / 100, 328, "1.001 s later");
    struct node_fleet_stats stats = rig_stats();
    cr_assert_eq(stats.panics, 1);
    cr_assert_str_eq(
            stats.first_fault, "INVARIANT device/mac/mac.c:212  dev 0 at 0d 00:00:00.001 s");
    cr_assert_eq(rig_find(OBSERVE_FIRMWARE_PANIC, 0)->a, 212);
}

Test(node_time, a_panic_stops_the_run_where_faults_are_fatal)
{
    rig.params.guest_errors_fatal = true;
    rig_script.boot = note_boot;
    rig_script.run = panic_once;
    rig_start(1);
    cr_assert_not(engine_run(rig.engine, SIM_NS_PER_S));
}

static bool wait_half_a_second(const struct hal *hal)
{
    hal->ops->wait(hal->board, 16384);
    ticks_seen[0] = hal_rtc_now(hal);
    return false;
}

Test(node_time, a_firmware_that_blocks_sees_the_time_it_waited_for)
{
    rig_script.run = wait_half_a_second;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_eq(ticks_seen[0], 16384);
    struct energy_account account;
    node_energy(rig.fleet, 0, SIM_NS_PER_S, &account);
    cr_assert_lt(account.joule[ENERGY_MCU_RUN], 3.3 * 3e-3 * 0.002, "asleep meanwhile");
}

static bool install_for_seconds(const struct hal *hal)
{
    ticks_seen[0] = hal_rtc_now(hal);
    return false;
}

static void long_boot(const struct hal *hal, enum hal_reset_cause cause)
{
    for (int i = 0; i < 100; i++) {
        hal_charge(hal, 3200000);
    }
}

Test(node_time, a_long_boot_resumes_at_its_own_time)
{
    rig_script.boot = long_boot;
    rig_script.run = install_for_seconds;
    rig_start(1);
    rig_run_to(9 * SIM_NS_PER_S);
    cr_assert_eq(ticks_seen[0], 0, "not before");
    rig_run_to(11 * SIM_NS_PER_S);
    cr_assert_eq(ticks_seen[0], 327712, "10.001 s");
}

static uint8_t drawn[2][40];

static bool draw(const struct hal *hal)
{
    hal_entropy(hal, drawn[0], sizeof drawn[0]);
    hal_entropy(hal, drawn[1], sizeof drawn[1]);
    hal_unique_id(hal, drawn[0]);
    cr_assert_eq(hal_temperature_decidegree_c(hal), 215);
    cr_assert_eq(hal_battery_level(hal), 254);
    return false;
}

Test(node_time, entropy_never_repeats_and_is_the_same_in_every_run)
{
    uint8_t first[2][40];
    rig_script.run = draw;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    memcpy(first, drawn, sizeof first);
    cr_assert_neq(memcmp(drawn[0], drawn[1], 40), 0);
    rig_close();
    rig_open();
    rig_script.run = draw;
    rig_start(1);
    rig_run_to(SIM_NS_PER_S);
    cr_assert_arr_eq(drawn, first, sizeof first);
}

#define HOUR_NS (3600 * SIM_NS_PER_S)

static void vary_the_crystal(void)
{
    rig.crystal = (struct crystal_params){ .tolerance_ppm = 20,
        .temperature_mean_c = 10,
        .temperature_swing_c = 12,
        .parabola_ppm_per_c2 = -0.034,
        .ageing_ppm_per_year = 5,
        .random_walk_ppm_per_sqrt_day = 0.3 };
}

static uint64_t next_ticks;
static int16_t decidegrees[64];

static void arm_next(const struct hal *hal, enum hal_reset_cause cause)
{
    next_ticks = 3600u * 32768u;
    hal_alarm_set(hal, next_ticks);
}

static void every_hour(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    cr_assert_eq(edge_ticks, next_ticks, "the edge is the tick that was asked for");
    cr_assert_geq(hal_rtc_now(hal), edge_ticks);
    decidegrees[seen_count % 64] = hal_temperature_decidegree_c(hal);
    ticks_seen[seen_count++ % 64] = edge_ticks;
    next_ticks += 3600u * 32768u;
    hal_alarm_set(hal, next_ticks);
    hal_alarm_set(hal, next_ticks);
}

Test(node_time, alarms_keep_their_ticks_while_the_crystal_changes)
{
    vary_the_crystal();
    rig_script.boot = arm_next;
    rig_script.irq = every_hour;
    rig_start(1);
    rig_run_to(48 * HOUR_NS + HOUR_NS / 2);
    cr_assert_eq(seen_count, 48);
    /* the count as of an untouched crystal with the same draws */
    struct crystal crystal;
    crystal_init(&crystal, &rig.crystal, RIG_SEED, rig.first_entity, 0);
    for (int h = 1; h < 49; h++) {
        cr_assert_eq(node_rtc_ticks(rig.fleet, 0, h * HOUR_NS),
                crystal_ticks(&crystal, h * HOUR_NS), "%d h", h);
    }
}

Test(node_time, the_sensor_follows_the_temperature_of_the_crystal)
{
    vary_the_crystal();
    rig_script.boot = arm_next;
    rig_script.irq = every_hour;
    rig_start(1);
    rig_run_to(25 * HOUR_NS);
    /* entry h - 1 was read within milliseconds of hour h: 10 + 12 sin(2 pi (h - 9) / 24) */
    cr_assert_float_eq(decidegrees[2], -20, 1, "3 h: the coldest");
    cr_assert_float_eq(decidegrees[8], 100, 1, "9 h");
    cr_assert_float_eq(decidegrees[14], 220, 1, "15 h: the warmest");
    cr_assert_float_eq(decidegrees[20], 100, 1, "21 h");
}

static uint8_t battery_seen;

static bool look_at_battery(const struct hal *hal)
{
    battery_seen = hal_battery_level(hal);
    return false;
}

static void wake_in_100_s(const struct hal *hal, enum hal_reset_cause cause)
{
    hal_alarm_set(hal, 100u * 32768u);
}

Test(node_time, the_battery_falls_with_the_energy_used)
{
    /* The chip stays in standby: (1.6 mA + 0.9 uA + 1 uA) x 3.3 V x 100 s = 0.5286 J, and 3 mA for
     * 1 ms of reset. Of 0.5 mAh x 3.6 V x 50 % = 3.24 J that leaves 83.68 %: 1 + 253 x 0.8368 =
     * 212.7. */
    rig.battery = (struct battery_params){ 0.5, 3.6, 0, 0.5, 250e3, 3.0, 1.8 };
    rig_script.boot = wake_in_100_s;
    rig_script.run = look_at_battery;
    rig_start(1);
    rig_run_to(50 * SIM_NS_PER_S);
    cr_assert_eq(battery_seen, 254);
    rig_run_to(101 * SIM_NS_PER_S);
    cr_assert_eq(battery_seen, 213);
    cr_assert_float_eq(node_battery(rig.fleet, 0)->capacity_mah, 0.5, 1e-12);
}
