/* A fragmentation session from set-up to its whole block, through power cuts.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_SERVICES_CUT_RUN_H
#define TESTS_DEVICE_SERVICES_CUT_RUN_H

#include "fake_board.h"

/* What the server sends. */
struct plan {
    unsigned fragments;
    unsigned size;
    uint8_t version;
    unsigned loss_percent;
    unsigned late_percent; /* of fragments after the first M: a late uncoded one */
};

struct cut_run {
    struct rig *rig;
    uint8_t *block;
    unsigned n;      /* last fragment sent */
    unsigned resets; /* that happened */
};

/* Sets a session up; the block is random. Power fails inside flash operation `cut_operation` (0:
 * never); `tears`: a random part of it is done then. */
struct cut_run *cut_run_start(const struct plan *plan, unsigned cut_operation, bool tears);
void cut_run_end(struct cut_run *run);

/* The server's next fragment. Which are lost does not depend on the cut. */
void cut_run_send_next(struct cut_run *run, const struct plan *plan);
/* Sends on, through a cut, until the session is done. */
void cut_run_to_end(struct cut_run *run, const struct plan *plan);

#endif
