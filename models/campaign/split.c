/* How a campaign divides its members into transfers.
 * SPDX-License-Identifier: MIT
 *
 * In each wave of each round there is one for each data rate and kind of member: versions 1 and 2
 * of TS004 code fragments differently (spec-protocol 5.4), and a delta image is of use to devices
 * that run its base, so such members can share no transfer. A device is taken to run the base until
 * it reports another image.
 *
 * A member gets its transfer when it is set up, by the uplinks heard so far. Transfers that the
 * members heard before the start need are opened at the start, fastest first; others when the first
 * member needs them, as long as no session has begun. Where a transfer has as many members as a
 * wave may have, the next wave gets the others; waves follow one another.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "network/link_budget.h"

#define KINDS_MAX          4u /* two versions of TS004, each with delta and whole image */
#define WAVE_TRANSFERS_MAX (KINDS_MAX * REGION_RATES)

/* Members of one kind can share a transfer. */
struct kind {
    uint8_t version; /* of TS004 */
    bool delta;
    const uint8_t *block;
    uint32_t block_size;
};

/* --- creation -------------------------------------------------------------------------------- */

/* Appends a transfer. False: the block does not fit the data rate, or there are too many, or out of
 * memory. */
static bool add(struct campaign *campaign, const struct kind *kind, uint8_t data_rate)
{
    assert(campaign->transfer_count < CAMPAIGN_TRANSFERS_MAX);
    assert(kind->version == 1 || kind->version == 2);
    if (campaign->transfer_count == CAMPAIGN_TRANSFERS_MAX - 1u) {
        return false;
    }
    struct transfer *transfer = &campaign->transfers[campaign->transfer_count];
    transfer->fragmentation_version = kind->version;
    transfer->delta = kind->delta;
    if (!transfer_init(transfer, campaign, (uint8_t)campaign->transfer_count, data_rate,
                kind->block, kind->block_size)) {
        transfer_finish(transfer);
        *transfer = (struct transfer){ 0 };
        return false;
    }
    campaign->transfer_count++;
    return true;
}

/* The transfers of one kind; their number is the same for each. */
static bool add_kind(struct campaign *campaign, const struct kind *kind)
{
    const struct campaign_params *params = &campaign->params;
    const struct region *region = network_region(campaign->server->network);
    uint32_t before = campaign->transfer_count;
    bool ok = true;
    if (params->sessions == SESSIONS_ONE) {
        ok = add(campaign, kind, params->data_rate);
    } else {
        int fastest = params->data_rate < region->class_c_rate_max ? params->data_rate
                                                                   : region->class_c_rate_max;
        for (int rate = fastest; ok && rate >= (int)region->class_c_rate_min; rate--) {
            ok = !region_has_downlink(region, (uint32_t)rate) || add(campaign, kind, (uint8_t)rate);
        }
    }
    campaign->rate_count = campaign->transfer_count - before; /* the same of each kind */
    return ok && campaign->rate_count > 0;
}

/* Members may have this version. */
static bool needs_version(const struct campaign *campaign, uint8_t version)
{
    bool needed = campaign->params.versions == VERSIONS_ASK;
    for (uint32_t i = 0; i < campaign->member_count && !needed; i++) {
        uint32_t device = campaign->members[i].device;
        needed = campaign->server->devices[device].fragmentation_version == version;
    }
    return needed;
}

/* One transfer for all in each round: each member has it from the start. */
static bool is_undivided(const struct campaign *campaign)
{
    return campaign->params.sessions == SESSIONS_ONE && campaign->round_transfers == 1;
}

/* The transfers of one block, for both versions of TS004 where members need them. */
static bool add_block(struct campaign *campaign, bool delta, const uint8_t *block, uint32_t size)
{
    uint8_t usual = campaign->params.fragmentation_version;
    uint8_t other = usual == 1 ? 2 : 1;
    assert(size > 0);
    return add_kind(campaign, &(const struct kind){ usual, delta, block, size })
           && (!needs_version(campaign, other)
                   || add_kind(campaign, &(const struct kind){ other, delta, block, size }));
}

