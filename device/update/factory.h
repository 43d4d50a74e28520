/* What the factory wrote into a device: identity and keys, at FLASH_FACTORY_ADDRESS.
 * SPDX-License-Identifier: MIT
 *
 * Little-endian, packed, 160 bytes; EUIs as on air (least significant byte first).
 */
#ifndef DEVICE_UPDATE_FACTORY_H
#define DEVICE_UPDATE_FACTORY_H

#include "hal.h"

#define FACTORY_MAGIC       0x31544346u /* "FCT1" */
#define FACTORY_RECORD_SIZE 160u

/* Byte offsets in the record. */
#define FACTORY_OFF_MAGIC           0u
#define FACTORY_OFF_HARDWARE_ID     4u   /* u32 */
#define FACTORY_OFF_DEV_EUI         8u   /* 8 */
#define FACTORY_OFF_JOIN_EUI        16u  /* 8 */
#define FACTORY_OFF_APP_KEY         24u  /* 16 */
#define FACTORY_OFF_GEN_APP_KEY     40u  /* 16 */
#define FACTORY_OFF_IMAGE_PUB_KEY   56u  /* 32, Ed25519 */
#define FACTORY_OFF_IMAGE_ENC_KEY   88u  /* 16 */
#define FACTORY_OFF_REPORT_PERIOD_S 104u /* u32, 0: default of the application */
#define FACTORY_OFF_REPORT_SIZE     108u /* u8, application bytes of a report, 0: default */
#define FACTORY_OFF_BOOT_OPTIONS    109u /* u8, bit 0: start reports at a random phase */
#define FACTORY_OFF_FRAG_VERSION    110u /* u8, TS004: 1 or 2; 0: default of the firmware */
/* 111..155 reserved, 0 */
#define FACTORY_OFF_CRC32 156u /* u32, IEEE 802.3 over bytes 0..155 */

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
    uint8_t frag_version;
};

/* Reads and checks the record. False: magic or CRC wrong, `factory` is all zero. */
bool factory_read(const struct hal *hal, struct factory *factory);

#endif
