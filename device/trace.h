/* The events that the firmware names through hal_trace(), declared once.
 * SPDX-License-Identifier: MIT
 *
 * X(name, meaning of a, meaning of b). Ids are stable: append only.
 */
#ifndef DEVICE_TRACE_H
#define DEVICE_TRACE_H

/* clang-format off */
#define FW_TRACE_EVENTS(X)                                                                         \
    X(BOOTED, "reset cause", "firmware version")                                                   \
    X(JOIN_REQUESTED, "dev nonce", "data rate")                                                    \
    X(JOINED, "dev addr", "dev nonce")                                                             \
    X(UPLINK, "fcnt up", "fport << 8 | data rate")                                                 \
    X(UPLINK_HELD, "report or clock sync held back by a session", "total held back")               \
    X(DOWNLINK, "fcnt down", "fport << 8 | window")                                                \
    X(MULTICAST, "mc fcnt", "group")                                                               \
    X(BAD_MIC, "dev addr", "fcnt")                                                                 \
    X(COUNTER_REJECTED, "dev addr", "fcnt")                                                        \
    X(FRAME_DROPPED, "reason", "mhdr")                                                             \
    X(CLOCK_SET, "signed correction in ms", "source: 0 DeviceTimeAns, 1 AppTimeAns")               \
    X(GROUP_SET_UP, "mc addr", "group")                                                            \
    X(SESSION_ARMED, "session time, GPS s", "group")                                               \
    X(SESSION_OPENED, "group", "own GPS time in ms, low 32 bits")                                  \
    X(SESSION_CLOSED, "group", "1 when it timed out")                                              \
    X(FRAG_SET_UP, "nb frag", "frag size << 8 | frag index")                                       \
    X(FRAGMENT_STORED, "N, 1 based, uncoded", "missing now")                                       \
    X(FRAGMENT_DUPLICATE, "N", "0")                                                                \
    X(FRAGMENT_CODED, "N", "unknowns left")                                                        \
    X(FRAGMENT_USELESS, "N", "unknowns left")                                                      \
    X(FRAG_FROZEN, "uncoded fragments missing at the first coded one", "nb frag")                  \
    X(FRAG_COMPLETE, "nb frag", "missing when frozen")                                             \
    X(BLOCK_MIC, "1 good, 0 bad", "block size")                                                    \
    X(BLOCK_ACKNOWLEDGED, "frag index", "0")                                                       \
    X(IMAGE_VERIFIED, "update_status", "image version")                                            \
    X(INSTALL_STARTED, "image version", "size")                                                    \
    X(INSTALLED, "image version", "size")                                                          \
    X(FEC_MEMORY, "missing fragments beyond the matrix", "0")                                      \
    X(RADIO_RX_START, "0 class A single, 1 continuous", "data rate")                               \
    X(EXCHANGE_ENDED, "transmissions", "0 no answer, 1 an answer, 2 the acknowledgement asked for")\
    X(REPORT_PLANNED, "signed, 1/32 s until the next report is due; 2^31 - 1: there is none",      \
            "reports that were due since the last one and are not sent")                            \
    X(PROOF_ASKED, "0 CRC-64, 1 SHA-256", "requests so far")                                       \
    X(PROOF_ANSWERED, "0 rejected, 1 accepted, 2 its MIC is wrong", "0 CRC-64, 1 SHA-256")         \
    X(FRAGMENT_HASHES, "first fragment, 1 based", "how many; 0: their signature was wrong")        \
    X(FRAGMENT_FORGED, "N", "1 when it was decoded, 0 when it arrived")                            \
    X(IMAGE_SAVED, "version of the image that runs", "size")                                       \
    X(TRIAL_RUNS, "image version", "s until it is reverted unless it is confirmed")                \
    X(IMAGE_CONFIRMED, "image version", "starts since the first one")                              \
    X(IMAGE_GIVEN_UP, "image version", "enum trial_end")                                           \
    X(REVERT_STARTED, "version of the saved image", "size")                                        \
    X(REVERTED, "version of the saved image", "size")                                              \
    X(DELTA_STARTED, "bytes of code that the patch makes", "made already, before a reset")         \
    X(DELTA_BUILT, "bytes of code", "bytes of the patch")                                          \
    X(FETCH_STARTED, "missing fragments", "frag index")                                            \
    X(FETCH_GIVEN_UP, "missing fragments", "requests without an answer")                               \
    X(REBOOT_PLANNED, "1 GPS s, 2 RTC ticks", "time of the reboot, low 32 bits")                   \
    X(REBOOT_CANCELLED, "1 GPS s, 2 RTC ticks; 0: none was planned", "0")                          \
    X(IMAGE_DELETED, "image version", "0")                                                         \
    X(COPY_STARTED, "bytes of code of the received image", "copied already, before a reset")       \
    X(COPIED, "bytes of code that lie in the slot for new images", "0")

enum fw_trace {
#define X(name, a, b) FW_TRACE_##name,
    FW_TRACE_EVENTS(X)
#undef X
    FW_TRACE_COUNT
};
/* clang-format on */

#endif
