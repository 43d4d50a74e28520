/* What must hold between the keys of a campaign, and between campaigns.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "campaign/fragment_table.h"
#include "campaign/schedule.h"
#include "gateway/gateway.h"
#include "scenario/campaign_plan.h"
#include "scenario/channel_plan.h"
#include "scenario/check_parts.h"
#include "scenario/firmware_image.h"
#include "scenario/quantity.h"
#include "scenario/scenario_campaigns.h"

#define BLOCK_ACK_DELAY_MAX 7u
/* A bound of the firmware's decoder, for its RAM (device/services/fec_row.h; a test holds the two
 * together). TS004 alone would take 16383. */
#define DECODER_FRAGMENTS_MAX 4096u

/* A campaign and how messages call its keys. */
struct campaign_check {
    const struct check *check;
    const struct scenario_campaign *campaign;
    char label[SCENARIO_NAME_MAX + 16];
};

static void check_fragment_size(const struct campaign_check *c)
{
    const struct campaign_params *p = &c->campaign->params;
    const struct region *region = scenario_region(c->check->scenario);
    uint32_t size_max = campaign_fragment_size_max(region, p->data_rate);
    if (size_max == 0) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->data_rate),
                "%s.data_rate: %s has no downlink at DR%d", c->label, region->name, p->data_rate);
        return;
    }
    const uint8_t *size = &p->fragment_size_bytes;
    uint8_t slowest = campaign_slowest_rate(region, p);
    uint32_t size_max_slowest = campaign_fragment_size_max(region, slowest);
    if (*size > size_max) {
        scenario_errors_add(c->check->errors, check_place(c->check, size),
                "%s.fragment_size = %u B does not fit DR%d: at most %u B", c->label, *size,
                p->data_rate, size_max);
    } else if (*size > size_max_slowest) {
        scenario_errors_add(c->check->errors, check_place(c->check, size),
                "%s.fragment_size = %u B does not fit DR%d, the slowest of the split sessions: at "
                "most %u B; auto takes the largest size of each data rate",
                c->label, *size, slowest, size_max_slowest);
    }
    uint32_t size_max_any = campaign_fragment_size_max(region, region->class_c_rate_min);
    if (p->delivery == DELIVERY_UNICAST && *size > size_max_any) {
        scenario_warnings_add(c->check->errors, check_place(c->check, size),
                "%s.fragment_size = %u B: devices whose uplinks are at DR%d get none, their "
                "windows "
                "carry at most %u B",
                c->label, *size, region->class_c_rate_min, size_max_any);
    }
}

/* Of split sessions the one with the smallest fragments: the slowest data rate. */
static void check_fragment_count(const struct campaign_check *c)
{
    const struct scenario_campaign *campaign = c->campaign;
    const struct region *region = scenario_region(c->check->scenario);
    const uint8_t *size = &campaign->params.fragment_size_bytes;
    uint32_t fragment_size = *size != 0 ? *size
                                        : campaign_fragment_size_max(region,
                                                campaign_slowest_rate(region, &campaign->params));
    uint32_t image_size = firmware_image_size(campaign->code_size_bytes);
    uint32_t nb_frag = schedule_nb_frag(image_size, (uint8_t)fragment_size);
    if (nb_frag > DECODER_FRAGMENTS_MAX) {
        scenario_errors_add(c->check->errors, check_place(c->check, size),
                "%s: an image of %u bytes is %u fragments of %u bytes; the decoder of devices "
                "takes at most %u",
                c->label, image_size, nb_frag, fragment_size, DECODER_FRAGMENTS_MAX);
    }
}

static void check_block_ack_delay(const struct campaign_check *c)
{
    const uint8_t *delay = &c->campaign->params.block_ack_delay;
    if (*delay > BLOCK_ACK_DELAY_MAX && *delay != SCHEDULE_AUTOMATIC_DELAY) {
        scenario_errors_add(c->check->errors, check_place(c->check, delay),
                "%s.block_ack_delay = %u should be one of 0 to 7, or 255", c->label, *delay);
    }
}

