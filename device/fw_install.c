/* The states between a whole block and the restart that installs it.
 * SPDX-License-Identifier: MIT
 */
#include "fw_install.h"

#include <string.h>

#include "fw_state.h"
#include "mac/mac.h"
#include "update/trial.h"

/* Nothing tells the end of a session; a restart that waits for it looks again this often. */
#define SESSION_RECHECK_TICKS (60u * HAL_RTC_HZ)
/* Internal flash stalls the processor: two pages of an STM32L4, 44 ms, are erased at once. */
#define STALL_TICKS (HAL_RTC_HZ / 16u)
/* One wrong read must not cost an update. */
#define FILL_ATTEMPTS 3u

void fw_install_init(struct fw *fw)
{
    struct boot_state state;
    fw->install = FW_INSTALL_NONE;
    fw->install_waits_for_flash = false;
    boot_state_read(&fw->core.nvm, &state);
    if (state.damaged) {
        fw->report.update_status = UPDATE_DAMAGED;
        memcpy(fw->report.running.sha256, state.running_sha256, sizeof state.running_sha256);
    } else if (state.result == BOOT_RESULT_REFUSED) {
        fw->report.update_status = UPDATE_REFUSED;
    } else if (state.result == BOOT_RESULT_REVERTED) {
        fw->report.update_status =
                state.trial_end == TRIAL_UNHEARD ? UPDATE_UNHEARD : UPDATE_REVERTED;
        fw->report.whole_left = REPORT_WHOLE_COUNT; /* what runs is news, whatever reset it */
    }
    fw_trial_init(fw, &state);
    if (state.result_new) {
        fragmentation_block_used(&fw->services.fragmentation, &fw->core);
        state.result_new = false;
        boot_state_write(&fw->core.nvm, &state);
    }
}

void fw_install_forget_old(struct fw *fw)
{
    bool of_running = fw->report.update_status == UPDATE_DAMAGED;
    DEVICE_ASSERT(&fw->core.hal, fw->install < FW_INSTALL_COUNT);
    if (fw->install == FW_INSTALL_NONE && !of_running
            && fragmentation_awaits_block(&fw->services.fragmentation)) {
        fw->report.update_status = UPDATE_NONE;
    }
}

void fw_install_on_flash_done(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, fw->install < FW_INSTALL_COUNT);
    fw->install_waits_for_flash = false;
}

/* --- ends ------------------------------------------------------------------------------------ */

/* Done with the block: the image that runs stays. */
static void refuse(struct fw *fw, enum update_status status)
{
    DEVICE_ASSERT(&fw->core.hal, status > UPDATE_BUSY && status != UPDATE_VALID);
    fw->report.update_status = (uint8_t)status;
    fw->install = FW_INSTALL_NONE;
    fragmentation_block_used(&fw->services.fragmentation, &fw->core);
}

/* The block is used when the bootloader is done. */
static void commit(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_VALID);
    fw->report.update_status = UPDATE_VALID;
    update_commit(&fw->core.update, &fw->core.nvm);
    fw->install = FW_INSTALL_COMMITTED;
}

/* --- states ---------------------------------------------------------------------------------- */

static void take_block(struct fw *fw)
{
    uint32_t address;
    uint32_t size;
    if (fragmentation_take_block(&fw->services.fragmentation, &address, &size)) {
        DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) != UPDATE_BUSY);
        update_verify_start(&fw->core.update, HAL_FLASH_EXTERNAL, address, size);
        fw->install = FW_INSTALL_VERIFYING;
    }
}

static struct slot_fill *fill_of(struct fw *fw)
{
    return fragmentation_lend_memory(&fw->services.fragmentation);
}

static void fill_begin(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, fw->core.update.place.region == HAL_FLASH_EXTERNAL);
    fw->report.update_status = UPDATE_BUSY;
    fw->fills_left = FILL_ATTEMPTS;
    fw->install = FW_INSTALL_FILLING;
    slot_fill_begin(fill_of(fw), &fw->core.hal, &fw->core.factory, fw->core.update.address);
    update_hold(&fw->core.update);
}

