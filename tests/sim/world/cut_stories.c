/* Power cuts at each flash operation of an update, in whole runs of one device.
 * SPDX-License-Identifier: MIT
 *
 * Goal: whichever operation the power is cut at, torn or just ended, and once more soon after, the
 * device ends with an authentic image, the new one where it is good, the old one where it is not,
 * and the campaign with it. Stories: a full update whose lost fragments are decoded, a delta
 * update, and one that the device fetches by unicast, all of 32 KiB and encrypted in the NOR; an
 * image that never joins, and one that crashes at start, both of 8 KiB, which are reverted.
 *
 *   cut_stories STORY [--board BOARD] [--firmware OBJECT] [--builds FOLDER] [--size SIZE]
 *               [--from N] [--step N] [--after] [--twice] [--only N] [--careless]
 *
 * cuts at operations N, N + step, ... (else at each); --only plays one of them in this process.
 * --careless: the firmware has a fault that a cut must show, and does without a cut what it should.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/every_cut.h"

#define NEAR                                                                                       \
    "name: cuts\n"                                                                                 \
    "duration: 30 h\n"                                                                             \
    "run_on: 3 h\n" /* longer than the trial: what runs then stays */                              \
    "area: {radius: 300 m}\n"                                                                      \
    "propagation: {model: free-space}\n"                                                           \
    "gateways: {count: 1}\n"
#define DEVICE "count: 1, boot: {spread: 1 min}, report: {period: 20 min}, trial: 2 h"
#define SOON   "start: 20 min, set_up: {window: 1 h}, correction: {timeout: 1 h}"

/* A jammer takes a tenth of the uncoded fragments. */
static const char full[] =
        NEAR "devices: [{name: d, " DEVICE "}]\n"
             "firmware: {image: generated, size: 32 KiB, encryption: on}\n"
             "campaign: {" SOON ", fragment_size: 160 B, redundancy: 10 %, confirm_timeout: 8 h}\n"
             "faults:\n"
             "  - {kind: jammer, frequency: 869.525 MHz, received: -40 dBm, devices: all,"
             " at: 82 min, duration: 1 min}\n";

static const char delta[] =
        NEAR "devices: [{name: d, " DEVICE "}]\n"
             "firmware: {image: generated, size: 32 KiB, delivery: delta, encryption: on}\n"
             "campaign: {" SOON ", confirm_timeout: 8 h}\n";

static const char unicast[] =
        NEAR "devices: [{name: d, " DEVICE "}]\n"
             "firmware: {image: generated, size: 32 KiB, encryption: on}\n"
             "campaign: {start: 20 min, delivery: unicast, confirm_timeout: 8 h}\n";

/* The device runs the image of the first campaign, which goes to another one. */
static const char bad_image[] =
        NEAR "on_guest_error: count\n"
             "devices: [{name: d, " DEVICE "}, {name: other, " DEVICE "}]\n"
             "firmware: {image: generated, size: 2 KiB, encryption: on,"
             " builds: [{size: 8 KiB, image: generated}]}\n"
             "campaigns:\n"
             "  - {name: good, devices: other, " SOON "}\n"
             "  - {name: bad, devices: d, " SOON ", firmware: {size: 8 KiB},"
             " confirm_timeout: 8 h}\n";

static const struct cut_story stories[] = {
    { .name = "full", .text = full },
    { .name = "delta", .text = delta },
    { .name = "unicast", .text = unicast },
    { .name = "never_joins", .text = bad_image, .reverts = true, .bad_build = true },
    { .name = "crashes_at_start", .text = bad_image, .reverts = true, .bad_build = true },
};

/* --- the command line ------------------------------------------------------------------------- */

struct arguments {
    const struct cut_story *story;
    struct cut_plan plan;
    const char *builds;
    char build[512];
    bool only, careless;
};

static const struct cut_story *find_story(const char *name)
{
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        if (strcmp(stories[i].name, name) == 0) {
            return &stories[i];
        }
    }
    return NULL;
}

