/* Links: which gateways and devices hear each other at all, and their gains.
 * SPDX-License-Identifier: MIT
 *
 * Memory and time go by the number of links, not by devices times gateways. A pair without a link
 * has a gain all the same; it is computed when it is asked for.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "air/medium_internal.h"
#include "air/shadowing.h"

/* assumed: a pair that only a gain of more than four sigma of shadowing could link is none; that is
 * one in 30,000 of those at the edge. */
#define SHADOWING_SIGMAS 4.0
/* Nothing on Earth is further; where the law reaches beyond, all pairs are looked at. */
#define DISTANCE_MAX_M 1e6

/* --- gains ------------------------------------------------------------------------------------ */

static int32_t gain_mdb(const struct propagation_params *propagation,
        const struct gateway_state *gateway, const struct medium_site *device, double shadowing_db)
{
    double distance_m = hypot(gateway->x_m - device->x_m, gateway->y_m - device->y_m);
    double loss_db = path_loss_db(propagation, gateway->height_m, device->height_m, distance_m);
    loss_db += device->penetration_db;
    loss_db += shadowing_db;
    return (int32_t)lround(-1000 * loss_db);
}

static int32_t shadowed_gain_mdb(
        const struct medium *medium, uint32_t gateway, uint32_t device, double common_db)
{
    const struct medium_site *site = &medium->device_sites[device];
    double shadowing_db =
            shadowing_link_db(medium->shadowing, gateway, device, site->x_m, site->y_m, common_db);
    return gain_mdb(&medium->params.propagation, &medium->gateways[gateway], site, shadowing_db);
}

static double common_db_at(const struct medium *medium, uint32_t device)
{
    const struct medium_site *site = &medium->device_sites[device];
    return shadowing_common_db(medium->shadowing, device, site->x_m, site->y_m);
}

int32_t medium_unlinked_gain_mdb(const struct medium *medium, uint32_t gateway, uint32_t device)
{
    assert(gateway < medium->gateway_count && device < medium->device_count);
    return shadowed_gain_mdb(medium, gateway, device, common_db_at(medium, device));
}

int32_t medium_gain_at_mdb(
        const struct medium *medium, uint32_t gateway, double x_m, double y_m, double height_m)
{
    assert(gateway < medium->gateway_count);
    const struct medium_site to = { .x_m = x_m, .y_m = y_m, .height_m = height_m };
    return gain_mdb(&medium->params.propagation, &medium->gateways[gateway], &to, 0.0);
}

/* --- what can be heard ------------------------------------------------------------------------ */

int32_t medium_heard_from_mdbm(const struct medium *medium, enum receiver_kind kind,
        const struct lora_modulation *modulation)
{
    bool combine = medium->params.reception.equal_copies == EQUAL_COPIES_COMBINE;
    int32_t fading_mdb = medium->fading_most_mdb;
    int32_t below_mdb = fading_mdb > MEDIUM_TOLD_MDB ? fading_mdb : MEDIUM_TOLD_MDB;
    return judge_detect_mdbm(medium->tables, kind, modulation) - below_mdb
           - (combine && kind == RECEIVER_SX1276 ? MEDIUM_COPIES_MDB : 0);
}

static int32_t cut_off_mdbm(const struct medium *medium, enum receiver_kind kind)
{
    int32_t least_mdbm = INT32_MAX; /* SF11 is more sensitive than SF12 in a measured table */
    for (uint8_t sf = 7; sf <= 12; sf++) {
        struct lora_modulation m = {
            .bandwidth_hz = 125000,
            .spreading_factor = sf,
            .coding_rate = 1,
            .preamble_symbols = 8,
            .low_data_rate = sf >= 11,
        };
        int32_t row_mdbm = medium_heard_from_mdbm(medium, kind, &m);
        least_mdbm = row_mdbm < least_mdbm ? row_mdbm : least_mdbm;
    }
    return least_mdbm;
}

/* --- where to look for links ------------------------------------------------------------------ */

static int32_t device_antenna_mdb(const struct medium *medium, uint32_t device)
{
    return medium->device_antenna_mdb == NULL ? 0 : medium->device_antenna_mdb[device];
}

/* Is either of the two heard by the other at the most power and at SF12? */
static bool is_link(
        const struct medium *medium, uint32_t gateway, uint32_t device, int32_t gain_mdb)
{
    int32_t up_mdbm = medium->params.device_power_max_mdbm + gain_mdb
                      + medium->gateways[gateway].antenna_gain_mdb;
    int32_t down_mdbm =
            medium->params.gateway_power_max_mdbm + gain_mdb + device_antenna_mdb(medium, device);
    return up_mdbm >= medium->gateway_cut_off_mdbm || down_mdbm >= medium->device_cut_off_mdbm;
}

