/* Frames that overlap another one, at one receiver: which of them can matter at all.
 * SPDX-License-Identifier: MIT
 *
 * Most rivals come from so far away that they do not matter, one by one and together. Bounds show
 * it: of what the links that were not looked at yet may carry at most, and of each fade by the word
 * that it is made of. Exact powers are worked out where bounds do not decide, so results are those
 * of all rivals.
 *
 * assumed: a sender without a link to the receiver does not disturb it either. Its frames arrive
 * weaker than the furthest SF is detected in the largest fade.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/medium_arrival.h"

/* Powers are rounded to 1 mdB each. */
#define ROUNDING_MDB 3
/* Sums of bounds are rounded. */
#define ROUNDED_DOWN_BY 0.99999
/* Links that are looked at before the rest is bounded again. */
#define LINKS_AT_A_TIME 16u
/* Rivals whose bounds are below this share of what the frame bears count together first. */
#define WEAK_SHARE 0.02

/* What is known of the rivals at a receiver. */
struct look {
    struct judge_scratch *scratch;
    const struct judge_frame *judged;
    enum receiver_kind kind;
    uint32_t receiver;
    int32_t power_mdbm; /* of the wanted frame */
    uint32_t count;     /* of scratch->arrivals */
    double ratio_most;  /* of all of them together to the wanted power */
};

/* What rivals do, as far as they were looked at. */
enum harm {
    HARM_NONE,  /* surely nothing, all together */
    HARM_SURE,  /* one breaks the header, whatever the others do: look->scratch->overlaps[0] */
    HARM_UNSURE /* all are in look->scratch->arrivals */
};

/* --- all receivers of a frame ----------------------------------------------------------------- */

/* Ratio of all interference to the wanted power that does nothing, whatever the SFs. */
static double ratio_borne(const struct judge_frame *judged)
{
    int32_t most_mdb = INTERFERENCE_NEVER;
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        int32_t threshold_mdb = judged->interference.threshold_mdb[sf];
        most_mdb = threshold_mdb > most_mdb ? threshold_mdb : most_mdb;
    }
    if (most_mdb == INTERFERENCE_ALWAYS || most_mdb == INTERFERENCE_NEVER) {
        return most_mdb == INTERFERENCE_NEVER ? INFINITY : 0;
    }
    return pow(10, -(most_mdb + ROUNDING_MDB) / 10000.0) * ROUNDED_DOWN_BY;
}

static void forget_rivals(struct medium *medium)
{
    for (uint32_t i = 0; i < medium->marked_count; i++) {
        medium->rival_of_gateway[medium->marked_gateways[i]] = 0;
    }
    medium->marked_count = medium->linked_rival_count = medium->unlinked_rival_count = 0;
    medium->linked_rival_most_mdbm = INT32_MIN / 2;
}

/* A gateway usually sends one of them, and a second one where that follows at once. */
static void add_linked_rival(struct medium *medium, uint32_t rival)
{
    const struct on_air *other = medium->rivals[rival];
    medium->linked_rival_count++;
    if (other->frame.power_mdbm > medium->linked_rival_most_mdbm) {
        medium->linked_rival_most_mdbm = other->frame.power_mdbm;
    }
    medium->next_rival[rival] = medium->rival_of_gateway[other->transmitter];
    medium->rival_of_gateway[other->transmitter] = rival + 1;
    medium->marked_gateways[medium->marked_count++] = other->transmitter;
}

void medium_rivals_init(struct medium *medium, const struct judge_frame *judged, uint32_t rivals)
{
    forget_rivals(medium);
    medium->ratio_borne = rivals == 0 ? INFINITY : ratio_borne(judged);
    for (uint32_t i = rivals; i-- > 0;) {
        if (medium_goes_by_links(medium, medium->rivals[i])) {
            add_linked_rival(medium, i);
        } else {
            medium->unlinked_rivals[medium->unlinked_rival_count++] = i;
        }
    }
}

void medium_uplink_rivals_init(struct medium *medium, const struct judge_frame *judged, bool rivals)
{
    medium->ratio_borne = rivals ? ratio_borne(judged) : INFINITY;
}

/* --- one receiver ----------------------------------------------------------------------------- */

