/* Boards as data: files of models/board/boards/ and those that a scenario names.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/board_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/param_reader.h"
#include "scenario/text_file.h"

#define BOARD_SIZE_MAX ((size_t)1 << 20)

/* What the table fills: struct board_type in the types of the table. */
struct flash_values {
    double size, erase_unit, program_unit, program_page;
    int erased_value; /* index in erased_names */
    bool rewritable;
    sim_ns program_time_ns, erase_time_ns;
    double read_time_s; /* a byte may take less than a nanosecond to write down */
    uint32_t endurance;
};

struct board_values {
    char name[SCENARIO_NAME_MAX];
    double cpu_hz, radio_spi_hz, nor_spi_hz;
    sim_ns wakeup_ns, reset_ns, watchdog_ns, nor_poll_ns, nor_wake_up_ns;
    uint32_t hal_call, aes_block, sha256_block, ed25519_verify;
    uint32_t radio_interrupts;
    double antenna_gain_db;
    struct energy_params energy;
    struct battery_params battery;
    struct flash_values internal, nor;
};

static const char *const erased_names[] = { "0x00", "0xFF", NULL };

/* A list of a current for each dBm from -4 to 20 into double[ENERGY_TX_LEVELS]. */
static bool set_tx_levels(const struct param_text *t)
{
    double values[PARAM_NUMBERS_MAX];
    const int wanted = ENERGY_TX_LEVELS;
    int count = param_read_numbers(t, values);
    if (count >= 0 && count != wanted) {
        scenario_errors_add(
                t->errors, t->place, "%s has %d numbers; should have %d", t->path, count, wanted);
    }
    if (count != wanted) {
        return false;
    }
    memcpy(t->member, values, (size_t)count * sizeof values[0]);
    return true;
}
static const struct param_type param_tx_levels = { .size = ENERGY_TX_LEVELS * sizeof(double),
    .parse = set_tx_levels,
    .form = PARAM_NUMBER,
    .takes_list = true,
    .list_min = ENERGY_TX_LEVELS,
    .list_max = ENERGY_TX_LEVELS };

#define B(member) PARAM_MEMBER(struct board_values, member)

/* clang-format off */
#define CURRENT(path, member, help) { path, B(energy.member), &param_double, DIMENSION_CURRENT, 0, 1e6, NULL, "", help }
#define CYCLES(path, member, help)  { path, B(member), &param_u32, DIMENSION_NONE, 1, 4e9, NULL, "", help }
#define FLASH(region, member) \
    { region ".size", B(member.size), &param_double, DIMENSION_BYTES, 4096, 1u << 30, NULL, "", "Bytes of the flash; from 512 KiB of internal flash on, the firmware's image slots lie there." }, \
    { region ".erase_unit", B(member.erase_unit), &param_double, DIMENSION_BYTES, 1, 1u << 20, NULL, "", "Bytes of the flash that are erased at once." }, \
    { region ".program_unit", B(member.program_unit), &param_double, DIMENSION_BYTES, 1, 4096, NULL, "", "Bytes of the flash that are programmed at once." }, \
    { region ".program_page", B(member.program_page), &param_double, DIMENSION_BYTES, 1, 4096, NULL, "", "Bytes of a page of the flash, in which one program call stays." }, \
    { region ".erased_value", B(member.erased_value), &param_enum, DIMENSION_NONE, 0, 0, erased_names, "", "Value of a byte of the flash after an erase." }, \
    { region ".rewritable", B(member.rewritable), &param_bool, DIMENSION_NONE, 0, 0, NULL, "", "Whether a programmed unit of the flash may be programmed again." }, \
    { region ".program_time", B(member.program_time_ns), &param_time, DIMENSION_TIME, 0, 1, NULL, "", "Time to program a unit or a whole page of the flash." }, \
    { region ".erase_time", B(member.erase_time_ns), &param_time, DIMENSION_TIME, 0, 10, NULL, "", "Time to erase a unit of the flash." }, \
    { region ".read_time", B(member.read_time_s), &param_double, DIMENSION_TIME, 0, 1e-3, NULL, "", "Time to read a byte of the flash." }, \
    { region ".endurance", B(member.endurance), &param_u32, DIMENSION_NONE, 1, 1e9, NULL, "", "Erases that a unit of the flash is rated for." }

