/* Doubles of MAC, store and update for the tests of the services: the HAL leads to the board.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_board.h"

static struct board *board_of(void *board)
{
    return board;
}

static struct board_group *group_of(const struct core *core, unsigned group)
{
    return &board_of(core->hal.board)->groups[group];
}

void mac_multicast_set(struct core *core, unsigned group, uint32_t mc_addr,
        const uint8_t mc_app_s_key[16], const uint8_t mc_nwk_s_key[16], uint32_t fcnt_min,
        uint32_t fcnt_max)
{
    struct board_group *to = group_of(core, group);
    to->defined = true;
    to->mc_addr = mc_addr;
    memcpy(to->app_s_key, mc_app_s_key, 16);
    memcpy(to->nwk_s_key, mc_nwk_s_key, 16);
    to->fcnt_min = fcnt_min;
    to->fcnt_max = fcnt_max;
}

uint64_t mac_step_at(const struct core *core)
{
    return board_of(core->hal.board)->mac_step_at;
}

uint32_t mac_dev_addr(const struct core *core)
{
    return board_of(core->hal.board)->dev_addr;
}

bool mac_multicast_address_taken(const struct core *core, unsigned group, uint32_t mc_addr)
{
    const struct board *board = board_of(core->hal.board);
    bool taken = board->dev_addr == mc_addr;
    for (unsigned g = 0; g < 4; g++) {
        taken |= g != group && board->groups[g].defined && board->groups[g].mc_addr == mc_addr;
    }
    return taken;
}

bool mac_multicast_defined(const struct core *core, unsigned group, uint32_t *mc_addr)
{
    *mc_addr = group_of(core, group)->mc_addr;
    return group_of(core, group)->defined;
}

void mac_multicast_delete(struct core *core, unsigned group)
{
    group_of(core, group)->defined = false;
}

bool mac_frequency_valid(const struct core *core, uint32_t frequency_hz)
{
    return frequency_hz >= 863000000u && frequency_hz <= 870000000u;
}

bool mac_data_rate_valid(const struct core *core, uint8_t data_rate)
{
    return data_rate <= 7;
}

void mac_class_c_open(struct core *core, unsigned group, uint32_t frequency_hz, uint8_t data_rate)
{
    group_of(core, group)->open = true;
    group_of(core, group)->frequency_hz = frequency_hz;
    group_of(core, group)->data_rate = data_rate;
    board_of(core->hal.board)->receiver_group = (int)group;
}

bool mac_class_c_is_open(const struct core *core)
{
    return board_of(core->hal.board)->receiver_group >= 0;
}

bool mac_window_is_near(const struct core *core, uint64_t now_ticks, uint32_t ticks)
{
    return board_of(core->hal.board)->window_is_near;
}

void mac_class_c_close(struct core *core, unsigned group)
{
    struct board *board = board_of(core->hal.board);
    group_of(core, group)->open = false;
    board->receiver_group = board->receiver_group == (int)group ? -1 : board->receiver_group;
}

void mac_request_device_time(struct core *core)
{
    board_of(core->hal.board)->device_time_requests++;
}

uint32_t mac_uplink_airtime_ticks(const struct core *core, size_t size)
{
    return board_of(core->hal.board)->airtime_ticks;
}

static struct board_record *record_of(const struct nvm *nvm, enum nvm_id id)
{
    return &board_of(nvm->hal.board)->records[id];
}

int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max)
{
    const struct board_record *record = record_of(nvm, id);
    if (record->size < 0 || (size_t)record->size > size_max) {
        return -1;
    }
    memcpy(data, record->bytes, (size_t)record->size);
    return record->size;
}

void nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size)
{
    struct board_record *record = record_of(nvm, id);
    cr_assert(size >= 1 && size <= NVM_RECORD_SIZE_MAX);
    board_of(nvm->hal.board)->nvm_writes++;
    record->size = (int)size;
    memcpy(record->bytes, data, size);
}

void nvm_erase(struct nvm *nvm, enum nvm_id id)
{
    record_of(nvm, id)->size = -1;
}

enum update_status update_status(const struct update *update)
{
    return update->status;
}

bool update_is_committed(const struct update *update, const struct nvm *nvm)
{
    return update->status == UPDATE_VALID && board_of(nvm->hal.board)->committed;
}

void update_uncommit(struct update *update, struct nvm *nvm)
{
    update->status = UPDATE_NONE;
    board_of(nvm->hal.board)->committed = false;
}

bool update_running_image(const struct hal *hal, struct image_info *info)
{
    *info = (struct image_info){ .version = 0x11223344 };
    return true;
}
