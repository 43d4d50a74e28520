/* Path loss and shadowing between two sites.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_PROPAGATION_H
#define AIR_PROPAGATION_H

#include <stdbool.h>
#include <stdint.h>

enum propagation_model {
    PROPAGATION_OKUMURA_HATA
};
enum propagation_environment {
    ENVIRONMENT_URBAN, /* Hata, small or medium city */
    ENVIRONMENT_SUBURBAN,
    ENVIRONMENT_OPEN
};
enum fading_model {
    FADING_NONE,
    FADING_RAYLEIGH
};

struct propagation_params {
    enum propagation_model model;
    enum propagation_environment environment;
    double frequency_mhz;      /* 868 for EU868 */
    double penetration_db;     /* into the building where the device is */
    double shadowing_sigma_db; /* log-normal, one draw per link, same both ways */
    enum fading_model fading;  /* block fading: one draw per frame and receiver */
};

/* Median path loss in dB between a base station's and a mobile's antenna, by `params->model`. */
double path_loss_db(const struct propagation_params *params, double base_height_m,
        double mobile_height_m, double distance_m);

/* Okumura-Hata. Source: M. Hata, "Empirical formula for propagation loss in land mobile radio
 * services", IEEE Trans. Vehicular Technology VT-29(3), 1980, fitted for 150..1500 MHz, base
 * antennas 30..200 m and mobile ones 1..10 m high, 1..20 km.
 *
 * assumed: beyond those heights and distances the formula is used as it is, down to 20 m; shorter
 * distances count as 20 m. A city's links are shorter than Hata's data, and its slope at 1 km is
 * the best guess there is without a second law. */
double okumura_hata_db(enum propagation_environment environment, double frequency_mhz,
        double base_height_m, double mobile_height_m, double distance_m);

#endif
