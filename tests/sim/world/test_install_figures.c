/* What an install costs on the boards of the two flash maps: time and energy of each part.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a plain image of 33 KiB replaces one of 32 KiB, crashes, and is reverted. Parts: the copy
 * into the slot for new images, where the board has one for full images; what the bootloader does
 * before it touches the running slot (checks, and saves the old image); the install; the revert.
 * Right values, by hand: what erases and programs take by the data sheets (STM32L072 3.2 ms for a
 * page and for a half page, W25Q80 45 ms for a sector and 0.7 ms for a page; STM32L476 22 ms for a
 * page of 2 KiB, 81.7 us for a double word, MX25R8035F 1 us for a byte read), digests and
 * signatures by the cycles of the board file. The MCU runs all the time.
 *
 * Prints the rows of docs/models.md; FLEETCAST_INSTALL_KIB is another size, for the print alone.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/trial.h"
#include "trace.h"
#include "update/image.h"

static const char text[] =
        "name: figures\n"
        "duration: 40 h\n"
        "run_on: 20 h\n"
        "on_guest_error: count\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space}\n"
        "gateways: {count: 1}\n"
        "devices:\n"
        "- {name: a, count: 1, boot: {spread: 1 min}, report: {period: 1 h}, trial: 12 h}\n"
        "- {name: b, count: 1, boot: {spread: 1 min}, report: {period: 1 h}}\n"
        "firmware: {image: generated, size: 32 KiB, builds: [{image: generated}]}\n"
        "campaigns:\n"
        "- {name: first, devices: b, start: 30 min, set_up: {window: 1 h}}\n"
        "- {name: second, devices: a, start: 6 h, set_up: {window: 1 h}}\n";

#define OLD_KIB  32u
#define OLD_CODE 32768.0
#define NEW_CODE 33792.0

enum part {
    PART_COPY,
    PART_SAVE,
    PART_INSTALL,
    PART_REVERT,
    PART_COUNT
};

static const char *const part_names[PART_COUNT] = { "copy", "check, save", "install", "revert" };

struct figures {
    const struct world *world;
    sim_ns from_ns[PART_COUNT];
    struct energy_states from[PART_COUNT], used[PART_COUNT];
    double seconds[PART_COUNT];
    double joules[PART_COUNT];
};

static void begin(struct figures *figures, enum part part, sim_ns at_ns)
{
    figures->from_ns[part] = at_ns;
    node_energy_states(figures->world->nodes, 0, at_ns, &figures->from[part]);
}

static void end(struct figures *figures, enum part part, sim_ns at_ns)
{
    struct energy_states states;
    node_energy_states(figures->world->nodes, 0, at_ns, &states);
    figures->seconds[part] = (double)(at_ns - figures->from_ns[part]) / SIM_NS_PER_S;
    figures->joules[part] = 0;
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        figures->used[part].joule[i] = states.joule[i] - figures->from[part].joule[i];
        figures->joules[part] += figures->used[part].joule[i];
    }
}

static const struct mark {
    enum fw_trace id;
    enum part part;
    bool begins;
} marks[] = {
    { FW_TRACE_COPY_STARTED, PART_COPY, true },
    { FW_TRACE_COPIED, PART_COPY, false },
    { FW_TRACE_IMAGE_SAVED, PART_SAVE, false },
    { FW_TRACE_INSTALL_STARTED, PART_INSTALL, true },
    { FW_TRACE_INSTALLED, PART_INSTALL, false },
    { FW_TRACE_REVERT_STARTED, PART_REVERT, true },
    { FW_TRACE_REVERTED, PART_REVERT, false },
};

static void watch(void *context, const struct observation *o)
{
    struct figures *figures = context;
    if (o->entity != figures->world->first_device) {
        return;
    }
    if (o->kind == OBSERVE_NODE_RESET) {
        if (figures->seconds[PART_SAVE] == 0) {
            begin(figures, PART_SAVE, o->at_ns);
        }
        return;
    }
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (marks[i].id == o->a && marks[i].begins) {
            begin(figures, marks[i].part, o->at_ns);
        } else if (marks[i].id == o->a) {
            end(figures, marks[i].part, o->at_ns);
        }
    }
}

static struct figures play(const char *board, unsigned old_kib)
{
    char sets[5][512];
    const char *list[5] = { sets[0], sets[1], sets[2], sets[3], sets[4] };
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(sets[0], sizeof sets[0], "devices.a.board=%s", board);
    snprintf(sets[1], sizeof sets[1], "firmware.size=%u KiB", old_kib);
    snprintf(sets[2], sizeof sets[2], "firmware.builds.0.size=%u KiB", old_kib + 1);
    snprintf(sets[3], sizeof sets[3], "campaigns.second.firmware.size=%u KiB", old_kib + 1);
    snprintf(sets[4], sizeof sets[4],
            "firmware.builds.0.build=%s/tests/models/firmware/firmware_crashes_at_start.so",
            folder);
    struct trial *trial = trial_create(text, list, 5);
    struct figures figures = { .world = trial->world };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NODE_RESET), watch, &figures);
    trial_play(trial);
    cr_assert_gt(figures.seconds[PART_INSTALL], 0);
    cr_assert_gt(figures.seconds[PART_REVERT], 0);
    printf("# %s, %u KiB replaces %u KiB\n", board, old_kib + 1, old_kib);
    for (int i = 0; i < PART_COUNT; i++) {
        printf("#   %-12s %8.3f s %8.2f mJ\n", part_names[i], figures.seconds[i],
                1e3 * figures.joules[i]);
    }
    trial_destroy(trial);
    return figures;
}

/* --- by hand -----------------------------------------------------------------------------------
 */

