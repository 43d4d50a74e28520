/* The main loop over the real MAC and a scripted chip: boot, who gets the uplink, sessions,
 * install. Services and update are doubles that this file scripts.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "device/support/fake_network.h"
#include "fw.h"
#include "fw_state.h"
#include "trace.h"

#define TICKS_PER_S 32768u

/* --- doubles --------------------------------------------------------------------------------- */

static struct {
    bool image_whole;
    struct factory factory;
    uint64_t uplink_at;
    uint8_t uplink_size;
    unsigned builds;
    unsigned downlinks;
    uint8_t downlink_fport;
    bool session;
    bool block_ready;
    bool block_used;
    unsigned verify_steps_left;
    enum update_status verdict;
    unsigned commits;
    bool flash_busy;
    unsigned flash_notes;
} script;

bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause)
{
    return script.image_whole;
}

bool factory_read(const struct hal *hal, struct factory *factory)
{
    *factory = script.factory;
    return true;
}

bool update_running_image(const struct hal *hal, struct image_info *info)
{
    *info = (struct image_info){ .version = 0x01020003u, .sha256 = { 0xAB, 0xCD } };
    return true;
}

void update_init(struct update *update, const struct hal *hal)
{
    memset(update, 0, sizeof *update);
}

void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size)
{
    update->region = region;
    update->address = address;
    update->size = size;
    update->status = UPDATE_BUSY;
}

bool update_step(struct update *update, const struct factory *factory, const struct nvm *nvm)
{
    if (script.verify_steps_left > 0 && --script.verify_steps_left > 0) {
        return true;
    }
    update->status = script.verdict;
    return false;
}

enum update_status update_status(const struct update *update)
{
    return update->status;
}

void update_commit(struct update *update, struct nvm *nvm)
{
    script.commits++;
}

void services_init(struct services *services, const struct services_env *env)
{
}

void services_on_downlink(struct services *services, const struct services_env *env,
        const struct mac_downlink *downlink)
{
    script.downlinks++;
    script.downlink_fport = downlink->fport;
}

void services_on_flash_done(struct services *services, const struct services_env *env)
{
    script.flash_notes++;
}

uint64_t services_step_at(const struct services *services, const struct services_env *env)
{
    return HAL_TICKS_NEVER;
}

bool services_step(struct services *services, const struct services_env *env, uint64_t now_ticks)
{
    return false;
}

uint64_t services_uplink_at(const struct services *services, const struct services_env *env)
{
    return script.uplink_at;
}

size_t services_build_uplink(struct services *services, const struct services_env *env,
        uint64_t now_ticks, uint8_t *payload, size_t size_max, uint8_t *fport)
{
    script.builds++;
    if (script.uplink_size > 0) {
        script.uplink_at = HAL_TICKS_NEVER;
        memset(payload, 0x77, script.uplink_size);
        *fport = 200;
    }
    return script.uplink_size;
}

bool services_session_active(
        const struct services *services, const struct services_env *env, uint64_t now_ticks)
{
    return script.session;
}

bool fragmentation_take_block(
        struct fragmentation *frag, uint32_t *nor_address, uint32_t *size_bytes)
{
    bool ready = script.block_ready;
    script.block_ready = false;
    *nor_address = 0x1000;
    *size_bytes = 5000;
    return ready;
}

void fragmentation_block_used(struct fragmentation *frag, const struct services_env *env)
{
    script.block_used = true;
}

/* --- rig ------------------------------------------------------------------------------------- */

struct rig {
    struct fake_board board;
    struct hal_ops ops;
    struct hal hal;
    struct fw fw;
    struct fake_keys keys;
    unsigned runs;
};

static bool flash_busy(void *board, enum hal_flash_region region)
{
    return script.flash_busy;
}

static void flash_notify(void *board, enum hal_flash_region region)
{
}

static struct rig *create(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    fake_board_init(&rig->board, 3);
    rig->hal = fake_board_hal(&rig->board);
    rig->ops = *rig->hal.ops;
    rig->ops.flash_busy = flash_busy;
    rig->ops.flash_notify = flash_notify;
    rig->hal.ops = &rig->ops;
    rig->board.now = 50;
    memset(&script, 0, sizeof script);
    script.image_whole = true;
    script.uplink_at = HAL_TICKS_NEVER;
    script.factory = (struct factory){ .dev_eui = { 1 }, .app_key = { 2 }, .report_period_s = 600 };
    return rig;
}

