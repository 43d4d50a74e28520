/* TS006: versions, planned reboots, the candidate, and several commands in one message.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the self test of Semtech's LoRa Basics Modem and its known faults, and the rules of the
 * document, as spec-protocol 6 gives them.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"

#define PORT    FIRMWARE_MANAGEMENT_FPORT
#define START_S 1400000000

/* A device with the versions of the self test, and a committed image of version 0x73190117. */
static struct rig *managed(void)
{
    struct rig *rig = rig_create();
    rig_set_gps(rig, START_S);
    rig->core.factory.hardware_id = 0x12345678;
    rig->core.update.status = UPDATE_VALID;
    rig->core.update.candidate.version = 0x73190117;
    rig->board.committed = true;
    return rig;
}

static uint64_t reboot_at(const struct rig *rig)
{
    return services_reboot_at(&rig->services, &rig->core);
}

static bool is_silent(struct rig *rig, const char *request)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, PORT, -1, request);
    rig_run_s(rig, 20);
    return rig->uplink_count == before;
}

static bool answers(struct rig *rig, const char *request, const char *answer)
{
    unsigned before = rig->uplink_count;
    rig_down_hex(rig, PORT, -1, request);
    rig_run_ticks(rig, 100);
    return rig->uplink_count == before + 1 && rig_uplink_is(rig, before, PORT, answer);
}

Test(firmware_management, meets_the_vectors_of_another_stack)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "00", "00 04 01"));
    cr_expect(answers(rig, "01", "01 44332211 78563412"));
    cr_expect(answers(rig, "02 ffffffff", "02 ffffffff"));
    cr_expect(answers(rig, "03 000011", "03 000011"));
    cr_expect(answers(rig, "04", "04 03 17011973"));
    cr_expect(answers(rig, "05 01020304", "05 02"));
    cr_expect(answers(rig, "05 17011973", "05 00"));
    rig_destroy(rig);
}

/* Their answer buffer has 9 bytes: further answers are lost; and DevUpgradeImageAns overflows it.
 */
Test(firmware_management, answers_each_of_several_commands)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "01 04 00 02 ffffffff 05 01020304",
            "01 44332211 78563412 04 03 17011973 00 04 01 02 ffffffff 05 02"));
    rig_destroy(rig);
}

Test(firmware_management, answers_that_do_not_fit_go_into_the_next_uplink)
{
    struct rig *rig = managed();
    unsigned before = rig->uplink_count;
    rig->uplink_size_max = 11; /* DR0 with much in FOpts: 4 bytes fewer than both need */
    rig_down_hex(rig, PORT, -1, "01 04 00");
    rig_run_s(rig, 20);
    cr_assert_eq(rig->uplink_count, before + 2);
    cr_expect(rig_uplink_is(rig, before, PORT, "01 44332211 78563412"));
    cr_expect(rig_uplink_is(rig, before + 1, PORT, "04 03 17011973 00 04 01"));
    rig_destroy(rig);
}

Test(firmware_management, stops_at_what_it_cannot_read_and_ignores_groups)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "00 06 00", "00 04 01"));
    cr_expect(answers(rig, "00 02 ffffff", "00 04 01"));
    cr_expect(is_silent(rig, "03 ffff"));
    rig_down_hex(rig, PORT, 0, "02 00000000");
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    rig_destroy(rig);
}

/* Value 0: the device reboots at once and sends no answer. */
Test(firmware_management, reboots_at_once_without_an_answer)
{
    static const char *const requests[] = { "02 00000000", "03 000000" };
    for (unsigned i = 0; i < 2; i++) {
        struct rig *rig = managed();
        uint64_t now = rig->board.now_ticks;
        cr_expect(is_silent(rig, requests[i]));
        cr_expect_leq(reboot_at(rig), now + 20);
        services_rebooting(&rig->services, &rig->core);
        rig_boot(rig);
        rig_set_gps(rig, START_S + 100);
        cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
        rig_destroy(rig);
    }
}

/* RebootTime of the answer: seconds from this answer until the reboot; 0: it cannot. */
Test(firmware_management, plans_a_reboot_by_time)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "02 105c7253", "02 100e0000"), "3600 s"); /* spec-protocol 10.2 */
    cr_expect_eq(reboot_at(rig) / HAL_RTC_HZ,
            gps_clock_ticks_at(&rig->core.clock, 1400003600) / HAL_RTC_HZ);
    cr_expect(answers(rig, "02 004e7252", "02 00000000"), "it has passed");
    cr_expect_neq(reboot_at(rig), HAL_TICKS_NEVER, "the plan stays");
    cr_expect(answers(rig, "02 ffffffff", "02 ffffffff"));
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    rig_destroy(rig);
}

