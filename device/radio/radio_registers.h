/* Registers of the SX1276 in LoRa mode that the driver touches, as the datasheet names them.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_RADIO_RADIO_REGISTERS_H
#define DEVICE_RADIO_RADIO_REGISTERS_H

/* clang-format off: a register table. */
enum radio_register {
    REG_FIFO = 0x00,
    REG_OP_MODE = 0x01,
    REG_FRF_MSB = 0x06, /* 0x06..0x08, most significant first */
    REG_PA_CONFIG = 0x09,
    REG_LNA = 0x0C,
    REG_FIFO_ADDR_PTR = 0x0D,
    REG_FIFO_TX_BASE_ADDR = 0x0E,
    REG_FIFO_RX_BASE_ADDR = 0x0F,
    REG_FIFO_RX_CURRENT_ADDR = 0x10,
    REG_IRQ_FLAGS_MASK = 0x11,
    REG_IRQ_FLAGS = 0x12,
    REG_RX_NB_BYTES = 0x13,
    REG_PKT_SNR_VALUE = 0x19,
    REG_PKT_RSSI_VALUE = 0x1A,
    REG_MODEM_CONFIG_1 = 0x1D, /* 0x1D..0x1F: configuration 1, 2, symbol timeout LSB */
    REG_PREAMBLE_MSB = 0x20,
    REG_PAYLOAD_LENGTH = 0x22,
    REG_MAX_PAYLOAD_LENGTH = 0x23,
    REG_MODEM_CONFIG_3 = 0x26,
    REG_IF_FREQ_2F = 0x2F,
    REG_IF_FREQ_30 = 0x30,
    REG_DETECT_OPTIMIZE = 0x31,
    REG_INVERT_IQ = 0x33,
    REG_HIGH_BW_OPTIMIZE_36 = 0x36,
    REG_DETECTION_THRESHOLD = 0x37,
    REG_SYNC_WORD = 0x39,
    REG_HIGH_BW_OPTIMIZE_3A = 0x3A,
    REG_INVERT_IQ_2 = 0x3B,   /* LoRa page */
    REG_FSK_IMAGE_CAL = 0x3B, /* FSK page */
    REG_DIO_MAPPING_1 = 0x40,
    REG_VERSION = 0x42,
    REG_PA_DAC = 0x4D
};

enum radio_mode {
    MODE_SLEEP = 0,
    MODE_STANDBY = 1,
    MODE_TX = 3,
    MODE_RX_CONTINUOUS = 5,
    MODE_RX_SINGLE = 6
};

#define SPI_WRITE          0x80u
#define OP_MODE_LONG_RANGE 0x80u

#define IRQ_RX_TIMEOUT        0x80u
#define IRQ_RX_DONE           0x40u
#define IRQ_PAYLOAD_CRC_ERROR 0x20u
#define IRQ_TX_DONE           0x08u

#define PA_SELECT_BOOST    0x80u
#define PA_MAX_POWER_SHIFT 4u
#define PA_CONFIG_RESET    0x4Fu
#define PA_DAC_DEFAULT     0x84u
#define PA_DAC_20_DBM      0x87u

#define LNA_G1_BOOST_HF 0x23u

#define CONFIG1_BW_125   0x70u
#define CONFIG1_BW_250   0x80u
#define CONFIG1_BW_500   0x90u
#define CONFIG1_CR_4_5   0x02u
#define CONFIG2_CRC_ON   0x04u
#define CONFIG3_LDRO     0x08u
#define CONFIG3_AGC_AUTO 0x04u

#define IMAGE_CAL_START   0x42u /* automatic calibration off, 10 degrees, start */
#define IMAGE_CAL_RUNNING 0x20u

#define DIO_MAPPING_RX 0x00u /* DIO0 RxDone, DIO1 RxTimeout */
#define DIO_MAPPING_TX 0x40u /* DIO0 TxDone */

#define CHIP_VERSION 0x12u
/* clang-format on */

#endif
