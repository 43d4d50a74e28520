/* The arguments of `fleetcast run`.
 * SPDX-License-Identifier: MIT
 */
#include "cli/run_options.h"

#include <argp.h>
#include <string.h>

#include "cli/command.h"
#include "cli/scenario_input.h"
#include "cli/setting_options.h"

/* Options without a letter. */
#define OPTION_PCAP_FORM     0x100
#define OPTION_EVENTS        0x101
#define OPTION_EVENTS_FILTER 0x102

static const struct argp_option options_table[] = {
    { "seed", 's', "N", 0, "Uses this random seed; the default is the scenario's.", 0 },
    { "set", 'S', "KEY=VALUE", 0,
            "Overrides a scenario key, as in propagation.penetration='9 dB' or "
            "devices.0.count=50. The option may be repeated.",
            0 },
    { "out", 'o', "DIR", 0,
            "Writes the results into the folder DIR: summary.json, run.json, results.db, "
            "devices.csv, campaign.csv, rounds.csv and gateways.csv.",
            0 },
    { "force", 'f', NULL, 0, "Lets --out write into a folder that is not empty.", 0 },
    { "json", 'j', NULL, 0, "Prints summary.json instead of the table.", 0 },
    { "pcap", 'p', "FILE", 0,
            "Writes what was on the air as a LoRaTap capture, and its keys into the folder "
            "FILE.keys, which Wireshark reads as its settings. '-' streams the capture to standard "
            "output, which shows nothing else then.",
            0 },
    { "pcap-form", OPTION_PCAP_FORM, "FORM", 0,
            "Chooses what a capture holds: 'air' (the default), each frame once, or 'gateways', "
            "what each gateway received, with RSSI and SNR, and sent.",
            0 },
    { "events", OPTION_EVENTS, "FILE", 0,
            "Writes what happens as lines of JSON; '-' is standard output, as of --pcap.", 0 },
    { "events-filter", OPTION_EVENTS_FILTER, "WORDS", 0,
            "Chooses events, as in 'device=7 kind=frame_lost,campaign_stage from=1h to=90min'.",
            0 },
    { "quiet", 'q', NULL, 0, "Prints neither progress nor table.", 0 },
    { "view", 'v', NULL, 0,
            "Plays the run in a window; not with --pcap. The results are those of what was played "
            "when the window is closed.",
            0 },
    { "no-memo", 'M', NULL, 0,
            "Computes each cryptographic result again where devices share it; the results of the "
            "run are the same.",
            0 },
    { 0 },
};

static const char documentation[] =
        "Plays a scenario (a YAML file, '-' for standard input, or a shipped name; default "
        "hello-20) and prints what it measured.\v"
        "Ctrl-C, SIGTERM and SIGHUP end a run cleanly: its results are written with \"partial\": "
        "true, its expectations are not checked, and the status is 130, 143 or 129. Closing the "
        "window of --view before the end is like Ctrl-C. A second signal ends the program at "
        "once.\n\n"
        "Exit status: 0 fine, 1 an expectation failed, 2 bad usage, scenario, image or output, "
        "3 the run itself failed (an invariant broke: the line to reproduce it is printed), 128 + "
        "N signal N cut the run short.";

static enum pcap_form parse_form(const char *word, struct argp_state *state)
{
    for (int form = 0; form < PCAP_FORM_COUNT; form++) {
        if (strcmp(word, pcap_form_names[form]) == 0) {
            return (enum pcap_form)form;
        }
    }
    argp_error(state, "--pcap-form: '%s' is none: 'air' or 'gateways'", word);
    return PCAP_FORM_AIR;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_options *options = state->input;
    char error[320];
    switch (key) {
    case 's':
        sets_add_seed(&options->sets, argument, state);
        return 0;
    case 'S':
        sets_add(&options->sets, argument, state);
        return 0;
    case 'o':
        options->out = argument;
        return 0;
    case 'f':
        options->force = true;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'p':
        options->pcap = argument;
        return 0;
    case OPTION_EVENTS:
        options->events = argument;
        return 0;
    case OPTION_EVENTS_FILTER:
        if (!event_filter_parse(argument, &options->event_filter, error, sizeof error)) {
            argp_error(state, "--events-filter: %s", error);
        }
        return 0;
    case OPTION_PCAP_FORM:
        options->pcap_form = parse_form(argument, state);
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case 'v':
        options->view = true;
        return 0;
    case 'M':
        options->settings.crypto_memo = false;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->settings;
        return 0;
    case ARGP_KEY_ARG:
        scenario_input_argument(&options->scenario, argument, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* argv[0] is "fleetcast run" (command_main()). Kept before argp moves options to the front. */
static void keep_arguments(struct run_options *options, int argc, char **argv)
{
    options->arguments[options->argument_count++] = "fleetcast";
    options->arguments[options->argument_count++] = "run";
    for (int i = 1; i < argc && options->argument_count < RUN_ARGUMENTS_MAX; i++) {
        options->arguments[options->argument_count++] = argv[i];
    }
}

void run_options_parse(struct run_options *options, int argc, char **argv)
{
    static const struct argp_child children[] = { { &setting_options_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = { options_table, parse_option, "[SCENARIO]", documentation, children,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    options->settings.crypto_memo = true;
    event_filter_init(&options->event_filter);
    keep_arguments(options, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, options);
}

static void print_quoted(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./=+:,%@-";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){ *word, '\0' }, out);
    }
    fputc('\'', out);
}

void run_options_print_again(const struct run_options *options, const char *path, FILE *out)
{
    fputs("fleetcast run ", out);
    print_quoted(out, path);
    for (size_t i = 0; i < options->sets.count; i++) {
        fputs(" --set ", out);
        print_quoted(out, options->sets.items[i]);
    }
    fputc('\n', out);
}
