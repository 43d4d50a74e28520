/* Goal: each key means one thing, and leaves the commands that it says; what is typed selects a
 * device or goes to a time, or the view says why not.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "view/intents.h"

static struct schemes schemes = { .count = 5 };
static struct scenario scenario;
static struct scene_device devices[20];
static struct scene_gateway gateways[2];
static struct scene scene = { .device_count = 20,
    .gateway_count = 2,
    .devices = devices,
    .gateways = gateways };
static struct view view;

static void begin(void)
{
    view_init(&view, &scenario, &schemes);
    view.player.speed = 60.0;
    view_layout(&view, (struct box){ 0, 0, 1280, 800 });
}

TestSuite(intents, .init = begin);

static void intend(enum view_intent intent)
{
    cr_expect_not(view_intend(&view, &scene, intent));
}

/* The only command that was left. */
static struct player_command left(enum player_command_kind kind)
{
    cr_assert_eq(view.command_count, 1, "%u", view.command_count);
    cr_expect_eq(view.commands[0].kind, kind, "%d", (int)view.commands[0].kind);
    view.command_count = 0;
    return view.commands[0];
}

static void type(const char *text)
{
    for (; *text != '\0'; text++) {
        view_type(&view, &scene, (char[]){ *text, '\0' });
    }
}

/* --- the table -------------------------------------------------------------------------------- */

Test(intents, no_two_have_the_same_key)
{
    for (unsigned a = 0; a < INTENT_COUNT; a++) {
        for (unsigned b = 0; b < a; b++) {
            cr_expect_str_neq(intent_rows[a].key, intent_rows[b].key);
        }
    }
}

Test(intents, are_found_by_their_words)
{
    char word[32];
    for (enum view_intent i = 0; i < INTENT_COUNT; i++) {
        intent_word(i, word, sizeof word);
        cr_expect_eq(intent_find(word), i, "%s", word);
    }
    cr_expect_eq(intent_find("reset-device"), INTENT_RESET_DEVICE);
    cr_expect_eq(intent_find("reset_device"), INTENT_COUNT);
    cr_expect_eq(intent_find(""), INTENT_COUNT);
}

Test(intents, those_of_the_window_are_left_to_it)
{
    cr_expect(view_intend(&view, &scene, INTENT_SAVE_PICTURE));
    cr_expect(view_intend(&view, &scene, INTENT_SAVE_SCENARIO));
    cr_expect(view_intend(&view, &scene, INTENT_QUIT));
    cr_expect_eq(view.command_count, 0);
}

/* --- time ------------------------------------------------------------------------------------- */

Test(intents, pause_and_play_by_turns)
{
    intend(INTENT_PAUSE);
    left(PLAYER_PLAY);
    intend(INTENT_PAUSE); /* before the player was asked for its state again */
    left(PLAYER_PAUSE);
}

Test(intents, speed_doubles_and_halves_within_its_limits)
{
    intend(INTENT_FASTER);
    cr_expect_eq(left(PLAYER_SPEED).speed, 120.0);
    intend(INTENT_SLOWER);
    intend(INTENT_SLOWER);
    cr_expect_eq(view.commands[1].speed, 30.0);
    for (int i = 0; i < 20; i++) {
        intend(INTENT_SLOWER);
    }
    cr_expect_eq(view.player.speed, PLAYER_SPEED_MIN);
    for (int i = 0; i < 40; i++) {
        view.command_count = 0;
        intend(INTENT_FASTER);
    }
    cr_expect_eq(view.player.speed, PLAYER_SPEED_MAX);
    view.command_count = 0;
    intend(INTENT_FASTEST);
    cr_expect_eq(left(PLAYER_SPEED).speed, 60.0);
    intend(INTENT_FASTEST);
    cr_expect_eq(left(PLAYER_SPEED).speed, PLAYER_SPEED_MAX);
}

Test(intents, a_loss_is_of_the_selected_device)
{
    intend(INTENT_UNTIL_LOSS);
    cr_expect_eq(view.command_count, 0);
    cr_expect_str_not_empty(view.message);
    view.selected = 7;
    intend(INTENT_UNTIL_LOSS);
    cr_expect_eq(left(PLAYER_UNTIL_LOSS).device, 7);
    cr_expect_str_empty(view.message);
}

/* --- typing ----------------------------------------------------------------------------------- */

Test(intents, a_typed_number_selects_the_device)
{
    intend(INTENT_SEARCH);
    cr_expect_eq(view.typing, TYPING_DEVICE);
    type("129\b\b3\n");
    cr_expect_eq(view.typing, TYPING_NOTHING);
    cr_expect_eq(view.selected, 13);
    cr_expect_eq(left(PLAYER_SELECT).device, 13);
}

Test(intents, a_device_outside_of_the_map_is_brought_into_it)
{
    devices[4] = (struct scene_device){ .x_m = 200, .y_m = 200 };
    devices[5] = (struct scene_device){ .x_m = -5000, .y_m = 70 };
    intend(INTENT_SEARCH);
    type("4\n");
    cr_expect(view.fitted);
    intend(INTENT_SEARCH);
    type("5\n");
    cr_expect_not(view.fitted);
    cr_expect(view.camera.x_m == -5000.0 && view.camera.y_m == 70.0);
}

