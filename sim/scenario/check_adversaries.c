/* What must hold between the keys of an adversary.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/scenario_adversaries.h"

#define KIND(name) (1u << ADVERSARY_##name)
#define ON_AIR     (~KIND(REWRITE_NOR))
#define IN_GROUP                                                                                   \
    (KIND(INJECT) | KIND(COLLIDE) | KIND(COUNTER_JUMP) | KIND(STATUS_STORM) | KIND(REPLAY_SET_UP))
#define REPLAYS (KIND(REPLAY_SET_UP) | KIND(REPLAY_UPLINKS))

/* What rewrites flash more often keeps the simulated time from going on. */
#define EVERY_LEAST_NS SIM_NS_PER_MS

void scenario_complete_adversaries(struct scenario *scenario)
{
    for (uint32_t i = 0; i < scenario->adversary_count; i++) {
        struct scenario_adversary *a = &scenario->adversaries[i];
        if (a->frequency_hz == SCENARIO_USUAL_HZ) {
            a->frequency_hz = scenario_region(scenario)->class_c_hz;
        }
    }
}

/* Keys that say something of some kinds only. */
static void check_kind_keys(
        const struct check *check, const struct scenario_adversary *a, const char *label)
{
    const struct {
        const char *key;
        const void *member;
        unsigned kinds;
        const char *words;
    } rows[] = {
        { "device", &a->device, ON_AIR, "all but rewrite-nor" },
        { "x", &a->x_m, ON_AIR, "all but rewrite-nor" },
        { "y", &a->y_m, ON_AIR, "all but rewrite-nor" },
        { "height", &a->height_m, ON_AIR, "all but rewrite-nor" },
        { "power", &a->power_mdbm, ON_AIR, "all but rewrite-nor" },
        { "jump", &a->jump, KIND(COUNTER_JUMP), "counter-jump" },
        { "delay", &a->delay_ns, REPLAYS, "replay-set-up or replay-uplinks" },
        { "frequency", &a->frequency_hz, KIND(REACTIVE_JAMMER), "reactive-jammer" },
        { "devices", &a->devices, KIND(REWRITE_NOR), "rewrite-nor" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (check_given(check, rows[i].member) && (rows[i].kinds >> a->kind & 1u) == 0) {
            scenario_errors_add(check->errors, check_place(check, rows[i].member),
                    "%s.%s belongs to adversaries of kind: %s; this one is %s", label, rows[i].key,
                    rows[i].words, scenario_adversary_names[a->kind]);
        }
    }
}

static void check_place_of(
        const struct check *check, const struct scenario_adversary *a, const char *label)
{
    uint32_t count = scenario_device_count(check->scenario);
    bool both = check_given(check, &a->x_m) || check_given(check, &a->y_m);
    if (a->device == SCENARIO_NO_NUMBER) {
        return;
    }
    if (a->device >= count) {
        scenario_errors_add(check->errors, check_place(check, &a->device),
                "%s.device = %u, but there are %u, counted from 0", label, a->device, count);
    }
    if (both && a->kind != ADVERSARY_REPLAY_UPLINKS) {
        scenario_errors_add(check->errors, check_place(check, &a->device),
                "%s: a device, or x and y: only one of them says where the adversary is", label);
    }
}

static void check_times(
        const struct check *check, const struct scenario_adversary *a, const char *label)
{
    char at[40], end[40];
    if (a->at_ns >= check->scenario->duration_ns) {
        check_format_time(at, sizeof at, a->at_ns);
        check_format_time(end, sizeof end, check->scenario->duration_ns);
        scenario_errors_add(check->errors, check_place(check, &a->at_ns),
                "%s.at = %s is not before the end of the run (duration = %s)", label, at, end);
    }
    if (a->every_ns > 0 && a->every_ns < EVERY_LEAST_NS) {
        scenario_errors_add(check->errors, check_place(check, &a->every_ns),
                "%s.every should be 0 or at least 1 ms", label);
    }
}

void check_adversaries(const struct check *check)
{
    for (uint32_t i = 0; i < check->scenario->adversary_count; i++) {
        const struct scenario_adversary *a = &check->scenario->adversaries[i];
        char label[32];
        snprintf(label, sizeof label, "adversaries.%u", i);
        check_kind_keys(check, a, label);
        check_place_of(check, a, label);
        check_times(check, a, label);
        check_members(check, &a->devices, label);
        if ((IN_GROUP >> a->kind & 1u) != 0 && check->scenario->campaign_count == 0) {
            scenario_errors_add(check->errors, check_place(check, &a->kind),
                    "%s.kind = %s needs a campaign", label, scenario_adversary_names[a->kind]);
        }
    }
}
