/* The SX1276 register table: datasheet rev 4 sections 6.1 to 6.4.
 * SPDX-License-Identifier: MIT
 *
 * The one place that knows each register. Columns: name, reset value, access, bits that a write
 * does not change, severity of misuse, how far the model goes, page, whether TX, RX and CAD latch
 * it, hooks. Bits that start something and read 0 are read-only here: the hook sees them.
 */
#include "chip/sx1276_registers.h"

#include "chip/sx1276_parts.h"

/* clang-format off */
#define RW      SX1276_RW
#define R       SX1276_R
#define W1C     SX1276_W1C
#define HOOK    SX1276_TRIGGER
#define WINDOW  SX1276_WINDOW
#define COUNT   SX1276_UNIMPLEMENTED /* counted only */
#define WARN    SX1276_GUEST_WARNING
#define ERROR   SX1276_GUEST_ERROR
#define STORED  SX1276_STORED
#define MODEL   SX1276_MODELLED
#define ABSENT  SX1276_NOT_MODELLED
#define BOTH    SX1276_PAGE_COMMON
#define LORA    SX1276_PAGE_LORA
#define FSK     SX1276_PAGE_FSK

#define LATCHED     .latched = true
#define WRITE(hook) .write = sx1276_write_##hook
#define READ(hook)  .read = sx1276_read_##hook

/* Common registers and the LoRa page. */
const struct sx1276_register sx1276_lora_registers[SX1276_BANK_SIZE] = {
    [0x00] = { "RegFifo",                0x00, WINDOW, 0x00, ERROR, MODEL,  BOTH },
    [0x01] = { "RegOpMode",              0x09, HOOK,   0x00, ERROR, MODEL,  BOTH, WRITE(op_mode) },
    [0x02] = { "RegBitrateMsb",          0x1a, RW,     0x00, COUNT, STORED, BOTH },
    [0x03] = { "RegBitrateLsb",          0x0b, RW,     0x00, COUNT, STORED, BOTH },
    [0x04] = { "RegFdevMsb",             0x00, RW,     0x00, COUNT, STORED, BOTH },
    [0x05] = { "RegFdevLsb",             0x52, RW,     0x00, COUNT, STORED, BOTH },
    [0x06] = { "RegFrfMsb",              0x6c, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x07] = { "RegFrfMid",              0x80, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x08] = { "RegFrfLsb",              0x00, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x09] = { "RegPaConfig",            0x4f, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x0a] = { "RegPaRamp",              0x09, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x0b] = { "RegOcp",                 0x2b, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x0c] = { "RegLna",                 0x20, RW,     0x00, COUNT, STORED, BOTH },
    [0x0d] = { "RegFifoAddrPtr",         0x00, RW,     0x00, COUNT, MODEL,  LORA },
    [0x0e] = { "RegFifoTxBaseAddr",      0x80, RW,     0x00, COUNT, MODEL,  LORA },
    [0x0f] = { "RegFifoRxBaseAddr",      0x00, RW,     0x00, COUNT, MODEL,  LORA },
    [0x10] = { "RegFifoRxCurrentAddr",   0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x11] = { "RegIrqFlagsMask",        0x00, RW,     0x00, COUNT, MODEL,  LORA },
    [0x12] = { "RegIrqFlags",            0x00, W1C,    0x00, COUNT, MODEL,  LORA, WRITE(irqs) },
    [0x13] = { "RegRxNbBytes",           0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x14] = { "RegRxHeaderCntValueMsb", 0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x15] = { "RegRxHeaderCntValueLsb", 0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x16] = { "RegRxPacketCntValueMsb", 0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x17] = { "RegRxPacketCntValueLsb", 0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x18] = { "RegModemStat",           0x10, R,      0x00, WARN,  MODEL,  LORA },
    [0x19] = { "RegPktSnrValue",         0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x1a] = { "RegPktRssiValue",        0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x1b] = { "RegRssiValue",           0x00, R,      0x00, WARN,  MODEL,  LORA, READ(rssi) },
    [0x1c] = { "RegHopChannel",          0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x1d] = { "RegModemConfig1",        0x72, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x1e] = { "RegModemConfig2",        0x70, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x1f] = { "RegSymbTimeoutLsb",      0x64, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x20] = { "RegPreambleMsb",         0x00, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x21] = { "RegPreambleLsb",         0x08, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x22] = { "RegPayloadLength",       0x01, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x23] = { "RegMaxPayloadLength",    0xff, RW,     0x00, COUNT, MODEL,  LORA },
    [0x24] = { "RegHopPeriod",           0x00, RW,     0x00, COUNT, ABSENT, LORA },
    [0x25] = { "RegFifoRxByteAddr",      0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x26] = { "RegModemConfig3",        0x04, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x27] = { "RegPpmCorrection",       0x00, RW,     0x00, COUNT, STORED, LORA },
    [0x28] = { "RegFeiMsb",              0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x29] = { "RegFeiMid",              0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x2a] = { "RegFeiLsb",              0x00, R,      0x00, WARN,  MODEL,  LORA },
    [0x2c] = { "RegRssiWideband",        0x00, R,      0x00, WARN,  MODEL,  LORA, READ(wideband) },
    [0x2f] = { "RegIfFreq2",             0x20, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x30] = { "RegIfFreq1",             0x00, RW,     0x00, COUNT, STORED, LORA },
    [0x31] = { "RegDetectOptimize",      0xc3, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x33] = { "RegInvertIQ",            0x27, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x36] = { "RegHighBwOptimize1",     0x03, RW,     0x00, COUNT, STORED, LORA },
    [0x37] = { "RegDetectionThreshold",  0x0a, RW,     0x00, COUNT, STORED, LORA },
    [0x39] = { "RegSyncWord",            0x12, RW,     0x00, WARN,  MODEL,  LORA, LATCHED },
    [0x3a] = { "RegHighBwOptimize2",     0x65, RW,     0x00, COUNT, STORED, LORA },
    [0x3b] = { "RegInvertIQ2",           0x1d, RW,     0x00, COUNT, STORED, LORA },
    [0x40] = { "RegDioMapping1",         0x00, RW,     0x00, COUNT, MODEL,  BOTH, WRITE(dio_map) },
    [0x41] = { "RegDioMapping2",         0x00, RW,     0x00, COUNT, MODEL,  BOTH, WRITE(dio_map) },
    [0x42] = { "RegVersion",             0x12, R,      0x00, WARN,  MODEL,  BOTH },
    [0x44] = { "RegPllHop",              0x2d, RW,     0x00, COUNT, ABSENT, BOTH },
    [0x4b] = { "RegTcxo",                0x09, RW,     0x00, COUNT, STORED, BOTH },
    [0x4d] = { "RegPaDac",               0x84, RW,     0x00, COUNT, MODEL,  BOTH },
    [0x5b] = { "RegFormerTemp",          0x00, RW,     0x00, COUNT, STORED, BOTH },
    [0x5d] = { "RegBitrateFrac",         0x00, RW,     0x00, COUNT, STORED, BOTH },
    [0x61] = { "RegAgcRef",              0x1c, RW,     0x00, COUNT, STORED, BOTH },
    [0x62] = { "RegAgcThresh1",          0x0e, RW,     0x00, COUNT, STORED, BOTH },
    [0x63] = { "RegAgcThresh2",          0x5b, RW,     0x00, COUNT, STORED, BOTH },
    [0x64] = { "RegAgcThresh3",          0xdb, RW,     0x00, COUNT, STORED, BOTH },
    [0x70] = { "RegPll",                 0xd0, RW,     0x00, COUNT, STORED, BOTH },
};

