/* LoRaWAN L2 1.0.4 for one end-device: class A and C, four multicast groups.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_MAC_H
#define DEVICE_MAC_MAC_H

#include "clock.h"
#include "hal.h"
#include "mac/mac_state.h"
#include "update/factory.h"
#include "update/nvm.h"

struct core;

#define MAC_PAYLOAD_SIZE_MAX 242u /* RP002, EU868 DR4..DR7 */

/* AES key slots of the HAL. */
enum mac_key_slot {
    MAC_KEY_APP,
    MAC_KEY_GEN_APP,
    MAC_KEY_NWK_S,
    MAC_KEY_APP_S,
    MAC_KEY_MC_APP_S_0,                          /* + group */
    MAC_KEY_MC_NWK_S_0 = MAC_KEY_MC_APP_S_0 + 4, /* + group */
    MAC_KEY_DATA_BLOCK_INT = MAC_KEY_MC_NWK_S_0 + 4,
    MAC_KEY_SCRATCH /* McRootKey, McKEKey, McKey while they are derived */
};

enum mac_status {
    MAC_OK = 0,
    MAC_BUSY = -1, /* transmitting, or in the receive windows of an uplink */
    MAC_NOT_JOINED = -2,
    MAC_DUTY_CYCLE = -3, /* no channel is free yet: see mac_uplink_possible_at() */
    MAC_TOO_LONG = -4    /* does not fit the data rate with the MAC answers that wait */
};

/* A downlink for the application, decrypted; valid during the call only. */
struct mac_downlink {
    const uint8_t *payload;
    uint8_t size;
    uint8_t fport; /* 1..223 */
    int8_t group;  /* multicast group 0..3, or -1: unicast */
    int8_t snr_db;
    int16_t rssi_dbm;
    bool pending; /* FPending */
    uint32_t fcnt;
    uint64_t end_ticks; /* RTC time of the end of the frame */
};

/* Room for one received frame, on the stack of the function that serves the interrupt. */
struct mac_rx {
    struct mac_downlink downlink; /* its payload points into `bytes` */
    uint8_t bytes[256];
};

/* The MAC is part of a struct core (core.h) whose HAL, factory record and non-volatile store are
 * ready: restores session and groups, starts the radio, joins when there is no session. */
void mac_init(struct core *core, enum hal_reset_cause cause);

/* --- driven by the main loop ----------------------------------------------------------------- */
/* Serves an edge on DIO0 or DIO1, outside the ISR. True: `rx->downlink` is for the application. */
bool mac_irq(struct core *core, unsigned dio, uint64_t edge_ticks, struct mac_rx *rx);
uint64_t mac_step_at(const struct core *core);        /* 0: now; HAL_TICKS_NEVER: on input only */
void mac_step(struct core *core, uint64_t now_ticks); /* does what is due */
/* True: the battery has a pause after a brown-out, until mac_step_at(): neither the radio nor a
 * flash may load it. */
bool mac_rests(const struct core *core, uint64_t now_ticks);
/* RTC time from which nothing runs and no off-time is left, so that a restart loses nothing;
 * HAL_TICKS_NEVER while an uplink or join is under way. */
uint64_t mac_idle_at(const struct core *core);
/* Until when the radio sleeps: no frame is on its way, no window opens. 0: it does not sleep. */
uint64_t mac_quiet_until(const struct core *core);
/* A window of class A opens within so many ticks. */
bool mac_window_is_near(const struct core *core, uint64_t now_ticks, uint32_t ticks);
/* How far the device got in touch with a network since the boot, in this order. */
enum mac_contact {
    MAC_CONTACT_NONE,
    MAC_CONTACT_SENT,    /* a join-request or an uplink has left */
    MAC_CONTACT_HEARD,   /* a frame came, of whatever network */
    MAC_CONTACT_ANSWERED /* a join-accept or a frame for this device alone came */
};
enum mac_contact mac_contact(const struct core *core);
/* Resets that the session survived. */
uint16_t mac_resets(const struct core *core);

/* --- uplink ---------------------------------------------------------------------------------- */
bool mac_joined(const struct core *core);
uint32_t mac_dev_addr(const struct core *core); /* of the session */
/* RTC time from which mac_send() may succeed: 0 now, HAL_TICKS_NEVER while not joined or busy. */
uint64_t mac_uplink_possible_at(const struct core *core, uint64_t now_ticks);
/* Application bytes that the next uplink can carry, MAC answers deducted. */
size_t mac_payload_size_max(const struct core *core);
/* Sends an unconfirmed uplink now. `fport` 0: an empty frame without FPort (a poll). */
enum mac_status mac_send(struct core *core, uint8_t fport, const uint8_t *payload, size_t size);
/* The same, but confirmed: up to NbTrans copies until the acknowledgement comes. */
enum mac_status mac_send_confirmed(
        struct core *core, uint8_t fport, const uint8_t *payload, size_t size);
/* True when an empty uplink is due by itself: sticky MAC answers are not a reason, an open
 * exchange (FPending) is. Time in mac_poll_at(). */
uint64_t mac_poll_at(const struct core *core);
/* Puts DeviceTimeReq (LinkCheckReq) into the next uplink. */
void mac_request_device_time(struct core *core);
void mac_request_link_check(struct core *core);
/* Before each uplink of the application: asks for a LinkCheck now and then, and goes a data rate
 * down when no answer comes. Without effect where the factory decided on another policy, and once
 * the network commanded a data rate. */
void mac_watch_link(struct core *core);
/* Time on air of the next uplink with `size` application bytes, in RTC ticks, rounded up. */
uint32_t mac_uplink_airtime_ticks(const struct core *core, size_t size);
uint8_t mac_data_rate(const struct core *core);

/* --- multicast ------------------------------------------------------------------------------- */
/* Defines (or overwrites) a group; keys are loaded into the slots and kept in non-volatile
 * memory; the counter restarts at `fcnt_min` - 1. */
void mac_multicast_set(struct core *core, unsigned group, uint32_t mc_addr,
        const uint8_t mc_app_s_key[16], const uint8_t mc_nwk_s_key[16], uint32_t fcnt_min,
        uint32_t fcnt_max);
/* True: all that mac_irq() would do with this frame, which a continuous reception has brought, is
 * to take it out of the radio and to drop it, as the counter `*fcnt` of group `*mc_addr` is not
 * new.
 */
bool mac_only_drops(const struct core *core, const uint8_t *bytes, size_t size, uint32_t *mc_addr,
        uint16_t *fcnt);
/* True when frames to `mc_addr` are for the device alone, or for another group than `group`. */
bool mac_multicast_address_taken(const struct core *core, unsigned group, uint32_t mc_addr);
bool mac_multicast_defined(const struct core *core, unsigned group, uint32_t *mc_addr);
void mac_multicast_delete(struct core *core, unsigned group);

/* True if the region allows the frequency (a downlink channel) and data rate. */
bool mac_frequency_valid(const struct core *core, uint32_t frequency_hz);
bool mac_data_rate_valid(const struct core *core, uint8_t data_rate);

/* Class C: keep the receiver open with these parameters whenever nothing more urgent runs. A
 * second call replaces the first. */
void mac_class_c_open(struct core *core, unsigned group, uint32_t frequency_hz, uint8_t data_rate);
/* The receiver closes if it is the group's; the group's counter goes on record either way. */
void mac_class_c_close(struct core *core, unsigned group);
bool mac_class_c_is_open(const struct core *core);

#endif
