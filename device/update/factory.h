/* What the factory wrote into a device: identity and keys, at FLASH_FACTORY_ADDRESS.
 * SPDX-License-Identifier: MIT
 *
 * Little-endian, packed, 192 bytes; EUIs as on air (least significant byte first). From
 * FACTORY_OFF_BOOT_OPTIONS on, 0 leaves a choice to the firmware.
 */
#ifndef DEVICE_UPDATE_FACTORY_H
#define DEVICE_UPDATE_FACTORY_H

#include "hal.h"

#define FACTORY_MAGIC       0x31544346u /* "FCT1" */
#define FACTORY_RECORD_SIZE 192u

/* Byte offsets in the record. */
#define FACTORY_OFF_MAGIC            0u
#define FACTORY_OFF_HARDWARE_ID      4u   /* u32 */
#define FACTORY_OFF_DEV_EUI          8u   /* 8 */
#define FACTORY_OFF_JOIN_EUI         16u  /* 8 */
#define FACTORY_OFF_APP_KEY          24u  /* 16 */
#define FACTORY_OFF_GEN_APP_KEY      40u  /* 16 */
#define FACTORY_OFF_IMAGE_PUB_KEY    56u  /* 32, Ed25519 */
#define FACTORY_OFF_IMAGE_ENC_KEY    88u  /* 16 */
#define FACTORY_OFF_REPORT_PERIOD_S  104u /* u32, 0: default of the application */
#define FACTORY_OFF_REPORT_SIZE      108u /* u8, application bytes of a report, 0: default */
#define FACTORY_OFF_BOOT_OPTIONS     109u /* u8, FACTORY_OPTION_ bits */
#define FACTORY_OFF_FRAG_VERSION     110u /* u8, TS004: 1 or 2; 0: default of the firmware */
#define FACTORY_OFF_TRAFFIC          111u /* u8, enum factory_traffic */
#define FACTORY_OFF_JITTER_PERCENT   112u /* u8, of the period, either way, 0..100 */
#define FACTORY_OFF_RATE_POLICY      113u /* u8, enum factory_rate_policy */
#define FACTORY_OFF_DATA_RATE        114u /* u8, fixed; else first one of a commissioned device */
#define FACTORY_OFF_TX_POWER         115u /* u8, TXPower index of a new session */
#define FACTORY_OFF_NB_TRANS         116u /* u8, of a new session, 1..15; 0: 1 */
#define FACTORY_OFF_REGION           117u /* u8, RP002 channel plan identifier */
#define FACTORY_OFF_REPORT_COUNT     118u /* u16, reports after each start; 0: no end */
#define FACTORY_OFF_GUARD_MS         120u /* u32, see FACTORY_OPTION_GUARD */
#define FACTORY_OFF_GUARD_PPM        124u /* u16 */
#define FACTORY_OFF_CLOCK_REFRESH_H  126u /* u16, age at which time is asked for; NEVER: not */
#define FACTORY_OFF_DEV_NONCE        128u /* u16, of the request that the join-accept answers */
#define FACTORY_OFF_JOIN_ACCEPT_SIZE 130u /* u8, 17 or 33; 0: joins over the air */
#define FACTORY_OFF_JOIN_ACCEPT      131u /* 33, as on air */
#define FACTORY_OFF_CHANNEL_MASK                                                                   \
    164u /* 9, little-endian, of the channels that may be used; 0: all */
/* u32, time by the RTC after which no report leaves; 0: no end */
#define FACTORY_OFF_REPORT_UNTIL_S 173u
#define FACTORY_OFF_VERIFY         177u /* u8, FACTORY_VERIFY_ bits */
#define FACTORY_OFF_DEFENCES       179u /* u8, FACTORY_DEFENCE_ bits */
#define FACTORY_OFF_COUNTER_WINDOW 180u /* u16, see struct factory */
#define FACTORY_OFF_TRIAL_HOURS    178u /* u8, of a new image (update/trial.h); 0: default */
/* 182..187 reserved, 0 */
#define FACTORY_OFF_CRC32 188u /* u32, IEEE 802.3 over bytes 0..187 */

