/* LoRaWAN frames on the air, parsed and decrypted with the keys that the servers have.
 * SPDX-License-Identifier: MIT
 *
 * Addresses, counters, FPort and MAC commands in FOpts go in clear (LoRaWAN L2 1.0.4 section 4.3);
 * payloads are decrypted with the session keys that the join server gave out. Any bytes may be on
 * the air: a frame that is too short or of another type is none of these.
 */
#ifndef RECORD_AIR_FRAMES_H
#define RECORD_AIR_FRAMES_H

#include "air/frame.h"
#include "record/recorder.h"

/* A data downlink; points into the frame. */
struct air_downlink {
    uint32_t address;
    uint16_t fcnt; /* low half */
    uint8_t fport; /* 0: none, or MAC commands */
    const uint8_t *fopts, *payload;
    uint8_t fopts_size;
    uint16_t payload_size;
};

enum air_answer {
    AIR_NONE, /* the frame holds no such answer */
    AIR_ACCEPTED,
    AIR_REFUSED
};

enum air_time {
    AIR_TIME_NONE,
    AIR_TIME_GPS,
    AIR_TIME_CORRECTION
};

/* False: no data downlink. */
bool air_downlink_parse(const struct frame *frame, struct air_downlink *downlink);
/* A data downlink to the address of one device, at an index. */
bool air_is_for(const struct recorder_view *view, uint32_t device, const struct frame *frame);
/* FPort of a data uplink; 0: it has none, or MAC commands; -1: no data uplink. */
int air_uplink_fport(const struct frame *frame);
/* A downlink to this device that holds a FragSessionSetupReq. */
bool air_sets_up_fragments(
        const struct recorder_view *view, uint32_t device, const struct frame *frame);
/* How many fragments of `size` bytes, from N = *first_n on, a downlink to this device holds. */
uint32_t air_unicast_fragments(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, uint32_t size, uint32_t *first_n);
/* FragSessionSetupAns in an uplink of this device. */
enum air_answer air_set_up_answer(
        const struct recorder_view *view, uint32_t device, const struct frame *frame);
/* DeviceTimeAns in FOpts, or AppTimeAns, in a downlink to this device: GPS time of the end of its
 * uplink in ns, or what its clock is to be put forward by. */
enum air_time air_time_answer(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, int64_t *value_ns);
/* The frame has the MIC that the keys of its group give. */
bool air_multicast_mic_ok(
        const struct frame *frame, uint32_t mc_addr, const uint8_t mc_key[16], uint32_t mc_fcnt);

/* Names of the package commands in a downlink to this device, in their order. Returns how
 * many there are. They end at the first that TS003, TS004 and TS005 do not have. */
#define AIR_COMMANDS_MAX 8u
size_t air_downlink_commands(const struct recorder_view *view, uint32_t device,
        const struct frame *frame, const char *names[AIR_COMMANDS_MAX]);

#endif
