/* Events: lines of JSON, what a filter lets through, and docs/outputs.md.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a line names the stations that it concerns by their numbers, and its values in the units of
 * the document; a filter lets through what its words say and says what is wrong with others; the
 * document lists every kind with its members, and every event of the firmware.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/events.h"
#include "trace.h"

#define GATEWAY 1u
#define DEVICE  65u

static const struct world world = { .gateway_entities = { .first = GATEWAY },
    .gateway_count = 2,
    .first_device = DEVICE,
    .device_count = 30 };

static char path[300];

static void make_path(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.200s/fleetcast-events-XXXXXX", parent != NULL ? parent : "/tmp");
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void remove_path(void)
{
    cr_expect_eq(unlink(path), 0);
}

static struct events *open_events(const char *words)
{
    char error[400] = "";
    struct event_filter filter;
    cr_assert(event_filter_parse(words, &filter, error, sizeof error), "%s", error);
    struct events *events = events_open(path, &filter, &world, error, sizeof error);
    cr_assert_not_null(events, "%s", error);
    return events;
}

static const char *close_and_read(struct events *events)
{
    static char text[1 << 16];
    char error[400] = "";
    cr_assert(events_close(events, error, sizeof error), "%s", error);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

static int64_t frame_of(entity_id sender)
{
    return (int64_t)sender << 32 | 5;
}

static void expect_line(const struct observation *o, const char *expected)
{
    struct events *events = open_events("");
    events_observe(events, o);
    cr_expect_str_eq(close_and_read(events), expected);
}

Test(events, frames_name_sender_and_receiver, .init = make_path, .fini = remove_path)
{
    expect_line(&(struct observation){ 1500000001, DEVICE + 2, OBSERVE_FRAME_STARTED,
                        frame_of(DEVICE + 2), INT64_C(23) << 32 | 868100000, 14000, NULL },
            "{\"time_s\": 1.500000001, \"kind\": \"frame_started\", \"device\": 2, \"frame\": "
            "287762808837, \"size\": 23, \"frequency_hz\": 868100000, \"power_dbm\": 14.000}\n");
    expect_line(&(struct observation){ 7, GATEWAY + 1, OBSERVE_GATEWAY_RECEIVED,
                        frame_of(DEVICE + 29), -97030, -50, NULL },
            "{\"time_s\": 0.000000007, \"kind\": \"gateway_received\", \"device\": 29, "
            "\"gateway\": 1, \"frame\": 403726925829, \"rssi_dbm\": -97.030, \"snr_db\": "
            "-0.050}\n");
    expect_line(&(struct observation){ 7, GATEWAY, OBSERVE_GATEWAY_LOST, frame_of(DEVICE + 30),
                        LOSS_INTERFERENCE, -1000, NULL },
            "{\"time_s\": 0.000000007, \"kind\": \"gateway_lost\", \"gateway\": 0, \"frame\": "
            "408021893125, \"cause\": \"interference\", \"snr_db\": -1.000}\n");
}

Test(events, servers_name_the_device_that_they_speak_of, .init = make_path, .fini = remove_path)
{
    expect_line(&(struct observation){ 0, 2000, OBSERVE_CAMPAIGN_STAGE, 7, CAMPAIGN_GROUP_SET_UP, 1,
                        NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"campaign_stage\", \"device\": 7, \"stage\": "
            "\"group_set_up\", \"campaign\": 1, \"round\": 1, \"wave\": 1}\n");
    int64_t place = INT64_C(1) << 32 | 4 << 16 | 2;
    expect_line(&(struct observation){ 0, 2000, OBSERVE_CAMPAIGN_STAGE, 7, CAMPAIGN_READY, place,
                        NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"campaign_stage\", \"device\": 7, \"stage\": "
            "\"ready\", \"campaign\": 2, \"round\": 2, \"wave\": 5}\n");
    expect_line(&(struct observation){ 0, 2000, OBSERVE_CAMPAIGN_PHASE, CAMPAIGN_PHASE_SET_UP, 1, 1,
                        NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"campaign_phase\", \"phase\": \"set-up\", "
            "\"campaign\": 1, \"round\": 2}\n");
    expect_line(&(struct observation){ 0, 2000, OBSERVE_NETWORK_JOIN, 3, 0x26000004, 9, NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"network_join\", \"device\": 3, \"dev_addr\": "
            "\"26000004\", \"dev_nonce\": 9}\n");
    expect_line(&(struct observation){ 0, 2000, OBSERVE_CAMPAIGN_FRAGMENT, 12, 1, 40, NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"campaign_fragment\", \"gateway\": 1, \"n\": 12, "
            "\"fcnt\": 40}\n");
}

Test(events, a_group_restart_names_both_addresses, .init = make_path, .fini = remove_path)
{
    expect_line(&(struct observation){ 0, 2000, OBSERVE_CAMPAIGN_GROUP_RESTART, 0x27fffffe,
                        0x27ffffff, INT64_C(18) << 32 | 2 << 16 | 1, NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"campaign_group_restart\", \"mc_addr\": "
            "\"27fffffe\", \"old_mc_addr\": \"27ffffff\", \"called\": 18, \"silent_rounds\": 2, "
            "\"campaign\": 1}\n");
}

/* A firmware may state any number. */
Test(events, unknown_events_of_a_firmware_have_a_number, .init = make_path, .fini = remove_path)
{
    expect_line(
            &(struct observation){ 0, DEVICE, OBSERVE_FIRMWARE, FW_TRACE_CLOCK_SET, -125, 1, NULL },
            "{\"time_s\": 0.000000000, \"kind\": \"firmware\", \"device\": 0, \"event\": "
            "\"clock_set\", \"a\": -125, \"b\": 1}\n");
    char line[200];
    snprintf(line, sizeof line,
            "{\"time_s\": 0.000000000, \"kind\": \"firmware\", \"device\": 0, \"event\": \"%u\", "
            "\"a\": 0, \"b\": 0}\n",
            FW_TRACE_COUNT);
    expect_line(
            &(struct observation){ 0, DEVICE, OBSERVE_FIRMWARE, FW_TRACE_COUNT, 0, 0, NULL }, line);
}