/* Boot options. */
#define FACTORY_OPTION_RANDOM_PHASE     0x01u /* reports start at a random phase of the period */
#define FACTORY_OPTION_REPORT_CONFIRMED 0x02u
#define FACTORY_OPTION_REPORT_SESSION   0x04u /* reports go on during a multicast session */
#define FACTORY_OPTION_GUARD            0x08u /* guard time is the record's, be it 0 */
#define FACTORY_OPTION_REPORT_EMPTY     0x10u /* reports have an FPort and no bytes */
#define FACTORY_OPTION_NO_DUTY_CYCLE    0x20u /* the device keeps no duty cycle of the region */
#define FACTORY_OPTION_INSTALL_ORDERED  0x40u /* a committed image waits for a reboot by TS006 */

/* What a block needs before it is committed: a valid signature, and the server's word about a hash
 * (services/block_proof.h). The bootloader demands the signature in any case. */
#define FACTORY_VERIFY_CHECKSUM   0x01u /* CRC-64 */
#define FACTORY_VERIFY_MIC_CRC64  0x02u /* the same, and the MIC of the answer holds */
#define FACTORY_VERIFY_MIC_SHA256 0x04u /* SHA-256, and the MIC of the answer holds */
#define FACTORY_VERIFY_AT_BOOT    0x08u /* the signature is left to the bootloader */

/* Against members of its multicast groups. */
#define FACTORY_DEFENCE_FRAGMENT_TABLE 0x01u /* fragments are proven by a signed table */

#define FACTORY_CLOCK_REFRESH_NEVER 0xFFFFu
#define FACTORY_JOIN_ACCEPT_MAX     33u
#define FACTORY_CHANNEL_MASK_SIZE   9u

/* When reports leave. */
enum factory_traffic {
    FACTORY_TRAFFIC_PERIODIC,
    FACTORY_TRAFFIC_JITTERED, /* each interval uniform in period * (1 - jitter .. 1 + jitter) */
    FACTORY_TRAFFIC_POISSON   /* each interval exponential, its mean the period */
};

/* What chooses the data rate. */
enum factory_rate_policy {
    FACTORY_RATE_LINK_CHECK, /* the device, by LinkCheck, until a LinkADRReq comes */
    FACTORY_RATE_FIXED,      /* the factory, once: ADR bit clear */
    FACTORY_RATE_ADR         /* the network; back-off by the device */
};

struct factory {
    uint32_t hardware_id;
    uint8_t dev_eui[8];
    uint8_t join_eui[8];
    uint8_t app_key[16];
    uint8_t gen_app_key[16];
    uint8_t image_public_key[32];
    uint8_t image_encryption_key[16];
    uint32_t report_period_s;
    uint8_t report_size;
    uint8_t boot_options;
    uint16_t report_count;
    uint32_t report_until_s;
    uint8_t frag_version;
    uint8_t traffic;        /* enum factory_traffic */
    uint8_t jitter_percent; /* FACTORY_TRAFFIC_JITTERED */
    uint8_t rate_policy;    /* enum factory_rate_policy */
    uint8_t data_rate;
    uint8_t tx_power;
    uint8_t nb_trans;
    uint8_t region_plan; /* RP002 channel plan identifier; 0: the firmware's choice */
    uint8_t channel_mask[FACTORY_CHANNEL_MASK_SIZE];
    /* With FACTORY_OPTION_GUARD, a session opens early and closes late by guard_ms and guard_ppm of
     * the time since the clock was set. */
    uint16_t guard_ppm;
    uint32_t guard_ms;
    uint16_t clock_refresh_h;
    uint8_t verify;          /* FACTORY_VERIFY_ bits */
    uint8_t defences;        /* FACTORY_DEFENCE_ bits */
    uint16_t counter_window; /* largest step of a group's McFCnt that is taken at once; 0: any */
    uint8_t trial_hours;     /* 0: default */
};

/* Reads and checks the record. False: magic or CRC wrong, `factory` is all zero. */
bool factory_read(const struct hal *hal, struct factory *factory);

/* The join-accept of a commissioned device. Returns its size, 0: there is none. */
size_t factory_join_accept(
        const struct hal *hal, uint8_t accept[FACTORY_JOIN_ACCEPT_MAX], uint16_t *dev_nonce);

#endif