/* The transfers of one wave. */
static bool add_wave(struct campaign *campaign, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size)
{
    uint32_t before = campaign->transfer_count;
    bool ok = (!campaign->has_delta || add_block(campaign, true, params->delta, params->delta_size))
              && add_block(campaign, false, image, image_size);
    campaign->wave_transfers = campaign->transfer_count - before;
    return ok;
}

static bool in_round(const struct campaign *campaign, const struct member *member)
{
    assert(member->rounds <= campaign->round + 1u);
    return member->rounds == campaign->round + 1u;
}

static uint32_t round_members(const struct campaign *campaign)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        count += in_round(campaign, &campaign->members[i]) ? 1u : 0u;
    }
    return count;
}

/* Of an undivided campaign. */
static void give_all_the_transfer(struct campaign *campaign)
{
    struct transfer *transfer = &campaign->transfers[campaign->round];
    assert(is_undivided(campaign) && campaign->round < campaign->transfer_count);
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        if (in_round(campaign, &campaign->members[i])) {
            campaign->members[i].transfer = transfer->index;
            transfer->member_count++;
        }
    }
}

bool split_create(struct campaign *campaign, const struct campaign_params *params,
        const uint8_t *image, uint32_t image_size)
{
    uint32_t round_waves = schedule_wave_count(campaign->member_count, campaign->params.wave_size);
    uint32_t rounds = campaign->params.retries + (campaign->params.pause_ns > 0 ? 2u : 1u);
    uint32_t waves = rounds * round_waves;
    campaign->transfers = calloc(CAMPAIGN_TRANSFERS_MAX, sizeof *campaign->transfers);
    bool ok = campaign->transfers != NULL;
    for (uint32_t wave = 0; ok && wave < waves; wave++) {
        ok = add_wave(campaign, params, image, image_size);
    }
    campaign->round_transfers = campaign->wave_transfers * round_waves;
    if (ok && is_undivided(campaign)) {
        give_all_the_transfer(campaign);
    }
    return ok;
}

uint32_t split_first(const struct campaign *campaign)
{
    return campaign->round * campaign->round_transfers;
}

uint32_t split_end(const struct campaign *campaign)
{
    assert(split_first(campaign) + campaign->round_transfers <= campaign->transfer_count);
    return split_first(campaign) + campaign->round_transfers;
}

uint32_t split_round_of(const struct campaign *campaign, uint32_t transfer)
{
    assert(campaign->round_transfers > 0 && transfer < campaign->transfer_count);
    return transfer / campaign->round_transfers;
}

uint32_t split_wave_of(const struct campaign *campaign, uint32_t transfer)
{
    assert(campaign->wave_transfers > 0 && transfer < campaign->transfer_count);
    return transfer % campaign->round_transfers / campaign->wave_transfers;
}

uint32_t split_members_most(const struct campaign *campaign)
{
    uint32_t size = campaign->params.wave_size, count = round_members(campaign);
    return size == 0 || count < size ? count : size;
}

/* --- data rates ------------------------------------------------------------------------------ */

/* Margin of a downlink to a device, as the server infers it from uplinks. */
static int32_t margin_mdb(
        const struct campaign *campaign, const struct transfer *transfer, uint32_t device)
{
    assert(device < campaign->server->device_count);
    const struct server *server = campaign->server;
    const struct region *region = network_region(server->network);
    const struct server_device *known = &server->devices[device];
    struct network_device_view view;
    network_device_get(server->network, device, &view);
    return link_downlink_margin_mdb(region, known->snr_mdb,
            region->rates[known->data_rate].bandwidth_hz,
            link_device_eirp_mdbm(region, view.tx_power), transfer->data_rate,
            network_eirp_mdbm(server->network, campaign->params.frequency_hz));
}

static bool gets_delta(const struct campaign *campaign, const struct server_device *device)
{
    return campaign->has_delta
           && (!device->image_known
                   || memcmp(device->image_digest, campaign->base_digest,
                              sizeof device->image_digest)
                              == 0);
}

/* Index of the fastest transfer, of the first wave, of the kind that a device needs.
 * TRANSFER_NONE: there is none. */
