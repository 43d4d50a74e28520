/* The story of one device, for programs (docs/explain.md).
 * SPDX-License-Identifier: MIT
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "explain/sentence.h"
#include "explain/story.h"
#include "explain/story_facts.h"

static json_t *seconds(sim_ns at_ns)
{
    return json_real((double)at_ns / (double)SIM_NS_PER_S);
}

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *item_text(const struct story *story, const struct story_item *item)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    story_item_write(story, item, out);
    fclose(out);
    json_t *value = text == NULL ? NULL : json_stringn(text, size);
    free(text);
    return value;
}

static json_t *items(const struct story *story)
{
    static const char *const kinds[STORY_KIND_COUNT] = { [STORY_JOIN_REQUEST] = "JOIN_REQUEST",
        [STORY_JOINED] = "JOIN_ACCEPT",
        [STORY_COMMANDS] = "COMMANDS",
        [STORY_SESSION] = "SESSION" };
    json_t *list = json_array();
    for (size_t i = 0; i < story->count; i++) {
        const struct story_item *item = &story->items[i];
        const char *kind =
                kinds[item->kind] != NULL ? kinds[item->kind] : sentence_name(&item->happening);
        json_array_append_new(
                list, json_pack("{s:o, s:s, s:o}", "at_s", seconds(item->happening.at_ns), "kind",
                              kind, "text", item_text(story, item)));
    }
    return list;
}

/* A number per cause, those of 0 left out. */
static json_t *causes(const uint64_t *of)
{
    json_t *object = json_object();
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        if (of[cause] > 0) {
            json_object_set_new(object, loss_cause_name((enum loss_cause)cause),
                    json_integer((json_int_t)of[cause]));
        }
    }
    return object;
}

static json_t *lost_fragments(const struct story_fragments *fragments)
{
    json_t *list = json_array();
    for (uint32_t n = 1; n <= fragments->nb_frag; n++) {
        enum loss_cause cause = story_fragment_cause(fragments, n);
        if (cause != LOSS_NONE) {
            json_array_append_new(
                    list, json_pack("{s:i, s:s}", "n", (int)n, "cause", loss_cause_name(cause)));
        }
    }
    return list;
}

/* Why each round but the last one left it. */
static json_t *rounds_that_left(const struct story *story, uint32_t campaign)
{
    json_t *list = json_array();
    struct campaign_device device;
    story_member_of(story, campaign, &device);
    for (uint32_t i = 0; i + 1u < device.rounds; i++) {
        json_array_append_new(
                list, json_string(campaign_failure_name((enum campaign_failure)device.left[i])));
    }
    return list;
}

static json_t *campaign_of(const struct story *story, uint32_t campaign)
{
    struct device_outcome outcome;
    struct story_fragments fragments;
    json_t *object = json_pack("{s:s}", "name", run_scenario(story->run)->campaigns[campaign].name);
    bool member = story_outcome_of(story, campaign, &outcome);
    json_object_set_new(object, "member", json_boolean(member));
    if (!member) {
        return object;
    }
    const char *reason = device_outcome_reason(&outcome);
    json_object_set_new(object, "failed", reason == NULL ? json_null() : json_string(reason));
    json_object_set_new(
            object, "confirmed_s", reason == NULL ? seconds(outcome.confirmed_ns) : json_null());
    json_object_set_new(object, "left_by_rounds", rounds_that_left(story, campaign));
    json_object_set_new(object, "set_up_time_s", number(story_set_up_s(story, campaign)));
    json_object_set_new(object, "clock_error_ms", number(story_clock_error_ms(story, campaign)));
    if (story_fragments_of(story, campaign, &fragments)) {
        json_object_set_new(object, "nb_frag", json_integer(fragments.nb_frag));
        json_object_set_new(
                object, "received", json_integer((json_int_t)fragments.counts.of[LOSS_NONE]));
        json_object_set_new(object, "unicast", json_integer(fragments.unicast));
        json_object_set_new(object, "lost_by_cause", causes(fragments.counts.of));
        json_object_set_new(object, "lost", lost_fragments(&fragments));
        json_object_set_new(object, "whole", json_boolean(fragments.whole));
    }
    return object;
}

static json_t *energy_of(const struct story *story)
{
    struct phase_energy energy;
    json_t *object = json_object();
    energy_phases_device(run_recorders(story->run), story->device, &energy);
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        json_object_set_new(object, energy_phase_name((enum energy_phase)phase),
                json_real(energy.joule[phase]));
    }
    return object;
}

static json_t *wear_of(const struct story *story)
{
    struct device_wear wear;
    json_t *object = json_object();
    story_wear_of(story, &wear);
    for (int i = 0; i < HAL_FLASH_REGION_COUNT; i++) {
        enum hal_flash_region region = (enum hal_flash_region)i;
        const struct wear_region *of = &wear.regions[i];
        json_t *places = json_object();
        for (int place = 0; place < FLASH_PLACE_COUNT; place++) {
            json_object_set_new(places, flash_place_name((enum flash_place)place),
                    json_integer(of->places[place]));
        }
        json_object_set_new(object, wear_region_name(region),
                json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "erases", (json_int_t)of->total, "most",
                        (json_int_t)of->most, "address", (json_int_t)of->address, "rated",
                        (json_int_t)of->rated, "most_of_any_device",
                        (json_int_t)story_wear_most(story, region), "most_by_place", places));
    }
    return object;
}

bool story_write_json(const struct story *story, FILE *out)
{
    const struct scenario *scenario = run_scenario(story->run);
    json_t *campaigns = json_array();
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        json_array_append_new(campaigns, campaign_of(story, c));
    }
    uint64_t lost[LOSS_CAUSE_COUNT];
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        lost[cause] = story->uplinks.lost[cause];
    }
    /* A seed has 64 bits, an integer of JSON's readers 53: it is text. */
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)scenario->seed);
    json_t *root = json_pack(
            "{s:s, s:s, s:i, s:s, s:i, s:i, s:o, s:o, s:{s:i, s:i, s:o}, s:o, s:o}", "scenario",
            scenario->name, "seed", seed, "device", (int)story->device, "group",
            scenario_group_of(scenario, story->device)->name, "join_requests",
            (int)story->join_requests, "coded_received", (int)story->coded_received, "events",
            items(story), "campaigns", campaigns, "data_frames", "sent", (int)story->uplinks.sent,
            "received", (int)story->uplinks.received, "lost_by_cause", causes(lost), "energy_j",
            energy_of(story), "flash", wear_of(story));
    bool ok = root != NULL && json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
    json_decref(root);
    fputc('\n', out);
    return ok;
}
