/* Where two runs part, for people.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explain/difference.h"
#include "explain/sentence.h"

/* The sentence of a run's event; the caller frees it. NULL: out of memory. */
static char *sentence_of(const struct world *world, const struct happening *event)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out != NULL) {
        sentence_write(world, event, out);
        fclose(out);
    }
    return text;
}

/* With the numbers themselves where the sentences are the same: they round. */
static void write_events(
        const struct difference *difference, const struct world *const worlds[2], FILE *out)
{
    char *texts[2] = { NULL, NULL };
    for (int i = 0; i < 2; i++) {
        texts[i] = difference->has[i] ? sentence_of(worlds[i], &difference->event[i]) : NULL;
    }
    bool rounded = texts[0] != NULL && texts[1] != NULL && strcmp(texts[0], texts[1]) == 0
                   && difference->event[0].at_ns == difference->event[1].at_ns;
    for (int i = 0; i < 2; i++) {
        const struct happening *event = &difference->event[i];
        fprintf(out, "  %c  ", 'A' + i);
        if (!difference->has[i]) {
            fputs("nothing up to ", out);
            time_write(difference->until_ns, 3, out);
            fputc('\n', out);
            continue;
        }
        time_write(event->at_ns, 9, out);
        fprintf(out, "  %s", texts[i] != NULL ? texts[i] : "");
        if (rounded) {
            fprintf(out, " [%" PRId64 " %" PRId64 " %" PRId64 "]", event->a, event->b, event->c);
        }
        fputc('\n', out);
    }
    free(texts[0]);
    free(texts[1]);
}

static void write_led(const struct difference *difference, const struct world *world, FILE *out)
{
    if (difference->led.count == 0) {
        return;
    }
    fputs("\nWhat led to it, the same in both\n", out);
    for (size_t i = 0; i < difference->led.count; i++) {
        const struct happening *event = &difference->led.items[i];
        fputs("     ", out);
        time_write(event->at_ns, 9, out);
        fputs("  ", out);
        entity_write(world, event->entity, out);
        fputc(' ', out);
        sentence_write(world, event, out);
        fputc('\n', out);
    }
}

static void write_event(
        const struct difference *difference, const struct world *const worlds[2], FILE *out)
{
    const struct world *world = worlds[0];
    fputs("The runs part at ", out);
    time_write(difference->at_ns, 9, out);
    fputs(": ", out);
    entity_write(world, difference->entity, out);
    if (difference->entity - world->first_device < world->device_count) {
        uint32_t device = difference->entity - world->first_device;
        fprintf(out, " of group '%s'", scenario_group_of(world->scenario, device)->name);
    }
    fprintf(out, "\n\n");
    write_events(difference, worlds, out);
    write_led(difference, worlds[0], out);
    fprintf(out, "\n%" PRIu64 " observations before it are the same in both.\n", difference->same);
}

static void write_result(const struct difference *difference, FILE *out)
{
    fprintf(out, "Every event is the same in both runs (%" PRIu64 " observations), %s is not\n\n",
            difference->same, difference->result[0].path);
    for (int i = 0; i < 2; i++) {
        char text[sizeof difference->result[i].text];
        summary_item_text(&difference->result[i], text, sizeof text);
        fprintf(out, "  %c  %s\n", 'A' + i, text);
    }
}

static void write_stations(const struct world *const worlds[2], FILE *out)
{
    fputs("The runs have other stations from the start\n\n", out);
    for (int i = 0; i < 2; i++) {
        const struct world *world = worlds[i];
        fprintf(out,
                "  %c  %" PRIu32 " devices, %" PRIu32 " gateways, %" PRIu32
                " foreign devices, %" PRIu32 " adversaries, %" PRIu32 " campaigns\n",
                'A' + i, world->device_count, world->gateway_count,
                world->scenario->foreign.devices, world->scenario->adversary_count,
                world->scenario->campaign_count);
    }
}

void difference_write(
        const struct difference *difference, const struct world *const worlds[2], FILE *out)
{
    switch (difference->kind) {
    case DIFFERENCE_STATIONS:
        write_stations(worlds, out);
        break;
    case DIFFERENCE_EVENT:
        write_event(difference, worlds, out);
        break;
    case DIFFERENCE_END:
        fprintf(out, "Run %c ends at ", 'A' + difference->ended);
        time_write(difference->at_ns, 9, out);
        fprintf(out, ", run %c goes on; %" PRIu64 " observations before are the same in both.\n",
                'B' - difference->ended, difference->same);
        break;
    case DIFFERENCE_RESULT:
        write_result(difference, out);
        break;
    case DIFFERENCE_NONE:
    default:
        fprintf(out, "The runs are equal: %" PRIu64 " observations%s.\n", difference->same,
                difference->recorded ? "" : ", and every result");
        break;
    }
}
