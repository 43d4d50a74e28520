/* What must hold between the keys of a fault: one of `faults`, or of `gateways.outages`.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>

#include "gateway/gateway.h"
#include "scenario/check_parts.h"
#include "scenario/scenario_faults.h"

#define KIND(name)  (1u << SCENARIO_FAULT_##name)
#define OF_DEVICES  (KIND(RESET) | KIND(POWER_CUT) | KIND(READ_ERRORS) | KIND(BROWN_OUT))
#define OF_GATEWAYS (KIND(OUTAGE) | KIND(BACKHAUL_LOSS))
#define HAVE_LENGTH                                                                                \
    ((OF_DEVICES | OF_GATEWAYS | KIND(JAMMER) | KIND(SERVER_RESTART)) & ~KIND(RESET))
#define WORDS_MAX 120u

/* A fault and how messages call it. */
struct fault_check {
    const struct check *check;
    const struct scenario_fault *fault;
    char label[32];      /* "faults.3" */
    const char *at_name; /* the key of its first begin */
};

/* "reset, power-cut or jammer" */
static void name_kinds(unsigned kinds, char words[WORDS_MAX])
{
    size_t length = 0;
    words[0] = '\0';
    for (unsigned kind = 0; kinds >> kind != 0; kind++) {
        if ((kinds >> kind & 1u) == 0) {
            continue;
        }
        bool last = kinds >> kind == 1u;
        const char *before = length == 0 ? "" : last ? " or " : ", ";
        int added = snprintf(
                words + length, WORDS_MAX - length, "%s%s", before, scenario_fault_names[kind]);
        assert(added > 0 && length + (size_t)added < WORDS_MAX);
        length += (size_t)added;
    }
}

/* Keys that say something of some kinds only. */
static void check_kind_keys(const struct fault_check *c)
{
    const struct scenario_fault *f = c->fault;
    const struct {
        const char *key;
        const void *member;
        unsigned kinds;
    } rows[] = {
        { "device", &f->device, OF_DEVICES | KIND(JAMMER) },
        { "devices", &f->devices, OF_DEVICES | KIND(JAMMER) },
        { "gateway", &f->gateway, OF_GATEWAYS | KIND(JAMMER) },
        { "duration", &f->duration_ns, HAVE_LENGTH },
        { "part", &f->part, KIND(OUTAGE) },
        { "loss", &f->loss, KIND(BACKHAUL_LOSS) },
        { "flash.operation", &f->flash.operation, KIND(POWER_CUT) },
        { "flash.step", &f->flash.step, KIND(POWER_CUT) },
        { "flash.torn", &f->flash.torn, KIND(POWER_CUT) },
        { "flash.memory", &f->memory, KIND(READ_ERRORS) },
        { "flash.bit_errors", &f->bit_errors, KIND(READ_ERRORS) },
        { "charge", &f->charge, KIND(BROWN_OUT) },
        { "frequency", &f->jammer.frequency_hz, KIND(JAMMER) },
        { "bandwidth", &f->jammer.bandwidth_hz, KIND(JAMMER) },
        { "power", &f->jammer.eirp_mdbm, KIND(JAMMER) },
        { "x", &f->jammer.x_m, KIND(JAMMER) },
        { "y", &f->jammer.y_m, KIND(JAMMER) },
        { "height", &f->jammer.height_m, KIND(JAMMER) },
        { "received", &f->received_mdbm, KIND(JAMMER) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (check_given(c->check, rows[i].member) && (rows[i].kinds >> f->kind & 1u) == 0) {
            char words[WORDS_MAX];
            name_kinds(rows[i].kinds, words);
            scenario_errors_add(c->check->errors, check_place(c->check, rows[i].member),
                    "%s.%s belongs to faults of kind: %s; this one is %s", c->label, rows[i].key,
                    words, scenario_fault_names[f->kind]);
        }
    }
}

static void check_devices(const struct fault_check *c)
{
    const struct scenario_fault *f = c->fault;
    const struct scenario *scenario = c->check->scenario;
    uint32_t count = scenario_device_count(scenario);
    if (f->device != SCENARIO_NO_NUMBER && f->device >= count) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->device),
                "%s.device = %u, but there are %u, counted from 0", c->label, f->device, count);
    }
    if (f->device != SCENARIO_NO_NUMBER && check_given(c->check, &f->devices)) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->devices),
                "%s: device and devices: only one of them", c->label);
    }
    check_members(c->check, &f->devices, c->label);
}

static void check_gateway(const struct fault_check *c)
{
    const struct scenario_fault *f = c->fault;
    uint32_t count = c->check->scenario->gateways.count;
    if (f->gateway != GATEWAY_ALL && f->gateway >= count) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->gateway),
                "%s.gateway = %u, but there are %u, counted from 0", c->label, f->gateway, count);
    }
}

/* What repeats sooner keeps the simulated time from going on. */
#define EVERY_LEAST_NS SIM_NS_PER_MS

static void check_times(const struct fault_check *c)
{
    const struct scenario_fault *f = c->fault;
    char at[40], end[40];
    if (f->at_ns >= c->check->scenario->duration_ns) {
        check_format_time(at, sizeof at, f->at_ns);
        check_format_time(end, sizeof end, c->check->scenario->duration_ns);
        scenario_errors_add(c->check->errors, check_place(c->check, &f->at_ns),
                "%s.%s = %s is not before the end of the run (duration = %s)", c->label, c->at_name,
                at, end);
    }
    if (f->every_ns != 0 && f->rate_per_day > 0) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->every_ns),
                "%s: every and rate: only one of them", c->label);
    }
    if (f->every_ns > 0 && f->every_ns < EVERY_LEAST_NS) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->every_ns),
                "%s.every should be 0 (once) or at least 1 ms", c->label);
    }
    if (f->until_ns <= f->at_ns) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->until_ns),
                "%s.until should be later than at", c->label);
    }
    bool endless = (HAVE_LENGTH >> f->kind & 1u) != 0 && f->duration_ns == SCENARIO_AUTO;
    if (endless && (f->every_ns != 0 || f->rate_per_day > 0)) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->kind),
                "%s: what happens more than once needs a duration", c->label);
    }
    if (f->every_ns != 0 && f->every_ns <= f->duration_ns) {
        scenario_errors_add(c->check->errors, check_place(c->check, &f->every_ns),
                "%s.every should be longer than duration", c->label);
    }
}

static void check_flash(const struct fault_check *c)
{
    const struct scenario_fault *f = c->fault;
    if (f->flash.operation == 0 && (f->flash.step != 0 || f->flash.torn)) {
        scenario_errors_add(c->check->errors,
                check_place(c->check, f->flash.step != 0 ? (const void *)&f->flash.step
                                                         : (const void *)&f->flash.torn),
                "%s: flash.step and flash.torn need flash.operation of at least 1", c->label);
    }
}

void check_faults(const struct check *check)
{
    const struct scenario *scenario = check->scenario;
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        struct fault_check c = { check, &scenario->faults[i], "", "at" };
        snprintf(c.label, sizeof c.label, "faults.%u", i);
        check_kind_keys(&c);
        check_devices(&c);
        check_gateway(&c);
        check_times(&c);
        check_flash(&c);
    }
    for (uint32_t i = 0; i < scenario->outage_count; i++) {
        struct fault_check c = { check, &scenario->outages[i], "", "from" };
        snprintf(c.label, sizeof c.label, "gateways.outages.%u", i);
        check_gateway(&c);
        check_times(&c);
    }
}
