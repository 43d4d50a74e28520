/* Verification of a candidate image in small steps, and its commit.
 * SPDX-License-Identifier: MIT
 *
 * The signature comes last, because it is the longest single piece of work. Nothing counts before
 * it: it covers the header, the header covers the code. So what the header says of hardware,
 * version and base is judged first and told last: TS006 calls an image for other hardware
 * authentic, and a server gives devices up that name such reasons, which a forged header must not
 * bring about.
 */
#include "update/update.h"

#include <string.h>

#include "bytes.h"
#include "trace.h"
#include "update/trial.h"

#define HEADER_NEXT UINT32_MAX
#define READ_BYTES  256u

_Static_assert(UPDATE_STEP_BYTES % READ_BYTES == 0, "a step is whole reads");

void update_init(struct update *update, const struct hal *hal)
{
    *update = (struct update){ .hal = *hal, .status = UPDATE_NONE };
}

void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size)
{
    DEVICE_ASSERT(&update->hal, region < HAL_FLASH_REGION_COUNT);
    update->status = UPDATE_BUSY;
    update->place = image_place_plain(region, address + IMAGE_HEADER_SIZE);
    update->address = address;
    update->size = size;
    update->offset = HEADER_NEXT;
    update->attempts_left = UPDATE_ATTEMPTS;
}

/* True: what does not hold is read again, for one wrong read must not cost an update. */
static bool finish(struct update *update, enum update_status status)
{
    DEVICE_ASSERT(&update->hal, update->status == UPDATE_BUSY && status > UPDATE_BUSY);
    DEVICE_ASSERT(&update->hal, update->attempts_left > 0);
    if (status != UPDATE_VALID && --update->attempts_left > 0) {
        update->offset = HEADER_NEXT;
        return true;
    }
    update->status = status;
    hal_trace(&update->hal, FW_TRACE_IMAGE_VERIFIED, status, update->candidate.version);
    return false;
}

/* Reads the header or the manifest; what the block lacks of its size is 0. */
static bool header_read(const struct update *update, uint8_t header[IMAGE_HEADER_SIZE])
{
    uint32_t size = update->size < IMAGE_HEADER_SIZE ? update->size : IMAGE_HEADER_SIZE;
    memset(header, 0, IMAGE_HEADER_SIZE);
    return hal_flash_read(&update->hal, update->place.region, update->address, header, size)
           == HAL_OK;
}

static bool says_delta(const uint8_t header[IMAGE_HEADER_SIZE])
{
    return (get_le32(header + IMAGE_OFF_FLAGS) & IMAGE_FLAG_DELTA) != 0;
}

/* Takes over what the header says. False: it says nothing that fits. */
static bool take_image(struct update *update, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE])
{
    uint32_t size_max = update->size < FLASH_RUNNING_SIZE ? update->size : FLASH_RUNNING_SIZE;
    if (!image_header_parse(header, size_max, &update->candidate)) {
        return false;
    }
    update->code_size = update->candidate.image_size;
    update->place =
            image_place_of(&update->hal, factory, update->place.region, update->address, header);
    return true;
}

static bool take_delta(struct update *update, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE], struct delta_info *info)
{
    if (update->size < DELTA_MANIFEST_SIZE
            || !delta_manifest_parse(header, FLASH_RUNNING_SIZE, info)
            || info->patch_size > update->size - DELTA_MANIFEST_SIZE) {
        return false;
    }
    update->candidate = info->target;
    update->code_size = info->patch_size;
    update->place = image_place_plain(update->place.region, update->address + DELTA_MANIFEST_SIZE);
    if (info->encrypted) {
        image_place_encrypt(&update->place, &update->hal, factory, info->patch_digest);
    }
    return true;
}

/* Of a candidate that fits: is it for this device? VALID: as far as its header says. Rollback to a
 * version with a known hole is what an attacker with an old, well signed image wants, and one that
 * failed here fails again. `base`: NULL, or what a delta image needs. */
