/* A signed table of what each uncoded fragment of a session hashes to.
 * SPDX-License-Identifier: MIT
 *
 * The table lies in SPI NOR, erased with the session's other memory; an entry of ones is none. Its
 * bytes are authentic when they are written; a later change there costs the session.
 */
#include "services/fragment_table.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/fragmentation.h"
#include "services/services.h"
#include "trace.h"
#include "update/flash_map.h"

#define CID_TABLE       0x01u
#define HEADER_SIZE     4u
#define SIGNATURE_SIZE  64u
#define SIGNED_HEADER   20u
#define ERASED          0xFFu
#define HASHES_PER_PAGE (FRAG_STORE_PAGE_SIZE / FRAGMENT_HASH_SIZE)
#define HASHES_SIZE_MAX (FRAGMENT_TABLE_COUNT_MAX * FRAGMENT_HASH_SIZE)
_Static_assert(FEC_FRAGMENTS_MAX *FRAGMENT_HASH_SIZE <= NOR_TABLE_SIZE, "every fragment has one");

static bool is_erased(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && bytes[i] == ERASED) {
        i++;
    }
    return i == size;
}

enum fragment_proof fragment_table_check(
        const struct hal *hal, uint32_t index, const uint8_t *data, uint32_t size)
{
    uint8_t hash[FRAGMENT_HASH_SIZE], digest[32];
    struct hal_sha256 sha;
    DEVICE_ASSERT(hal, index < FEC_FRAGMENTS_MAX);
    enum hal_status status = hal_flash_read(hal, HAL_FLASH_EXTERNAL,
            NOR_TABLE_ADDRESS + index * FRAGMENT_HASH_SIZE, hash, sizeof(hash));
    DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    if (status == HAL_BUSY) {
        return FRAGMENT_PROOF_BUSY;
    }
    if (is_erased(hash, sizeof(hash))) {
        return FRAGMENT_UNPROVEN;
    }
    hal_sha256_begin(hal, &sha);
    hal_sha256_update(hal, &sha, data, size);
    hal_sha256_end(hal, &sha, digest);
    return memcmp(hash, digest, sizeof(hash)) == 0 ? FRAGMENT_PROVEN : FRAGMENT_FORGED;
}

bool fragment_table_is_whole(const struct hal *hal, uint32_t fragments)
{
    uint8_t hash[FRAGMENT_HASH_SIZE];
    uint32_t index = 0;
    DEVICE_ASSERT(hal, fragments <= FEC_FRAGMENTS_MAX);
    while (index < fragments
            && hal_flash_read(hal, HAL_FLASH_EXTERNAL,
                       NOR_TABLE_ADDRESS + index * FRAGMENT_HASH_SIZE, hash, sizeof(hash))
                       == HAL_OK
            && !is_erased(hash, sizeof(hash))) {
        index++;
    }
    return index == fragments;
}

/* A session whose memory is erased, and which can still make use of a table. */
static bool takes_table(const struct fragmentation *frag, const struct core *core)
{
    return (core->factory.defences & FACTORY_DEFENCE_FRAGMENT_TABLE) != 0
           && frag->phase >= FRAG_PHASE_COLLECT && !frag->block_over;
}

static bool is_authentic(const struct frag_params *session, const struct core *core,
        const uint8_t *message, uint32_t count)
{
    uint8_t text[SIGNED_HEADER + HASHES_SIZE_MAX] = "FRAGTBL1";
    uint32_t hashes_size = count * FRAGMENT_HASH_SIZE;
    DEVICE_ASSERT(&core->hal, count > 0 && count <= FRAGMENT_TABLE_COUNT_MAX);
    memcpy(&text[8], session->descriptor, sizeof(session->descriptor));
    put_le16(&text[12], session->fragments);
    text[14] = session->fragment_size;
    text[15] = 0;
    put_le16(&text[16], get_le16(&message[1]) & 0x3FFFu);
    text[18] = (uint8_t)count;
    text[19] = 0;
    memcpy(&text[SIGNED_HEADER], &message[HEADER_SIZE], hashes_size);
    return hal_ed25519_verify(&core->hal, core->factory.image_public_key, text,
                   SIGNED_HEADER + hashes_size, &message[HEADER_SIZE + hashes_size])
           == HAL_OK;
}

/* A repeat costs a read. A message whose page the flash cannot take now has to be repeated; so has
 * one whose signature would be checked until after a window of class A. */
static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    const struct fragmentation *frag = state;
    const struct frag_params *session = &frag->session;
    const struct hal *hal = &core->hal;
    const uint8_t *message = downlink->payload;
    uint8_t there[HASHES_SIZE_MAX];
    DEVICE_ASSERT(hal, downlink->group < (int)MAC_MULTICAST_GROUPS);
    bool allowed = downlink->group < 0 || (session->group_mask >> downlink->group & 1) != 0;
    if (!takes_table(frag, core) || !allowed || downlink->size < HEADER_SIZE
            || message[0] != CID_TABLE || get_le16(&message[1]) >> 14 != session->index) {
        return;
    }
    uint32_t first = get_le16(&message[1]) & 0x3FFFu;
    uint32_t count = message[3];
    uint32_t hashes_size = count * FRAGMENT_HASH_SIZE;
    uint32_t address = NOR_TABLE_ADDRESS + first * FRAGMENT_HASH_SIZE;
    if (count == 0 || count > FRAGMENT_TABLE_COUNT_MAX
            || first % HASHES_PER_PAGE + count > HASHES_PER_PAGE
            || first + count > session->fragments
            || mac_window_is_near(core, hal_rtc_now(hal), HAL_ED25519_TICKS)
            || downlink->size != HEADER_SIZE + hashes_size + SIGNATURE_SIZE
            || hal_flash_read(hal, HAL_FLASH_EXTERNAL, address, there, hashes_size) != HAL_OK
            || !is_erased(there, hashes_size)) {
        return;
    }
    bool authentic = is_authentic(session, core, message, count);
    hal_trace(hal, FW_TRACE_FRAGMENT_HASHES, first + 1u, authentic ? count : 0);
    if (authentic) {
        enum hal_status status = hal_flash_program(
                hal, HAL_FLASH_EXTERNAL, address, &message[HEADER_SIZE], hashes_size);
        DEVICE_ASSERT(hal, status == HAL_OK || status == HAL_BUSY);
    }
}

static void init(void *state, struct core *core)
{
    (void)state;
    (void)core;
}

static uint64_t uplink_at(const void *state, bool held)
{
    (void)state;
    (void)held;
    return HAL_TICKS_NEVER;
}

static size_t build(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
        size_t size_max)
{
    (void)state;
    (void)core;
    (void)now_ticks;
    (void)held;
    (void)out;
    (void)size_max;
    return 0;
}

const struct package fragment_table_package = {
    .fport = FRAGMENT_TABLE_FPORT,
    .state_offset = offsetof(struct services, fragmentation),
    .init = init,
    .on_downlink = on_downlink,
    .uplink_at = uplink_at,
    .build = build,
};
