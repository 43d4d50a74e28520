/* The story of one device, for people.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/sentence.h"
#include "explain/story.h"
#include "explain/story_facts.h"
#include "record/security.h"

#define SAME_MAX   3u  /* so many times the same kind in a row are told one by one */
#define RANGES_MAX 12u /* of a cause's fragments */

static void write_commands(const struct story_item *item, FILE *out)
{
    fputs("receives ", out);
    for (size_t i = 0; i < item->command_count; i++) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", item->commands[i]);
    }
}

static void write_session(const struct story *story, const struct story_item *item, FILE *out)
{
    double error_ms = story_clock_error_ms(story, item->number);
    fprintf(out, "listens for the first session of campaign '%s'",
            run_scenario(story->run)->campaigns[item->number].name);
    if (!isnan(error_ms)) {
        fprintf(out, "; its clock is %.1f ms %s GPS time", fabs(error_ms),
                error_ms < 0.0 ? "behind" : "ahead of");
    }
}

void story_item_write(const struct story *story, const struct story_item *item, FILE *out)
{
    switch (item->kind) {
    case STORY_JOIN_REQUEST:
        fprintf(out, "sends JoinRequest %" PRIu32 " (SF%u, %.4g MHz)", item->number,
                item->happening.frame.spreading_factor, item->happening.frame.frequency_hz / 1e6);
        break;
    case STORY_JOINED:
        fprintf(out, "receives the JoinAccept: joined after %" PRIu32 " JoinRequest%s",
                item->number, item->number == 1 ? "" : "s");
        break;
    case STORY_COMMANDS:
        write_commands(item, out);
        break;
    case STORY_SESSION:
        write_session(story, item, out);
        break;
    case STORY_HAPPENING:
    case STORY_KIND_COUNT:
    default:
        if (item->happening.entity != story->entity) {
            entity_write(run_world(story->run), item->happening.entity, out);
            fputc(' ', out);
        }
        sentence_write(run_world(story->run), &item->happening, out);
        break;
    }
}

/* --- what happened ---------------------------------------------------------------------------- */

static bool is_same(const struct story_item *a, const struct story_item *b)
{
    return a->kind == b->kind
           && (a->kind != STORY_HAPPENING
                   || sentence_name(&a->happening) == sentence_name(&b->happening));
}

static void write_item(const struct story *story, size_t index, FILE *out)
{
    char *time = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&time, &size);
    if (text != NULL) {
        time_write(story->items[index].happening.at_ns, 3, text);
        fclose(text);
    }
    fprintf(out, "  %17s  ", time != NULL ? time : "");
    story_item_write(story, &story->items[index], out);
    fputc('\n', out);
    free(time);
}

static void write_items(const struct story *story, FILE *out)
{
    size_t i = 0;
    while (i < story->count) {
        size_t end = i + 1;
        while (end < story->count && is_same(&story->items[i], &story->items[end])) {
            end++;
        }
        size_t left_out = end - i > SAME_MAX ? end - i - 2 : 0;
        write_item(story, i++, out);
        if (left_out > 0) {
            fprintf(out, "  %17s  the same %zu times more\n", "...", left_out);
            i += left_out;
        }
        while (i < end) {
            write_item(story, i++, out);
        }
    }
}

/* --- fragments -------------------------------------------------------------------------------- */

/* "3, 17-19, 44 and 12 more". */
static void write_ranges(const struct story_fragments *fragments, enum loss_cause cause, FILE *out)
{
    uint32_t ranges = 0, left_out = 0;
    for (uint32_t n = 1; n <= fragments->nb_frag; n++) {
        uint32_t last = n;
        if (story_fragment_cause(fragments, n) != cause) {
            continue;
        }
        while (last < fragments->nb_frag && story_fragment_cause(fragments, last + 1) == cause) {
            last++;
        }
        if (ranges++ >= RANGES_MAX) {
            left_out += last - n + 1;
        } else {
            fprintf(out, "%s%" PRIu32, ranges > 1 ? ", " : "", n);
            if (last > n) {
                fprintf(out, "-%" PRIu32, last);
            }
        }
        n = last;
    }
    if (left_out > 0) {
        fprintf(out, " and %" PRIu32 " more", left_out);
    }
}

static void write_fragments(const struct story *story, uint32_t campaign, FILE *out)
{
    struct story_fragments fragments;
    if (!story_fragments_of(story, campaign, &fragments)) {
        return;
    }
    uint64_t received = fragments.counts.of[LOSS_NONE], lost = fragments.nb_frag - received;
    fprintf(out,
            "\nFragments of campaign '%s': ", run_scenario(story->run)->campaigns[campaign].name);
    if (fragments.nb_frag > 0) {
        fprintf(out, "%" PRIu64 " of %" PRIu32 " received%s", received, fragments.nb_frag,
                fragments.unicast > 0 ? ", " : "\n");
    }
    if (fragments.unicast > 0 || fragments.nb_frag == 0) {
        fprintf(out, "%" PRIu32 " received by unicast\n", fragments.unicast);
    }
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        if (fragments.counts.of[cause] > 0) {
            fprintf(out, "  %5" PRIu64 " %s (%s): ", fragments.counts.of[cause],
                    loss_cause_name((enum loss_cause)cause), loss_meaning((enum loss_cause)cause));
            write_ranges(&fragments, (enum loss_cause)cause, out);
            fputc('\n', out);
        }
    }
    if (lost > 0) {
        fprintf(out, "  %s; it received %" PRIu32 " coded fragments\n",
                fragments.whole ? "recovered, all of them" : "not recovered",
                story->coded_received);
    }
}

