/* A device's identity and keys, as factory and join server both know them.
 * SPDX-License-Identifier: MIT
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_CHANNEL_MASK_BYTES 9u /* 72 channels */

struct device_identity {
    uint64_t dev_eui; /* as a number; on air least significant byte first */
    uint64_t join_eui;
    uint8_t app_key[16];
    uint8_t gen_app_key[16];
    uint8_t image_public_key[32];
    uint8_t image_encryption_key[16];
    uint32_t hardware_id;
};

/* Identity of device `index` of a run: keys drawn from (seed, RANDOM_KEYS), EUIs counted. Image
 * keys and hardware id are left 0. */
void device_identity_draw(struct device_identity *identity, uint64_t seed, uint32_t index);

/* When reports leave. */
enum device_traffic {
    DEVICE_TRAFFIC_PERIODIC,
    DEVICE_TRAFFIC_JITTERED,
    DEVICE_TRAFFIC_POISSON
};

/* What chooses the data rate of uplinks. */
enum device_rate_policy {
    DEVICE_RATE_LINK_CHECK, /* the device, by LinkCheck, until a LinkADRReq comes */
    DEVICE_RATE_FIXED,
    DEVICE_RATE_ADR /* the network server */
};

/* What a block needs before it is installed, besides a valid signature: bits. */
enum device_verify {
    DEVICE_VERIFY_CHECKSUM = 1,   /* the server accepts its CRC-64 */
    DEVICE_VERIFY_MIC_CRC64 = 2,  /* the same, with a MIC over the CRC-64 */
    DEVICE_VERIFY_MIC_SHA256 = 4, /* the server accepts its SHA-256, with a MIC over it */
    DEVICE_VERIFY_AT_BOOT = 8     /* the bootloader alone looks at the signature of an image */
};

#define DEVICE_CLOCK_REFRESH_NEVER 0xFFFFu
#define DEVICE_JOIN_ACCEPT_MAX     33u /* bytes of a join-accept with CFList */

/* How the factory configures the firmware. 0 leaves the choice to the firmware. */
struct device_configuration {
    uint32_t report_period_s; /* mean, with Poisson traffic */
    uint8_t report_size;      /* application bytes, 1..242; 0: the firmware's report of 24 */
    bool report_empty;        /* no application bytes; report_size is 0 */
    uint16_t report_count;    /* reports after each start; 0: no end */
    uint32_t report_until_s;  /* time by the device's RTC after which no report leaves; 0: no end */
    bool no_duty_cycle;       /* keeps no duty cycle of its region */
    bool report_random_phase;
    uint8_t fragmentation_version; /* of TS004: 1 or 2 */

    uint8_t report_traffic;        /* enum device_traffic */
    uint8_t report_jitter_percent; /* jittered: interval uniform in period * (1 -+ jitter) */
    bool report_confirmed;         /* confirmed uplinks, up to nb_trans copies */
    bool report_in_session;        /* reports go on during a multicast session */
    uint8_t rate_policy;           /* enum device_rate_policy */
    uint8_t data_rate;      /* fixed: the data rate; else that of a commissioned device's start */
    uint8_t tx_power_index; /* TXPower of a new session */
    uint8_t nb_trans;       /* of a new session, 1..15; 0: 1 */
    uint8_t region_plan;    /* RP002 channel plan identifier */
    /* Channels that may be used, little-endian, default ones first; 0: all. */
    uint8_t channel_mask[DEVICE_CHANNEL_MASK_BYTES];

    bool guard_given; /* a session opens and closes this much early and late, be it 0: */
    uint32_t guard_ms;
    uint16_t guard_ppm; /* of the time since the clock was set */
    /* Age in hours at which the clock is asked for again; 0: the firmware's (24);
     * DEVICE_CLOCK_REFRESH_NEVER: the device never asks of its own accord, not even once. */
    uint16_t clock_refresh_h;
    bool fragment_table;     /* fragments are proven by a signed table that comes first */
    uint16_t counter_window; /* largest step of McFCnt that is taken at once; 0: any */
    uint8_t trial_hours;  /* in which a new image must confirm itself; 0: the firmware's choice */
    uint8_t verify;       /* enum device_verify bits */
    bool install_ordered; /* a committed image waits for a reboot that the server plans */

    /* A commissioned device: the join-accept that answered its request with `dev_nonce`. */
    uint16_t dev_nonce;
    uint8_t join_accept_size; /* 17 or 33; 0: joins over the air */
    uint8_t join_accept[DEVICE_JOIN_ACCEPT_MAX];
};

#endif
