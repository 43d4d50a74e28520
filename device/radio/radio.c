/* SX1276 LoRa modem: reset, transmit, receive.
 * SPDX-License-Identifier: MIT
 */
#include "radio/radio.h"

#include <string.h>

#include "radio/radio_registers.h"

#define SYNC_WORD_LORAWAN 0x34u
#define PREAMBLE_SYMBOLS  8u
#define CALIBRATION_HZ    868000000u

/* Datasheet 7.2.2 asks for 100 us of reset and 5 ms before the first SPI frame. */
#define RESET_LOW_TICKS    5u
#define RESET_WAIT_TICKS   197u
#define CALIBRATION_TICKS  66u /* 2 ms between looks; the whole takes about 10 ms */
#define OSCILLATOR_TICKS   10u /* TS_OSC 250 us typical */
#define CHIP_ABSENT_TICKS  HAL_RTC_HZ
#define RSSI_OFFSET_HF_DBM (-157)

static void write_registers(
        const struct hal *hal, uint8_t address, const uint8_t *values, size_t size)
{
    uint8_t bytes[7];
    DEVICE_ASSERT(hal, size < sizeof bytes);
    bytes[0] = (uint8_t)(SPI_WRITE | address);
    memcpy(bytes + 1, values, size);
    hal_radio_frame(hal, bytes, NULL, size + 1);
}

static void write_register(const struct hal *hal, uint8_t address, uint8_t value)
{
    DEVICE_ASSERT(hal, address < SPI_WRITE);
    const uint8_t bytes[2] = { (uint8_t)(SPI_WRITE | address), value };
    hal_radio_frame(hal, bytes, NULL, sizeof bytes);
}

static uint8_t read_register(const struct hal *hal, uint8_t address)
{
    DEVICE_ASSERT(hal, address < SPI_WRITE);
    const uint8_t tx[2] = { address, 0 };
    uint8_t rx[2];
    hal_radio_frame(hal, tx, rx, sizeof tx);
    return rx[1];
}

static void fifo_access(
        const struct hal *hal, uint8_t first, const uint8_t *tx, uint8_t *rx, size_t size)
{
    DEVICE_ASSERT(hal, size > 0 && size <= 255 && (tx == NULL) != (rx == NULL));
    hal_radio_select(hal);
    hal_radio_exchange(hal, &first, NULL, 1);
    hal_radio_exchange(hal, tx, rx, size);
    hal_radio_deselect(hal);
}

static void set_mode(struct radio *radio, const struct hal *hal, enum radio_mode mode)
{
    DEVICE_ASSERT(hal, mode <= MODE_RX_SINGLE);
    write_register(hal, REG_OP_MODE, (uint8_t)(OP_MODE_LONG_RANGE | mode));
    radio->mode = (uint8_t)mode;
}

static void clear_flags(const struct hal *hal)
{
    write_register(hal, REG_IRQ_FLAGS, 0xFF);
}

/* In SLEEP and STANDBY no flag is set: a DIO line that is already high gives no edge. Only what is
 * broken off may leave one. */
static void rest(struct radio *radio, const struct hal *hal, enum radio_mode mode)
{
    DEVICE_ASSERT(hal, mode == MODE_SLEEP || mode == MODE_STANDBY);
    bool receives = radio->mode == MODE_RX_CONTINUOUS || radio->mode == MODE_RX_SINGLE;
    set_mode(radio, hal, mode);
    if (receives) {
        clear_flags(hal);
    }
}

static void set_antenna(struct radio *radio, const struct hal *hal, enum hal_antenna antenna)
{
    DEVICE_ASSERT(hal, antenna <= HAL_ANTENNA_TX_BOOST);
    if (radio->antenna != antenna) {
        radio->antenna = (uint8_t)antenna;
        hal_radio_antenna(hal, antenna);
    }
}

/* Writes a register only when the chip holds another value. */
static void update(const struct hal *hal, uint8_t address, uint8_t *shadow, uint8_t value)
{
    if (*shadow != value) {
        *shadow = value;
        write_register(hal, address, value);
    }
}

