/* fleetcast schema: what a scenario may say.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>

#include "cli/command.h"
#include "scenario/scenario_reference.h"
#include "study/study_reference.h"

#define WORDS_MAX 32u

struct schema_options {
    bool json, markdown, study;
    size_t word_count;
    const char *words[WORDS_MAX + 1]; /* NULL-terminated */
};

static const struct argp_option options_table[] = {
    { "json", 'j', NULL, 0,
            "Prints a JSON Schema (2020-12), with which editors complete and check files.", 0 },
    { "markdown", 'm', NULL, 0, "Prints the page docs/scenario.md.", 0 },
    { "study", 's', NULL, 0, "Tells the keys of study files instead of those of scenarios.", 0 },
    { 0 },
};

static const char documentation[] =
        "Lists the keys of scenarios and of board files, or of study files, each with its default, "
        "the values that it "
        "takes and its meaning. With WORDs, lists only the keys that contain one of them, as in "
        "'fleetcast schema duty'.\v"
        "An editor with a YAML language server uses the schema for a file that begins with\n\n"
        "  # yaml-language-server: $schema=scenario.schema.json\n\n"
        "Exit status: 0 fine, 2 bad usage, or no key contains a WORD.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct schema_options *options = state->input;
    switch (key) {
    case 'j':
        options->json = true;
        return 0;
    case 'm':
        options->markdown = true;
        return 0;
    case 's':
        options->study = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->word_count == WORDS_MAX) {
            argp_error(state, "more than %u words", WORDS_MAX);
        }
        options->words[options->word_count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->json + options->markdown + (options->word_count > 0) > 1) {
            argp_error(state, "only one of --json, --markdown and words at a time");
        }
        if (options->markdown && options->study) {
            argp_error(state, "docs/studies.md is the page of studies");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Takes the schema. */
static int print_json(json_t *schema)
{
    if (schema == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return EXIT_USAGE;
    }
    json_dumpf(schema, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    putchar('\n');
    json_decref(schema);
    return EXIT_FINE;
}

int command_schema(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct schema_options options = { .json = false };
    const struct argp argp = { options_table, parse_option, "[WORD...]", documentation, NULL, NULL,
        NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.json) {
        return print_json(options.study ? study_schema() : scenario_schema());
    }
    if (options.markdown) {
        scenario_write_markdown(stdout);
        return EXIT_FINE;
    }
    size_t count = options.study ? study_write_reference(options.words, stdout)
                                 : scenario_write_reference(options.words, stdout);
    if (count == 0) {
        fprintf(stderr, "fleetcast schema: no key contains '%s'%s\n", options.words[0],
                options.word_count > 1 ? " or another of these words" : "");
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}
