/* Stories name the restart of a multicast group by the server, and the wear of the flash.
 * SPDX-License-Identifier: MIT
 *
 * Goal: who reads the story of a device whose group an attacker has silenced sees why its group
 * changed and for whom, and what the update erased. Right values: the addresses are those that the
 * device itself states when it is set up (device/trace.h); members that had reported their block
 * before the restart are not concerned. An update erases each page of the running slot once, and
 * the rated erases are those of the board file, 10,000 and 100,000.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "explain/sentence.h"
#include "explain/story.h"
#include "observe.h"
#include "support/silenced_fleet.h"
#include "support/trial.h"
#include "trace.h"

#define DEVICES SILENCED_DEVICES

static struct trial *trial;
static struct story stories[DEVICES];

static void play(void)
{
    trial = trial_create(silenced_fleet, NULL, 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_listen(&stories[i], trial->run, i);
    }
    trial_play(trial);
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_finish(&stories[i]);
    }
}

static void forget(void)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        story_free(&stories[i]);
    }
    trial_destroy(trial);
}

TestSuite(story_restarts, .init = play, .fini = forget);

static const struct happening *named(const struct story *story, const char *name, uint32_t skip)
{
    for (size_t i = 0; i < story->count; i++) {
        const struct happening *happening = &story->items[i].happening;
        if (story->items[i].kind == STORY_HAPPENING && strcmp(sentence_name(happening), name) == 0
                && skip-- == 0) {
            return happening;
        }
    }
    return NULL;
}

/* Valid up to the next call. */
static const char *text_of(const struct story *story)
{
    static char text[1 << 14];
    FILE *out = fmemopen(text, sizeof text, "w");
    cr_assert_not_null(out);
    story_write_text(story, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

Test(story_restarts, name_the_group_and_why)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct happening *restart = named(&stories[i], "CAMPAIGN_GROUP_RESTART", 0);
        const struct happening *before = named(&stories[i], "GROUP_SET_UP", 0);
        const struct happening *since = named(&stories[i], "GROUP_SET_UP", 1);
        cr_assert(restart != NULL && before != NULL && since != NULL, "device %u", i);
        cr_expect_eq((uint32_t)restart->b, (uint32_t)before->b, "device %u", i);
        cr_expect_eq((uint32_t)restart->a, (uint32_t)since->b, "device %u", i);
        cr_expect_lt(restart->at_ns, since->at_ns, "device %u", i);
        const char *text = text_of(&stories[i]);
        char line[300];
        snprintf(line, sizeof line,
                "campaign 'campaign' sets up the group of McAddr %08X again after 1 round without "
                "an answer: it has McAddr %08X and another key from now on, McGroupID and "
                "SessionCnt stay; %u devices will be told so\n",
                (unsigned)before->b, (unsigned)since->b, DEVICES);
        cr_expect_not_null(strstr(text, line), "%s", text);
    }
}

Test(story_restarts, of_other_groups_are_left_out)
{
    const struct campaign *campaign = world_first_campaign(trial->world);
    uint32_t mc_addr = (uint32_t)named(&stories[0], "CAMPAIGN_GROUP_RESTART", 0)->a;
    cr_expect_not(campaign_serves(campaign, 0, mc_addr), "it has reported its block since");
    cr_expect_not(campaign_serves(campaign, 0, mc_addr + 100), "no group has this address");
    cr_expect_eq(trial_value(trial, "security.group_restarts"), 1);
    cr_expect_null(named(&stories[0], "CAMPAIGN_GROUP_RESTART", 1));
}

Test(story_restarts, end_with_the_wear_of_the_flash)
{
    const char *text = text_of(&stories[0]);
    const char *internal = strstr(text, "\nFlash 'internal': ");
    const char *nor = strstr(text, "\nFlash 'nor': ");
    cr_assert(internal != NULL && nor != NULL && internal < nor, "%s", text);
    cr_expect_not_null(strstr(internal, "1, rated for 10000; most of any device 1\n"), "%s", text);
    cr_expect_not_null(strstr(internal, "\n      1  running\n"), "%s", text);
    cr_expect_not_null(strstr(nor, ", rated for 100000; most of any device "), "%s", text);
    cr_expect_not_null(strstr(nor, "\n      1  block\n"), "%s", text);
    cr_expect_lt(nor, strstr(text, "\nThe end\n"));
}
