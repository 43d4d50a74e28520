/* What the lines of events.jsonl are made of; only their writer and their reader include it.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_EVENT_PARTS_H
#define RESULTS_EVENT_PARTS_H

#include "observe.h"
#include "results/column.h"

/* name, unit, form, what; in the order in which they are written. */
/* clang-format off */
#define EVENT_MEMBERS(X)                                                                                 \
    X(FRAME, "frame", "", INTEGER, "number of the frame: entity of its sender x 2^32 + count")     \
    X(SIZE, "size", "B", INTEGER, "bytes of the frame's PHY payload")                              \
    X(FREQUENCY, "frequency_hz", "Hz", INTEGER, "carrier of the frame")                            \
    X(POWER, "power_dbm", "dBm", THOUSANDTHS, "EIRP of the frame")                                 \
    X(CAUSE, "cause", "", CAUSE,                                                                   \
            "why the frame was lost: a key of missing_fragments.by_cause in summary.json")         \
    X(RSSI, "rssi_dbm", "dBm", THOUSANDTHS, "power of the frame at the receiver")                  \
    X(SNR, "snr_db", "dB", THOUSANDTHS, "signal to noise ratio of the frame at the receiver")      \
    X(TOKEN, "token", "", INTEGER, "number of the request to transmit")                            \
    X(RESULT, "result", "", RESULT, "what became of the request, as in gateways.rejected")         \
    X(SUB_BAND, "sub_band", "", INTEGER, "index of the region's sub-band")                         \
    X(EVENT, "event", "", TRACE, "name of the firmware's event")                                   \
    X(A, "a", "", INTEGER, "first value of the firmware's event")                                  \
    X(B, "b", "", INTEGER, "second value of the firmware's event")                                 \
    X(LINE, "line", "", INTEGER, "line of the source that stated the panic")                       \
    X(SEVERITY, "severity", "", INTEGER, "how bad the broken rule of the datasheet is")            \
    X(REGISTER, "register", "", INTEGER, "address of the register that was used wrongly")          \
    X(RESET_CAUSE, "reset_cause", "", INTEGER,                                                     \
            "0 power on, 1 reset pin, 2 software, 3 watchdog, 4 brownout")                         \
    X(EXCESS, "excess_us", "us", INTEGER, "time on air beyond the duty cycle")                     \
    X(DEV_ADDR, "dev_addr", "", ADDRESS, "address that the network gave the device")               \
    X(DEV_NONCE, "dev_nonce", "", INTEGER, "DevNonce of the join-request")                         \
    X(RECEIVER, "receiver", "", INTEGER, "number of the device or, of multicast, of the group")    \
    X(FCNT, "fcnt", "", INTEGER, "frame counter")                                                  \
    X(FPORT, "fport", "", INTEGER, "FPort of the uplink")                                          \
    X(WINDOW, "window", "", INTEGER, "0 multicast, 1 RX1, 2 RX2, 3 class C by unicast")                                  \
    X(REASON, "reason", "", INTEGER, "why the network server dropped the downlink")                \
    X(STAGE, "stage", "", STAGE, "stage that the device reached, as in devices.csv")               \
    X(PHASE, "phase", "", PHASE, "phase that the campaign reached, as in campaign.csv")            \
    X(CAMPAIGN, "campaign", "", INTEGER, "number of the campaign, from 0")                         \
    X(ROUND, "round", "", ORDINAL, "number of the campaign's round, from 1")                       \
    X(WAVE, "wave", "", ORDINAL, "number of the round's wave that the device is in, from 1")       \
    X(N, "n", "", INTEGER, "number of the fragment; those above NbFrag are coded")                 \
    X(MC_ADDR, "mc_addr", "", ADDRESS, "multicast address that the group has from now on")         \
    X(OLD_MC_ADDR, "old_mc_addr", "", ADDRESS, "multicast address that the group had before")      \
    X(CALLED, "called", "", INTEGER, "devices that the server tells the new address")              \
    X(SILENT_ROUNDS, "silent_rounds", "", INTEGER,                                                 \
            "rounds of the correction in a row that no device answered")

enum event_member {
#define X(name, text, unit, form, what) MEMBER_##name,
    EVENT_MEMBERS(X)
#undef X
    MEMBER_COUNT
};
/* clang-format on */

enum event_form {
    FORM_INTEGER,
    FORM_ORDINAL, /* counted from 0, written from 1 */
    FORM_THOUSANDTHS,
    FORM_ADDRESS,
    FORM_CAUSE,
    FORM_RESULT,
    FORM_TRACE,
    FORM_STAGE,
    FORM_PHASE
};

enum event_source {
    SOURCE_A,
    SOURCE_B,
    SOURCE_C,
    SOURCE_B_HIGH, /* upper and lower half of b */
    SOURCE_B_LOW,
    SOURCE_C_HIGH, /* upper half of c; upper and lower half of its lower half */
    SOURCE_C_MIDDLE,
    SOURCE_C_LOW
};

/* Of an observation of a kind one of its numbers, or a half of one. */
struct event_part {
    uint8_t kind, member, source;
};

/* Parts of one kind stand beside each other. */
extern const struct event_part event_parts[];
extern const size_t event_part_count;
extern const uint8_t event_forms[MEMBER_COUNT]; /* enum event_form */
/* What a line calls a member. */
const char *event_member_name(uint32_t member);
/* The first part of a kind; event_part_count: it has none. */
size_t event_first_part(enum observation_kind kind);

#endif
