/* A battery that is nearly empty: which load resets the board, and which kills it.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the board browns out when the voltage of the battery under the load of processor, radio and
 * flash is below the minimum, and at no other load; the RTC counts on and the cause says so; a
 * battery that cannot feed the processor keeps the board off until it is renewed.
 * Right values: by hand. Saft LS 14500: 3.0 V in a pulse of 250 mA, 3.6 V without load: 2.4 ohm
 * when full, 2.4 ohm / charge later (assumed); the board needs 1.8 V. A board current I at 3.3 V is
 * 0.917 I of the battery. Transmitting at 14 dBm with the processor is 47 mA, so the limit is a
 * charge of 2.4 x 0.0431 / 1.8 = 5.7 %; receiving (13.3 mA) 1.6 %; erasing the NOR (23 mA and
 * 1.6 mA of the radio) 3.0 %; the processor alone (3 mA) 0.37 %.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rig.h"

#define WEAK_NS    (SIM_NS_PER_S / 2)
#define ACT_TICKS  32768u /* 1 s */
#define MS_OF_SAG  100
#define NOR_SECTOR 4096u

enum act {
    ACT_TRANSMIT,
    ACT_RECEIVE,
    ACT_ERASE
};
static enum act act;
static enum hal_reset_cause causes[8];
static unsigned boots;
static uint64_t boot_ticks[8];

static void note_boot(const struct hal *hal, enum hal_reset_cause cause)
{
    boot_ticks[boots % 8] = hal_rtc_now(hal);
    causes[boots++ % 8] = cause;
    if (boots == 1) {
        hal_alarm_set(hal, ACT_TICKS);
    }
}

static void on_alarm(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    static const uint8_t bytes[20];
    static const uint8_t zero[16];
    if (source != FW_IRQ_ALARM || edge_ticks < ACT_TICKS) {
        return;
    }
    if (act == ACT_ERASE) {
        cr_assert_eq(hal_flash_program(hal, HAL_FLASH_EXTERNAL, 0, zero, sizeof zero), HAL_OK);
        while (hal_flash_busy(hal, HAL_FLASH_EXTERNAL)) {
            hal_charge(hal, 1000);
        }
        (void)hal_flash_erase(hal, HAL_FLASH_EXTERNAL, 0, NOR_SECTOR);
        return;
    }
    rig_lora_standby(hal);
    if (act == ACT_TRANSMIT) {
        rig_transmit(hal, bytes, sizeof bytes);
    } else {
        rig_receive_continuous(hal);
    }
}

static void setup(void)
{
    rig_open();
    boots = 0;
    rig_script.boot = note_boot;
    rig_script.irq = on_alarm;
}

TestSuite(node_battery, .init = setup, .fini = rig_close);

/* How often the board has started 2 s after power on, if `what` is done with that charge. */
static unsigned starts(enum act what, double charge)
{
    act = what;
    rig_start(1);
    rig_run_to(WEAK_NS);
    node_fleet_weaken_battery(rig.fleet, 0, WEAK_NS, charge);
    rig_run_to(2 * SIM_NS_PER_S);
    return boots;
}