static const struct param rows[] = {
    { "name", B(name), &param_string, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "", "Name of the board." },
    { "supply", B(energy.supply_v), &param_double, DIMENSION_VOLTAGE, 0.5, 30, NULL, "", "Supply voltage of the whole board." },
    { "cpu.clock", B(cpu_hz), &param_double, DIMENSION_FREQUENCY, 1e5, 1e9, NULL, "", "Clock of the processor core." },
    { "cpu.wakeup", B(wakeup_ns), &param_time, DIMENSION_TIME, 0, 1, NULL, "", "Time from stop mode to the first instruction." },
    { "cpu.reset", B(reset_ns), &param_time, DIMENSION_TIME, 0, 4, NULL, "", "Time from any reset to the first instruction." },
    { "cpu.watchdog", B(watchdog_ns), &param_time, DIMENSION_TIME, 1e-3, 4, NULL, "", "Time from a panic to the reset." },
    CURRENT("cpu.run", mcu_run_ua, "Current of the processor while it computes."),
    CURRENT("cpu.stop", mcu_stop_ua, "Current of the processor in stop mode, with the RTC."),
    CYCLES("cpu.cycles.hal_call", hal_call, "Cycles of a call to the hardware layer."),
    CYCLES("cpu.cycles.aes_block", aes_block, "Cycles of AES over 16 bytes."),
    CYCLES("cpu.cycles.sha256_block", sha256_block, "Cycles of SHA-256 over 64 bytes."),
    CYCLES("cpu.cycles.ed25519_verify", ed25519_verify, "Cycles of checking one Ed25519 signature."),
    { "radio.spi", B(radio_spi_hz), &param_double, DIMENSION_FREQUENCY, 1e4, 1e9, NULL, "", "Clock of the radio's SPI bus." },
    { "radio.interrupts", B(radio_interrupts), &param_u32, DIMENSION_NONE, 0, SX1276_DIO_COUNT, NULL, "", "Number of the radio's DIO lines whose edges interrupt the processor, from DIO0 on." },
    { "radio.antenna_gain", B(antenna_gain_db), &param_double, DIMENSION_LEVEL, -30, 20, NULL, "", "EIRP of the board over the output power of the radio chip." },
    CURRENT("radio.reset", radio_ua[SX1276_POWER_RESET], "Current of the radio held in reset."),
    CURRENT("radio.sleep", radio_ua[SX1276_POWER_SLEEP], "Current of the radio asleep, with its registers kept."),
    CURRENT("radio.standby", radio_ua[SX1276_POWER_STANDBY], "Current of the radio in standby, with its oscillator on."),
    CURRENT("radio.fs", radio_ua[SX1276_POWER_FS], "Current of the radio with its synthesizer on."),
    CURRENT("radio.rx.125kHz", radio_rx_ua[0], "Current of the radio while it receives at up to 125 kHz."),
    CURRENT("radio.rx.250kHz", radio_rx_ua[1], "Current of the radio while it receives at 250 kHz."),
    CURRENT("radio.rx.500kHz", radio_rx_ua[2], "Current of the radio while it receives at 500 kHz."),
    CURRENT("radio.rx_boost.125kHz", radio_rx_boost_ua[0], "Current of the radio while it receives at up to 125 kHz with LnaBoostHf."),
    CURRENT("radio.rx_boost.250kHz", radio_rx_boost_ua[1], "Current of the radio while it receives at 250 kHz with LnaBoostHf."),
    CURRENT("radio.rx_boost.500kHz", radio_rx_boost_ua[2], "Current of the radio while it receives at 500 kHz with LnaBoostHf."),
    CURRENT("radio.cad.125kHz", radio_cad_ua[0], "Current of the radio in the correlating part of activity detection at 125 kHz."),
    CURRENT("radio.cad.250kHz", radio_cad_ua[1], "Current of the radio in the correlating part of activity detection at 250 kHz."),
    CURRENT("radio.cad.500kHz", radio_cad_ua[2], "Current of the radio in the correlating part of activity detection at 500 kHz."),
    { "radio.tx", B(energy.radio_tx_ua), &param_tx_levels, DIMENSION_CURRENT, 0, 1e6, NULL, "", "List of 25 currents of the radio while it transmits at -4 to 20 dBm." },
    FLASH("internal", internal),
    CURRENT("internal.program", internal_program_ua, "Current of programming the internal flash, on top of cpu.run."),
    CURRENT("internal.erase", internal_erase_ua, "Current of erasing the internal flash, on top of cpu.run."),
    { "nor.spi", B(nor_spi_hz), &param_double, DIMENSION_FREQUENCY, 1e4, 1e9, NULL, "", "Clock of the NOR flash's SPI bus." },
    { "nor.poll", B(nor_poll_ns), &param_time, DIMENSION_TIME, 0, 1, NULL, "", "Time to ask a busy NOR flash for its status." },
    { "nor.wake_up", B(nor_wake_up_ns), &param_time, DIMENSION_TIME, 0, 1e-3, NULL, "", "Time of the NOR flash from power-down to the first command." },
    FLASH("nor", nor),
    CURRENT("nor.power_down", nor_power_down_ua, "Current of the NOR flash between accesses."),
    CURRENT("nor.standby", nor_standby_ua, "Current of the NOR flash that is awake, around the commands."),
    CURRENT("nor.program", nor_program_ua, "Current of the NOR flash while it programs, instead of nor.power_down."),
    CURRENT("nor.erase", nor_erase_ua, "Current of the NOR flash while it erases, instead of nor.power_down."),
    CURRENT("nor.read", nor_read_ua, "Current of the NOR flash while it is read, instead of nor.power_down."),
    { "battery.capacity", B(battery.capacity_mah), &param_double, DIMENSION_CHARGE, 1, 1e6, NULL, "", "Rated capacity of the battery." },
    { "battery.voltage", B(battery.voltage_v), &param_double, DIMENSION_VOLTAGE, 0.5, 30, NULL, "", "Voltage at the terminals of the battery." },
    { "battery.self_discharge", B(battery.self_discharge_per_year), &param_double, DIMENSION_RATIO, 0, 1, NULL, "", "Self-discharge of the battery per year as a share of its capacity." },
    { "battery.usable", B(battery.usable_fraction), &param_double, DIMENSION_RATIO, 0.01, 1, NULL, "", "Share of the battery's capacity that is used before the supply is too low." },
    { "battery.pulse", B(battery.pulse_ua), &param_double, DIMENSION_CURRENT, 1, 1e7, NULL, "", "Current of a short pulse that leaves a full battery the voltage battery.pulse_voltage." },
    { "battery.pulse_voltage", B(battery.pulse_v), &param_double, DIMENSION_VOLTAGE, 0.5, 30, NULL, "", "Voltage of a full battery in a pulse of battery.pulse." },
    { "battery.minimum", B(battery.minimum_v), &param_double, DIMENSION_VOLTAGE, 0.5, 30, NULL, "", "Battery voltage below which the board is reset." },
};
/* clang-format on */

