/* What became of each device of a run: the columns of devices.csv.
 * SPDX-License-Identifier: MIT
 *
 * Looked up in const views of the models and in the recorders, whenever it is asked for; nothing is
 * kept for it while the run goes on. Counts of columns agree with summary.json: a device counts as
 * ready, complete and so on there when it has that time here.
 */
#ifndef RESULTS_DEVICE_TABLE_H
#define RESULTS_DEVICE_TABLE_H

#include "air/frame.h"
#include "board/energy.h"
#include "record/device_outcome.h"
#include "record/energy_phases.h"
#include "record/recorder_set.h"
#include "results/column.h"
#include "world/world.h"

struct device_line {
    uint64_t device;
    const char *group;
    uint64_t dev_eui;
    double x_m, y_m;
    uint64_t gateway;
    double link_gain_db;
    uint64_t data_rate;
    /* Engine times, over all campaigns of the device (record/device_outcome.h). */
    sim_ns joined_ns, clock_set_ns, contacted_ns, group_set_up_ns, ready_ns, session_opened_ns;
    sim_ns complete_ns, authenticated_ns, installed_ns, confirmed_ns;
    const char *state;
    const char *slot;
    const char *delivery, *block, *proof, *reboot; /* NULL: nothing to say */
    sim_ns reboot_ns;
    const char *reason;
    const char *aws_state;
    struct device_rounds rounds;
    const char *left_by; /* rounds.left; NULL: nothing is there */
    uint64_t fragments;
    uint64_t outcomes[LOSS_CAUSE_COUNT]; /* of these fragments; LOSS_NONE: received */
    uint64_t unicast_fragments;
    uint64_t forged_accepted;
    double energy_j;
    double component_j[ENERGY_COMPONENT_COUNT];
    double phase_j[ENERGY_PHASE_COUNT];
    double clock_error_ms;
    double battery_life_years;
    uint64_t brown_outs;
    uint64_t flash_operations, internal_erased, nor_erased;
    uint64_t internal_wear, nor_wear; /* most erases of one unit */
};

extern const struct column_table device_table; /* of struct device_line */

/* The line of a device at an index. `partial`: the run was cut short, so no device has failed. */
void device_line_get(const struct world *world, const struct recorder_set *recorders,
        uint32_t device, bool partial, struct device_line *line);

/* devices.csv. */
void device_table_write(
        const struct world *world, const struct recorder_set *recorders, bool partial, FILE *out);

#endif