static void boot(struct rig *rig, enum hal_reset_cause cause)
{
    fake_board_reset(&rig->board);
    memset(&rig->fw, 0xA5, sizeof rig->fw); /* RAM holds nothing of the past */
    fleetcast_fw.boot(&rig->fw, &rig->hal, cause);
    while (fleetcast_fw.run(&rig->fw)) {
        cr_assert_lt(++rig->runs, 1000000u);
    }
}

static void run(struct rig *rig)
{
    unsigned in_a_row = 0;
    while (fleetcast_fw.run(&rig->fw)) {
        cr_assert_lt(++in_a_row, 1000u, "the main loop spins");
    }
    rig->runs++;
}

static void run_until(struct rig *rig, uint64_t ticks)
{
    struct fake_board *board = &rig->board;
    for (;;) {
        uint64_t edge_at = fake_chip_edge_at(board);
        uint64_t at = edge_at < board->alarm_at ? edge_at : board->alarm_at;
        if (at > ticks || board->reboots > 0) {
            break;
        }
        board->now = at > board->now ? at : board->now;
        if (edge_at <= board->now) {
            int dio = fake_chip_edge(board);
            if (dio >= 0) {
                fleetcast_fw.irq(&rig->fw, (enum fw_irq)(FW_IRQ_DIO0 + dio), board->now);
            }
        } else {
            board->alarm_at = HAL_TICKS_NEVER;
            fleetcast_fw.irq(&rig->fw, FW_IRQ_ALARM, board->now);
        }
        run(rig);
    }
    board->now = ticks > board->now && board->reboots == 0 ? ticks : board->now;
}

static void run_s(struct rig *rig, unsigned seconds)
{
    run_until(rig, rig->board.now + (uint64_t)seconds * TICKS_PER_S);
}

static void run_to_tx(struct rig *rig, unsigned limit_s)
{
    unsigned count = rig->board.tx_count;
    for (unsigned i = 0; i < limit_s * 100u && rig->board.tx_count == count; i++) {
        run_until(rig, rig->board.now + TICKS_PER_S / 100u);
    }
    cr_assert_eq(rig->board.tx_count, count + 1, "nothing was sent in %u s", limit_s);
}

static void answer(struct rig *rig, const uint8_t *bytes, size_t size)
{
    struct fake_air *air = &rig->board.air;
    uint64_t delay_s = rig->board.tx[0] == 0 ? 5 : 1;
    *air = (struct fake_air){ .present = true,
        .inverted = true,
        .size = (uint8_t)size,
        .start_ticks = rig->board.tx_end + delay_s * TICKS_PER_S,
        .frequency_hz = rig->board.tx_frequency_hz,
        .spreading_factor = rig->board.tx_spreading_factor };
    memcpy(air->bytes, bytes, size);
}

static void join(struct rig *rig)
{
    uint8_t accept[33];
    boot(rig, HAL_RESET_POWER_ON);
    run_to_tx(rig, 10);
    size_t size = fake_write_join_accept(
            script.factory.app_key, 1, 0, BENCH_DEV_ADDR, 0, 1, NULL, accept);
    answer(rig, accept, size);
    rig->keys = fake_session_keys(script.factory.app_key, 1, 0, 0);
    run_s(rig, 6);
    cr_assert(mac_joined(&rig->fw.core.mac));
}

static struct rig *joined(void)
{
    struct rig *rig = create();
    join(rig);
    return rig;
}

static struct fake_uplink next_uplink(struct rig *rig, unsigned limit_s)
{
    run_to_tx(rig, limit_s);
    return fake_read_uplink(&rig->keys, rig->board.tx, rig->board.tx_size, 0);
}

static void destroy(struct rig *rig)
{
    cr_assert_eq(rig->board.panics, 0, "device assertion at line %d", rig->board.panic_line);
    cr_assert_eq(rig->board.fifo_in_sleep, 0);
    free(rig);
}

/* --- tests ----------------------------------------------------------------------------------- */

Test(fw, table_describes_the_ram_block)
{
    cr_assert_eq(fleetcast_fw.version, FW_OPS_VERSION);
    cr_assert_eq(fleetcast_fw.size, sizeof(struct fw_ops));
    cr_assert_eq(fleetcast_fw.ram_size_bytes, sizeof(struct fw));
    cr_assert_leq(fleetcast_fw.ram_size_bytes, 12u * 1024u);
}

