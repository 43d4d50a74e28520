/* Boards as data files: what they say, and what is missing.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/board_file.h"
#include "scenario/text_file.h"

static struct board_file file;
static char messages[16384];

static bool read_board(const char *name)
{
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = board_file_read(&file, name, (struct scenario_place){ "a.yaml", 2, 4 }, errors);
    FILE *out = fmemopen(messages, sizeof messages, "w");
    scenario_errors_print(errors, out);
    fclose(out);
    scenario_errors_destroy(errors);
    return ok;
}

static void expect_geometry(const struct board_type *a, const struct board_type *b)
{
    for (int r = 0; r < HAL_FLASH_REGION_COUNT; r++) {
        const struct hal_flash_geometry *g = &a->flash[r], *h = &b->flash[r];
        cr_expect_eq(g->size_bytes, h->size_bytes);
        cr_expect_eq(g->erase_unit_bytes, h->erase_unit_bytes);
        cr_expect_eq(g->program_unit_bytes, h->program_unit_bytes);
        cr_expect_eq(g->program_page_bytes, h->program_page_bytes);
        cr_expect_eq(g->erased_value, h->erased_value);
        cr_expect_eq(g->rewritable, h->rewritable);
        cr_expect_eq(g->stalls_cpu, h->stalls_cpu);
        cr_expect_arr_eq(
                &a->flash_timing[r], &b->flash_timing[r], sizeof(struct flash_timing), "%d", r);
    }
}

static void expect_energy(const struct energy_params *a, const struct energy_params *b)
{
    const double *left = (const double *)a, *right = (const double *)b;
    for (size_t i = 0; i < sizeof *a / sizeof(double); i++) {
        cr_expect_float_eq(left[i], right[i], 1e-9 * right[i], "number %zu", i);
    }
}

static void expect_battery(const struct battery_params *a, const struct battery_params *b)
{
    cr_expect_float_eq(a->capacity_mah, b->capacity_mah, 1e-9);
    cr_expect_float_eq(a->voltage_v, b->voltage_v, 1e-9);
    cr_expect_float_eq(a->self_discharge_per_year, b->self_discharge_per_year, 1e-9);
    cr_expect_float_eq(a->usable_fraction, b->usable_fraction, 1e-9);
}

/* The constants that models are tested with, and the files that scenarios get. */
Test(boards, of_files_are_those_of_the_models)
{
    static const struct board_type *const types[] = { &board_stm32l072_sx1276 };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct board_type *b = types[i];
        cr_assert(read_board(b->name), "%s", messages);
        const struct board_type *a = &file.type;
        cr_expect_str_eq(a->name, b->name);
        cr_expect_eq(a->cpu_hz, b->cpu_hz);
        cr_expect_eq(a->radio_spi_hz, b->radio_spi_hz);
        cr_expect_eq(a->nor_spi_hz, b->nor_spi_hz);
        cr_expect_eq(a->irq_wakeup_ns, b->irq_wakeup_ns);
        cr_expect_eq(a->cycles_per_hal_call, b->cycles_per_hal_call);
        cr_expect_eq(a->cycles_per_aes_block, b->cycles_per_aes_block);
        cr_expect_eq(a->cycles_per_sha_block, b->cycles_per_sha_block);
        cr_expect_eq(a->cycles_ed25519_verify, b->cycles_ed25519_verify);
        cr_expect_eq(a->tx_antenna_gain_mdb, b->tx_antenna_gain_mdb);
        cr_expect_eq(a->nor_poll_ns, b->nor_poll_ns);
        cr_expect_eq(a->reset_ns, b->reset_ns);
        cr_expect_eq(a->watchdog_ns, b->watchdog_ns);
        expect_energy(&a->energy, &b->energy);
        expect_battery(&a->battery, &b->battery);
        expect_geometry(a, b);
    }
}

/* Reads the shipped reference board with the first `old` replaced. */
static bool read_changed(const char *old, const char *new)
{
    char path[512], changed[] = "/tmp/fleetcast-board-XXXXXX";
    snprintf(path, sizeof path, "%s/../models/board/boards/stm32l072-sx1276.yaml",
            getenv("FLEETCAST_SCENARIOS"));
    struct scenario_errors *errors = scenario_errors_create();
    size_t size;
    char *text =
            text_file_read(path, 1 << 20, &size, (struct scenario_place){ path, 0, 0 }, errors);
    cr_assert_not_null(text);
    char *at = strstr(text, old);
    cr_assert_not_null(at, "%s", old);
    int handle = mkstemp(changed);
    FILE *out = fdopen(handle, "w");
    fprintf(out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    fclose(out);
    bool ok = read_board(changed);
    unlink(changed);
    free(text);
    scenario_errors_destroy(errors);
    return ok;
}

Test(boards, name_what_is_wrong_or_missing)
{
    cr_expect(read_changed("clock: 32 MHz", "clock: 16 MHz"), "%s", messages);
    cr_expect_eq(file.type.cpu_hz, 16000000);
    cr_expect_not(read_changed("  clock: 32 MHz\n", ""));
    cr_expect_not_null(strstr(messages, "error: key 'cpu.clock' is missing"), "%s", messages);
    cr_expect_not(read_changed("clock: 32 MHz", "clok: 32 MHz"));
    cr_expect_not_null(
            strstr(messages, ":8:3: error: unknown key 'cpu.clok' (did you mean 'clock'?)"), "%s",
            messages);
    cr_expect_not(read_changed("82 mA, 85 mA", "85 mA"));
    cr_expect_not_null(strstr(messages, "radio.tx has 24 numbers; should have 25"), "%s", messages);
    cr_expect_not(read_changed("program_page: 64 B", "program_page: 65 B"));
    cr_expect_not_null(strstr(messages, "flash sizes are not multiples"), "%s", messages);
    cr_expect_not(read_board("stm32l72-sx1276"));
    cr_expect_not_null(strstr(messages, "a.yaml:2:4: error: board = 'stm32l72-sx1276' is neither a "
                                        "known board nor a file (did you mean"),
            "%s", messages);
    cr_expect_not(read_board("./none.yaml"));
    cr_expect_not_null(
            strstr(messages, "a.yaml:2:4: error: ./none.yaml: cannot read"), "%s", messages);
}
