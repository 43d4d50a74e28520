/* The main loop over the real MAC and a scripted chip: boot, which package gets the uplink,
 * sessions, install. Services and update are doubles (scripted_services.h).
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "device/mac/fw_rig.h"
#include "trace.h"

/* DeviceTimeReq */
static bool asks_for_the_time(const struct fake_uplink *u)
{
    for (unsigned i = 0; i < u->fopts_size; i++) {
        if (u->fopts[i] == 0x0D) {
            return true;
        }
    }
    return false;
}

/* A block is whole; its verification will end so. */
static void give_block(enum update_status verdict)
{
    script.block_ready = true;
    script.verdict = verdict;
}

Test(fw, table_describes_the_ram_block)
{
    cr_assert_eq(fleetcast_fw.version, FW_OPS_VERSION);
    cr_assert_eq(fleetcast_fw.size, sizeof(struct fw_ops));
    cr_assert_eq(fleetcast_fw.ram_size_bytes, sizeof(struct fw));
    cr_assert_leq(fleetcast_fw.ram_size_bytes, 12u * 1024u);
}

Test(fw, boots_joins_and_reports_with_a_time_request)
{
    struct rig *rig = rig_joined();
    cr_assert_eq(fake_trace_last(&rig->board, FW_TRACE_BOOTED)->b, 0x01020003u);
    struct fake_uplink u = rig_next_uplink(rig, 70);
    cr_assert(u.mic_ok);
    cr_assert_eq(u.fport, (int)REPORT_FPORT);
    cr_assert_eq(u.payload_size, REPORT_SIZE_DEFAULT);
    static const uint8_t expected[20] = { 3, 0, 2, 1, 0xAB, 0xCD, 0, 0, 0, 0, 0, 0, 200,
        (uint8_t)-55, 0xFF, 0, 0, 0, 0, 0 };
    cr_assert_arr_eq(u.payload, expected, sizeof expected);
    cr_assert(asks_for_the_time(&u));
    rig_destroy(rig);
}

Test(fw, reports_keep_their_period)
{
    struct rig *rig = rig_joined();
    uint64_t last = 0;
    for (unsigned i = 0; i < 5; i++) {
        struct fake_uplink u = rig_next_uplink(rig, 620);
        cr_assert_eq(u.fport, (int)REPORT_FPORT);
        cr_assert(i == 0 || rig->board.tx_start - last >= 598 * TICKS_PER_S);
        cr_assert(i == 0 || rig->board.tx_start - last <= 602 * TICKS_PER_S);
        last = rig->board.tx_start;
        rig_run_s(rig, 10);
    }
    rig_destroy(rig);
}

Test(fw, random_phase_spreads_the_first_report_over_the_period)
{
    unsigned late = 0;
    for (unsigned i = 0; i < 40; i++) {
        struct rig *rig = rig_create();
        rig->board.entropy_state = i;
        struct report report;
        script.factory.boot_options = 1;
        report_init(&report, &rig->hal, &script.factory, HAL_RESET_POWER_ON);
        cr_assert_leq(report.next_at_ticks, rig->board.now + 600 * TICKS_PER_S);
        late += report.next_at_ticks > 300 * TICKS_PER_S;
        report_init(&report, &rig->hal, &script.factory, HAL_RESET_SOFTWARE);
        cr_assert_leq(report.next_at_ticks, rig->board.now + 60 * TICKS_PER_S);
        rig_destroy(rig);
    }
    cr_assert(late > 10 && late < 30, "%u", late);
}

Test(fw, services_go_before_the_report)
{
    struct rig *rig = rig_joined();
    script.uplink_at = rig->fw.report.next_at_ticks;
    script.uplink_size = 9;
    struct fake_uplink u = rig_next_uplink(rig, 70);
    cr_assert_eq(u.fport, 200);
    cr_assert_eq(u.payload_size, 9);
    u = rig_next_uplink(rig, 200);
    cr_assert_eq(u.fport, (int)REPORT_FPORT);
    rig_destroy(rig);
}