static int32_t device_antenna_most_mdb(const struct medium *medium)
{
    int32_t most_mdb = device_antenna_mdb(medium, 0);
    for (uint32_t i = 1; i < medium->device_count; i++) {
        int32_t antenna_mdb = device_antenna_mdb(medium, i);
        most_mdb = antenna_mdb > most_mdb ? antenna_mdb : most_mdb;
    }
    return most_mdb;
}

/* The most that a link may lose to path loss alone. */
static double loss_max_db(const struct medium *medium)
{
    int32_t up_mdb = 0, down_mdb = medium->device_antenna_most_mdb;
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        int32_t antenna_mdb = medium->gateways[i].antenna_gain_mdb;
        up_mdb = antenna_mdb > up_mdb ? antenna_mdb : up_mdb;
    }
    up_mdb += medium->params.device_power_max_mdbm - medium->gateway_cut_off_mdbm;
    down_mdb += medium->params.gateway_power_max_mdbm - medium->device_cut_off_mdbm;
    return (up_mdb > down_mdb ? up_mdb : down_mdb) / 1000.0
           + SHADOWING_SIGMAS * medium->params.propagation.shadowing_sigma_db;
}

/* assumed: higher antennas lose less, and a longer way loses more, as in all laws that we have. */
static double distance_max_m(const struct medium *medium)
{
    const struct propagation_params *law = &medium->params.propagation;
    double gateway_m = 0, device_m = 0, near_m = 0, far_m = DISTANCE_MAX_M;
    double most_db = loss_max_db(medium);
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        gateway_m = fmax(gateway_m, medium->gateways[i].height_m);
    }
    for (uint32_t i = 0; i < medium->device_count; i++) {
        device_m = fmax(device_m, medium->device_sites[i].height_m);
    }
    if (path_loss_db(law, gateway_m, device_m, far_m) <= most_db) {
        return INFINITY;
    }
    while (far_m - near_m > 1) {
        double middle_m = (near_m + far_m) / 2;
        bool reached = path_loss_db(law, gateway_m, device_m, middle_m) <= most_db;
        near_m = reached ? middle_m : near_m;
        far_m = reached ? far_m : middle_m;
    }
    return far_m;
}

/* --- the table -------------------------------------------------------------------------------- */

static bool add_link(struct link_rows *rows, uint32_t *capacity, struct medium_link link)
{
    uint32_t count = rows->from[rows->row_count];
    if (count == *capacity) {
        uint32_t more = *capacity < UINT32_MAX / 2 ? *capacity * 2 + 64 : UINT32_MAX;
        struct medium_link *links = realloc(rows->links, more * sizeof *links);
        if (links == NULL || count == UINT32_MAX) {
            return false;
        }
        rows->links = links;
        *capacity = more;
    }
    rows->links[count] = link;
    rows->from[rows->row_count] = count + 1;
    return true;
}

static bool link_device(
        struct medium *medium, uint32_t device, double distance_max_m, uint32_t *capacity)
{
    struct link_rows *rows = &medium->links_of_device;
    const struct medium_site *site = &medium->device_sites[device];
    double common_db = common_db_at(medium, device);
    for (uint32_t g = 0; g < medium->gateway_count; g++) {
        const struct gateway_state *gateway = &medium->gateways[g];
        if (fabs(gateway->x_m - site->x_m) > distance_max_m
                || fabs(gateway->y_m - site->y_m) > distance_max_m) {
            continue;
        }
        int32_t link_mdb = shadowed_gain_mdb(medium, g, device, common_db);
        if (is_link(medium, g, device, link_mdb)
                && !add_link(rows, capacity, (struct medium_link){ g, link_mdb })) {
            return false;
        }
    }
    return true;
}

static bool link_devices(struct medium *medium)
{
    struct link_rows *rows = &medium->links_of_device;
    double most_m = distance_max_m(medium);
    uint32_t capacity = 0;
    rows->from = calloc((size_t)medium->device_count + 1, sizeof *rows->from);
    if (rows->from == NULL) {
        return false;
    }
    for (uint32_t d = 0; d < medium->device_count; d++) {
        rows->row_count = d + 1;
        rows->from[d + 1] = rows->from[d];
        if (!link_device(medium, d, most_m, &capacity)) {
            return false;
        }
    }
    return true;
}

