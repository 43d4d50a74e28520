/* Adversaries that speak to a group in the server's place.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "adversary/adversary_internal.h"
#include "campaign/packages.h"
#include "random_stream.h"

#define FRAG_INDEX_COUNT 4u

static struct random_stream stream_of(const struct adversary *self)
{
    struct random_stream stream;
    random_stream_init(&stream, engine_seed(self->fleet->around.engine), self->entity,
            RANDOM_ADVERSARY, self->acted);
    return stream;
}

/* --- altered fragments ------------------------------------------------------------------------ */

/* A fragment N of the adversary's own, in place of the one that the server sends next. */
static void send_fragment(struct adversary *self, const struct frame *heard, uint8_t frag_index,
        uint16_t n, const uint8_t *data, uint8_t size)
{
    uint8_t message[LORA_FRAME_SIZE_MAX];
    assert(size <= sizeof message - PACKAGE_FRAGMENT_OVERHEAD);
    size_t length = package_data_fragment(message, frag_index, n, data, size);
    group_send(self, heard->end_ns + REACTION_NS, &heard->modulation, self->group.next_fcnt,
            message, length);
}

static void inject(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    uint8_t frag_index, data[LORA_FRAME_SIZE_MAX];
    if (!group_hear(self, frame)) {
        return;
    }
    uint16_t n = group_fragment(&self->group, frame, &frag_index);
    if (n == 0 || n == PACKAGE_FRAGMENTS_MAX || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    struct campaign_transfer transfer;
    campaign_transfer_get(self->group.campaign, self->group.transfer, &transfer);
    struct random_stream stream = stream_of(self);
    random_stream_bytes(&stream, data, transfer.fragment_size_bytes);
    send_fragment(self, frame, frag_index, n + 1, data, transfer.fragment_size_bytes);
}

/* --- other messages --------------------------------------------------------------------------- */

/* Once for each group, or again after its pause. The message is of another FragIndex and says
 * nothing. */
static void counter_jump(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    uint8_t frag_index, message[PACKAGE_FRAGMENT_OVERHEAD + 1];
    bool again = self->params.every_ns > 0;
    if (!group_hear(self, frame) || group_fragment(&self->group, frame, &frag_index) == 0
            || (!again && self->jumped_mc_addr == self->group.mc_addr)
            || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    self->jumped_mc_addr = self->group.mc_addr;
    const uint8_t nothing = 0;
    size_t size = package_data_fragment(
            message, (uint8_t)((frag_index + 1u) % FRAG_INDEX_COUNT), 1, &nothing, 1);
    group_send(self, frame->end_ns + REACTION_NS, &frame->modulation,
            self->group.next_fcnt - 1 + self->params.jump, message, size);
}

static void status_storm(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    uint8_t frag_index, message[PACKAGE_MESSAGE_MAX];
    if (!group_hear(self, frame) || group_fragment(&self->group, frame, &frag_index) == 0
            || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    size_t size = package_frag_session_status_req(message, frag_index, true);
    group_send(self, frame->end_ns + REACTION_NS, &frame->modulation, self->group.next_fcnt,
            message, size);
}

const struct adversary_ops adversary_inject = { .heard = inject };
const struct adversary_ops adversary_counter_jump = { .heard = counter_jump };
const struct adversary_ops adversary_status_storm = { .heard = status_storm };
