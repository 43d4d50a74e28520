/* The states between a whole block and the restart that installs it.
 * SPDX-License-Identifier: MIT
 */
#include "fw_install.h"

#include <string.h>

#include "fw_state.h"
#include "mac/mac.h"

/* Nothing tells the end of a session; a restart that waits for it looks again this often. */
#define SESSION_RECHECK_TICKS (60u * HAL_RTC_HZ)

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
        fw->report.update_status = UPDATE_REVERTED;
        fw->report.whole_left = REPORT_WHOLE_COUNT; /* what runs is news, whatever reset it */
    }
    fw_trial_init(fw, &state);
    if (state.result_new) {
        fragmentation_block_used(&fw->services.fragmentation, &fw->core);
        state.result_new = false;
        boot_state_write(&fw->core.nvm, &state);
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
        commit(fw);
    }
}

static void verify_piece(struct fw *fw)
{
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_BUSY);
    if (hal_flash_busy(&fw->core.hal, fw->core.update.place.region)) {
        fw->install_waits_for_flash = true;
        hal_flash_notify(&fw->core.hal, fw->core.update.place.region);
    } else if (!update_step(&fw->core.update, &fw->core.factory, &fw->core.nvm)) {
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
        commit(fw);
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
        verify_piece(fw);
        break;
    case FW_INSTALL_PROVING:
        take_proof(fw);
        break;
    case FW_INSTALL_COMMITTED:
    case FW_INSTALL_COUNT:
        break;
    }
    return fw->install == FW_INSTALL_VERIFYING && !fw->install_waits_for_flash;
}

uint64_t fw_install_restart_at(const struct fw *fw, uint64_t now_ticks)
{
    if (fw->install != FW_INSTALL_COMMITTED) {
        return HAL_TICKS_NEVER;
    }
    DEVICE_ASSERT(&fw->core.hal, update_status(&fw->core.update) == UPDATE_VALID);
    if (services_session_active(&fw->services, &fw->core, now_ticks)) {
        return now_ticks + SESSION_RECHECK_TICKS;
    }
    return mac_idle_at(&fw->core);
}
