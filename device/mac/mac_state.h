/* The state of the MAC, complete so that its owner can place it; its members are the MAC's own.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_MAC_MAC_STATE_H
#define DEVICE_MAC_MAC_STATE_H

#include "hal.h"
#include "mac/channel_mask.h"
#include "radio/radio.h"

#define MAC_MULTICAST_GROUPS 4u
#define MAC_CHANNELS         16u
#define MAC_SUB_BANDS        6u
#define MAC_WINDOWS          4u
#define MAC_FOPTS_MAX        15u
#define MAC_FRAME_MAX        255u

/* What the radio does. */
enum mac_activity {
    MAC_RADIO_STARTING,
    MAC_IDLE,
    MAC_BACKGROUND_DUE, /* to be put to sleep or into class C by the next step */
    MAC_LAUNCH_DUE,     /* an uplink is ready: the next step wakes the radio for it */
    MAC_TX_WAKING,      /* the oscillator starts; then the frame goes out */
    MAC_TX,
    MAC_RX_WINDOW,
    MAC_RX_CONTINUOUS
};

/* What the MAC waits for between an uplink and the end of its second window. */
enum mac_exchange {
    MAC_NO_EXCHANGE,
    MAC_EXCHANGE_JOIN,
    MAC_EXCHANGE_DATA
};

enum mac_window_owner {
    MAC_WINDOW_RX1,
    MAC_WINDOW_RX2
};

/* A reception that shall start at a time; the list is sorted by it. */
struct mac_window {
    uint64_t start_ticks;
    uint32_t frequency_hz;
    uint16_t timeout_symbols;
    uint8_t data_rate;
    uint8_t owner;    /* enum mac_window_owner */
    uint8_t priority; /* of two that overlap the higher one stays */
};

struct mac_channel {
    uint32_t frequency_hz;     /* 0: no such channel */
    uint32_t rx1_frequency_hz; /* 0: the uplink frequency */
    uint8_t data_rate_min;
    uint8_t data_rate_max;
};

struct mac_group {
    uint32_t mc_addr;
    uint32_t fcnt_next; /* lowest counter that is still new */
    uint32_t fcnt_max;  /* exclusive */
    uint32_t fcnt_saved;
    bool defined;
    uint16_t window; /* largest step of the counter, of the factory; 0: any */
};

/* The receiver when nothing more urgent runs. */
struct mac_class_c {
    uint32_t frequency_hz;
    uint8_t data_rate;
    uint8_t group;
    bool open;
};

/* What MAC commands negotiate; kept in non-volatile memory. */
struct mac_parameters {
    uint32_t rx2_frequency_hz;
    uint8_t rx2_data_rate;
    uint8_t rx1_data_rate_offset;
    uint8_t rx_delay_s;
    uint8_t data_rate;
    uint8_t tx_power; /* index */
    uint8_t nb_trans;
    uint8_t max_duty_cycle; /* exponent n: 1 / 2^n of the time */
};

struct mac_join {
    uint64_t next_at_ticks; /* first: every frame looks at it */
    uint64_t first_at_ticks;
    uint64_t period_end_ticks;
    uint32_t airtime_ticks; /* used in this back-off period */
    uint16_t attempts;
    uint16_t dev_nonce; /* of the request on air */
    uint8_t period;     /* 0: first hour, 1: next ten hours, 2: each day from then on */
};

/* Answers that wait for the next uplink. */
struct mac_answers {
    uint8_t once[MAC_FOPTS_MAX];
    uint8_t once_size;
    uint8_t sticky[MAC_FOPTS_MAX]; /* repeated until a class A downlink comes */
    uint8_t sticky_size;
};

struct mac {
    /* Touched by every frame. */
    struct radio radio;
    uint8_t activity; /* enum mac_activity */
    uint8_t exchange; /* enum mac_exchange */
    uint8_t window_count;
    bool joined;
    uint32_t dev_addr;
    uint8_t contact;        /* enum mac_contact */
    uint64_t wake_at_ticks; /* next step of the activity, HAL_TICKS_NEVER: none */
    struct mac_class_c class_c;
    uint64_t copy_at_ticks; /* next copy of the uplink (NbTrans), or HAL_TICKS_NEVER */
    uint64_t poll_at_ticks;
    uint64_t group_heard_ticks; /* a frame of a group was taken last, or a session has opened */
    struct mac_group groups[MAC_MULTICAST_GROUPS];
    struct mac_join join;
    uint32_t fcnt_down_next;
    uint32_t fcnt_up;       /* of the next new uplink */
    uint32_t fcnt_up_bound; /* the counter after a reset: never below one that was used */
    uint16_t resets;        /* since the join */

    struct mac_window window; /* that runs in MAC_RX_WINDOW */
    struct mac_window windows[MAC_WINDOWS];
    struct mac_parameters parameters;
    struct channel_mask channel_mask;
    uint8_t region;         /* channel plan identifier */
    uint8_t uplink_channel; /* of the uplink on air */
    uint8_t uplink_data_rate;
    uint8_t copies_left;   /* of the uplink on air */
    uint8_t transmissions; /* of it so far */
    bool confirmed;        /* it is to be acknowledged */
    bool acknowledged;
    bool ack_pending;
    bool confirmed_class_c;
    bool time_wanted;
    bool link_check_wanted;
    bool time_asked; /* in the uplink on air */
    bool link_asked; /* a LinkCheckReq has left and is not answered yet */
    bool exchange_open;
    uint8_t polls_in_row;
    uint16_t adr_ack_count;
    uint8_t link_margin_db; /* last LinkCheckAns */
    uint8_t link_gateways;
    uint8_t link_unanswered; /* LinkCheckReqs since the last answer */
    uint8_t link_check_in;   /* uplinks until the next LinkCheckReq */
    bool rate_by_network;    /* ADR from the start, or a LinkADRReq was obeyed */
    uint64_t uplink_end_ticks;
    uint64_t band_free_at_ticks[MAC_SUB_BANDS];
    uint64_t aggregate_free_at_ticks;
    uint8_t resting_data_rate; /* slowest of the frames whose off-times may not be over */
    struct mac_answers answers;
    struct mac_channel channels[MAC_CHANNELS];
    uint8_t frame_size; /* of the uplink on air, kept for its copies */
    uint8_t frame[MAC_FRAME_MAX];
};

#endif
