/* Energy of one end-device: current per state, integrated.
 * SPDX-License-Identifier: MIT
 *
 * Supply voltage x current x time; currents are constant within a state and do not depend on
 * temperature or on what is left in the battery. Values and their sources: a board's data file
 * (models/board/boards/; spec-physics section 8, spec-sx127x section 13).
 */
#ifndef BOARD_ENERGY_H
#define BOARD_ENERGY_H

#include <stdbool.h>
#include <stdint.h>

#include "chip/sx1276.h"
#include "sim_time.h"

/* The keys of summary.json energy_j.by_component. */
/* clang-format off */
#define ENERGY_COMPONENTS(X)                                                                       \
    X(RADIO_RX, "radio_rx")     /* and channel activity detection */                               \
    X(RADIO_TX, "radio_tx")                                                                        \
    X(RADIO_IDLE, "radio_idle") /* sleep, standby, FS */                                           \
    X(MCU_RUN, "mcu_run")                                                                          \
    X(MCU_SLEEP, "mcu_sleep")                                                                      \
    X(FLASH, "flash")

enum energy_component {
#define X(name, text) ENERGY_##name,
    ENERGY_COMPONENTS(X)
#undef X
    ENERGY_COMPONENT_COUNT
};
/* clang-format on */
extern const char *const energy_component_names[ENERGY_COMPONENT_COUNT]; /* "radio_rx", ... */

/* Everything that draws current. A component is the sum of the states that it names. */
enum energy_state {
    ENERGY_STATE_RADIO_RESET,
    ENERGY_STATE_RADIO_SLEEP,
    ENERGY_STATE_RADIO_STANDBY,
    ENERGY_STATE_RADIO_FS,
    ENERGY_STATE_RADIO_RX,
    ENERGY_STATE_RADIO_CAD,
    ENERGY_STATE_RADIO_TX, /* all power levels */
    ENERGY_STATE_MCU_RUN,
    ENERGY_STATE_MCU_STOP,
    ENERGY_STATE_INTERNAL_PROGRAM, /* on top of MCU_RUN */
    ENERGY_STATE_INTERNAL_ERASE,
    ENERGY_STATE_NOR_POWER_DOWN,
    ENERGY_STATE_NOR_STANDBY,
    ENERGY_STATE_NOR_READ,
    ENERGY_STATE_NOR_PROGRAM,
    ENERGY_STATE_NOR_ERASE,
    ENERGY_STATE_COUNT
};
extern const char *const energy_state_names[ENERGY_STATE_COUNT]; /* "radio_reset", ... */
enum energy_component energy_state_component(enum energy_state state);

#define ENERGY_TX_DBM_MIN (-4)
#define ENERGY_TX_LEVELS  25
#define ENERGY_TX_SLOTS   8 /* as many power levels as EU868 has */
#define ENERGY_BANDWIDTHS 3 /* up to 125 kHz, 250 kHz, 500 kHz */

/* Supply currents; in the comments the keys of a board's data file. */
struct energy_params {
    double supply_v; /* supply */
    /* radio.{reset,sleep,standby,fs}; TX, RX and CAD: below */
    double radio_ua[SX1276_POWER_COUNT];
    double radio_rx_ua[ENERGY_BANDWIDTHS];       /* radio.rx.{125kHz,250kHz,500kHz} */
    double radio_rx_boost_ua[ENERGY_BANDWIDTHS]; /* radio.rx_boost.{...}: with LnaBoostHf */
    double radio_cad_ua[ENERGY_BANDWIDTHS];      /* radio.cad.{...}: the correlating part */
    /* radio.tx: a list of TX supply currents for -4..20 dBm, index dBm + 4 */
    double radio_tx_ua[ENERGY_TX_LEVELS];
    double mcu_run_ua;  /* cpu.run */
    double mcu_stop_ua; /* cpu.stop: with the RTC on its crystal */
    /* nor.power_down: between accesses, where the driver leaves the NOR (spec-physics section 8:
     * W25Q80 1 uA, MX25R8035F 7 nA in its deep power-down) */
    double nor_power_down_ua;
    double nor_standby_ua; /* nor.standby: awake, around the commands */
    double nor_program_ua; /* nor.{program,erase,read}: instead of power-down */
    double nor_erase_ua;
    double nor_read_ua;
    double internal_program_ua; /* internal.{program,erase}: on top of cpu.run */
    double internal_erase_ua;
};

struct energy_account {
    double joule[ENERGY_COMPONENT_COUNT];
};

struct energy_states {
    double joule[ENERGY_STATE_COUNT];
    /* RADIO_TX by power, in order of first use; sums up to it. A ninth level joins the nearest. */
    uint32_t tx_count;
    struct {
        int32_t dbm;
        double joule;
    } tx[ENERGY_TX_SLOTS];
};

/* Running integrals of one node. Times of the MCU and of the flash are whole nanoseconds, so their
 * order of addition does not matter; the radio's charge is one sum per state and power level. */
struct energy_meter {
    sim_ns mcu_run_ns;
    sim_ns nor_program_ns;
    sim_ns nor_erase_ns;
    sim_ns nor_read_ns;
    sim_ns nor_standby_ns;
    sim_ns radio_since_ns; /* start of the present radio state */
    double radio_ua;       /* its current */
    uint8_t radio_power;   /* enum sx1276_power */
    uint8_t tx_level;      /* of the next or running transmission: index of radio_tx_ua */
    uint8_t tx_slot;       /* where its charge goes */
    uint8_t tx_slots;      /* in use */
    int8_t tx_dbm[ENERGY_TX_SLOTS];
    double radio_uans[SX1276_POWER_COUNT]; /* microampere x nanoseconds before that; TX: below */
    double tx_uans[ENERGY_TX_SLOTS];
    sim_ns internal_program_ns;
    sim_ns internal_erase_ns;
};

/* What the supply current of a radio state depends on besides it. */
struct energy_radio {
    uint32_t bandwidth_hz;
    bool lna_boost;
};

void energy_meter_init(
        struct energy_meter *meter, const struct energy_params *params, sim_ns power_on_ns);
/* The radio loses its power, and has it again; the meter goes on. */
void energy_meter_power_off(struct energy_meter *meter, sim_ns at_ns);
void energy_meter_power_on(
        struct energy_meter *meter, const struct energy_params *params, sim_ns at_ns);
/* `radio` is looked at in RX and CAD only; NULL elsewhere will do. */
void energy_meter_radio(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, enum sx1276_power power, const struct energy_radio *radio);
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
        struct energy_states *states);
/* The states by component. */
void energy_account_of(const struct energy_states *states, struct energy_account *account);
double energy_total_j(const struct energy_account *account);
/* The total of the account at `now_ns`, to the bit, without the account. */
double energy_meter_total_j(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead);

#endif
