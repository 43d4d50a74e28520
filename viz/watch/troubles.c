/* Adversaries and faults of a scenario, and what the server did against them, as the view shows
 * them.
 * SPDX-License-Identifier: MIT
 */
#include "watch/troubles.h"

#include <assert.h>

#include "scenario/scenario_adversaries.h"
#include "scenario/scenario_faults.h"

_Static_assert(
        SCENARIO_FAULTS_MAX + SCENARIO_OUTAGES_MAX + SCENARIO_ADVERSARIES_MAX + SCENE_DEFENCES_MAX
                <= SCENE_TROUBLES_MAX,
        "each has its place");

/* What has no end has that of the run. */
static sim_ns end_after(const struct scenario *scenario, sim_ns from_ns, sim_ns length_ns)
{
    sim_ns left_ns = scenario->duration_ns - from_ns;
    return length_ns < 0 || length_ns > left_ns ? scenario->duration_ns : from_ns + length_ns;
}

static struct scene_trouble *add(
        struct scene *scene, enum trouble_kind kind, const char *word, sim_ns from_ns)
{
    assert(scene->trouble_count < SCENE_TROUBLES_MAX);
    struct scene_trouble *trouble = &scene->troubles[scene->trouble_count++];
    *trouble = (struct scene_trouble){ .kind = (uint8_t)kind, .word = word, .from_ns = from_ns };
    return trouble;
}

static void add_adversary(
        const struct scenario *scenario, const struct scenario_adversary *a, struct scene *scene)
{
    struct scene_trouble *trouble =
            add(scene, TROUBLE_ATTACK, scenario_adversary_names[a->kind], a->at_ns);
    bool at_device = a->device < scene->device_count;
    trouble->until_ns = end_after(scenario, a->at_ns, a->duration_ns);
    trouble->placed = a->kind != ADVERSARY_REWRITE_NOR;
    trouble->x_m = at_device ? scene->devices[a->device].x_m : (float)a->x_m;
    trouble->y_m = at_device ? scene->devices[a->device].y_m : (float)a->y_m;
}

/* One that comes more than once may begin until its `until`. */
static void add_fault(
        const struct scenario *scenario, const struct scenario_fault *f, struct scene *scene)
{
    bool again = f->every_ns > 0 || f->rate_per_day > 0.0;
    sim_ns last_ns = !again                                ? f->at_ns
                     : f->until_ns < scenario->duration_ns ? f->until_ns
                                                           : scenario->duration_ns;
    sim_ns length_ns = f->kind == SCENARIO_FAULT_RESET ? 0 : f->duration_ns;
    struct scene_trouble *trouble =
            add(scene, TROUBLE_FAULT, scenario_fault_names[f->kind], f->at_ns);
    trouble->until_ns = end_after(scenario, last_ns, length_ns);
    trouble->placed = f->kind == SCENARIO_FAULT_JAMMER && !f->received;
    trouble->x_m = (float)f->jammer.x_m;
    trouble->y_m = (float)f->jammer.y_m;
}

void troubles_fill(const struct scenario *scenario, const sim_ns *group_restarts_ns,
        uint32_t group_restart_count, struct scene *scene)
{
    assert(group_restart_count <= SCENE_DEFENCES_MAX);
    assert(scenario->fault_count <= SCENARIO_FAULTS_MAX);
    scene->trouble_count = 0;
    for (uint32_t i = 0; i < scenario->adversary_count; i++) {
        add_adversary(scenario, &scenario->adversaries[i], scene);
    }
    for (uint32_t i = 0; i < scenario->fault_count; i++) {
        add_fault(scenario, &scenario->faults[i], scene);
    }
    for (uint32_t i = 0; i < scenario->outage_count; i++) {
        add_fault(scenario, &scenario->outages[i], scene);
    }
    for (uint32_t i = 0; i < group_restart_count; i++) {
        struct scene_trouble *trouble =
                add(scene, TROUBLE_DEFENCE, "group restart", group_restarts_ns[i]);
        trouble->until_ns = trouble->from_ns;
    }
}
