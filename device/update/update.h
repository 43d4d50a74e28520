/* From a received block to a running image: verify, commit, install at the next boot.
 * SPDX-License-Identifier: MIT
 *
 * Image format (little-endian): header of IMAGE_HEADER_SIZE bytes, then `image_size` bytes of
 * code. The signature is Ed25519 over header bytes 0..95, which hold the SHA-256 of the code.
 */
#ifndef DEVICE_UPDATE_UPDATE_H
#define DEVICE_UPDATE_UPDATE_H

#include "factory.h"
#include "flash_map.h"
#include "hal.h"
#include "nvm.h"

#define IMAGE_MAGIC       0x474D4946u /* "FIMG" */
#define IMAGE_HEADER_SIZE 256u        /* the vector table behind it stays aligned */
/* Byte offsets in the header; bytes not named are 0. */
#define IMAGE_OFF_MAGIC       0u
#define IMAGE_OFF_HEADER_SIZE 4u  /* u16 */
#define IMAGE_OFF_FORMAT      6u  /* u16, 1 */
#define IMAGE_OFF_IMAGE_SIZE  8u  /* u32, bytes after the header */
#define IMAGE_OFF_VERSION     12u /* u32: major << 24 | minor << 16 | patch */
#define IMAGE_OFF_HARDWARE_ID 16u /* u32 */
#define IMAGE_OFF_FLAGS       20u /* u32, 0: plain full image */
#define IMAGE_OFF_SHA256      32u /* 32, over the image bytes */
#define IMAGE_OFF_SIGNATURE   96u /* 64 */
#define IMAGE_SIGNED_SIZE     96u

enum update_status {
    UPDATE_NONE,         /* no candidate */
    UPDATE_BUSY,         /* verification runs */
    UPDATE_BAD_HEADER,   /* magic, format or a size that does not fit */
    UPDATE_BAD_HARDWARE, /* for another hardware id */
    UPDATE_BAD_VERSION,  /* not newer than the running image */
    UPDATE_BAD_DIGEST,
    UPDATE_BAD_SIGNATURE,
    UPDATE_VALID         /* authentic: may be committed */
};

struct image_info {
    uint32_t version;
    uint32_t image_size; /* without header */
    uint32_t hardware_id;
    uint8_t sha256[32];
};

struct update {
    struct hal hal;
    const struct factory *factory;
    struct nvm *nvm;
    enum update_status status;
    enum hal_flash_region region;
    uint32_t address;
    uint32_t size;
    uint32_t offset; /* digest progress */
    struct image_info candidate;
    struct hal_sha256 sha;
};

void update_init(
        struct update *update, const struct hal *hal, const struct factory *factory, struct nvm *nvm);

/* Starts verification of a candidate image (header + code) of `size` bytes in flash. */
void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size);

/* One bounded piece of verification. True: call again. Waits out a busy flash by itself. */
bool update_step(struct update *update);

enum update_status update_status(const struct update *update);

/* Marks the VALID candidate for installation by the bootloader at the next boot; survives a
 * power cut from then on. The caller reboots. */
void update_commit(struct update *update);

/* Reads header fields of the image that runs. False: no valid header there. */
bool update_running_image(const struct hal *hal, struct image_info *info);

/* The bootloader: called from reset, before anything else. Installs a committed, verified image
 * into the running slot; a cut at any point is finished by the next boot. Blocking: it owns the
 * machine and charges its time. Returns true when the running slot holds a whole image. */
bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause);

#endif