/* --- uplinks, energy, flash, the end ---------------------------------------------------------- */

static void write_uplinks(const struct story_uplinks *uplinks, FILE *out)
{
    fprintf(out, "\nData frames: %" PRIu32 " sent, %" PRIu32 " received by a gateway\n",
            uplinks->sent, uplinks->received);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        if (uplinks->lost[cause] > 0) {
            fprintf(out, "  %5" PRIu32 " %s (%s)\n", uplinks->lost[cause],
                    loss_cause_name((enum loss_cause)cause), loss_meaning((enum loss_cause)cause));
        }
    }
}

static void write_forged(const struct story *story, FILE *out)
{
    uint32_t forged = security_accepted(run_recorders(story->run), story->device);
    if (forged > 0) {
        fprintf(out, "\nForged frames: its MAC accepted %" PRIu32 "\n", forged);
    }
}

static void write_energy(const struct story *story, FILE *out)
{
    struct phase_energy energy;
    energy_phases_device(run_recorders(story->run), story->device, &energy);
    double total_j = 0.0;
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        total_j += energy.joule[phase];
    }
    fprintf(out, "\nEnergy: %.3f J, %.3f J of it for the update\n", total_j, energy.update_j);
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        if (energy.joule[phase] > 0.0) {
            fprintf(out, "  %9.3f J  %s\n", energy.joule[phase],
                    energy_phase_name((enum energy_phase)phase));
        }
    }
}

static void write_wear(const struct story *story, FILE *out)
{
    struct device_wear wear;
    story_wear_of(story, &wear);
    for (int i = 0; i < HAL_FLASH_REGION_COUNT; i++) {
        enum hal_flash_region region = (enum hal_flash_region)i;
        const struct wear_region *of = &wear.regions[i];
        fprintf(out, "%sFlash '%s': %" PRIu32 " erases", i == 0 ? "\n" : "",
                wear_region_name(region), of->total);
        if (of->total > 0) {
            fprintf(out, "; of the unit at 0x%05" PRIX32 " most, %" PRIu32 ", rated for %" PRIu32,
                    of->address, of->most, of->rated);
        }
        fprintf(out, "; most of any device %" PRIu32 "\n", story_wear_most(story, region));
        for (int place = 0; place < FLASH_PLACE_COUNT; place++) {
            if (of->places[place] > 0) {
                fprintf(out, "  %5" PRIu32 "  %s\n", of->places[place],
                        flash_place_name((enum flash_place)place));
            }
        }
    }
}

/* Why each round but the last one left it; nothing of a device that was in one. */
static void write_rounds(const struct story *story, uint32_t campaign, FILE *out)
{
    struct campaign_device device;
    story_member_of(story, campaign, &device);
    for (uint32_t i = 0; i + 1u < device.rounds; i++) {
        const char *reason = campaign_failure_name((enum campaign_failure)device.left[i]);
        fprintf(out, "  Its round %" PRIu32 " left it: %s (%s).\n", i + 1u, reason,
                failure_meaning(reason));
    }
}

static void write_outcome(const struct story *story, uint32_t campaign, FILE *out)
{
    struct device_outcome outcome;
    const char *name = run_scenario(story->run)->campaigns[campaign].name;
    if (!story_outcome_of(story, campaign, &outcome)) {
        fprintf(out, "  It is not in campaign '%s'.\n", name);
        return;
    }
    const char *reason = device_outcome_reason(&outcome);
    double set_up_s = story_set_up_s(story, campaign);
    write_rounds(story, campaign, out);
    if (reason != NULL) {
        fprintf(out, "  It failed in campaign '%s': %s (%s).\n", name, reason,
                failure_meaning(reason));
    } else {
        fprintf(out, "  It was confirmed in campaign '%s' at ", name);
        time_write(outcome.confirmed_ns, 0, out);
        fputs(".\n", out);
    }
    if (!isnan(set_up_s)) {
        fprintf(out, "  It was ready %.1f s after the start of the campaign.\n", set_up_s);
    }
}

void story_write_text(const struct story *story, FILE *out)
{
    const struct scenario *scenario = run_scenario(story->run);
    uint32_t campaigns = scenario->campaign_count;
    fprintf(out, "Device %" PRIu32 " of group '%s' in %s, seed %" PRIu64 "\n\n", story->device,
            scenario_group_of(scenario, story->device)->name, scenario->name, scenario->seed);
    write_items(story, out);
    for (uint32_t c = 0; c < campaigns; c++) {
        write_fragments(story, c, out);
    }
    write_uplinks(&story->uplinks, out);
    write_forged(story, out);
    write_energy(story, out);
    write_wear(story, out);
    fputs("\nThe end\n", out);
    for (uint32_t c = 0; c < campaigns; c++) {
        write_outcome(story, c, out);
    }
    if (campaigns == 0) {
        fputs("  The run has no campaign.\n", out);
    }
}