const struct param_rows board_rows = { rows, sizeof rows / sizeof rows[0] };
static const struct param_rows *const sections[] = { &board_rows };
static const struct param_table board_table = { sections, 1, NULL, 0 };

/* The files of models/board/boards/, embedded by the build. */
extern const uint8_t board_text_stm32l072_sx1276[], board_text_stm32l476_sx1276[];
extern const uint32_t board_text_stm32l072_sx1276_size, board_text_stm32l476_sx1276_size;

static const struct {
    const uint8_t *text;
    const uint32_t *size;
} shipped[] = {
    { board_text_stm32l072_sx1276, &board_text_stm32l072_sx1276_size },
    { board_text_stm32l476_sx1276, &board_text_stm32l476_sx1276_size },
};
const char *const board_names[] = { "stm32l072-sx1276", "stm32l476-sx1276", NULL };

_Static_assert(sizeof shipped / sizeof shipped[0] + 1 == sizeof board_names / sizeof board_names[0],
        "a name for each");

static void geometry_of(const struct flash_values *v, bool stalls_cpu,
        struct hal_flash_geometry *geometry, struct flash_timing *timing)
{
    *geometry = (struct hal_flash_geometry){
        .size_bytes = (uint32_t)v->size,
        .erase_unit_bytes = (uint32_t)v->erase_unit,
        .program_unit_bytes = (uint32_t)v->program_unit,
        .program_page_bytes = (uint32_t)v->program_page,
        .erased_value = v->erased_value == 0 ? 0x00 : 0xFF,
        .rewritable = v->rewritable,
        .stalls_cpu = stalls_cpu,
    };
    *timing = (struct flash_timing){
        .program_ns_per_unit = v->program_time_ns,
        .erase_ns_per_unit = v->erase_time_ns,
        .read_ns_per_byte = (sim_ns)llround(v->read_time_s * (double)SIM_NS_PER_S),
    };
}

