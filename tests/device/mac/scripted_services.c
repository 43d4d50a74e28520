/* Doubles of services and update, by a script.
 * SPDX-License-Identifier: MIT
 */
#include "device/mac/scripted_services.h"

#include <string.h>

#include "device/support/fake_network.h"

struct script script;

bool factory_read(const struct hal *hal, struct factory *factory)
{
    *factory = script.factory;
    return true;
}

bool update_running_image(const struct hal *hal, struct image_info *info)
{
    *info = (struct image_info){ .version = 0x01020003u, .sha256 = { 0xAB, 0xCD } };
    return true;
}

void update_init(struct update *update, const struct hal *hal)
{
    memset(update, 0, sizeof *update);
    update->hal = *hal;
}

void update_verify_start(
        struct update *update, enum hal_flash_region region, uint32_t address, uint32_t size)
{
    update->place.region = region;
    update->address = address;
    update->size = size;
    update->status = UPDATE_BUSY;
}

bool update_step(struct update *update, const struct factory *factory, const struct nvm *nvm)
{
    if (script.verify_steps_left > 0 && --script.verify_steps_left > 0) {
        return true;
    }
    struct fake_board *board = update->hal.board;
    board->now += script.stall_ticks;
    update->status = script.verdict;
    return false;
}

uint32_t update_stall_ticks(const struct update *update, const struct factory *factory)
{
    return script.verify_steps_left <= 1 ? script.stall_ticks : 0;
}

enum update_status update_status(const struct update *update)
{
    return update->status;
}

void update_hold(struct update *update)
{
    update->status = UPDATE_BUSY;
}

void update_withdraw(struct update *update, enum update_status status)
{
    update->status = status;
}

bool services_prove_block(struct services *services, struct core *core)
{
    services->fragmentation.proof.state =
            script.proof_demanded ? BLOCK_PROOF_ASKING : BLOCK_PROOF_NONE;
    return script.proof_demanded;
}

struct slot_fill *fragmentation_lend_memory(struct fragmentation *frag)
{
    return &frag->decoder.fill;
}

uint64_t services_reboot_at(const struct services *services, const struct core *core)
{
    return script.ordered_at;
}

void services_rebooting(struct services *services, struct core *core)
{
    script.ordered_at = HAL_TICKS_NEVER;
}

void update_commit(struct update *update, struct nvm *nvm)
{
    script.commits++;
}

void boot_state_read(const struct nvm *nvm, struct boot_state *state)
{
    *state = script.boot;
}

void boot_state_write(struct nvm *nvm, const struct boot_state *state)
{
    script.boot = *state;
}

void services_init(struct services *services, struct core *core)
{
}

void services_on_downlink(
        struct services *services, struct core *core, const struct mac_downlink *downlink)
{
    script.downlinks++;
    script.downlink_fport = downlink->fport;
}

void services_on_flash_done(struct services *services, struct core *core)
{
    script.flash_notes++;
}

uint64_t services_step_at(const struct services *services, const struct core *core)
{
    return script.step_at;
}

bool services_step(struct services *services, struct core *core, uint64_t now_ticks)
{
    script.late_ticks = now_ticks - script.step_at;
    script.step_at = HAL_TICKS_NEVER;
    return false;
}

uint64_t services_uplink_at(const struct services *services, const struct core *core)
{
    return script.uplink_at;
}

bool services_uplink_in_session_at(const struct services *services, uint64_t *at_ticks)
{
    *at_ticks = HAL_TICKS_NEVER;
    return false;
}

size_t services_build_uplink(struct services *services, struct core *core, uint64_t now_ticks,
        uint8_t *payload, size_t size_max, uint8_t *fport)
{
    script.builds++;
    if (script.uplink_size > 0) {
        script.uplink_at = HAL_TICKS_NEVER;
        memset(payload, 0x77, script.uplink_size);
        *fport = 200;
    }
    return script.uplink_size;
}

bool services_session_active(
        const struct services *services, const struct core *core, uint64_t now_ticks)
{
    return script.session;
}

bool fragmentation_take_block(
        struct fragmentation *frag, uint32_t *nor_address, uint32_t *size_bytes)
{
    bool ready = script.block_ready;
    script.block_ready = false;
    *nor_address = 0x1000;
    *size_bytes = 5000;
    return ready;
}

bool fragmentation_awaits_block(const struct fragmentation *frag)
{
    return script.awaits_block;
}

void fragmentation_block_used(struct fragmentation *frag, struct core *core)
{
    script.block_used = true;
}