static uint32_t first_of_kind(const struct campaign *campaign, uint32_t device)
{
    const struct server_device *known = &campaign->server->devices[device];
    bool delta = gets_delta(campaign, known);
    assert(campaign->rate_count > 0);
    uint32_t first = split_first(campaign), end = first + campaign->wave_transfers;
    while (first < end
            && (campaign->transfers[first].fragmentation_version != known->fragmentation_version
                    || campaign->transfers[first].delta != delta)) {
        first += campaign->rate_count;
    }
    return first < end ? first : TRANSFER_NONE;
}

/* One past the slowest transfer of the kind that a transfer has. */
static uint32_t end_of_kind(const struct campaign *campaign, uint32_t transfer)
{
    assert(campaign->rate_count > 0 && transfer < campaign->transfer_count);
    return (transfer / campaign->rate_count + 1u) * campaign->rate_count;
}

/* The fastest transfer of the first wave that a device hears well enough; the slowest one where
 * none is.
 * TRANSFER_NONE: its version is not known, or none of the campaign's. */
static uint32_t best_transfer(const struct campaign *campaign, uint32_t device)
{
    assert(campaign->transfer_count > 0 && campaign->server->devices[device].heard);
    uint32_t best = first_of_kind(campaign, device);
    if (best == TRANSFER_NONE) {
        return TRANSFER_NONE;
    }
    while (best + 1u < end_of_kind(campaign, best)
            && margin_mdb(campaign, &campaign->transfers[best], device)
                       < campaign->params.session_margin_mdb) {
        best++;
    }
    return best;
}

/* --- opening --------------------------------------------------------------------------------- */

/* Of one wave. */
static uint32_t open_count(const struct campaign *campaign, uint32_t wave)
{
    uint32_t count = 0;
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        bool counts = campaign->transfers[i].open && split_wave_of(campaign, i) == wave;
        count += counts ? 1u : 0u;
    }
    return count;
}

/* `concurrent`: transfers that share the airtime, this one included. */
static void open(
        struct campaign *campaign, struct transfer *transfer, uint32_t concurrent, sim_ns now_ns)
{
    sim_ns start_ns = campaign->session_ns;
    assert(!transfer->open && concurrent > 0);
    if (unicast_delivery(campaign)) {
        transfer_open_unicast(transfer, now_ns);
        campaign_phase_set(transfer, CAMPAIGN_PHASE_SET_UP, now_ns);
        return;
    }
    bool in_turns = campaign->params.session_order == SESSION_ORDER_IN_TURNS;
    uint32_t wave = split_wave_of(campaign, transfer->index);
    for (uint32_t i = split_first(campaign); i < split_end(campaign); i++) {
        const struct transfer *other = &campaign->transfers[i];
        bool before = other->open && (in_turns || split_wave_of(campaign, i) < wave);
        if (before && transfer_planned_end_ns(other) > start_ns) {
            start_ns = transfer_planned_end_ns(other);
        }
    }
    transfer_open(transfer, start_ns, in_turns ? 1u : concurrent);
    campaign_phase_set(transfer, CAMPAIGN_PHASE_SET_UP, now_ns);
}

/* Members of the round in each transfer of a wave, as far as they have been heard; their number. */
static uint32_t count_heard(const struct campaign *campaign, uint32_t *counts)
{
    uint32_t heard = 0;
    for (uint32_t i = 0; i < campaign->member_count; i++) {
        uint32_t device = campaign->members[i].device;
        bool counts_here = in_round(campaign, &campaign->members[i])
                           && campaign->server->devices[device].heard;
        uint32_t best = counts_here ? best_transfer(campaign, device) : TRANSFER_NONE;
        if (best != TRANSFER_NONE) {
            counts[best - split_first(campaign)]++;
            heard++;
        }
    }
    return heard;
}

/* Small groups join the next slower one. The counts are those of the members that were heard, taken
 * for the whole: a transfer whose share is less than the threshold is not opened. */
static void join_small_groups(const struct campaign *campaign, uint32_t *counts, uint32_t heard)
{
    uint32_t carried = 0;
    uint64_t members = round_members(campaign);
    for (uint32_t i = 0; i < campaign->wave_transfers; i++) {
        uint32_t count = counts[i] + carried;
        bool slowest = i + 1u == end_of_kind(campaign, i);
        bool enough = count * members >= (uint64_t)campaign->params.session_threshold * heard;
        counts[i] = enough || slowest ? count : 0;
        carried = enough || slowest ? 0 : count;
    }
}

