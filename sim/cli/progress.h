/* The progress line of a run.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/time_left.h"
#include "run/wall_clock.h"
#include "world/world.h"

struct progress {
    FILE *out;
    bool enabled;     /* --quiet is absent */
    bool terminal;    /* else it gets whole lines, seldom */
    double started_s; /* wall clock */
    double shown_s;
    struct time_left left; /* from the first look at a run on */
    bool looking;
    struct progress_mark {
        double wall_s, simulated_s;
    } marks[2];         /* some seconds apart: the speed is that since the older one */
    const char *making; /* what is made; NULL: nothing */
    double making_s;    /* wall clock at its begin */
};

/* What a line shows. */
struct progress_facts {
    double simulated_s, end_s; /* of simulated time */
    double elapsed_s;          /* of wall clock, in which so much was simulated: */
    double passed_s;           /* 0: all of it */
    bool estimated;            /* `left_s` is known; else what the end of the scenario bounds */
    double left_s;             /* of wall clock */
    bool campaign;
    enum campaign_phase phase;
    uint32_t ready, complete, confirmed;
};

/* What the line shows while a run is made. */
struct making_facts {
    const char *what;  /* is made */
    uint32_t done, of; /* devices */
    double elapsed_s;  /* of wall clock, since the first of them */
};

/* What the line of a sweep shows. */
struct sweep_facts {
    size_t wanted, done, failed; /* runs */
    size_t played;               /* of `done`, by this sweep */
    double elapsed_s, left_s;    /* of wall clock; left: NaN where it is not known */
};

/* At most 79 columns for 100,000 devices within a year of simulated time. */
void progress_format(const struct progress_facts *facts, char *text, size_t size);
void progress_start(struct progress *progress, FILE *out, bool quiet);
/* On a terminal redraws at most five times a second; elsewhere a line each 30 s. To be called after
 * each 30 s of simulated time or so, for the time left is learnt from the calls. */
void progress_show(struct progress *progress, const struct world *world);
/* At most 79 columns for 10 million devices. */
void progress_format_making(const struct making_facts *facts, char *text, size_t size);
/* A `making_fn` (making.h); `context` is a `struct progress`. */
void progress_show_making(void *context, const char *what, uint32_t done, uint32_t of);
void progress_format_sweep(const struct sweep_facts *facts, char *text, size_t size);
/* The same for a sweep; `elapsed_s` is filled in. */
void progress_show_sweep(struct progress *progress, const struct sweep_facts *facts);
void progress_clear(struct progress *progress);

#endif