Test(fw, service_that_has_nothing_to_say_after_all_does_not_spin)
{
    struct rig *rig = rig_joined();
    script.uplink_at = 0;
    script.uplink_size = 0;
    unsigned before = script.builds;
    rig_run_s(rig, 100);
    cr_assert_leq(script.builds - before, 110);
    cr_assert_geq(script.builds - before, 30);
    rig_destroy(rig);
}

Test(fw, session_holds_reports_back_and_counts_them_unless_the_factory_says_otherwise)
{
    static const struct {
        uint8_t boot_options;
        unsigned sent_least, sent_most, held_least, held_most;
    } rows[] = { { 0, 0, 0, 4, 6 }, { FACTORY_OPTION_REPORT_SESSION, 4, 6, 0, 0 } };
    for (unsigned row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct rig *rig = rig_create();
        script.factory.boot_options = rows[row].boot_options;
        rig_join(rig);
        script.session = true;
        unsigned before = rig->board.tx_count;
        rig_run_s(rig, 3000);
        unsigned sent = rig->board.tx_count - before;
        unsigned held = fake_trace_count(&rig->board, FW_TRACE_UPLINK_HELD);
        cr_assert(sent >= rows[row].sent_least && sent <= rows[row].sent_most, "%u", sent);
        cr_assert(held >= rows[row].held_least && held <= rows[row].held_most, "%u", held);
        script.session = false;
        struct fake_uplink u = rig_next_uplink(rig, 620);
        cr_assert_eq(u.payload[16], held);
        rig_destroy(rig);
    }
}

/* Reports are confirmed where the factory says so; what services send is not. */
Test(fw, reports_are_confirmed_and_repeated_where_the_factory_says_so)
{
    struct rig *rig = rig_create();
    script.factory.boot_options = FACTORY_OPTION_REPORT_CONFIRMED;
    script.factory.nb_trans = 2;
    script.factory.report_size = 1;
    rig_join(rig);
    uint8_t first[255];
    struct fake_uplink u = rig_next_uplink(rig, 70);
    cr_assert(u.mic_ok && u.mhdr == 0x80);
    cr_assert_eq(u.payload_size, 1);
    cr_assert_eq(u.payload[0], 3, "the version's first byte");
    memcpy(first, rig->board.tx, rig->board.tx_size);
    rig_run_to_tx(rig, 60);
    cr_assert_arr_eq(rig->board.tx, first, rig->board.tx_size);
    rig_run_s(rig, 30);
    script.uplink_at = 0;
    script.uplink_size = 9;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now); /* whatever wakes it */
    rig_run(rig);
    u = rig_next_uplink(rig, 200);
    cr_assert(u.mic_ok && u.mhdr == 0x40 && u.fport == 200);
    rig_destroy(rig);
}

/* Reports come each 10 min and the clock is set once, by hand, between the first two. */
Test(fw, the_clock_is_asked_for_at_the_age_of_the_factory_or_never)
{
    static const struct {
        uint16_t refresh_h;
        unsigned asks_from_report; /* after the clock was set */
    } rows[] = { { 1, 7 }, { 2, 13 }, { 0, 145 }, { FACTORY_CLOCK_REFRESH_NEVER, UINT16_MAX } };
    for (unsigned row = 0; row < 4; row++) {
        struct rig *rig = rig_create();
        script.factory.clock_refresh_h = rows[row].refresh_h;
        rig_join(rig);
        struct fake_uplink u = rig_next_uplink(rig, 70);
        cr_assert_eq(asks_for_the_time(&u), rows[row].refresh_h != FACTORY_CLOCK_REFRESH_NEVER);
        rig->fw.core.clock.valid = true;
        rig->fw.core.clock.set_at_ticks = rig->board.now;
        for (unsigned i = 1; i < 150; i++) {
            rig_run_s(rig, 100);
            u = rig_next_uplink(rig, 620);
            /* Each 600 s: number 6 comes when the clock is 1 h old to the tick, give or take. */
            bool boundary = i + 1 == rows[row].asks_from_report;
            cr_assert(boundary || asks_for_the_time(&u) == (i >= rows[row].asks_from_report),
                    "row %u report %u", row, i);
        }
        rig_destroy(rig);
    }
}

