/* Integrates supply currents over the states of radio, MCU and flash.
 * SPDX-License-Identifier: MIT
 */
#include "board/energy.h"

#include <assert.h>
#include <string.h>

static enum energy_component radio_component(enum sx1276_power power)
{
    switch (power) {
    case SX1276_POWER_TX:
        return ENERGY_RADIO_TX;
    case SX1276_POWER_RX:
    case SX1276_POWER_CAD:
        return ENERGY_RADIO_RX;
    case SX1276_POWER_RESET:
    case SX1276_POWER_SLEEP:
    case SX1276_POWER_STANDBY:
    case SX1276_POWER_FS:
    case SX1276_POWER_COUNT:
        break;
    }
    return ENERGY_RADIO_IDLE;
}

void energy_meter_init(
        struct energy_meter *meter, const struct energy_params *params, sim_ns power_on_ns)
{
    memset(meter, 0, sizeof *meter);
    meter->radio_since_ns = power_on_ns;
    meter->radio_power = SX1276_POWER_STANDBY; /* where power-on reset leaves the chip */
    meter->radio_ua = params->radio_ua[SX1276_POWER_STANDBY];
    meter->radio_tx_ua = params->radio_tx_ua[ENERGY_TX_LEVELS - 1];
}

static void radio_settle(struct energy_meter *meter, sim_ns at_ns)
{
    enum energy_component component = radio_component((enum sx1276_power)meter->radio_power);
    meter->radio_uans[component] += meter->radio_ua * (double)(at_ns - meter->radio_since_ns);
    meter->radio_since_ns = at_ns;
}

void energy_meter_radio(struct energy_meter *meter, const struct energy_params *params,
        sim_ns at_ns, enum sx1276_power power)
{
    assert(power < SX1276_POWER_COUNT);
    radio_settle(meter, at_ns);
    meter->radio_power = (uint8_t)power;
    meter->radio_ua = power == SX1276_POWER_TX ? meter->radio_tx_ua : params->radio_ua[power];
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
    meter->radio_tx_ua = params->radio_tx_ua[level];
    if (meter->radio_power == SX1276_POWER_TX) {
        radio_settle(meter, at_ns);
        meter->radio_ua = meter->radio_tx_ua;
    }
}

void energy_meter_read(const struct energy_meter *meter, const struct energy_params *params,
        sim_ns power_on_ns, sim_ns now_ns, const struct energy_ahead *ahead,
        struct energy_account *account)
{
    memset(account, 0, sizeof *account);
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
    double uans[ENERGY_COMPONENT_COUNT];
    for (int i = 0; i <= ENERGY_RADIO_IDLE; i++) {
        uans[i] = radio.radio_uans[i];
    }
    uans[ENERGY_MCU_RUN] = run_ns * params->mcu_run_ua;
    uans[ENERGY_MCU_SLEEP] = (total_ns - run_ns) * params->mcu_stop_ua;
    uans[ENERGY_FLASH] = (total_ns - program_ns - erase_ns - read_ns) * params->nor_standby_ua
                         + program_ns * params->nor_program_ua + erase_ns * params->nor_erase_ua
                         + read_ns * params->nor_read_ua
                         + (double)meter->internal_ns * params->internal_flash_ua;
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        account->joule[i] = params->supply_v * uans[i] * 1e-15; /* uA x ns = 1e-15 C */
    }
}

double energy_total_j(const struct energy_account *account)
{
    double total_j = 0;
    for (int i = 0; i < ENERGY_COMPONENT_COUNT; i++) {
        total_j += account->joule[i];
    }
    return total_j;
}
