/* Multicast contexts and the rules by which a multicast frame is accepted (spec-protocol 1.10).
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "bytes.h"
#include "mac/crypto.h"
#include "mac/mac_internal.h"
#include "trace.h"

/* NVM_MULTICAST_0 + group. */
enum {
    GROUP_MC_ADDR = 0,
    GROUP_APP_S_KEY = 4,
    GROUP_NWK_S_KEY = 20,
    GROUP_FCNT_MAX = 36,
    GROUP_FCNT_NEXT = 40,
    GROUP_SIZE = 44
};
_Static_assert(GROUP_SIZE <= (int)NVM_SIZE_MULTICAST_0, "a group is one record");
_Static_assert(MAC_KEY_MC_NWK_S_0 - MAC_KEY_MC_APP_S_0 >= MAC_MULTICAST_GROUPS
                       && MAC_KEY_DATA_BLOCK_INT - MAC_KEY_MC_NWK_S_0 >= MAC_MULTICAST_GROUPS,
        "each group has key slots of its own");

/* The counter on record may lag by this many frames: after a reset that many fragments can be
 * played back, which does no harm, and flash is spared. */
#define FCNT_SAVE_EVERY 256u

/* A server sends to a group at least every 4 minutes (DR0, at 1 % of airtime). */
#define JUMP_AFTER_TICKS ((uint64_t)600u * HAL_RTC_HZ)

static enum nvm_id group_id(unsigned group)
{
    return (enum nvm_id)(NVM_MULTICAST_0 + group);
}

static void load_group(struct core *core, unsigned group, const uint8_t record[GROUP_SIZE])
{
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, group < MAC_MULTICAST_GROUPS);
    hal_key_load(hal, MAC_KEY_MC_APP_S_0 + group, record + GROUP_APP_S_KEY);
    hal_key_load(hal, MAC_KEY_MC_NWK_S_0 + group, record + GROUP_NWK_S_KEY);
    core->mac.groups[group] = (struct mac_group){
        .mc_addr = get_le32(record + GROUP_MC_ADDR),
        .fcnt_max = get_le32(record + GROUP_FCNT_MAX),
        .fcnt_next = get_le32(record + GROUP_FCNT_NEXT),
        .fcnt_saved = get_le32(record + GROUP_FCNT_NEXT),
        .window = core->factory.counter_window,
        .defined = true,
    };
}

void mac_multicast_set(struct core *core, unsigned group, uint32_t mc_addr,
        const uint8_t mc_app_s_key[16], const uint8_t mc_nwk_s_key[16], uint32_t fcnt_min,
        uint32_t fcnt_max)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS);
    uint8_t record[GROUP_SIZE];
    put_le32(record + GROUP_MC_ADDR, mc_addr);
    memcpy(record + GROUP_APP_S_KEY, mc_app_s_key, 16);
    memcpy(record + GROUP_NWK_S_KEY, mc_nwk_s_key, 16);
    put_le32(record + GROUP_FCNT_MAX, fcnt_max);
    put_le32(record + GROUP_FCNT_NEXT, fcnt_min);
    nvm_write(&core->nvm, group_id(group), record, sizeof record);
    load_group(core, group, record);
}

bool mac_multicast_address_taken(const struct core *core, unsigned group, uint32_t mc_addr)
{
    for (unsigned g = 0; g < MAC_MULTICAST_GROUPS; g++) {
        if (g != group && core->mac.groups[g].defined && core->mac.groups[g].mc_addr == mc_addr) {
            return true;
        }
    }
    return core->mac.joined && core->mac.dev_addr == mc_addr;
}

bool mac_multicast_defined(const struct core *core, unsigned group, uint32_t *mc_addr)
{
    if (group >= MAC_MULTICAST_GROUPS || !core->mac.groups[group].defined) {
        return false;
    }
    if (mc_addr != NULL) {
        *mc_addr = core->mac.groups[group].mc_addr;
    }
    return true;
}

void mac_multicast_delete(struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS);
    if (core->mac.class_c.open && core->mac.class_c.group == group) {
        mac_class_c_close(core, group);
    }
    core->mac.groups[group].defined = false;
    nvm_erase(&core->nvm, group_id(group));
}

void mac_multicast_restore(struct core *core)
{
    DEVICE_ASSERT(&core->hal, !core->mac.class_c.open);
    uint8_t record[GROUP_SIZE];
    for (unsigned group = 0; group < MAC_MULTICAST_GROUPS; group++) {
        if (nvm_read(&core->nvm, group_id(group), record, sizeof record) == GROUP_SIZE) {
            load_group(core, group, record);
        }
    }
}