static double units(double bytes, double unit)
{
    double whole = (double)(uint32_t)(bytes / unit);
    return whole * unit < bytes ? whole + 1 : whole;
}

/* Internal flash, erased and programmed with header and code. */
static double l0_write_s(double code)
{
    double size = IMAGE_HEADER_SIZE + code;
    return units(size, 128) * 3.2e-3 + units(size, 64) * 3.2e-3;
}

static double l4_write_s(double code)
{
    double size = IMAGE_HEADER_SIZE + code;
    return units(size, 2048) * 22e-3 + units(size, 8) * 81.7e-6;
}

/* A record of 108 bytes in words, or half pages where it fills them; in double words. */
#define L0_RECORD_S (28 * 3.2e-3)
#define L4_RECORD_S (15 * 81.7e-6)

static double l0_digest_s(double code)
{
    return units(code, 64) * 9000 / 32e6;
}

static double l4_digest_s(double code)
{
    return units(code, 64) * 4000 / 80e6;
}

static void expect_near(double measured, double by_hand, double more, const char *what)
{
    cr_expect(measured >= 0.995 * by_hand && measured <= (1 + more) * by_hand,
            "%s: measured %f, by hand %f", what, measured, by_hand);
}

/* The flash works as long as by hand, and for the record of the boot state; the MCU runs all the
 * time. */
static void expect_energy(const struct figures *figures, enum part part, double flash_s,
        double record_s, double supply_v, double run_a, double flash_a)
{
    const double *joule = figures->used[part].joule;
    expect_near(joule[ENERGY_STATE_INTERNAL_PROGRAM] + joule[ENERGY_STATE_INTERNAL_ERASE],
            supply_v * flash_a * flash_s, record_s / flash_s, "flash");
    expect_near(
            joule[ENERGY_STATE_MCU_RUN], supply_v * run_a * figures->seconds[part], 0.005, "run");
}

Test(install_figures, of_slots_in_nor)
{
    struct figures figures = play("stm32l072-sx1276", OLD_KIB);
    cr_expect_eq(figures.seconds[PART_COPY], 0, "the block is installed as it lies");
    double write_s = l0_write_s(NEW_CODE), back_s = l0_write_s(OLD_CODE);
    /* Two digests and signatures before the save; its copy is read back for another digest, and it
     * is encrypted and decrypted, 3600 cycles a block. */
    double nor_s = units(OLD_CODE + 256, 4096) * 45e-3 + units(OLD_CODE + 256, 256) * 0.7e-3;
    double aes_s = 2 * OLD_CODE / 16 * 3600 / 32e6;
    double save_s =
            2 * l0_digest_s(OLD_CODE) + l0_digest_s(NEW_CODE) + 2 * 30e6 / 32e6 + nor_s + aes_s;
    expect_near(figures.seconds[PART_SAVE], save_s, 0.08, "check, save");
    expect_near(figures.seconds[PART_INSTALL], write_s + l0_digest_s(NEW_CODE), 0.04, "install");
    expect_near(figures.seconds[PART_REVERT], back_s + l0_digest_s(OLD_CODE) + aes_s / 2, 0.04,
            "revert");
    expect_energy(&figures, PART_INSTALL, write_s, L0_RECORD_S, 3.3, 3e-3, 0.5e-3);
    expect_energy(&figures, PART_REVERT, back_s, L0_RECORD_S, 3.3, 3e-3, 0.5e-3);
}

Test(install_figures, of_slots_in_internal_flash)
{
    struct figures figures = play("stm32l476-sx1276", OLD_KIB);
    double write_s = l4_write_s(NEW_CODE), back_s = l4_write_s(OLD_CODE);
    /* The copy erases by 4 KiB and reads the NOR; an erase of the NOR, 58 ms, runs on at its begin,
     * and it saves its state four times, by three programs of 3.2 ms. */
    double copy_s = units(NEW_CODE + 256, 4096) * 44e-3 + units(NEW_CODE + 256, 8) * 81.7e-6
                    + NEW_CODE * 1e-6 + 58e-3 + 4 * 3 * 3.2e-3;
    double save_s = 2 * l4_digest_s(OLD_CODE) + l4_digest_s(NEW_CODE) + 2 * 12e6 / 80e6 + back_s;
    expect_near(figures.seconds[PART_COPY], copy_s, 0.04, "copy");
    expect_near(figures.seconds[PART_SAVE], save_s, 0.02, "check, save");
    expect_near(figures.seconds[PART_INSTALL], write_s + l4_digest_s(NEW_CODE), 0.02, "install");
    expect_near(figures.seconds[PART_REVERT], back_s + l4_digest_s(OLD_CODE), 0.02, "revert");
    expect_energy(&figures, PART_SAVE, back_s, L4_RECORD_S, 3, 10e-3, 3.4e-3);
    expect_energy(&figures, PART_INSTALL, write_s, L4_RECORD_S, 3, 10e-3, 3.4e-3);
    expect_energy(&figures, PART_REVERT, back_s, L4_RECORD_S, 3, 10e-3, 3.4e-3);
}

Test(install_figures, of_another_size_are_printed)
{
    const char *size = getenv("FLEETCAST_INSTALL_KIB");
    if (size != NULL) {
        play("stm32l072-sx1276", (unsigned)strtoul(size, NULL, 10));
        play("stm32l476-sx1276", (unsigned)strtoul(size, NULL, 10));
    }
}
