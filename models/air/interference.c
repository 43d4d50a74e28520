/* Interference between frames: thresholds against powers at instants, or against energies.
 * SPDX-License-Identifier: MIT
 */
#include "air/interference.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "air/interference_matrices.h"

const char *const interference_model_names[] = {
    [INTERFERENCE_CAPTURE] = "capture",
    [INTERFERENCE_NONE] = "none",
    [INTERFERENCE_ALOHA] = "aloha",
    [INTERFERENCE_GOURSAUD] = "goursaud",
    [INTERFERENCE_CROCE] = "croce",
    [INTERFERENCE_CROCE + 1] = NULL,
};
const char *const overlap_rule_names[] = {
    [OVERLAP_INSTANT] = "instant",
    [OVERLAP_ENERGY] = "energy",
    [OVERLAP_ENERGY + 1] = NULL,
};
const char *const capture_timing_names[] = {
    [TIMING_PREAMBLE_LOCK] = "preamble-lock",
    [TIMING_WHOLE_FRAME] = "whole-frame",
    [TIMING_WHOLE_FRAME + 1] = NULL,
};

const char *const equal_copies_names[] = {
    [EQUAL_COPIES_INTERFERE] = "interfere",
    [EQUAL_COPIES_COMBINE] = "combine",
    [EQUAL_COPIES_COMBINE + 1] = NULL,
};

static void same_sf_only(struct interference_thresholds *thresholds, int32_t threshold_mdb)
{
    for (unsigned wanted = 0; wanted < INTERFERENCE_SF_COUNT; wanted++) {
        for (unsigned other = 0; other < INTERFERENCE_SF_COUNT; other++) {
            thresholds->mdb[wanted][other] = wanted == other ? threshold_mdb : INTERFERENCE_NEVER;
        }
    }
}

void interference_thresholds_init(struct interference_thresholds *thresholds,
        enum interference_model model, double capture_db)
{
    switch (model) {
    case INTERFERENCE_CAPTURE:
        same_sf_only(thresholds, (int32_t)lround(1000 * capture_db));
        return;
    case INTERFERENCE_NONE:
        same_sf_only(thresholds, INTERFERENCE_NEVER);
        return;
    case INTERFERENCE_ALOHA:
        same_sf_only(thresholds, INTERFERENCE_ALWAYS);
        return;
    case INTERFERENCE_GOURSAUD:
        *thresholds = interference_goursaud;
        return;
    case INTERFERENCE_CROCE:
        *thresholds = interference_croce;
        return;
    }
    assert(false && "an interference model");
}

bool interference_across_sf(enum interference_model model)
{
    return model == INTERFERENCE_GOURSAUD || model == INTERFERENCE_CROCE;
}

sim_ns interference_from_ns(enum capture_timing timing, const struct frame *frame)
{
    const struct lora_modulation *m = &frame->modulation;
    if (timing == TIMING_WHOLE_FRAME || m->preamble_symbols <= LORA_LOCK_SYMBOLS) {
        return frame->start_ns;
    }
    uint64_t symbols = m->preamble_symbols - LORA_LOCK_SYMBOLS;
    return frame->start_ns + lora_quarter_symbols_ns(m, 4 * symbols);
}

static sim_ns off_ns(const struct overlap *overlap)
{
    return overlap->off_ns != 0 ? overlap->off_ns : overlap->frame->end_ns;
}

/* --- powers at instants ----------------------------------------------------------------------- */

/* Ratios that are worked out once for a frame; of more overlaps, again for each of them. */
#define RATIOS_MAX 64u

struct ratios {
    double of[RATIOS_MAX]; /* power of an overlap over the wanted one; below 0: not known yet */
    uint32_t count;
};

static void ratios_init(struct ratios *ratios, uint32_t overlap_count)
{
    ratios->count = overlap_count < RATIOS_MAX ? overlap_count : RATIOS_MAX;
    for (uint32_t i = 0; i < ratios->count; i++) {
        ratios->of[i] = -1;
    }
}

static double ratio_of(
        struct ratios *ratios, const struct overlap *overlaps, uint32_t i, int32_t power_mdbm)
{
    if (i < ratios->count && ratios->of[i] >= 0) {
        return ratios->of[i];
    }
    double ratio = pow(10, (overlaps[i].power_mdbm - power_mdbm) / 10000.0);
    if (i < ratios->count) {
        ratios->of[i] = ratio;
    }
    return ratio;
}

/* Do the overlaps that are on the air at `at_ns` and share the SF of `newest`, which is one of
 * them, exceed its threshold together? */