Test(fw, boots_joins_and_reports_with_a_time_request)
{
    struct rig *rig = joined();
    cr_assert_eq(fake_trace_last(&rig->board, FW_TRACE_BOOTED)->b, 0x01020003u);
    struct fake_uplink u = next_uplink(rig, 70);
    cr_assert(u.mic_ok);
    cr_assert_eq(u.fport, (int)REPORT_FPORT);
    cr_assert_eq(u.payload_size, REPORT_SIZE_DEFAULT);
    static const uint8_t expected[20] = { 3, 0, 2, 1, 0xAB, 0xCD, 0, 0, 0, 0, 0, 0, 200,
        (uint8_t)-55, 0xFF, 0, 0, 0, 0, 0 };
    cr_assert_arr_eq(u.payload, expected, sizeof expected);
    bool asked = false;
    for (unsigned i = 0; i < u.fopts_size; i++) {
        asked = asked || u.fopts[i] == 0x0D;
    }
    cr_assert(asked, "DeviceTimeReq");
    destroy(rig);
}

Test(fw, reports_keep_their_period)
{
    struct rig *rig = joined();
    uint64_t last = 0;
    for (unsigned i = 0; i < 5; i++) {
        struct fake_uplink u = next_uplink(rig, 620);
        cr_assert_eq(u.fport, (int)REPORT_FPORT);
        cr_assert(i == 0 || rig->board.tx_start - last >= 598 * TICKS_PER_S);
        cr_assert(i == 0 || rig->board.tx_start - last <= 602 * TICKS_PER_S);
        last = rig->board.tx_start;
        run_s(rig, 10);
    }
    destroy(rig);
}

Test(fw, random_phase_spreads_the_first_report_over_the_period)
{
    unsigned late = 0;
    for (unsigned i = 0; i < 40; i++) {
        struct rig *rig = create();
        rig->board.entropy_state = i;
        struct report report;
        script.factory.boot_options = 1;
        report_init(&report, &rig->hal, &script.factory, HAL_RESET_POWER_ON);
        cr_assert_leq(report.next_at_ticks, rig->board.now + 600 * TICKS_PER_S);
        late += report.next_at_ticks > 300 * TICKS_PER_S;
        report_init(&report, &rig->hal, &script.factory, HAL_RESET_SOFTWARE);
        cr_assert_leq(report.next_at_ticks, rig->board.now + 60 * TICKS_PER_S);
        destroy(rig);
    }
    cr_assert(late > 10 && late < 30, "%u", late);
}

Test(fw, services_go_before_the_report)
{
    struct rig *rig = joined();
    script.uplink_at = rig->fw.report.next_at_ticks;
    script.uplink_size = 9;
    struct fake_uplink u = next_uplink(rig, 70);
    cr_assert_eq(u.fport, 200);
    cr_assert_eq(u.payload_size, 9);
    u = next_uplink(rig, 200);
    cr_assert_eq(u.fport, (int)REPORT_FPORT);
    destroy(rig);
}

Test(fw, service_that_has_nothing_to_say_after_all_does_not_spin)
{
    struct rig *rig = joined();
    script.uplink_at = 0;
    script.uplink_size = 0;
    unsigned before = script.builds;
    run_s(rig, 100);
    cr_assert_leq(script.builds - before, 110);
    cr_assert_geq(script.builds - before, 30);
    destroy(rig);
}

Test(fw, session_holds_reports_back_and_counts_them)
{
    struct rig *rig = joined();
    script.session = true;
    unsigned sent = rig->board.tx_count;
    run_s(rig, 3000);
    cr_assert_eq(rig->board.tx_count, sent);
    unsigned held = fake_trace_count(&rig->board, FW_TRACE_UPLINK_HELD);
    cr_assert(held >= 4 && held <= 6, "%u", held);
    script.session = false;
    struct fake_uplink u = next_uplink(rig, 620);
    cr_assert_eq(u.payload[16], held);
    destroy(rig);
}

Test(fw, reports_go_on_in_a_session_where_the_factory_says_so)
{
    struct rig *rig = create();
    script.factory.boot_options = FACTORY_OPTION_REPORT_SESSION;
    join(rig);
    script.session = true;
    unsigned sent = rig->board.tx_count;
    run_s(rig, 3000);
    cr_assert(rig->board.tx_count >= sent + 4 && rig->board.tx_count <= sent + 6);
    cr_assert_eq(fake_trace_count(&rig->board, FW_TRACE_UPLINK_HELD), 0);
    destroy(rig);
}