static enum update_status judge(const struct update *update, const struct factory *factory,
        const struct nvm *nvm, const struct delta_info *base)
{
    struct boot_state state;
    struct image_info running;
    boot_state_read(nvm, &state);
    bool known = update_running_image(&update->hal, &running);
    uint32_t version_floor = known ? running.version : 0;
    version_floor = state.version_floor > version_floor ? state.version_floor : version_floor;
    version_floor = state.reverted_version > version_floor ? state.reverted_version : version_floor;
    if (update->candidate.hardware_id != factory->hardware_id) {
        return UPDATE_BAD_HARDWARE;
    }
    if (update->candidate.version <= version_floor) {
        return UPDATE_BAD_VERSION;
    }
    if (base != NULL
            && (!known || state.damaged || running.image_size != base->base_size
                    || memcmp(running.sha256, base->base_sha256, sizeof running.sha256) != 0)) {
        return UPDATE_WRONG_BASE;
    }
    return UPDATE_VALID;
}

static bool step_header(struct update *update, const struct factory *factory, const struct nvm *nvm)
{
    uint8_t header[IMAGE_HEADER_SIZE];
    struct delta_info delta;
    update->candidate = (struct image_info){ 0 };
    if (!header_read(update, header)) {
        return finish(update, UPDATE_BAD_HEADER);
    }
    update->is_delta = says_delta(header);
    if (update->is_delta ? !take_delta(update, factory, header, &delta)
                         : !take_image(update, factory, header)) {
        return finish(update, UPDATE_BAD_HEADER);
    }
    update->judged = (uint8_t)judge(update, factory, nvm, update->is_delta ? &delta : NULL);
    hal_sha256_begin(&update->hal, &update->sha);
    update->offset = 0;
    return true;
}

static bool step_digest(struct update *update)
{
    uint32_t end = update->code_size;
    DEVICE_ASSERT(&update->hal, update->offset % READ_BYTES == 0);
    for (uint32_t done = 0; done < UPDATE_STEP_BYTES && update->offset < end; done += READ_BYTES) {
        uint8_t bytes[READ_BYTES];
        uint32_t left = end - update->offset;
        uint32_t size = left < sizeof bytes ? left : sizeof bytes;
        if (image_place_read(&update->hal, &update->place, update->offset, bytes, size) != HAL_OK) {
            return finish(update, UPDATE_BAD_DIGEST);
        }
        hal_sha256_update(&update->hal, &update->sha, bytes, size);
        update->offset += size;
    }
    return true;
}

/* The digest that the header or the manifest names. */
static bool digest_matches(const struct update *update, const uint8_t digest[IMAGE_DIGEST_SIZE],
        const uint8_t header[IMAGE_HEADER_SIZE])
{
    if (update->is_delta) {
        return memcmp(digest, header + DELTA_OFF_PATCH_DIGEST, IMAGE_NONCE_SIZE) == 0;
    }
    return memcmp(digest, header + IMAGE_OFF_SHA256, IMAGE_DIGEST_SIZE) == 0;
}

/* Of a delta image also the signature under which its target is started. */
static bool signatures_valid(const struct update *update, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE])
{
    uint8_t target[IMAGE_HEADER_SIZE];
    if ((factory->verify & FACTORY_VERIFY_AT_BOOT) != 0) {
        return true; /* what is committed is no more than a candidate of the bootloader's */
    }
    if (!image_signature_valid(&update->hal, factory, header)) {
        return false;
    }
    if (!update->is_delta) {
        return true;
    }
    delta_target_header(header, target);
    return image_signature_valid(&update->hal, factory, target);
}