static void save_counter(struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS && core->mac.groups[group].defined);
    struct mac_group *g = &core->mac.groups[group];
    struct nvm *nvm = &core->nvm;
    uint8_t record[GROUP_SIZE];
    if (g->fcnt_next != g->fcnt_saved
            && nvm_read(nvm, group_id(group), record, sizeof record) == GROUP_SIZE) {
        put_le32(record + GROUP_FCNT_NEXT, g->fcnt_next);
        nvm_write(nvm, group_id(group), record, sizeof record);
        g->fcnt_saved = g->fcnt_next;
    }
}

void mac_class_c_close(struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS);
    if (core->mac.class_c.open && core->mac.class_c.group == group) {
        core->mac.class_c.open = false;
        if (core->mac.activity == MAC_RX_CONTINUOUS) {
            mac_background_soon(core);
        }
    }
    if (core->mac.groups[group].defined) {
        save_counter(core, group);
    }
}

/* Whoever knows a group's keys can send one valid frame far ahead, and those of the server would be
 * too old from then on. A step that large is taken only where nothing else came for some time: the
 * device itself may have missed so many. */
static bool jumps(
        const struct core *core, const struct mac_group *g, uint32_t fcnt, uint64_t end_ticks)
{
    DEVICE_ASSERT(&core->hal, g->defined && fcnt >= g->fcnt_next);
    return g->window != 0 && fcnt - g->fcnt_next >= g->window
           && end_ticks < core->mac.group_heard_ticks + JUMP_AFTER_TICKS;
}

static bool is_well_formed(const struct mac_frame *frame)
{
    return frame->type == MAC_UNCONFIRMED_DOWN && frame->fport > 0
           && (frame->fctrl & (MAC_FCTRL_ACK | MAC_FCTRL_ADR_ACK_REQ | MAC_FCTRL_FOPTS_SIZE)) == 0;
}

/* The maximum is exclusive; the counter starts at the minimum with all its 32 bits. */
static bool counter_is_new(const struct mac_group *g, const struct mac_frame *frame, uint32_t *fcnt)
{
    return mac_frame_counter(g->fcnt_next, frame->fcnt, fcnt) && *fcnt < g->fcnt_max;
}

bool mac_multicast_is_old(const struct core *core, unsigned group, const struct mac_frame *frame)
{
    DEVICE_ASSERT(&core->hal, group < MAC_MULTICAST_GROUPS && core->mac.groups[group].defined);
    uint32_t fcnt;
    return is_well_formed(frame) && !counter_is_new(&core->mac.groups[group], frame, &fcnt);
}

bool mac_multicast_accept(struct core *core, unsigned group, const struct mac_frame *frame,
        size_t size, uint64_t end_ticks, uint8_t *bytes, uint32_t *fcnt)
{
    const struct hal *hal = &core->hal;
    DEVICE_ASSERT(hal, group < MAC_MULTICAST_GROUPS && core->mac.groups[group].defined);
    DEVICE_ASSERT(hal, size >= MAC_FRAME_OVERHEAD);
    struct mac_group *g = &core->mac.groups[group];
    uint8_t mic[4];
    if (!is_well_formed(frame)) {
        hal_trace(hal, FW_TRACE_FRAME_DROPPED, MAC_FRAME_BAD_MULTICAST, bytes[0]);
        return false;
    }
    if (!counter_is_new(g, frame, fcnt) || jumps(core, g, *fcnt, end_ticks)) {
        hal_trace(hal, FW_TRACE_COUNTER_REJECTED, g->mc_addr, frame->fcnt);
        return false;
    }
    mac_crypto_mic(
            hal, MAC_KEY_MC_NWK_S_0 + group, MAC_DOWN, g->mc_addr, *fcnt, bytes, size - 4, mic);
    if (!mac_crypto_mic_equal(mic, bytes + size - 4)) {
        hal_trace(hal, FW_TRACE_BAD_MIC, g->mc_addr, *fcnt);
        return false;
    }
    g->fcnt_next = *fcnt + 1u;
    if (g->window != 0) {
        core->mac.group_heard_ticks = end_ticks;
    }
    mac_crypto_cipher(hal, MAC_KEY_MC_APP_S_0 + group, MAC_DOWN, g->mc_addr, *fcnt,
            bytes + frame->payload_at, frame->payload_size);
    hal_trace(hal, FW_TRACE_MULTICAST, *fcnt, group);
    if (g->fcnt_next - g->fcnt_saved >= FCNT_SAVE_EVERY) {
        save_counter(core, group);
    }
    return true;
}
