/* Energy of one end-device: current per state, integrated.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_ENERGY_H
#define BOARD_ENERGY_H

#include <stdint.h>

#include "chip/sx1276.h"
#include "sim_time.h"

enum energy_component { /* the keys of summary.json energy_j.by_component */
    ENERGY_RADIO_RX,
    ENERGY_RADIO_TX,
    ENERGY_RADIO_IDLE, /* sleep, standby, FS */
    ENERGY_MCU_RUN,
    ENERGY_MCU_SLEEP,
    ENERGY_FLASH,
    ENERGY_COMPONENT_COUNT
};

struct energy_params {
    double supply_v;
    double radio_ua[SX1276_POWER_COUNT]; /* TX: see radio_tx_ua */
    /* TX supply current for -4..20 dBm, index dBm + 4. */
    double radio_tx_ua[25];
    double mcu_run_ua;
    double mcu_stop_ua;
    double nor_standby_ua;
    double nor_program_ua;
    double nor_erase_ua;
    double nor_read_ua;
    double internal_flash_ua; /* on top of mcu_run while programming or erasing */
    double battery_mah;
    double battery_usable;    /* fraction */
};

struct energy_account {
    double joule[ENERGY_COMPONENT_COUNT];
};

#endif
