/* Unicast, as delivery and as repair, together with the other parts of an update.
 * SPDX-License-Identifier: MIT
 *
 * Goal: each device is confirmed whatever is combined with what, installs the image that was sent
 * byte for byte (the audits of a run look), and what was combined demonstrably took part: proofs
 * were accepted, the block was the delta, the NOR holds no plain code, the server was down, the
 * reboots fell into the common time.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "nor_dump.h"
#include "results/device_table.h"
#include "support/trial.h"
#include "update/flash_map.h"
#include "update/image.h"

#define DEVICES   10u
#define CODE_SIZE (20u * KIB)
#define HOUR_NS   (3600 * SIM_NS_PER_S)

#define WORLD                                                                                      \
    "name: mixtures\n"                                                                             \
    "duration: 4 d\n"                                                                              \
    "area: {shape: disc, radius: 1500 m}\n"                                                        \
    "propagation: {model: okumura-hata, environment: urban, shadowing: {sigma: 0 dB}, "            \
    "fading: rayleigh}\n"                                                                          \
    "gateways: {count: 1}\n"                                                                       \
    "devices: [{name: d, count: 10, boot: {spread: 10 min}, report: {period: 20 min}}]\n"          \
    "firmware: {image: generated, size: 20 KiB}\n"

#define FETCHED WORLD "campaign: {start: 30 min, delivery: unicast, delivery_timeout: 2 d}\n"
/* Nothing but uncoded fragments by multicast: most devices lack some. */
#define REPAIRED                                                                                   \
    WORLD "campaign: {start: 30 min, set_up: {window: 90 min}, fragment_size: 48 B, "              \
          "redundancy: 0 %, correction: {policy: fixed, timeout: 1 h, unicast_below: 10}}\n"

#define PROVED "campaign.verify=server-mic-sha256 signature"

static struct trial *play(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    cr_assert_eq(trial_value(trial, "security.bad_installs"), 0);
    return trial;
}

static struct device_line line_of(const struct trial *trial, uint32_t device)
{
    struct device_line line;
    device_line_get(trial->world, trial->recorders, device, false, &line);
    return line;
}

static void expect_lines(const struct trial *trial, const char *delivery, const char *block)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct device_line line = line_of(trial, i);
        cr_expect_str_eq(line.delivery, delivery, "device %u", i);
        cr_expect_str_eq(line.block, block, "device %u", i);
    }
}

/* --- proof ------------------------------------------------------------------------------------ */

Test(unicast_mixtures, proof_of_each_kind)
{
    static const char *const kinds[] = { "campaign.verify=checksum signature",
        "campaign.verify=server-mic-crc64 block-mic signature", PROVED };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const char *const sets[] = { kinds[k], "firmware.size=4 KiB" };
        struct trial *trial = play(FETCHED, sets, 2);
        for (uint32_t i = 0; i < DEVICES; i++) {
            cr_expect_str_eq(line_of(trial, i).proof, "accepted", "%s, device %u", kinds[k], i);
        }
        trial_destroy(trial);
    }
}

/* --- delta, encryption ------------------------------------------------------------------------ */

Test(unicast_mixtures, delta)
{
    const char *const sets[] = { "firmware.delivery=delta" };
    struct trial *trial = play(FETCHED, sets, 1);
    double patch = trial_value(trial, "delta.patch_bytes");
    uint32_t nb_frag = (uint32_t)(patch + 46) / 47;
    expect_lines(trial, "unicast", "delta");
    cr_expect_eq(trial_value(trial, "delta.devices.built"), DEVICES);
    for (uint32_t i = 0; i < DEVICES; i++) {
        uint64_t fragments = line_of(trial, i).unicast_fragments;
        cr_expect(fragments >= nb_frag && fragments < 2u * nb_frag, "device %u: %lu of %u", i,
                (unsigned long)fragments, nb_frag);
    }
    trial_destroy(trial);
}