/* Observations of devices 0..3 at 0 s .. 9 s; of each a reset and a received frame. */
static size_t count_through(const char *words)
{
    struct events *events = open_events(words);
    for (int64_t s = 0; s < 10; s++) {
        for (uint32_t device = 0; device < 4; device++) {
            const struct observation reset = { s * SIM_NS_PER_S, DEVICE + device,
                OBSERVE_NODE_RESET, 1, 0, 0, NULL };
            const struct observation received = { s * SIM_NS_PER_S, GATEWAY,
                OBSERVE_GATEWAY_RECEIVED, frame_of(DEVICE + device), 0, 0, NULL };
            if ((events_kinds(events) & OBSERVE_BIT(OBSERVE_NODE_RESET)) != 0) {
                events_observe(events, &reset);
            }
            if ((events_kinds(events) & OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED)) != 0) {
                events_observe(events, &received);
            }
        }
    }
    size_t lines = 0;
    for (const char *text = close_and_read(events); *text != '\0'; text++) {
        lines += *text == '\n' ? 1u : 0u;
    }
    return lines;
}

Test(events, a_filter_lets_through_what_its_words_say, .init = make_path, .fini = remove_path)
{
    cr_expect_eq(count_through(""), 80);
    cr_expect_eq(count_through("device=2"), 20);
    cr_expect_eq(count_through("device=1..2"), 40);
    cr_expect_eq(count_through("kind=node_reset"), 40);
    cr_expect_eq(count_through("kind=node_reset,gateway_received"), 80);
    cr_expect_eq(count_through("from=8s"), 16);
    cr_expect_eq(count_through("to=1000ms"), 16);
    cr_expect_eq(count_through("  device=3 kind=gateway_received from=2s  to=4s "), 3);
}

