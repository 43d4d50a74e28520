/* Frames that overlap another one, at one receiver: which of them can matter at all.
 * SPDX-License-Identifier: MIT
 *
 * Most rivals come from so far away that no fade makes them matter. An upper bound of their power
 * shows it without a draw. Where some may matter, those without a link count as one of the most
 * power that they can have, and only where that decides is each of them looked at. Results are
 * those of all rivals.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "air/medium_internal.h"

/* Powers are rounded to 1 mdB each. */
#define ROUNDING_MDB 3

static struct arrival through_link(int32_t median_mdbm)
{
    return (struct arrival){ .median_mdbm = median_mdbm, .linked = true };
}

static struct arrival without_link(int32_t most_mdbm)
{
    return (struct arrival){ .median_mdbm = most_mdbm, .linked = false };
}

static int32_t above(int32_t power_mdbm, int32_t most_mdbm)
{
    return power_mdbm > most_mdbm ? power_mdbm - most_mdbm : 0;
}

/* Of a rival at a device that has no link to its sender. */
static struct arrival unlinked_at_device(
        const struct medium *medium, const struct on_air *other, uint32_t device)
{
    if (!other->frame.downlink) {
        return through_link(medium_between_devices_mdbm(medium, other, device));
    }
    return without_link(medium->device_cut_off_mdbm
                        + above(other->frame.power_mdbm, medium->params.gateway_power_max_mdbm));
}

/* A search for each rival costs more than a look at each link of the device. */
static void arrivals_at_device(struct medium *medium, uint32_t rivals, uint32_t device)
{
    const struct link_rows *rows = &medium->links_of_device;
    for (uint32_t i = 0; i < rivals; i++) {
        medium->arrivals[i] = unlinked_at_device(medium, medium->rivals[i], device);
    }
    for (uint32_t at = rows->from[device]; at < rows->from[device + 1]; at++) {
        const struct medium_link *link = &rows->links[at];
        for (uint32_t i = medium->rival_of_gateway[link->other]; i != 0;
                i = medium->next_rival[i - 1]) {
            medium->arrivals[i - 1] = through_link(medium_through_link_mdbm(
                    medium, medium->rivals[i - 1], device, link->gain_mdb));
        }
    }
}

static struct arrival arrival_at_gateway(
        const struct medium *medium, const struct on_air *other, uint32_t gateway)
{
    const struct medium_link *link = medium_link(medium, gateway, other->transmitter);
    if (link == NULL) {
        return without_link(medium->gateway_cut_off_mdbm
                            + above(other->frame.power_mdbm, medium->params.device_power_max_mdbm));
    }
    return through_link(medium_at_gateway_through_mdbm(medium, other, gateway, link->gain_mdb));
}

/* How each rival arrives, into medium->arrivals. */
static void look_at_arrivals(
        struct medium *medium, enum receiver_kind kind, uint32_t rivals, uint32_t receiver)
{
    if (kind == RECEIVER_SX1276) {
        arrivals_at_device(medium, rivals, receiver);
        return;
    }
    for (uint32_t i = 0; i < rivals; i++) {
        medium->arrivals[i] = arrival_at_gateway(medium, medium->rivals[i], receiver);
    }
}

static int32_t exact_mdbm(const struct medium *medium, enum receiver_kind kind,
        const struct on_air *other, uint32_t receiver, const struct arrival *arrival)
{
    if (kind == RECEIVER_SX1276) {
        int32_t median_mdbm = arrival->linked ? arrival->median_mdbm
                                              : medium_at_device_mdbm(medium, other, receiver);
        return median_mdbm + medium_device_fading_mdb(medium, other, receiver);
    }
    int32_t median_mdbm = arrival->linked ? arrival->median_mdbm
                                          : medium_at_gateway_mdbm(medium, other, receiver);
    return median_mdbm + medium_gateway_fading_mdb(medium, other, receiver);
}

/* --- detection -------------------------------------------------------------------------------- */

bool medium_stronger_rival(struct medium *medium, const struct judge_frame *judged, uint32_t rivals,
        const struct on_air *air, uint32_t device, int32_t power_mdbm)
{
    look_at_arrivals(medium, RECEIVER_SX1276, rivals, device);
    for (uint32_t i = 0; i < rivals; i++) {
        const struct on_air *other = medium->rivals[i];
        const struct arrival *arrival = &medium->arrivals[i];
        if (other->channel != air->channel) {
            continue; /* another SF: this receiver cannot lock on it */
        }
        int32_t most_mdbm = arrival->median_mdbm + medium->fading_most_mdb;
        if (most_mdbm - power_mdbm >= judged->capture_mdb
                && exact_mdbm(medium, RECEIVER_SX1276, other, device, arrival) - power_mdbm
                           >= judged->capture_mdb) {
            return true;
        }
    }
    return false;
}

/* --- reception -------------------------------------------------------------------------------- */

/* So far below the wanted frame, `count` rivals together do nothing, whatever their SF; INT32_MAX:
 * the weakest one may. */
static int32_t harmless_below_mdb(const struct judge_frame *judged, uint32_t count)
{
    int32_t most_mdb = INTERFERENCE_NEVER;
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        int32_t threshold_mdb = judged->interference.threshold_mdb[sf];
        most_mdb = threshold_mdb > most_mdb ? threshold_mdb : most_mdb;
    }
    if (most_mdb == INTERFERENCE_ALWAYS || most_mdb == INTERFERENCE_NEVER) {
        return most_mdb == INTERFERENCE_NEVER ? 0 : INT32_MAX;
    }
    return most_mdb + (int32_t)ceil(10000 * log10(count)) + ROUNDING_MDB;
}

