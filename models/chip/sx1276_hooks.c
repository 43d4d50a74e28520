/* SX1276 registers with a life of their own: what the register table calls.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "chip/sx1276_parts.h"

#define CALIBRATION_NS     (10 * SIM_NS_PER_MS) /* section 2.1.3.8: about 10 ms */
#define IMAGE_CAL_START    0x40u
#define IMAGE_CAL_RUNNING  0x20u
#define THERMAL_DBM_PER_HZ (-174.0)
#define RECEIVER_NOISE_DB  6.0

/* --- RegOpMode ------------------------------------------------------------------------------- */

#define OP_MODE_LONG_RANGE    0x80u
#define OP_MODE_LOW_FREQUENCY 0x08u
#define OP_MODE_FSK_RESERVED  0x10u /* reads 0 */

/* Whether a write may change LongRangeMode: only one whose mode is SLEEP. To LoRa from every mode
 * (RadioHead starts so); back to FSK only from SLEEP, since RadioHead leaves the bit 0 in every
 * later write, the one that puts the chip to sleep included, and stays in LoRa on silicon. */
static bool modem_may_change(enum sx1276_mode from, uint8_t value)
{
    bool to_sleep = (value & 7u) == MODE_SLEEP;
    return to_sleep && ((value & OP_MODE_LONG_RANGE) != 0 || from == MODE_SLEEP);
}

static void switch_modem(struct sx1276 *chip, uint8_t value)
{
    if (sx1276_mode(chip) != MODE_SLEEP) {
        sx1276_command_mode(chip, MODE_SLEEP);
    }
    chip->lora[REG_OP_MODE] = (uint8_t)((value & 0xf8u) | MODE_SLEEP);
    chip->lora[REG_IRQ_FLAGS] = 0;
    chip->lora[REG_MODEM_STAT] = 0x10;
    sx1276_map_dio(chip);
    sx1276_update_dio(chip);
}

void sx1276_write_op_mode(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    uint8_t old = chip->lora[address];
    enum sx1276_mode mode = (enum sx1276_mode)(value & 7u);
    if (((old ^ value) & OP_MODE_LONG_RANGE) != 0) {
        if (modem_may_change(sx1276_mode(chip), value)) {
            switch_modem(chip, value);
            value &= (uint8_t) ~(sx1276_is_lora(chip) ? OP_MODE_LOW_FREQUENCY : 0u);
        } else {
            sx1276_fault(
                    chip, SX1276_GUEST_WARNING, address, "LongRangeMode changes only in SLEEP");
        }
    }
    uint8_t modem_bit = chip->lora[address] & OP_MODE_LONG_RANGE;
    value &= (uint8_t) ~(modem_bit == 0 ? OP_MODE_FSK_RESERVED : 0u);
    uint8_t mode_bits = chip->lora[address] & 7u;
    chip->lora[address] = (uint8_t)(modem_bit | (value & 0x78u) | mode_bits);
    if (modem_bit == 0 && (mode == MODE_RX_SINGLE || mode == MODE_CAD)) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, address, "RXSINGLE or CAD commanded in FSK");
        return;
    }
    sx1276_command_mode(chip, mode);
}

/* --- interrupts ------------------------------------------------------------------------------ */

void sx1276_write_irqs(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    (void)address;
    if (value != 0) {
        sx1276_update_dio(chip);
    }
}

void sx1276_write_dio_map(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    (void)address;
    (void)value;
    sx1276_map_dio(chip);
    sx1276_update_dio(chip);
    sx1276_rx_watch(chip);
}

void sx1276_write_irq_mask(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    (void)address;
    (void)value;
    sx1276_rx_watch(chip);
}

uint8_t sx1276_read_fsk_irq_flags1(struct sx1276 *chip, uint8_t address)
{
    uint8_t other = chip->fsk[address - SX1276_PAGE_FIRST] & 0x0fu;
    unsigned live = 0x80u; /* ModeReady */
    switch ((enum sx1276_stage)chip->stage) {
    case STAGE_FS:
        live |= 0x10u; /* PllLock */
        break;
    case STAGE_TX:
        live |= 0x30u; /* and TxReady */
        break;
    case STAGE_RX:
    case STAGE_CAD_LISTEN:
        live |= 0x50u; /* and RxReady */
        break;
    case STAGE_CHAIN:
        live = 0x10u;
        break;
    case STAGE_OSCILLATOR:
    case STAGE_PLL:
        live = 0;
        break;
    case STAGE_RESET:
    case STAGE_SLEEP:
    case STAGE_STANDBY:
    case STAGE_CAD_CORRELATE:
    case STAGE_COUNT:
        break;
    }
    return (uint8_t)(other | live);
}

