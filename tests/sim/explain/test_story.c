/* Stories of devices add up to the run's results.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what a story says of one device is what the summary says of all, no frame and no fragment
 * more or less. Method: a run with losses of several causes and resets, a story for each of its
 * devices, sums against the summary, which other code counts (sim/record).
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/choice.h"
#include "explain/sentence.h"
#include "explain/story.h"
#include "explain/story_facts.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES 10u

static const char fleet[] =
        "name: lossy\n"
        "duration: 12 h\n"
        "area: {radius: 4 km}\n"
        "propagation: {shadowing: {sigma: 6 dB}, fading: rayleigh}\n"
        "gateways: {count: 2, radius: 3 km}\n"
        "devices: [{name: a, count: 6, boot: {spread: 30 min}, report: {period: 10 min}}, "
        "{name: b, count: 4, boot: {spread: 30 min}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "faults: [{kind: reset, device: 2, at: 45 min}]\n"
        "campaign: {start: 30 min, set_up: {window: 3 h}, confirm_timeout: 1 h}\n";

static struct trial *trial;
static struct story stories[DEVICES];

static void play(void)
{
    trial = trial_create(fleet, NULL, 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_listen(&stories[i], trial->run, i);
    }
    trial_play(trial);
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_finish(&stories[i]);
        cr_assert_not(stories[i].incomplete);
    }
}

static void forget(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_free(&stories[i]);
    }
    trial_destroy(trial);
}

static void expect_sum(const char *prefix, const char *key, double sum)
{
    char path[SUMMARY_PATH_SIZE];
    snprintf(path, sizeof path, "%s%s", prefix, key);
    cr_expect_float_eq(sum, trial_value(trial, path), 1e-9, "%s: %g, the stories have %g", path,
            trial_value(trial, path), sum);
}

Test(story, data_frames_add_up_to_the_summary)
{
    play();
    double sent = 0.0, received = 0.0, lost[LOSS_CAUSE_COUNT] = { 0 };
    uint32_t causes = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        sent += stories[i].uplinks.sent;
        received += stories[i].uplinks.received;
        for (int cause = 0; cause < LOSS_NONE; cause++) {
            lost[cause] += stories[i].uplinks.lost[cause];
        }
    }
    expect_sum("uplinks.", "sent", sent);
    expect_sum("uplinks.", "received", received);
    for (int cause = LOSS_RADIO_BUSY; cause <= LOSS_MISMATCH; cause++) {
        expect_sum("uplinks.by_cause.", loss_cause_name((enum loss_cause)cause), lost[cause]);
        causes += lost[cause] > 0.0 ? 1 : 0;
    }
    cr_expect_geq(causes, 1, "uplinks are lost in this run");
    forget();
}

Test(story, fragments_add_up_to_the_summary)
{
    play();
    double of[LOSS_CAUSE_COUNT] = { 0 }, listed[LOSS_CAUSE_COUNT] = { 0 };
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct story_fragments fragments;
        if (!story_fragments_of(&stories[i], 0, &fragments)) {
            continue;
        }
        for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
            of[cause] += (double)fragments.counts.of[cause];
        }
        for (uint32_t n = 1; n <= fragments.nb_frag; n++) {
            listed[story_fragment_cause(&fragments, n)] += 1.0;
        }
    }
    /* Shares of all pairs of a device and a fragment of its block. */
    double pairs = trial_value(trial, "missing_fragments.pairs"), lost = 0.0;
    expect_sum("missing_fragments.", "received", of[LOSS_NONE] / pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        cr_expect_eq(listed[cause], of[cause]);
        expect_sum("missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                of[cause] / pairs);
        lost += of[cause];
    }
    cr_expect_gt(lost, 0.0, "fragments are lost in this run");
    forget();
}

static uint32_t count_kind(const struct story *story, enum story_item_kind kind)
{
    uint32_t count = 0;
    for (size_t i = 0; i < story->count; i++) {
        count += story->items[i].kind == kind ? 1 : 0;
    }
    return count;
}

static uint32_t count_named(const struct story *story, const char *name)
{
    uint32_t count = 0;
    for (size_t i = 0; i < story->count; i++) {
        count += story->items[i].kind == STORY_HAPPENING
                                 && strcmp(sentence_name(&story->items[i].happening), name) == 0
                         ? 1
                         : 0;
    }
    return count;
}

Test(story, joins_stages_and_resets_are_those_of_the_run)
{
    play();
    uint32_t joined = 0, confirmed = 0, sessions = 0, ready = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct device_outcome outcome;
        joined += count_kind(&stories[i], STORY_JOINED) > 0 ? 1 : 0;
        sessions += count_kind(&stories[i], STORY_SESSION);
        cr_expect(story_outcome_of(&stories[i], 0, &outcome));
        confirmed += device_outcome_reason(&outcome) == NULL ? 1 : 0;
        ready += !isnan(story_set_up_s(&stories[i], 0)) ? 1 : 0;
        for (size_t k = 1; k < stories[i].count; k++) {
            cr_expect_leq(
                    stories[i].items[k - 1].happening.at_ns, stories[i].items[k].happening.at_ns);
        }
    }
    expect_sum("devices.", "joined", joined);
    expect_sum("devices.", "confirmed", confirmed);
    expect_sum("devices.", "ready", ready);
    cr_expect_geq(sessions, confirmed, "no device gets the block without a session");
    /* Power, the listed reset; the confirmed ones restart to install. */
    cr_expect_geq(count_named(&stories[2], "NODE_RESET"), 2);
    cr_expect_eq(count_named(&stories[2], "INSTALLED"), 1);
    forget();
}

