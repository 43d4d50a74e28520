/* Scenario keys of a fault.
 * SPDX-License-Identifier: MIT
 */
#include "gateway/gateway.h"
#include "scenario/scenario_campaigns.h"
#include "scenario/scenario_faults.h"
#include "scenario/scenario_keys.h"

const char *const scenario_fault_names[] = { "reset", "power-cut", "outage", "jammer",
    "read-errors", "brown-out", "backhaul-loss", "server-restart", NULL };
const char *const scenario_memory_names[] = { "internal", "nor", NULL };
static const char *const all_names[] = { "all", NULL };
static const char *const auto_names[] = { "auto", NULL };
static const char *const never_names[] = { "never", NULL };
static const char *const none_names[] = { "none", NULL };

#define F(member) PARAM_MEMBER(struct scenario_fault, member)
#define DAY       86400.0

/* clang-format off */
static const struct param rows[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "kind", F(kind), &param_enum, DIMENSION_NONE, 0, 0, scenario_fault_names, "reset", "Kind of the fault: a device's reset pin is pulled, or its power is cut; a gateway has an outage; a jammer is on; a device reads its flash with errors; a device's battery is nearly empty; a gateway's backhaul loses messages; the update server is down, and starts again from its database." },
    { "at", F(at_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time at which the fault begins, exact to the nanosecond; with a rate, the time from which it may." },
    { "duration", F(duration_ns), &param_time, DIMENSION_TIME, 1e-9, 3650 * DAY, auto_names, "auto", "Length of the fault; auto is 1 s without power, 1 min without a server, and to the end of the run for every other kind that lasts." },
    { "every", F(every_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, NULL, "0 s", "Time from one beginning of the fault to the next; 0 is a fault that happens once." },
    { "rate", F(rate_per_day), &param_double, DIMENSION_RATE, 0, 1e4, NULL, "0 /d", "Mean number of times that each target has the fault, at random times (Poisson); 0 is a fault that is not by chance." },
    { "until", F(until_ns), &param_time, DIMENSION_TIME, 0, 3650 * DAY, never_names, "never", "Time from which the fault does not begin any more; one that lasts then goes on for its duration." },
    { "device", F(device), &param_u32, DIMENSION_NONE, 0, 999999, none_names, "none", "Number of the one device, from 0 over all groups; none leaves it to 'devices'." },
    { "devices", F(devices), &param_members, DIMENSION_NONE, 0, 0, NULL, "all", "Devices that the fault concerns: all, or a list of groups and of shares of groups, as in meters 0..50 %." },
    { "gateway", F(gateway), &param_u32, DIMENSION_NONE, 0, SCENARIO_GATEWAYS_MAX - 1u, all_names, "all", "Number of the gateway that the fault concerns, from 0, or all." },
    { "part", F(part), &param_enum, DIMENSION_NONE, 0, 0, gateway_outage_kind_names, "backhaul", "Part of a gateway that has the outage: the backhaul, or its power." },
    { "loss", F(loss), &param_double, DIMENSION_RATIO, 0, 1, NULL, "50 %", "Share of the messages that the backhaul loses, each way, drawn message by message; of faults that overlap the shares add up." },
    { "flash.operation", F(flash.operation), &param_u32, DIMENSION_NONE, 0, 10000000, NULL, "0", "The power cut waits for this operation of the device's flash (program or erase), counted from 1 at the fault's time; 0 cuts at that time." },
    { "flash.step", F(flash.step), &param_u32, DIMENSION_NONE, 0, 1000000, NULL, "0", "Each further device of the target is cut so many flash operations later than the one before it." },
    { "flash.torn", F(flash.torn), &param_bool, DIMENSION_NONE, 0, 0, NULL, "false", "The cut falls into that flash operation and leaves it half done; otherwise it falls right after it." },
    { "flash.memory", F(memory), &param_enum, DIMENSION_NONE, 0, 0, scenario_memory_names, "nor", "Flash that is read with errors: the SPI NOR, or the processor's own." },
    { "flash.bit_errors", F(bit_errors), &param_double, DIMENSION_RATIO, 1e-12, 0.5, NULL, "0.000001", "Probability that a bit is read wrong, drawn at each read; what the flash holds stays. Of faults that overlap the probabilities add up." },
    { "charge", F(charge), &param_double, DIMENSION_RATIO, 0.001, 1, NULL, "5 %", "Charge that is left in the battery when the fault begins; what the device draws is taken from it. After the fault the supply is as usual." },
    { "frequency", F(jammer.frequency_hz), &param_hz, DIMENSION_FREQUENCY, 137e6, 1020e6, auto_names, "auto", "Centre frequency of the jammer; auto takes the region's first channel." },
    { "bandwidth", F(jammer.bandwidth_hz), &param_hz, DIMENSION_FREQUENCY, 1, 10e6, NULL, "125 kHz", "Bandwidth over which the jammer's power is spread evenly." },
    { "power", F(jammer.eirp_mdbm), &param_mdb, DIMENSION_POWER, -60, 60, NULL, "14 dBm", "EIRP of the jammer." },
    { "x", F(jammer.x_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the jammer east of the centre of the area." },
    { "y", F(jammer.y_m), &param_double, DIMENSION_LENGTH, -500e3, 500e3, NULL, "0 m", "Position of the jammer north of the centre of the area." },
    { "height", F(jammer.height_m), &param_double, DIMENSION_LENGTH, 0.1, 300, NULL, "1.5 m", "Height of the jammer's antenna." },
    { "received", F(received_mdbm), &param_mdb, DIMENSION_POWER, -200, 30, NULL, "", "Power of the jammer at the antenna of each device and gateway that it reaches, in place of power and position." },
};
/* clang-format on */
const struct param_rows fault_rows = { rows, sizeof rows / sizeof rows[0] };
