/* What the firmware counts of fragments and what their causes say agree over several sessions.
 * SPDX-License-Identifier: MIT
 *
 * Goal: what happened in one session of a device, an attack or a reset, says nothing of another
 * one. The audit of a run compares the two counts for each device (record/fragment_counts.h). A
 * fragment that the radio received and the MCU did not read is lost, by the cause that the board
 * states (models/board/node_air.c, node_power.c).
 */
#include <criterion/criterion.h>

#include "record/fragment_causes.h"
#include "support/trial.h"

#define HEAD                                                                                       \
    "name: sessions\n"                                                                             \
    "duration: 20 h\n"                                                                             \
    "area: {radius: 300 m}\n"                                                                      \
    "propagation: {model: free-space, fading: none}\n"                                             \
    "gateways: {count: 1}\n"                                                                       \
    "devices: [{name: d, count: 4, boot: {spread: 60 s}, report: {period: 10 min}}]\n"

/* Session 0 of the first campaign is attacked: its counters are those of no other campaign. */
static const char attacked[] =
        HEAD "firmware: {image: generated, size: 3 KiB}\n"
             "campaigns:\n"
             "  - {name: first, start: 20 min, set_up: {window: 1 h}, correction: {policy: fixed}, "
             "confirm_timeout: 2 h}\n"
             "  - {name: second, start: 8 h, set_up: {window: 1 h}, firmware: {version: 3.0.0}}\n"
             "adversaries: [{kind: counter-jump, duration: 4 h}]\n";

Test(fragment_audits, forged_counters_of_one_campaign_reject_nothing_of_the_next)
{
    struct trial *trial = trial_create(attacked, NULL, 0);
    trial_play(trial);
    cr_expect_geq(trial_value(trial, "security.forged_accepted"), 4.0);
    cr_expect_eq(trial_value(trial, "campaigns.second.devices.confirmed"), 4.0);
    for (uint32_t i = 0; i < 4; i++) {
        struct cause_counts first, second;
        const struct fragment_causes *causes = fragment_causes_of(trial->recorders);
        fragment_causes_device(causes, 0, i, &first);
        fragment_causes_device(causes, 1, i, &second);
        cr_expect_gt(first.of[LOSS_COUNTER_REJECTED], 0);
        cr_expect_eq(second.of[LOSS_COUNTER_REJECTED], 0);
    }
    trial_destroy(trial);
}

/* The session opens at 4800 s, and its first fragments are in RAM alone when the power fails. What
 * is left of it does not make the block whole: a second round does. */
static const char cut_in_a_session[] =
        HEAD "firmware: {image: generated, size: 3 KiB}\n"
             "campaign: {start: 20 min, set_up: {window: 1 h}, correction: {policy: fixed}, "
             "fragment_size: 50 B, redundancy: 100 %, retries: 1, confirm_timeout: 2 h}\n"
             "faults: [{kind: power-cut, at: 4810 s, duration: 1 min}]\n";

Test(fragment_audits, reset_in_one_round_says_nothing_of_the_next)
{
    struct trial *trial = trial_create(cut_in_a_session, NULL, 0);
    trial_play(trial);
    cr_expect_eq(trial_value(trial, "rounds.recovered"), 4.0);
    trial_destroy(trial);
}

/* --- received, and lost after all ------------------------------------------------------------- */

static const char in_one_session[] =
        HEAD "firmware: {image: generated, size: 3 KiB}\n"
             "campaign: {start: 20 min, set_up: {window: 1 h}, correction: {policy: fixed}}\n";

struct last_received {
    entity_id device;
    int64_t frame_id;
};

static bool by_device(void *context, const struct observation *o)
{
    struct last_received *last = context;
    last->frame_id = o->a;
    return o->entity == last->device;
}

/* Causes of device 0 after its first fragment, and after the board has stated that it was not read.
 */
static void unread(enum loss_cause cause, struct cause_counts *received, struct cause_counts *lost)
{
    struct trial *trial = trial_create(in_one_session, NULL, 0);
    const struct fragment_causes *causes = fragment_causes_of(trial->recorders);
    struct last_received last = { .device = recorder_set_view(trial->recorders)->first_device };
    const struct run_goal goal = { .until_ns = 20 * 3600 * SIM_NS_PER_S,
        .kinds = OBSERVE_BIT(OBSERVE_FRAME_RECEIVED),
        .wanted = by_device,
        .context = &last };
    do {
        *received = (struct cause_counts){ 0 };
        cr_assert_eq(run_advance(trial->run, &goal), RUN_WANTED);
        fragment_causes_device(causes, 0, 0, received);
    } while (received->of[LOSS_NONE] == 0);
    struct engine *engine = run_engine(trial->run);
    engine_observe(engine, engine_now(engine), last.device, OBSERVE_FRAME_LOST, last.frame_id,
            cause, 0, NULL);
    *lost = (struct cause_counts){ 0 };
    fragment_causes_device(causes, 0, 0, lost);
    trial_destroy(trial);
}

Test(fragment_audits, a_received_fragment_that_was_not_read_is_lost)
{
    static const enum loss_cause all[] = { LOSS_MCU_BUSY, LOSS_POWERED_DOWN };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct cause_counts received, lost;
        unread(all[i], &received, &lost);
        cr_expect_eq(received.of[LOSS_NONE], 1);
        cr_expect_eq(received.of[all[i]], 0);
        cr_expect_eq(lost.of[LOSS_NONE], 0, "cause %d", (int)all[i]);
        cr_expect_eq(lost.of[all[i]], 1, "cause %d", (int)all[i]);
    }
}
