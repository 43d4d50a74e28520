/* Decides at each reset what runs: installs a committed image, checks and repairs the running one.
 * SPDX-License-Identifier: MIT
 *
 * The order makes a cut harmless at every operation: candidate and boot state stay until the end
 * of an install, so every boot starts the copy again. Nothing is refused, and no image is held for
 * damaged, before it was read READ_ATTEMPTS times.
 */
#include <string.h>

#include "trace.h"
#include "update/flash_map.h"
#include "update/install.h"
#include "update/update.h"

#define READ_ATTEMPTS 3u
/* No erase of one unit of a NOR lasts 5 s. */
#define FLASH_WAIT_TICKS (5u * (uint64_t)HAL_RTC_HZ)
#define LOOK_CYCLES      32000u   /* 1 ms at 32 MHz between two looks at a busy flash */
#define LOOKS_MAX        4000000u /* of 5 us at the least: an end also where the RTC stands still */

/* The NOR keeps its power through a reset of the processor and may still be erasing. */
static bool flash_wait(const struct hal *hal, enum hal_flash_region region)
{
    uint64_t until_ticks = hal_rtc_now(hal) + FLASH_WAIT_TICKS;
    DEVICE_ASSERT(hal, region < HAL_FLASH_REGION_COUNT);
    for (uint32_t looks = 0; hal_flash_busy(hal, region); ++looks) {
        if (hal_rtc_now(hal) >= until_ticks || looks == LOOKS_MAX) {
            return false;
        }
        hal_charge(hal, LOOK_CYCLES);
    }
    return true;
}

static bool code_digest_matches(const struct hal *hal, const struct image_place *place,
        const struct image_info *image, uint8_t digest[IMAGE_DIGEST_SIZE])
{
    return image_place_digest(hal, place, image->image_size, digest)
           && memcmp(digest, image->sha256, IMAGE_DIGEST_SIZE) == 0;
}

/* Trusts nothing that the application found out: flash may have changed since. */
static bool candidate_read(const struct hal *hal, const struct factory *factory,
        const struct boot_state *state, struct install_source *from)
{
    uint8_t digest[IMAGE_DIGEST_SIZE];
    struct image_info *info = &from->info;
    enum hal_flash_region region = (enum hal_flash_region)state->region;
    uint32_t size_max = state->size < FLASH_RUNNING_SIZE ? state->size : FLASH_RUNNING_SIZE;
    if (hal_flash_read(hal, region, state->address, from->header, sizeof from->header) != HAL_OK
            || !image_header_parse(from->header, size_max, info)) {
        return false;
    }
    from->place = image_place_of(hal, factory, region, state->address, from->header);
    return info->hardware_id == factory->hardware_id
           && (info->version > state->version_floor
                   /* a repair may write once more what an install brought */
                   || (!state->pending && info->version == state->version_floor))
           && memcmp(info->sha256, state->sha256, sizeof info->sha256) == 0
           && code_digest_matches(hal, &from->place, info, digest)
           && image_signature_valid(hal, factory, from->header);
}

/* The image that was committed last, if it is still there, whole and authentic. */
static bool candidate_load(
        const struct hal *hal, const struct boot_state *state, struct install_source *from)
{
    struct factory factory;
    if (state->size == 0 || state->region >= HAL_FLASH_REGION_COUNT || !factory_read(hal, &factory)
            || !flash_wait(hal, (enum hal_flash_region)state->region)) {
        return false;
    }
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS; ++attempt) {
        if (candidate_read(hal, &factory, state, from)) {
            return true;
        }
    }
    return false;
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

static bool install(
        const struct hal *hal, struct boot_state *state, const struct install_source *from)
{
    hal_trace(hal, FW_TRACE_INSTALL_STARTED, from->info.version, from->info.image_size);
    if (!install_image(hal, from)) {
        return false;
    }
    state->damaged = false;
    state->version_floor = from->info.version;
    ++state->installs;
    return true;
}

static void settle(const struct hal *hal, struct boot_state *state, enum boot_result result)
{
    DEVICE_ASSERT(hal, state->pending && result != BOOT_RESULT_NONE);
    state->pending = false;
    state->result = (uint8_t)result;
    state->result_new = true;
    state->refusals = (uint16_t)(state->refusals + (result == BOOT_RESULT_REFUSED));
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

/* A committed image. One that does not hold is refused, unless a copy of it had begun: then it is
 * all there is, and the next boot reads it again. */
static bool run_pending(
        const struct hal *hal, struct boot_state *state, struct install_source *from)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    DEVICE_ASSERT(hal, state->pending);
    if (candidate_load(hal, state, from)) {
        if (!install(hal, state, from)) {
            return false;
        }
        settle(hal, state, BOOT_RESULT_INSTALLED);
        return true;
    }
    enum running running = running_read(hal, digest);
    if (running != RUNNING_NONE) {
        settle(hal, state, BOOT_RESULT_REFUSED);
    }
    return running_note(state, running, digest);
}

/* Nothing is committed: the image that runs is checked. A damaged one is written once more from
 * the last committed candidate, as long as that lies in flash; else it starts as it is. */
static bool run_installed(
        const struct hal *hal, struct boot_state *state, struct install_source *from)
{
    uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
    DEVICE_ASSERT(hal, !state->pending);
    enum running running = running_read(hal, digest);
    if (running != RUNNING_WHOLE && candidate_load(hal, state, from)) {
        return install(hal, state, from);
    }
    return running_note(state, running, digest);
}

bool bootloader_run(const struct hal *hal, enum hal_reset_cause cause)
{
    struct nvm nvm;
    struct boot_state state;
    struct install_source from;
    (void)cause; /* what to do is in flash: a cut install looks the same after any reset */
    nvm_open(&nvm, hal);
    boot_state_read(&nvm, &state);
    uint16_t installs = state.installs;
    bool starts =
            state.pending ? run_pending(hal, &state, &from) : run_installed(hal, &state, &from);
    boot_state_write(&nvm, &state);
    if (state.installs != installs) {
        hal_trace(hal, FW_TRACE_INSTALLED, from.info.version, from.info.image_size);
    }
    return starts;
}