/* --- image calibration ----------------------------------------------------------------------- */

void sx1276_write_image_cal(struct sx1276 *chip, uint8_t address, uint8_t value)
{
    if ((value & IMAGE_CAL_START) == 0) {
        return;
    }
    if (sx1276_is_lora(chip) || chip->stage != STAGE_STANDBY) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, address, "image calibration outside FSK STANDBY");
        return;
    }
    chip->fsk[address - SX1276_PAGE_FIRST] |= IMAGE_CAL_RUNNING;
    sx1276_set_edge(chip, SX1276_EDGE_CALIBRATION, chip->now_ns + CALIBRATION_NS);
}

/* Complete, or cut off by a change of mode. */
void sx1276_calibration_ended(struct sx1276 *chip)
{
    chip->fsk[REG_FSK_IMAGE_CAL - SX1276_PAGE_FIRST] &= (uint8_t)~IMAGE_CAL_RUNNING;
}

/* --- RSSI ------------------------------------------------------------------------------------ */

/* Wideband RSSI is measured before the channel filter. assumed: over the widest channel, and its
 * low three bits are noise: drivers make random numbers of the lowest. */
#define WIDEBAND_HZ         500000u
#define WIDEBAND_NOISE_BITS 7u

/* Signals in a band and the noise floor of the receiver there, which is unsteady by up to 2 dB
 * either way. */
static double live_power_dbm(struct sx1276 *chip, uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    double flicker_db = ((chip->outputs->noise(chip->context) & 15) - 7.5) * (2.0 / 7.5);
    double noise_dbm =
            THERMAL_DBM_PER_HZ + RECEIVER_NOISE_DB + 10.0 * log10(bandwidth_hz) + flicker_db;
    double signal_mw = chip->outputs->channel_power_mw(
            chip->context, chip->now_ns, frequency_hz, bandwidth_hz);
    return signal_mw > 0 ? 10.0 * log10(pow(10.0, noise_dbm / 10.0) + signal_mw) : noise_dbm;
}

static uint8_t rounded(double value)
{
    return (uint8_t)(value < 0.0 ? 0.0 : value > 255.0 ? 255.0 : floor(value + 0.5));
}

/* Outside RX a live value stays what it was. */
uint8_t sx1276_read_rssi(struct sx1276 *chip, uint8_t address)
{
    if (chip->stage == STAGE_RX) {
        uint32_t frequency_hz = chip->modem.frequency_hz;
        chip->lora[address] = rounded(live_power_dbm(chip, frequency_hz, chip->modem.bandwidth_hz)
                                      + sx1276_rssi_offset_db(frequency_hz));
    }
    return chip->lora[address];
}

uint8_t sx1276_read_wideband(struct sx1276 *chip, uint8_t address)
{
    if (chip->stage == STAGE_RX) {
        uint32_t frequency_hz = chip->modem.frequency_hz;
        uint8_t level = rounded(live_power_dbm(chip, frequency_hz, WIDEBAND_HZ)
                                + sx1276_rssi_offset_db(frequency_hz));
        unsigned noise = chip->outputs->noise(chip->context) & WIDEBAND_NOISE_BITS;
        chip->lora[address] = (uint8_t)((level & ~WIDEBAND_NOISE_BITS) | noise);
    }
    return chip->lora[address];
}

/* dBm = -value / 2. */
uint8_t sx1276_read_fsk_rssi(struct sx1276 *chip, uint8_t address)
{
    uint8_t *stored = &chip->fsk[address - SX1276_PAGE_FIRST];
    if (chip->stage == STAGE_RX) {
        *stored = rounded(-2.0
                          * live_power_dbm(chip, sx1276_frequency_hz(chip),
                                  2 * sx1276_fsk_bandwidth_hz(chip)));
    }
    return *stored;
}
