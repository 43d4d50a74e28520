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

#define ROW(name_, reset_, access_, read_only_, severity_, model_, page_, ...)                     \
    { .name = name_, .reset = reset_, .access = access_, .read_only = read_only_,                  \
      .severity = severity_, .model = model_, .page = page_,                                       \
      .plain = access_ == SX1276_RW && read_only_ == 0 && model_ != SX1276_NOT_MODELLED,           \
      __VA_ARGS__ }
#define LATCHED     .latched = true
#define WRITE(hook) .write = sx1276_write_##hook
#define READ(hook)  .read = sx1276_read_##hook

/* Common registers and the LoRa page. */
const struct sx1276_register sx1276_lora_registers[SX1276_BANK_SIZE] = {
    [0x00] = ROW("RegFifo",                0x00, WINDOW, 0x00, ERROR, MODEL,  BOTH),
    [0x01] = ROW("RegOpMode",              0x09, HOOK,   0x00, ERROR, MODEL,  BOTH, WRITE(op_mode)),
    [0x02] = ROW("RegBitrateMsb",          0x1a, RW,     0x00, COUNT, STORED, BOTH),
    [0x03] = ROW("RegBitrateLsb",          0x0b, RW,     0x00, COUNT, STORED, BOTH),
    [0x04] = ROW("RegFdevMsb",             0x00, RW,     0x00, COUNT, STORED, BOTH),
    [0x05] = ROW("RegFdevLsb",             0x52, RW,     0x00, COUNT, STORED, BOTH),
    [0x06] = ROW("RegFrfMsb",              0x6c, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x07] = ROW("RegFrfMid",              0x80, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x08] = ROW("RegFrfLsb",              0x00, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x09] = ROW("RegPaConfig",            0x4f, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x0a] = ROW("RegPaRamp",              0x09, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x0b] = ROW("RegOcp",                 0x2b, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x0c] = ROW("RegLna",                 0x20, RW,     0x00, COUNT, STORED, BOTH),
    [0x0d] = ROW("RegFifoAddrPtr",         0x00, RW,     0x00, COUNT, MODEL,  LORA),
    [0x0e] = ROW("RegFifoTxBaseAddr",      0x80, RW,     0x00, COUNT, MODEL,  LORA),
    [0x0f] = ROW("RegFifoRxBaseAddr",      0x00, RW,     0x00, COUNT, MODEL,  LORA),
    [0x10] = ROW("RegFifoRxCurrentAddr",   0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x11] = ROW("RegIrqFlagsMask",        0x00, RW,     0x00, COUNT, MODEL,  LORA, WRITE(irq_mask)),
    [0x12] = ROW("RegIrqFlags",            0x00, W1C,    0x00, COUNT, MODEL,  LORA, WRITE(irqs)),
    [0x13] = ROW("RegRxNbBytes",           0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x14] = ROW("RegRxHeaderCntValueMsb", 0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x15] = ROW("RegRxHeaderCntValueLsb", 0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x16] = ROW("RegRxPacketCntValueMsb", 0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x17] = ROW("RegRxPacketCntValueLsb", 0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x18] = ROW("RegModemStat",           0x10, R,      0x00, WARN,  MODEL,  LORA),
    [0x19] = ROW("RegPktSnrValue",         0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x1a] = ROW("RegPktRssiValue",        0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x1b] = ROW("RegRssiValue",           0x00, R,      0x00, WARN,  MODEL,  LORA, READ(rssi)),
    [0x1c] = ROW("RegHopChannel",          0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x1d] = ROW("RegModemConfig1",        0x72, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x1e] = ROW("RegModemConfig2",        0x70, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x1f] = ROW("RegSymbTimeoutLsb",      0x64, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x20] = ROW("RegPreambleMsb",         0x00, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x21] = ROW("RegPreambleLsb",         0x08, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x22] = ROW("RegPayloadLength",       0x01, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x23] = ROW("RegMaxPayloadLength",    0xff, RW,     0x00, COUNT, MODEL,  LORA),
    [0x24] = ROW("RegHopPeriod",           0x00, RW,     0x00, COUNT, ABSENT, LORA),
    [0x25] = ROW("RegFifoRxByteAddr",      0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x26] = ROW("RegModemConfig3",        0x04, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x27] = ROW("RegPpmCorrection",       0x00, RW,     0x00, COUNT, STORED, LORA),
    [0x28] = ROW("RegFeiMsb",              0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x29] = ROW("RegFeiMid",              0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x2a] = ROW("RegFeiLsb",              0x00, R,      0x00, WARN,  MODEL,  LORA),
    [0x2c] = ROW("RegRssiWideband",        0x00, R,      0x00, WARN,  MODEL,  LORA, READ(wideband)),
    [0x2f] = ROW("RegIfFreq2",             0x20, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x30] = ROW("RegIfFreq1",             0x00, RW,     0x00, COUNT, STORED, LORA),
    [0x31] = ROW("RegDetectOptimize",      0xc3, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x33] = ROW("RegInvertIQ",            0x27, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x36] = ROW("RegHighBwOptimize1",     0x03, RW,     0x00, COUNT, STORED, LORA),
    [0x37] = ROW("RegDetectionThreshold",  0x0a, RW,     0x00, COUNT, STORED, LORA),
    [0x39] = ROW("RegSyncWord",            0x12, RW,     0x00, WARN,  MODEL,  LORA, LATCHED),
    [0x3a] = ROW("RegHighBwOptimize2",     0x65, RW,     0x00, COUNT, STORED, LORA),
    [0x3b] = ROW("RegInvertIQ2",           0x1d, RW,     0x00, COUNT, STORED, LORA),
    [0x40] = ROW("RegDioMapping1",         0x00, RW,     0x00, COUNT, MODEL,  BOTH, WRITE(dio_map)),
    [0x41] = ROW("RegDioMapping2",         0x00, RW,     0x00, COUNT, MODEL,  BOTH, WRITE(dio_map)),
    [0x42] = ROW("RegVersion",             0x12, R,      0x00, WARN,  MODEL,  BOTH),
    [0x44] = ROW("RegPllHop",              0x2d, RW,     0x00, COUNT, ABSENT, BOTH),
    [0x4b] = ROW("RegTcxo",                0x09, RW,     0x00, COUNT, STORED, BOTH),
    [0x4d] = ROW("RegPaDac",               0x84, RW,     0x00, COUNT, MODEL,  BOTH),
    [0x5b] = ROW("RegFormerTemp",          0x00, RW,     0x00, COUNT, STORED, BOTH),
    [0x5d] = ROW("RegBitrateFrac",         0x00, RW,     0x00, COUNT, STORED, BOTH),
    [0x61] = ROW("RegAgcRef",              0x1c, RW,     0x00, COUNT, STORED, BOTH),
    [0x62] = ROW("RegAgcThresh1",          0x0e, RW,     0x00, COUNT, STORED, BOTH),
    [0x63] = ROW("RegAgcThresh2",          0x5b, RW,     0x00, COUNT, STORED, BOTH),
    [0x64] = ROW("RegAgcThresh3",          0xdb, RW,     0x00, COUNT, STORED, BOTH),
    [0x70] = ROW("RegPll",                 0xd0, RW,     0x00, COUNT, STORED, BOTH),
};