static void check_frequency(const struct campaign_check *c)
{
    const uint32_t *frequency_hz = &c->campaign->params.frequency_hz;
    const struct region *region = scenario_region(c->check->scenario);
    if (region_band_of(region, *frequency_hz) < 0) {
        char frequency[40];
        quantity_format(frequency, sizeof frequency, DIMENSION_FREQUENCY, *frequency_hz);
        scenario_errors_add(c->check->errors, check_place(c->check, frequency_hz),
                "%s.frequency = %s is in no %s sub-band; the usual choice is %.10g MHz", c->label,
                frequency, region->name, region->class_c_hz / 1e6);
    }
}

/* What is counted in intervals needs one. */
static void check_interval(const struct campaign_check *c)
{
    const struct campaign_params *p = &c->campaign->params;
    if (p->interval_ns == 0 && p->gateways == MULTICAST_DELAYED) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->gateways),
                "%s.gateways: delayed needs %s.interval, as in interval: 5 s", c->label, c->label);
    }
    if (p->interval_ns == 0 && p->time_out == TIME_OUT_BY_INTERVAL) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->time_out),
                "%s.time_out: by-interval needs %s.interval, as in interval: 5 s", c->label,
                c->label);
    }
}

static void check_times(const struct campaign_check *c)
{
    const struct campaign_params *p = &c->campaign->params;
    const sim_ns *duration_ns = &c->check->scenario->duration_ns;
    sim_ns session_ns = p->start_ns + p->set_up_window_ns;
    if (p->delivery == DELIVERY_UNICAST && p->start_ns >= *duration_ns) {
        char duration[40], start[40];
        check_format_time(duration, sizeof duration, *duration_ns);
        check_format_time(start, sizeof start, p->start_ns);
        scenario_errors_add(c->check->errors, check_place(c->check, duration_ns),
                "duration = %s ends before %s.start = %s", duration, c->label, start);
    } else if (p->delivery == DELIVERY_MULTICAST && session_ns >= *duration_ns) {
        char duration[40], session[40];
        check_format_time(duration, sizeof duration, *duration_ns);
        check_format_time(session, sizeof session, session_ns);
        scenario_errors_add(c->check->errors, check_place(c->check, duration_ns),
                "duration = %s ends before the session opens at %s (%s.start + %s.set_up.window)",
                duration, session, c->label, c->label);
    }
}

static void check_halts(const struct campaign_check *c)
{
    const struct campaign_params *p = &c->campaign->params;
    if ((p->pause_ns > 0) != (p->resume_ns > 0)) {
        const sim_ns *given = p->pause_ns > 0 ? &p->pause_ns : &p->resume_ns;
        scenario_errors_add(c->check->errors, check_place(c->check, given),
                "%s: pause_at and resume_at: both or none", c->label);
    } else if (p->pause_ns > 0 && p->resume_ns <= p->pause_ns) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->resume_ns),
                "%s.resume_at should be later than pause_at", c->label);
    }
    if (p->stop_ns > 0 && p->stop_ns < p->resume_ns) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->stop_ns),
                "%s.stop_at should be later than resume_at", c->label);
    }
}

static void check_verify(const struct campaign_check *c)
{
    const struct scenario_verify *verify = &c->campaign->verify;
    if (verify->block_mic && c->campaign->params.fragmentation_version == 1) {
        scenario_errors_add(c->check->errors, check_place(c->check, verify),
                "%s.verify: block-mic needs %s.fragmentation_version = 2", c->label, c->label);
    }
}

/* A piece of the table has a signature: it fits no frame of the slow data rates. */
static void check_fragment_table(const struct campaign_check *c)
{
    const struct campaign_params *p = &c->campaign->params;
    const struct region *region = scenario_region(c->check->scenario);
    if (p->table_copies > 0 && region_has_downlink(region, p->data_rate)
            && fragment_table_count(region_downlink_payload_max(region, p->data_rate)) == 0) {
        scenario_errors_add(c->check->errors, check_place(c->check, &p->table_copies),
                "%s.defences.fragment_table does not fit frames of DR%u: they carry %u bytes",
                c->label, p->data_rate, region_downlink_payload_max(region, p->data_rate));
    }
}

