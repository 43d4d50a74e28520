/* Decides at each reset what runs: installs a committed image, takes back one that failed, checks
 * and repairs the running one.
 * SPDX-License-Identifier: MIT
 *
 * The order makes a cut harmless at every operation: candidate, saved image and boot state stay
 * until the end of a copy, so every boot starts the copy again. Nothing is refused, and no image is
 * held for damaged, before it was read READ_ATTEMPTS times.
 */
#include <string.h>

#include "trace.h"
#include "update/flash_map.h"
#include "update/flash_wait.h"
#include "update/install.h"
#include "update/old_image.h"
#include "update/trial.h"
#include "update/update.h"

#define READ_ATTEMPTS 3u

struct boot {
    struct hal hal;
    enum hal_reset_cause cause;
    bool has_factory;
    struct factory factory;
    struct nvm nvm;
    struct boot_state state;
    struct install_source from; /* what was loaded last */
};

static bool code_digest_matches(const struct hal *hal, const struct image_place *place,
        const struct image_info *image, uint8_t digest[IMAGE_DIGEST_SIZE])
{
    return image_place_digest(hal, place, image->image_size, digest)
           && memcmp(digest, image->sha256, IMAGE_DIGEST_SIZE) == 0;
}

/* --- what there is --------------------------------------------------------------------------- */

/* An image that runs already may be written once more; else it must be newer than any that was
 * confirmed, or failed. */
static bool version_allowed(const struct boot_state *state, uint32_t version)
{
    bool news = boot_state_pending(state) || state->slot == SLOT_REJECTED;
    return news ? version > state->version_floor && version > state->reverted_version
                : version >= state->version_floor;
}

/* Trusts nothing that the application found out: flash may have changed since. */
static bool candidate_read(struct boot *boot)
{
    uint8_t digest[IMAGE_DIGEST_SIZE];
    const struct hal *hal = &boot->hal;
    const struct boot_state *state = &boot->state;
    struct install_source *from = &boot->from;
    enum hal_flash_region region = (enum hal_flash_region)state->region;
    uint32_t size_max = state->size < FLASH_RUNNING_SIZE ? state->size : FLASH_RUNNING_SIZE;
    if (hal_flash_read(hal, region, state->address, from->header, sizeof from->header) != HAL_OK
            || !image_header_parse(from->header, size_max, &from->info)) {
        return false;
    }
    from->place = image_place_of(hal, &boot->factory, region, state->address, from->header);
    return from->info.hardware_id == boot->factory.hardware_id
           && version_allowed(state, from->info.version)
           && memcmp(from->info.sha256, state->sha256, sizeof state->sha256) == 0
           && code_digest_matches(hal, &from->place, &from->info, digest)
           && image_signature_valid(hal, &boot->factory, from->header);
}

/* The image that was committed last, if it is still there, whole and authentic. */
static bool candidate_load(struct boot *boot)
{
    const struct boot_state *state = &boot->state;
    if (state->size == 0 || state->region >= HAL_FLASH_REGION_COUNT || !boot->has_factory
            || !flash_wait(&boot->hal, (enum hal_flash_region)state->region)) {
        return false;
    }
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS; ++attempt) {
        if (candidate_read(boot)) {
            return true;
        }
    }
    return false;
}

/* The image that the last install replaced. */
static bool old_load(struct boot *boot)
{
    return boot->state.old_saved && boot->has_factory
           && old_image_load(&boot->hal, &boot->factory, &boot->nvm, &boot->from);
}

/* What lies in the running slot. */
enum running {
    RUNNING_NONE,    /* no header */
    RUNNING_DAMAGED, /* a header and other code */
    RUNNING_WHOLE
};

static enum running running_read(const struct hal *hal, uint8_t digest[IMAGE_DIGEST_SIZE])
{
    enum running running = RUNNING_NONE;
    const struct image_place slot = image_place_running();
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS; ++attempt) {
        struct image_info image;
        if (!update_running_image(hal, &image)) {
            continue;
        }
        if (code_digest_matches(hal, &slot, &image, digest)) {
            return RUNNING_WHOLE;
        }
        running = RUNNING_DAMAGED;
    }
    return running;
}

