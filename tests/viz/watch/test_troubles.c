/* Goal: the view knows where adversaries and jammers are, when each may act, and when the server
 * set up a group again.
 * Method: times and places are those of the scenario; the times of restarts are those observed.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support/silenced_fleet.h"
#include "watched.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)

static const char text[] =
        "duration: 24 h\n"
        "area: {radius: 500 m}\n"
        "devices: [{name: d, count: 4}]\n"
        "campaign: {start: 10 s}\n"
        "adversaries:\n"
        "  - {kind: inject, at: 1 h, duration: 2 h, x: 100 m, y: -50 m}\n"
        "  - {kind: replay-set-up, device: 2}\n"
        "  - {kind: rewrite-nor, at: 5 h}\n"
        "faults:\n"
        "  - {kind: reset, at: 3 h}\n"
        "  - {kind: power-cut, at: 1 h, rate: 4 /d, until: 6 h, duration: 30 min}\n"
        "  - {kind: jammer, at: 2 h, x: 7 m, duration: 40 h}\n"
        "  - {kind: jammer, received: -60 dBm, duration: 1 h}\n"
        "  - {kind: server-restart, at: 4 h, every: 2 h, duration: 5 min}\n";

static void expect_trouble(const struct scene *scene, uint32_t i, const char *word, sim_ns from_ns,
        sim_ns until_ns, bool placed)
{
    const struct scene_trouble *trouble = &scene->troubles[i];
    cr_expect_str_eq(trouble->word, word);
    cr_expect_eq(trouble->from_ns, from_ns, "%s", word);
    cr_expect_eq(trouble->until_ns, until_ns, "%s", word);
    cr_expect_eq(trouble->placed, placed, "%s", word);
}

Test(troubles, are_those_of_the_scenario_with_places_and_times)
{
    struct watched watched = watched_create(text, NULL, 0);
    watched_fill(&watched);
    const struct scene *scene = watched.scene;
    cr_assert_eq(scene->trouble_count, 8);
    expect_trouble(scene, 0, "inject", HOUR_NS, 3 * HOUR_NS, true);
    expect_trouble(scene, 1, "replay-set-up", 0, 24 * HOUR_NS, true);
    expect_trouble(scene, 2, "rewrite-nor", 5 * HOUR_NS, 24 * HOUR_NS, false);
    expect_trouble(scene, 3, "reset", 3 * HOUR_NS, 3 * HOUR_NS, false);
    expect_trouble(scene, 4, "power-cut", HOUR_NS, 6 * HOUR_NS + HOUR_NS / 2, false);
    expect_trouble(scene, 5, "jammer", 2 * HOUR_NS, 24 * HOUR_NS, true);
    expect_trouble(scene, 6, "jammer", 0, HOUR_NS, false);
    expect_trouble(scene, 7, "server-restart", 4 * HOUR_NS, 24 * HOUR_NS, false);
    cr_expect_float_eq((double)scene->troubles[0].x_m, 100.0, 1e-3);
    cr_expect_float_eq((double)scene->troubles[0].y_m, -50.0, 1e-3);
    cr_expect_float_eq(
            (double)scene->troubles[1].x_m, (double)scene->devices[2].x_m, 1e-3, "at its device");
    cr_expect_eq(scene->troubles[0].kind, TROUBLE_ATTACK);
    cr_expect_eq(scene->troubles[5].kind, TROUBLE_FAULT);
    watched_destroy(&watched);
}

/* --- defences --------------------------------------------------------------------------------- */

static void keep_last(void *context, const struct observation *o)
{
    *(struct observation *)context = *o;
}

static uint32_t restarts_told(const struct scene_detail *detail, sim_ns at_ns)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < detail->event_count; i++) {
        const struct scene_event *event = &detail->events[i];
        count += event->kind == SCENE_EVENT_GROUP_RESTART && event->at_ns == at_ns ? 1u : 0u;
    }
    return count;
}

Test(troubles, restarts_of_a_group_are_defences)
{
    struct watched watched = watched_create(silenced_fleet, NULL, 0);
    struct observation stated = { 0 };
    engine_observer_add(watched.trial->world->engine, OBSERVE_BIT(OBSERVE_CAMPAIGN_GROUP_RESTART),
            keep_last, &stated);
    watch_select(watched.watch, 2);
    watched_fill(&watched);
    cr_expect_eq(watched.scene->trouble_count, 1, "the adversary");
    while (stated.at_ns == 0) {
        cr_assert(watched_go(&watched, watched.scene->now_ns + SIM_NS_PER_S));
        watched_fill(&watched);
    }
    cr_assert_eq(watched.scene->trouble_count, 2);
    expect_trouble(watched.scene, 1, "group restart", stated.at_ns, stated.at_ns, false);
    cr_expect_eq(watched.scene->troubles[1].kind, TROUBLE_DEFENCE);
    cr_expect_eq(restarts_told(&watched.scene->detail, stated.at_ns), 1, "to the selected device");
    watched_play(&watched, 600 * SIM_NS_PER_S);
    cr_expect_eq(watched.scene->trouble_count, 2, "each restart is shown once");
    watched_destroy(&watched);
}
