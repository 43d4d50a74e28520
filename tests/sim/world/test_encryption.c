/* Encryption at rest: at no stage of a campaign does the SPI NOR tell anything of the code.
 * SPDX-License-Identifier: MIT
 *
 * Goal: with `firmware.encryption: on` no window of 32 bytes of an image is ever found in the NOR
 * (windows of one repeated byte say nothing), and no nonce serves two contents. The same search
 * does find them without encryption. Every device installs the image either way.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "nor_dump.h"
#include "update/flash_map.h"
#include "update/image.h"

#define DEVICES   3u
#define CODE_SIZE (20u * KIB)
#define STEP_NS   (20 * SIM_NS_PER_S)

static const char three[] = "name: three\n"
                            "duration: 6 h\n"
                            "area: {radius: 500 m}\n"
                            "gateways: {count: 1}\n"
                            "devices: [{name: d, count: 3, boot: {spread: 5 min}, "
                            "report: {period: 10 min}}]\n"
                            "firmware: {image: generated, size: 20 KiB}\n"
                            "campaign: {start: 20 min, fragment_size: 100 B, "
                            "set_up: {window: 20 min}, "
                            "correction: {timeout: 10 min}, confirm_timeout: 1 h}\n";

/* Boards of the two flash maps. */
#define NOR_SLOTS      "devices.0.board=stm32l072-sx1276"
#define INTERNAL_SLOTS "devices.0.board=stm32l476-sx1276"

struct findings {
    uint32_t plain;  /* windows, over all dumps */
    uint32_t nonces; /* that were seen */
    uint32_t dumps;
    bool shared; /* a nonce served two contents */
};

/* Dumps each device's NOR each time that its flash has worked, from start to end. */
static struct findings search(struct trial *trial)
{
    struct findings findings = { 0 };
    struct nor_windows *windows = nor_windows_create();
    struct nor_nonces *nonces = nor_nonces_create();
    uint8_t *dump = malloc(NOR_SIZE);
    const struct built_image *image = &trial->world->images[0];
    nor_windows_add(
            windows, image->bytes + IMAGE_HEADER_SIZE, image->size_bytes - IMAGE_HEADER_SIZE);
    uint8_t *base = malloc(CODE_SIZE);
    node_flash_peek(trial->world->nodes, 0, HAL_FLASH_INTERNAL,
            FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE, base, CODE_SIZE);
    nor_windows_add(windows, base, CODE_SIZE);
    sim_ns now_ns = 0;
    uint32_t worked[DEVICES] = { 0 };
    bool more = true;
    while (more) {
        more = trial_go(trial, now_ns += STEP_NS);
        for (uint32_t i = 0; i < DEVICES; i++) {
            uint32_t operations = node_flash_operations(trial->world->nodes, i);
            if (operations == worked[i] && more) {
                continue;
            }
            worked[i] = operations;
            nor_dump_read(trial, i, dump);
            findings.shared = findings.shared || !nor_nonces_note(nonces, dump);
            nor_dump_hide_headers(dump);
            findings.plain += nor_dump_count(windows, dump);
            findings.dumps++;
        }
    }
    findings.nonces = nor_nonces_count(nonces);
    free(dump);
    free(base);
    nor_nonces_destroy(nonces);
    nor_windows_destroy(windows);
    return findings;
}

static struct findings search_with(const char *const sets[3])
{
    struct trial *trial = trial_create(three, sets, 3);
    struct findings findings = search(trial);
    cr_expect_null(trial_failure(trial));
    cr_expect_float_eq(trial_value(trial, "devices.confirmed"), DEVICES, 0.0);
    cr_expect_float_eq(trial_value(trial, "security.bad_installs"), 0.0, 0.0);
    cr_expect_gt(findings.dumps, 20);
    trial_destroy(trial);
    return findings;
}

Test(encryption, leaves_no_plain_code_in_the_nor)
{
    const char *const sets[] = { "firmware.encryption=on", "firmware.delivery=full", NOR_SLOTS };
    struct findings findings = search_with(sets);
    cr_expect_eq(findings.plain, 0);
    cr_expect_not(findings.shared);
    cr_expect_geq(findings.nonces, 1);
}

/* Nonces of the patch, of the target, and of each state of the build that is saved. */
Test(encryption, leaves_no_plain_code_of_a_delta_in_the_nor)
{
    const char *const sets[] = { "firmware.encryption=on", "firmware.delivery=delta", NOR_SLOTS };
    struct findings findings = search_with(sets);
    cr_expect_eq(findings.plain, 0);
    cr_expect_not(findings.shared);
    cr_expect_geq(findings.nonces, 4, "%u nonces", findings.nonces);
}

/* Nonces of the block and of each state of its copy that is saved. */
Test(encryption, leaves_no_plain_code_in_the_nor_beside_internal_slots)
{
    const char *const full[] = { "firmware.encryption=on", "firmware.delivery=full",
        INTERNAL_SLOTS };
    struct findings findings = search_with(full);
    cr_expect_eq(findings.plain, 0);
    cr_expect_not(findings.shared);
    cr_expect_geq(findings.nonces, 3, "%u nonces", findings.nonces);
    const char *const delta[] = { "firmware.encryption=on", "firmware.delivery=delta",
        INTERNAL_SLOTS };
    findings = search_with(delta);
    cr_expect_eq(findings.plain, 0);
    cr_expect_not(findings.shared);
}

Test(encryption, the_search_finds_plain_code)
{
    const char *const sets[] = { "firmware.encryption=off", "firmware.delivery=full", NOR_SLOTS };
    struct findings findings = search_with(sets);
    cr_expect_gt(findings.plain, CODE_SIZE, "found %u", findings.plain);
    cr_expect_eq(findings.nonces, 0);
    const char *const delta[] = { "firmware.encryption=off", "firmware.delivery=delta", NOR_SLOTS };
    cr_expect_gt(search_with(delta).plain, CODE_SIZE);
}
