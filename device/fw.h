/* What a board knows of a firmware: tables of entry points and a block of RAM.
 * SPDX-License-Identifier: MIT
 *
 * Bootloader and application are two programs. At each reset the board runs the bootloader, then
 * boots the application that lies in flash; one can be exchanged without the other.
 */
#ifndef DEVICE_FW_H
#define DEVICE_FW_H

#include "hal.h"

#define FW_OPS_VERSION      2u
#define FW_BOOT_OPS_VERSION 1u

/* Bootloader. */
struct fw_boot_ops {
    uint16_t version; /* FW_BOOT_OPS_VERSION */
    uint16_t size;    /* sizeof(struct fw_boot_ops); new members are appended only */
    const char *name;
    /* Runs from reset to its end, on the RAM that the application gets afterwards; the content of
     * RAM is undefined. False: flash holds no whole application, and none may be started. */
    bool (*run)(void *ram, const struct hal *hal, enum hal_reset_cause cause);
    size_t ram_size_bytes; /* 0: it needs its stack only */
};

enum fw_irq {
    FW_IRQ_DIO0, /* DIO lines interrupt on the rising edge */
    FW_IRQ_DIO1,
    FW_IRQ_DIO2,
    FW_IRQ_DIO3,
    FW_IRQ_DIO4,
    FW_IRQ_DIO5,
    FW_IRQ_ALARM,
    FW_IRQ_FLASH_DONE,
    FW_IRQ_COUNT
};

/* A part of a firmware's RAM, in bytes; size 0: none. */
struct fw_span {
    uint32_t offset, size;
};

#define FW_SPANS_MAX 3u

/* A received frame that waits in the radio. */
struct fw_waiting_frame {
    const uint8_t *bytes;
    uint8_t size;       /* not 0 */
    uint8_t fifo_start; /* where it lies in the radio's FIFO */
};

/* What a run that only dropped a frame has asked of the hardware. */
struct fw_drop {
    uint8_t calls_before; /* of the HAL, before its only trace event; each takes time */
    uint8_t calls_after;
    uint16_t spi_bytes; /* of the radio, before it; one frame read whole, and all flags cleared */
    uint16_t trace_id;  /* enum fw_trace */
    uint32_t trace_a, trace_b;
};

#define FW_DROP_CALLS_MAX     24u
#define FW_DROP_SPI_BYTES_MAX 288u

/* Application. */
struct fw_ops {
    uint16_t version; /* FW_OPS_VERSION */
    uint16_t size;    /* sizeof(struct fw_ops); new members are appended only */
    uint32_t flags;   /* none defined yet */
    const char *name;
    size_t ram_size_bytes;
    size_t ram_align_bytes;
    /* Starts after the bootloader; RAM content is undefined. */
    void (*boot)(void *ram, const struct hal *hal, enum hal_reset_cause cause);
    /* Records the interrupt and the time of its edge; does no work. */
    void (*irq)(void *ram, enum fw_irq source, uint64_t edge_ticks);
    /* Does one bounded piece of work. True: more is ready; false: sleep until an interrupt. */
    bool (*run)(void *ram);
    /* What it touches of its RAM when a frame of a multicast session comes in, around an uplink,
     * and when it goes on with the work that a run has left. For a simulated board, which fetches
     * the RAM of the next device into the cache while it runs another: only its speed depends on
     * it. */
    struct fw_span frame_spans[FW_SPANS_MAX], uplink_spans[FW_SPANS_MAX], work_spans[FW_SPANS_MAX];
    /* For a simulated board too; NULL: there is no such short cut. The firmware sleeps, DIO0 has
     * risen for `frame` in a continuous reception, and the alarm is not due before the run would
     * end. True: irq() and run() would have dropped the frame for its old counter and slept on with
     * the same alarm. They need not be called: RAM is as they would have left it but for
     * the time of the edge, which counts until its interrupt is served only, and `drop` says what
     * else they would have done. False: nothing has changed. */
    bool (*drop)(void *ram, const struct fw_waiting_frame *frame, struct fw_drop *drop);
};

/* The firmware of this tree. */
extern const struct fw_boot_ops fleetcast_boot;
extern const struct fw_ops fleetcast_fw;

#endif
