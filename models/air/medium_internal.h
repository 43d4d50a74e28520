/* Shared by the files of the medium; no other file includes it.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_MEDIUM_INTERNAL_H
#define AIR_MEDIUM_INTERNAL_H

#include "air/medium.h"
#include "air/member_set.h"
#include "observe.h"
#include "parts.h"
#include "run_memory.h"

#define NO_FRAME     UINT32_MAX
#define NO_CHANNEL   UINT16_MAX
#define LATE_GATEWAY (UINT32_C(1) << 31) /* a late event is of a gateway, not of a device */
/* How many receivers ahead of the one that is looked at or judged. From 4 and 2 to 16 and 3 no
 * difference was measured (1000 and 10,000 devices); 3 and 3 costs 4 to 8 %. */
#define PREFETCH_AHEAD      6u
#define PREFETCH_REST_AHEAD 3u
/* How many links ahead of the one whose listener is looked at. */
#define PREFETCH_LISTENERS_AHEAD 16u
/* A frame that is at most this much too weak in the median is told as a loss of the receiver; a
 * weaker one only where its fade lifts it. */
#define MEDIUM_TOLD_MDB 6000
/* Equal copies of a frame that are one signal add this much to its power at most. */
#define MEDIUM_COPIES_MDB 25000

/* Words of a fade by their leading zeros and the bits after the first one: each class has a bound
 * of its gain. */
#define MEDIUM_FADES_PER_OCTAVE 16u
#define MEDIUM_FADE_CLASSES     (32u * MEDIUM_FADES_PER_OCTAVE)
struct fade_bound {
    float gain;  /* power ratio */
    int32_t mdb; /* the same */
};
/* Bounds of power ratios, by steps. */
#define MEDIUM_RATIO_FROM_MDB 60000
#define MEDIUM_RATIO_STEP_MDB 128
#define MEDIUM_RATIOS         640u

#define LINK_BLOCK_DEVICES 64u
/* Links of each device, the strongest first, of equal ones that with the lower gateway. */
struct link_table {
    uint32_t *from; /* [device + 1]: those of a device are from[device] .. from[device + 1] - 1 */
    uint16_t *gateways;
    int32_t *gains_mdb;
    /* [gateway]: blocks of LINK_BLOCK_DEVICES device numbers in which a device has a link to it.
     * Where near devices have near numbers they are few. */
    struct member_set *blocks;
};

/* Links on which devices can detect frames of one SF, by gateway, its devices in order. */
struct audible_link {
    uint32_t device;
    int32_t gain_mdb;
};
struct audible {
    bool known;
    int32_t from_gain_mdb;
    uint32_t *from; /* [gateway + 1] */
    struct audible_link *links;
};

/* How a rival arrives at a receiver. */
struct arrival {
    uint32_t rival; /* of medium->rivals */
    int32_t median_mdbm;
    float ratio_most; /* of its power to that of the wanted frame */
};

/* A receiver that locked on a frame. */
struct receiver {
    uint32_t index; /* of the device or gateway */
    int32_t median_mdbm;
    int32_t fading_mdb;
};

/* A device that hears a frame; the rest where its receiver is free. */
struct finding {
    struct receiver receiver;
    int32_t power_mdbm;    /* with its fading and equal copies */
    enum loss_cause cause; /* why it does not find the preamble */
};

/* Of items of work from one on to `next_item`. */
struct found {
    uint32_t count, next_item;
};

struct receiver_list {
    struct receiver *items; /* in index order */
    uint32_t count, capacity;
};

/* A frame and its state. The frame comes first: medium_abort() gets a pointer to it. */
struct on_air {
    struct frame frame;
    uint32_t slot;        /* own number, argument of its events */
    uint32_t transmitter; /* device or gateway number */
    struct channel *channel;
    sim_ns search_ns;  /* 5 symbols: how long a receiver searches */
    sim_ns silent_ns;  /* off the air: end or abort */
    sim_ns lock_by_ns; /* a receiver that listens from here on still detects it */
    /* Where its median is less, no fade lets a device, or a gateway, detect it, and no loss is
     * told. */
    int32_t device_from_mdbm, gateway_from_mdbm;
    int32_t device_detect_mdbm, gateway_detect_mdbm; /* least power at which it is detected */
    uint64_t sequence;                               /* of an uplink: how many started before it */
    bool kept;                                       /* in the list of its channel */
    bool started;
    bool detect_done;
    bool ended;
    struct receiver_list devices, gateways; /* that locked on it */
};

