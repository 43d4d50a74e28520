/* docs/view.md, from the tables that the view uses.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "view/mark_rows.h"

static const char head[] =
        "# The view\n"
        "\n"
        "`fleetcast view --reference` prints this page, from the tables that the view itself "
        "uses.\n"
        "\n"
        "    fleetcast view city.yaml                                  # a window\n"
        "    fleetcast view city.yaml --screenshot 6h:six.png          # a picture, without a "
        "display\n"
        "    fleetcast view city.yaml --record frames                  # the frames of a film\n"
        "    fleetcast view city.yaml --threads 2                      # a large city on two "
        "cores\n"
        "    fleetcast run city.yaml --view --out results              # a run with a window\n"
        "    fleetcast diff old.yaml new.yaml --view                   # a window at the first "
        "event "
        "that differs (explain.md)\n"
        "\n"
        "The run is paused at its beginning. How it is paced, paused, stepped and looked at "
        "changes nothing in it: it has\n"
        "the results and the trace hash of `fleetcast run`. Faults that are given by hand are "
        "part of the run; the scenario\n"
        "that is saved lists them with their times to the nanosecond, and plays without a window "
        "to the same trace hash.\n"
        "Restarting the run forgets them. The title of the window says when the run is over.\n"
        "\n";

static const char keys_head[] =
        "## Keys\n"
        "\n"
        "`--do TIME:ACT` does the same at a simulated time, without a display.\n"
        "\n"
        "| Key | Act | What it does |\n"
        "|---|---|---|\n";

static const struct {
    const char *act, *meaning;
} pointer_rows[] = {
    { "Press on a device", "Select it" },
    { "Press on a gateway", "Outages by hand are of this gateway from now on" },
    { "Two presses on the map", "Zoom in there" },
    { "Drag on the map or on the lanes", "Move what is shown" },
    { "Wheel on the map or on the lanes", "Zoom at the pointer" },
    { "Wheel on the names of the lanes, or on the panel", "Scroll" },
    { "Press on an item of a lane", "Show the item from its start to its end" },
    { "Press on the name of a lane", "Select the device, or take the gateway for outages" },
    { "Two presses on the lanes", "Show the last minute" },
    { "Press on a row of the legend", "Hide or show the devices at that stage" },
    { "Press or drag on the slider", "Set the speed" },
    { "Press on the timeline, right of now", "Play until that time, then pause" },
};

static const char schemes_head[] =
        "\n"
        "## Colour schemes\n"
        "\n"
        "What devices are coloured by. A device that has no such value is grey.\n"
        "\n"
        "| Scheme | Steps |\n"
        "|---|---|\n";

static const char schemes_tail[] =
        "\n"
        "`--schemes FILE` adds others, from YAML; `from` of a stage is its word, of others a "
        "number in the unit of the\n"
        "quantity, and a colour is one for both themes, or one for the dark and one for the "
        "light:\n"
        "\n"
        "    schemes:\n"
        "      - name: weak\n"
        "        quantity: margin\n"
        "        steps:\n"
        "          - {from: -20, label: \"poor\", colour: \"#d55e00\"}\n"
        "          - {from: 10, label: \"good\", colour: [\"#56b4e9\", \"#0072b2\"]}\n";

static void print_keys(FILE *out)
{
    char word[32];
    fputs(keys_head, out);
    for (enum view_intent i = 0; i < INTENT_COUNT; i++) {
        intent_word(i, word, sizeof word);
        fprintf(out, "| `%s` | %s%s%s | %s |\n", intent_rows[i].key,
                intent_needs_window(i) ? "" : "`", intent_needs_window(i) ? "" : word,
                intent_needs_window(i) ? "" : "`", intent_rows[i].meaning);
    }
}

static void print_pointer(FILE *out)
{
    fputs("\n## Pointer\n\n| Act | What it does |\n|---|---|\n", out);
    for (size_t i = 0; i < sizeof pointer_rows / sizeof pointer_rows[0]; i++) {
        fprintf(out, "| %s | %s |\n", pointer_rows[i].act, pointer_rows[i].meaning);
    }
}

static void print_colour(struct colour colour, FILE *out)
{
    if (colour.a > 0) {
        fprintf(out, "`#%02x%02x%02x`", colour.r, colour.g, colour.b);
    }
}

static void print_marks(FILE *out)
{
    struct mark_row row;
    const char *part = "";
    fputs("\n## Marks\n", out);
    for (uint32_t i = 0; mark_row_get(i, &row); i++) {
        if (strcmp(row.part, part) != 0) {
            part = row.part;
            fprintf(out, "\n### %s\n\n| Mark | Dark | Light | What it says |\n|---|---|---|---|\n",
                    part);
        }
        fprintf(out, "| %s | ", row.word);
        print_colour(row.colours[THEME_DARK], out);
        fputs(" | ", out);
        print_colour(row.colours[THEME_LIGHT], out);
        fprintf(out, " | %s |\n", row.meaning);
    }
}

static void print_schemes(FILE *out)
{
    static struct schemes schemes;
    schemes_init(&schemes);
    fputs(schemes_head, out);
    for (uint32_t i = 0; i < schemes.count; i++) {
        const struct scheme *scheme = &schemes.rows[i];
        fprintf(out, "| `%s`%s%s |", scheme->name, scheme->unit[0] != '\0' ? ", " : "",
                scheme->unit);
        for (uint32_t step = 0; step < scheme->step_count; step++) {
            fprintf(out, "%s %s", step > 0 ? "," : "", scheme->steps[step].label);
        }
        fputs(" |\n", out);
    }
    fputs(schemes_tail, out);
}

void app_print_reference(FILE *out)
{
    fputs(head, out);
    print_keys(out);
    print_pointer(out);
    print_marks(out);
    print_schemes(out);
}
