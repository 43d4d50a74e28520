/* The state of fragment_causes, for its files.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_FRAGMENT_CAUSES_INTERNAL_H
#define RECORD_FRAGMENT_CAUSES_INTERNAL_H

#include "record/fragment_causes.h"
#include "record/unicast_fragments.h"

enum copy_mic {
    MIC_UNKNOWN, /* not looked at so far */
    MIC_GOOD,
    MIC_BAD
};

/* A frame of a multicast group on the air. */
struct copy {
    int64_t frame_id;
    struct stream *stream;
    uint32_t n;       /* 0: no uncoded fragment */
    uint32_t session; /* of the campaign */
    uint32_t fcnt;
    uint8_t mic;  /* enum copy_mic */
    uint8_t kind; /* enum fragment_kind */
    /* Of an uncoded fragment: GATEWAY_SKIPPED, which changes nothing in a fold, where the medium
     * has observed something of it. */
    struct fragment_caps caps;
};

/* One transfer. */
struct stream {
    const struct campaign *campaign;
    uint32_t nb_frag;
    uint8_t fragment_size_bytes;
    bool is_unicast;                 /* devices fetch the block: no fragment of it is for all */
    struct fragment_unheard unheard; /* of a frame that a device's receiver takes no notice of */
    struct fragment_rows rows;
    uint32_t sent_coded; /* coded fragments that were on the air */
    uint8_t *coded;      /* a bit for each of their N */
    sim_ns airtime_ns;   /* of all its frames, copies each; by unicast those that were received */
};

#define NO_STREAM  UINT16_MAX
#define NO_SESSION UINT16_MAX

/* A frame of its group that a device has received. */
struct reception {
    int64_t frame_id; /* 0: none */
    uint32_t fcnt;
    uint32_t next_fcnt; /* of the device, before it */
    uint16_t n, session;
    uint16_t last_session; /* of the device, before it */
    bool good;             /* its MIC, and the device reads the group's key */
    uint8_t before;        /* the cell of fragment n */
};

/* What is known of one device. Streams by index; NO_STREAM: none. */
struct causes_device {
    uint16_t stream;  /* whose fragments it has been told to expect */
    uint16_t former;  /* the same before a request that it has not answered */
    uint16_t session; /* of its last reception; NO_SESSION: none */
    bool wrong_key;   /* it cannot read the group's key */
    bool open;        /* its class C session, and it may only be interrupted */
    bool listened;    /* to a session of the stream */
    bool asked;       /* its answer to the set-up is due */
    uint8_t now;      /* cause of a frame of its stream that its receiver takes no notice of */
    uint32_t next_fcnt;
    struct reception last[2]; /* the latest first */
};
_Static_assert(sizeof(struct causes_device) == 64, "one line of the cache for each frame received");

struct fragment_causes {
    const struct recorder_set *set;
    const struct recorder_view *view;
    uint32_t device_count;
    entity_id first_device;
    struct causes_device *devices;
    struct stream *streams; /* of campaign c: from first_stream[c] up to first_stream[c + 1] */
    uint32_t first_stream[SCENARIO_CAMPAIGNS_MAX + 1];
    uint32_t stream_count;
    struct copy *copies; /* on the air */
    uint32_t copy_count, copy_last;
    uint32_t copy_capacity; /* each has its caps */
    struct cap_pool cap_pool;
    struct unicast_fragments unicast;
};

/* The stream of a campaign's member; NULL: the server has not decided. */
struct stream *fragment_causes_stream(
        const struct fragment_causes *causes, uint32_t campaign, uint32_t device);

/* fragment_copies.c */
#define NO_COPY UINT32_MAX
/* The copy on the air, of causes->copies, with this frame; NO_COPY: none. */
uint32_t fragment_copy_find(const struct fragment_causes *causes, int64_t frame_id);
/* What frames of a stream come to from now on at a device that takes no notice of them. */
void fragment_stream_set(struct fragment_causes *causes, struct stream *stream, uint32_t device,
        enum loss_cause cause);
void fragment_copy_started(struct fragment_causes *causes, const struct frame *frame);
/* A copy is folded into the row of its fragment. Other frames count for nothing. */
void fragment_copy_ended(struct fragment_causes *causes, int64_t frame_id);
bool fragment_copy_is_on_air(struct fragment_causes *causes, int64_t frame_id);
/* What a device's receiver made of a copy, unless it could not have used it anyway. `frame` of one
 * that was received (LOSS_NONE). */
void fragment_copy_heard(struct fragment_causes *causes, uint32_t device, enum loss_cause cause,
        int64_t frame_id, const struct frame *frame);
/* The radio had received a frame, and the MCU did not read it. False: the radio had not. */
bool fragment_copy_unread(
        struct fragment_causes *causes, uint32_t device, int64_t frame_id, enum loss_cause cause);

#endif
