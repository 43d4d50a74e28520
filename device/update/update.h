/* From a received block to a running image: verify, commit, install at the next boot.
 * SPDX-License-Identifier: MIT
 *
 * Nothing here points into the caller's RAM block: factory record and store come with each call.
 */
#ifndef DEVICE_UPDATE_UPDATE_H
#define DEVICE_UPDATE_UPDATE_H

#include "hal.h"
#include "update/boot_state.h"
#include "update/delta.h"
#include "update/factory.h"
#include "update/flash_map.h"
#include "update/nvm.h"

enum update_status {
    UPDATE_NONE,         /* no candidate */
    UPDATE_BUSY,         /* verification runs, or a target is built */
    UPDATE_BAD_HEADER,   /* magic, format or a size that does not fit */
    UPDATE_BAD_HARDWARE, /* for another hardware id */
    UPDATE_BAD_VERSION,  /* not newer than the running image, than any that was confirmed, or than
                            one that was reverted */
    UPDATE_BAD_DIGEST,
    UPDATE_BAD_SIGNATURE,
    UPDATE_VALID,    /* authentic: may be committed */
    UPDATE_REFUSED,  /* it was committed, but did not read as authentic when it was to be installed
                      */
    UPDATE_DAMAGED,  /* the code of the image that runs is not what its header says */
    UPDATE_REJECTED, /* authentic, but the server did not send this block */
    UPDATE_REVERTED, /* it was installed and failed in testing: the old image is back */
    UPDATE_WRONG_BASE, /* a delta image of another image than the one that runs */
    UPDATE_BAD_PATCH,  /* an authentic image that could not be made, or copied, in its slot */
    UPDATE_UNHEARD     /* as REVERTED; its uplinks left, and no frame of any network came */
};

struct update {
    struct hal hal;
    enum update_status status;
    uint32_t address; /* of the candidate's header */
    uint32_t size;
    uint32_t offset;       /* digest progress in the code; UINT32_MAX: the header comes next */
    uint8_t attempts_left; /* readings of the candidate until it is refused */
    bool is_delta;         /* the candidate is a delta image; `candidate` is its target */
    uint8_t judged; /* enum update_status: what its header says of it, once it is authentic */
    struct image_info candidate;
    struct hal_sha256 sha;    /* between two verifications, of others' digests */
    struct image_place place; /* of its code, or of its patch */
    uint32_t code_size;       /* bytes there */
};

void update_init(struct update *update, const struct hal *hal);

/* Starts verification of a candidate image (header + code) or delta image (manifest + patch) in
 * `size` bytes of flash. Bytes after it are padding. Replaces a verification that runs. */
void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size);

/* One bounded piece of verification: header, then UPDATE_STEP_BYTES of digest a call, then the
 * signature. What an authentic header says (BAD_HARDWARE, BAD_VERSION, WRONG_BASE) counts after
 * that: of a forged one the status says BAD_DIGEST or BAD_SIGNATURE. True: call again. A busy flash
 * makes it come back later. What does not hold is read UPDATE_ATTEMPTS times before the status says
 * so. Traces IMAGE_VERIFIED. */
#define UPDATE_ATTEMPTS   3u
#define UPDATE_STEP_BYTES 512u
bool update_step(struct update *update, const struct factory *factory, const struct nvm *nvm);

/* The next update_step() checks signatures, and keeps the processor as long as this, in RTC ticks;
 * 0: it does a short piece. */
uint32_t update_stall_ticks(const struct update *update, const struct factory *factory);

enum update_status update_status(const struct update *update);

/* The candidate is not to be committed; `status` says why, UPDATE_NONE: it is gone. */
void update_withdraw(struct update *update, enum update_status status);

/* The slot for new images is filled out of the VALID candidate now: BUSY until
 * update_verify_start() for that, or update_withdraw(). */
void update_hold(struct update *update);

/* Marks the VALID candidate, which is no delta image, for installation by the bootloader at the
 * next boot; survives a power cut from then on. The caller reboots. */
void update_commit(struct update *update, struct nvm *nvm);

/* True: the candidate waits for the next boot. */
bool update_is_committed(const struct update *update, const struct nvm *nvm);

/* Takes the commit back: no boot installs the candidate. */
void update_uncommit(struct update *update, struct nvm *nvm);

/* Reads header fields of the image that runs. False: no valid header there. */
bool update_running_image(const struct hal *hal, struct image_info *info);

/* The bootloader: called from reset, before anything else. Saves the image that runs, installs a
 * committed, verified one into the running slot and puts the saved one back when the new one fails
 * in testing (trial.h); a cut at any point is finished by the next boot. Else it compares the code
 * in the slot with the digest in its header; a damaged image is written once more if a whole copy
 * is left in flash, or started as it is, with `damaged` set. Blocking: it owns the machine and
 * charges its time. Returns true when the running slot holds an image to start. */
bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause);

#endif
