/* An adversary that sends a group another block than the server's.
 * SPDX-License-Identifier: MIT
 *
 * It is always one McFCnt ahead: the first frame of a session is its own, sent in the time that the
 * server leaves after SessionTime, and after each honest frame it sends the fragment that comes
 * next, under the McFCnt that comes next, so that members drop the honest one. Fragments that both
 * blocks have alike it leaves to the server. Coded ones it computes from its own block: what a
 * device decodes is then its own, whatever that device missed.
 *
 * It attends to one transfer at a time, that of the group it heard last.
 */
#include <stdlib.h>
#include <string.h>

#include "adversary/adversary_internal.h"
#include "adversary/crafted_block.h"
#include "campaign/fec_encoder.h"
#include "campaign/packages.h"
#include "campaign/schedule.h"

/* The server's first fragment comes SCHEDULE_GUARD_NS after SessionTime. One look falls into the
 * time from FIRST_NS on. */
#define FIRST_NS (SCHEDULE_GUARD_NS / 10)
#define LOOK_NS  (2 * SCHEDULE_GUARD_NS / 5)

/* The block of the group's transfer, made at its first frame. False: out of memory. */
static bool craft(struct adversary *self)
{
    const struct known_group *group = &self->group;
    struct crafted *crafted = &self->crafted;
    if (crafted->campaign == group->campaign && crafted->transfer == group->transfer) {
        return true;
    }
    campaign_transfer_get(group->campaign, group->transfer, &crafted->view);
    uint32_t size = crafted->view.nb_frag * crafted->view.fragment_size_bytes;
    uint8_t *block = realloc(crafted->block, size);
    if (block == NULL) {
        return false;
    }
    struct random_stream stream;
    random_stream_init(&stream, engine_seed(self->fleet->around.engine), self->entity,
            RANDOM_ADVERSARY, group->transfer);
    crafted_block_make(
            campaign_transfer_block(group->campaign, group->transfer), size, &stream, block);
    crafted->campaign = group->campaign;
    crafted->transfer = group->transfer;
    crafted->block = block;
    crafted->last_n = 0;
    return true;
}

/* Sends the fragment after the last one, unless it is as the server's own. */
static void send_next(struct adversary *self, sim_ns now_ns, sim_ns at_ns,
        const struct lora_modulation *modulation)
{
    uint8_t genuine[UINT8_MAX], data[UINT8_MAX];
    uint8_t message[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX];
    const struct known_group *group = &self->group;
    const struct campaign_transfer *view = &self->crafted.view;
    uint32_t n = self->crafted.last_n + 1;
    if (n > PACKAGE_FRAGMENTS_MAX) {
        return;
    }
    fec_encoder_fragment(view->fragmentation_version, self->crafted.block, view->nb_frag,
            view->fragment_size_bytes, n, data);
    fec_encoder_fragment(view->fragmentation_version,
            campaign_transfer_block(group->campaign, group->transfer), view->nb_frag,
            view->fragment_size_bytes, n, genuine);
    if (memcmp(data, genuine, view->fragment_size_bytes) == 0
            || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    size_t size = package_data_fragment(
            message, view->frag_index, (uint16_t)n, data, view->fragment_size_bytes);
    group_send(self, at_ns, modulation, group->next_fcnt, message, size);
}

static void heard(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    uint8_t frag_index;
    if (!group_hear(self, frame) || !craft(self)) {
        return;
    }
    uint16_t n = group_fragment(&self->group, frame, &frag_index);
    self->crafted.last_n = n != 0 ? n : self->crafted.last_n;
    send_next(self, now_ns, frame->end_ns + REACTION_NS, &frame->modulation);
}

/* --- before the first frame of a session ------------------------------------------------------ */

static void begin(struct adversary *self, const struct campaign_session *session, sim_ns now_ns)
{
    if (!group_join(self, session->mc_addr) || !craft(self)) {
        return;
    }
    struct lora_modulation modulation = region_downlink_modulation(
            self->fleet->around.region, session->data_rate, session->frequency_hz);
    send_next(self, now_ns, now_ns, &modulation);
}

/* Its own device opens the session, too. */
static void look(struct adversary *self, sim_ns now_ns)
{
    const struct server *server = self->fleet->around.server;
    for (uint32_t c = 0; c < server_campaign_count(server); c++) {
        const struct campaign *campaign = server_campaign(server, c);
        for (uint32_t s = 0; s < campaign_session_count(campaign); s++) {
            struct campaign_session session;
            campaign_session_get(campaign, s, &session);
            sim_ns first_ns = session.start_ns + FIRST_NS;
            if (session.start_ns > 0 && now_ns >= first_ns && now_ns < first_ns + LOOK_NS
                    && session.mc_addr != self->group.mc_addr) {
                begin(self, &session, now_ns);
            }
        }
    }
}

const struct adversary_ops adversary_collide = { .heard = heard,
    .act = look,
    .act_every_ns = LOOK_NS };
