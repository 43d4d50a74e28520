/* Integrates supply currents over the states of radio, MCU and flash.
 * SPDX-License-Identifier: MIT
 */
#include "board/energy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SX1276_POWER_ON_MDBM 13200 /* RegPaConfig 4F: RFO (spec-sx127x section 11) */

const char *const energy_state_names[ENERGY_STATE_COUNT] = {
    [ENERGY_STATE_RADIO_RESET] = "radio_reset",
    [ENERGY_STATE_RADIO_SLEEP] = "radio_sleep",
    [ENERGY_STATE_RADIO_STANDBY] = "radio_standby",
    [ENERGY_STATE_RADIO_FS] = "radio_fs",
    [ENERGY_STATE_RADIO_RX] = "radio_rx",
    [ENERGY_STATE_RADIO_CAD] = "radio_cad",
    [ENERGY_STATE_RADIO_TX] = "radio_tx",
    [ENERGY_STATE_MCU_RUN] = "mcu_run",
    [ENERGY_STATE_MCU_STOP] = "mcu_stop",
    [ENERGY_STATE_INTERNAL_PROGRAM] = "internal_program",
    [ENERGY_STATE_INTERNAL_ERASE] = "internal_erase",
    [ENERGY_STATE_NOR_POWER_DOWN] = "nor_power_down",
    [ENERGY_STATE_NOR_STANDBY] = "nor_standby",
    [ENERGY_STATE_NOR_READ] = "nor_read",
    [ENERGY_STATE_NOR_PROGRAM] = "nor_program",
    [ENERGY_STATE_NOR_ERASE] = "nor_erase",
};

enum energy_component energy_state_component(enum energy_state state)
{
    static const uint8_t component_of[ENERGY_STATE_COUNT] = {
        [ENERGY_STATE_RADIO_RESET] = ENERGY_RADIO_IDLE,
        [ENERGY_STATE_RADIO_SLEEP] = ENERGY_RADIO_IDLE,
        [ENERGY_STATE_RADIO_STANDBY] = ENERGY_RADIO_IDLE,
        [ENERGY_STATE_RADIO_FS] = ENERGY_RADIO_IDLE,
        [ENERGY_STATE_RADIO_RX] = ENERGY_RADIO_RX,
        [ENERGY_STATE_RADIO_CAD] = ENERGY_RADIO_RX,
        [ENERGY_STATE_RADIO_TX] = ENERGY_RADIO_TX,
        [ENERGY_STATE_MCU_RUN] = ENERGY_MCU_RUN,
        [ENERGY_STATE_MCU_STOP] = ENERGY_MCU_SLEEP,
        [ENERGY_STATE_INTERNAL_PROGRAM] = ENERGY_FLASH,
        [ENERGY_STATE_INTERNAL_ERASE] = ENERGY_FLASH,
        [ENERGY_STATE_NOR_POWER_DOWN] = ENERGY_FLASH,
        [ENERGY_STATE_NOR_STANDBY] = ENERGY_FLASH,
        [ENERGY_STATE_NOR_READ] = ENERGY_FLASH,
        [ENERGY_STATE_NOR_PROGRAM] = ENERGY_FLASH,
        [ENERGY_STATE_NOR_ERASE] = ENERGY_FLASH,
    };
    assert(state < ENERGY_STATE_COUNT);
    return (enum energy_component)component_of[state];
}

void energy_meter_init(
        struct energy_meter *meter, const struct energy_params *params, sim_ns power_on_ns)
{
    memset(meter, 0, sizeof *meter);
    meter->radio_since_ns = power_on_ns;
    meter->radio_power = SX1276_POWER_STANDBY; /* where power-on reset leaves the chip */
    meter->radio_ua = params->radio_ua[SX1276_POWER_STANDBY];
    energy_meter_tx_power(meter, params, power_on_ns, SX1276_POWER_ON_MDBM);
}

/* --- the radio ------------------------------------------------------------------------------- */

static void radio_settle(struct energy_meter *meter, sim_ns at_ns)
{
    double uans = meter->radio_ua * (double)(at_ns - meter->radio_since_ns);
    if (meter->radio_power == SX1276_POWER_TX) {
        meter->tx_uans[meter->tx_slot] += uans;
    } else {
        meter->radio_uans[meter->radio_power] += uans;
    }
    meter->radio_since_ns = at_ns;
}

/* The datasheet has no figures below 125 kHz: taken as there. */
static unsigned bandwidth_index(uint32_t bandwidth_hz)
{
    return bandwidth_hz <= 125000 ? 0 : bandwidth_hz <= 250000 ? 1 : 2;
}

