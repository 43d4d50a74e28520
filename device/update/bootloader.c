/* Installs a committed image: checks it again, copies it page by page, seals it with its header.
 * SPDX-License-Identifier: MIT
 *
 * The order makes a cut harmless at every operation. The candidate and its boot state stay until
 * the end, so every boot starts the copy again. The header of the running slot goes first and
 * comes back last, behind a digest of what was copied: a slot with a header is whole, also where
 * an erase unit holds the header and code behind it. A page is
 * never trusted because it reads well: a program that was cut may leave cells that read right
 * today only, so the copy starts anew from its first page.
 */
#include <string.h>

#include "trace.h"
#include "update/update.h"

#define COPY_BYTES         256u   /* buffer; a program call takes no more */
#define PAGE_ATTEMPTS      3u     /* a page that does not take its bytes is erased again */
#define NOR_WAIT_CYCLES    32000u /* 1 ms at 32 MHz between two looks at a busy flash */
#define NOR_WAIT_LOOKS_MAX 5000u  /* no erase of one unit lasts 5 s */

struct slot {
    enum hal_flash_region region;
    uint32_t address;
};

static const struct slot running_slot = { HAL_FLASH_INTERNAL, FLASH_RUNNING_ADDRESS };

/* The NOR keeps its power through a reset of the processor and may still be erasing. */
static bool flash_wait(const struct hal *hal, enum hal_flash_region region)
{
    DEVICE_ASSERT(hal, region < HAL_FLASH_REGION_COUNT);
    for (unsigned looks = 0; hal_flash_busy(hal, region); ++looks) {
        if (looks == NOR_WAIT_LOOKS_MAX) {
            return false;
        }
        hal_charge(hal, NOR_WAIT_CYCLES);
    }
    return true;
}

static bool digest_matches(const struct hal *hal, struct slot slot, const struct image_info *image)
{
    struct hal_sha256 sha;
    uint8_t digest[32];
    uint8_t bytes[COPY_BYTES];
    DEVICE_ASSERT(hal, image->image_size > 0);
    DEVICE_ASSERT(hal, image->image_size <= FLASH_RUNNING_SIZE - IMAGE_HEADER_SIZE);
    hal_sha256_begin(hal, &sha);
    for (uint32_t offset = 0; offset < image->image_size; offset += sizeof bytes) {
        uint32_t left = image->image_size - offset;
        uint32_t size = left < sizeof bytes ? left : sizeof bytes;
        uint32_t address = slot.address + IMAGE_HEADER_SIZE + offset;
        if (hal_flash_read(hal, slot.region, address, bytes, size) != HAL_OK) {
            return false;
        }
        hal_sha256_update(hal, &sha, bytes, size);
    }
    hal_sha256_end(hal, &sha, digest);
    return memcmp(digest, image->sha256, sizeof digest) == 0;
}

/* Trusts nothing that the application found out: flash may have changed since. */
static bool candidate_valid(
        const struct hal *hal, const struct boot_state *state, struct image_info *image)
{
    struct factory factory;
    uint8_t header[IMAGE_HEADER_SIZE];
    *image = (struct image_info){ 0 };
    if (state->region >= HAL_FLASH_REGION_COUNT || !factory_read(hal, &factory)) {
        return false;
    }
    struct slot slot = { (enum hal_flash_region)state->region, state->address };
    uint32_t size_max = state->size < FLASH_RUNNING_SIZE ? state->size : FLASH_RUNNING_SIZE;
    return flash_wait(hal, slot.region)
           && hal_flash_read(hal, slot.region, slot.address, header, sizeof header) == HAL_OK
           && image_header_parse(header, size_max, image)
           && image->hardware_id == factory.hardware_id && image->version > state->version_floor
           && memcmp(image->sha256, state->sha256, sizeof image->sha256) == 0
           && digest_matches(hal, slot, image) && image_signature_valid(hal, &factory, header);
}

static bool erase_unit(const struct hal *hal, uint32_t offset, uint32_t unit)
{
    DEVICE_ASSERT(hal, offset % unit == 0 && offset + unit <= FLASH_RUNNING_SIZE);
    return hal_flash_erase(hal, running_slot.region, running_slot.address + offset, unit) == HAL_OK;
}

