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

int32_t medium_shadowed_gain_mdb(
        const struct medium *medium, uint32_t gateway, uint32_t device, double common_db)
{
    const struct medium_site *site = &medium->device_sites[device];
    double shadowing_db =
            shadowing_link_db(medium->shadowing, gateway, device, site->x_m, site->y_m, common_db);
    return gain_mdb(&medium->params.propagation, &medium->gateways[gateway], site, shadowing_db);
}

double medium_common_db_at(const struct medium *medium, uint32_t device)
{
    const struct medium_site *site = &medium->device_sites[device];
    return shadowing_common_db(medium->shadowing, device, site->x_m, site->y_m);
}

int32_t medium_unlinked_gain_mdb(const struct medium *medium, uint32_t gateway, uint32_t device)
{
    assert(gateway < medium->gateway_count && device < medium->device_count);
    return medium_shadowed_gain_mdb(medium, gateway, device, medium_common_db_at(medium, device));
}

int32_t medium_gain_at_mdb(
        const struct medium *medium, uint32_t gateway, double x_m, double y_m, double height_m)
{
    assert(gateway < medium->gateway_count);
    const struct medium_site to = { .x_m = x_m, .y_m = y_m, .height_m = height_m };
    return gain_mdb(&medium->params.propagation, &medium->gateways[gateway], &to, 0.0);
}

/* --- what can be heard ------------------------------------------------------------------------ */

int32_t medium_heard_from_mdbm(
        const struct medium *medium, enum receiver_kind kind, int32_t detect_mdbm)
{
    bool combine = medium->params.reception.equal_copies == EQUAL_COPIES_COMBINE;
    int32_t fading_mdb = medium->fading_most_mdb;
    int32_t below_mdb = fading_mdb > MEDIUM_TOLD_MDB ? fading_mdb : MEDIUM_TOLD_MDB;
    return detect_mdbm - below_mdb - (combine && kind == RECEIVER_SX1276 ? MEDIUM_COPIES_MDB : 0);
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
        int32_t row_mdbm =
                medium_heard_from_mdbm(medium, kind, judge_detect_mdbm(medium->tables, kind, &m));
        least_mdbm = row_mdbm < least_mdbm ? row_mdbm : least_mdbm;
    }
    return least_mdbm;
}

/* --- where to look for links ------------------------------------------------------------------ */

static int32_t device_antenna_mdb(const struct medium *medium, uint32_t device)
{
    return medium->device_antenna_mdb == NULL ? 0 : medium->device_antenna_mdb[device];
}

bool medium_is_link(
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

static int32_t gateway_antenna_most_mdb(const struct medium *medium)
{
    int32_t most_mdb = 0;
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        int32_t antenna_mdb = medium->gateways[i].antenna_gain_mdb;
        most_mdb = i == 0 || antenna_mdb > most_mdb ? antenna_mdb : most_mdb;
    }
    return most_mdb;
}

double medium_loss_max_db(const struct medium *medium)
{
    int32_t up_mdb = medium->gateway_antenna_most_mdb + medium->params.device_power_max_mdbm
                     - medium->gateway_cut_off_mdbm;
    int32_t down_mdb = medium->device_antenna_most_mdb + medium->params.gateway_power_max_mdbm
                       - medium->device_cut_off_mdbm;
    return (up_mdb > down_mdb ? up_mdb : down_mdb) / 1000.0;
}

bool medium_reach_init(struct medium *medium)
{
    medium->device_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1276);
    medium->gateway_cut_off_mdbm = cut_off_mdbm(medium, RECEIVER_SX1301);
    medium->device_antenna_most_mdb = device_antenna_most_mdb(medium);
    medium->gateway_antenna_most_mdb = gateway_antenna_most_mdb(medium);
    medium->shadowing =
            shadowing_create(&medium->params.propagation, medium->seed, medium->gateway_count);
    return medium->shadowing != NULL;
}

void medium_reach_finish(struct medium *medium)
{
    shadowing_destroy(medium->shadowing);
}