static void take(struct arguments *arguments, int option)
{
    struct cut_plan *plan = &arguments->plan;
    switch (option) {
    case 'b':
        plan->board = optarg;
        break;
    case 'w':
        plan->firmware = optarg;
        break;
    case 'B':
        arguments->builds = optarg;
        break;
    case 'z':
        plan->size = optarg;
        break;
    case 'c':
        arguments->careless = true;
        break;
    case 'o':
        arguments->only = true;
        plan->first = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 'f':
        plan->first = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 's':
        plan->step = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 'a':
        plan->after = true;
        break;
    default:
        plan->twice = option == 't';
        break;
    }
}

/* False: they are wrong. */
static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = { { "board", 1, NULL, 'b' },
        { "firmware", 1, NULL, 'w' }, { "builds", 1, NULL, 'B' }, { "from", 1, NULL, 'f' },
        { "step", 1, NULL, 's' }, { "only", 1, NULL, 'o' }, { "after", 0, NULL, 'a' },
        { "twice", 0, NULL, 't' }, { "size", 1, NULL, 'z' }, { "careless", 0, NULL, 'c' }, { 0 } };
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int option;
    *arguments = (struct arguments){ .plan = { .first = 1, .step = 1 } };
    arguments->plan.processes = processors < 1                   ? 1
                                : processors > CUT_PROCESSES_MAX ? CUT_PROCESSES_MAX
                                                                 : (unsigned)processors;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?') {
            return false;
        }
        take(arguments, option);
    }
    arguments->story = optind + 1 == argc ? find_story(argv[optind]) : NULL;
    if (arguments->story == NULL || arguments->plan.first == 0 || arguments->plan.step == 0) {
        return false;
    }
    if (arguments->story->bad_build) {
        const char *folder = arguments->builds != NULL ? arguments->builds : ".";
        snprintf(arguments->build, sizeof arguments->build, "%s/firmware_%s.so", folder,
                arguments->story->name);
        arguments->plan.bad_build = arguments->build;
    }
    return true;
}

/* This command line, to which the number of an operation is to be appended. */
static void command_line(int argc, char **argv, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < argc && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s ", argv[i]);
    }
    if (used < size) {
        snprintf(text + used, size - used, "--only");
    }
}

static void print_tally(const struct arguments *arguments, const struct cut_tally *tally)
{
    uint32_t cuts = 0, operations = 0;
    const struct cut_plan *plan = &arguments->plan;
    for (unsigned i = 0; i < CUT_PHASE_COUNT; i++) {
        operations += tally->operations[i];
        cuts += tally->cuts[i];
    }
    printf("%s on %s: %u flash operations, %u cuts %s%s: %u wrong, %u bricked\n",
            arguments->story->name, plan->board != NULL ? plan->board : "the reference board",
            operations, cuts, plan->after ? "after them" : "within them",
            plan->twice ? ", and again" : "", tally->wrong, tally->bricked);
    for (unsigned i = 0; i < CUT_PHASE_COUNT; i++) {
        if (tally->operations[i] > 0) {
            printf("  %-11s %5u of %5u\n", cut_phase_name((enum cut_phase)i), tally->cuts[i],
                    tally->operations[i]);
        }
    }
}

int main(int argc, char **argv)
{
    char command[2048];
    struct arguments arguments;
    command_line(argc, argv, command, sizeof command);
    if (!read_arguments(argc, argv, &arguments)) {
        fprintf(stderr, "usage: see the head of tests/sim/world/cut_stories.c\n");
        return 2;
    }
    if (arguments.only) {
        struct cut_verdict verdict = every_cut_play_one(arguments.story, &arguments.plan);
        printf("%s\n", verdict.text[0] == '\0' ? "right" : verdict.text);
        return verdict.text[0] != '\0';
    }
    struct cut_tally tally;
    bool played = every_cut_play(arguments.story, &arguments.plan, command, &tally);
    print_tally(&arguments, &tally);
    return played && (tally.wrong > 0) == arguments.careless ? 0 : 1;
}