/* A device waits for an order or does not, whichever campaign it is in. */
static bool share_a_group(const struct scenario *scenario, const struct scenario_campaign *a,
        const struct scenario_campaign *b)
{
    bool share = false;
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        const char *name = scenario->groups[g].name;
        share = share || (scenario_campaign_takes(a, name) && scenario_campaign_takes(b, name));
    }
    return share;
}

static void check_install(const struct campaign_check *c)
{
    const struct scenario *scenario = c->check->scenario;
    const struct campaign_params *p = &c->campaign->params;
    for (const struct scenario_campaign *other = scenario->campaigns; other < c->campaign;
            other++) {
        bool differs =
                (other->params.install == INSTALL_AT_ONCE) != (p->install == INSTALL_AT_ONCE);
        if (differs && share_a_group(scenario, other, c->campaign)) {
            scenario_errors_add(c->check->errors, check_place(c->check, &p->install),
                    "%s.install.policy should be that of the other campaigns of its devices: they "
                    "wait for an order to install, or do not",
                    c->label);
            return;
        }
    }
}

/* --- names and members ------------------------------------------------------------------------ */

static void check_name(const struct campaign_check *c)
{
    const struct scenario *scenario = c->check->scenario;
    const char *name = c->campaign->name;
    if (name[0] == '\0') {
        scenario_errors_add(c->check->errors, check_place(c->check, name),
                "each of several campaigns should have a name");
        return;
    }
    for (const struct scenario_campaign *other = scenario->campaigns; other < c->campaign;
            other++) {
        if (strcmp(other->name, name) == 0) {
            scenario_errors_add(c->check->errors, check_place(c->check, name),
                    "two campaigns are named '%s'", name);
        }
    }
}

static void unknown_group(const struct check *check, const struct scenario_members *members,
        const char *label, const char *name)
{
    const struct scenario *scenario = check->scenario;
    const char *names[SCENARIO_DEVICE_GROUPS_MAX + 1] = { NULL };
    for (uint32_t g = 0; g < scenario->group_count; g++) {
        names[g] = scenario->groups[g].name;
    }
    const char *near = nearest_word(name, names);
    scenario_errors_add(check->errors, check_place(check, members),
            "%s.devices: there is no group of devices '%s'%s%s%s", label, name,
            near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?)" : "");
}

bool check_members(
        const struct check *check, const struct scenario_members *members, const char *label)
{
    const struct scenario *scenario = check->scenario;
    size_t before = scenario_errors_count(check->errors);
    for (uint32_t i = 0; i < members->count; i++) {
        if (scenario_group_named(scenario, members->shares[i].group) == scenario->group_count) {
            unknown_group(check, members, label, members->shares[i].group);
        }
    }
    bool known = scenario_errors_count(check->errors) == before;
    for (uint32_t i = 0; known && i < members->count; i++) {
        struct scenario_range own = scenario_share_range(scenario, &members->shares[i]);
        if (own.from == own.to) {
            scenario_errors_add(check->errors, check_place(check, members),
                    "%s.devices: the share of '%s' has no device", label, members->shares[i].group);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (scenario_ranges_meet(own, scenario_share_range(scenario, &members->shares[j]))) {
                scenario_errors_add(check->errors, check_place(check, members),
                        "%s.devices names devices of '%s' twice", label, members->shares[i].group);
            }
        }
    }
    return scenario_errors_count(check->errors) == before;
}

void check_campaigns(const struct check *check)
{
    const struct scenario *scenario = check->scenario;
    size_t before = scenario_errors_count(check->errors);
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        struct campaign_check c = { .check = check, .campaign = &scenario->campaigns[i] };
        bool only = scenario->campaign_count == 1 && strcmp(c.campaign->name, "campaign") == 0;
        snprintf(c.label, sizeof c.label, "%s%s", only ? "" : "campaigns.", c.campaign->name);
        check_name(&c);
        check_members(check, &c.campaign->devices, c.label);
        check_fragment_size(&c);
        check_fragment_count(&c);
        check_block_ack_delay(&c);
        check_frequency(&c);
        check_interval(&c);
        check_times(&c);
        check_halts(&c);
        check_verify(&c);
        check_fragment_table(&c);
        check_install(&c);
    }
    if (scenario_errors_count(check->errors) == before) {
        check_successive(check);
    }
}
