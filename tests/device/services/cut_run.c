/* The server's stream, and the device's resets in it.
 * SPDX-License-Identifier: MIT
 */
#include "cut_run.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Its random numbers are its own: they do not depend on the cut. */
void cut_run_send_next(struct cut_run *run, const struct plan *plan)
{
    unsigned n = ++run->n;
    uint32_t hash = n * 2654435761u;
    hash ^= hash >> 15;
    hash *= 0x2C1B3C6Du;
    hash ^= hash >> 13;
    if (hash % 100 < plan->loss_percent) {
        return;
    }
    if (n > plan->fragments && (hash >> 8) % 100 < plan->late_percent) {
        n = 1 + (hash >> 16) % plan->fragments;
    }
    send_fragment(run->rig, run->block, plan->fragments, plan->size, n, 0);
}

void cut_run_to_end(struct cut_run *run, const struct plan *plan)
{
    jmp_buf power_cut;
    struct fragmentation *frag = &run->rig->services.fragmentation;
    run->rig->board.cut_jump = &power_cut;
    if (setjmp(power_cut) != 0) {
        run->resets++;
        run->rig->board.now_ticks += HAL_RTC_HZ;
        rig_boot(run->rig);
        frag->version = plan->version;
        run->rig->board.cut_jump = &power_cut;
    }
    while (frag->phase != FRAG_PHASE_DONE) {
        cr_assert_neq(frag->phase, FRAG_PHASE_FAILED);
        cr_assert_neq(frag->phase, FRAG_PHASE_NONE);
        cr_assert_lt(run->n, 16383);
        rig_run_ticks(run->rig, 13000);
        bool sends = frag->phase == FRAG_PHASE_COLLECT || frag->phase == FRAG_PHASE_DECODE;
        if (sends) {
            cut_run_send_next(run, plan);
        }
        rig_run_ticks(run->rig, 13000);
    }
}

struct cut_run *cut_run_start(const struct plan *plan, unsigned cut_operation, bool tears)
{
    struct cut_run *run = calloc(1, sizeof(*run));
    uint8_t message[17];
    run->rig = rig_create();
    run->block = malloc((size_t)plan->fragments * plan->size);
    for (size_t i = 0; i < (size_t)plan->fragments * plan->size; i++) {
        run->block[i] = (uint8_t)rig_random(run->rig);
    }
    run->rig->services.fragmentation.version = plan->version;
    run->rig->board.random_state = cut_operation;
    run->rig->board.cut_operation = cut_operation;
    run->rig->board.cut_tears = tears;
    size_t size =
            setup_message(run->rig, run->block, plan->fragments, plan->size, 0, 0, 1, message);
    rig_down(run->rig, FRAGMENTATION_FPORT, -1, message, size);
    return run;
}

void cut_run_end(struct cut_run *run)
{
    rig_destroy(run->rig);
    free(run->block);
    free(run);
}