/* What was made is no authentic image, or could not be made. */
static void fill_failed(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, fw->fills_left > 0);
    if (--fw->fills_left > 0) {
        update_hold(&fw->core.update);
        slot_fill_again(fill_of(fw), &fw->core.hal, &fw->core.factory);
        return;
    }
    update_withdraw(&fw->core.update, UPDATE_BAD_PATCH);
    refuse(fw, UPDATE_BAD_PATCH);
}

static void check_filled(struct fw *fw)
{
    if (update_step(&fw->core.update, &fw->core.factory, &fw->core.nvm)) {
        return;
    }
    if (update_status(&fw->core.update) == UPDATE_VALID && !fw->core.update.is_delta) {
        commit(fw);
    } else {
        fill_failed(fw);
    }
}

static void fill_piece(struct fw *fw)
{
    struct slot_fill *fill = fill_of(fw);
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_BUSY);
    if (fill->stage == SLOT_FILL_FILLED) {
        check_filled(fw);
    } else if (!slot_fill_step(fill, &fw->core.hal, &fw->core.factory)) {
        if (fill->stage == SLOT_FILL_FILLED) {
            const struct flash_slot *slot = &flash_map_of(&fw->core.hal)->new_image;
            update_verify_start(&fw->core.update, slot->region, slot->address, FLASH_SLOT_SIZE);
        } else {
            fill_failed(fw);
        }
    }
}

/* The block is what it shall be: it is committed, or what the bootloader installs is made of it.
 * That one reads new images from the flash that their slot lies in. */
static void proceed(struct fw *fw)
{
    enum hal_flash_region region = flash_map_of(&fw->core.hal)->new_image.region;
    if (fw->core.update.is_delta || fw->core.update.place.region != region) {
        fill_begin(fw);
    } else {
        commit(fw);
    }
}

static void verified(struct fw *fw)
{
    enum update_status status = update_status(&fw->core.update);
    DEVICE_ASSERT(&fw->core.hal, status != UPDATE_NONE && status != UPDATE_BUSY);
    if (status != UPDATE_VALID) {
        refuse(fw, status);
    } else if (services_prove_block(&fw->services, &fw->core)) {
        fw->report.update_status = UPDATE_BUSY;
        fw->install = FW_INSTALL_PROVING;
    } else {
        proceed(fw);
    }
}

static void verify_piece(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_BUSY);
    if (!update_step(&fw->core.update, &fw->core.factory, &fw->core.nvm)) {
        verified(fw);
    }
}

/* The services compute the hash and ask; the answer decides. */
static void take_proof(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_VALID);
    switch ((enum block_proof_state)fw->services.fragmentation.proof.state) {
    case BLOCK_PROOF_HASHING:
    case BLOCK_PROOF_ASKING:
        break;
    case BLOCK_PROOF_ACCEPTED:
        proceed(fw);
        break;
    case BLOCK_PROOF_REJECTED:
        update_withdraw(&fw->core.update, UPDATE_REJECTED);
        refuse(fw, UPDATE_REJECTED);
        break;
    case BLOCK_PROOF_NONE: /* the server deleted its session, or set up another */
        update_withdraw(&fw->core.update, UPDATE_NONE);
        fw->report.update_status = UPDATE_NONE;
        fw->install = FW_INSTALL_NONE;
        break;
    }
}

/* True: an operation of the NOR runs; a done interrupt will come. Internal flash is never busy. */
static bool waits_for_flash(struct fw *fw)
{
    if (hal_flash_busy(&fw->core.hal, HAL_FLASH_EXTERNAL)) {
        fw->install_waits_for_flash = true;
        hal_flash_notify(&fw->core.hal, HAL_FLASH_EXTERNAL);
    }
    return fw->install_waits_for_flash;
}

/* True: the flash that is filled would stall the processor when the MAC has to open a window. The
 * alarm for that calls again. */