/* --- what becomes of it ---------------------------------------------------------------------- */

static bool write_slot(struct boot *boot)
{
    if (!install_image(&boot->hal, &boot->from)) {
        return false;
    }
    boot->state.damaged = false;
    ++boot->state.installs;
    return true;
}

static void settle(struct boot *boot, enum boot_result result)
{
    DEVICE_ASSERT(&boot->hal, result != BOOT_RESULT_NONE);
    boot->state.result = (uint8_t)result;
    boot->state.result_new = true;
}

/* The candidate does not hold. */
static void refuse(struct boot *boot)
{
    DEVICE_ASSERT(&boot->hal, boot_state_pending(&boot->state));
    boot->state.slot = SLOT_REJECTED;
    ++boot->state.refusals;
    settle(boot, BOOT_RESULT_REFUSED);
    hal_trace(&boot->hal, FW_TRACE_IMAGE_VERIFIED, UPDATE_REFUSED, boot->from.info.version);
}

/* The candidate is in the slot. Without a saved image there is nothing to go back to, and so no
 * test. */
static void installed(struct boot *boot)
{
    if (boot->state.old_saved) {
        trial_begin(&boot->hal, &boot->state);
    } else {
        boot->state.slot = SLOT_CONFIRMED;
        boot->state.version_floor = boot->from.info.version;
        hal_trace(&boot->hal, FW_TRACE_IMAGE_CONFIRMED, boot->from.info.version, 0);
    }
    settle(boot, BOOT_RESULT_INSTALLED);
}

/* Notes what is wrong with the image that runs. Returns false when there is none to start. */
static bool running_note(
        struct boot_state *state, enum running running, const uint8_t digest[IMAGE_DIGEST_SIZE])
{
    state->damaged = running == RUNNING_DAMAGED;
    if (state->damaged) {
        memcpy(state->running_sha256, digest, sizeof state->running_sha256);
    }
    return running != RUNNING_NONE;
}

/* --- one function a state -------------------------------------------------------------------- */

static bool copy_candidate(struct boot *boot)
{
    hal_trace(&boot->hal, FW_TRACE_INSTALL_STARTED, boot->from.info.version,
            boot->from.info.image_size);
    return write_slot(boot);
}

static bool run_reverting(struct boot *boot)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    DEVICE_ASSERT(&boot->hal, boot->state.slot == SLOT_REVERTING);
    if (old_load(boot)) {
        hal_trace(&boot->hal, FW_TRACE_REVERT_STARTED, boot->from.info.version,
                boot->from.info.image_size);
        if (!write_slot(boot)) {
            return false;
        }
        boot->state.slot = SLOT_REJECTED;
        return true;
    }
    /* The saved image does not read well: the next boot reads it again. */
    enum running running = running_read(&boot->hal, digest);
    if (running != RUNNING_WHOLE && candidate_load(boot)) {
        return copy_candidate(boot);
    }
    return running_note(&boot->state, running, digest);
}

static bool install(struct boot *boot)
{
    if (!copy_candidate(boot)) {
        return false;
    }
    installed(boot);
    return true;
}

/* A copy had begun, or was about to. A candidate that does not hold any more leaves what the slot
 * holds, or what was saved. */
static bool run_installing(struct boot *boot)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    DEVICE_ASSERT(&boot->hal, boot->state.slot == SLOT_INSTALLING);
    if (candidate_load(boot)) {
        return install(boot);
    }
    enum running running = running_read(&boot->hal, digest);
    bool is_candidate = memcmp(digest, boot->state.sha256, sizeof digest) == 0;
    if (running != RUNNING_WHOLE && boot->state.old_saved) {
        refuse(boot);
        boot->state.slot = SLOT_REVERTING;
        return run_reverting(boot);
    }
    if (running == RUNNING_WHOLE && is_candidate
            && update_running_image(&boot->hal, &boot->from.info)) {
        installed(boot);
    } else if (running != RUNNING_NONE) {
        refuse(boot);
    }
    return running_note(&boot->state, running, digest);
}

