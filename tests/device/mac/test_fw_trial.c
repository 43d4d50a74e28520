/* The trial of a new image in the main loop over the real MAC: who confirms it, and when it ends.
 * SPDX-License-Identifier: MIT
 *
 * Services and update are doubles (scripted_services.h); the trial of one hour of the factory
 * record is confirmed after five minutes at the earliest, and asks every 225 s.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "device/mac/fw_rig.h"
#include "trace.h"
#include "update/trial.h"

#define HOUR_S 3600u

/* A device with a session that has just started a new image. */
static struct rig *rig_in_trial(enum slot_state slot)
{
    struct rig *rig = rig_joined();
    script.factory.trial_hours = 1;
    script.factory.report_period_s = 10 * HOUR_S;
    script.factory.rate_policy = FACTORY_RATE_FIXED; /* else it asks for LinkChecks of its own */
    script.factory.data_rate = 5;
    script.boot = (struct boot_state){ .slot = (uint8_t)slot,
        .old_saved = true,
        .result = BOOT_RESULT_INSTALLED,
        .started_s = (uint32_t)(rig->board.now / TICKS_PER_S) };
    rig_boot(rig, HAL_RESET_SOFTWARE);
    return rig;
}

/* An empty frame with the right MIC, or another. */
static void answer(struct rig *rig, uint32_t fcnt, bool authentic)
{
    uint8_t frame[255];
    struct fake_downlink downlink = { .dev_addr = BENCH_DEV_ADDR, .fcnt = fcnt, .fport = -1 };
    size_t size = fake_write_downlink(&rig->keys, &downlink, frame);
    frame[size - 1] ^= authentic ? 0 : 1;
    rig_answer(rig, frame, size);
}

static bool asks_for_a_link_check(const struct fake_uplink *uplink)
{
    return memchr(uplink->fopts, 0x02, uplink->fopts_size) != NULL;
}

Test(fw_trial, an_answered_image_confirms_itself_when_it_has_run_long_enough)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    struct fake_uplink uplink = rig_next_uplink(rig, 70);
    cr_assert(asks_for_a_link_check(&uplink));
    answer(rig, 0, true);
    rig_run_s(rig, 200);
    cr_assert_eq(script.boot.slot, SLOT_TESTING, "not yet");
    rig_run_s(rig, 100);
    cr_assert_eq(script.boot.slot, SLOT_CONFIRMED);
    cr_assert_eq(script.boot.version_floor, 0x01020003u);
    cr_assert_not(script.boot.old_saved);
    cr_assert_not_null(fake_trace_last(&rig->board, FW_TRACE_IMAGE_CONFIRMED));
    rig_run_s(rig, 2 * HOUR_S);
    cr_assert_eq(rig->board.reboots, 0);
    rig_destroy(rig);
}

Test(fw_trial, an_answer_that_comes_late_confirms_at_once)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    rig_run_s(rig, 400);
    (void)rig_next_uplink(rig, 300);
    answer(rig, 0, true);
    rig_run_s(rig, 3);
    cr_assert_eq(script.boot.slot, SLOT_CONFIRMED);
    rig_destroy(rig);
}

/* Reports are ten hours apart: what leaves besides leaves to be answered. */
Test(fw_trial, an_image_without_an_answer_asks_until_it_is_given_up)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    unsigned asked = 0;
    uint64_t end = rig->board.now + HOUR_S * (uint64_t)TICKS_PER_S;
    while (rig->board.now + 300 * TICKS_PER_S < end) {
        struct fake_uplink uplink = rig_next_uplink(rig, 300);
        cr_assert(asks_for_a_link_check(&uplink));
        answer(rig, asked, false);
        asked++;
    }
    cr_assert_geq(asked, 13);
    rig_run_until(rig, end - 1);
    cr_assert_eq(rig->board.reboots, 0);
    cr_assert_eq(script.boot.slot, SLOT_TESTING);
    rig_run_s(rig, 700);
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_eq(script.boot.slot, SLOT_REVERTING);
    cr_assert_eq(script.boot.result, BOOT_RESULT_REVERTED);
    cr_assert_eq(script.boot.reverted_version, 0x01020003u);
    cr_assert_eq(fake_trace_last(&rig->board, FW_TRACE_IMAGE_GIVEN_UP)->b, TRIAL_UNANSWERED);
    rig_destroy(rig);
}

/* Nothing comes at all, which speaks for the place rather than for the image. */
static void expect_unheard(struct rig *rig)
{
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_eq(script.boot.slot, SLOT_REVERTING);
    cr_assert_eq(script.boot.trial_end, TRIAL_UNHEARD);
    cr_assert_eq(script.boot.reverted_version, 0, "its version may come again");
    cr_assert_eq(fake_trace_last(&rig->board, FW_TRACE_IMAGE_GIVEN_UP)->b, TRIAL_UNHEARD);
}

