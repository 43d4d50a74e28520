/* One transmission on the air: immutable once started, shared by all its receivers.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_FRAME_H
#define AIR_FRAME_H

#include "air/lora.h"
#include "engine.h"

struct frame {
    uint64_t id; /* sender entity << 32 | per-sender count: the same in every run */
    entity_id sender;
    bool downlink;      /* sent by a gateway */
    bool aborted;       /* the transmitter left TX before the end */
    uint16_t size;      /* PHY payload bytes */
    int32_t power_mdbm; /* EIRP */
    /* Of its sender's crystal: carrier and symbol clock alike. */
    int32_t clock_error_ppb;
    int32_t clock_drift_ppb_per_s;
    struct lora_modulation modulation;
    sim_ns start_ns;
    sim_ns detect_ns; /* 5 preamble symbols received by a station that listened from the start */
    sim_ns preamble_end_ns;
    sim_ns header_ns; /* end of the 8-symbol header block */
    sim_ns end_ns;
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
};

/* How a frame ended for one receiver: exactly one cause. Order = how far the frame got, so the
 * better of several copies is the greater. (design section 6) */
/* clang-format off */
#define LOSS_CAUSES(X)                                                                             \
    X(GATEWAY_SKIPPED, "gateway_skipped")         /* never on air: duty cycle, queue */            \
    X(POWERED_DOWN, "powered_down")                                                                \
    X(NOT_SET_UP, "not_set_up")                                                                    \
    X(SESSION_NOT_OPEN, "session_not_open")                                                        \
    X(SESSION_CLOSED, "session_closed")                                                            \
    X(RADIO_BUSY, "radio_busy")                   /* own uplink or its windows; gateway: TX */     \
    X(RECEIVER_LOCKED_ELSEWHERE, "receiver_locked_elsewhere") /* or no demodulator free */         \
    X(PREAMBLE_MISSED, "preamble_missed")         /* opened too late, or lost in interference */   \
    X(BELOW_SENSITIVITY, "below_sensitivity")     /* too weak even without fading */               \
    X(FADING, "fading")                           /* strong enough without fading */               \
    X(INTERFERENCE, "interference")                                                                \
    X(FREQUENCY_OFFSET, "frequency_offset")                                                        \
    X(MISMATCH, "mismatch")                       /* LowDataRateOptimize or header mode differ */  \
    X(MCU_BUSY, "mcu_busy")                       /* overwritten in the FIFO before it was read */ \
    X(BAD_MIC, "bad_mic")                                                                          \
    X(COUNTER_REJECTED, "counter_rejected")                                                        \
    X(NONE, "received")

enum loss_cause {
#define X(name, text) LOSS_##name,
    LOSS_CAUSES(X)
#undef X
    LOSS_CAUSE_COUNT
};
/* clang-format on */

const char *loss_cause_name(enum loss_cause cause);

#endif