/* A committed image, and the one that it shall replace, which is saved first. A damaged one is not
 * worth to be saved. */
static bool run_verified(struct boot *boot)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    enum old_image_saved saved = OLD_IMAGE_NONE;
    DEVICE_ASSERT(&boot->hal, boot->state.slot == SLOT_VERIFIED);
    enum running running = running_read(&boot->hal, digest);
    bool loaded = candidate_load(boot);
    if (loaded && running == RUNNING_WHOLE) {
        saved = old_image_save(&boot->hal, &boot->factory, &boot->nvm);
    }
    if (!loaded || saved == OLD_IMAGE_FAILED) {
        if (running != RUNNING_NONE) {
            refuse(boot);
        }
        return running_note(&boot->state, running, digest);
    }
    boot->state.old_saved = saved == OLD_IMAGE_SAVED;
    boot->state.slot = SLOT_INSTALLING;
    boot_state_write(&boot->nvm, &boot->state);
    return install(boot);
}

/* A damaged image is written once more: the saved one where that is what should run, else the
 * last committed candidate, as long as that lies in flash. */
static bool repair(struct boot *boot)
{
    if (boot->state.slot == SLOT_REJECTED && old_load(boot)) {
        return write_slot(boot);
    }
    if (!candidate_load(boot)) {
        return false;
    }
    bool news = boot->state.slot == SLOT_REJECTED;
    if (!copy_candidate(boot)) {
        return false;
    }
    if (news) {
        boot->state.old_saved = false;
        installed(boot);
    }
    return true;
}

/* Nothing waits: the image that runs is checked, and starts as it is if it can't be repaired. */
static bool run_installed(struct boot *boot)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    enum running running = running_read(&boot->hal, digest);
    if (running != RUNNING_WHOLE && repair(boot)) {
        return true;
    }
    return running_note(&boot->state, running, digest);
}

static bool run_testing(struct boot *boot)
{
    enum trial_end end = trial_note_start(&boot->hal, &boot->factory, boot->cause, &boot->state);
    if (end == TRIAL_GOES_ON || !boot->state.old_saved) {
        bool starts = run_installed(boot);
        if ((starts && !boot->state.damaged) || !boot->state.old_saved) {
            return starts;
        }
        end = TRIAL_NOT_COMPLETE;
    }
    trial_revert(&boot->hal, &boot->state, end);
    boot_state_write(&boot->nvm, &boot->state);
    return run_reverting(boot);
}

static bool run_state(struct boot *boot)
{
    switch ((enum slot_state)boot->state.slot) {
    case SLOT_VERIFIED:
        return run_verified(boot);
    case SLOT_INSTALLING:
        return run_installing(boot);
    case SLOT_TESTING:
        return run_testing(boot);
    case SLOT_REVERTING:
        return run_reverting(boot);
    case SLOT_EMPTY:
    case SLOT_DOWNLOADING:
    case SLOT_COMPLETE:
    case SLOT_CONFIRMED:
    case SLOT_REJECTED:
    case SLOT_STATE_COUNT:
        break;
    }
    return run_installed(boot);
}

bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause)
{
    struct boot boot = { .hal = *hal, .cause = cause };
    boot.has_factory = factory_read(hal, &boot.factory);
    if (cause == HAL_RESET_SOFTWARE) { /* in the middle of nothing */
        nvm_open(&boot.nvm, hal);
    } else {
        nvm_open_settled(&boot.nvm, hal);
    }
    boot_state_read(&boot.nvm, &boot.state);
    uint16_t installs = boot.state.installs;
    bool starts = run_state(&boot);
    boot_state_write(&boot.nvm, &boot.state);
    if (boot.state.installs != installs) {
        bool old = boot.state.slot == SLOT_REJECTED;
        hal_trace(hal, old ? FW_TRACE_REVERTED : FW_TRACE_INSTALLED, boot.from.info.version,
                boot.from.info.image_size);
    }
    return starts;
}
