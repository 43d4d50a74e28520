/* From a received block to a running image: verify, commit, install at the next boot.
 * SPDX-License-Identifier: MIT
 *
 * Nothing here points into the caller's RAM block: factory record and store come with each call.
 */
#ifndef DEVICE_UPDATE_UPDATE_H
#define DEVICE_UPDATE_UPDATE_H

#include "hal.h"
#include "update/factory.h"
#include "update/flash_map.h"
#include "update/image.h"
#include "update/nvm.h"

enum update_status {
    UPDATE_NONE,         /* no candidate */
    UPDATE_BUSY,         /* verification runs */
    UPDATE_BAD_HEADER,   /* magic, format or a size that does not fit */
    UPDATE_BAD_HARDWARE, /* for another hardware id */
    UPDATE_BAD_VERSION,  /* not newer than the running image, or than any that ever ran */
    UPDATE_BAD_DIGEST,
    UPDATE_BAD_SIGNATURE,
    UPDATE_VALID /* authentic: may be committed */
};

struct update {
    struct hal hal;
    enum update_status status;
    enum hal_flash_region region;
    uint32_t address;
    uint32_t size;
    uint32_t offset; /* digest progress in the code; UINT32_MAX: the header comes next */
    struct image_info candidate;
    struct hal_sha256 sha;
};

void update_init(struct update *update, const struct hal *hal);

/* Starts verification of a candidate image (header + code) in `size` bytes of flash. Bytes behind
 * the image are padding. Replaces a verification that runs. */
void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size);

/* One bounded piece of verification: header, then UPDATE_STEP_BYTES of digest a call, then the
 * signature. True: call again. A busy flash makes it come back later. Traces IMAGE_VERIFIED. */
#define UPDATE_STEP_BYTES 512u
bool update_step(struct update *update, const struct factory *factory, const struct nvm *nvm);

enum update_status update_status(const struct update *update);

/* Marks the VALID candidate for installation by the bootloader at the next boot; survives a
 * power cut from then on. The caller reboots. */
void update_commit(struct update *update, struct nvm *nvm);

/* Reads header fields of the image that runs. False: no valid header there. */
bool update_running_image(const struct hal *hal, struct image_info *info);

/* What update and bootloader remember in NVM_BOOT_STATE. */
struct boot_state {
    bool pending;   /* a committed candidate waits for installation */
    uint8_t region; /* enum hal_flash_region of the candidate */
    uint32_t address;
    uint32_t size;
    uint8_t sha256[32];     /* of its code: what was committed, nothing else, is installed */
    uint32_t version_floor; /* highest version that was ever installed by the bootloader */
    uint16_t installs;      /* images installed */
    uint16_t refusals;      /* committed candidates that the bootloader refused */
};
void boot_state_read(
        const struct nvm *nvm, struct boot_state *state); /* all 0 when there is none */
/* Bytes of the record that a later firmware added stay. */
void boot_state_write(struct nvm *nvm, const struct boot_state *state);

/* The bootloader: called from reset, before anything else. Installs a committed, verified image
 * into the running slot; a cut at any point is finished by the next boot. Blocking: it owns the
 * machine and charges its time. Returns true when the running slot holds a whole image. */
bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause);

#endif
