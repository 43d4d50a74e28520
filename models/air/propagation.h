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

/* Okumura-Hata median path loss in dB. f 150..1500 MHz, heights in m, distance in m; distances
 * below 20 m count as 20 m. Source: Hata, IEEE Trans. VT-29, 1980. */
double okumura_hata_db(enum propagation_environment environment, double frequency_mhz,
        double base_height_m, double mobile_height_m, double distance_m);

#endif