/* Reports are confirmed where the factory says so; what services send is not. */
Test(fw, reports_are_confirmed_and_repeated_where_the_factory_says_so)
{
    struct rig *rig = create();
    script.factory.boot_options = FACTORY_OPTION_REPORT_CONFIRMED;
    script.factory.nb_trans = 2;
    script.factory.report_size = 1;
    join(rig);
    uint8_t first[255];
    struct fake_uplink u = next_uplink(rig, 70);
    cr_assert(u.mic_ok && u.mhdr == 0x80);
    cr_assert_eq(u.payload_size, 1);
    cr_assert_eq(u.payload[0], 3, "the version's first byte");
    memcpy(first, rig->board.tx, rig->board.tx_size);
    run_to_tx(rig, 60);
    cr_assert_arr_eq(rig->board.tx, first, rig->board.tx_size);
    run_s(rig, 30);
    script.uplink_at = 0;
    script.uplink_size = 9;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now); /* whatever wakes it */
    run(rig);
    u = next_uplink(rig, 200);
    cr_assert(u.mic_ok && u.mhdr == 0x40 && u.fport == 200);
    destroy(rig);
}

static bool asks_for_the_time(const struct fake_uplink *u)
{
    for (unsigned i = 0; i < u->fopts_size; i++) {
        if (u->fopts[i] == 0x0D) {
            return true;
        }
    }
    return false;
}

/* Reports come each 10 min and the clock is set once, by hand, between the first two. */
Test(fw, the_clock_is_asked_for_at_the_age_of_the_factory_or_never)
{
    static const struct {
        uint16_t refresh_h;
        unsigned asks_from_report; /* after the clock was set */
    } rows[] = { { 1, 7 }, { 2, 13 }, { 0, 145 }, { FACTORY_CLOCK_REFRESH_NEVER, UINT16_MAX } };
    for (unsigned row = 0; row < 4; row++) {
        struct rig *rig = create();
        script.factory.clock_refresh_h = rows[row].refresh_h;
        join(rig);
        struct fake_uplink u = next_uplink(rig, 70);
        cr_assert_eq(asks_for_the_time(&u), rows[row].refresh_h != FACTORY_CLOCK_REFRESH_NEVER);
        rig->fw.core.clock.valid = true;
        rig->fw.core.clock.set_at_ticks = rig->board.now;
        for (unsigned i = 1; i < 150; i++) {
            run_s(rig, 100);
            u = next_uplink(rig, 620);
            /* Each 600 s: number 6 comes when the clock is 1 h old to the tick, give or take. */
            bool boundary = i + 1 == rows[row].asks_from_report;
            cr_assert(boundary || asks_for_the_time(&u) == (i >= rows[row].asks_from_report),
                    "row %u report %u", row, i);
        }
        destroy(rig);
    }
}

Test(fw, a_commissioned_device_reports_without_a_join)
{
    struct rig *rig = create();
    struct fake_board *board = &rig->board;
    board->join_accept_size = fake_write_join_accept(
            script.factory.app_key, 5, 0, BENCH_DEV_ADDR, 0, 1, NULL, board->join_accept);
    board->join_accept_dev_nonce = 0;
    rig->keys = fake_session_keys(script.factory.app_key, 5, 0, 0);
    boot(rig, HAL_RESET_POWER_ON);
    cr_assert(mac_joined(&rig->fw.core.mac));
    struct fake_uplink u = next_uplink(rig, 70);
    cr_assert(u.mic_ok && u.fport == (int)REPORT_FPORT && u.fcnt == 0);
    cr_assert_eq(fake_trace_count(board, FW_TRACE_JOIN_REQUESTED), 0);
    cr_assert_eq(fake_trace_count(board, FW_TRACE_JOINED), 1);
    destroy(rig);
}