/* What most walks over frames need, side by side. */
struct kept_frame {
    struct on_air *air;
    sim_ns start_ns, end_ns; /* as the frame's: it may fall silent before */
};

/* One (frequency, SF, bandwidth, IQ): its listeners, and what is or was lately on the air. */
struct channel {
    uint64_t key;
    uint16_t number;
    /* Ring of the channels that differ in SF alone, where they interfere; else of itself. */
    struct channel *next_sibling;
    uint32_t ring_rank; /* in the ring of the uplink being judged */
    /* [gateway]: uplinks of the ring that have a link to it; at last those of more power than links
     * are made for. NULL: no uplink so far. */
    struct heard_list *heard;
    struct member_set listeners; /* devices */
    uint32_t listener_count;
    struct kept_frame *frames; /* started, and may still interfere; in order of start */
    uint32_t frame_count, frame_capacity;
    uint32_t forget_from;       /* so many frames: it is worth looking which can be forgotten */
    sim_ns longest_preamble_ns; /* of a frame so far */
};

/* An uplink that started. It is not looked at once no frame on the air overlaps it: its slot may
 * have another one then. */
struct heard_uplink {
    struct on_air *air;
    sim_ns end_ns;
    int32_t gain_mdb;
};

/* In order of start. */
struct heard_list {
    struct heard_uplink *items;
    uint32_t count, capacity;
};

/* A device's receiver. 32 bytes, walked in order. */
struct listener {
    sim_ns since_ns;  /* searches from here on: it was opened, or its last frame ended */
    sim_ns until_ns;  /* closed from here on; SIM_NS_NEVER */
    uint32_t locked;  /* slot of the frame being received, NO_FRAME */
    uint16_t channel; /* NO_CHANNEL: off */
    uint8_t sync_word;
    bool silent_detect;
    bool low_data_rate, implicit_header;
};

/* Crystal of a radio. */
struct radio_clock {
    int32_t error_ppb, drift_ppb_per_s;
};

struct gateway_state {
    entity_id entity;
    void *context;
    int32_t antenna_gain_mdb;
    double x_m, y_m, height_m;
    struct radio_clock clock;
    sim_ns tx_start_ns, tx_end_ns; /* of its last transmission that started */
    sim_ns power_off_ns;           /* when it lost its power last; 0: never */
};

struct ear {
    uint32_t device;
    int32_t least_mdbm;
    const struct medium_ear_ops *ops;
    void *context;
};

/* At the receiver that is being judged. Each thread has its own; the run's own uses the first. */
struct judge_scratch {
    struct arrival *arrivals;
    struct overlap *overlaps;
    uint32_t rival_capacity;
    struct noise_burst *bursts;
    uint32_t burst_capacity;
    struct fade *fades;
    uint32_t fade_capacity;
};

struct medium {
    struct engine *engine;
    uint64_t seed;
    struct medium_params params;
    struct judge_tables *tables;
    const struct medium_device_ops *device_ops;
    const struct medium_gateway_ops *gateway_ops;
    uint16_t start_handler, detect_handler, end_handler, late_handler;

