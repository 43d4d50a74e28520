/* The record that update and bootloader exchange across a reset.
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_UPDATE_BOOT_STATE_H
#define DEVICE_UPDATE_BOOT_STATE_H

#include "update/image.h"
#include "update/nvm.h"

/* What has become of a new image. Up to COMPLETE the record of the fragmentation session says it
 * (NVM_FRAG_SESSION), from VERIFIED on NVM_BOOT_STATE does. */
enum slot_state {
    SLOT_EMPTY,
    SLOT_DOWNLOADING, /* fragments come */
    SLOT_COMPLETE,    /* the block is whole, nothing is proven */
    SLOT_VERIFIED,    /* committed: the bootloader saves the image that runs, then installs */
    SLOT_INSTALLING,  /* the slot is being written: whatever it holds counts only when complete */
    SLOT_TESTING,     /* runs, and has not confirmed itself */
    SLOT_CONFIRMED,   /* runs for good */
    SLOT_REVERTING,   /* the saved image is to be written back */
    SLOT_REJECTED,    /* the image before it runs */
    SLOT_STATE_COUNT
};

/* How the last commit ended. */
enum boot_result {
    BOOT_RESULT_NONE,
    BOOT_RESULT_INSTALLED,
    BOOT_RESULT_REFUSED,
    BOOT_RESULT_REVERTED
};

/* What an image has seen of a network in its trial, in this order. */
enum trial_contact {
    TRIAL_CONTACT_NONE,
    TRIAL_CONTACT_SENT, /* an uplink has left */
    TRIAL_CONTACT_HEARD /* and a frame came, of whatever network */
};

/* What update and bootloader remember in NVM_BOOT_STATE. The candidate stays on record after its
 * install: as long as it lies in flash, a damaged image is repaired from it. */
struct boot_state {
    uint8_t slot;    /* enum slot_state, of the candidate */
    bool damaged;    /* the code that runs has another digest than its header says: */
    bool result_new; /* the application has not seen the result yet */
    uint8_t result;  /* enum boot_result */
    uint8_t region;  /* enum hal_flash_region of the candidate */
    uint32_t address;
    uint32_t size;
    uint8_t sha256[IMAGE_DIGEST_SIZE];         /* of its code: what was committed, nothing else, is
                                                  installed */
    uint8_t running_sha256[IMAGE_DIGEST_SIZE]; /* when damaged: as computed */
    uint32_t version_floor;                    /* highest version that was confirmed */
    uint32_t reverted_version;                 /* highest version that failed in testing */
    uint16_t installs;                         /* images installed, repairs and reverts included */
    uint16_t refusals;  /* committed candidates that the bootloader refused */
    bool old_saved;     /* the image before the candidate was saved and may be put back */
    uint8_t crashes;    /* TESTING: resets by the watchdog */
    uint8_t starts;     /* TESTING: after the first */
    uint32_t tested_s;  /* TESTING: that passed by the RTC until the last start */
    uint32_t started_s; /* TESTING: RTC time of the last start */
    uint8_t contact;    /* TESTING: enum trial_contact */
    uint8_t trial_end;  /* enum trial_end, of the last image that was reverted */
};

/* The candidate waits for its installation, or for its end. */
static inline bool boot_state_pending(const struct boot_state *state)
{
    return state->slot == SLOT_VERIFIED || state->slot == SLOT_INSTALLING;
}

void boot_state_read(
        const struct nvm *nvm, struct boot_state *state); /* all 0 when there is none */
/* Bytes of the record that a later firmware added stay. */
void boot_state_write(struct nvm *nvm, const struct boot_state *state);

#endif
