/* devices.csv against summary.json: each tells of the same devices.
 * SPDX-License-Identifier: MIT
 *
 * Method: a run of two campaigns over one fleet, a part of which is too far away; for each number
 * of the summary that is a count, a mean or a share over devices, the column is added up and
 * compared. Places, addresses and links are compared with what the models say of a device.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "results/device_table.h"
#include "support/trial.h"

static const char text[] =
        "name: table\n"
        "seed: 3\n"
        "duration: 2 d\n"
        "area: {radius: 9 km}\n"
        "gateways: {count: 2, radius: 2 km}\n"
        "devices:\n"
        "  - {name: first, count: 14, report: {period: 20 min}}\n"
        "  - {name: second, count: 10, report: {period: 20 min}}\n"
        "firmware: {image: generated, size: 4096 B}\n"
        "campaigns:\n"
        "  - {name: a, start: 2 h, firmware: {version: 1.1.0}}\n"
        "  - {name: b, start: 1 d, devices: second, firmware: {version: 1.2.0}}\n";

/* Sums of a column over the devices, and how many of them have a value. */
struct column_sum {
    double sum;
    uint32_t known;
};

static struct column_sum sum_of(const struct trial *trial, const char *name, bool partial)
{
    struct column_sum result = { 0 };
    for (size_t c = 0; c < device_table.count; c++) {
        for (uint32_t i = 0;
                strcmp(device_table.columns[c].name, name) == 0 && i < trial->world->device_count;
                i++) {
            struct device_line line;
            struct column_value value;
            device_line_get(trial->world, trial->recorders, i, partial, &line);
            column_get(&device_table.columns[c], &line, &value);
            result.known += value.known ? 1u : 0u;
            result.sum += value.known ? value.number : 0.0;
        }
    }
    return result;
}

static void expect_sum(const struct trial *trial, const char *name, double expected)
{
    double sum = sum_of(trial, name, false).sum;
    cr_expect_float_eq(
            sum, expected, 1e-5 * expected + 1e-12, "%s: %.9g, expected %.9g", name, sum, expected);
}

static struct trial *played(void)
{
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    return trial;
}

Test(device_table, stages_are_those_that_the_summary_counts)
{
    static const char *const stages[] = { "joined", "ready", "complete", "authenticated",
        "installed", "confirmed" };
    struct trial *trial = played();
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char column[40], key[40];
        snprintf(column, sizeof column, "%s_s", stages[i]);
        snprintf(key, sizeof key, "devices.%s", stages[i]);
        cr_expect_eq(sum_of(trial, column, false).known, trial_value(trial, key), "%s", stages[i]);
    }
    double confirmed = trial_value(trial, "devices.confirmed");
    cr_assert_gt(confirmed, 0);
    cr_assert_lt(confirmed, 24, "some shall fail, too");
    cr_expect_eq(sum_of(trial, "reason", false).known, 24 - confirmed);
    trial_destroy(trial);
}

Test(device_table, reasons_are_those_that_the_summary_counts)
{
    struct trial *trial = played();
    uint32_t checked = 0;
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        if (line.reason == NULL) {
            cr_expect_str_eq(line.state, "confirmed");
            continue;
        }
        uint32_t count = 0;
        for (uint32_t k = 0; k < trial->world->device_count; k++) {
            struct device_line other;
            device_line_get(trial->world, trial->recorders, k, false, &other);
            count += other.reason != NULL && strcmp(other.reason, line.reason) == 0 ? 1u : 0u;
        }
        char key[80];
        snprintf(key, sizeof key, "devices.failed.%s", line.reason);
        cr_expect_eq(trial_value(trial, key), count, "%s", key);
        checked++;
    }
    cr_expect_gt(checked, 0);
    cr_expect_eq(
            sum_of(trial, "reason", true).known, 0, "a run that was cut short tells no failure");
    trial_destroy(trial);
}

