/* What the lines of events.jsonl are made of.
 * SPDX-License-Identifier: MIT
 */
#include "results/event_parts.h"

#include <assert.h>
#include <stdio.h>

#include "results/events.h"

const uint8_t event_forms[MEMBER_COUNT] = {
#define X(name, text, unit, form, what) FORM_##form,
    EVENT_MEMBERS(X)
#undef X
};

static const struct column columns[] = {
    { "device", "", COLUMN_COUNT, "number of the device that the event concerns, if there is one",
            0 },
    { "gateway", "", COLUMN_COUNT, "number of the gateway that the event concerns, likewise", 0 },
#define X(name, text, unit, form, what) { text, unit, COLUMN_TEXT, what, 0 },
    EVENT_MEMBERS(X)
#undef X
};
#define STATION_COLUMNS 2u

const struct column_table event_members = { "events.jsonl", columns,
    sizeof columns / sizeof columns[0] };

/* What a, b and c of each kind are, in the order of the kinds (engine/observe.h). */
const struct event_part event_parts[] = {
    { OBSERVE_FRAME_STARTED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_STARTED, MEMBER_SIZE, SOURCE_B_HIGH },
    { OBSERVE_FRAME_STARTED, MEMBER_FREQUENCY, SOURCE_B_LOW },
    { OBSERVE_FRAME_STARTED, MEMBER_POWER, SOURCE_C },
    { OBSERVE_FRAME_ENDED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_RECEIVED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_RECEIVED, MEMBER_RSSI, SOURCE_B },
    { OBSERVE_FRAME_RECEIVED, MEMBER_SNR, SOURCE_C },
    { OBSERVE_FRAME_LOST, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_FRAME_LOST, MEMBER_CAUSE, SOURCE_B },
    { OBSERVE_FRAME_LOST, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_RSSI, SOURCE_B },
    { OBSERVE_GATEWAY_RECEIVED, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_LOST, MEMBER_FRAME, SOURCE_A },
    { OBSERVE_GATEWAY_LOST, MEMBER_CAUSE, SOURCE_B },
    { OBSERVE_GATEWAY_LOST, MEMBER_SNR, SOURCE_C },
    { OBSERVE_GATEWAY_TX, MEMBER_TOKEN, SOURCE_A },
    { OBSERVE_GATEWAY_TX, MEMBER_RESULT, SOURCE_B },
    { OBSERVE_GATEWAY_TX, MEMBER_SUB_BAND, SOURCE_C },
    { OBSERVE_FIRMWARE, MEMBER_EVENT, SOURCE_A },
    { OBSERVE_FIRMWARE, MEMBER_A, SOURCE_B },
    { OBSERVE_FIRMWARE, MEMBER_B, SOURCE_C },
    { OBSERVE_FIRMWARE_PANIC, MEMBER_LINE, SOURCE_A },
    { OBSERVE_GUEST_ERROR, MEMBER_SEVERITY, SOURCE_A },
    { OBSERVE_GUEST_ERROR, MEMBER_REGISTER, SOURCE_B },
    { OBSERVE_NODE_RESET, MEMBER_RESET_CAUSE, SOURCE_A },
    { OBSERVE_DUTY_VIOLATION, MEMBER_SUB_BAND, SOURCE_A },
    { OBSERVE_DUTY_VIOLATION, MEMBER_EXCESS, SOURCE_B },
    { OBSERVE_NETWORK_JOIN, MEMBER_DEV_ADDR, SOURCE_B },
    { OBSERVE_NETWORK_JOIN, MEMBER_DEV_NONCE, SOURCE_C },
    { OBSERVE_NETWORK_UPLINK, MEMBER_FCNT, SOURCE_B },
    { OBSERVE_NETWORK_UPLINK, MEMBER_FPORT, SOURCE_C },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_RECEIVER, SOURCE_A },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_FCNT, SOURCE_B },
    { OBSERVE_NETWORK_DOWNLINK, MEMBER_WINDOW, SOURCE_C },
    { OBSERVE_NETWORK_DROP, MEMBER_REASON, SOURCE_B },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_STAGE, SOURCE_B },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_CAMPAIGN, SOURCE_C_LOW },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_ROUND, SOURCE_C_HIGH },
    { OBSERVE_CAMPAIGN_STAGE, MEMBER_WAVE, SOURCE_C_MIDDLE },
    { OBSERVE_CAMPAIGN_FRAGMENT, MEMBER_N, SOURCE_A },
    { OBSERVE_CAMPAIGN_FRAGMENT, MEMBER_FCNT, SOURCE_C },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_PHASE, SOURCE_A },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_CAMPAIGN, SOURCE_B },
    { OBSERVE_CAMPAIGN_PHASE, MEMBER_ROUND, SOURCE_C },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_MC_ADDR, SOURCE_A },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_OLD_MC_ADDR, SOURCE_B },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_CALLED, SOURCE_C_HIGH },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_SILENT_ROUNDS, SOURCE_C_MIDDLE },
    { OBSERVE_CAMPAIGN_GROUP_RESTART, MEMBER_CAMPAIGN, SOURCE_C_LOW },
};
const size_t event_part_count = sizeof event_parts / sizeof event_parts[0];

const char *event_member_name(uint32_t member)
{
    assert(member < MEMBER_COUNT);
    return columns[STATION_COLUMNS + member].name;
}

size_t event_first_part(enum observation_kind kind)
{
    size_t first = 0;
    while (first < event_part_count && event_parts[first].kind != kind) {
        first++;
    }
    return first;
}

void event_kind_members(enum observation_kind kind, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < event_part_count && used < size; i++) {
        if (event_parts[i].kind == kind) {
            const char *name = event_member_name(event_parts[i].member);
            int length = snprintf(text + used, size - used, "%s`%s`", used > 0 ? ", " : "", name);
            used += length > 0 ? (size_t)length : 0;
        }
    }
}
