/* What a scenario may say, written from the tables that read it: text and Markdown.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_reference.h"

#include "scenario/board_file.h"
#include "scenario/param_reference.h"
#include "scenario/scenario_keys.h"

/* Keys of the root that are no rows of the table (scenario_reader.c, param_reader.c). */
static const struct param_type condition = { .form = PARAM_TEXT,
    .values = "== != >= > <= < NUMBER [%] | between A and B | A +- B" };
static const struct param_type anything = { .form = PARAM_TEXT, .values = "anything" };
static const struct param_type campaigns = { .form = PARAM_TEXT, .values = "list" };
static const struct param other[] = {
    { .path = "campaigns[].KEY",
            .type = &campaigns,
            .standard = "",
            .help = "Each key of 'campaign', for each of several campaigns." },
    { .path = "expect.KEY",
            .type = &condition,
            .standard = "",
            .help = "Condition, or list of conditions, on the number KEY of summary.json; one that "
                    "is not met gives 'fleetcast run' exit status 1." },
    { .path = PARAM_TEMPLATE_PREFIX "NAME",
            .type = &anything,
            .standard = "",
            .help = "Template, which anchors and merge keys use elsewhere in the file." },
};
static const struct param_rows other_rows = { other, sizeof other / sizeof other[0] };

static const struct param_part parts[] = {
    { "Run, area and firmware", "Keys of the whole scenario.", "", &general_rows },
    { "Air", "Propagation, reception and the end-devices of other networks.", "", &air_rows },
    { "Gateways and network server",
            "Gateways are alike, but for their places. The network server is one.", "",
            &gateway_rows },
    { "Devices",
            "`devices` is a list of groups, each of like devices; without it there is one group. "
            "`--set devices.NAME.KEY=VALUE` changes the group of that name, or of that number, "
            "from 0.",
            "devices[].", &device_rows },
    { "Campaigns",
            "`campaign` holds the keys of one campaign, `campaigns` is a list of several. Without "
            "either, or with `campaign: none`, no firmware is sent.",
            "campaign.", &campaign_rows },
    { "Interferers", "`interferers` is a list of transmitters that are no LoRa devices.",
            "interferers[].", &interferer_rows },
    { "Outages of gateways", "`gateways.outages` is a list.", "gateways.outages[].", &outage_rows },
    { "Wrong clocks of gateways", "`gateways.clock.wrong` is a list of gateways.",
            "gateways.clock.wrong[].", &wrong_clock_rows },
    { "Faults", "`faults` is a list of what goes wrong in a run.", "faults[].", &fault_rows },
    { "Adversaries",
            "`adversaries` is a list of those who attack the fleet ([security.md](security.md)).",
            "adversaries[].", &adversary_rows },
    { "Builds of images",
            "`firmware.builds` is a list of what runs where an image lies in a device's running "
            "slot; the bootloader stays that of `devices[].firmware`.",
            "firmware.builds[].", &image_build_rows },
    { "Other keys", "These have no default and no single value.", "", &other_rows },
    { "Board files",
            "`devices[].board` names a board that the program knows, or the path of a file with "
            "these keys, all of which it needs. Those that the program knows are in "
            "`models/board/boards/`.",
            "board file: ", &board_rows },
};
#define PART_COUNT (sizeof parts / sizeof parts[0])

size_t scenario_write_reference(const char *const *words, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < PART_COUNT; i++) {
        count += param_part_write_text(&parts[i], words, out);
    }
    return count;
}

/* clang-format off */
static const char introduction[] =
"# Scenarios\n"
"\n"
"`fleetcast schema --markdown` prints this page, from the table that reads scenarios.\n"
"\n"
"    fleetcast new city                    # writes city.yaml, commented, to start from\n"
"    fleetcast validate city.yaml          # every mistake at once, as file:line:column\n"
"    fleetcast schema duty                 # the keys with this word, in the terminal\n"
"    fleetcast run city.yaml --set gateways.count=4\n"
"\n"
"A scenario is a YAML file. What it leaves out has its default. A key with dots is nested: `area.radius: 5 km` and\n"
"`area: {radius: 5 km}` are the same; `[]` stands for each item of a list. A key that has no effect beside the others is\n"
"warned about; a combination that cannot work is a mistake.\n"
"\n"
"## Values\n"
"\n"
"Numbers with a dimension need a unit, but for 0; ranges include both ends.\n"
"\n"
"| dimension | units |\n|---|---|\n";

static const char after_units[] =
"\n"
"Words and names that hold a `:`, a `#` or a comma stand in quotes. Paths of files are relative to the scenario that names them.\n"
"\n"
"## Templates\n"
"\n"
"Anchors, aliases and merge keys (`<<`) work as in other YAML files: a key of the mapping itself wins over a merged one, and an\n"
"earlier mapping of a list over a later one. Keys of the root that begin with `x-` are ignored, so they can hold templates:\n"
"\n"
"```yaml\n"
"x-meter: &meter {report: {period: 6 h}, rtc: {tolerance: 30 ppm}}\n"
"devices:\n"
"  - {<<: *meter, name: water, count: 300}\n"
"  - {<<: *meter, name: heat, count: 80, indoor: {share: 50 %}}\n"
"```\n"
"\n"
"## Expectations\n"
"\n"
"`expect` holds conditions on numbers of `summary.json` ([summary.md](summary.md)), of the whole run, of a campaign (`campaigns.NAME.KEY`) or of\n"
"a group (`groups.NAME.KEY`): `\">= 99 %\"`, `between 3 h and 4 h`, `1.2 % +- 10 %`, or a list of them.\n"
"\n"
"## Editors\n"
"\n"
"`fleetcast schema --json > scenario.schema.json` writes a JSON Schema (2020-12), which is also installed as\n"
"`share/fleetcast/scenario.schema.json`, and with `--study` that of studies. Editors with a YAML language server then complete and check the keys of a file that begins with\n"
"\n"
"    # yaml-language-server: $schema=scenario.schema.json\n"
"\n"
"The schema knows keys, words, units and the ranges of bare numbers; ranges of quantities, and what must hold between keys, are left to\n"
"`fleetcast validate`.\n";
/* clang-format on */

static const struct {
    enum dimension dimension;
    const char *name;
} dimensions[] = {
    { DIMENSION_TIME, "time" },
    { DIMENSION_FREQUENCY, "frequency" },
    { DIMENSION_LENGTH, "length" },
    { DIMENSION_LEVEL, "level" },
    { DIMENSION_POWER, "power" },
    { DIMENSION_PPM, "frequency error" },
    { DIMENSION_TEMPERATURE, "temperature" },
    { DIMENSION_PARABOLA, "temperature coefficient" },
    { DIMENSION_BYTES, "size" },
    { DIMENSION_RATIO, "share (a bare number is one, too)" },
    { DIMENSION_RATE, "rate" },
    { DIMENSION_CURRENT, "current" },
    { DIMENSION_VOLTAGE, "voltage" },
    { DIMENSION_CHARGE, "charge" },
};

void scenario_write_markdown(FILE *out)
{
    fputs(introduction, out);
    for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
        fprintf(out, "| %s | %s |\n", dimensions[i].name, quantity_units(dimensions[i].dimension));
    }
    fputs(after_units, out);
    for (size_t i = 0; i < PART_COUNT; i++) {
        param_part_write_markdown(&parts[i], out);
    }
}
