/* Path loss between two sites: which law, with which numbers.
 * SPDX-License-Identifier: MIT
 *
 * A law is one file law_<name>.c and one line of path_loss_laws.def; what a law must provide stands
 * in path_loss.h. Shadowing, fading, penetration and interferers have headers of their own.
 */
#ifndef AIR_PROPAGATION_H
#define AIR_PROPAGATION_H

#include <stdbool.h>
#include <stdint.h>

enum propagation_model {
#define LAW(identifier, constant, name) PROPAGATION_##constant,
#include "air/path_loss_laws.def"
#undef LAW
    PROPAGATION_MODEL_COUNT
};
enum propagation_environment {
    ENVIRONMENT_URBAN, /* Hata, small or medium city */
    ENVIRONMENT_SUBURBAN,
    ENVIRONMENT_OPEN,
    ENVIRONMENT_METROPOLITAN /* Hata, large city */
};
enum path_loss_preset { /* numbers and sources: path_loss_presets.c */
    PATH_LOSS_PRESET_NONE,
    PATH_LOSS_PRESET_LORASIM,    /* Bor et al. 2016 */
    PATH_LOSS_PRESET_NS_3,       /* Magrin et al. 2017 */
    PATH_LOSS_PRESET_FLORA_OULU, /* Petajajarvi et al. 2015 */
    PATH_LOSS_PRESET_FUOTASIM    /* FUOTASim, medians */
};

/* Names as in scenarios, in the order of the enums, ended by NULL. */
extern const char *const path_loss_law_names[];
extern const char *const propagation_environment_names[];
extern const char *const path_loss_preset_names[];

struct propagation_params {
    enum propagation_model model;
    enum propagation_environment environment; /* okumura-hata, cost-231 */
    double frequency_mhz;                     /* of the region */

    /* log-distance, dual-slope: loss = reference + 10 exponent log10(d / reference distance), which
     * is greater than 0. */
    double exponent;
    double reference_loss_db;
    double reference_distance_m;
    /* dual-slope: from the breakpoint on. */
    double exponent_far;
    double breakpoint_m;
    /* A reference of its own for the far part; a distance of 0: it goes on where the near one ends.
     */
    double far_reference_loss_db;
    double far_reference_distance_m;
    enum path_loss_preset preset; /* replaces the law and the seven numbers above */

    double shadowing_sigma_db;         /* log-normal, the same for both directions of a link */
    double shadowing_correlation_m;    /* distance where it falls to 1/e; 0: one draw per link */
    double shadowing_site_correlation; /* 0..1: share of the variance common to all gateways */
};

/* Median path loss in dB between a base station's and a mobile's antenna; never below 0. */
double path_loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m);
/* The same between any two antennas, of which the higher one is taken as the base station's. */
double path_loss_between_db(const struct propagation_params *params, double height_m,
        double other_height_m, double distance_m);

/* What keeps the law (or preset) from holding by its source: "frequency", "base height", "mobile
 * height", "distance" or "environment", the first that applies; NULL when all is within. The law is
 * then used as it is. `*source`, unless NULL, gets where the range stands. */
const char *path_loss_beyond(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m, const char **source);

/* Okumura-Hata. Source: M. Hata, "Empirical formula for propagation loss in land mobile radio
 * services", IEEE Trans. Vehicular Technology VT-29(3), 1980, fitted for 150..1500 MHz, base
 * antennas 30..200 m and mobile ones 1..10 m high, 1..20 km.
 *
 * assumed: beyond those heights and distances the formula is used as it is, down to 20 m; shorter
 * distances count as 20 m. A city's links are shorter than Hata's data, and its slope at 1 km is
 * the best guess that can be had from it. */
double okumura_hata_db(enum propagation_environment environment, double frequency_mhz,
        double base_height_m, double mobile_height_m, double distance_m);

#endif
