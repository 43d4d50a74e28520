/* Integrates supply currents over the states of radio, MCU and flash.
 * SPDX-License-Identifier: MIT
 */
#include "board/energy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SX1276_POWER_ON_MDBM 13200 /* RegPaConfig 4F: RFO (spec-sx127x section 11) */

const char *const energy_component_names[ENERGY_COMPONENT_COUNT] = {
#define X(name, text) text,
    ENERGY_COMPONENTS(X)
#undef X
};

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

enum energy_component energy_state_component(enum energy_state state)
{
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

void energy_meter_power_off(struct energy_meter *meter, sim_ns at_ns)
{
    radio_settle(meter, at_ns);
    meter->radio_power = SX1276_POWER_RESET;
    meter->radio_ua = 0;
}

void energy_meter_power_on(
        struct energy_meter *meter, const struct energy_params *params, sim_ns at_ns)
{
    radio_settle(meter, at_ns); /* of no current */
    meter->radio_power = SX1276_POWER_STANDBY;
    meter->radio_ua = params->radio_ua[SX1276_POWER_STANDBY];
    energy_meter_tx_power(meter, params, at_ns, SX1276_POWER_ON_MDBM);
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

/* Charge of one transmit power, up to `now_ns`. */
static double tx_slot_uans(const struct energy_meter *meter, uint8_t slot, double running_uans)
{
    bool running = meter->radio_power == SX1276_POWER_TX && slot == meter->tx_slot;
    return running ? meter->tx_uans[slot] + running_uans : meter->tx_uans[slot];
}

static void radio_charges(
        const struct energy_meter *meter, double running_uans, double uans[ENERGY_STATE_COUNT])
{
    static const uint8_t state_of[SX1276_POWER_COUNT] = {
        [SX1276_POWER_RESET] = ENERGY_STATE_RADIO_RESET,
        [SX1276_POWER_SLEEP] = ENERGY_STATE_RADIO_SLEEP,
        [SX1276_POWER_STANDBY] = ENERGY_STATE_RADIO_STANDBY,
        [SX1276_POWER_FS] = ENERGY_STATE_RADIO_FS,
        [SX1276_POWER_RX] = ENERGY_STATE_RADIO_RX,
        [SX1276_POWER_CAD] = ENERGY_STATE_RADIO_CAD,
        [SX1276_POWER_TX] = ENERGY_STATE_RADIO_TX, /* whose charge is that of its slots */
    };
    for (int power = 0; power < SX1276_POWER_COUNT; power++) {
        uans[state_of[power]] = meter->radio_uans[power];
    }
    uans[state_of[meter->radio_power]] += running_uans;
    uans[ENERGY_STATE_RADIO_TX] = 0;
    for (uint8_t slot = 0; slot < meter->tx_slots; slot++) {
        uans[ENERGY_STATE_RADIO_TX] += tx_slot_uans(meter, slot, running_uans);
    }
}

/* Of the radio state that lasts. */
static double uans_since(const struct energy_meter *meter, sim_ns now_ns)
{
    return meter->radio_ua * (double)(now_ns - meter->radio_since_ns);
}

/* Microampere x nanoseconds in every state, from power on to `now_ns`. */
static void charges(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead,
        double uans[ENERGY_STATE_COUNT])
{
    double total_ns = (double)(now_ns - power_on_ns);
    double run_ns = (double)(meter->mcu_run_ns - ahead->mcu_run_ns);
    double program_ns = (double)(meter->nor_program_ns - ahead->nor_program_ns);
    double erase_ns = (double)(meter->nor_erase_ns - ahead->nor_erase_ns);
    double read_ns = (double)meter->nor_read_ns;
    double standby_ns = (double)meter->nor_standby_ns;
    double power_down_ns = total_ns - program_ns - erase_ns - read_ns - standby_ns;
    radio_charges(meter, uans_since(meter, now_ns), uans);
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
}

/* uA x ns = 1e-15 C. */
static double joule_per_uans(const struct energy_params *params)
{
    return params->supply_v * 1e-15;
}

void energy_meter_read(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead,
        struct energy_states *states)
{
    memset(states, 0, sizeof *states);
    if (now_ns <= power_on_ns) {
        return;
    }
    double uans[ENERGY_STATE_COUNT];
    charges(meter, params, power_on_ns, now_ns, ahead, uans);
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        states->joule[i] = uans[i] * joule_per_uans(params);
    }
    for (uint8_t slot = 0; slot < meter->tx_slots; slot++) {
        double tx_uans = tx_slot_uans(meter, slot, uans_since(meter, now_ns));
        if (tx_uans > 0) {
            states->tx[states->tx_count].dbm = meter->tx_dbm[slot];
            states->tx[states->tx_count++].joule = tx_uans * joule_per_uans(params);
        }
    }
}

void energy_account_of(const struct energy_states *states, struct energy_account *account)
{
    memset(account, 0, sizeof *account);
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        account->joule[component_of[i]] += states->joule[i];
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
    double uans[ENERGY_STATE_COUNT];
    struct energy_account account = { { 0 } };
    charges(meter, params, power_on_ns, now_ns, ahead, uans);
    for (int i = 0; i < ENERGY_STATE_COUNT; i++) {
        account.joule[component_of[i]] += uans[i] * joule_per_uans(params);
    }
    return energy_total_j(&account);
}

double energy_total_j(const struct energy_account *account)
{
    double total_j = 0;
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        total_j += account->joule[i];
    }
    return total_j;
}