    uint32_t device_count, gateway_count;
    struct medium_site *device_sites;
    int32_t *device_antenna_mdb; /* NULL: no device has a gain */
    int32_t device_antenna_most_mdb, gateway_antenna_most_mdb;
    struct radio_clock *device_clocks; /* NULL: all radios, gateways' too, are exact */
    int64_t clock_error_max_ppb;       /* of any device or gateway */
    /* Of the frame being judged: only power decides which gateways detect it. */
    bool detected_by_power;
    bool bursts_on; /* and an interferer is on meanwhile */
    /* params.interferer_count of them: those of the parameters, then jammers (medium_jammers.c). */
    struct interferer *interferers;
    uint32_t *jammer_numbers; /* [interferer - those of the parameters]: the caller's number */
    uint32_t jammer_count;
    /* [receiver][interferer], devices before gateways: all its emission at the receiver. */
    int32_t *interferer_mdbm;
    struct noise_burst *bursts;  /* of the frame being judged, their powers aside */
    int32_t bursts_from_mdbm;    /* weaker ones don't matter to it */
    int32_t *bursts_in_band_mdb; /* what of each falls into that frame's band */
    struct listener *listeners;
    void **device_contexts;
    entity_id *device_entities;
    uint32_t *device_sent, *gateway_sent;
    struct gateway_state *gateways;
    struct shadowing *shadowing;
    struct link_table links;
    struct audible audible[INTERFERENCE_SF_COUNT]; /* [SF - 6] */
    /* The same of the SF that reaches furthest: pairs below both are no links. */
    int32_t device_cut_off_mdbm, gateway_cut_off_mdbm;
    struct fade_bound fade_bounds[MEDIUM_FADE_CLASSES];
    float ratio_bounds[MEDIUM_RATIOS];
    int32_t fading_most_mdb; /* that a link can gain */

    struct channel **channels; /* in order of first use */
    uint32_t channel_count, channel_capacity;

    struct on_air **slots;
    uint32_t slot_count, slot_capacity;
    uint32_t *free_slots; /* a stack */
    uint32_t free_count;
    uint32_t *ended_slots; /* a ring in order of end, slot_capacity long */
    uint32_t ended_head, ended_count;
    sim_ns longest_ns; /* longest frame: how long an ended one may matter */
    struct receiver_list spare[16];
    uint32_t spare_count;
    const struct on_air **rivals; /* as long as the longest channel's list */
    struct heard_list **heard;    /* those of each ring, in order of first use */
    uint32_t heard_ring_count;
    uint64_t uplinks_started;
    sim_ns longest_uplink_ns; /* so far */
    /* Of the last medium_heard_find(): so many of medium->rivals, and their powers without fading.
     */
    uint32_t heard_count;
    int32_t *heard_mdbm;
    /* Of the frame of the last medium_rivals_init(): rivals that come through links, by gateway:
     * the first one, plus 1; the next one; which gateways have any; how many there are, and the
     * most power of one; the numbers of the other rivals. */
    uint32_t *rival_of_gateway, *next_rival, *marked_gateways, *unlinked_rivals;
    uint32_t marked_count, linked_rival_count, unlinked_rival_count;
    int32_t linked_rival_most_mdbm;
    double ratio_borne; /* interference of all rivals to the frame that does nothing */
    uint32_t rival_capacity;
    /* Scratch, of the frame being detected: by its links, and by items of these. */
    struct finding *findings;
    struct found *found;
    uint32_t findings_capacity; /* links */
    /* Scratch of medium_gateways_detect(): gateways that hear, and the link of each. */
    struct member_set hearing;
    uint32_t *link_of_gateway;
    uint32_t copy_count; /* of the frame of the last medium_find_rivals(), after its rivals */

    uint64_t deliveries;
    struct delivery *delivery; /* medium_delivery.c */
    struct judge_scratch scratch[ENGINE_THREADS_MAX];

    uint32_t ear_count;
    struct ear ears[MEDIUM_EARS_MAX];
};

/* medium_ears.c */
void medium_ears_detect(const struct medium *medium, const struct on_air *air, sim_ns now_ns);
void medium_ears_end(const struct medium *medium, const struct on_air *air, sim_ns now_ns);

/* medium_channels.c */
uint64_t medium_channel_key(
        uint32_t frequency_hz, uint32_t bandwidth_hz, uint8_t spreading_factor, bool iq_inverted);
