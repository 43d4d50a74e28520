/* What the files of the MAC call of each other.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_MAC_INTERNAL_H
#define DEVICE_MAC_MAC_INTERNAL_H

#include "core.h"
#include "mac/frame.h"
#include "mac/mac.h"
#include "mac/region.h"

#define DEV_NONCE_EXHAUSTED 0xFFFFu

static inline const struct region *mac_region(const struct mac *mac)
{
    return mac_region_find(mac->region);
}

/* Uniform in 0 .. `bound` - 1. */
static inline uint32_t mac_random(const struct hal *hal, uint32_t bound)
{
    uint32_t word;
    hal_entropy(hal, &word, sizeof word);
    return (uint32_t)((uint64_t)word * bound >> 32);
}

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* True when nobody changes the data rate: the ADR bit is clear. */
static inline bool mac_rate_fixed(const struct mac *mac)
{
    return core_of_const(mac)->factory.rate_policy == FACTORY_RATE_FIXED;
}

/* --- mac.c: the radio's schedule ------------------------------------------------------------- */
/* Continuous reception when class C is open, else sleep. */
void mac_background(struct mac *mac);
/* The same by the next step. */
void mac_background_soon(struct mac *mac);
/* The next step puts the frame in `mac->frame` on the air on the channel that was chosen. */
void mac_launch_soon(struct mac *mac);
/* Nothing of the uplink is on the air or awaited any more. The numbers are those of the trace. */
enum mac_outcome {
    MAC_UNANSWERED,
    MAC_ANSWERED,
    MAC_ACKNOWLEDGED
};
void mac_exchange_end(struct mac *mac, enum mac_outcome outcome);

/* --- windows.c ------------------------------------------------------------------------------- */
/* Symbols to wait for a preamble, and when to start the receiver relative to the nominal start,
 * for a window `delay_us` after the end of the uplink. */
void mac_window_size(const struct region *region, unsigned data_rate, uint32_t delay_us,
        uint16_t *timeout_symbols, int32_t *offset_ticks);
/* The two windows of the uplink that ended at `end_ticks`. */
void mac_windows_open_class_a(struct mac *mac, uint64_t end_ticks);
void mac_windows_insert(struct mac *mac, const struct mac_window *window);
/* Takes the first window out of the list. */
struct mac_window mac_windows_take(struct mac *mac);
static inline void mac_windows_clear(struct mac *mac)
{
    mac->window_count = 0;
}

/* --- duty_cycle.c ---------------------------------------------------------------------------- */
void mac_duty_account(
        struct mac *mac, uint32_t frequency_hz, uint32_t airtime_ticks, uint64_t end_ticks);
/* `times` the time on air, by a crystal that may run fast. */
uint64_t mac_duty_rest_ticks(uint32_t airtime_ticks, uint32_t times);
/* Nothing leaves on any sub-band before then. */
void mac_duty_block(struct mac *mac, uint64_t until_ticks);
/* First time at which one of the channels in `mask` may send at `data_rate`; NEVER: none can. Of
 * times up to now, any one. */
uint64_t mac_duty_free_at(const struct mac *mac, const struct channel_mask *mask,
        unsigned data_rate, uint64_t now_ticks);
/* One of those free now, at random; -1: none. */
int mac_duty_choose(const struct mac *mac, const struct channel_mask *mask, unsigned data_rate,
        uint64_t now_ticks);
struct channel_mask mac_channels_defined(const struct mac *mac);
bool mac_channel_can(const struct mac *mac, unsigned channel, unsigned data_rate);
static inline bool mac_rate_has_channel(
        const struct mac *mac, const struct channel_mask *mask, unsigned data_rate)
{
    return mac_duty_free_at(mac, mask, data_rate, 0) != HAL_TICKS_NEVER;
}

/* --- join.c ---------------------------------------------------------------------------------- */
void mac_join_start(struct mac *mac, uint64_t now_ticks);
void mac_join_send(struct mac *mac, uint64_t now_ticks);
void mac_join_missed(struct mac *mac, uint64_t now_ticks);
/* Handles a frame in a window of a join request. True: joined. */
bool mac_join_accept(struct mac *mac, uint8_t *bytes, size_t size);
/* Takes up the session that the factory negotiated. True: joined. */
bool mac_join_commissioned(struct mac *mac);

/* --- commands.c ------------------------------------------------------------------------------ */
void mac_commands_handle(struct mac *mac, const uint8_t *commands, size_t size, int snr_db);
/* Bytes of FOpts that the next uplink carries. */
size_t mac_commands_size(const struct mac *mac);
/* Writes them and forgets what is said once. */
size_t mac_commands_take(struct mac *mac, uint8_t fopts[MAC_FOPTS_MAX]);

/* --- uplink.c -------------------------------------------------------------------------------- */
/* The uplink that ended at `now_ticks` got no answer: next copy, or the end. */
void mac_uplink_unanswered(struct mac *mac, uint64_t now_ticks);
void mac_uplink_answered(struct mac *mac, bool pending, uint64_t now_ticks);

/* --- downlink.c ------------------------------------------------------------------------------ */
enum mac_receipt {
    MAC_RECEIPT_NONE,    /* not for this device, or refused */
    MAC_RECEIPT_UNICAST, /* a valid answer: ends the exchange in a class A window */
    MAC_RECEIPT_MULTICAST
};
/* A frame of `size` bytes in rx->bytes; `deliver`: the application gets rx->downlink. */
enum mac_receipt mac_receive(struct mac *mac, const struct radio_frame *frame, uint64_t end_ticks,
        struct mac_rx *rx, bool *deliver);

/* --- multicast.c ----------------------------------------------------------------------------- */
int mac_multicast_find(const struct mac *mac, uint32_t mc_addr);
bool mac_multicast_accept(struct mac *mac, unsigned group, const struct mac_frame *frame,
        size_t size, uint8_t *bytes, uint32_t *fcnt);
void mac_multicast_restore(struct mac *mac);

/* --- session_nvm.c --------------------------------------------------------------------------- */
struct mac_session_keys {
    uint8_t nwk_s_key[16];
    uint8_t app_s_key[16];
};
void mac_session_defaults(struct mac *mac);
void mac_session_save(struct mac *mac, const struct mac_session_keys *keys);
/* Parameters changed: the keys on record stay. */
void mac_session_save_parameters(struct mac *mac);
void mac_session_save_channels(struct mac *mac);
void mac_session_save_counters(struct mac *mac);
/* Before an uplink: keeps the counter on record ahead of the one in use. */
void mac_session_reserve_counter(struct mac *mac);
/* True: the session of before the reset goes on. */
bool mac_session_restore(struct mac *mac);

/* link_rate.c: a LinkCheckAns came. */
void mac_link_rate_answered(struct mac *mac);
/* An uplink leaves; `asked`: with a LinkCheckReq. */
void mac_link_rate_sent(struct mac *mac, bool asked);

#endif