static struct fade_bound fade_most(
        const struct medium *medium, const struct look *look, const struct on_air *other)
{
    bool at_device = look->kind == RECEIVER_SX1276;
    if (at_device && !other->frame.downlink) {
        return (struct fade_bound){ .gain = 1 }; /* frames between devices do not fade */
    }
    uint32_t device = at_device ? look->receiver : other->transmitter;
    uint32_t gateway = at_device ? other->transmitter : look->receiver;
    entity_id receiver =
            at_device ? medium->device_entities[device] : medium->gateways[gateway].entity;
    uint32_t word = medium_fade_word(medium, &other->frame, device, gateway, receiver);
    return *medium_fade_bound(medium, word);
}

static void add_arrival(
        const struct medium *medium, struct look *look, uint32_t rival, int32_t median_mdbm)
{
    float ratio = medium_ratio_bound(medium, median_mdbm - look->power_mdbm);
    struct arrival *arrival = &look->scratch->arrivals[look->count++];
    *arrival = (struct arrival){
        .rival = rival,
        .median_mdbm = median_mdbm,
        .ratio_most = ratio * fade_most(medium, look, medium->rivals[rival]).gain,
    };
    look->ratio_most += arrival->ratio_most;
}

static int32_t exact_mdbm(
        const struct medium *medium, const struct look *look, const struct arrival *arrival)
{
    const struct on_air *other = medium->rivals[arrival->rival];
    return arrival->median_mdbm
           + (look->kind == RECEIVER_SX1276
                           ? medium_device_fading_mdb(medium, other, look->receiver)
                           : medium_gateway_fading_mdb(medium, other, look->receiver));
}

static void set_overlap(const struct medium *medium, const struct look *look,
        const struct arrival *arrival, uint32_t at)
{
    const struct on_air *other = medium->rivals[arrival->rival];
    look->scratch->overlaps[at] = (struct overlap){
        .frame = &other->frame,
        .power_mdbm = exact_mdbm(medium, look, arrival),
        .off_ns = other->silent_ns,
    };
}

/* Does the last arrival by itself do the worst that interference can? */
static bool breaks_header(const struct medium *medium, const struct look *look)
{
    const struct arrival *arrival = &look->scratch->arrivals[look->count - 1];
    if (arrival->ratio_most <= medium->ratio_borne) {
        return false;
    }
    set_overlap(medium, look, arrival, 0);
    return interference_judge(&look->judged->interference, look->judged->frame, look->power_mdbm,
                   look->scratch->overlaps, 1)
           == INTERFERENCE_BREAKS_HEADER;
}

/* Lists those of the links `from` .. `to` - 1 whose gateways send a rival; few do, and which cannot
 * be foretold, so there is no branch. Returns how many. */
static uint32_t list_rival_links(
        const struct medium *medium, uint32_t from, uint32_t to, uint32_t links[LINKS_AT_A_TIME])
{
    const uint16_t *gateways = medium->links.gateways;
    const uint32_t *rival_of_gateway = medium->rival_of_gateway;
    uint32_t count = 0;
    assert(to - from <= LINKS_AT_A_TIME);
    for (uint32_t at = from; at < to; at++) {
        links[count] = at;
        count += rival_of_gateway[gateways[at]] != 0 ? 1u : 0u;
    }
    return count;
}

/* The rivals of the gateway of one link, at its device. True: one breaks the header. */
static bool look_at_link(const struct medium *medium, struct look *look, uint32_t gateway,
        int32_t gain_mdb, uint32_t *left)
{
    for (uint32_t i = medium->rival_of_gateway[gateway]; i != 0; i = medium->next_rival[i - 1]) {
        add_arrival(medium, look, i - 1,
                medium_through_link_mdbm(
                        medium, medium->rivals[i - 1]->frame.power_mdbm, look->receiver, gain_mdb));
        (*left)--;
        if (breaks_header(medium, look)) {
            return true;
        }
    }
    return false;
}

/* Looks at the links of a device, strongest first, until all rivals are found, one is so strong
 * that no other one counts, or those that are left surely do nothing. */