Test(unicast_mixtures, delta_that_is_repaired)
{
    /* Fragments of 12 bytes, for there are to be many. */
    const char *const sets[] = { "firmware.delivery=delta", "campaign.fragment_size=12 B",
        "area.radius=2 km" };
    struct trial *trial = play(REPAIRED, sets, 3);
    expect_lines(trial, "multicast", "delta");
    cr_expect_eq(trial_value(trial, "missing_fragments.coded_sent"), 0, "nothing by multicast");
    cr_expect_gt(trial_value(trial, "unicast_fragments.devices"), 3);
    cr_expect_eq(trial_value(trial, "delta.devices.built"), DEVICES);
    trial_destroy(trial);
}

/* Windows of plain code in the NOR of all devices, over the run. */
static uint32_t plain_windows(const char *text, const char *const *sets, size_t set_count)
{
    struct trial *trial = trial_create(text, sets, set_count);
    struct nor_windows *windows = nor_windows_create();
    uint8_t *dump = malloc(NOR_SIZE);
    const struct built_image *image = &trial->world->images[0];
    nor_windows_add(
            windows, image->bytes + IMAGE_HEADER_SIZE, image->size_bytes - IMAGE_HEADER_SIZE);
    uint32_t found = 0;
    sim_ns now_ns = 0;
    while (trial_go(trial, now_ns += HOUR_NS / 2)) {
        for (uint32_t i = 0; i < DEVICES; i++) {
            nor_dump_read(trial, i, dump);
            nor_dump_hide_headers(dump);
            found += nor_dump_count(windows, dump);
        }
    }
    cr_expect_null(trial_failure(trial));
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    free(dump);
    nor_windows_destroy(windows);
    trial_destroy(trial);
    return found;
}

Test(unicast_mixtures, encryption)
{
    const char *const plain[] = { "firmware.encryption=off", "firmware.size=6 KiB" };
    const char *const whole[] = { "firmware.encryption=on", "firmware.size=6 KiB" };
    const char *const delta[] = { "firmware.encryption=on", "firmware.delivery=delta" };
    cr_expect_gt(plain_windows(FETCHED, plain, 2), 0, "the search finds what is there");
    cr_expect_eq(plain_windows(FETCHED, whole, 2), 0);
    cr_expect_eq(plain_windows(FETCHED, delta, 2), 0);
    cr_expect_eq(plain_windows(REPAIRED, whole, 2), 0);
}

/* --- restart of the server -------------------------------------------------------------------- */

/* It is down again and again while devices fetch, or are repaired. */
static void restart_with(const char *world, const char *const *sets, size_t set_count)
{
    char text[2048];
    snprintf(text, sizeof text,
            "%sfaults: [{kind: server-restart, at: 50 min, every: 17 min, "
            "duration: 3 min}]\n",
            world);
    struct trial *trial = play(text, sets, set_count);
    for (uint32_t i = 0; i < DEVICES; i++) {
        uint64_t rounds = line_of(trial, i).rounds.count;
        cr_expect_eq(rounds, 1, "device %u: a restart is no further round", i);
    }
    trial_destroy(trial);
}

Test(unicast_mixtures, restart_of_the_server)
{
    const char *const small[] = { "firmware.size=6 KiB" };
    const char *const proved[] = { "firmware.size=6 KiB", PROVED };
    restart_with(FETCHED, small, 1);
    restart_with(FETCHED, proved, 2);
    restart_with(REPAIRED, small, 1);
}

/* --- installation at a common time ------------------------------------------------------------ */

Test(unicast_mixtures, common_time)
{
    const char *const sets[] = { "firmware.size=6 KiB", "campaign.install.policy=common-time",
        "campaign.install.after=12 h", PROVED };
    static const char *const worlds[] = { FETCHED, REPAIRED };
    for (size_t w = 0; w < 2; w++) {
        struct trial *trial = play(worlds[w], sets, 4);
        sim_ns at_ns = 12 * HOUR_NS + HOUR_NS / 2;
        for (uint32_t i = 0; i < DEVICES; i++) {
            struct device_line line = line_of(trial, i);
            cr_expect_str_eq(line.reboot, "told", "device %u", i);
            cr_expect_eq(line.reboot_ns, at_ns, "device %u", i);
            cr_expect(line.installed_ns >= at_ns && line.installed_ns < at_ns + HOUR_NS / 6,
                    "device %u: %.1f s later", i, (double)(line.installed_ns - at_ns) / 1e9);
        }
        trial_destroy(trial);
    }
}
