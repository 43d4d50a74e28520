/* Frames that overlap another one, at one receiver: which of them can matter at all.
 * SPDX-License-Identifier: MIT
 *
 * Most rivals come from so far away that no fade makes them matter. An upper bound of their power
 * shows it without a draw and without a gain of a pair that has no link; results are those of all
 * rivals.
 */
#include <assert.h>
#include <math.h>

#include "air/medium_internal.h"

/* Powers are rounded to 1 mdB each. */
#define ROUNDING_MDB 3

/* How a rival arrives. */
struct arrival {
    int32_t median_mdbm; /* without a link: the most that it can be */
    bool linked;
};

static int32_t above(int32_t power_mdbm, int32_t most_mdbm)
{
    return power_mdbm > most_mdbm ? power_mdbm - most_mdbm : 0;
}

static struct arrival arrival_at_device(
        const struct medium *medium, const struct on_air *other, uint32_t device)
{
    if (!other->frame.downlink) {
        return (struct arrival){ medium_between_devices_mdbm(medium, other, device), true };
    }
    const struct medium_link *link = medium_link(medium, other->transmitter, device);
    if (link == NULL) {
        return (struct arrival){ medium->device_cut_off_mdbm
                                         + above(other->frame.power_mdbm,
                                                 medium->params.gateway_power_max_mdbm),
            false };
    }
    return (struct arrival){ medium_through_link_mdbm(medium, other, device, link->gain_mdb),
        true };
}

static struct arrival arrival_at_gateway(
        const struct medium *medium, const struct on_air *other, uint32_t gateway)
{
    const struct medium_link *link = medium_link(medium, gateway, other->transmitter);
    if (link == NULL) {
        return (struct arrival){ medium->gateway_cut_off_mdbm
                                         + above(other->frame.power_mdbm,
                                                 medium->params.device_power_max_mdbm),
            false };
    }
    return (struct arrival){ medium_at_gateway_through_mdbm(medium, other, gateway, link->gain_mdb),
        true };
}

static struct arrival arrival_at(const struct medium *medium, enum receiver_kind kind,
        const struct on_air *other, uint32_t receiver)
{
    return kind == RECEIVER_SX1276 ? arrival_at_device(medium, other, receiver)
                                   : arrival_at_gateway(medium, other, receiver);
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
    for (uint32_t i = 0; i < rivals; i++) {
        const struct on_air *other = medium->rivals[i];
        if (other->channel != air->channel) {
            continue; /* another SF: this receiver cannot lock on it */
        }
        struct arrival arrival = arrival_at_device(medium, other, device);
        int32_t most_mdbm = arrival.median_mdbm + medium->fading_most_mdb;
        if (most_mdbm - power_mdbm >= judged->capture_mdb
                && exact_mdbm(medium, RECEIVER_SX1276, other, device, &arrival) - power_mdbm
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

void medium_rivals_init(struct medium *medium, const struct judge_frame *judged, uint32_t rivals)
{
    medium->harmless_below_mdb = rivals == 0 ? 0 : harmless_below_mdb(judged, rivals);
}

static bool may_matter(const struct medium *medium, enum receiver_kind kind, uint32_t rivals,
        uint32_t receiver, int32_t power_mdbm)
{
    if (medium->harmless_below_mdb == INT32_MAX) {
        return rivals > 0;
    }
    for (uint32_t i = 0; i < rivals; i++) {
        struct arrival arrival = arrival_at(medium, kind, medium->rivals[i], receiver);
        int32_t most_mdbm = arrival.median_mdbm + medium->fading_most_mdb;
        if (power_mdbm - most_mdbm < medium->harmless_below_mdb) {
            return true;
        }
    }
    return false;
}

uint32_t medium_overlaps_at(struct medium *medium, enum receiver_kind kind, uint32_t rivals,
        uint32_t receiver, int32_t power_mdbm)
{
    if (!may_matter(medium, kind, rivals, receiver, power_mdbm)) {
        return 0;
    }
    for (uint32_t i = 0; i < rivals; i++) {
        const struct on_air *other = medium->rivals[i];
        struct arrival arrival = arrival_at(medium, kind, other, receiver);
        medium->overlaps[i] = (struct overlap){
            .frame = &other->frame,
            .power_mdbm = exact_mdbm(medium, kind, other, receiver, &arrival),
            .off_ns = other->silent_ns,
        };
    }
    return rivals;
}
