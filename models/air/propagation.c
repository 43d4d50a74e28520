/* Path loss laws.
 * SPDX-License-Identifier: MIT
 */
#include "air/propagation.h"

#include <assert.h>
#include <math.h>

/* assumed: below this the far-field formula means nothing; sites of a scenario may coincide. */
#define DISTANCE_MIN_M 20.0

/* Hata's correction for the height of the mobile antenna, small or medium city. */
static double mobile_height_db(double frequency_mhz, double mobile_height_m)
{
    double log_f = log10(frequency_mhz);
    return (1.1 * log_f - 0.7) * mobile_height_m - (1.56 * log_f - 0.8);
}

static double environment_relief_db(enum propagation_environment environment, double frequency_mhz)
{
    switch (environment) {
    case ENVIRONMENT_URBAN:
        return 0;
    case ENVIRONMENT_SUBURBAN: {
        double ratio = log10(frequency_mhz / 28);
        return 2 * ratio * ratio + 5.4;
    }
    case ENVIRONMENT_OPEN: {
        double log_f = log10(frequency_mhz);
        return 4.78 * log_f * log_f - 18.33 * log_f + 40.94;
    }
    }
    assert(false && "a propagation environment");
    return 0;
}

double okumura_hata_db(enum propagation_environment environment, double frequency_mhz,
        double base_height_m, double mobile_height_m, double distance_m)
{
    assert(frequency_mhz >= 150 && frequency_mhz <= 1500);
    assert(base_height_m > 0 && mobile_height_m > 0);
    double distance_km = fmax(distance_m, DISTANCE_MIN_M) / 1000;
    double log_base = log10(base_height_m);
    double urban_db = 69.55 + 26.16 * log10(frequency_mhz) - 13.82 * log_base
                      - mobile_height_db(frequency_mhz, mobile_height_m)
                      + (44.9 - 6.55 * log_base) * log10(distance_km);
    return urban_db - environment_relief_db(environment, frequency_mhz);
}

double path_loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m)
{
    switch (params->model) {
    case PROPAGATION_OKUMURA_HATA:
        return okumura_hata_db(params->environment, params->frequency_mhz, base_height_m,
                mobile_height_m, distance_m);
    }
    assert(false && "a propagation model");
    return 0;
}