Test(fw, a_commissioned_device_reports_without_a_join)
{
    struct rig *rig = rig_create();
    struct fake_board *board = &rig->board;
    board->join_accept_size = fake_write_join_accept(
            script.factory.app_key, 5, 0, BENCH_DEV_ADDR, 0, 1, NULL, board->join_accept);
    board->join_accept_dev_nonce = 0;
    rig->keys = fake_session_keys(script.factory.app_key, 5, 0, 0);
    rig_boot(rig, HAL_RESET_POWER_ON);
    cr_assert(mac_joined(&rig->fw.core));
    struct fake_uplink u = rig_next_uplink(rig, 70);
    cr_assert(u.mic_ok && u.fport == (int)REPORT_FPORT && u.fcnt == 0);
    cr_assert_eq(fake_trace_count(board, FW_TRACE_JOIN_REQUESTED), 0);
    cr_assert_eq(fake_trace_count(board, FW_TRACE_JOINED), 1);
    rig_destroy(rig);
}

Test(fw, open_exchange_is_polled_but_not_in_a_session)
{
    struct rig *rig = rig_joined();
    uint8_t frame[255];
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fctrl = 0x10, .fport = 200, .payload = frame, .payload_size = 2
    };
    size_t size = fake_write_downlink(&rig->keys, &downlink, frame);
    (void)rig_next_uplink(rig, 70);
    rig_answer(rig, frame, size);
    rig_run_s(rig, 2);
    cr_assert_eq(script.downlinks, 1);
    cr_assert_eq(script.downlink_fport, 200);
    script.session = true;
    unsigned sent = rig->board.tx_count;
    rig_run_s(rig, 60);
    cr_assert_eq(rig->board.tx_count, sent);
    script.session = false;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now); /* whatever wakes it */
    rig_run(rig);
    struct fake_uplink u = rig_next_uplink(rig, 60);
    cr_assert_eq(u.fport, -1);
    cr_assert_eq(script.flash_notes, 1);
    rig_destroy(rig);
}

Test(fw, authentic_block_is_committed_and_installed_by_a_restart)
{
    struct rig *rig = rig_joined();
    give_block(UPDATE_VALID);
    script.verify_steps_left = 20;
    (void)rig_next_uplink(rig, 70);
    rig_run_s(rig, 2);
    cr_assert_eq(script.commits, 1);
    rig_run_s(rig, 200);
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_not(script.block_used, "until it is installed: the commit may be lost");
    /* Not before the off-time of the duty cycle is over: the restart clears it. */
    double airtime_s = fake_airtime_us(7, rig->board.tx_size, true) / 1e6;
    double since_s = (double)(rig->board.now - rig->board.tx_end) / TICKS_PER_S;
    cr_assert_geq(since_s, 98.9 * airtime_s);
    script.boot = (struct boot_state){ .result = BOOT_RESULT_INSTALLED, .result_new = true };
    rig_boot(rig, HAL_RESET_SOFTWARE);
    cr_assert(mac_joined(&rig->fw.core));
    cr_assert_eq(rig->fw.report.reboots, 1);
    cr_assert(script.block_used);
    cr_assert_not(script.boot.result_new, "told once");
    cr_assert_eq(rig->fw.report.update_status, UPDATE_NONE);
    rig_destroy(rig);
}