static bool drowned_at(const struct overlap *overlaps, uint32_t overlap_count,
        struct ratios *ratios, uint32_t newest, sim_ns at_ns, int32_t power_mdbm,
        int32_t threshold_mdb)
{
    if (power_mdbm - overlaps[newest].power_mdbm < threshold_mdb) {
        return true;
    }
    if (overlap_count == 1) {
        return false;
    }
    uint8_t sf = overlaps[newest].frame->modulation.spreading_factor;
    double ratio = 0; /* all interference over the wanted power */
    unsigned together = 0;
    for (uint32_t i = 0; i < overlap_count; i++) {
        const struct frame *other = overlaps[i].frame;
        if (other->start_ns <= at_ns && off_ns(&overlaps[i]) > at_ns
                && other->modulation.spreading_factor == sf) {
            ratio += ratio_of(ratios, overlaps, i, power_mdbm);
            together++;
        }
    }
    return together > 1 && ratio > pow(10, -threshold_mdb / 10000.0);
}

/* Interference only grows where an overlap begins, so these instants are all there is to check. */
static enum interference_outcome judge_instants(const struct interference_rule *rule,
        const struct frame *frame, int32_t power_mdbm, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    enum interference_outcome outcome = INTERFERENCE_SURVIVED;
    struct ratios ratios;
    ratios_init(&ratios, overlap_count);
    for (uint32_t i = 0; i < overlap_count && outcome != INTERFERENCE_BREAKS_HEADER; i++) {
        const struct frame *other = overlaps[i].frame;
        int32_t threshold_mdb =
                rule->threshold_mdb[other->modulation.spreading_factor - INTERFERENCE_SF_MIN];
        if (threshold_mdb == INTERFERENCE_NEVER || off_ns(&overlaps[i]) <= rule->from_ns
                || other->start_ns >= frame->end_ns) {
            continue;
        }
        sim_ns at_ns = other->start_ns > rule->from_ns ? other->start_ns : rule->from_ns;
        if (drowned_at(overlaps, overlap_count, &ratios, i, at_ns, power_mdbm, threshold_mdb)) {
            outcome = at_ns >= frame->header_ns ? INTERFERENCE_BREAKS_PAYLOAD
                                                : INTERFERENCE_BREAKS_HEADER;
        }
    }
    return outcome;
}

/* --- energies --------------------------------------------------------------------------------- */

static sim_ns time_together_ns(const struct overlap *overlap, sim_ns from_ns, sim_ns to_ns)
{
    sim_ns start_ns = overlap->frame->start_ns > from_ns ? overlap->frame->start_ns : from_ns;
    sim_ns end_ns = off_ns(overlap) < to_ns ? off_ns(overlap) : to_ns;
    return end_ns > start_ns ? end_ns - start_ns : 0;
}

/* Between `from_ns` and `to_ns`: does the energy of some SF exceed what the wanted energy bears? */
static bool outweighed(const struct interference_rule *rule, int32_t power_mdbm, sim_ns from_ns,
        sim_ns to_ns, const struct overlap *overlaps, uint32_t overlap_count)
{
    double energy[INTERFERENCE_SF_COUNT] = { 0 }; /* over wanted power, in ns */
    for (uint32_t i = 0; i < overlap_count; i++) {
        sim_ns together_ns = time_together_ns(&overlaps[i], from_ns, to_ns);
        double ratio = pow(10, (overlaps[i].power_mdbm - power_mdbm) / 10000.0);
        energy[overlaps[i].frame->modulation.spreading_factor - INTERFERENCE_SF_MIN] +=
                ratio * (double)together_ns;
    }
    for (unsigned sf = 0; sf < INTERFERENCE_SF_COUNT; sf++) {
        int32_t threshold_mdb = rule->threshold_mdb[sf];
        if (energy[sf] <= 0 || threshold_mdb == INTERFERENCE_NEVER) {
            continue;
        }
        if (threshold_mdb == INTERFERENCE_ALWAYS
                || energy[sf] > (double)(to_ns - from_ns) * pow(10, -threshold_mdb / 10000.0)) {
            return true;
        }
    }
    return false;
}

/* The header is broken where the same rule, applied to what precedes its end, says so. */
static enum interference_outcome judge_energies(const struct interference_rule *rule,
        const struct frame *frame, int32_t power_mdbm, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    if (!outweighed(rule, power_mdbm, rule->from_ns, frame->end_ns, overlaps, overlap_count)) {
        return INTERFERENCE_SURVIVED;
    }
    return outweighed(rule, power_mdbm, rule->from_ns, frame->header_ns, overlaps, overlap_count)
                   ? INTERFERENCE_BREAKS_HEADER
                   : INTERFERENCE_BREAKS_PAYLOAD;
}

enum interference_outcome interference_judge(const struct interference_rule *rule,
        const struct frame *frame, int32_t power_mdbm, const struct overlap *overlaps,
        uint32_t overlap_count)
{
    switch (rule->overlap) {
    case OVERLAP_INSTANT:
        return judge_instants(rule, frame, power_mdbm, overlaps, overlap_count);
    case OVERLAP_ENERGY:
        return judge_energies(rule, frame, power_mdbm, overlaps, overlap_count);
    }
    assert(false && "an overlap rule");
    return INTERFERENCE_SURVIVED;
}