Test(fw_trial, an_image_that_hears_no_network_is_given_up_for_that)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    rig_run_s(rig, HOUR_S + 700);
    expect_unheard(rig);
    rig_destroy(rig);
}

Test(fw_trial, what_an_image_has_seen_survives_a_reset)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    rig_run_s(rig, HOUR_S / 2);
    cr_assert_eq(script.boot.contact, TRIAL_CONTACT_SENT);
    script.boot.tested_s = HOUR_S - 10; /* over before another uplink is */
    rig_boot(rig, HAL_RESET_WATCHDOG);
    rig_run_s(rig, 700);
    expect_unheard(rig);
    rig_destroy(rig);
}

Test(fw_trial, time_before_the_last_start_counts)
{
    struct rig *rig = rig_in_trial(SLOT_TESTING);
    script.boot.tested_s = HOUR_S - 400;
    rig_boot(rig, HAL_RESET_WATCHDOG);
    rig_run_s(rig, 399);
    cr_assert_eq(rig->board.reboots, 0);
    rig_run_s(rig, 700);
    cr_assert_eq(rig->board.reboots, 1);
    rig_destroy(rig);
}

/* A revert that had nothing to put back: the image that runs may still prove itself, without end.
 */
Test(fw_trial, an_image_without_a_way_back_is_not_given_up)
{
    struct rig *rig = rig_in_trial(SLOT_REVERTING);
    script.boot.old_saved = false;
    rig_boot(rig, HAL_RESET_SOFTWARE);
    rig_run_s(rig, 3 * HOUR_S);
    cr_assert_eq(rig->board.reboots, 0);
    (void)rig_next_uplink(rig, 300);
    answer(rig, 0, true);
    rig_run_s(rig, 3);
    cr_assert_eq(script.boot.slot, SLOT_CONFIRMED);
    rig_destroy(rig);
}

/* The bootloader could not read the saved image: an eighth of the trial later it tries again. */
Test(fw_trial, an_image_that_was_given_up_restarts_for_the_old_one)
{
    struct rig *rig = rig_in_trial(SLOT_REVERTING);
    rig_run_s(rig, HOUR_S / 8u - 2u);
    cr_assert_eq(rig->board.reboots, 0);
    rig_run_s(rig, 660);
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_eq(script.boot.slot, SLOT_REVERTING);
    rig_destroy(rig);
}

Test(fw_trial, an_image_that_was_given_up_and_works_is_confirmed_first)
{
    struct rig *rig = rig_in_trial(SLOT_REVERTING);
    (void)rig_next_uplink(rig, 70);
    answer(rig, 0, true);
    rig_run_s(rig, HOUR_S);
    cr_assert_eq(rig->board.reboots, 0);
    cr_assert_eq(script.boot.slot, SLOT_CONFIRMED);
    rig_destroy(rig);
}

Test(fw_trial, an_image_in_no_test_asks_nothing)
{
    struct rig *rig = rig_in_trial(SLOT_CONFIRMED);
    struct fake_uplink uplink = rig_next_uplink(rig, 70);
    cr_assert_not(asks_for_a_link_check(&uplink));
    uint32_t fcnt = uplink.fcnt;
    rig_run_s(rig, 3 * HOUR_S);
    cr_assert_eq(rig->board.reboots, 0);
    cr_assert_eq(rig->fw.core.mac.fcnt_up, fcnt + 1, "and sends nothing more");
    rig_destroy(rig);
}

Test(fw_trial, a_reverted_update_is_reported)
{
    struct rig *rig = rig_joined();
    script.boot = (struct boot_state){ .slot = SLOT_REJECTED, .result = BOOT_RESULT_REVERTED };
    script.factory.report_size = 12;
    rig_boot(rig, HAL_RESET_WATCHDOG);
    struct fake_uplink uplink = rig_next_uplink(rig, 70);
    cr_assert_eq(uplink.payload_size, REPORT_CONTENT_SIZE, "in a whole report");
    cr_assert_eq(uplink.payload[15], UPDATE_REVERTED);
    script.boot.trial_end = TRIAL_UNHEARD;
    rig_boot(rig, HAL_RESET_WATCHDOG);
    uplink = rig_next_uplink(rig, 70);
    cr_assert_eq(uplink.payload[15], UPDATE_UNHEARD);
    rig_destroy(rig);
}

/* A server would take it for news of the block that is on its way. */
Test(fw_trial, a_reverted_update_is_not_reported_once_the_next_block_comes)
{
    struct rig *rig = rig_joined();
    script.boot = (struct boot_state){ .slot = SLOT_REJECTED, .result = BOOT_RESULT_REVERTED };
    script.awaits_block = true;
    rig_boot(rig, HAL_RESET_WATCHDOG);
    struct fake_uplink uplink = rig_next_uplink(rig, 70);
    cr_assert_eq(uplink.payload[15], UPDATE_NONE);
    rig_destroy(rig);
}
