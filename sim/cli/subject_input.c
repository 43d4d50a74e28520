/* What check and compare play: scenarios that the command line names, with a firmware of choice.
 * SPDX-License-Identifier: MIT
 */
#include "cli/subject_input.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/play.h"
#include "cli/progress.h"
#include "scenario/build_file.h"
#include "study/pool.h"

/* --- reading ---------------------------------------------------------------------------------- */

static bool out_of_memory(void)
{
    fprintf(stderr, "fleetcast: out of memory\n");
    return false;
}

char *subject_firmware_path(const char *name)
{
    char *path = strcmp(name, BUILD_BUILTIN) == 0 ? strdup(name) : realpath(name, NULL);
    if (path == NULL) {
        fprintf(stderr, "fleetcast: cannot read the firmware %s: %s\n", name, strerror(errno));
    }
    return path;
}

static bool read_scenario(
        struct scenario *scenario, const char *path, const char *const *sets, size_t set_count)
{
    struct scenario_errors *errors = scenario_errors_create();
    if (errors == NULL) {
        return out_of_memory();
    }
    bool good = scenario_read_file(scenario, path, sets, set_count, errors);
    scenario_errors_print(errors, stderr);
    scenario_errors_destroy(errors);
    return good;
}

/* Appends one override for each group of devices. */
static bool add_firmware(struct subject_input *input, const char *firmware, size_t *set_count)
{
    uint32_t groups = input->scenario->group_count;
    input->firmware_sets = calloc(groups + 1u, sizeof *input->firmware_sets);
    for (uint32_t i = 0; input->firmware_sets != NULL && i < groups; i++) {
        size_t size = strlen(firmware) + 48;
        char *set = malloc(size);
        if (set == NULL) {
            return false;
        }
        snprintf(set, size, "devices.%u.firmware=%s", i, firmware);
        input->firmware_sets[i] = set;
        input->sets[(*set_count)++] = set;
    }
    return input->firmware_sets != NULL;
}

bool subject_input_read(struct subject_input *input, const char *path, const struct sets *sets,
        const char *firmware, struct subject *subject)
{
    size_t count = sets != NULL ? sets->count : 0;
    *input = (struct subject_input){ .scenario = malloc(sizeof *input->scenario) };
    input->sets = calloc(count + SCENARIO_DEVICE_GROUPS_MAX + 1, sizeof *input->sets);
    if (input->scenario == NULL || input->sets == NULL) {
        return out_of_memory();
    }
    for (size_t i = 0; i < count; i++) {
        input->sets[i] = sets->items[i];
    }
    if (!read_scenario(input->scenario, path, input->sets, count)) {
        return false;
    }
    if (firmware != NULL) {
        if (!add_firmware(input, firmware, &count)) {
            return out_of_memory();
        }
        if (!read_scenario(input->scenario, path, input->sets, count)) {
            return false;
        }
    }
    subject->scenario = input->scenario;
    subject->set_count = count;
    subject->sets = input->sets;
    return true;
}

void subject_input_finish(struct subject_input *input)
{
    for (char **set = input->firmware_sets; set != NULL && *set != NULL; set++) {
        free(*set);
    }
    free(input->firmware_sets);
    free(input->sets);
    free(input->scenario);
    *input = (struct subject_input){ 0 };
}

/* --- playing ---------------------------------------------------------------------------------- */

static bool is_stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

static void show_progress(void *context, size_t done, size_t total)
{
    struct progress *progress = context;
    const struct sweep_facts facts = { .wanted = total, .done = done, .left_s = NAN };
    progress_show_sweep(progress, &facts);
}

/* As many as memory holds of the largest; 0 after a message: not even one. */
static unsigned workers_for(
        const struct subject *subjects, size_t count, const struct play_options *options)
{
    uint32_t devices = 0;
    const char *path = NULL;
    for (size_t i = 0; i < count; i++) {
        uint32_t own = scenario_device_count(subjects[i].scenario);
        if (own > devices) {
            devices = own;
            path = subjects[i].scenario->path;
        }
    }
    unsigned wanted = options->workers > 0 ? options->workers : pool_processors();
    return play_workers(path, devices, wanted, options->quiet);
}

int subject_inputs_play(struct subject *subjects, size_t count, const struct play_options *options)
{
    char error[256] = "";
    struct progress progress;
    unsigned workers = workers_for(subjects, count, options);
    if (workers == 0) {
        return EXIT_USAGE;
    }
    const struct subject_playing playing = {
        .workers = workers,
        .context = &progress,
        .stopped = is_stopped,
        .tick = show_progress,
    };
    interrupt_catch(NULL, 0);
    progress_start(&progress, stderr, options->quiet);
    bool played = subjects_play(subjects, count, &playing, error, sizeof error);
    progress_clear(&progress);
    int signal_number = interrupt_signal();
    if (signal_number != 0) {
        fprintf(stderr, "fleetcast: %s cut the runs short; there is no result\n",
                strsignal(signal_number));
        return EXIT_SIGNAL + signal_number;
    }
    if (!played) {
        fprintf(stderr, "fleetcast: %s\n", error);
    }
    return played ? EXIT_FINE : EXIT_RUN;
}