Test(fw, open_exchange_is_polled_but_not_in_a_session)
{
    struct rig *rig = joined();
    uint8_t frame[255];
    struct fake_downlink downlink = {
        .dev_addr = BENCH_DEV_ADDR, .fctrl = 0x10, .fport = 200, .payload = frame, .payload_size = 2
    };
    size_t size = fake_write_downlink(&rig->keys, &downlink, frame);
    (void)next_uplink(rig, 70);
    answer(rig, frame, size);
    run_s(rig, 2);
    cr_assert_eq(script.downlinks, 1);
    cr_assert_eq(script.downlink_fport, 200);
    script.session = true;
    unsigned sent = rig->board.tx_count;
    run_s(rig, 60);
    cr_assert_eq(rig->board.tx_count, sent);
    script.session = false;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now); /* whatever wakes it */
    run(rig);
    struct fake_uplink u = next_uplink(rig, 60);
    cr_assert_eq(u.fport, -1);
    cr_assert_eq(script.flash_notes, 1);
    destroy(rig);
}

Test(fw, authentic_block_is_committed_and_installed_by_a_restart)
{
    struct rig *rig = joined();
    script.block_ready = true;
    script.verify_steps_left = 20;
    script.verdict = UPDATE_VALID;
    (void)next_uplink(rig, 70);
    run_s(rig, 2);
    cr_assert(script.block_used);
    cr_assert_eq(script.commits, 1);
    run_s(rig, 200);
    cr_assert_eq(rig->board.reboots, 1);
    /* Not before the duty cycle was paid: after the restart nobody remembers it. */
    double airtime_s = fake_airtime_us(7, rig->board.tx_size, true) / 1e6;
    double since_s = (double)(rig->board.now - rig->board.tx_end) / TICKS_PER_S;
    cr_assert_geq(since_s, 98.9 * airtime_s);
    boot(rig, HAL_RESET_SOFTWARE);
    cr_assert(mac_joined(&rig->fw.core.mac));
    cr_assert_eq(rig->fw.report.reboots, 1);
    destroy(rig);
}

Test(fw, restart_waits_for_the_end_of_the_session)
{
    struct rig *rig = joined();
    script.session = true;
    script.block_ready = true;
    script.verdict = UPDATE_VALID;
    run_s(rig, 1500);
    cr_assert_eq(script.commits, 1);
    cr_assert_eq(rig->board.reboots, 0);
    script.session = false;
    run_s(rig, 700);
    cr_assert_eq(rig->board.reboots, 1);
    destroy(rig);
}

Test(fw, refused_block_is_reported_and_not_installed)
{
    struct rig *rig = joined();
    script.block_ready = true;
    script.verdict = UPDATE_BAD_SIGNATURE;
    struct fake_uplink u = next_uplink(rig, 700);
    if (!script.block_used || u.payload[15] == 0) {
        run_s(rig, 10);
        u = next_uplink(rig, 700);
    }
    cr_assert(script.block_used);
    cr_assert_eq(script.commits, 0);
    cr_assert_eq(rig->board.reboots, 0);
    cr_assert_eq(u.payload[15], UPDATE_BAD_SIGNATURE);
    destroy(rig);
}

Test(fw, verification_waits_for_a_busy_flash_without_spinning)
{
    struct rig *rig = joined();
    script.flash_busy = true;
    script.block_ready = true;
    script.verify_steps_left = 3;
    script.verdict = UPDATE_VALID;
    (void)next_uplink(rig, 70);
    run_s(rig, 10);
    cr_assert_eq(script.commits, 0);
    script.flash_busy = false;
    fleetcast_fw.irq(&rig->fw, FW_IRQ_FLASH_DONE, rig->board.now);
    run(rig);
    cr_assert_eq(script.commits, 1);
    destroy(rig);
}

Test(fw, without_a_whole_image_nothing_runs)
{
    struct rig *rig = create();
    script.image_whole = false;
    boot(rig, HAL_RESET_BROWNOUT);
    run_s(rig, 1000);
    cr_assert_eq(rig->board.tx_count, 0);
    cr_assert_not(fleetcast_fw.run(&rig->fw));
    destroy(rig);
}

/* The block of RAM may be copied while the device runs: it holds no pointer into itself. */
Test(fw, copy_of_the_ram_block_goes_on_like_the_original)
{
    struct rig *rig = joined();
    struct rig *twin = malloc(sizeof *twin);
    memcpy(twin, rig, sizeof *twin);
    twin->hal.board = &twin->board;
    twin->hal.ops = &twin->ops;
    twin->fw.core.hal = twin->fw.core.nvm.hal = twin->fw.report.hal = twin->hal;
    memset(&rig->fw, 0xFF, sizeof rig->fw);
    struct fake_uplink u = next_uplink(twin, 70);
    cr_assert(u.mic_ok);
    free(rig);
    destroy(twin);
}
