/* The devices that campaigns and faults of a scenario name.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_campaigns.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"

#define FRAGMENTATION_VERSION_USUAL 2u

/* Takes " FROM..TO %" from the end of an item. False: the item is a name alone. */
static bool split_share(char *item, double *from, double *to)
{
    char *dots = strstr(item, ".."), *blank = dots, *end;
    while (blank != NULL && blank > item && *blank != ' ') {
        blank--;
    }
    if (blank == NULL || blank == item) {
        return false;
    }
    *to = strtod(dots + 2, &end) / 100.0;
    end += strspn(end, " ");
    if (end == dots + 2 || strcmp(end, "%") != 0) {
        return false;
    }
    *dots = '\0'; /* else "0..50" begins with the number "0." */
    *from = strtod(blank, &end) / 100.0;
    if (end != dots) {
        *dots = '.';
        return false;
    }
    *blank = '\0';
    return true;
}

static bool add_share(const struct param_text *t, char *item, struct scenario_members *members)
{
    double from = 0.0, to = 1.0;
    char text[SCENARIO_NAME_MAX + 32];
    snprintf(text, sizeof text, "%s", item);
    bool share = split_share(item, &from, &to);
    if (share && !(from >= 0.0 && from < to && to <= 1.0)) {
        scenario_errors_add(t->errors, t->place,
                "%s: '%s' should be a share of a group from 0 to 100 %%, as in meters 0..50 %%",
                t->path, text);
        return false;
    }
    if (item[0] == '\0' || strlen(item) >= SCENARIO_NAME_MAX) {
        scenario_errors_add(t->errors, t->place, "%s: a group's name has 1 to %u characters",
                t->path, SCENARIO_NAME_MAX - 1);
        return false;
    }
    if (members->count == SCENARIO_SHARES_MAX) {
        scenario_errors_add(
                t->errors, t->place, "%s has more than %u items", t->path, SCENARIO_SHARES_MAX);
        return false;
    }
    struct scenario_share *next = &members->shares[members->count++];
    *next = (struct scenario_share){ .from = from, .to = to };
    memcpy(next->group, item, strlen(item) + 1);
    return true;
}

static bool set_members(const struct param_text *t)
{
    struct scenario_members members = { 0 };
    char items[512], *rest = NULL;
    if (strcmp(t->text, "all") != 0) {
        snprintf(items, sizeof items, "%s", t->text);
        for (char *item = strtok_r(items, ",", &rest); item != NULL;
                item = strtok_r(NULL, ",", &rest)) {
            if (!add_share(t, item + strspn(item, " "), &members)) {
                return false;
            }
        }
        if (members.count == 0) {
            scenario_errors_add(t->errors, t->place,
                    "%s should be all, or a list of groups of devices", t->path);
            return false;
        }
    }
    *(struct scenario_members *)t->member = members;
    return true;
}

const struct param_type param_members = { .size = sizeof(struct scenario_members),
    .parse = set_members,
    .form = PARAM_TEXT,
    .takes_list = true,
    .values = "all | GROUP | GROUP FROM..TO %" };

uint32_t scenario_group_named(const struct scenario *scenario, const char *name)
{
    uint32_t g = 0;
    while (g < scenario->group_count && strcmp(scenario->groups[g].name, name) != 0) {
        g++;
    }
    return g;
}

struct scenario_range scenario_share_range(
        const struct scenario *scenario, const struct scenario_share *share)
{
    uint32_t group = scenario_group_named(scenario, share->group), first = 0;
    assert(group < scenario->group_count);
    for (uint32_t g = 0; g < group; g++) {
        first += scenario->groups[g].count;
    }
    double count = scenario->groups[group].count;
    return (struct scenario_range){ first + (uint32_t)lround(share->from * count),
        first + (uint32_t)lround(share->to * count) };
}

uint32_t scenario_members_ranges(const struct scenario *scenario,
        const struct scenario_members *members, struct scenario_range ranges[SCENARIO_SHARES_MAX])
{
    if (members->count == 0) {
        ranges[0] = (struct scenario_range){ 0, scenario_device_count(scenario) };
        return 1;
    }
    for (uint32_t i = 0; i < members->count; i++) {
        ranges[i] = scenario_share_range(scenario, &members->shares[i]);
    }
    return members->count;
}

