/* The SX1276 register table: what the model knows of each address.
 * SPDX-License-Identifier: MIT
 */
#ifndef CHIP_SX1276_REGISTERS_H
#define CHIP_SX1276_REGISTERS_H

#include "chip/sx1276.h"

enum sx1276_page {
    SX1276_PAGE_COMMON,
    SX1276_PAGE_LORA,
    SX1276_PAGE_FSK
};

/* Zero is what an address has that no table lists: reserved registers store and read back,
 * silently, because published errata write them. */
enum sx1276_access {
    SX1276_RW,
    SX1276_R,       /* a write is misuse and changes nothing */
    SX1276_W1C,     /* writing 1 clears a bit */
    SX1276_TRIGGER, /* the write hook decides what is stored */
    SX1276_WINDOW   /* the FIFO: no storage of its own */
};

enum sx1276_class {
    SX1276_STORED, /* reads back; nothing depends on it, or the datasheet reserves it */
    SX1276_MODELLED,
    SX1276_NOT_MODELLED /* writing anything but the reset value is counted */
};

struct sx1276_register {
    const char *name; /* NULL: reserved */
    uint8_t reset;
    uint8_t access;    /* enum sx1276_access */
    uint8_t read_only; /* bits a write does not change */
    uint8_t severity;  /* enum sx1276_severity of misuse */
    uint8_t model;     /* enum sx1276_class */
    uint8_t page;      /* enum sx1276_page */
    bool latched;      /* has no effect while TX, RX or CAD runs: writing it then is misuse */
    bool plain;        /* but for that and a hook a write stores, and breaks no rule */
    /* After the new value was stored (SX1276_TRIGGER: instead). */
    void (*write)(struct sx1276 *chip, uint8_t address, uint8_t value);
    /* The value to read now, kept in the bank too if it shall last. */
    uint8_t (*read)(struct sx1276 *chip, uint8_t address);
};

/* Direct index by address; the FSK table starts at SX1276_PAGE_FIRST. */
extern const struct sx1276_register sx1276_lora_registers[SX1276_BANK_SIZE];
extern const struct sx1276_register sx1276_fsk_registers[SX1276_PAGE_LAST - SX1276_PAGE_FIRST + 1u];

/* Storage of an address as the pages are switched now. */
static inline bool sx1276_shows_fsk_page(const struct sx1276 *chip, uint8_t address)
{
    /* LongRangeMode and not AccessSharedReg: the LoRa page. */
    return address >= SX1276_PAGE_FIRST && address <= SX1276_PAGE_LAST
           && (chip->lora[0x01] & 0xc0u) != 0x80u;
}

#endif