Test(device_table, energy_adds_up_to_the_means)
{
    struct trial *trial = played();
    char column[60], key[80];
    expect_sum(trial, "energy_j", 24 * trial_value(trial, "energy_j.mean"));
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        snprintf(column, sizeof column, "energy_%s_j", energy_component_names[i]);
        snprintf(key, sizeof key, "energy_j.by_component.%s", energy_component_names[i]);
        expect_sum(trial, column, 24 * trial_value(trial, key));
    }
    for (int i = 0; i < ENERGY_PHASE_COUNT; i++) {
        const char *name = energy_phase_name((enum energy_phase)i);
        snprintf(column, sizeof column, "phase_%s_j", name);
        snprintf(key, sizeof key, "energy_j.by_phase.%s", name);
        expect_sum(trial, column, 24 * trial_value(trial, key));
    }
    expect_sum(trial, "battery_life_years", 24 * trial_value(trial, "battery.life_years"));
    trial_destroy(trial);
}

Test(device_table, fragments_add_up_to_the_causes)
{
    struct trial *trial = played();
    double pairs = trial_value(trial, "missing_fragments.pairs");
    expect_sum(trial, "fragments", pairs);
    expect_sum(
            trial, "fragments_received", pairs * trial_value(trial, "missing_fragments.received"));
    for (int i = 0; i < LOSS_NONE; i++) {
        char column[80], key[80];
        const char *name = loss_cause_name((enum loss_cause)i);
        snprintf(column, sizeof column, "fragments_%s", name);
        snprintf(key, sizeof key, "missing_fragments.by_cause.%s", name);
        expect_sum(trial, column, pairs * trial_value(trial, key));
    }
    trial_destroy(trial);
}

Test(device_table, a_line_tells_who_the_device_is_and_where)
{
    struct trial *trial = played();
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        double x_m = NAN, y_m = NAN;
        medium_device_place(trial->world->medium, i, &x_m, &y_m);
        cr_expect_eq(line.device, i);
        cr_expect_str_eq(line.group, i < 14 ? "first" : "second");
        cr_expect_eq(line.dev_eui, trial->world->identities[i].dev_eui);
        cr_expect_eq(line.x_m, x_m);
        cr_expect_eq(line.y_m, y_m);
        double best = medium_link_gain_mdb(trial->world->medium, 0, i);
        double other = medium_link_gain_mdb(trial->world->medium, 1, i);
        cr_expect_eq(line.gateway, other > best ? 1u : 0u);
        cr_expect_float_eq(line.link_gain_db, fmax(best, other) / 1e3, 1e-12);
        cr_expect_eq(line.flash_operations, node_flash_operations(trial->world->nodes, i));
        const struct flash_wear *nor = node_flash_wear(trial->world->nodes, i, HAL_FLASH_EXTERNAL);
        cr_expect_eq(line.internal_erased,
                node_flash_wear(trial->world->nodes, i, HAL_FLASH_INTERNAL)->total);
        cr_expect_eq(line.nor_erased, nor->total);
        cr_expect_eq(line.nor_wear, flash_wear_most(nor));
    }
    trial_destroy(trial);
}

/* Of a device that got through, each stage comes after the one before. */
Test(device_table, stages_come_one_after_the_other)
{
    struct trial *trial = played();
    for (uint32_t i = 0; i < trial->world->device_count; i++) {
        struct device_line line;
        device_line_get(trial->world, trial->recorders, i, false, &line);
        if (line.confirmed_ns == SIM_NS_NEVER) {
            continue;
        }
        cr_expect_lt(line.joined_ns, line.contacted_ns);
        cr_expect_leq(line.contacted_ns, line.group_set_up_ns);
        cr_expect_leq(line.group_set_up_ns, line.ready_ns);
        cr_expect_lt(line.ready_ns, line.complete_ns);
        cr_expect_leq(line.complete_ns, line.authenticated_ns);
        cr_expect_lt(line.authenticated_ns, line.installed_ns);
        cr_expect_lt(line.installed_ns, line.confirmed_ns);
        cr_expect_leq(line.clock_set_ns, line.ready_ns);
    }
    trial_destroy(trial);
}
