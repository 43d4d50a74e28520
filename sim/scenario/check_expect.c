/* Which numbers a scenario's `expect` may name.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/check_expect.h"

#include <stdio.h>
#include <string.h>

#include "firmware/firmware_build.h"
#include "scenario/check_parts.h"
#include "scenario/param.h"
#include "scenario/scenario_campaigns.h"

#define CANDIDATES_MAX 256u
#define CAMPAIGNS      "campaigns."
#define GROUPS         "groups."

static bool begins(const char *key, const char *prefix)
{
    return strncmp(key, prefix, strlen(prefix)) == 0;
}

bool expect_key_is_scoped(const char *key)
{
    return begins(key, CAMPAIGNS) || begins(key, GROUPS);
}

void expect_key_unknown(const char *key, enum expect_scope scope, struct scenario_place place,
        struct scenario_errors *errors)
{
    const char *candidates[CANDIDATES_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; expect_keys[i] != NULL && count < CANDIDATES_MAX; i++) {
        if (expect_key_in_scope(expect_keys[i], scope)) {
            candidates[count++] = expect_keys[i];
        }
    }
    candidates[count] = NULL;
    const char *near = nearest_word(key, candidates);
    scenario_errors_add(errors, place, "expect: %s has no number '%s'%s%s%s",
            scope == EXPECT_RUN        ? "summary.json"
            : scope == EXPECT_CAMPAIGN ? "a campaign"
                                       : "a group",
            key, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

/* The names of campaigns or of groups, and NULL. */
static void names_of(const struct scenario *scenario, enum expect_scope scope,
        const char *names[SCENARIO_CAMPAIGNS_MAX + SCENARIO_DEVICE_GROUPS_MAX + 1])
{
    uint32_t count = scope == EXPECT_CAMPAIGN ? scenario->campaign_count : scenario->group_count;
    for (uint32_t i = 0; i < count; i++) {
        names[i] =
                scope == EXPECT_CAMPAIGN ? scenario->campaigns[i].name : scenario->groups[i].name;
    }
    names[count] = NULL;
}

/* The key after "campaigns.NAME."; the longest name counts, as names may have dots. NULL: none. */
static const char *after_name(const char *key, const char *const *names)
{
    const char *rest = NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(key, names[i], length) == 0 && key[length] == '.'
                && (rest == NULL || key + length + 1 > rest)) {
            rest = key + length + 1;
        }
    }
    return rest;
}

static void unknown_name(const struct check *check, const char *key, const char *what,
        const char *const *names, struct scenario_place place)
{
    char name[SCENARIO_NAME_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(key, "."), key);
    const char *near = nearest_word(name, names);
    scenario_errors_add(check->errors, place, "expect: there is no %s '%s'%s%s%s", what, name,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

/* A name that an expectation begins with; its first `length` characters. */
struct named {
    const char *text;
    size_t length;
};

static bool is_named(struct named named, const char *name)
{
    return strlen(name) == named.length && strncmp(named.text, name, named.length) == 0;
}

static bool is_in_scope(const struct scenario *scenario, const struct scenario_device_group *group,
        enum expect_scope scope, struct named named)
{
    if (scope == EXPECT_GROUP) {
        return is_named(named, group->name);
    }
    for (uint32_t c = 0; scope == EXPECT_CAMPAIGN && c < scenario->campaign_count; c++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[c];
        if (is_named(named, campaign->name) && !scenario_campaign_takes(campaign, group->name)) {
            return false;
        }
    }
    return true;
}

/* FIRMWARE_SHOWS_ bits that a number needs and that no build of the devices that count has. */
static uint8_t never_shown(const struct scenario *scenario, const char *key,
        enum expect_scope scope, struct named named)
{
    uint8_t shown = 0;
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct scenario_device_group *group = &scenario->groups[i];
        shown |= is_in_scope(scenario, group, scope, named) ? group->shows : 0u;
    }
    return (uint8_t)(expect_key_needs(key) & ~shown);
}

static const char *text_of(uint8_t shows)
{
    return (shows & FIRMWARE_SHOWS_IMAGE) != 0     ? "says where the image lies that it runs"
           : (shows & FIRMWARE_SHOWS_VERSION) != 0 ? "names the version that it runs in its reports"
                                                   : "traces the events of device/trace.h";
}

static void check_expectation(const struct check *check, const struct scenario_expect *expect)
{
    const char *names[SCENARIO_CAMPAIGNS_MAX + SCENARIO_DEVICE_GROUPS_MAX + 1];
    const char *key = expect->key;
    struct scenario_place place = check_place(check, expect);
    enum expect_scope scope = begins(key, CAMPAIGNS) ? EXPECT_CAMPAIGN
                              : begins(key, GROUPS)  ? EXPECT_GROUP
                                                     : EXPECT_RUN;
    struct named named = { .text = "" };
    if (scope != EXPECT_RUN) {
        named.text = strchr(key, '.') + 1;
        names_of(check->scenario, scope, names);
        key = after_name(named.text, names);
        if (key == NULL) {
            unknown_name(check, named.text,
                    scope == EXPECT_CAMPAIGN ? "campaign" : "group of devices", names, place);
            return;
        }
        named.length = (size_t)(key - named.text) - 1;
    }
    uint8_t hidden = never_shown(check->scenario, key, scope, named);
    if (!expect_key_in_scope(key, scope)) {
        expect_key_unknown(key, scope, place, check->errors);
    } else if (hidden != 0) {
        scenario_errors_add(check->errors, place,
                "expect.%s is never known: no firmware of these devices %s", expect->key,
                text_of(hidden));
    } else if (expect->percent && !expect_key_takes_percent(key)) {
        scenario_errors_add(check->errors, place,
                "expect.%s should be a plain number: a percentage fits shares, and counts of "
                "devices out of devices.total",
                expect->key);
    }
}

void check_expect(const struct check *check)
{
    for (uint32_t i = 0; i < check->scenario->expect_count; i++) {
        check_expectation(check, &check->scenario->expect[i]);
    }
}