#define AT(address) ((address) - SX1276_PAGE_FIRST)

/* The FSK page. Its packet engine is not modelled: settings store, status tells the mode. */
const struct sx1276_register
        sx1276_fsk_registers[SX1276_PAGE_LAST - SX1276_PAGE_FIRST + 1u] = {
    [AT(0x0d)] = { "RegRxConfig",       0x08, RW, 0x60, COUNT, STORED, FSK },
    [AT(0x0e)] = { "RegRssiConfig",     0x02, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x0f)] = { "RegRssiCollision",  0x0a, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x10)] = { "RegRssiThresh",     0xff, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x11)] = { "RegRssiValue",      0x00, R,  0x00, WARN,  MODEL,  FSK, READ(fsk_rssi) },
    [AT(0x12)] = { "RegRxBw",           0x15, RW, 0x00, COUNT, MODEL,  FSK },
    [AT(0x13)] = { "RegAfcBw",          0x0b, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x14)] = { "RegOokPeak",        0x28, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x15)] = { "RegOokFix",         0x0c, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x16)] = { "RegOokAvg",         0x12, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1a)] = { "RegAfcFei",         0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1b)] = { "RegAfcMsb",         0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1c)] = { "RegAfcLsb",         0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1d)] = { "RegFeiMsb",         0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1e)] = { "RegFeiLsb",         0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x1f)] = { "RegPreambleDetect", 0x40, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x20)] = { "RegRxTimeout1",     0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x21)] = { "RegRxTimeout2",     0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x22)] = { "RegRxTimeout3",     0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x23)] = { "RegRxDelay",        0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x24)] = { "RegOsc",            0x05, RW, 0x08, COUNT, STORED, FSK },
    [AT(0x25)] = { "RegPreambleMsb",    0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x26)] = { "RegPreambleLsb",    0x03, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x27)] = { "RegSyncConfig",     0x93, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x28)] = { "RegSyncValue1",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x29)] = { "RegSyncValue2",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2a)] = { "RegSyncValue3",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2b)] = { "RegSyncValue4",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2c)] = { "RegSyncValue5",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2d)] = { "RegSyncValue6",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2e)] = { "RegSyncValue7",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x2f)] = { "RegSyncValue8",     0x01, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x30)] = { "RegPacketConfig1",  0x90, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x31)] = { "RegPacketConfig2",  0x40, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x32)] = { "RegPayloadLength",  0x40, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x33)] = { "RegNodeAdrs",       0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x34)] = { "RegBroadcastAdrs",  0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x35)] = { "RegFifoThresh",     0x0f, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x36)] = { "RegSeqConfig1",     0x00, RW, 0x00, COUNT, ABSENT, FSK },
    [AT(0x37)] = { "RegSeqConfig2",     0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x38)] = { "RegTimerResol",     0x00, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x39)] = { "RegTimer1Coef",     0xf5, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x3a)] = { "RegTimer2Coef",     0x20, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x3b)] = { "RegImageCal",       0x82, RW, 0x68, ERROR, MODEL,  FSK, WRITE(image_cal) },
    [AT(0x3c)] = { "RegTemp",           0x00, R,  0x00, WARN,  STORED, FSK },
    [AT(0x3d)] = { "RegLowBat",         0x02, RW, 0x00, COUNT, STORED, FSK },
    [AT(0x3e)] = { "RegIrqFlags1",      0x80, R,  0x00, COUNT, MODEL,  FSK, READ(fsk_irq_flags1) },
    [AT(0x3f)] = { "RegIrqFlags2",      0x40, R,  0x00, COUNT, STORED, FSK },
};
/* clang-format on */