void split_start(struct campaign *campaign, sim_ns now_ns)
{
    const struct campaign_params *params = &campaign->params;
    struct transfer *transfers = &campaign->transfers[split_first(campaign)];
    campaign->session_ns =
            now_ns
            + (unicast_delivery(campaign) ? params->delivery_timeout_ns : params->set_up_window_ns);
    if (is_undivided(campaign)) {
        if (campaign->round > 0) {
            give_all_the_transfer(campaign);
        }
        open(campaign, transfers, 1, now_ns);
        return;
    }
    campaign_begin(campaign, now_ns);
    uint32_t counts[WAVE_TRANSFERS_MAX] = { 0 };
    assert(campaign->wave_transfers <= WAVE_TRANSFERS_MAX);
    uint32_t heard = count_heard(campaign, counts);
    if (params->sessions == SESSIONS_THRESHOLD && heard > 0) {
        join_small_groups(campaign, counts, heard);
    }
    uint32_t needed = 0;
    for (uint32_t i = 0; i < campaign->wave_transfers; i++) {
        needed += counts[i] > 0 ? 1u : 0u;
    }
    for (uint32_t i = 0; i < campaign->wave_transfers; i++) {
        if (counts[i] > 0) {
            open(campaign, &transfers[i], needed, now_ns);
        }
    }
}

/* --- members --------------------------------------------------------------------------------- */

/* The transfer of the first wave that a member shall have; it may not be open. TRANSFER_NONE: none
 * has its version. */
static uint32_t choose(const struct campaign *campaign, uint32_t device)
{
    uint32_t best = best_transfer(campaign, device);
    if (best == TRANSFER_NONE || campaign->params.sessions != SESSIONS_THRESHOLD) {
        return best;
    }
    for (uint32_t i = best; i < end_of_kind(campaign, best); i++) {
        if (campaign->transfers[i].open) {
            return i;
        }
    }
    return best;
}

/* The transfer like that of the first wave in the first wave that has room for the member and is
 * not too near. NULL: there is none. */
static struct transfer *choose_wave(
        const struct campaign *campaign, uint32_t first, const struct member *member, sim_ns now_ns)
{
    assert(first < campaign->transfer_count);
    for (uint32_t i = first; i < split_end(campaign); i += campaign->wave_transfers) {
        struct transfer *transfer = &campaign->transfers[i];
        bool has_room = campaign->params.wave_size == 0 || member->transfer == i
                        || transfer->member_count < campaign->params.wave_size;
        bool last = i + campaign->wave_transfers >= split_end(campaign);
        bool late = transfer->open && now_ns >= transfer_start_ns(transfer) - SET_UP_CLOSE_NS;
        if (has_room && (last || !late)) {
            return transfer;
        }
    }
    return NULL;
}

static void leave(struct campaign *campaign, struct member *member)
{
    if (member->transfer != TRANSFER_NONE) {
        assert(campaign->transfers[member->transfer].member_count > 0);
        campaign->transfers[member->transfer].member_count--;
    }
}

bool split_assign(struct campaign *campaign, struct member *member, sim_ns now_ns)
{
    if (is_undivided(campaign)) {
        assert(member->transfer == campaign->round);
        return true;
    }
    uint32_t first = choose(campaign, member->device);
    struct transfer *transfer =
            first == TRANSFER_NONE ? NULL : choose_wave(campaign, first, member, now_ns);
    bool closed = !unicast_delivery(campaign) && now_ns >= campaign->session_ns - SET_UP_CLOSE_NS;
    if (transfer == NULL || (!transfer->open && closed)) {
        return false;
    }
    if (!transfer->open) {
        uint32_t wave = split_wave_of(campaign, transfer->index);
        open(campaign, transfer, open_count(campaign, wave) + 1u, now_ns);
    }
    if (member->transfer != transfer->index) { /* a device that another campaign holds asks again */
        leave(campaign, member);
        member->transfer = transfer->index;
        transfer->member_count++;
    }
    return true;
}