Test(fw, what_the_bootloader_refused_or_found_is_reported)
{
    struct rig *rig = rig_joined();
    script.boot = (struct boot_state){ .result = BOOT_RESULT_REFUSED, .result_new = true };
    rig_boot(rig, HAL_RESET_SOFTWARE);
    cr_assert(script.block_used);
    script.block_used = false;
    rig_boot(rig, HAL_RESET_SOFTWARE);
    cr_assert_not(script.block_used, "another session's block is not touched");
    struct fake_uplink u = rig_next_uplink(rig, 700);
    cr_assert_eq(u.payload[15], UPDATE_REFUSED);
    cr_assert_eq(u.payload[4], 0xAB);
    script.boot.damaged = true;
    memset(script.boot.running_sha256, 0x5C, sizeof script.boot.running_sha256);
    rig_boot(rig, HAL_RESET_SOFTWARE);
    u = rig_next_uplink(rig, 700);
    cr_assert_eq(u.payload[15], UPDATE_DAMAGED);
    cr_assert_eq(u.payload[4], 0x5C, "the digest of what is there");
    rig_destroy(rig);
}

Test(fw, restart_waits_for_the_end_of_the_session)
{
    struct rig *rig = rig_joined();
    script.session = true;
    give_block(UPDATE_VALID);
    rig_run_s(rig, 1500);
    cr_assert_eq(script.commits, 1);
    cr_assert_eq(rig->board.reboots, 0);
    script.session = false;
    rig_run_s(rig, 700);
    cr_assert_eq(rig->board.reboots, 1);
    rig_destroy(rig);
}

Test(fw, refused_block_is_reported_and_not_installed)
{
    struct rig *rig = rig_joined();
    give_block(UPDATE_BAD_SIGNATURE);
    struct fake_uplink u = rig_next_uplink(rig, 700);
    if (!script.block_used || u.payload[15] == 0) {
        rig_run_s(rig, 10);
        u = rig_next_uplink(rig, 700);
    }
    cr_assert(script.block_used);
    cr_assert_eq(script.commits, 0);
    cr_assert_eq(rig->board.reboots, 0);
    cr_assert_eq(u.payload[15], UPDATE_BAD_SIGNATURE);
    rig_destroy(rig);
}

/* Runs until an authentic block is hashed and the server is asked. */
static struct rig *asking(void)
{
    struct rig *rig = rig_joined();
    rig_run_s(rig, 61);
    script.proof_demanded = true;
    give_block(UPDATE_VALID);
    rig_run_s(rig, 610);
    cr_assert_eq(rig->fw.services.fragmentation.proof.state, BLOCK_PROOF_ASKING);
    return rig;
}

/* Only a positive answer lets the firmware commit; none leaves the old image. */
Test(fw, authentic_block_waits_for_its_proof_and_ends_as_that_says)
{
    static const struct {
        enum block_proof_state state;
        unsigned commits, reboots;
        bool block_used;
        enum update_status status, reported;
    } rows[] = {
        { BLOCK_PROOF_ACCEPTED, 1, 1, false, UPDATE_VALID, UPDATE_VALID },
        { BLOCK_PROOF_REJECTED, 0, 0, true, UPDATE_REJECTED, UPDATE_REJECTED },
        { BLOCK_PROOF_NONE, 0, 0, false, UPDATE_NONE, UPDATE_NONE }, /* its session was deleted */
    };
    for (unsigned row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct rig *rig = asking();
        rig_run_s(rig, 100000);
        cr_assert_eq(script.commits, 0);
        cr_assert_eq(rig->board.reboots, 0);
        cr_assert_eq(rig->fw.report.update_status, UPDATE_BUSY);
        rig->fw.services.fragmentation.proof.state = (uint8_t)rows[row].state;
        rig_run_s(rig, 1000);
        cr_assert_eq(script.commits, rows[row].commits, "row %u", row);
        cr_assert_eq(rig->board.reboots, rows[row].reboots, "row %u", row);
        cr_assert_eq(script.block_used, rows[row].block_used, "row %u", row);
        cr_assert_eq(rig->fw.core.update.status, rows[row].status, "row %u", row);
        cr_assert_eq(rig->fw.report.update_status, rows[row].reported, "row %u", row);
        rig_destroy(rig);
    }
}