static bool step_signature(struct update *update, const struct factory *factory)
{
    uint8_t header[IMAGE_HEADER_SIZE];
    uint8_t digest[IMAGE_DIGEST_SIZE];
    const struct image_info *candidate = &update->candidate;
    DEVICE_ASSERT(&update->hal, update->offset == update->code_size);
    hal_sha256_end(&update->hal, &update->sha, digest);
    /* The flash may have changed since the first step: what is signed now must name the digest
     * that was computed, and the header that was judged. */
    if (!header_read(update, header) || says_delta(header) != update->is_delta
            || !digest_matches(update, digest, header)
            || memcmp(candidate->sha256, header + IMAGE_OFF_SHA256, IMAGE_DIGEST_SIZE) != 0
            || get_le32(header + IMAGE_OFF_VERSION) != candidate->version
            || get_le32(header + IMAGE_OFF_IMAGE_SIZE) != candidate->image_size
            || get_le32(header + IMAGE_OFF_HARDWARE_ID) != candidate->hardware_id) {
        return finish(update, UPDATE_BAD_DIGEST);
    }
    bool authentic = signatures_valid(update, factory, header);
    return finish(update, authentic ? (enum update_status)update->judged : UPDATE_BAD_SIGNATURE);
}

bool update_step(struct update *update, const struct factory *factory, const struct nvm *nvm)
{
    if (update->status != UPDATE_BUSY) {
        return false;
    }
    if (hal_flash_busy(&update->hal, update->place.region)) {
        return true;
    }
    if (update->offset == HEADER_NEXT) {
        return step_header(update, factory, nvm);
    }
    if (update->offset < update->code_size) {
        return step_digest(update);
    }
    return step_signature(update, factory);
}

uint32_t update_stall_ticks(const struct update *update, const struct factory *factory)
{
    bool checks = update->status == UPDATE_BUSY && update->offset == update->code_size
                  && (factory->verify & FACTORY_VERIFY_AT_BOOT) == 0;
    uint32_t signatures = update->is_delta ? 2u : 1u;
    return checks ? signatures * HAL_ED25519_TICKS : 0;
}

enum update_status update_status(const struct update *update)
{
    return update->status;
}

void update_withdraw(struct update *update, enum update_status status)
{
    DEVICE_ASSERT(&update->hal, update->status != UPDATE_NONE);
    DEVICE_ASSERT(&update->hal, status != UPDATE_BUSY && status != UPDATE_VALID);
    update->status = status;
}

void update_hold(struct update *update)
{
    DEVICE_ASSERT(&update->hal, update->status != UPDATE_NONE);
    update->status = UPDATE_BUSY;
}

void update_commit(struct update *update, struct nvm *nvm)
{
    struct boot_state state;
    DEVICE_ASSERT(&update->hal, update->status == UPDATE_VALID && !update->is_delta);
    boot_state_read(nvm, &state);
    if (state.slot == SLOT_TESTING) { /* it has received a whole update */
        trial_confirm(&update->hal, &state);
    }
    state.slot = SLOT_VERIFIED;
    state.result = BOOT_RESULT_NONE;
    state.result_new = false;
    state.region = (uint8_t)update->place.region;
    state.address = update->address;
    state.size = update->size;
    memcpy(state.sha256, update->candidate.sha256, sizeof state.sha256);
    boot_state_write(nvm, &state);
}

bool update_is_committed(const struct update *update, const struct nvm *nvm)
{
    struct boot_state state;
    boot_state_read(nvm, &state);
    return update->status == UPDATE_VALID && boot_state_pending(&state);
}

void update_uncommit(struct update *update, struct nvm *nvm)
{
    struct boot_state state;
    DEVICE_ASSERT(&update->hal, update->status == UPDATE_VALID);
    boot_state_read(nvm, &state);
    state.slot = SLOT_EMPTY;
    boot_state_write(nvm, &state);
    update->status = UPDATE_NONE;
}

bool update_running_image(const struct hal *hal, struct image_info *info)
{
    bool known = false;
    for (unsigned attempt = 0; attempt < UPDATE_ATTEMPTS && !known; ++attempt) {
        uint8_t header[IMAGE_HEADER_SIZE];
        *info = (struct image_info){ 0 };
        known = hal_flash_read(
                        hal, HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS, header, sizeof header)
                        == HAL_OK
                && image_header_parse(header, FLASH_RUNNING_SIZE, info);
    }
    return known;
}