bool scenario_has_wrong_key(const struct scenario *scenario, uint32_t device)
{
    uint32_t group = 0;
    while (group < scenario->group_count && device >= scenario->groups[group].count) {
        device -= scenario->groups[group].count;
        group++;
    }
    assert(group < scenario->group_count);
    double share = scenario->groups[group].wrong_gen_app_key;
    return floor((device + 1.0) * share) > floor(device * share);
}

bool scenario_campaign_takes(const struct scenario_campaign *campaign, const char *group)
{
    bool takes = campaign->devices.count == 0;
    for (uint32_t i = 0; i < campaign->devices.count; i++) {
        takes = takes || strcmp(campaign->devices.shares[i].group, group) == 0;
    }
    return takes;
}

uint32_t scenario_campaign_first_group(
        const struct scenario *scenario, const struct scenario_campaign *campaign)
{
    uint32_t group = campaign->devices.count == 0
                             ? 0
                             : scenario_group_named(scenario, campaign->devices.shares[0].group);
    assert(group < scenario->group_count);
    return group;
}

uint8_t scenario_fragmentation_version(const struct scenario *scenario, uint32_t group)
{
    if (scenario->groups[group].packages_fragmentation != SCENARIO_VERSION_AUTO) {
        return scenario->groups[group].packages_fragmentation;
    }
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[c];
        if (scenario_campaign_takes(campaign, scenario->groups[group].name)) {
            return campaign->params.fragmentation_version;
        }
    }
    return FRAGMENTATION_VERSION_USUAL;
}

static unsigned proof_bits(const struct scenario_verify *verify)
{
    unsigned bits = 0;
    bits |= verify->checksum ? DEVICE_VERIFY_CHECKSUM : 0u;
    bits |= verify->server_mic_crc64 ? DEVICE_VERIFY_MIC_CRC64 : 0u;
    bits |= verify->server_mic_sha256 ? DEVICE_VERIFY_MIC_SHA256 : 0u;
    return bits;
}

/* No campaign demands anything that devices are told. */
static bool demands_nothing_else(const struct scenario *scenario)
{
    bool nothing = true;
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        const struct scenario_verify *verify = &scenario->campaigns[c].verify;
        nothing = nothing && verify->signature && proof_bits(verify) == 0;
    }
    return nothing;
}

static bool is_member(
        const struct scenario *scenario, const struct scenario_campaign *campaign, uint32_t device)
{
    struct scenario_range ranges[SCENARIO_SHARES_MAX];
    uint32_t count = scenario_campaign_ranges(scenario, campaign, ranges);
    bool member = false;
    for (uint32_t i = 0; i < count; i++) {
        member = member || (device >= ranges[i].from && device < ranges[i].to);
    }
    return member;
}

uint8_t scenario_device_verify(const struct scenario *scenario, uint32_t device)
{
    unsigned bits = 0, campaigns = 0, signed_campaigns = 0;
    if (demands_nothing_else(scenario)) {
        return 0;
    }
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[c];
        if (is_member(scenario, campaign, device)) {
            bits |= proof_bits(&campaign->verify);
            campaigns++;
            signed_campaigns += campaign->verify.signature;
        }
    }
    bits |= campaigns > 0 && signed_campaigns == 0 ? DEVICE_VERIFY_AT_BOOT : 0u;
    return (uint8_t)bits;
}

bool scenario_installs_at_a_time(const struct scenario *scenario)
{
    bool any = false;
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        any = any || scenario->campaigns[c].params.install != INSTALL_AT_ONCE;
    }
    return any;
}

bool scenario_install_ordered(const struct scenario *scenario, uint32_t group)
{
    for (uint32_t c = 0; c < scenario->campaign_count; c++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[c];
        if (scenario_campaign_takes(campaign, scenario->groups[group].name)) {
            return campaign->params.install != INSTALL_AT_ONCE;
        }
    }
    return false;
}

uint8_t scenario_proofs(const struct scenario_verify *verify)
{
    unsigned crc64 = verify->checksum || verify->server_mic_crc64 ? 1u << PROOF_CRC64 : 0u;
    unsigned sha256 = verify->server_mic_sha256 ? 1u << PROOF_SHA256 : 0u;
    return (uint8_t)(crc64 | sha256);
}