Test(events, a_filter_says_which_word_is_wrong)
{
    static const struct {
        const char *words, *error;
    } cases[] = {
        { "dev=3", "'dev=3' should begin with device=, kind=, from= or to=" },
        { "device=x", "'device=x' should be a number or a range, as device=10..19" },
        { "device=", "'device=' should be a number or a range, as device=10..19" },
        { "device=-1", "'device=-1' should be a number or a range, as device=10..19" },
        { "device=7..3", "'device=7..3' should be a number or a range, as device=10..19" },
        { "device=3..", "'device=3..' should be a number or a range, as device=10..19" },
        { "device=4294967295",
                "'device=4294967295' should be a number or a range, as device=10..19" },
        { "kind=frame", "'frame' is no kind of event: docs/outputs.md lists them" },
        { "kind=node_reset,", "'' is no kind of event: docs/outputs.md lists them" },
        { "from=5", "'5' is no time with a unit, as 90min or 2h" },
        { "device=1 to=-2h", "'-2h' is no time with a unit, as 90min or 2h" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char error[400] = "";
        struct event_filter filter;
        cr_expect_not(event_filter_parse(cases[i].words, &filter, error, sizeof error), "%s",
                cases[i].words);
        cr_expect_str_eq(error, cases[i].error);
    }
}

/* --- docs/outputs.md -------------------------------------------------------------------------- */

static const char *section_of_events(void)
{
    static char text[1 << 18];
    char document[4096];
    const char *scenarios = getenv("FLEETCAST_SCENARIOS");
    cr_assert_not_null(scenarios, "meson sets it");
    snprintf(document, sizeof document, "%s/../docs/outputs.md", scenarios);
    FILE *in = fopen(document, "rb");
    cr_assert_not_null(in, "%s", document);
    size_t length = fread(text, 1, sizeof text - 1, in);
    cr_assert_lt(length, sizeof text - 1, "the document outgrew this test");
    text[length] = '\0';
    fclose(in);
    char *section = strstr(text, "\n## events.jsonl\n");
    cr_assert_not_null(section);
    char *end = strstr(section + 1, "\n## ");
    if (end != NULL) {
        *end = '\0';
    }
    return section;
}

static void expect_row(const char *section, const char *row)
{
    cr_expect_not_null(strstr(section, row), "docs/outputs.md, events.jsonl, expected:%s", row);
}

Test(events, the_document_has_every_member_kind_and_event_and_no_other)
{
    const char *section = section_of_events();
    char row[1024];
    size_t rows = event_members.count + OBSERVATION_KIND_COUNT + FW_TRACE_COUNT, found = 0;
    for (size_t i = 0; i < event_members.count; i++) {
        const struct column *member = &event_members.columns[i];
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", member->name, member->unit,
                member->what);
        expect_row(section, row);
    }
    for (int kind = 0; kind < OBSERVATION_KIND_COUNT; kind++) {
        char name[EVENT_KIND_SIZE], members[400];
        event_kind_name((enum observation_kind)kind, name);
        event_kind_members((enum observation_kind)kind, members, sizeof members);
        snprintf(row, sizeof row, "\n| `%s` | %s | ", name, members);
        expect_row(section, row);
    }
    static const char *const traces[][3] = {
#define X(name, a, b) { #name, a, b },
        FW_TRACE_EVENTS(X)
#undef X
    };
    for (int trace = 0; trace < FW_TRACE_COUNT; trace++) {
        char name[40] = "";
        for (size_t i = 0; traces[trace][0][i] != '\0'; i++) {
            name[i] = (char)tolower((unsigned char)traces[trace][0][i]);
        }
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", name, traces[trace][1],
                traces[trace][2]);
        expect_row(section, row);
    }
    for (const char *at = strstr(section, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
        found++;
    }
    cr_expect_eq(found, rows, "the document has %zu rows, expected %zu", found, rows);
}