struct channel *medium_channel(struct medium *medium, uint32_t frequency_hz, uint32_t bandwidth_hz,
        uint8_t spreading_factor, bool iq_inverted);
void medium_channel_add(struct medium *medium, struct on_air *air);
/* Lets go of frames that ended by `until_ns` and that no frame on the air overlaps, on all channels
 * that interfere. */
void medium_channel_forget(struct channel *channel, sim_ns until_ns, sim_ns now_ns);
/* The same whenever they ended, where so many have come since the last time that it is worth it. */
void medium_channel_tidy(struct channel *channel, sim_ns now_ns);
/* Frames that share the channel with `air`, or a sibling of it, and touch its time from `from_ns`
 * on: into medium->rivals, for devices. After them come medium->copy_count frames that are not
 * counted: equal copies of it that add to its power. */
uint32_t medium_find_rivals(struct medium *medium, const struct on_air *air, sim_ns from_ns);
void medium_channels_finish(struct medium *medium);

/* medium_frames.c */
void medium_add_receiver(
        struct medium *medium, struct receiver_list *list, struct receiver receiver);
void medium_schedule_late(
        struct medium *medium, const struct on_air *air, uint32_t receiver, sim_ns since_ns);
void medium_frames_finish(struct medium *medium);
engine_event_fn medium_on_start, medium_on_detect, medium_on_end, medium_on_late;

/* medium_links.c */
/* A frame that is received but for what it does not tell is lost. assumed: nothing of it shows,
 * where silicon may put out a payload with errors after a header of the right mode. */
static inline void medium_mismatch(struct verdict *verdict)
{
    verdict->cause = verdict->cause == LOSS_NONE ? LOSS_MISMATCH : verdict->cause;
    verdict->header_ok = false;
}

/* How long a gateway has heard a frame when it takes a demodulator for it. */
static inline sim_ns medium_gateway_search_ns(const struct medium *medium, const struct on_air *air)
{
    bool at_start = medium->params.reception.demodulator_from == DEMODULATOR_FROM_START;
    return at_start ? 0 : air->search_ns;
}

bool medium_links_init(struct medium *medium, const struct medium_site *gateways);
void medium_links_finish(struct medium *medium);
/* judge_frame_init(), and which interferers are on meanwhile: for the links made next. A
 * caller that walks many receivers may leave out the link of one that has the power where
 * `detected_by_power`. */
void medium_judge_init(struct medium *medium, struct judge_frame *judged, enum receiver_kind kind,
        const struct frame *frame);
/* Power of an interferer's whole emission where a receiver is. */
int32_t medium_interferer_mdbm(const struct medium *medium, const struct interferer_params *params,
        const struct medium_site *site);
void medium_link_bursts(const struct medium *medium, struct judge_scratch *scratch,
        uint32_t receiver, struct judge_link *link);
/* The gains of a frame that outlasts a coherence time. */
void medium_link_fades(const struct medium *medium, struct judge_scratch *scratch,
        const struct frame *frame, uint32_t device, uint32_t gateway, struct judge_link *link);
/* Frequency errors of a link: how sender and receiver are apart. */
void medium_link_clocks(
        const struct frame *frame, const struct radio_clock *receiver, struct judge_link *link);

