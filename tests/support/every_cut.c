/* Cuts the power of one device at each flash operation of a story, in a process for each cut.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* pipe2() */
#include "support/every_cut.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/installs.h"
#include "support/air_counters.h"
#include "support/trial.h"
#include "trace.h"
#include "update/update.h"

#define DEVICE      0u
#define STEP_NS     SIM_NS_PER_S        /* from one place where the process may fork to the next */
#define OFF_NS      (10 * SIM_NS_PER_S) /* without power */
#define SILENT_NS   (3600 * SIM_NS_PER_S) /* stories have a report more often */
#define CHILD_CPU_S 60u                   /* a hundred times what one takes */
#define SECOND_CUTS 13u                   /* operations from a cut to the next at most */
#define SETS_MAX    4u

const char *cut_phase_name(enum cut_phase phase)
{
    static const char *const names[CUT_PHASE_COUNT] = { "download", "build", "install", "trial",
        "revert", "settled" };
    return phase < CUT_PHASE_COUNT ? names[phase] : "";
}

/* --- one run of a story ----------------------------------------------------------------------- */

/* An operation of the run without a cut. */
struct operation {
    uint32_t step; /* it takes place in the step after this one */
    enum cut_phase phase;
};

struct play {
    const struct cut_story *story;
    struct trial *trial;
    struct air_counters *counters;
    enum cut_phase phase; /* of device 0 now */
    /* By number, those so far. */
    struct operation *operations;
    uint32_t count, capacity;
    uint32_t steps;
};

/* The operations since the last call belong to the phase and the step that end now. */
static void note_operations(struct play *play)
{
    uint32_t count = node_flash_operations(play->trial->world->nodes, DEVICE);
    while (play->capacity <= count) {
        play->capacity = 2 * play->capacity + 1024;
        play->operations = realloc(play->operations, play->capacity * sizeof play->operations[0]);
        cr_assert_not_null(play->operations);
    }
    while (play->count < count) {
        play->operations[++play->count] = (struct operation){ play->steps, play->phase };
    }
}

static enum cut_phase phase_after(enum cut_phase phase, const struct observation *o)
{
    switch (o->a) {
    case FW_TRACE_DELTA_STARTED:
    case FW_TRACE_COPY_STARTED:
        return CUT_BUILD;
    case FW_TRACE_IMAGE_VERIFIED:
        return o->b == UPDATE_VALID ? CUT_INSTALL : phase;
    case FW_TRACE_INSTALLED:
        return CUT_TRIAL;
    case FW_TRACE_IMAGE_GIVEN_UP:
        return CUT_REVERT;
    case FW_TRACE_IMAGE_CONFIRMED:
    case FW_TRACE_REVERTED:
        return CUT_SETTLED;
    default:
        return phase;
    }
}

static void watch(void *context, const struct observation *o)
{
    struct play *play = context;
    if (o->entity == play->trial->world->first_device + DEVICE) {
        note_operations(play);
        play->phase = phase_after(play->phase, o);
    }
}

static void play_begin(
        struct play *play, const struct cut_story *story, const struct cut_plan *plan)
{
    char sets[SETS_MAX][512];
    const char *list[SETS_MAX];
    const struct {
        const char *key, *value;
    } given[SETS_MAX] = {
        { "devices.0.board", plan->board },
        { "devices.0.firmware", plan->firmware },
        { "firmware.builds.0.build", plan->bad_build },
        { "firmware.size", plan->size },
    };
    size_t count = 0;
    for (size_t i = 0; i < SETS_MAX; i++) {
        if (given[i].value != NULL) {
            snprintf(sets[count], sizeof sets[count], "%s=%s", given[i].key, given[i].value);
            list[count] = sets[count];
            count++;
        }
    }
    *play = (struct play){ .story = story, .trial = trial_create(story->text, list, count) };
    play->counters = air_counters_create(play->trial->world);
    engine_observer_add(play->trial->world->engine, OBSERVE_BIT(OBSERVE_FIRMWARE), watch, play);
}

static void play_end(struct play *play)
{
    air_counters_destroy(play->counters);
    trial_destroy(play->trial);
    free(play->operations);
}

