/* Cuts the power of one device at each flash operation of a story, in a process for each cut.
 * SPDX-License-Identifier: MIT
 *
 * A story is a scenario in which device 0 is to be cut, and the image that it runs in the end. It
 * is played twice without a cut. The first time shows when its flash operations (programs and
 * erases) take place; the second time the process forks shortly before each of them, and the child
 * takes the cut and plays the rest. So a cut costs what comes after it.
 *
 * A child that is right in the end has: its run over without a broken invariant (they include that
 * each application start found an image that was sent or the factory's, byte for byte), the image
 * of the story's end in its slot, the campaign's view of it, frames on the air until the end, and
 * no counter twice (support/air_counters.h). One that dies or does not end is a failure.
 */
#ifndef SUPPORT_EVERY_CUT_H
#define SUPPORT_EVERY_CUT_H

#include <stdbool.h>
#include <stdint.h>

struct cut_story {
    const char *name;
    const char *text; /* the scenario */
    bool reverts;     /* it ends with the factory's image, and the campaign has its reason */
    bool bad_build;   /* another build belongs to the campaign's image: cut_plan.bad_build */
};

/* What a process is to play. */
struct cut_plan {
    const char *board;     /* name or file; NULL: the scenario's */
    const char *firmware;  /* devices[].firmware; NULL: the scenario's */
    const char *bad_build; /* a shared object; NULL: the story has none */
    const char *size;      /* of the image; NULL: the scenario's */
    uint32_t first, step;  /* operations first, first + step, ...; the first of a story is 1 */
    bool after;            /* cut when the operation has ended; else within it, torn */
    bool twice;            /* and once more, torn, few operations after the start that follows */
    unsigned processes;    /* at one time, at most CUT_PROCESSES_MAX */
};

#define CUT_PROCESSES_MAX 16u

/* Parts of a story: each goes on to the begin of the next that takes place. */
enum cut_phase {
    CUT_DOWNLOAD, /* from the first boot on: records, fragments */
    CUT_BUILD,    /* a target or a copy in the slot for new images */
    CUT_INSTALL,  /* from the verification on; the image that runs is saved first */
    CUT_TRIAL,
    CUT_REVERT,
    CUT_SETTLED, /* confirmed, or reverted */
    CUT_PHASE_COUNT
};

struct cut_tally {
    uint32_t operations[CUT_PHASE_COUNT]; /* of the run without a cut */
    uint32_t cuts[CUT_PHASE_COUNT];       /* processes */
    uint32_t wrong, bricked;              /* of these */
};

const char *cut_phase_name(enum cut_phase phase);

/* Forks for each cut of the plan, and prints to stderr what is wrong, with `command` and the number
 * of the operation as the line that repeats it. False: the story goes wrong without a cut. */
bool every_cut_play(const struct cut_story *story, const struct cut_plan *plan, const char *command,
        struct cut_tally *tally);

struct cut_verdict {
    bool bricked;
    char text[200]; /* what is wrong; "": nothing */
};

/* The cut at operation plan->first alone, in this process. */
struct cut_verdict every_cut_play_one(const struct cut_story *story, const struct cut_plan *plan);

#endif