static enum harm look_at_links(const struct medium *medium, struct look *look)
{
    const uint16_t *gateways = medium->links.gateways;
    const int32_t *gains_mdb = medium->links.gains_mdb;
    double fade = medium_fade_bound(medium, 0)->gain;
    uint32_t left = medium->linked_rival_count;
    uint32_t at = medium->links.from[look->receiver];
    uint32_t end = medium->links.from[look->receiver + 1];
    while (at < end && left > 0) {
        int32_t most_mdbm = medium_through_link_mdbm(
                medium, medium->linked_rival_most_mdbm, look->receiver, gains_mdb[at]);
        double ratio = medium_ratio_bound(medium, most_mdbm - look->power_mdbm);
        if (look->ratio_most + left * ratio * fade <= medium->ratio_borne) {
            return HARM_NONE;
        }
        uint32_t to = end - at < LINKS_AT_A_TIME ? end : at + LINKS_AT_A_TIME;
        uint32_t links[LINKS_AT_A_TIME], count = list_rival_links(medium, at, to, links);
        for (uint32_t i = 0; i < count; i++) {
            if (look_at_link(medium, look, gateways[links[i]], gains_mdb[links[i]], &left)) {
                return HARM_SURE;
            }
        }
        at = to;
    }
    return look->ratio_most > medium->ratio_borne ? HARM_UNSURE : HARM_NONE;
}

static void look_at_uplinks(const struct medium *medium, struct look *look)
{
    for (uint32_t i = 0; i < medium->heard_count; i++) {
        add_arrival(medium, look, i, medium->heard_mdbm[i]);
    }
}

static enum harm look_at_rivals(const struct medium *medium, struct look *look)
{
    if (isinf(medium->ratio_borne)) {
        return HARM_NONE;
    }
    if (look->kind == RECEIVER_SX1301) {
        look_at_uplinks(medium, look);
        return look->ratio_most > medium->ratio_borne ? HARM_UNSURE : HARM_NONE;
    }
    for (uint32_t i = 0; i < medium->unlinked_rival_count; i++) {
        uint32_t rival = medium->unlinked_rivals[i];
        add_arrival(medium, look, rival,
                medium_at_device_mdbm(medium, medium->rivals[rival], look->receiver));
    }
    return look_at_links(medium, look);
}

/* --- detection -------------------------------------------------------------------------------- */

/* Is a rival of the same SF stronger? On others this receiver cannot lock. */
static bool is_stronger(const struct medium *medium, const struct judge_frame *judged,
        const struct look *look, uint32_t rival, int32_t median_mdbm)
{
    const struct arrival arrival = { .rival = rival, .median_mdbm = median_mdbm };
    const struct on_air *other = medium->rivals[rival];
    int32_t lacks_mdb = judged->capture_mdb + look->power_mdbm - median_mdbm;
    return other->frame.modulation.spreading_factor == judged->frame->modulation.spreading_factor
           && medium->fading_most_mdb >= lacks_mdb
           && fade_most(medium, look, other).mdb >= lacks_mdb
           && exact_mdbm(medium, look, &arrival) - look->power_mdbm >= judged->capture_mdb;
}

/* Of the rivals that come through links, strongest first. */
static bool link_is_stronger(
        const struct medium *medium, const struct judge_frame *judged, const struct look *look)
{
    const struct link_table *links = &medium->links;
    uint32_t device = look->receiver, end = links->from[device + 1];
    for (uint32_t at = links->from[device]; at < end; at++) {
        int32_t gain_mdb = links->gains_mdb[at];
        int32_t most_mdbm =
                medium_through_link_mdbm(medium, medium->linked_rival_most_mdbm, device, gain_mdb);
        if (most_mdbm + medium->fading_most_mdb - look->power_mdbm < judged->capture_mdb) {
            return false;
        }
        for (uint32_t i = medium->rival_of_gateway[links->gateways[at]]; i != 0;
                i = medium->next_rival[i - 1]) {
            int32_t median_mdbm = medium_through_link_mdbm(
                    medium, medium->rivals[i - 1]->frame.power_mdbm, device, gain_mdb);
            if (is_stronger(medium, judged, look, i - 1, median_mdbm)) {
                return true;
            }
        }
    }
    return false;
}

bool medium_stronger_rival(const struct medium *medium, const struct judge_frame *judged,
        uint32_t device, int32_t power_mdbm)
{
    const struct look look = {
        .kind = RECEIVER_SX1276, .receiver = device, .power_mdbm = power_mdbm
    };
    for (uint32_t i = 0; i < medium->unlinked_rival_count; i++) {
        uint32_t rival = medium->unlinked_rivals[i];
        int32_t median_mdbm = medium_at_device_mdbm(medium, medium->rivals[rival], device);
        if (is_stronger(medium, judged, &look, rival, median_mdbm)) {
            return true;
        }
    }
    return medium->linked_rival_count > 0 && link_is_stronger(medium, judged, &look);
}

/* --- reception -------------------------------------------------------------------------------- */

