/* SX1276 settings decoded from registers: modem, carrier, power, start-up times.
 * SPDX-License-Identifier: MIT
 */
#include "chip/sx1276_parts.h"

#define NS_PER_S UINT64_C(1000000000)

static const uint32_t bandwidths_hz[10] = { 7800, 10400, 15600, 20800, 31250, 41700, 62500, 125000,
    250000, 500000 };

static uint32_t bandwidth_hz(const struct sx1276 *chip)
{
    unsigned index = chip->lora[REG_MODEM_CONFIG1] >> 4;
    return bandwidths_hz[index <= 9 ? index : 7]; /* beyond: reported, taken as 125 kHz */
}

static uint8_t clamped(unsigned value, unsigned low, unsigned high)
{
    return (uint8_t)(value < low ? low : value > high ? high : value);
}

/* Frf x 32 MHz / 2^19 = Frf x 15625 / 256. */
uint32_t sx1276_frequency_hz(const struct sx1276 *chip)
{
    const uint8_t *frf = &chip->lora[REG_FRF_MSB];
    uint64_t steps = (uint64_t)frf[0] << 16 | (uint64_t)frf[1] << 8 | frf[2];
    return (uint32_t)((steps * 15625u + 128u) >> 8);
}

/* Errata note 2.3: up to 41.7 kHz the driver moves Frf up by the bandwidth and the intermediate
 * frequency down with it, so the receiver is centred where it would be otherwise. */
static uint32_t receive_shift_hz(const struct sx1276 *chip, uint32_t bandwidth)
{
    bool automatic_if = (chip->lora[REG_DETECT_OPTIMIZE] & 0x80u) != 0;
    uint8_t if_freq = chip->lora[REG_IF_FREQ];
    bool moved = !automatic_if && (if_freq == 0x44 || if_freq == 0x48);
    return moved && bandwidth <= 41700 ? bandwidth : 0;
}

bool sx1276_lna_boost(const struct sx1276 *chip)
{
    return (chip->lora[REG_LNA] & 3u) == 3u;
}

void sx1276_latch_modem(struct sx1276 *chip, bool transmit)
{
    const uint8_t *reg = chip->lora;
    uint32_t bandwidth = bandwidth_hz(chip);
    uint32_t shift_hz = transmit ? 0 : receive_shift_hz(chip, bandwidth);
    uint8_t invert = reg[REG_INVERT_IQ]; /* the only register of polarity that is looked at */
    chip->modem = (struct sx1276_modem){
        .frequency_hz = sx1276_frequency_hz(chip) - shift_hz,
        .bandwidth_hz = bandwidth,
        .spreading_factor = clamped(reg[REG_MODEM_CONFIG2] >> 4, 6, 12),
        .coding_rate = clamped(reg[REG_MODEM_CONFIG1] >> 1 & 7u, 1, 4),
        .preamble_symbols = (uint16_t)(reg[REG_PREAMBLE_MSB] << 8 | reg[REG_PREAMBLE_MSB + 1]),
        .sync_word = reg[REG_SYNC_WORD],
        .implicit_header = (reg[REG_MODEM_CONFIG1] & 0x01u) != 0,
        .payload_crc = (reg[REG_MODEM_CONFIG2] & 0x04u) != 0,
        .low_data_rate = (reg[REG_MODEM_CONFIG3] & 0x08u) != 0,
        .iq_inverted = transmit ? (invert & 0x01u) == 0 : (invert & 0x40u) != 0,
    };
}

sim_ns sx1276_symbols_ns(const struct sx1276_modem *modem, uint32_t symbols)
{
    uint64_t chips = (uint64_t)symbols << modem->spreading_factor;
    return (sim_ns)((chips * NS_PER_S + modem->bandwidth_hz / 2) / modem->bandwidth_hz);
}

/* --- power ----------------------------------------------------------------------------------- */

/* Datasheet table of RegPaConfig. RFO: Pmax - (15 - OutputPower), Pmax = 10.8 + 0.6 MaxPower.
 * PA_BOOST: 17 - (15 - OutputPower), 3 dB more with PaDac = 7. */
int32_t sx1276_tx_power_mdbm(const struct sx1276 *chip)
{
    uint8_t config = chip->lora[REG_PA_CONFIG];
    int32_t below_mdb = 1000 * (15 - (config & 0x0f));
    if ((config & 0x80u) == 0) {
        return 10800 + 600 * (config >> 4 & 7) - below_mdb;
    }
    bool high_power = (chip->lora[REG_PA_DAC] & 7u) == 7;
    return (high_power ? 20000 : 17000) - below_mdb;
}

static int32_t ocp_limit_ma(const struct sx1276 *chip)
{
    int32_t trim = chip->lora[REG_OCP] & 0x1f;
    if (trim <= 15) {
        return 45 + 5 * trim;
    }
    return trim <= 27 ? -30 + 10 * trim : 240;
}

/* Supply current by output power from -2 dBm on, as the LoRaSim family tabulates it. */
static int32_t tx_current_ma(int32_t power_mdbm)
{
    static const uint8_t table_ma[23] = { 22, 22, 22, 23, 24, 24, 24, 25, 25, 25, 25, 26, 31, 32,
        34, 35, 44, 82, 85, 90, 105, 115, 125 };
    int32_t step = power_mdbm / 1000 + 2;
    return table_ma[step < 0 ? 0 : step > 22 ? 22 : step];
}