/* Frf = f / (32 MHz / 2^19) = f * 256 / 15625, to the nearest step, in 32 bits. */
static uint32_t frf_of(uint32_t frequency_hz)
{
    uint32_t whole = frequency_hz / 15625u;
    uint32_t rest = frequency_hz % 15625u;
    return whole * 256u + (rest * 256u + 7812u) / 15625u;
}

static void set_frequency(struct radio *radio, const struct hal *hal, uint32_t frequency_hz)
{
    uint32_t frf = frf_of(frequency_hz);
    if (radio->frf != frf) {
        radio->frf = frf;
        const uint8_t bytes[3] = { (uint8_t)(frf >> 16), (uint8_t)(frf >> 8), (uint8_t)frf };
        write_registers(hal, REG_FRF_MSB, bytes, sizeof bytes);
    }
}

/* Errata 2.1 and 2.3: sensitivity at 500 kHz, spurious reception below it. */
static void set_bandwidth_errata(const struct hal *hal, bool wide)
{
    if (wide) {
        write_register(hal, REG_HIGH_BW_OPTIMIZE_36, 0x02);
        write_register(hal, REG_HIGH_BW_OPTIMIZE_3A, 0x64);
        write_register(hal, REG_DETECT_OPTIMIZE, 0xC3);
    } else {
        write_register(hal, REG_HIGH_BW_OPTIMIZE_36, 0x03);
        write_register(hal, REG_DETECT_OPTIMIZE, 0x43);
        write_register(hal, REG_IF_FREQ_2F, 0x40);
        write_register(hal, REG_IF_FREQ_30, 0x00);
    }
}

static uint8_t bandwidth_code(uint16_t bandwidth_khz)
{
    return bandwidth_khz == 125   ? CONFIG1_BW_125
           : bandwidth_khz == 250 ? CONFIG1_BW_250
                                  : CONFIG1_BW_500;
}

/* Sets the modem up for a frame to send, of `size` bytes and with a CRC, or to receive (size 0);
 * the chip must not be receiving or transmitting. */
static void configure(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, uint16_t timeout_symbols, size_t size)
{
    unsigned sf = modulation->spreading_factor;
    DEVICE_ASSERT(hal, sf >= 7 && sf <= 12);
    DEVICE_ASSERT(hal, radio->mode == MODE_SLEEP || radio->mode == MODE_STANDBY);
    /* The first three are remembered; the length lies next to the preamble's, and goes with them.
     */
    uint8_t config[] = {
        (uint8_t)(bandwidth_code(modulation->bandwidth_khz) | CONFIG1_CR_4_5),
        (uint8_t)(sf << 4 | (size > 0 ? CONFIG2_CRC_ON : 0u) | timeout_symbols >> 8),
        (uint8_t)timeout_symbols,
        0,
        PREAMBLE_SYMBOLS,
        (uint8_t)size,
    };
    const size_t remembered = sizeof radio->modem_config;
    /* A symbol longer than 16 ms needs the low data rate optimisation. */
    bool slow = (1u << sf) > 16u * modulation->bandwidth_khz;
    set_frequency(radio, hal, modulation->frequency_hz);
    if (memcmp(config, radio->modem_config, remembered) != 0) {
        bool wide = (config[0] & 0xF0u) == CONFIG1_BW_500;
        if (wide != ((radio->modem_config[0] & 0xF0u) == CONFIG1_BW_500)) {
            set_bandwidth_errata(hal, wide);
        }
        memcpy(radio->modem_config, config, remembered);
        write_registers(hal, REG_MODEM_CONFIG_1, config, size > 0 ? sizeof config : remembered);
    } else if (size > 0) {
        write_register(hal, REG_PAYLOAD_LENGTH, (uint8_t)size);
    }
    update(hal, REG_MODEM_CONFIG_3, &radio->modem_config_3,
            (uint8_t)(CONFIG3_AGC_AUTO | (slow ? CONFIG3_LDRO : 0u)));
}

