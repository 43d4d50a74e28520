/* Adversaries that send again what they heard: they need no key.
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "adversary/adversary_internal.h"
#include "campaign/packages.h"
#include "network/wire.h"

#define HEADER_BYTES      8u
#define RECEIVE_DELAY1_NS SIM_NS_PER_S /* RP002, as the network server has it */

/* --- downlinks -------------------------------------------------------------------------------- */

/* A downlink with commands of TS004 or TS005 to one device: FPort goes in clear. */
static bool is_set_up(const struct adversary *self, const struct frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    if (frame->size <= HEADER_BYTES + 1 + LORAWAN_MIC_SIZE
            || lorawan_ftype(bytes[0]) != LORAWAN_UNCONFIRMED_DOWN) {
        return false;
    }
    size_t fport_at = HEADER_BYTES + (bytes[5] & LORAWAN_FOPTS_MAX);
    const struct server *server = self->fleet->around.server;
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        if (campaign_session_of(server_campaign(server, c), wire_u32(bytes + 1)) != UINT32_MAX) {
            return false; /* a group's own */
        }
    }
    return fport_at < frame->size - LORAWAN_MIC_SIZE
           && (bytes[fport_at] == PACKAGE_FPORT_MULTICAST
                   || bytes[fport_at] == PACKAGE_FPORT_FRAGMENTATION);
}

static void capture(struct adversary *self, const struct frame *frame)
{
    struct captured_frame *captured = &self->captured[self->next_captured];
    self->next_captured = (self->next_captured + 1) % ADVERSARY_CAPTURED_MAX;
    captured->end_ns = frame->end_ns;
    captured->dev_addr = wire_u32(frame->bytes + 1);
    captured->size = frame->size;
    memcpy(captured->bytes, frame->bytes, frame->size);
}

/* An uplink of the device opens its RX1: the oldest frame that has waited long enough goes there.
 */
static void replay_set_up(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    if (is_set_up(self, frame)) {
        capture(self, frame);
        return;
    }
    struct lorawan_uplink uplink;
    const struct lora_modulation *m = &frame->modulation;
    const struct region *region = self->fleet->around.region;
    int rate = region_uplink_rate(region, m->spreading_factor, m->bandwidth_hz);
    if (rate < 0 || !lorawan_uplink_parse(frame->bytes, frame->size, &uplink)) {
        return;
    }
    for (uint32_t i = 0; i < ADVERSARY_CAPTURED_MAX; i++) {
        struct captured_frame *captured =
                &self->captured[(self->next_captured + i) % ADVERSARY_CAPTURED_MAX];
        if (captured->end_ns == 0 || captured->dev_addr != uplink.dev_addr
                || now_ns < captured->end_ns + self->params.delay_ns
                || !adversary_takes_turn(self, now_ns)) {
            continue;
        }
        struct lora_modulation answer = region_downlink_modulation(
                region, region_rx1_rate(region, (uint8_t)rate, 0), m->frequency_hz);
        adversary_send(
                self, frame->end_ns + RECEIVE_DELAY1_NS, &answer, captured->bytes, captured->size);
        captured->end_ns = 0;
        return;
    }
}

/* --- uplinks ---------------------------------------------------------------------------------- */

static void replay_uplink(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    struct lorawan_uplink uplink;
    if (frame->downlink || !lorawan_uplink_parse(frame->bytes, frame->size, &uplink)
            || !uplink.confirmed || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    adversary_send(
            self, now_ns + self->params.delay_ns, &frame->modulation, frame->bytes, frame->size);
}

const struct adversary_ops adversary_replay_set_up = { .heard = replay_set_up };
const struct adversary_ops adversary_replay_uplinks = { .heard = replay_uplink };
