/* What a path-loss law provides.
 * SPDX-License-Identifier: MIT
 *
 * Write law_<identifier>.c, define path_loss_law_<identifier> there, and add the line to
 * path_loss_laws.def.
 */
#ifndef AIR_PATH_LOSS_H
#define AIR_PATH_LOSS_H

#include <math.h>

#include "air/propagation.h"

/* A closed interval. */
struct path_loss_span {
    double from, to;
};

/* Where a law was measured or is meant to be used. */
struct path_loss_range {
    struct path_loss_span frequency_mhz, base_height_m, mobile_height_m, distance_m;
    unsigned environments; /* bit per enum propagation_environment */
    const char *source;
};

struct path_loss_law {
    /* Pure; in dB. `distance_m` is at least `distance_min_m`. */
    double (*loss_db)(const struct propagation_params *params, double base_height_m,
            double mobile_height_m, double distance_m);
    double distance_min_m; /* shorter ones count as this: sites of a scenario may coincide */
    struct path_loss_range range;
};

#define LAW(identifier, constant, name)                                                            \
    extern const struct path_loss_law path_loss_law_##identifier;
#include "air/path_loss_laws.def"
#undef LAW

#define PATH_LOSS_ANY                                                                              \
    {                                                                                              \
        0, INFINITY                                                                                \
    }
#define PATH_LOSS_ANY_ENVIRONMENT (~0u)
/* The range of a law that only asks for a distance of a metre. */
#define PATH_LOSS_ANYWHERE(source_text)                                                            \
    {                                                                                              \
        .frequency_mhz = PATH_LOSS_ANY, .base_height_m = PATH_LOSS_ANY,                            \
        .mobile_height_m = PATH_LOSS_ANY, .distance_m = { 1, INFINITY },                           \
        .environments = PATH_LOSS_ANY_ENVIRONMENT, .source = source_text                           \
    }

/* The numbers of a published set-up. */
struct path_loss_preset_row {
    enum propagation_model model;
    double exponent, reference_loss_db, reference_distance_m;
    double exponent_far, breakpoint_m, far_reference_loss_db, far_reference_distance_m;
    struct path_loss_span distance_m;
    const char *source;
};

/* NULL for PATH_LOSS_PRESET_NONE. */
const struct path_loss_preset_row *path_loss_preset_row(enum path_loss_preset preset);

/* Hata's correction a(hm) in dB for the height of the mobile antenna in a small or medium city,
 * which COST 231 keeps (Hata 1980). */
double hata_mobile_height_db(double frequency_mhz, double mobile_height_m);
/* 20 log10(4 pi d f / c) in dB (Friis 1946); below 0 nearer than c / (4 pi f). */
double free_space_db(double frequency_mhz, double distance_m);

#endif