/* Receiving inverted: bit 6 of 0x33; transmitting is never inverted by an end-device. */
static void set_iq(struct radio *radio, const struct hal *hal, bool inverted)
{
    uint8_t value = inverted ? 0x67 : 0x27;
    if (radio->invert_iq != value) {
        radio->invert_iq = value;
        write_register(hal, REG_INVERT_IQ, value);
        write_register(hal, REG_INVERT_IQ_2, inverted ? 0x19 : 0x1D);
    }
}

static void set_power(struct radio *radio, const struct hal *hal, int power_dbm)
{
    uint8_t config;
    uint8_t dac = PA_DAC_DEFAULT;
    if (power_dbm > 17) {
        dac = PA_DAC_20_DBM;
        config = (uint8_t)(PA_SELECT_BOOST | (7u << PA_MAX_POWER_SHIFT)
                           | (unsigned)((power_dbm > 20 ? 20 : power_dbm) - 5));
    } else if (power_dbm > 14) {
        config =
                (uint8_t)(PA_SELECT_BOOST | (7u << PA_MAX_POWER_SHIFT) | (unsigned)(power_dbm - 2));
    } else if (power_dbm > 0) {
        /* RFO: Pmax = 10.8 + 0.6 * 7 = 15 dBm, output = Pmax - 15 + OutputPower. */
        config = (uint8_t)(7u << PA_MAX_POWER_SHIFT | (unsigned)power_dbm);
    } else {
        /* RFO: Pmax = 10.8 dBm, so -4.2 dBm + OutputPower. */
        config = (uint8_t)(power_dbm < -4 ? 0 : power_dbm + 4);
    }
    update(hal, REG_PA_DAC, &radio->pa_dac, dac);
    update(hal, REG_PA_CONFIG, &radio->pa_config, config);
    set_antenna(radio, hal,
            (config & PA_SELECT_BOOST) != 0 ? HAL_ANTENNA_TX_BOOST : HAL_ANTENNA_TX_RFO);
}

static void set_fifo_pointer(struct radio *radio, const struct hal *hal, uint8_t pointer)
{
    update(hal, REG_FIFO_ADDR_PTR, &radio->fifo_pointer, pointer);
}

void radio_start(struct radio *radio)
{
    memset(radio, 0, sizeof *radio);
    radio->start = RADIO_START_RESET;
}

static void calibrate_image(const struct hal *hal)
{
    /* FSK STANDBY after reset: the legal place. The low band was calibrated by the reset. */
    uint32_t frf = frf_of(CALIBRATION_HZ);
    const uint8_t bytes[3] = { (uint8_t)(frf >> 16), (uint8_t)(frf >> 8), (uint8_t)frf };
    write_registers(hal, REG_FRF_MSB, bytes, sizeof bytes);
    write_register(hal, REG_FSK_IMAGE_CAL, IMAGE_CAL_START);
}

/* LongRangeMode changes in SLEEP only, so the chip is put to sleep in FSK mode first. */
static void enter_lora(struct radio *radio, const struct hal *hal)
{
    DEVICE_ASSERT(hal, radio->start == RADIO_START_CALIBRATING);
    write_register(hal, REG_OP_MODE, MODE_SLEEP);
    set_mode(radio, hal, MODE_SLEEP);
    clear_flags(hal);
    write_register(hal, REG_LNA, LNA_G1_BOOST_HF);
    write_register(hal, REG_IRQ_FLAGS_MASK,
            (uint8_t) ~(IRQ_RX_TIMEOUT | IRQ_RX_DONE | IRQ_PAYLOAD_CRC_ERROR | IRQ_TX_DONE));
    write_register(hal, REG_FIFO_TX_BASE_ADDR, 0);
    write_register(hal, REG_FIFO_RX_BASE_ADDR, 0);
    write_register(hal, REG_FIFO_ADDR_PTR, 0);
    const uint8_t preamble_symbols[2] = { 0, PREAMBLE_SYMBOLS };
    write_registers(hal, REG_PREAMBLE_MSB, preamble_symbols, sizeof preamble_symbols);
    write_register(hal, REG_MAX_PAYLOAD_LENGTH, 0xFF);
    write_register(hal, REG_DETECTION_THRESHOLD, 0x0A);
    write_register(hal, REG_SYNC_WORD, SYNC_WORD_LORAWAN);
    set_bandwidth_errata(hal, false);
    write_register(hal, REG_DIO_MAPPING_1, DIO_MAPPING_RX);
    radio->dio_mapping = DIO_MAPPING_RX;
    radio->pa_config = PA_CONFIG_RESET;
    radio->pa_dac = PA_DAC_DEFAULT;
    radio->frf = 0; /* of no channel: the next set-up writes it */
    radio->start = RADIO_STARTED;
}

