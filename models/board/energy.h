/* Energy of one end-device: current per state, integrated.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_ENERGY_H
#define BOARD_ENERGY_H

#include <stdint.h>

#include "chip/sx1276.h"
#include "sim_time.h"

enum energy_component { /* the keys of summary.json energy_j.by_component */
    ENERGY_RADIO_RX,    /* and channel activity detection */
    ENERGY_RADIO_TX,
    ENERGY_RADIO_IDLE, /* sleep, standby, FS */
    ENERGY_MCU_RUN,
    ENERGY_MCU_SLEEP,
    ENERGY_FLASH,
    ENERGY_COMPONENT_COUNT
};

#define ENERGY_TX_DBM_MIN (-4)
#define ENERGY_TX_LEVELS  25

struct energy_params {
    double supply_v;
    double radio_ua[SX1276_POWER_COUNT]; /* TX: see radio_tx_ua */
    /* TX supply current for -4..20 dBm, index dBm + 4. */
    double radio_tx_ua[ENERGY_TX_LEVELS];
    double mcu_run_ua;
    double mcu_stop_ua;
    double nor_standby_ua;
    double nor_program_ua; /* these three instead of standby */
    double nor_erase_ua;
    double nor_read_ua;
    double internal_flash_ua; /* on top of mcu_run while programming or erasing */
    double battery_mah;
    double battery_usable; /* fraction */
};

struct energy_account {
    double joule[ENERGY_COMPONENT_COUNT];
};

/* Running integrals of one node. Times of the MCU and of the flash are whole nanoseconds, so their
 * order of addition does not matter; the radio's charge is one sum per component. */
struct energy_meter {
    sim_ns mcu_run_ns;
    sim_ns nor_program_ns;
    sim_ns nor_erase_ns;
    sim_ns nor_read_ns;
    sim_ns internal_ns;
    sim_ns radio_since_ns;                    /* start of the present radio state */
    double radio_ua;                          /* its current */
    double radio_tx_ua;                       /* of the next or running transmission */
    double radio_uans[ENERGY_RADIO_IDLE + 1]; /* microampere x nanoseconds before that */
    uint8_t radio_power;                      /* enum sx1276_power */
};

void energy_meter_init(
        struct energy_meter *meter, const struct energy_params *params, sim_ns power_on_ns);
void energy_meter_radio(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, enum sx1276_power power);
/* The chip's output power from `at_ns` on. */
void energy_meter_tx_power(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, int32_t power_mdbm);

/* What of a meter's times lies after the moment of reading: work is booked whole when it begins. */
struct energy_ahead {
    sim_ns mcu_run_ns;
    sim_ns nor_program_ns;
    sim_ns nor_erase_ns;
};
/* Energy from power on to `now_ns`. */
void energy_meter_read(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead,
        struct energy_account *account);
double energy_total_j(const struct energy_account *account);

#endif