static double radio_current_ua(const struct energy_meter *meter, const struct energy_params *params,
        enum sx1276_power power, const struct energy_radio *radio)
{
    switch (power) {
    case SX1276_POWER_TX:
        return params->radio_tx_ua[meter->tx_level];
    case SX1276_POWER_RX: {
        unsigned bandwidth = bandwidth_index(radio->bandwidth_hz);
        return radio->lna_boost ? params->radio_rx_boost_ua[bandwidth]
                                : params->radio_rx_ua[bandwidth];
    }
    case SX1276_POWER_CAD:
        return params->radio_cad_ua[bandwidth_index(radio->bandwidth_hz)];
    case SX1276_POWER_RESET:
    case SX1276_POWER_SLEEP:
    case SX1276_POWER_STANDBY:
    case SX1276_POWER_FS:
    case SX1276_POWER_COUNT:
        break;
    }
    return params->radio_ua[power];
}

void energy_meter_radio(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, enum sx1276_power power, const struct energy_radio *radio)
{
    assert(power < SX1276_POWER_COUNT);
    radio_settle(meter, at_ns);
    meter->radio_power = (uint8_t)power;
    meter->radio_ua = radio_current_ua(meter, params, power, radio);
}

/* The slot of a level; when all are taken by others, the nearest. */
static uint8_t tx_slot_of(struct energy_meter *meter, int dbm)
{
    uint8_t nearest = 0;
    for (uint8_t slot = 0; slot < meter->tx_slots; slot++) {
        if (abs(meter->tx_dbm[slot] - dbm) < abs(meter->tx_dbm[nearest] - dbm)) {
            nearest = slot;
        }
    }
    bool known = meter->tx_slots > 0 && meter->tx_dbm[nearest] == dbm;
    if (known) {
        return nearest;
    }
    if (meter->tx_slots > 0 && meter->tx_uans[meter->tx_slots - 1] <= 0.0) {
        meter->tx_slots--; /* set, but never sent with */
    } else if (meter->tx_slots == ENERGY_TX_SLOTS) {
        return nearest;
    }
    meter->tx_dbm[meter->tx_slots] = (int8_t)dbm;
    return meter->tx_slots++;
}

void energy_meter_tx_power(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, int32_t power_mdbm)
{
    int32_t level = (power_mdbm - ENERGY_TX_DBM_MIN * 1000 + 500) / 1000; /* nearest dBm */
    if (level < 0) {
        level = 0;
    }
    if (level >= ENERGY_TX_LEVELS) {
        level = ENERGY_TX_LEVELS - 1;
    }
    if (meter->radio_power == SX1276_POWER_TX) {
        radio_settle(meter, at_ns);
        meter->radio_ua = params->radio_tx_ua[level];
    }
    meter->tx_level = (uint8_t)level;
    meter->tx_slot = tx_slot_of(meter, level + ENERGY_TX_DBM_MIN);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_radio(const struct energy_meter *meter, double uans[ENERGY_STATE_COUNT],
        struct energy_states *states, double volt_1e_15)
{
    uans[ENERGY_STATE_RADIO_RESET] = meter->radio_uans[SX1276_POWER_RESET];
    uans[ENERGY_STATE_RADIO_SLEEP] = meter->radio_uans[SX1276_POWER_SLEEP];
    uans[ENERGY_STATE_RADIO_STANDBY] = meter->radio_uans[SX1276_POWER_STANDBY];
    uans[ENERGY_STATE_RADIO_FS] = meter->radio_uans[SX1276_POWER_FS];
    uans[ENERGY_STATE_RADIO_RX] = meter->radio_uans[SX1276_POWER_RX];
    uans[ENERGY_STATE_RADIO_CAD] = meter->radio_uans[SX1276_POWER_CAD];
    uans[ENERGY_STATE_RADIO_TX] = 0;
    for (uint8_t slot = 0; slot < meter->tx_slots; slot++) {
        uans[ENERGY_STATE_RADIO_TX] += meter->tx_uans[slot];
        if (meter->tx_uans[slot] > 0) {
            states->tx[states->tx_count].dbm = meter->tx_dbm[slot];
            states->tx[states->tx_count++].joule = meter->tx_uans[slot] * volt_1e_15;
        }
    }
}

void energy_meter_read(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead,
        struct energy_states *states)
{
    memset(states, 0, sizeof *states);
    if (now_ns <= power_on_ns) {
        return;
    }
    struct energy_meter radio = *meter;
    radio_settle(&radio, now_ns);
    double total_ns = (double)(now_ns - power_on_ns);
    double run_ns = (double)(meter->mcu_run_ns - ahead->mcu_run_ns);
    double program_ns = (double)(meter->nor_program_ns - ahead->nor_program_ns);
    double erase_ns = (double)(meter->nor_erase_ns - ahead->nor_erase_ns);
    double read_ns = (double)meter->nor_read_ns;
    double standby_ns = (double)meter->nor_standby_ns;
    double power_down_ns = total_ns - program_ns - erase_ns - read_ns - standby_ns;
    double volt_1e_15 = params->supply_v * 1e-15; /* uA x ns = 1e-15 C */
    double uans[ENERGY_STATE_COUNT];
    read_radio(&radio, uans, states, volt_1e_15);
    uans[ENERGY_STATE_MCU_RUN] = run_ns * params->mcu_run_ua;
    uans[ENERGY_STATE_MCU_STOP] = (total_ns - run_ns) * params->mcu_stop_ua;
    uans[ENERGY_STATE_INTERNAL_PROGRAM] =
            (double)meter->internal_program_ns * params->internal_program_ua;
    uans[ENERGY_STATE_INTERNAL_ERASE] =
            (double)meter->internal_erase_ns * params->internal_erase_ua;
    uans[ENERGY_STATE_NOR_POWER_DOWN] = power_down_ns * params->nor_power_down_ua;
    uans[ENERGY_STATE_NOR_STANDBY] = standby_ns * params->nor_standby_ua;
    uans[ENERGY_STATE_NOR_READ] = read_ns * params->nor_read_ua;
    uans[ENERGY_STATE_NOR_PROGRAM] = program_ns * params->nor_program_ua;
    uans[ENERGY_STATE_NOR_ERASE] = erase_ns * params->nor_erase_ua;
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        states->joule[i] = uans[i] * volt_1e_15;
    }
}