uint32_t radio_start_step(struct radio *radio, const struct hal *hal)
{
    DEVICE_ASSERT(hal, radio->start < RADIO_STARTED);
    switch ((enum radio_start)radio->start) {
    case RADIO_START_RESET:
        hal_radio_antenna(hal, HAL_ANTENNA_OFF);
        hal_radio_reset_pin(hal, true);
        radio->start = RADIO_START_BOOTING;
        return RESET_LOW_TICKS;
    case RADIO_START_BOOTING:
        hal_radio_reset_pin(hal, false);
        radio->start = RADIO_START_CALIBRATING;
        return RESET_WAIT_TICKS;
    case RADIO_START_CALIBRATING:
        if (radio->frf == 0) {
            if (read_register(hal, REG_VERSION) != CHIP_VERSION) {
                radio->start = RADIO_START_RESET;
                return CHIP_ABSENT_TICKS;
            }
            calibrate_image(hal);
            radio->frf = 1;
            return CALIBRATION_TICKS;
        }
        if ((read_register(hal, REG_FSK_IMAGE_CAL) & IMAGE_CAL_RUNNING) != 0) {
            return CALIBRATION_TICKS;
        }
        enter_lora(radio, hal);
        return 0;
    case RADIO_STARTED:
        break;
    }
    return 0;
}

void radio_sleep(struct radio *radio, const struct hal *hal)
{
    DEVICE_ASSERT(hal, radio->start == RADIO_STARTED && radio->mode != MODE_TX);
    if (radio->mode != MODE_SLEEP) {
        rest(radio, hal, MODE_SLEEP);
        set_antenna(radio, hal, HAL_ANTENNA_OFF);
    }
}

uint32_t radio_wake(struct radio *radio, const struct hal *hal)
{
    DEVICE_ASSERT(hal, radio->start == RADIO_STARTED && radio->mode != MODE_TX);
    uint8_t before = radio->mode;
    if (before != MODE_STANDBY) {
        rest(radio, hal, MODE_STANDBY);
    }
    return before == MODE_SLEEP ? OSCILLATOR_TICKS : 0;
}

void radio_transmit(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, int power_dbm, const uint8_t *frame, size_t size)
{
    DEVICE_ASSERT(hal, radio->start == RADIO_STARTED && radio->mode == MODE_STANDBY);
    DEVICE_ASSERT(hal, size > 0 && size <= 255);
    configure(radio, hal, modulation, 0, size);
    set_iq(radio, hal, false);
    set_power(radio, hal, power_dbm);
    update(hal, REG_DIO_MAPPING_1, &radio->dio_mapping, DIO_MAPPING_TX);
    set_fifo_pointer(radio, hal, 0);
    fifo_access(hal, SPI_WRITE | REG_FIFO, frame, NULL, size);
    radio->fifo_pointer = (uint8_t)size;
    set_mode(radio, hal, MODE_TX);
}

static void receive(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, uint16_t timeout_symbols, enum radio_mode mode)
{
    DEVICE_ASSERT(hal, radio->start == RADIO_STARTED && radio->mode != MODE_TX);
    if (radio->mode != MODE_SLEEP && radio->mode != MODE_STANDBY) {
        rest(radio, hal, MODE_STANDBY);
    }
    configure(radio, hal, modulation, timeout_symbols, 0);
    set_iq(radio, hal, modulation->downlink);
    update(hal, REG_DIO_MAPPING_1, &radio->dio_mapping, DIO_MAPPING_RX);
    set_antenna(radio, hal, HAL_ANTENNA_RX);
    set_mode(radio, hal, mode);
}