#define AT(address) ((address) - SX1276_PAGE_FIRST)

/* The FSK page. Its packet engine is not modelled: settings store, status tells the mode. */
const struct sx1276_register
        sx1276_fsk_registers[SX1276_PAGE_LAST - SX1276_PAGE_FIRST + 1u] = {
    [AT(0x0d)] = ROW("RegRxConfig",       0x08, RW, 0x60, COUNT, STORED, FSK),
    [AT(0x0e)] = ROW("RegRssiConfig",     0x02, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x0f)] = ROW("RegRssiCollision",  0x0a, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x10)] = ROW("RegRssiThresh",     0xff, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x11)] = ROW("RegRssiValue",      0x00, R,  0x00, WARN,  MODEL,  FSK, READ(fsk_rssi)),
    [AT(0x12)] = ROW("RegRxBw",           0x15, RW, 0x00, COUNT, MODEL,  FSK),
    [AT(0x13)] = ROW("RegAfcBw",          0x0b, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x14)] = ROW("RegOokPeak",        0x28, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x15)] = ROW("RegOokFix",         0x0c, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x16)] = ROW("RegOokAvg",         0x12, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1a)] = ROW("RegAfcFei",         0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1b)] = ROW("RegAfcMsb",         0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1c)] = ROW("RegAfcLsb",         0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1d)] = ROW("RegFeiMsb",         0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1e)] = ROW("RegFeiLsb",         0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x1f)] = ROW("RegPreambleDetect", 0x40, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x20)] = ROW("RegRxTimeout1",     0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x21)] = ROW("RegRxTimeout2",     0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x22)] = ROW("RegRxTimeout3",     0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x23)] = ROW("RegRxDelay",        0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x24)] = ROW("RegOsc",            0x05, RW, 0x08, COUNT, STORED, FSK),
    [AT(0x25)] = ROW("RegPreambleMsb",    0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x26)] = ROW("RegPreambleLsb",    0x03, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x27)] = ROW("RegSyncConfig",     0x93, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x28)] = ROW("RegSyncValue1",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x29)] = ROW("RegSyncValue2",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2a)] = ROW("RegSyncValue3",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2b)] = ROW("RegSyncValue4",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2c)] = ROW("RegSyncValue5",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2d)] = ROW("RegSyncValue6",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2e)] = ROW("RegSyncValue7",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x2f)] = ROW("RegSyncValue8",     0x01, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x30)] = ROW("RegPacketConfig1",  0x90, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x31)] = ROW("RegPacketConfig2",  0x40, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x32)] = ROW("RegPayloadLength",  0x40, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x33)] = ROW("RegNodeAdrs",       0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x34)] = ROW("RegBroadcastAdrs",  0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x35)] = ROW("RegFifoThresh",     0x0f, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x36)] = ROW("RegSeqConfig1",     0x00, RW, 0x00, COUNT, ABSENT, FSK),
    [AT(0x37)] = ROW("RegSeqConfig2",     0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x38)] = ROW("RegTimerResol",     0x00, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x39)] = ROW("RegTimer1Coef",     0xf5, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x3a)] = ROW("RegTimer2Coef",     0x20, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x3b)] = ROW("RegImageCal",       0x82, RW, 0x68, ERROR, MODEL,  FSK, WRITE(image_cal)),
    [AT(0x3c)] = ROW("RegTemp",           0x00, R,  0x00, WARN,  STORED, FSK),
    [AT(0x3d)] = ROW("RegLowBat",         0x02, RW, 0x00, COUNT, STORED, FSK),
    [AT(0x3e)] = ROW("RegIrqFlags1",      0x80, W1C, 0xf4, COUNT, MODEL,  FSK, READ(fsk_irq_flags1)),
    [AT(0x3f)] = ROW("RegIrqFlags2",      0x40, W1C, 0xee, COUNT, STORED, FSK),
};
/* clang-format on */