/* Weak rivals, taken together: for each SF one that lasts as long as all of them, with the most
 * power that they can have. */
struct weak_rivals {
    struct frame frames[INTERFERENCE_SF_COUNT];
    double ratios[INTERFERENCE_SF_COUNT];
    sim_ns off_ns[INTERFERENCE_SF_COUNT];
};

static void weak_add(struct weak_rivals *weak, const struct on_air *other, float ratio_most)
{
    uint8_t spreading_factor = other->frame.modulation.spreading_factor;
    unsigned sf = spreading_factor - INTERFERENCE_SF_MIN;
    assert(sf < INTERFERENCE_SF_COUNT);
    struct frame *frame = &weak->frames[sf];
    bool first = weak->ratios[sf] == 0;
    weak->ratios[sf] += ratio_most;
    frame->modulation.spreading_factor = spreading_factor;
    if (first || other->frame.start_ns < frame->start_ns) {
        frame->start_ns = other->frame.start_ns;
    }
    if (first || other->silent_ns > weak->off_ns[sf]) {
        weak->off_ns[sf] = other->silent_ns;
    }
}

static uint32_t weak_append(const struct weak_rivals *weak, const struct look *look,
        struct overlap *overlaps, uint32_t count)
{
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        if (weak->ratios[sf] > 0) {
            overlaps[count++] = (struct overlap){
                .frame = &weak->frames[sf],
                .power_mdbm = look->power_mdbm + (int32_t)ceil(10000 * log10(weak->ratios[sf]))
                              + ROUNDING_MDB,
                .off_ns = weak->off_ns[sf],
            };
        }
    }
    return count;
}

/* Exact powers of those rivals that were found and may have a ratio above `from`. Returns how many
 * overlaps that makes. */
static uint32_t overlaps_of(const struct medium *medium, const struct look *look, double from)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < look->count; i++) {
        const struct arrival *arrival = &look->scratch->arrivals[i];
        if (arrival->ratio_most > from) {
            set_overlap(medium, look, arrival, count++);
        }
    }
    return count;
}

static void reserve_rivals(const struct medium *medium, struct judge_scratch *scratch)
{
    uint32_t capacity = medium->rival_capacity;
    if (capacity > scratch->rival_capacity) {
        struct run_memory *memory = engine_memory(medium->engine);
        scratch->rival_capacity = capacity;
        scratch->arrivals =
                run_memory_grow(memory, scratch->arrivals, capacity * sizeof *scratch->arrivals);
        /* One more for the weak rivals of each SF. */
        scratch->overlaps = run_memory_grow(memory, scratch->overlaps,
                (capacity + INTERFERENCE_SF_COUNT) * sizeof *scratch->overlaps);
    }
}

void medium_scratch_finish(struct judge_scratch *scratch)
{
    free(scratch->arrivals);
    free(scratch->overlaps);
    free(scratch->bursts);
    free(scratch->fades);
}

uint32_t medium_overlaps_at(const struct medium *medium, struct judge_scratch *scratch,
        const struct judge_frame *judged, enum receiver_kind kind, uint32_t receiver,
        int32_t power_mdbm)
{
    reserve_rivals(medium, scratch);
    struct look look = { .scratch = scratch,
        .judged = judged,
        .kind = kind,
        .receiver = receiver,
        .power_mdbm = power_mdbm };
    enum harm harm = look_at_rivals(medium, &look);
    if (harm != HARM_UNSURE) {
        return harm == HARM_SURE ? 1 : 0;
    }
    double weak_most = WEAK_SHARE * medium->ratio_borne;
    uint32_t strong = overlaps_of(medium, &look, weak_most);
    if (strong == look.count) {
        return strong;
    }
    struct weak_rivals weak;
    memset(weak.ratios, 0, sizeof weak.ratios);
    for (uint32_t i = 0; i < look.count; i++) {
        const struct arrival *arrival = &look.scratch->arrivals[i];
        if (arrival->ratio_most <= weak_most) {
            weak_add(&weak, medium->rivals[arrival->rival], arrival->ratio_most);
        }
    }
    uint32_t most = weak_append(&weak, &look, scratch->overlaps, strong);
    const struct interference_rule *rule = &judged->interference;
    bool same = interference_judge(rule, judged->frame, power_mdbm, scratch->overlaps, strong)
                == interference_judge(rule, judged->frame, power_mdbm, scratch->overlaps, most);
    return same ? strong : overlaps_of(medium, &look, -1);
}