void radio_receive_single(struct radio *radio, const struct hal *hal,
        const struct lora_modulation *modulation, uint16_t timeout_symbols)
{
    DEVICE_ASSERT(hal, timeout_symbols >= 4 && timeout_symbols <= 1023);
    receive(radio, hal, modulation, timeout_symbols, MODE_RX_SINGLE);
}

void radio_receive_continuous(
        struct radio *radio, const struct hal *hal, const struct lora_modulation *modulation)
{
    /* The symbol timeout does not count here; keeping a constant one keeps the shadow equal. */
    receive(radio, hal, modulation, 100, MODE_RX_CONTINUOUS);
}

/* RegPktSnrValue is SNR * 4; the RSSI follows datasheet 5.5.5. */
static void read_quality(struct radio_frame *frame, uint8_t snr_raw, uint8_t rssi_raw)
{
    int snr_quarter_db = (int8_t)snr_raw;
    int rssi_dbm = RSSI_OFFSET_HF_DBM + rssi_raw + (rssi_raw >> 4);
    frame->snr_db = (int8_t)((snr_quarter_db + 130) / 4 - 32); /* to the nearest, halves up */
    if (snr_quarter_db < 0) {
        rssi_dbm += snr_quarter_db / 4;
    }
    frame->rssi_dbm = (int16_t)rssi_dbm;
}

/* One burst over 0x10..0x1A brings the flags, the place, the size and the quality. */
enum {
    FIRST = REG_FIFO_RX_CURRENT_ADDR,
    COUNT = REG_PKT_RSSI_VALUE - FIRST + 1
};

enum radio_event radio_service(
        struct radio *radio, const struct hal *hal, uint8_t bytes[256], struct radio_frame *frame)
{
    static const uint8_t request[1 + COUNT] = { FIRST };
    uint8_t status[1 + COUNT];
    if (radio->mode == MODE_SLEEP || radio->mode == MODE_STANDBY) {
        return RADIO_NOTHING;
    }
    DEVICE_ASSERT(hal, radio->start == RADIO_STARTED);
    hal_radio_frame(hal, request, status, sizeof status);
    const uint8_t *registers = status + 1;
    uint8_t flags = registers[REG_IRQ_FLAGS - FIRST];
    if ((flags & (IRQ_RX_DONE | IRQ_TX_DONE | IRQ_RX_TIMEOUT)) == 0) {
        return RADIO_NOTHING;
    }
    enum radio_event event = RADIO_RX_TIMEOUT;
    if ((flags & IRQ_TX_DONE) != 0) {
        event = RADIO_TX_DONE;
    } else if ((flags & IRQ_RX_DONE) != 0) {
        event = (flags & IRQ_PAYLOAD_CRC_ERROR) != 0 ? RADIO_RX_BAD_CRC : RADIO_RX_DONE;
    }
    if (event == RADIO_RX_DONE) {
        frame->size = registers[REG_RX_NB_BYTES - FIRST];
        read_quality(
                frame, registers[REG_PKT_SNR_VALUE - FIRST], registers[REG_PKT_RSSI_VALUE - FIRST]);
        if (frame->size > 0) {
            /* Back-to-back frames lie one after the other: the pointer is often there already. */
            set_fifo_pointer(radio, hal, registers[0]);
            fifo_access(hal, REG_FIFO, NULL, bytes, frame->size);
            radio->fifo_pointer = (uint8_t)(radio->fifo_pointer + frame->size);
        }
    }
    clear_flags(hal);
    if (radio->mode != MODE_RX_CONTINUOUS) {
        radio->mode = MODE_STANDBY;
    }
    return event;
}

struct radio_accesses radio_pass_over(struct radio *radio, uint8_t start, uint8_t size)
{
    /* As above: status, FIFO, flags; then the pointer. A SPI frame is select, exchange, deselect;
     * that of the FIFO exchanges twice. */
    struct radio_accesses accesses = { 3u + 4u + 3u, (uint16_t)(1u + COUNT + 1u + size + 2u) };
    if (radio->fifo_pointer != start) {
        accesses.calls += 3u;
        accesses.spi_bytes += 2u;
    }
    radio->fifo_pointer = (uint8_t)(start + size);
    return accesses;
}