/* medium_detection.c: at devices, of gateways and of other devices */
void medium_devices_detect(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_device_late(struct medium *medium, struct on_air *air, uint32_t device, sim_ns now_ns);

/* medium_devices.c */
/* The device listens on no channel from now on. */
void medium_leave_channel(struct medium *medium, uint32_t device);
/* What equal copies of a frame add to its power, of the last medium_find_rivals(). */
int32_t medium_copies_mdb(
        const struct medium *medium, uint32_t rivals, uint32_t device, int32_t power_mdbm);
/* False: the frame is too weak there, and its loss is not told. */
bool medium_device_hears(const struct medium *medium, const struct on_air *air, uint32_t device,
        int32_t *median_mdbm);
struct verdict medium_judge_device(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, uint32_t rivals, const struct on_air *air,
        const struct receiver *receiver);
void medium_observe_lost(struct medium *medium, const struct frame *frame, uint32_t device,
        enum loss_cause cause, int32_t snr_mdb, sim_ns at_ns);

/* medium_delivery.c */
bool medium_delivery_init(struct medium *medium);
void medium_delivery_finish(struct medium *medium);
void medium_devices_end(struct medium *medium, struct on_air *air, sim_ns now_ns);

/* medium_gateways.c: at gateways */
void medium_gateways_detect(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_gateways_end(struct medium *medium, struct on_air *air, sim_ns now_ns);
void medium_gateway_late(
        struct medium *medium, struct on_air *air, uint32_t gateway, sim_ns now_ns);

/* medium_fades.c */
void medium_fades_init(struct medium *medium);

/* medium_reach.c */
bool medium_reach_init(struct medium *medium);
void medium_reach_finish(struct medium *medium);
/* Least median of a frame that a receiver of this kind may detect, or is told to have lost, where
 * it detects it from `detect_mdbm` on. */
int32_t medium_heard_from_mdbm(
        const struct medium *medium, enum receiver_kind kind, int32_t detect_mdbm);
/* Is either of the two heard by the other at the most power and the furthest SF? */
bool medium_is_link(
        const struct medium *medium, uint32_t gateway, uint32_t device, int32_t gain_mdb);
/* The most that a link outdoors may lose to path loss, less the shadowing that it gains. */
double medium_loss_max_db(const struct medium *medium);
/* Of gateway and device, with the part of shadowing that all gateways share. */
int32_t medium_shadowed_gain_mdb(
        const struct medium *medium, uint32_t gateway, uint32_t device, double common_db);
double medium_common_db_at(const struct medium *medium, uint32_t device);
int32_t medium_unlinked_gain_mdb(const struct medium *medium, uint32_t gateway, uint32_t device);

/* medium_link_table.c */
bool medium_link_table_init(struct medium *medium);
void medium_link_table_finish(struct medium *medium);

/* medium_audible.c */
/* Links on which devices may detect this frame of a gateway, and maybe others, if they are looked
 * at sooner than the listeners of its channel; NULL: they are not. */
const struct audible *medium_audible(struct medium *medium, const struct on_air *air);
void medium_audible_finish(struct medium *medium);

/* medium_heard.c */
void medium_heard_finish(struct medium *medium);
/* An uplink starts. */
void medium_heard_add(struct medium *medium, struct on_air *air);
/* Before the calls of medium_heard_find() about this uplink. False: it has no rivals anywhere. */
bool medium_heard_start(struct medium *medium, const struct on_air *air);
/* Uplinks that share the channel with `air`, or a sibling of it, touch its time from `from_ns` on
 * and arrive at this gateway: medium->heard_count of them, into medium->rivals, by channel and
 * start. Gateways do not hear each other. */
void medium_heard_find(
        struct medium *medium, const struct on_air *air, uint32_t gateway, sim_ns from_ns);

/* medium_rivals.c */
/* One of the same SF is so strong that a device finds its preamble instead. */
bool medium_stronger_rival(const struct medium *medium, const struct judge_frame *judged,
        uint32_t device, int32_t power_mdbm);
/* For the calls of medium_overlaps_at() and medium_stronger_rival() about this frame: at devices.
 */
void medium_rivals_init(struct medium *medium, const struct judge_frame *judged, uint32_t rivals);
/* The same at gateways, where an uplink has rivals or not. */
void medium_uplink_rivals_init(
        struct medium *medium, const struct judge_frame *judged, bool rivals);
/* Those rivals at a receiver that can matter to a frame of `power_mdbm`, into scratch->overlaps; at
 * a gateway of those of the last medium_heard_find(). */
uint32_t medium_overlaps_at(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, enum receiver_kind kind, uint32_t receiver,
        int32_t power_mdbm);
void medium_scratch_finish(struct judge_scratch *scratch);

/* medium_links.c: of another device's frame. */
int32_t medium_between_devices_mdbm(
        const struct medium *medium, const struct on_air *air, uint32_t device);

#endif
