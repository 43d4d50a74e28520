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
#define DEV_NONCE_UNKNOWN   0x8000u /* where to go on when all records are lost: far ahead */
#define JOIN_REQUEST_SIZE   23u
#define MAC_NB_TRANS_MAX    15u

static inline const struct region *mac_region(const struct core *core)
{
    return mac_region_find(core->mac.region);
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

/* True: the radio sleeps or listens for class C, so an uplink may take it. */
static inline bool mac_radio_free(const struct core *core)
{
    return core->mac.activity == MAC_IDLE || core->mac.activity == MAC_RX_CONTINUOUS;
}

/* True when the data rate stays as it is: the ADR bit is clear. */
static inline bool mac_rate_fixed(const struct core *core)
{
    return core->factory.rate_policy == FACTORY_RATE_FIXED;
}

/* --- mac.c: the radio's schedule ------------------------------------------------------------- */
/* Continuous reception when class C is open, else sleep. */
void mac_background(struct core *core);
/* The same by the next step. */
void mac_background_soon(struct core *core);
/* The next step puts the frame in `core->mac.frame` on the air on the channel that was chosen. */
void mac_launch_soon(struct core *core);
/* Nothing of the uplink is on the air or awaited any more. The numbers are those of the trace. */
enum mac_outcome {
    MAC_UNANSWERED,
    MAC_ANSWERED,
    MAC_ACKNOWLEDGED
};
void mac_exchange_end(struct core *core, enum mac_outcome outcome);

/* --- windows.c ------------------------------------------------------------------------------- */
/* Symbols to wait for a preamble, and when to start the receiver relative to the nominal start,
 * for a window `delay_us` after the end of the uplink. */
void mac_window_size(const struct region *region, unsigned data_rate, uint32_t delay_us,
        uint16_t *timeout_symbols, int32_t *offset_ticks);
/* The two windows of the uplink that ended at `end_ticks`. */
void mac_windows_open_class_a(struct core *core, uint64_t end_ticks);
void mac_windows_insert(struct core *core, const struct mac_window *window);
/* Takes the first window out of the list. */
struct mac_window mac_windows_take(struct core *core);
static inline void mac_windows_clear(struct core *core)
{
    core->mac.window_count = 0;
}

/* --- duty_cycle.c ---------------------------------------------------------------------------- */
void mac_duty_account(
        struct core *core, uint32_t frequency_hz, uint32_t airtime_ticks, uint64_t end_ticks);
/* `times` the time on air, by a crystal that may run fast. */
uint64_t mac_duty_rest_ticks(uint32_t airtime_ticks, uint32_t times);
/* Slowest of `data_rate` and of the frames for which a sub-band rests at `now_ticks`. */
unsigned mac_duty_resting_data_rate(
        const struct core *core, unsigned data_rate, uint64_t now_ticks);
/* The off-times of before a reset are lost: everything rests as after the longest frame that the
 * device, as restored, can have sent at last. */
void mac_duty_block_after_reset(struct core *core, uint64_t now_ticks);
/* First time at which one of the channels in `mask` may send at `data_rate`; NEVER: none can. Of
 * times up to now, any one. */
uint64_t mac_duty_free_at(const struct core *core, const struct channel_mask *mask,
        unsigned data_rate, uint64_t now_ticks);
/* One of those free now, at random; -1: none. */
int mac_duty_choose(const struct core *core, const struct channel_mask *mask, unsigned data_rate,
        uint64_t now_ticks);
struct channel_mask mac_channels_defined(const struct core *core);
bool mac_channel_can(const struct core *core, unsigned channel, unsigned data_rate);

/* --- data_rate.c ----------------------------------------------------------------------------- */
bool mac_rate_has_channel(
        const struct core *core, const struct channel_mask *mask, unsigned data_rate);
/* Takes `wanted` (any number) or, of what enabled channels carry, what is nearest: slower if they
 * can, else faster. Where they carry nothing, or the rate is fixed, it takes the nearest one of the
 * region, and the default channels are enabled. True: the mask has changed. */
bool mac_rate_take(struct core *core, int wanted);
/* Takes the next slower one that enabled channels carry. False: there is none. */
bool mac_rate_lower(struct core *core);
/* True: the mask has changed. */
bool mac_rate_enable_defaults(struct core *core);

/* --- join.c ---------------------------------------------------------------------------------- */
/* Skips the DevNonces that lost records may have held. */
void mac_join_skip_lost(struct core *core);
void mac_join_start(struct core *core, uint64_t now_ticks);
void mac_join_send(struct core *core, uint64_t now_ticks);
void mac_join_missed(struct core *core, uint64_t now_ticks);
/* Handles a frame in a window of a join request. True: joined. */
bool mac_join_accept(struct core *core, uint8_t *bytes, size_t size);
/* Takes up the session that the factory negotiated. True: joined. */
bool mac_join_commissioned(struct core *core);

/* --- commands.c ------------------------------------------------------------------------------ */
void mac_commands_handle(struct core *core, const uint8_t *commands, size_t size, int snr_db);
/* Bytes of FOpts that the next uplink carries. */
size_t mac_commands_size(const struct core *core);
/* Writes them and forgets what is said once. */
size_t mac_commands_take(struct core *core, uint8_t fopts[MAC_FOPTS_MAX]);

/* --- uplink.c -------------------------------------------------------------------------------- */
/* The uplink that ended at `now_ticks` got no answer: next copy, or the end. */
void mac_uplink_unanswered(struct core *core, uint64_t now_ticks);
void mac_uplink_answered(struct core *core, bool pending, uint64_t now_ticks);

/* --- downlink.c ------------------------------------------------------------------------------ */
enum mac_receipt {
    MAC_RECEIPT_NONE,    /* not for this device, or refused */
    MAC_RECEIPT_UNICAST, /* a valid answer: ends the exchange in a class A window */
    MAC_RECEIPT_MULTICAST
};
/* The device got as far as this. */
void mac_contact_note(struct core *core, enum mac_contact contact);
/* A frame of `size` bytes in rx->bytes; `deliver`: the application gets rx->downlink. */
enum mac_receipt mac_receive(struct core *core, const struct radio_frame *frame, uint64_t end_ticks,
        struct mac_rx *rx, bool *deliver);

/* --- multicast.c ----------------------------------------------------------------------------- */
/* A frame for this group's address that ended at `end_ticks`. True: authentic and new, and its
 * payload is decrypted. False: nothing has changed. */
bool mac_multicast_accept(struct core *core, unsigned group, const struct mac_frame *frame,
        size_t size, uint64_t end_ticks, uint8_t *bytes, uint32_t *fcnt);
/* True: all that comes of a frame for this group's address is FW_TRACE_COUNTER_REJECTED. */
bool mac_multicast_is_old(const struct core *core, unsigned group, const struct mac_frame *frame);
void mac_multicast_restore(struct core *core);

/* --- session_nvm.c --------------------------------------------------------------------------- */
struct mac_session_keys {
    uint8_t nwk_s_key[16];
    uint8_t app_s_key[16];
};
void mac_session_defaults(struct core *core);
void mac_session_save(struct core *core, const struct mac_session_keys *keys);
/* Parameters changed: the keys on record stay. */
void mac_session_save_parameters(struct core *core);
void mac_session_save_channels(struct core *core);
void mac_session_save_counters(struct core *core);
/* Before an uplink: keeps the counter on record ahead of the one in use. */
void mac_session_reserve_counter(struct core *core);
/* True: the session of before the reset goes on. */
bool mac_session_restore(struct core *core);

/* link_rate.c: a LinkCheckAns came. */
void mac_link_rate_answered(struct core *core);
/* An uplink leaves; `asked`: with a LinkCheckReq. */
void mac_link_rate_sent(struct core *core, bool asked);

#endif