/* The same links by gateway, its devices in order. */
static bool link_gateways(struct medium *medium)
{
    const struct link_rows *by_device = &medium->links_of_device;
    struct link_rows *rows = &medium->links_of_gateway;
    size_t count = by_device->from[medium->device_count];
    uint32_t *next = calloc((size_t)medium->gateway_count + 1, sizeof *next);
    rows->row_count = medium->gateway_count;
    rows->from = calloc((size_t)medium->gateway_count + 1, sizeof *rows->from);
    rows->links = malloc((count + 1) * sizeof *rows->links);
    if (next == NULL || rows->from == NULL || rows->links == NULL) {
        free(next);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        rows->from[by_device->links[i].other + 1]++;
    }
    for (uint32_t g = 0; g < medium->gateway_count; g++) {
        rows->from[g + 1] += rows->from[g];
        next[g] = rows->from[g];
    }
    for (uint32_t d = 0; d < medium->device_count; d++) {
        for (uint32_t i = by_device->from[d]; i < by_device->from[d + 1]; i++) {
            const struct medium_link *link = &by_device->links[i];
            rows->links[next[link->other]++] = (struct medium_link){ d, link->gain_mdb };
        }
    }
    free(next);
    return true;
}

bool medium_reach_init(struct medium *medium)
{
    size_t lists = (size_t)medium->gateway_count * INTERFERENCE_SF_COUNT;
    medium->device_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1276);
    medium->gateway_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1301);
    medium->device_antenna_most_mdb = device_antenna_most_mdb(medium);
    medium->audible = calloc(lists + 1, sizeof *medium->audible);
    medium->shadowing =
            shadowing_create(&medium->params.propagation, medium->seed, medium->gateway_count);
    return medium->audible != NULL && medium->shadowing != NULL && link_devices(medium)
           && link_gateways(medium);
}

void medium_reach_finish(struct medium *medium)
{
    size_t lists = (size_t)medium->gateway_count * INTERFERENCE_SF_COUNT;
    for (size_t i = 0; medium->audible != NULL && i < lists; i++) {
        free(medium->audible[i].own);
    }
    free(medium->audible);
    shadowing_destroy(medium->shadowing);
    free(medium->links_of_device.from);
    free(medium->links_of_device.links);
    free(medium->links_of_gateway.from);
    free(medium->links_of_gateway.links);
}

const struct medium_link *medium_link_search(
        const struct medium *medium, uint32_t gateway, uint32_t device)
{
    const struct link_rows *rows = &medium->links_of_device;
    uint32_t low = rows->from[device], high = rows->from[device + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows->links[middle].other < gateway) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < rows->from[device + 1] && rows->links[low].other == gateway;
    return found ? &rows->links[low] : NULL;
}

/* --- links of one SF -------------------------------------------------------------------------- */

static uint32_t count_from(const struct medium_link *links, uint32_t count, int32_t from_gain_mdb)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        kept += links[i].gain_mdb >= from_gain_mdb;
    }
    return kept;
}

static void audible_fill(struct medium *medium, struct audible *audible, uint32_t gateway)
{
    const struct link_rows *rows = &medium->links_of_gateway;
    const struct medium_link *all = rows->links + rows->from[gateway];
    uint32_t all_count = rows->from[gateway + 1] - rows->from[gateway];
    free(audible->own);
    audible->own = NULL;
    audible->links = all;
    audible->count = count_from(all, all_count, audible->from_gain_mdb);
    audible->known = true;
    if (audible->count == all_count || audible->count == 0) {
        return;
    }
    audible->own = run_memory_grow(
            engine_memory(medium->engine), NULL, audible->count * sizeof *audible->own);
    audible->links = audible->own;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all_count; i++) {
        if (all[i].gain_mdb >= audible->from_gain_mdb) {
            audible->own[kept++] = all[i];
        }
    }
    assert(kept == audible->count);
}

const struct audible *medium_audible(struct medium *medium, const struct on_air *air)
{
    assert(medium_goes_by_links(medium, air));
    unsigned sf = air->frame.modulation.spreading_factor - INTERFERENCE_SF_MIN;
    assert(sf < INTERFERENCE_SF_COUNT);
    struct audible *audible =
            &medium->audible[(size_t)air->transmitter * INTERFERENCE_SF_COUNT + sf];
    int32_t from_gain_mdb =
            air->device_from_mdbm - air->frame.power_mdbm - medium->device_antenna_most_mdb;
    if (!audible->known || from_gain_mdb < audible->from_gain_mdb) {
        audible->from_gain_mdb = from_gain_mdb;
        audible_fill(medium, audible, air->transmitter);
    }
    return audible;
}