Test(fw, the_next_block_is_taken_after_the_proof_of_one_that_is_gone)
{
    struct rig *rig = asking();
    rig->fw.services.fragmentation.proof.state = BLOCK_PROOF_NONE;
    rig_run_s(rig, 1000);
    cr_assert_eq(script.commits, 0);
    script.block_ready = true;
    script.proof_demanded = false;
    rig_run_s(rig, 1000);
    cr_assert_eq(script.commits, 1);
    rig_destroy(rig);
}

/* An authentic block is committed and waits for its order to restart. */
static struct rig *ordered(unsigned seconds)
{
    struct rig *rig = rig_create();
    script.factory.boot_options = FACTORY_OPTION_INSTALL_ORDERED;
    rig_join(rig);
    give_block(UPDATE_VALID);
    rig_run_s(rig, seconds);
    cr_assert_eq(script.commits, 1);
    return rig;
}

/* TS006: a common time to install. Until then the device goes on as it is. */
Test(fw, committed_image_waits_for_the_reboot_that_the_server_plans)
{
    struct rig *rig = ordered(5000);
    cr_assert_eq(rig->board.reboots, 0);
    struct fake_uplink u = rig_next_uplink(rig, 700);
    cr_assert_eq(u.fport, 2, "reports go on");
    cr_assert_eq(u.payload[15], UPDATE_VALID);
    uint64_t at = rig->board.now + 250u * TICKS_PER_S;
    script.ordered_at = at;
    rig_run_s(rig, 100);
    cr_assert_eq(rig->board.reboots, 0);
    rig_run_s(rig, 400);
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_geq(rig->board.now, at);
    cr_assert_lt(rig->board.now, at + 10u * TICKS_PER_S);
    rig_destroy(rig);
}

/* It names the time: nothing that wants to leave delays it, an exchange on air is not cut. */
Test(fw, planned_reboot_comes_without_an_image_and_before_what_wants_to_leave)
{
    struct rig *rig = rig_joined();
    (void)rig_next_uplink(rig, 700);
    script.ordered_at = rig->board.now; /* as after DevRebootTimeReq 0 in the window */
    script.uplink_at = rig->board.now;
    script.uplink_size = 20;
    rig_run_s(rig, 200);
    cr_assert_eq(rig->board.reboots, 1);
    cr_assert_eq(script.commits, 0);
    cr_assert_geq(rig->board.now, rig->board.tx_end + 2u * TICKS_PER_S, "RX2 is over");
    rig_destroy(rig);
}

Test(fw, image_that_the_server_deleted_is_not_installed)
{
    struct rig *rig = ordered(1000);
    rig->fw.core.update.status = UPDATE_NONE; /* DevDeleteImageReq */
    rig_run_s(rig, 1000);
    cr_assert(script.block_used);
    cr_assert_eq(rig->fw.install, FW_INSTALL_NONE);
    rig_destroy(rig);
}

Test(fw, verification_waits_for_a_busy_flash_without_spinning)
{
    struct rig *rig = rig_joined();
    script.flash_busy = true;
    give_block(UPDATE_VALID);
    script.verify_steps_left = 3;
    (void)rig_next_uplink(rig, 70);
    rig_run_s(rig, 10);
    cr_assert_eq(script.commits, 0);
    script.flash_busy = false;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now);
    rig_run(rig);
    cr_assert_eq(script.commits, 1);
    rig_destroy(rig);
}

/* The block of RAM may be copied while the device runs: it holds no pointer into itself. */
Test(fw, copy_of_the_ram_block_goes_on_like_the_original)
{
    struct rig *rig = rig_joined();
    struct rig *twin = malloc(sizeof *twin);
    memcpy(twin, rig, sizeof *twin);
    twin->hal.board = &twin->board;
    twin->hal.ops = &twin->ops;
    twin->fw.core.hal = twin->fw.core.nvm.hal = twin->fw.report.hal = twin->hal;
    memset(&rig->fw, 0xFF, sizeof rig->fw);
    struct fake_uplink u = rig_next_uplink(twin, 70);
    cr_assert(u.mic_ok);
    free(rig);
    rig_destroy(twin);
}
