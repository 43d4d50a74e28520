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

/* The reference board's values are held to the models' constant in tests/models/board. Of the
 * second board: spec-physics section 8, rows STM32L4 and MX25R8035F. */
Test(boards, are_known_by_name)
{
    for (size_t i = 0; board_names[i] != NULL; i++) {
        cr_assert(read_board(board_names[i]), "%s", messages);
        cr_expect_str_eq(file.type.name, board_names[i]);
        cr_expect_null(board_type_fault(&file.type));
    }
    cr_assert(read_board("stm32l476-sx1276"), "%s", messages);
    const struct board_type *l4 = &file.type;
    cr_expect_eq(l4->cpu_hz, 80000000);
    cr_expect_float_eq(l4->energy.mcu_stop_ua, 1.4, 1e-9);
    cr_expect_float_eq(l4->energy.nor_program_ua, 3500.0, 1e-9);
    cr_expect_float_eq(l4->energy.radio_tx_ua[14 - ENERGY_TX_DBM_MIN], 44000.0, 1e-9);
    cr_expect_eq(l4->flash[HAL_FLASH_INTERNAL].erase_unit_bytes, 2048);
    cr_expect_eq(l4->flash[HAL_FLASH_INTERNAL].erased_value, 0xFF);
    cr_expect(l4->flash[HAL_FLASH_INTERNAL].stalls_cpu);
    cr_expect_not(l4->flash[HAL_FLASH_EXTERNAL].stalls_cpu);
    cr_expect_eq(l4->flash_timing[HAL_FLASH_INTERNAL].program_ns_per_unit, 81700);
    cr_expect_eq(l4->flash_timing[HAL_FLASH_EXTERNAL].erase_ns_per_unit, 58000000);
    cr_expect_float_eq(l4->battery.self_discharge_per_year, 0.01, 1e-12);
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
    cr_expect_not_null(
            strstr(messages, "a.yaml:2:4: error: board = 'stm32l72-sx1276' should be a board that "
                             "the program knows, as stm32l072-sx1276, or the path of a file (did "
                             "you mean 'stm32l072-sx1276'?)"),
            "%s", messages);
    cr_expect_not(read_board("./none.yaml"));
    cr_expect_not_null(
            strstr(messages, "a.yaml:2:4: error: ./none.yaml: cannot read"), "%s", messages);
}