void energy_account_of(const struct energy_states *states, struct energy_account *account)
{
    memset(account, 0, sizeof *account);
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        account->joule[energy_state_component((enum energy_state)i)] += states->joule[i];
    }
}

/* The same additions in the same order as by way of states and components, so the same bits: what
 * is booked to phases adds up to what is read. */
double energy_meter_total_j(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead)
{
    if (now_ns <= power_on_ns) {
        return 0;
    }
    double volt_1e_15 = params->supply_v * 1e-15;
    double uans = meter->radio_ua * (double)(now_ns - meter->radio_since_ns);
    double radio[SX1276_POWER_COUNT];
    double tx_uans = 0;
    bool sends = meter->radio_power == SX1276_POWER_TX;
    memcpy(radio, meter->radio_uans, sizeof radio);
    for (uint8_t slot = 0; slot < meter->tx_slots; slot++) {
        bool running = sends && slot == meter->tx_slot;
        tx_uans += running ? meter->tx_uans[slot] + uans : meter->tx_uans[slot];
    }
    radio[meter->radio_power] += uans; /* TX is not read from here */
    double total_ns = (double)(now_ns - power_on_ns);
    double run_ns = (double)(meter->mcu_run_ns - ahead->mcu_run_ns);
    double program_ns = (double)(meter->nor_program_ns - ahead->nor_program_ns);
    double erase_ns = (double)(meter->nor_erase_ns - ahead->nor_erase_ns);
    double read_ns = (double)meter->nor_read_ns;
    double standby_ns = (double)meter->nor_standby_ns;
    double power_down_ns = total_ns - program_ns - erase_ns - read_ns - standby_ns;
    double radio_rx_j = radio[SX1276_POWER_RX] * volt_1e_15 + radio[SX1276_POWER_CAD] * volt_1e_15;
    double radio_idle_j =
            radio[SX1276_POWER_RESET] * volt_1e_15 + radio[SX1276_POWER_SLEEP] * volt_1e_15
            + radio[SX1276_POWER_STANDBY] * volt_1e_15 + radio[SX1276_POWER_FS] * volt_1e_15;
    double flash_j = (double)meter->internal_program_ns * params->internal_program_ua * volt_1e_15
                     + (double)meter->internal_erase_ns * params->internal_erase_ua * volt_1e_15
                     + power_down_ns * params->nor_power_down_ua * volt_1e_15
                     + standby_ns * params->nor_standby_ua * volt_1e_15
                     + read_ns * params->nor_read_ua * volt_1e_15
                     + program_ns * params->nor_program_ua * volt_1e_15
                     + erase_ns * params->nor_erase_ua * volt_1e_15;
    return radio_rx_j + tx_uans * volt_1e_15 + radio_idle_j
           + run_ns * params->mcu_run_ua * volt_1e_15
           + (total_ns - run_ns) * params->mcu_stop_ua * volt_1e_15 + flash_j;
}

double energy_total_j(const struct energy_account *account)
{
    double total_j = 0;
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        total_j += account->joule[i];
    }
    return total_j;
}