void sx1276_check_tx_settings(struct sx1276 *chip, int32_t power_mdbm)
{
    const uint8_t *reg = chip->lora;
    if (reg[REG_PAYLOAD_LENGTH] == 0) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, REG_PAYLOAD_LENGTH, "TX with PayloadLength 0");
    }
    if ((reg[REG_OCP] & 0x20u) != 0 && tx_current_ma(power_mdbm) > ocp_limit_ma(chip)) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_OCP, "current limit below what TX needs");
    }
    if ((reg[REG_PA_DAC] & 7u) == 7 && (reg[REG_PA_CONFIG] & 0x80u) == 0) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_PA_DAC, "+20 dBm setting without PA_BOOST");
    }
}

/* --- rules for modem settings ---------------------------------------------------------------- */

static void check_spreading_factor(struct sx1276 *chip)
{
    const uint8_t *reg = chip->lora;
    unsigned factor = reg[REG_MODEM_CONFIG2] >> 4;
    unsigned optimize = reg[REG_DETECT_OPTIMIZE] & 7u;
    if (factor < 6 || factor > 12) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, REG_MODEM_CONFIG2, "no such spreading factor");
    }
    if (factor == 6 && (reg[REG_MODEM_CONFIG1] & 0x01u) == 0) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, REG_MODEM_CONFIG1, "SF6 needs implicit header");
    }
    if (optimize != (factor == 6 ? 5u : 3u)) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_DETECT_OPTIMIZE,
                "DetectionOptimize does not fit the spreading factor");
    }
}

/* When TX, RX or CAD is commanded, after the settings were latched. */
void sx1276_check_modem_settings(struct sx1276 *chip)
{
    const uint8_t *reg = chip->lora;
    unsigned coding_rate = reg[REG_MODEM_CONFIG1] >> 1 & 7u;
    check_spreading_factor(chip);
    if (reg[REG_MODEM_CONFIG1] >> 4 > 9) {
        sx1276_fault(chip, SX1276_GUEST_ERROR, REG_MODEM_CONFIG1, "no such bandwidth");
    }
    /* A receiver takes the rate of the payload from the header: a widely used stack has 5 there. */
    if (coding_rate < 1 || coding_rate > 4) {
        sx1276_fault(chip,
                sx1276_mode(chip) == MODE_TX || chip->modem.implicit_header ? SX1276_GUEST_ERROR
                                                                            : SX1276_GUEST_WARNING,
                REG_MODEM_CONFIG1, "no such coding rate");
    }
    if (chip->modem.preamble_symbols < 6) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_PREAMBLE_MSB, "preamble below 6 symbols");
    }
    /* Datasheet section 4.1.1.6: mandated when a symbol is longer than 16 ms. */
    if (sx1276_symbols_ns(&chip->modem, 1) > 16 * SIM_NS_PER_MS && !chip->modem.low_data_rate) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_MODEM_CONFIG3,
                "symbols above 16 ms without LowDataRateOptimize");
    }
}

/* --- times ----------------------------------------------------------------------------------- */

/* TS_TR without its half FSK bit: 5 us + 1.25 x PaRamp. */
sim_ns sx1276_tx_ramp_ns(const struct sx1276 *chip)
{
    static const uint16_t ramps_us[16] = { 3400, 2000, 1000, 500, 250, 125, 100, 62, 50, 40, 31, 25,
        20, 15, 12, 10 };
    return 5000 + 1250 * (sim_ns)ramps_us[chip->lora[REG_PA_RAMP] & 0x0f];
}

/* TS_RE falls from 2.33 ms at 2.6 kHz to 83 us at 250 kHz (single side): the hyperbola through
 * both is 59.4 us + 5.9036 s/BW; a LoRa channel is two sides wide. */
sim_ns sx1276_rx_startup_ns(const struct sx1276 *chip)
{
    uint32_t bandwidth =
            sx1276_is_lora(chip) ? chip->modem.bandwidth_hz : 2 * sx1276_fsk_bandwidth_hz(chip);
    return 59400 + (sim_ns)(UINT64_C(11807200000) / bandwidth);
}

/* Last symbol to RxDone as LMIC measured it at 125 kHz, scaled by the symbol time. */
uint32_t sx1276_rx_done_latency_ns(const struct sx1276_modem *modem)
{
    static const uint16_t at_125khz_us[7] = { 0, 0, 1648, 3265, 7049, 13641, 31189 };
    uint64_t us = at_125khz_us[modem->spreading_factor - 6];
    return (uint32_t)(us * 1000u * 125000u / modem->bandwidth_hz);
}

/* RegRxBw: FXOSC / (mantissa x 2^(exponent + 2)), single side. */
uint32_t sx1276_fsk_bandwidth_hz(const struct sx1276 *chip)
{
    static const uint8_t mantissas[4] = { 16, 20, 24, 24 };
    uint8_t value = chip->fsk[REG_FSK_RX_BW - SX1276_PAGE_FIRST];
    return 32000000u / ((uint32_t)mantissas[value >> 3 & 3u] << ((value & 7u) + 2u));
}

/* RegPktRssiValue and RegRssiValue: dBm = value - offset. The two ports differ; drivers draw the
 * line at 525 MHz. */
double sx1276_rssi_offset_db(uint32_t frequency_hz)
{
    return frequency_hz > 525000000u ? 157.0 : 164.0;
}
