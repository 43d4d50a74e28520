/* Copying an image within internal flash stalls the processor, and no receive window suffers.
 * SPDX-License-Identifier: MIT
 *
 * Goal: devices that send a report every ten seconds while they copy a received image of 150 KiB
 * into its slot open RX1 and RX2 as soon after their frame as ever in the run, to a millisecond,
 * although half of the time is spent in erases of 44 ms.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "support/trial.h"
#include "trace.h"

#define DEVICES 60u
#define WINDOWS 2u

static const char text[] =
        "name: windows\n"
        "duration: 10 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 60, board: stm32l476-sx1276, boot: {spread: 10 min},"
        " duty_cycle: off, report: {period: 10 s, until: 4 h}}]\n"
        "firmware: {image: generated, size: 150 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 30 min}}\n";

struct seen {
    entity_id first;
    bool copies[DEVICES], sent[DEVICES];
    unsigned opened[DEVICES]; /* windows since the last frame */
    sim_ns end_ns[DEVICES];   /* of it */
    unsigned windows;         /* of devices that copied since their frame */
    sim_ns least_ns[WINDOWS]; /* delay of RX1 and of RX2 in the whole run */
    sim_ns most_ns[WINDOWS];  /* the same of devices that copied */
};

static void note_window(struct seen *seen, uint32_t device, sim_ns at_ns)
{
    unsigned window = seen->opened[device]++;
    if (window >= WINDOWS) {
        return;
    }
    sim_ns delay_ns = at_ns - seen->end_ns[device];
    if (seen->least_ns[window] == 0 || delay_ns < seen->least_ns[window]) {
        seen->least_ns[window] = delay_ns;
    }
    if (seen->copies[device] && seen->sent[device]) {
        seen->windows++;
        seen->most_ns[window] = delay_ns > seen->most_ns[window] ? delay_ns : seen->most_ns[window];
    }
}

static void watch(void *context, const struct observation *o)
{
    struct seen *seen = context;
    uint32_t device = o->entity - seen->first;
    if (device >= DEVICES) {
        return;
    }
    if (o->kind == OBSERVE_FRAME_ENDED) {
        seen->sent[device] = true;
        seen->end_ns[device] = o->at_ns;
        seen->opened[device] = 0;
    } else if (o->kind != OBSERVE_FIRMWARE) {
        return;
    } else if (o->a == FW_TRACE_COPY_STARTED) {
        seen->copies[device] = true;
        seen->sent[device] = false;
    } else if (o->a == FW_TRACE_COPIED) {
        seen->copies[device] = false;
    } else if (o->a == FW_TRACE_RADIO_RX_START && o->b == 0) {
        note_window(seen, device, o->at_ns);
    }
}

Test(copy_windows, open_in_time)
{
    struct trial *trial = trial_create(text, NULL, 0);
    struct seen seen = { .first = trial->world->first_device };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_ENDED), watch, &seen);
    trial_play(trial);
    cr_expect_geq(seen.windows, 10, "%u windows", seen.windows);
    for (unsigned i = 0; i < WINDOWS; i++) {
        cr_expect_gt(seen.most_ns[i], 0, "no RX%u", i + 1);
        cr_expect_lt(seen.most_ns[i] - seen.least_ns[i], SIM_NS_PER_S / 1000,
                "RX%u: %.3f ms after the frame, else %.3f", i + 1, (double)seen.most_ns[i] * 1e-6,
                (double)seen.least_ns[i] * 1e-6);
    }
    trial_destroy(trial);
}
