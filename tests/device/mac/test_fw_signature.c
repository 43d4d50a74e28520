/* The check of a signature in the main loop: the processor does nothing else for up to a second.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the check waits for windows, for class C and for the begin of a session, and is done as
 * soon as nothing of these comes before its end. Services and update are doubles
 * (scripted_services.h); the last step of a verification moves the clock on by HAL_ED25519_TICKS.
 */
#include <criterion/criterion.h>

#include "device/mac/fw_rig.h"
#include "mac/mac_internal.h"

/* A block whose signature is checked by the next run that may. */
static void give_signed_block(struct rig *rig)
{
    script.stall_ticks = HAL_ED25519_TICKS;
    script.block_ready = true;
    script.verdict = UPDATE_VALID;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now);
    rig_run(rig);
}

static bool is_checked(const struct rig *rig)
{
    return rig->fw.core.update.status == UPDATE_VALID;
}

/* LoRaWAN 1.0.4 section 3.3: RX1 opens one second after the uplink. The check would begin 0.2 s
 * after that, and last until 1.2 s. */
Test(fw_signature, is_not_checked_before_the_windows_of_an_uplink)
{
    uint8_t frame[255] = { 0 };
    struct rig *rig = rig_joined();
    (void)rig_next_uplink(rig, 70);
    rig_run_until(rig, rig->board.tx_end + TICKS_PER_S / 5u);
    give_signed_block(rig);
    cr_assert_not(is_checked(rig));
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fport = 7, .payload = frame, .payload_size = 1
    };
    rig_answer(rig, frame, fake_write_downlink(&rig->keys, &downlink, frame));
    rig_run_s(rig, 2);
    cr_assert_eq(script.downlinks, 1, "RX1 was open");
    cr_assert(is_checked(rig), "after it");
    rig_destroy(rig);
}

Test(fw_signature, is_not_checked_while_an_uplink_leaves)
{
    struct rig *rig = rig_joined();
    rig_run_s(rig, 300);
    script.uplink_at = rig->board.now;
    script.uplink_size = 50;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now);
    rig_run(rig);
    cr_assert_neq(rig->fw.core.mac.exchange, MAC_NO_EXCHANGE);
    give_signed_block(rig);
    cr_assert_not(is_checked(rig));
    rig_run_s(rig, 3);
    cr_assert(is_checked(rig), "when RX2 is over");
    rig_destroy(rig);
}

/* A frame may come at any time while class C is open. */
Test(fw_signature, is_not_checked_in_class_c)
{
    struct rig *rig = rig_joined();
    rig_run_s(rig, 70);
    mac_class_c_open(&rig->fw.core, 0, 869525000, 5);
    give_signed_block(rig);
    rig_run_s(rig, 30);
    cr_assert_not(is_checked(rig));
    mac_class_c_close(&rig->fw.core, 0);
    give_signed_block(rig);
    rig_run_s(rig, 1);
    cr_assert(is_checked(rig));
    rig_destroy(rig);
}

Test(fw_signature, is_not_checked_over_the_begin_of_a_session)
{
    struct rig *rig = rig_joined();
    rig_run_s(rig, 70);
    script.step_at = rig->board.now + TICKS_PER_S / 2u;
    give_signed_block(rig);
    cr_assert_not(is_checked(rig));
    rig_run_s(rig, 1);
    cr_assert_eq(script.late_ticks, 0);
    cr_assert(is_checked(rig));
    rig_destroy(rig);
}

Test(fw_signature, is_checked_at_once_where_nothing_is_due)
{
    struct rig *rig = rig_joined();
    rig_run_s(rig, 70);
    give_signed_block(rig);
    cr_assert(is_checked(rig));
    rig_destroy(rig);
}
