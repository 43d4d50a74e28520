/* LoRaWAN data frames as bytes: where everything is, and whether it may be there.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_FRAME_H
#define DEVICE_MAC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_FRAME_OVERHEAD 12u /* MHDR, FHDR without FOpts, MIC */

enum mac_frame_type { /* bits 7..5 of MHDR */
    MAC_JOIN_REQUEST,
    MAC_JOIN_ACCEPT,
    MAC_UNCONFIRMED_UP,
    MAC_UNCONFIRMED_DOWN,
    MAC_CONFIRMED_UP,
    MAC_CONFIRMED_DOWN,
    MAC_RFU,
    MAC_PROPRIETARY
};

#define MAC_FCTRL_ADR         0x80u
#define MAC_FCTRL_ADR_ACK_REQ 0x40u /* uplink; RFU in downlinks */
#define MAC_FCTRL_ACK         0x20u
#define MAC_FCTRL_FPENDING    0x10u /* downlink; ClassB in uplinks */
#define MAC_FCTRL_FOPTS_SIZE  0x0Fu

/* Why a frame was dropped: the first argument of FW_TRACE_FRAME_DROPPED. */
enum mac_frame_status {
    MAC_FRAME_OK,
    MAC_FRAME_TOO_SHORT,
    MAC_FRAME_BAD_MAJOR,
    MAC_FRAME_NOT_A_DOWNLINK,
    MAC_FRAME_BAD_FOPTS, /* longer than the frame, or beside FPort 0 */
    MAC_FRAME_NOT_FOR_US,
    MAC_FRAME_NOT_EXPECTED,  /* join-accept without a request on air */
    MAC_FRAME_BAD_MULTICAST, /* confirmed, ACK, MAC commands: spec 1.10 */
    MAC_FRAME_MAC_IN_CLASS_C,
    MAC_FRAME_BAD_PORT,
    MAC_FRAME_BAD_JOIN_NONCE,
    MAC_FRAME_BAD_CRC
};

/* A data downlink; offsets into its bytes. */
struct mac_frame {
    uint32_t dev_addr;
    uint16_t fcnt; /* low half */
    uint8_t type;  /* enum mac_frame_type */
    uint8_t fctrl;
    uint8_t fopts_size;
    uint8_t payload_at;
    uint8_t payload_size;
    int16_t fport; /* -1: absent */
};

#define MAC_FCNT_AT  6u
#define MAC_FOPTS_AT 8u

/* Type of any frame. */
static inline enum mac_frame_type mac_frame_type(uint8_t mhdr)
{
    return (enum mac_frame_type)(mhdr >> 5);
}

/* Takes a data downlink apart without touching keys or state. */
enum mac_frame_status mac_frame_parse(const uint8_t *bytes, size_t size, struct mac_frame *frame);

/* The 32-bit counter that the 16 received bits stand for: the lowest one not below `next`.
 * False: a repetition of the last frame, or the counter is exhausted. */
bool mac_frame_counter(uint32_t next, uint16_t received, uint32_t *fcnt);

#endif