static void type_of(const struct board_values *v, struct board_file *file)
{
    snprintf(file->name, sizeof file->name, "%s", v->name);
    file->type = (struct board_type){
        .name = file->name,
        .cpu_hz = (uint32_t)v->cpu_hz,
        .radio_spi_hz = (uint32_t)v->radio_spi_hz,
        .nor_spi_hz = (uint32_t)v->nor_spi_hz,
        .irq_wakeup_ns = (uint32_t)v->wakeup_ns,
        .cycles_per_hal_call = v->hal_call,
        .cycles_per_aes_block = v->aes_block,
        .cycles_per_sha_block = v->sha256_block,
        .cycles_ed25519_verify = v->ed25519_verify,
        .radio_interrupts = v->radio_interrupts,
        .tx_antenna_gain_mdb = (int32_t)lround(v->antenna_gain_db * 1000.0),
        .energy = v->energy,
        .battery = v->battery,
        .nor_poll_ns = (uint32_t)v->nor_poll_ns,
        .nor_wake_up_ns = (uint32_t)v->nor_wake_up_ns,
        .reset_ns = (uint32_t)v->reset_ns,
        .watchdog_ns = (uint32_t)v->watchdog_ns,
        .flash_endurance = { [HAL_FLASH_INTERNAL] = v->internal.endurance,
                [HAL_FLASH_EXTERNAL] = v->nor.endurance },
    };
    geometry_of(&v->internal, true, &file->type.flash[HAL_FLASH_INTERNAL],
            &file->type.flash_timing[HAL_FLASH_INTERNAL]);
    geometry_of(&v->nor, false, &file->type.flash[HAL_FLASH_EXTERNAL],
            &file->type.flash_timing[HAL_FLASH_EXTERNAL]);
}

/* A board has no default: a number left out would be one made up. */
static void check_complete(const struct scenario_places *places, const struct board_values *values,
        const char *source, struct scenario_errors *errors)
{
    for (size_t i = 0; i < board_rows.count; i++) {
        if (scenario_places_find(places, (const char *)values + rows[i].offset) == NULL) {
            scenario_errors_add(errors, (struct scenario_place){ source, 0, 0 },
                    "key '%s' is missing: %s", rows[i].path, rows[i].help);
        }
    }
}

static bool read_text(struct board_file *file, const char *source, const char *text, size_t size,
        struct scenario_errors *errors)
{
    struct board_values values = { 0 };
    size_t before = scenario_errors_count(errors);
    struct scenario_places *places = scenario_places_create();
    struct table_reader reader = { .table = &board_table,
        .object = &values,
        .source = source,
        .errors = errors,
        .places = places };
    if (places == NULL) {
        scenario_errors_add(errors, (struct scenario_place){ source, 0, 0 }, "out of memory");
        return false;
    }
    table_read_text(&reader, text, size, "the file is empty");
    if (scenario_errors_count(errors) == before) {
        check_complete(places, &values, source, errors);
    }
    scenario_places_destroy(places);
    if (scenario_errors_count(errors) == before) {
        type_of(&values, file);
        const char *fault = board_type_fault(&file->type);
        if (fault != NULL) {
            scenario_errors_add(errors, (struct scenario_place){ source, 0, 0 }, "%s", fault);
        }
    }
    return scenario_errors_count(errors) == before;
}

bool board_is_path(const char *board)
{
    return strpbrk(board, "/.") != NULL;
}

bool board_file_read(struct board_file *file, const char *board, struct scenario_place place,
        struct scenario_errors *errors)
{
    for (size_t i = 0; board_names[i] != NULL; i++) {
        if (strcmp(board_names[i], board) == 0) {
            return read_text(file, board, (const char *)shipped[i].text, *shipped[i].size, errors);
        }
    }
    if (!board_is_path(board)) {
        const char *near = nearest_word(board, board_names);
        scenario_errors_add(errors, place,
                "board = '%s' should be a board that the program knows, as %s, or the path of a "
                "file%s%s%s",
                board, board_names[0], near != NULL ? " (did you mean '" : "",
                near != NULL ? near : "", near != NULL ? "'?)" : "");
        return false;
    }
    size_t size;
    char *text = text_file_read(board, BOARD_SIZE_MAX, &size, place, errors);
    bool ok = text != NULL && read_text(file, board, text, size, errors);
    free(text);
    return ok;
}
