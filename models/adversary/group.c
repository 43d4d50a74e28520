/* What a member of a multicast group hears of it, and can say to it.
 * SPDX-License-Identifier: MIT
 *
 * McFCnt stays below 2^16 (models/campaign/session_class_c.c), so its low half on the air is all of
 * it.
 */
#include <string.h>

#include "adversary/adversary_internal.h"
#include "campaign/packages.h"
#include "network/wire.h"

#define HEADER_BYTES      8u    /* MHDR and FHDR without FOpts */
#define CID_DATA_FRAGMENT 0x08u /* TS004-2.0.0 section 3.6 */

/* The group of an address, as its members know it. False: no campaign has it. */
static bool learn(const struct server *server, uint32_t mc_addr, struct known_group *group)
{
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        const struct campaign *campaign = server_campaign(server, c);
        uint32_t number = campaign_session_of(campaign, mc_addr);
        if (number == UINT32_MAX) {
            continue;
        }
        struct campaign_session session;
        uint8_t app_s_key[16], nwk_s_key[16];
        campaign_session_get(campaign, number, &session);
        lorawan_mc_session_keys(session.mc_key, mc_addr, app_s_key, nwk_s_key);
        *group = (struct known_group){
            .mc_addr = mc_addr,
            .campaign = campaign,
            .transfer = session.transfer,
        };
        lorawan_key_set(&group->nwk_s_key, nwk_s_key);
        aes128_set_encrypt_key(&group->app_s_key, app_s_key);
        return true;
    }
    return false;
}

bool group_join(struct adversary *self, uint32_t mc_addr)
{
    return mc_addr == self->group.mc_addr
           || learn(self->fleet->around.server, mc_addr, &self->group);
}

bool group_hear(struct adversary *self, const struct frame *frame)
{
    bool whole = frame->size > HEADER_BYTES + 1 + LORAWAN_MIC_SIZE;
    if (!whole || lorawan_ftype(frame->bytes[0]) != LORAWAN_UNCONFIRMED_DOWN) {
        return false;
    }
    uint32_t fcnt = wire_u16(frame->bytes + 6);
    if (!group_join(self, wire_u32(frame->bytes + 1)) || fcnt < self->group.next_fcnt) {
        return false;
    }
    self->group.next_fcnt = fcnt + 1;
    return true;
}

uint16_t group_fragment(
        const struct known_group *group, const struct frame *frame, uint8_t *frag_index)
{
    uint8_t message[LORA_FRAME_SIZE_MAX];
    size_t size = frame->size - HEADER_BYTES - 1 - LORAWAN_MIC_SIZE;
    if (frame->bytes[HEADER_BYTES] != PACKAGE_FPORT_FRAGMENTATION
            || size <= PACKAGE_FRAGMENT_OVERHEAD) {
        return 0;
    }
    memcpy(message, frame->bytes + HEADER_BYTES + 1, size);
    lorawan_crypt(&group->app_s_key, LORAWAN_DOWN, group->mc_addr, wire_u16(frame->bytes + 6),
            message, size);
    uint16_t index_and_n = wire_u16(message + 1);
    *frag_index = (uint8_t)(index_and_n >> 14);
    return message[0] == CID_DATA_FRAGMENT ? index_and_n & PACKAGE_FRAGMENTS_MAX : 0;
}

void group_send(struct adversary *self, sim_ns at_ns, const struct lora_modulation *modulation,
        uint32_t fcnt, const uint8_t *message, size_t size)
{
    const struct known_group *group = &self->group;
    uint8_t bytes[LORAWAN_FRAME_MAX];
    const struct lorawan_downlink downlink = {
        .dev_addr = group->mc_addr,
        .fcnt = fcnt,
        .fport = PACKAGE_FPORT_FRAGMENTATION,
        .payload = message,
        .payload_size = (uint16_t)size,
    };
    size_t frame_size =
            lorawan_downlink_build(&downlink, &group->nwk_s_key, &group->app_s_key, bytes);
    adversary_send(self, at_ns, modulation, bytes, frame_size);
}