/* Which rivals a gateway sends: usually one, and a second one where that follows at once. */
static void mark_gateways(struct medium *medium, uint32_t rivals)
{
    for (uint32_t i = 0; i < medium->marked_count; i++) {
        medium->rival_of_gateway[medium->marked_gateways[i]] = 0;
    }
    medium->marked_count = 0;
    for (uint32_t i = rivals; i-- > 0;) {
        const struct on_air *other = medium->rivals[i];
        if (other->frame.downlink) {
            medium->next_rival[i] = medium->rival_of_gateway[other->transmitter];
            medium->rival_of_gateway[other->transmitter] = i + 1;
            medium->marked_gateways[medium->marked_count++] = other->transmitter;
        }
    }
}

void medium_rivals_init(struct medium *medium, const struct judge_frame *judged, uint32_t rivals)
{
    medium->harmless_below_mdb = rivals == 0 ? 0 : harmless_below_mdb(judged, rivals);
    mark_gateways(medium, rivals);
}

/* Weak rivals, taken together: for each SF one that lasts as long as all of them, with the most
 * power that they can have. */
struct weak_rivals {
    struct frame frames[INTERFERENCE_SF_COUNT];
    uint32_t counts[INTERFERENCE_SF_COUNT];
    sim_ns off_ns[INTERFERENCE_SF_COUNT];
    int32_t most_mdbm; /* of one of them */
};

static void weak_add(struct weak_rivals *weak, const struct on_air *other, int32_t most_mdbm)
{
    uint8_t spreading_factor = other->frame.modulation.spreading_factor;
    unsigned sf = spreading_factor - INTERFERENCE_SF_MIN;
    struct frame *frame = &weak->frames[sf];
    bool first = weak->counts[sf]++ == 0;
    assert(sf < INTERFERENCE_SF_COUNT);
    frame->modulation.spreading_factor = spreading_factor;
    if (first || other->frame.start_ns < frame->start_ns) {
        frame->start_ns = other->frame.start_ns;
    }
    if (first || other->silent_ns > weak->off_ns[sf]) {
        weak->off_ns[sf] = other->silent_ns;
    }
    weak->most_mdbm = most_mdbm > weak->most_mdbm ? most_mdbm : weak->most_mdbm;
}

static uint32_t weak_append(
        const struct weak_rivals *weak, struct overlap *overlaps, uint32_t count)
{
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        if (weak->counts[sf] > 0) {
            overlaps[count++] = (struct overlap){
                .frame = &weak->frames[sf],
                .power_mdbm = weak->most_mdbm + (int32_t)ceil(10000 * log10(weak->counts[sf]))
                              + ROUNDING_MDB,
                .off_ns = weak->off_ns[sf],
            };
        }
    }
    return count;
}

/* Looks at all rivals: how each arrives goes into medium->arrivals, those that are harmless alone
 * into `weak`, too. Returns how many may matter. */
static uint32_t look_at_rivals(struct medium *medium, enum receiver_kind kind, uint32_t rivals,
        uint32_t receiver, int32_t power_mdbm, struct weak_rivals *weak)
{
    uint32_t strong = 0;
    look_at_arrivals(medium, kind, rivals, receiver);
    for (uint32_t i = 0; i < rivals; i++) {
        struct arrival *arrival = &medium->arrivals[i];
        int32_t most_mdbm = arrival->median_mdbm + medium->fading_most_mdb;
        arrival->strong = medium->harmless_below_mdb == INT32_MAX
                          || power_mdbm - most_mdbm < medium->harmless_below_mdb;
        if (arrival->strong) {
            strong++;
        } else {
            weak_add(weak, medium->rivals[i], most_mdbm);
        }
    }
    return strong;
}

/* Exact powers, of weak ones only if `all`. Returns how many overlaps that makes. */
static uint32_t overlaps_of(struct medium *medium, enum receiver_kind kind, uint32_t rivals,
        uint32_t receiver, bool all)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rivals; i++) {
        const struct on_air *other = medium->rivals[i];
        const struct arrival *arrival = &medium->arrivals[i];
        if (all || arrival->strong) {
            medium->overlaps[count++] = (struct overlap){
                .frame = &other->frame,
                .power_mdbm = exact_mdbm(medium, kind, other, receiver, arrival),
                .off_ns = other->silent_ns,
            };
        }
    }
    return count;
}

uint32_t medium_overlaps_at(struct medium *medium, const struct judge_frame *judged,
        enum receiver_kind kind, uint32_t rivals, uint32_t receiver, int32_t power_mdbm)
{
    struct weak_rivals weak;
    if (rivals == 0) {
        return 0;
    }
    memset(weak.counts, 0, sizeof weak.counts);
    weak.most_mdbm = INT32_MIN;
    uint32_t strong = look_at_rivals(medium, kind, rivals, receiver, power_mdbm, &weak);
    if (strong == 0) {
        return 0;
    }
    overlaps_of(medium, kind, rivals, receiver, false);
    if (strong == rivals) {
        return strong;
    }
    uint32_t most = weak_append(&weak, medium->overlaps, strong);
    const struct interference_rule *rule = &judged->interference;
    bool same = interference_judge(rule, judged->frame, power_mdbm, medium->overlaps, strong)
                == interference_judge(rule, judged->frame, power_mdbm, medium->overlaps, most);
    return same ? strong : overlaps_of(medium, kind, rivals, receiver, true);
}