static bool waits_for_mac(const struct fw *fw)
{
    const struct hal *hal = &fw->core.hal;
    DEVICE_ASSERT(hal, fw->install == FW_INSTALL_FILLING);
    return hal_flash_geometry(hal, flash_map_of(hal)->new_image.region)->stalls_cpu
           && mac_step_at(&fw->core) < hal_rtc_now(hal) + STALL_TICKS;
}

/* True: the check of a signature would last until the radio is needed: for a window, or for a
 * session that is open or opens. What ends that, or the alarm for it, calls again. */
static bool waits_for_silence(const struct fw *fw)
{
    uint32_t stall_ticks = update_stall_ticks(&fw->core.update, &fw->core.factory);
    uint64_t end_ticks = hal_rtc_now(&fw->core.hal) + stall_ticks;
    DEVICE_ASSERT(&fw->core.hal, stall_ticks <= 2u * HAL_ED25519_TICKS);
    return stall_ticks > 0
           && (mac_quiet_until(&fw->core) < end_ticks
                   || services_step_at(&fw->services, &fw->core) < end_ticks);
}

/* True: the next piece has to wait. */
static bool waits(struct fw *fw)
{
    bool filling = fw->install == FW_INSTALL_FILLING;
    bool fills = filling && fill_of(fw)->stage != SLOT_FILL_FILLED;
    DEVICE_ASSERT(&fw->core.hal, filling || fw->install == FW_INSTALL_VERIFYING);
    return fills ? waits_for_mac(fw) : waits_for_silence(fw);
}

/* --- for the main loop ----------------------------------------------------------------------- */

bool fw_install_step(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, fw->install < FW_INSTALL_COUNT);
    if (fw->install_waits_for_flash) {
        return false;
    }
    switch ((enum fw_install)fw->install) {
    case FW_INSTALL_NONE:
        take_block(fw);
        break;
    case FW_INSTALL_VERIFYING:
        if (waits(fw)) {
            return false;
        }
        if (!waits_for_flash(fw)) {
            verify_piece(fw);
        }
        break;
    case FW_INSTALL_FILLING:
        if (waits(fw)) {
            return false;
        }
        if (!waits_for_flash(fw)) {
            fill_piece(fw);
        }
        break;
    case FW_INSTALL_PROVING:
        take_proof(fw);
        break;
    case FW_INSTALL_COMMITTED:
        if (update_status(&fw->core.update) != UPDATE_VALID) { /* the server deleted it */
            fw->report.update_status = UPDATE_NONE;
            fw->install = FW_INSTALL_NONE;
            fragmentation_block_used(&fw->services.fragmentation, &fw->core);
        }
        break;
    case FW_INSTALL_COUNT:
        break;
    }
    bool works = fw->install == FW_INSTALL_VERIFYING || fw->install == FW_INSTALL_FILLING;
    return works && !fw->install_waits_for_flash;
}

uint64_t fw_install_ordered_at(const struct fw *fw, uint64_t now_ticks)
{
    DEVICE_ASSERT(&fw->core.hal, fw->install < FW_INSTALL_COUNT);
    uint64_t at = services_reboot_at(&fw->services, &fw->core);
    return at <= now_ticks ? mac_idle_at(&fw->core) : at;
}

bool fw_install_restart_is_near(const struct fw *fw)
{
    return fw->install == FW_INSTALL_COMMITTED
           && (fw->core.factory.boot_options & FACTORY_OPTION_INSTALL_ORDERED) == 0;
}

uint64_t fw_install_restart_at(const struct fw *fw, uint64_t now_ticks)
{
    if (!fw_install_restart_is_near(fw)) {
        return HAL_TICKS_NEVER;
    }
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_VALID);
    if (services_session_active(&fw->services, &fw->core, now_ticks)) {
        return now_ticks + SESSION_RECHECK_TICKS;
    }
    return mac_idle_at(&fw->core);
}