/* Copies `begin` .. `end` of the image into erased flash and reads it back. */
static bool copy_range(const struct hal *hal, struct slot from, uint32_t begin, uint32_t end)
{
    const struct hal_flash_geometry *geometry = hal_flash_geometry(hal, running_slot.region);
    uint8_t bytes[COPY_BYTES];
    uint8_t stored[COPY_BYTES];
    uint32_t page = geometry->program_page_bytes;
    uint32_t piece = page < sizeof bytes ? page : (uint32_t)sizeof bytes;
    DEVICE_ASSERT(hal, begin % piece == 0 && page % piece == 0);
    DEVICE_ASSERT(hal, end <= FLASH_RUNNING_SIZE);
    for (uint32_t offset = begin; offset < end; offset += piece) {
        uint32_t left = end - offset;
        uint32_t part = left < piece ? left : piece;
        uint32_t address = running_slot.address + offset;
        if (hal_flash_read(hal, from.region, from.address + offset, bytes, part) != HAL_OK) {
            return false;
        }
        memset(bytes + part, geometry->erased_value, piece - part);
        if (hal_flash_program(hal, running_slot.region, address, bytes, piece) != HAL_OK
                || hal_flash_read(hal, running_slot.region, address, stored, piece) != HAL_OK
                || memcmp(bytes, stored, piece) != 0) {
            return false;
        }
    }
    return true;
}

/* Erases the unit at `offset` and copies what of `begin` .. `end` lies in it. */
static bool copy_unit(
        const struct hal *hal, struct slot from, uint32_t offset, uint32_t begin, uint32_t end)
{
    uint32_t unit = hal_flash_geometry(hal, running_slot.region)->erase_unit_bytes;
    DEVICE_ASSERT(hal, offset < end && begin < end);
    uint32_t from_offset = offset < begin ? begin : offset;
    uint32_t to_offset = end - offset < unit ? end : offset + unit;
    for (unsigned attempt = 0; attempt < PAGE_ATTEMPTS; ++attempt) {
        if (erase_unit(hal, offset, unit) && copy_range(hal, from, from_offset, to_offset)) {
            return true;
        }
    }
    return false;
}

/* The header goes into the erased start of the slot. Where it does not take, its erase unit is
 * begun again, with the code that lies in it. */
static bool copy_header(const struct hal *hal, struct slot from, uint32_t end)
{
    uint32_t unit = hal_flash_geometry(hal, running_slot.region)->erase_unit_bytes;
    DEVICE_ASSERT(hal, end > IMAGE_HEADER_SIZE);
    for (unsigned attempt = 0; attempt < PAGE_ATTEMPTS; ++attempt) {
        if (copy_range(hal, from, 0, IMAGE_HEADER_SIZE)) {
            return true;
        }
        for (uint32_t offset = 0; offset < IMAGE_HEADER_SIZE; offset += unit) {
            if (!copy_unit(hal, from, offset, IMAGE_HEADER_SIZE, end)) {
                return false;
            }
        }
    }
    return false;
}

static bool install(const struct hal *hal, struct slot from, const struct image_info *image)
{
    uint32_t unit = hal_flash_geometry(hal, running_slot.region)->erase_unit_bytes;
    uint32_t end = IMAGE_HEADER_SIZE + image->image_size;
    DEVICE_ASSERT(hal, FLASH_RUNNING_ADDRESS % unit == 0 && FLASH_RUNNING_SIZE % unit == 0);
    DEVICE_ASSERT(hal, IMAGE_HEADER_SIZE % unit == 0 || unit % IMAGE_HEADER_SIZE == 0);
    for (uint32_t offset = 0; offset < end; offset += unit) {
        if (!copy_unit(hal, from, offset, IMAGE_HEADER_SIZE, end)) {
            return false;
        }
    }
    return digest_matches(hal, running_slot, image) && copy_header(hal, from, end);
}

/* A candidate that does not hold: forget it if the old image is whole. If a copy had begun, the
 * candidate is all there is, and the next boot reads it again. */
static bool refuse(const struct hal *hal, struct nvm *nvm, struct boot_state *state)
{
    struct image_info running;
    DEVICE_ASSERT(hal, state->pending);
    if (!update_running_image(hal, &running) || !digest_matches(hal, running_slot, &running)) {
        return false;
    }
    state->pending = false;
    ++state->refusals;
    boot_state_write(nvm, state);
    return true;
}

bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause)
{
    struct nvm nvm;
    struct boot_state state;
    struct image_info image;
    (void)cause; /* what to do is in flash: a cut install looks the same after any reset */
    nvm_open(&nvm, hal);
    boot_state_read(&nvm, &state);
    if (!state.pending) {
        return update_running_image(hal, &image);
    }
    if (!candidate_valid(hal, &state, &image)) {
        return refuse(hal, &nvm, &state);
    }
    struct slot from = { (enum hal_flash_region)state.region, state.address };
    hal_trace(hal, FW_TRACE_INSTALL_STARTED, image.version, image.image_size);
    if (!install(hal, from, &image)) {
        return false;
    }
    state.pending = false;
    state.version_floor = image.version;
    ++state.installs;
    boot_state_write(&nvm, &state);
    hal_trace(hal, FW_TRACE_INSTALLED, image.version, image.image_size);
    return true;
}