/* To the next place where the process may fork. False: the run is over. */
static bool play_step(struct play *play)
{
    bool goes_on = trial_go(play->trial, (play->steps + 1) * STEP_NS);
    note_operations(play);
    play->steps++;
    return goes_on;
}

/* --- how it ends ------------------------------------------------------------------------------ */

/* The campaign that device 0 is a member of. */
static uint32_t campaign_of_device(const struct play *play, struct campaign_device *device)
{
    uint32_t number = 0;
    struct server *server = play->trial->world->server;
    campaign_device_get(server_campaign(server, number), DEVICE, device);
    while (!device->member && ++number < play->trial->scenario.campaign_count) {
        campaign_device_get(server_campaign(server, number), DEVICE, device);
    }
    return number;
}

/* NULL: the device runs the image of the story's end, and its campaign knows. */
static const char *image_is_wrong(const struct play *play, const struct firmware_image *image)
{
    struct campaign_device device;
    uint32_t campaign = campaign_of_device(play, &device);
    const struct recorder_set *recorders = play->trial->recorders;
    const struct device_install *install = &installs_of(recorders)->devices[DEVICE];
    bool old = image->version == install->factory_version
               && memcmp(image->sha256, install->factory_sha256, sizeof image->sha256) == 0;
    if (play->story->reverts) {
        return !old                                          ? "it runs the new image"
               : device.failure != CAMPAIGN_FAILURE_REVERTED ? "the server saw no revert"
                                                             : NULL;
    }
    return old || installs_ns(recorders, campaign, DEVICE) == SIM_NS_NEVER ? "it runs the old image"
           : device.stage != CAMPAIGN_CONFIRMED ? "the server saw no confirmation"
                                                : NULL;
}

/* NULL: the run of a story, which is over, is right. */
static const char *play_is_wrong(const struct play *play)
{
    struct firmware_image image;
    enum run_stop end = RUN_BROKEN;
    const struct world *world = play->trial->world;
    const struct air_sender *sender = air_counters_sender(play->counters, DEVICE);
    const char *failure = trial_failure(play->trial);
    if (failure != NULL) {
        return failure;
    }
    if (!run_over(play->trial->run, &end) || end != RUN_END) {
        return "the run has not come to its end";
    }
    if (!node_image(world->nodes, DEVICE, &image)) {
        return "no whole image";
    }
    const char *wrong = image_is_wrong(play, &image);
    if (wrong == NULL && engine_now(world->engine) - sender->last_ns > SILENT_NS) {
        wrong = "silent";
    }
    return wrong != NULL ? wrong : air_counters_fault(play->counters);
}

static struct cut_verdict play_rest(struct play *play)
{
    struct cut_verdict verdict = { 0 };
    while (play_step(play)) {
    }
    const char *wrong = play_is_wrong(play);
    snprintf(verdict.text, sizeof verdict.text, "%s", wrong != NULL ? wrong : "");
    verdict.bricked = node_is_halted(play->trial->world->nodes, DEVICE);
    return verdict;
}

/* --- cuts ------------------------------------------------------------------------------------- */

/* Its power is cut at this operation; `plan` says how. */
static void cut_at(struct play *play, const struct cut_plan *plan, uint32_t operation)
{
    struct fault fault = {
        .kind = FAULT_DEVICE_POWER_CUT,
        .target = DEVICE,
        .cut = { operation - play->count, !plan->after, OFF_NS },
    };
    bool taken = run_fault(play->trial->run, &fault);
    if (plan->twice) { /* while the device does what is to be done after the first */
        fault.cut.operation += 1 + operation % SECOND_CUTS;
        fault.cut.torn = true;
        taken = taken && run_fault(play->trial->run, &fault);
    }
    cr_assert(taken);
}

static struct cut_verdict cut_and_play(
        struct play *play, const struct cut_plan *plan, uint32_t operation)
{
    cut_at(play, plan, operation);
    struct cut_verdict verdict = play_rest(play);
    if (verdict.text[0] == '\0' && air_counters_sender(play->counters, DEVICE)->power_ons < 2) {
        snprintf(verdict.text, sizeof verdict.text, "never cut");
    }
    return verdict;
}