/* A device without the time asks for it, and says that it cannot. */
Test(firmware_management, cannot_plan_by_time_without_the_time)
{
    struct rig *rig = rig_create();
    cr_expect(answers(rig, "02 105c7253", "02 00000000"));
    cr_expect_geq(rig->board.device_time_requests, 1);
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    cr_expect(answers(rig, "03 640000", "03 640000"), "a countdown needs no time");
    cr_expect_eq(reboot_at(rig) / HAL_RTC_HZ, rig->board.now_ticks / HAL_RTC_HZ + 100);
    rig_destroy(rig);
}

/* Exactly one reboot event is stored; a newer request replaces it. */
Test(firmware_management, keeps_one_plan)
{
    struct rig *rig = managed();
    uint64_t now = rig->board.now_ticks;
    cr_expect(answers(rig, "02 105c7253", "02 100e0000"));
    cr_expect(answers(rig, "03 000010", "03 000010"), "2^20 s");
    cr_expect_geq(reboot_at(rig) - now, (uint64_t)1048575 * HAL_RTC_HZ);
    cr_expect(answers(rig, "03 ffffff", "03 ffffff"));
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    rig_destroy(rig);
}

Test(firmware_management, plan_survives_a_reset)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "02 105c7253", "02 100e0000"));
    uint64_t at = reboot_at(rig);
    rig_boot(rig);
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER, "the time is not known yet");
    cr_expect_geq(rig->board.device_time_requests, 1);
    rig_set_gps(rig, START_S + 10);
    int64_t off = (int64_t)(reboot_at(rig) - at) / (int64_t)HAL_RTC_HZ;
    cr_expect(off >= -11 && off <= 11, "%ld s", (long)off);
    cr_expect(answers(rig, "03 640000", "03 640000")); /* kept as a time */
    rig_boot(rig);
    rig_set_gps(rig, START_S + 20);
    cr_expect_leq(reboot_at(rig) / HAL_RTC_HZ, rig->board.now_ticks / HAL_RTC_HZ + 101);
    rig_boot(rig); /* after the time: this boot has installed */
    rig_set_gps(rig, START_S + 3700);
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    rig_destroy(rig);
}

/* A countdown by the RTC, which a reset leaves and a power cut does not. */
Test(firmware_management, countdown_without_the_time_survives_what_the_rtc_survives)
{
    struct rig *rig = rig_create();
    rig_run_s(rig, 100);
    cr_expect(answers(rig, "03 640000", "03 640000"));
    uint64_t at = reboot_at(rig);
    rig_boot(rig);
    cr_expect_eq(reboot_at(rig), at);
    rig->board.now_ticks = HAL_RTC_HZ; /* the power was off */
    rig_boot(rig);
    cr_expect_eq(reboot_at(rig), HAL_TICKS_NEVER);
    rig_destroy(rig);
}

/* 0 none; 1 corrupt; 2 authentic, for other hardware; 3 installable by any reboot. */
Test(firmware_management, tells_what_the_candidate_is)
{
    static const struct {
        enum update_status status;
        bool committed;
        const char *answer;
    } cases[] = {
        { UPDATE_NONE, false, "04 00" },
        { UPDATE_BUSY, false, "04 00" },
        { UPDATE_VALID, false, "04 00" }, /* the server has not proved it */
        { UPDATE_BAD_SIGNATURE, false, "04 01" },
        { UPDATE_BAD_DIGEST, false, "04 01" },
        { UPDATE_REJECTED, false, "04 01" },
        { UPDATE_BAD_HARDWARE, false, "04 02" },
        { UPDATE_VALID, true, "04 03 17011973" },
    };
    struct rig *rig = managed();
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig->core.update.status = cases[i].status;
        rig->board.committed = cases[i].committed;
        cr_expect(answers(rig, "04", cases[i].answer), "case %u", i);
        bool valid = cases[i].committed;
        cr_expect(valid || answers(rig, "05 17011973", "05 01"), "case %u", i);
    }
    rig_destroy(rig);
}

/* A failed delete leaves the state as it is. */
Test(firmware_management, deletes_the_image_of_the_version_it_is_told)
{
    struct rig *rig = managed();
    cr_expect(answers(rig, "05 18011973 04", "05 02 04 03 17011973"));
    cr_expect(answers(rig, "05 17011973 04", "05 00 04 00"));
    cr_expect_not(rig->board.committed);
    cr_expect(answers(rig, "05 17011973", "05 01"));
    rig_destroy(rig);
}