Test(intents, a_number_that_is_none_is_told)
{
    static const char *const wrong[] = { "20\n", "x\n", "-1\n", "3a\n" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        intend(INTENT_SEARCH);
        type(wrong[i]);
        cr_expect_eq(view.command_count, 0, "%s", wrong[i]);
        cr_expect_str_not_empty(view.message);
    }
}

Test(intents, a_typed_time_is_gone_to)
{
    intend(INTENT_UNTIL_TIME);
    type("90min\n");
    cr_expect_eq(left(PLAYER_UNTIL_TIME).at_ns, 5400 * SIM_NS_PER_S);
    intend(INTENT_UNTIL_TIME);
    type("90\n");
    cr_expect_eq(view.command_count, 0);
    cr_expect_not_null(strstr(view.message, "units"), "%s", view.message);
}

Test(intents, escape_ends_typing_first_then_help_then_the_selection)
{
    view.selected = 3;
    view.help = true;
    intend(INTENT_SEARCH);
    intend(INTENT_CANCEL);
    cr_expect(view.typing == TYPING_NOTHING && view.help && view.selected == 3);
    intend(INTENT_CANCEL);
    cr_expect(!view.help && view.selected == 3);
    intend(INTENT_CANCEL);
    cr_expect_eq(left(PLAYER_SELECT).device, SCENE_NONE);
}

Test(intents, more_text_than_there_is_room_for_is_left_out)
{
    intend(INTENT_SEARCH);
    for (unsigned i = 0; i < 3 * VIEW_TYPED_MAX; i++) {
        type("1");
    }
    cr_expect_eq(strlen(view.typed), VIEW_TYPED_MAX - 1);
}

/* --- what is looked at ------------------------------------------------------------------------ */

Test(intents, pin_and_unpin_the_selected_device)
{
    view.selected = 2;
    intend(INTENT_PIN);
    cr_expect_eq(left(PLAYER_PIN).device, 2);
    cr_expect(view.pinned_count == 1 && view.pinned[0] == 2);
    intend(INTENT_PIN);
    cr_expect_eq(left(PLAYER_UNPIN).device, 2);
    cr_expect_eq(view.pinned_count, 0);
    for (uint32_t i = 0; i <= SCENE_PINNED_MAX; i++) {
        view.selected = i;
        intend(INTENT_PIN);
    }
    cr_expect_eq(view.pinned_count, SCENE_PINNED_MAX);
    cr_expect_eq(view.command_count, SCENE_PINNED_MAX);
    cr_expect_str_not_empty(view.message);
}

Test(intents, zoom_leaves_the_fit_to_the_operator)
{
    double before = view.camera.metres_per_point;
    intend(INTENT_ZOOM_IN);
    cr_expect_lt(view.camera.metres_per_point, before);
    cr_expect_not(view.fitted);
    intend(INTENT_ZOOM_OUT);
    cr_expect_float_eq(view.camera.metres_per_point, before, 1e-12);
    intend(INTENT_FIT);
    cr_expect(view.fitted);
}

Test(intents, schemes_and_themes_come_round)
{
    for (unsigned i = 0; i < 5; i++) {
        cr_expect_eq(view.scheme, i);
        intend(INTENT_SCHEME);
    }
    cr_expect_eq(view.scheme, 0);
    intend(INTENT_THEME);
    cr_expect_eq(view.theme, THEME_LIGHT);
    intend(INTENT_THEME);
    cr_expect_eq(view.theme, THEME_DARK);
}

/* --- faults ----------------------------------------------------------------------------------- */

Test(intents, faults_are_of_the_selected_device)
{
    intend(INTENT_RESET_DEVICE);
    intend(INTENT_CUT_POWER);
    cr_expect_eq(view.command_count, 0);
    view.selected = 9;
    intend(INTENT_RESET_DEVICE);
    struct intervention given = left(PLAYER_INTERVENE).intervention;
    cr_expect(given.kind == SCENARIO_FAULT_RESET && given.target == 9);
    intend(INTENT_CUT_POWER);
    given = left(PLAYER_INTERVENE).intervention;
    cr_expect(given.kind == SCENARIO_FAULT_POWER_CUT && given.target == 9);
    cr_expect_eq(given.duration_ns, SIM_NS_PER_S);
}

Test(intents, an_outage_is_of_the_gateway_clicked_last)
{
    intend(INTENT_OUTAGE);
    cr_expect_eq(view.command_count, 0);
    view.gateway = 1;
    intend(INTENT_OUTAGE);
    struct intervention given = left(PLAYER_INTERVENE).intervention;
    cr_expect(given.kind == SCENARIO_FAULT_OUTAGE && given.target == 1);
    cr_expect_eq(given.duration_ns, 600 * SIM_NS_PER_S);
}

Test(intents, a_jammer_is_on_the_channel_of_the_session)
{
    intend(INTENT_JAM);
    cr_expect_eq(left(PLAYER_INTERVENE).intervention.frequency_hz, 868100000);
    scenario.campaign_count = 1;
    scenario.campaigns[0].params.frequency_hz = 869525000;
    intend(INTENT_JAM);
    struct intervention given = left(PLAYER_INTERVENE).intervention;
    cr_expect(given.kind == SCENARIO_FAULT_JAMMER && given.frequency_hz == 869525000);
    cr_expect_eq(given.duration_ns, 60 * SIM_NS_PER_S);
}