/* A process that plays a cut. */
struct child {
    pid_t pid;
    int verdict; /* the end of a pipe */
    uint32_t operation;
};

struct cutter {
    const struct cut_plan *plan;
    const char *command;
    struct cut_tally *tally;
    const struct play *course; /* of the run without a cut */
    struct child children[CUT_PROCESSES_MAX];
    unsigned running; /* the oldest first */
};

static _Noreturn void be_child(
        struct play *play, const struct cut_plan *plan, uint32_t operation, int out)
{
    const struct rlimit limit = { CHILD_CPU_S, CHILD_CPU_S };
    setrlimit(RLIMIT_CPU, &limit);
    struct cut_verdict verdict = cut_and_play(play, plan, operation);
    bool told = write(out, &verdict, sizeof verdict) == (ssize_t)sizeof verdict;
    _exit(told && verdict.text[0] == '\0' ? 0 : 1);
}

/* Waits for the oldest process. */
static void reap(struct cutter *cutter)
{
    int status = 0;
    struct cut_verdict verdict = { 0 };
    const struct child child = cutter->children[0];
    bool told = read(child.verdict, &verdict, sizeof verdict) == (ssize_t)sizeof verdict;
    close(child.verdict);
    cr_assert(waitpid(child.pid, &status, 0) == child.pid);
    memmove(cutter->children, cutter->children + 1, --cutter->running * sizeof cutter->children[0]);
    if (told && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return;
    }
    if (!told) {
        snprintf(verdict.text, sizeof verdict.text, "the process ended with %s %d",
                WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    cutter->tally->wrong++;
    cutter->tally->bricked += verdict.bricked ? 1u : 0u;
    fprintf(stderr, "cut at operation %u (%s): %s\n  once more: %s %u\n", child.operation,
            cut_phase_name(cutter->course->operations[child.operation].phase), verdict.text,
            cutter->command, child.operation);
}

static void fork_at(struct cutter *cutter, struct play *play, uint32_t operation)
{
    int ends[2];
    while (cutter->running >= cutter->plan->processes) {
        reap(cutter);
    }
    cr_assert(pipe2(ends, O_CLOEXEC) == 0);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        be_child(play, cutter->plan, operation, ends[1]);
    }
    close(ends[1]);
    cutter->children[cutter->running++] = (struct child){ pid, ends[0], operation };
    cutter->tally->cuts[cutter->course->operations[operation].phase]++;
}

/* --- stories ---------------------------------------------------------------------------------- */

/* Plays the story without a cut. False: it goes wrong. */
static bool play_course(
        struct play *play, const struct cut_story *story, const struct cut_plan *plan)
{
    play_begin(play, story, plan);
    struct cut_verdict verdict = play_rest(play);
    if (verdict.text[0] != '\0') {
        fprintf(stderr, "%s without a cut: %s\n", story->name, verdict.text);
    }
    return verdict.text[0] == '\0';
}

bool every_cut_play(const struct cut_story *story, const struct cut_plan *plan, const char *command,
        struct cut_tally *tally)
{
    struct play course, play;
    struct cutter cutter = { plan, command, tally, &course, .running = 0 };
    cr_assert(plan->first > 0 && plan->step > 0);
    cr_assert(plan->processes > 0 && plan->processes <= CUT_PROCESSES_MAX);
    *tally = (struct cut_tally){ 0 };
    bool right = play_course(&course, story, plan);
    for (uint32_t i = 1; i <= course.count; i++) {
        tally->operations[course.operations[i].phase]++;
    }
    play_begin(&play, story, plan);
    for (uint32_t i = plan->first; right && i <= course.count; i += plan->step) {
        while (play.steps < course.operations[i].step) {
            play_step(&play);
        }
        fork_at(&cutter, &play, i);
    }
    while (cutter.running > 0) {
        reap(&cutter);
    }
    play_end(&play);
    play_end(&course);
    return right;
}

struct cut_verdict every_cut_play_one(const struct cut_story *story, const struct cut_plan *plan)
{
    struct play play;
    play_begin(&play, story, plan);
    struct cut_verdict verdict = cut_and_play(&play, plan, plan->first);
    play_end(&play);
    return verdict;
}
