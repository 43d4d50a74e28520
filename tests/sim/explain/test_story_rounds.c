/* Stories name the round and the wave of a campaign that a device was in.
 * SPDX-License-Identifier: MIT
 *
 * Goal: who reads a story sees which round a stage belongs to, and why an earlier one left the
 * device. Method: gateways without power in the whole first session, so that each device needs a
 * second round; waves of two devices.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/story.h"
#include "support/trial.h"

static const char text[] =
        "name: rounds\n"
        "duration: 2 d\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 4, boot: {spread: 60 s}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "faults: [{kind: outage, part: power, at: 75 min, duration: 3 h}]\n"
        "campaign: {start: 20 min, set_up: {window: 1 h}, correction: {timeout: 10 min},\n"
        "  confirm_timeout: 4 h, retries: 1, retry_pause: 4 h, wave_size: 2}\n";

/* The story of a device as text, or as JSON; the caller frees it. */
static char *story_text(const char *const *sets, size_t set_count, uint32_t device, bool json)
{
    struct trial *trial = trial_create(text, sets, set_count);
    struct story story;
    char *written = NULL;
    size_t size = 0;
    story_listen(&story, trial->run, device);
    trial_play(trial);
    story_finish(&story);
    FILE *out = open_memstream(&written, &size);
    if (json) {
        cr_assert(story_write_json(&story, out));
    } else {
        story_write_text(&story, out);
    }
    fclose(out);
    story_free(&story);
    trial_destroy(trial);
    return written;
}

Test(story_rounds, stages_name_round_and_wave)
{
    unsigned in_second_wave = 0;
    for (uint32_t device = 0; device < 4; device++) {
        char *story = story_text(NULL, 0, device, false);
        cr_expect_null(strstr(story, "in round 1"), "the first one goes without saying");
        cr_expect_not_null(strstr(story, "confirmed, it reports the new version, in round 2"));
        cr_expect_not_null(strstr(story, "  Its round 1 left it: not_sent ("), "%s", story);
        cr_expect_null(strstr(story, "Its round 2"));
        in_second_wave += strstr(story, "in round 2, in wave 2") != NULL ? 1u : 0u;
        free(story);
    }
    cr_expect_eq(in_second_wave, 2);
}

Test(story_rounds, json_has_the_reasons_of_all_rounds_but_the_last)
{
    char *story = story_text(NULL, 0, 0, true);
    const char *left = strstr(story, "\"left_by_rounds\": [");
    cr_assert_not_null(left);
    cr_expect_not_null(strstr(left, "\"not_sent\""));
    free(story);
}

/* It has no session to be known by. */
Test(story_rounds, campaigns_by_unicast_have_their_name)
{
    static const char *const unicast[] = { "campaign.delivery=unicast" };
    char *story = story_text(unicast, 1, 0, false);
    cr_expect_not_null(strstr(story, "campaign 'campaign' notes of device 0: confirmed"));
    cr_expect_null(strstr(story, "entity"));
    free(story);
}