#define LIMIT(name, what, holds, falls)                                                            \
    Test(node_battery, holds_while_it_##name)                                                      \
    {                                                                                              \
        cr_expect_eq(starts(what, holds), 1);                                                      \
    }                                                                                              \
    Test(node_battery, falls_while_it_##name)                                                      \
    {                                                                                              \
        cr_assert_eq(starts(what, falls), 2);                                                      \
        cr_expect_eq(causes[1], HAL_RESET_BROWNOUT);                                               \
    }
LIMIT(transmits, ACT_TRANSMIT, 0.058, 0.057)
LIMIT(receives, ACT_RECEIVE, 0.0164, 0.0161)
LIMIT(erases, ACT_ERASE, 0.0302, 0.0298)

Test(node_battery, cuts_off_the_frame_and_leaves_the_clock)
{
    cr_assert_eq(starts(ACT_TRANSMIT, 0.05), 2);
    cr_assert_eq(rig.transmissions, 1);
    cr_expect(rig.sent[0].aborted);
    cr_expect_eq(boot_ticks[1] / 32768u, 1, "the RTC counts on");
    cr_expect_eq(node_power_on_ns(rig.fleet, 0), 0);
    const struct observation *reset = rig_find(OBSERVE_NODE_RESET, 1);
    cr_assert_not_null(reset);
    sim_ns after_ns = reset->at_ns - rig.sent[0].at_ns;
    cr_expect(after_ns >= MS_OF_SAG * SIM_NS_PER_MS
                      && after_ns < (MS_OF_SAG + 3) * SIM_NS_PER_MS, /* 1 ms of slice, 1 of reset */
            "%lld ns", (long long)after_ns);
}

Test(node_battery, tears_the_erase_that_brings_the_voltage_down)
{
    uint8_t after[16];
    cr_assert_eq(starts(ACT_ERASE, 0.025), 2);
    node_flash_peek(rig.fleet, 0, HAL_FLASH_EXTERNAL, 0, after, sizeof after);
    unsigned erased = 0;
    for (unsigned i = 0; i < sizeof after; i++) {
        erased += after[i] == 0xFF;
    }
    cr_expect_lt(erased, sizeof after, "half done");
}

Test(node_battery, too_weak_for_the_processor_keeps_the_board_off_until_it_is_renewed)
{
    cr_assert_eq(starts(ACT_TRANSMIT, 0.0036), 1, "off after the load");
    cr_expect_not(node_has_power(rig.fleet, 0));
    double off_j = node_energy_total_j(rig.fleet, 0, 2 * SIM_NS_PER_S);
    rig_run_to(1000 * SIM_NS_PER_S);
    cr_expect_eq(node_energy_total_j(rig.fleet, 0, 1000 * SIM_NS_PER_S), off_j);
    node_fleet_renew_battery(rig.fleet, 0, 1000 * SIM_NS_PER_S);
    rig_run_to(1001 * SIM_NS_PER_S);
    cr_assert_eq(boots, 2);
    cr_expect_eq(causes[1], HAL_RESET_POWER_ON);
    cr_expect_lt(boot_ticks[1], 100, "the clock had stopped");
    cr_expect(node_has_power(rig.fleet, 0));
}

Test(node_battery, weakens_before_the_board_is_first_powered)
{
    act = ACT_TRANSMIT;
    rig.boot_at_ns = SIM_NS_PER_S;
    rig_start(1);
    rig_run_to(WEAK_NS);
    node_fleet_weaken_battery(rig.fleet, 0, WEAK_NS, 0.057);
    rig_run_to(3 * SIM_NS_PER_S);
    cr_assert_eq(boots, 2);
    cr_expect_eq(causes[1], HAL_RESET_BROWNOUT);
}

Test(node_battery, renewed_carries_every_load)
{
    act = ACT_TRANSMIT;
    rig_start(1);
    rig_run_to(WEAK_NS);
    node_fleet_weaken_battery(rig.fleet, 0, WEAK_NS, 0.01);
    node_fleet_weaken_battery(rig.fleet, 0, WEAK_NS, 0.02);
    node_fleet_renew_battery(rig.fleet, 0, WEAK_NS);
    node_fleet_renew_battery(rig.fleet, 0, WEAK_NS);
    rig_run_to(2 * SIM_NS_PER_S);
    cr_expect_eq(boots, 1);
    cr_expect(rig.transmissions == 1 && !rig.sent[0].aborted);
}

/* 1 mAh at 3.6 V is 12.96 J. Reception with the processor asleep draws 34 mW: from 12 % to the
 * 1.6 % at which reception falls takes 40 s; nothing else is checked in between, so the board is
 * still up; the next change of its radio finds the charge gone. */
static void receive_again(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks)
{
    if (source == FW_IRQ_ALARM && edge_ticks >= ACT_TICKS) {
        rig_lora_standby(hal);
        rig_receive_continuous(hal);
        hal_alarm_set(hal, edge_ticks + 20 * 32768u);
    }
}

Test(node_battery, is_used_up_by_what_the_board_draws)
{
    rig.battery = rig.board.battery;
    rig.battery.capacity_mah = 1;
    rig_script.irq = receive_again;
    rig_start(1);
    rig_run_to(WEAK_NS);
    node_fleet_weaken_battery(rig.fleet, 0, WEAK_NS, 0.12);
    rig_run_to(30 * SIM_NS_PER_S);
    cr_expect_eq(boots, 1, "12 %% less 0.034 x 29 / 12.96 is 4.4 %%");
    rig_run_to(50 * SIM_NS_PER_S);
    cr_expect_neq(boots == 1 && node_has_power(rig.fleet, 0), true, "at 41 s 1.5 %% are left");
}