static double json_number(const json_t *object, const char *region, const char *key)
{
    return json_number_value(json_object_get(json_object_get(object, region), key));
}

/* The story of a device in JSON; the caller forgets it. */
static json_t *json_of(const struct story *story)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert(story_write_json(story, out));
    fclose(out);
    json_error_t error;
    json_t *root = json_loadb(text, size, 0, &error);
    cr_assert_not_null(root, "%s", error.text);
    free(text);
    return root;
}

/* The one that is reset in its set-up and the others. */
Test(story, wear_adds_up_to_the_summary)
{
    play();
    for (int r = 0; r < HAL_FLASH_REGION_COUNT; r++) {
        const char *region = wear_region_name((enum hal_flash_region)r);
        double sum = 0.0, most = 0.0, running = 0.0;
        char prefix[64];
        for (uint32_t i = 0; i < DEVICES; i++) {
            json_t *root = json_of(&stories[i]);
            const json_t *flash = json_object_get(root, "flash");
            double own = json_number(flash, region, "most");
            const json_t *places = json_object_get(json_object_get(flash, region), "most_by_place");
            cr_expect_geq(json_number(flash, region, "erases"), own);
            most = fmax(most, json_number(flash, region, "most_of_any_device"));
            running = fmax(running, json_number_value(json_object_get(places, "running")));
            sum += own;
            json_decref(root);
        }
        snprintf(prefix, sizeof prefix, "flash.wear.%s.", region);
        expect_sum(prefix, "most", most);
        expect_sum(prefix, "mean", sum / DEVICES);
        if (r == HAL_FLASH_INTERNAL) {
            expect_sum("flash.wear.by_place.", "running", running);
        }
    }
    forget();
}

Test(story, json_holds_every_item_and_is_json)
{
    play();
    json_t *root = json_of(&stories[2]);
    cr_expect_eq(json_array_size(json_object_get(root, "events")), stories[2].count);
    cr_expect_eq(json_integer_value(json_object_get(root, "device")), 2);
    json_decref(root);
    forget();
}

Test(story, choices_are_the_extremes_of_the_summary)
{
    play();
    double value = 0.0;
    uint32_t worst = choice_worst(trial->run, choice_metric_named("energy"), &value);
    cr_expect_lt(worst, DEVICES);
    cr_expect_float_eq(value, trial_value(trial, "energy_j.max"), 1e-9);
    choice_worst(trial->run, choice_metric_named("set-up"), &value);
    cr_expect_float_eq(value, trial_value(trial, "setup_time_s.max"), 1e-9);
    cr_expect_null(choice_metric_named("beauty"));
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        const char *reason = campaign_failure_name((enum campaign_failure)f);
        uint32_t count;
        uint32_t first = choice_failed(trial->run, reason, &count);
        expect_sum("devices.failed.", reason, count);
        cr_expect_eq(first == CHOICE_NONE, count == 0);
    }
    forget();
}

/* A device that is out of reach for good never joins. */
Test(story, a_device_that_never_joined_is_chosen_as_such)
{
    const char *const sets[] = { "propagation.penetration=60 dB" };
    struct trial *far = trial_create(fleet, sets, 1);
    struct story story;
    struct device_outcome outcome;
    story_listen(&story, far->run, 1);
    trial_play(far);
    story_finish(&story);
    uint32_t count;
    cr_expect_eq(choice_failed(far->run, "never_joined", &count), 0);
    cr_expect_eq(count, DEVICES);
    cr_expect_eq(count_kind(&story, STORY_JOINED), 0);
    cr_expect_gt(story.join_requests, 10);
    cr_expect(story_outcome_of(&story, 0, &outcome));
    cr_expect_str_eq(device_outcome_reason(&outcome), "never_joined");
    story_free(&story);
    trial_destroy(far);
}

/* --- words ------------------------------------------------------------------------------------ */

static void expect_sentence(const struct happening *happening, const char *name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    sentence_write(trial->world, happening, out);
    fclose(out);
    cr_expect_gt(size, 5, "%s has no sentence", name);
    cr_expect_null(strpbrk(text, "{}"), "%s: %s", name, text);
    cr_expect_str_eq(sentence_name(happening), name);
    free(text);
}

Test(sentence, every_kind_and_trace_event_has_one)
{
    static const char *const kinds[] = {
#define X(name, layer, a, b, c) #name,
        OBSERVATION_KINDS(X)
#undef X
    };
    static const char *const traces[] = {
#define X(name, a, b) #name,
        FW_TRACE_EVENTS(X)
#undef X
    };
    trial = trial_create(fleet, NULL, 0);
    for (uint32_t kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        if (kind != OBSERVE_FIRMWARE) {
            expect_sentence(&(struct happening){ .kind = kind }, kinds[kind]);
        }
    }
    for (int event = 0; event < FW_TRACE_COUNT; event++) {
        expect_sentence(&(struct happening){ .kind = OBSERVE_FIRMWARE, .a = event }, traces[event]);
    }
    expect_sentence(&(struct happening){ .kind = OBSERVE_FIRMWARE, .a = 1000 }, "FIRMWARE");
    trial_destroy(trial);
}

Test(sentence, every_cause_and_reason_has_a_meaning)
{
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        cr_expect_not_null(loss_meaning((enum loss_cause)cause));
    }
    for (int f = CAMPAIGN_FAILURE_NONE + 1; f < CAMPAIGN_FAILURE_COUNT; f++) {
        const char *reason = campaign_failure_name((enum campaign_failure)f);
        cr_expect_not_null(failure_meaning(reason), "%s", reason);
    }
    cr_expect_not_null(failure_meaning("never_joined"));
    cr_expect_null(failure_meaning("tired"));
}
