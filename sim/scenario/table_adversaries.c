/* Scenario keys of an adversary.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_adversaries.h"
#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_keys.h"

const char *const scenario_adversary_names[] = { "inject", "collide", "counter-jump",
    "status-storm", "replay-set-up", "replay-uplinks", "rewrite-nor", "reactive-jammer", NULL };
static const char *const auto_names[] = { "auto", NULL };
static const char *const none_names[] = { "none", NULL };

#define A(member) PARAM_MEMBER(struct scenario_adversary, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "kind", A(kind), &param_enum, DIMENSION_NONE, 0, 0, scenario_adversary_names, "inject", "What the adversary does: inject, collide, counter-jump and status-storm send forged frames to multicast groups of which it is a member; replay-set-up and replay-uplinks send frames again; rewrite-nor changes bytes of external flash; reactive-jammer jams frames that have begun." },
    { "at", A(at_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time from which the adversary acts." },
    { "duration", A(duration_ns), &param_time, DIMENSION_TIME, 1e-9, 3650 * DAY, auto_names, "auto", "Time for which the adversary acts; auto is to the end of the run." },
    { "every", A(every_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Least time between two actions of the adversary; 0 is each occasion, and once for counter-jump (for each group) and rewrite-nor." },
    { "device", A(device), &param_u32, DIMENSION_NONE, 0, 999999, none_names, "none", "Number of the device, from 0 over all groups, at whose place the adversary is; of replay-uplinks, at whose place it listens." },
    { "x", A(x_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the adversary east of the centre of the area." },
    { "y", A(y_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the adversary north of the centre of the area." },
    { "height", A(height_m), &param_double, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "Height of the adversary's antenna." },
    { "power", A(power_mdbm), &param_mdb, DIMENSION_POWER, -60, 60, NULL, "14 dBm", "EIRP of the adversary." },
    { "jump", A(jump), &param_u32, DIMENSION_NONE, 1, 65535, NULL, "8192", "Number of McFCnt values by which a counter jump is ahead." },
    { "delay", A(delay_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "1 h", "Least time from a frame to its replay." },
    { "frequency", A(frequency_hz), &param_hz, DIMENSION_FREQUENCY, 137e6, 1020e6, auto_names, "auto", "Channel of a reactive jammer; auto takes the region's usual channel of multicast sessions." },
    { "devices", A(devices), &param_members, DIMENSION_NONE, 0, 0, NULL, "all", "Devices whose flash is rewritten: all, or a list of groups and of shares of groups, as in meters 0..50 %." },
};
/* clang-format on */
const struct param_rows adversary_rows = { rows, sizeof rows / sizeof rows[0] };
