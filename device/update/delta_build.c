/* Builds a full image in the slot for new ones, and saves in the NOR how far it came.
 * SPDX-License-Identifier: MIT
 */
#include "update/delta_build.h"

#include <string.h>

#include "bytes.h"
#include "trace.h"
#include "update/flash_map.h"
#include "update/flash_write.h"

#define SECTOR            4096u
#define SLOT_SIZE         512u
#define SLOTS             (NOR_DELTA_SIZE / SLOT_SIZE)
#define SLOT_HEAD         16u
#define RECORD_OFF_READ   20u
#define RECORD_OFF_STATE  24u
#define RECORD_SIZE       320u
#define RECORD_FIRST_PAGE (DELTA_BUILD_PAGE - SLOT_HEAD) /* bytes of the record in it */
/* assumed: cycles of the Cortex-M0+ for a byte of the patch and for one of the target */
#define CYCLES_PER_PATCH_BYTE 150u
#define CYCLES_PER_CODE_BYTE  12u

_Static_assert(sizeof(struct delta_build) <= DELTA_BUILD_RAM_MAX, "what the decoder lends");
_Static_assert(RECORD_OFF_STATE + PATCH_STATE_SIZE <= RECORD_SIZE, "a record holds the state");
_Static_assert(SLOT_HEAD + RECORD_SIZE <= SLOT_SIZE, "a slot holds a record");
_Static_assert(RECORD_FIRST_PAGE % IMAGE_CIPHER_BLOCK == 0, "pages are whole cipher blocks");
_Static_assert(FLASH_SLOT_SIZE / DELTA_BUILD_SAVE_BYTES <= SLOTS, "a slot for each state");
_Static_assert(DELTA_BUILD_SAVE_BYTES % SECTOR == 0, "what is made again is erased again");
_Static_assert(IMAGE_HEADER_SIZE == DELTA_BUILD_PAGE, "code begins with a page");

/* --- start ---------------------------------------------------------------------------------- */

static uint32_t slot_address(const struct delta_build *build)
{
    return NOR_DELTA_ADDRESS + build->slot * SLOT_SIZE;
}

static const struct flash_slot *new_slot(const struct hal *hal)
{
    return &flash_map_of(hal)->new_image;
}

/* The verified block is a full image. */
static bool copies(const struct delta_build *build)
{
    return build->patch_size == 0;
}

/* Where the next byte of the target goes, in its slot. */
static uint32_t made_to(const struct delta_build *build)
{
    return IMAGE_HEADER_SIZE + build->patch.made;
}

static void fail(struct delta_build *build)
{
    build->stage = DELTA_BUILD_BROKEN;
}

static void trace_start(const struct delta_build *build, const struct hal *hal)
{
    hal_trace(hal, copies(build) ? FW_TRACE_COPY_STARTED : FW_TRACE_DELTA_STARTED,
            build->patch.target_size, build->patch.made);
}

/* The place of a record whose digest begins with `nonce`. */
static void set_record(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, const uint8_t nonce[IMAGE_NONCE_SIZE])
{
    DEVICE_ASSERT(hal, build->slot < SLOTS);
    build->record = image_place_plain(HAL_FLASH_EXTERNAL, slot_address(build) + SLOT_HEAD);
    if (build->from.encrypted) {
        image_place_encrypt(&build->record, hal, factory, nonce);
    } else {
        memcpy(build->record.nonce, nonce, sizeof build->record.nonce);
    }
}

static void begin_patch(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, const struct delta_info *info)
{
    const struct patch_base base = { HAL_FLASH_INTERNAL, image_place_running().address,
        info->base_size };
    build->patch_size = info->patch_size;
    build->from = image_place_plain(HAL_FLASH_EXTERNAL, build->manifest + DELTA_MANIFEST_SIZE);
    if (info->encrypted) {
        image_place_encrypt(&build->from, hal, factory, info->patch_digest);
        image_place_encrypt(&build->to, hal, factory, info->target.sha256);
    }
    memcpy(build->identity, info->patch_digest, IMAGE_NONCE_SIZE);
    memcpy(build->identity + IMAGE_NONCE_SIZE, info->target.sha256,
            sizeof build->identity - IMAGE_NONCE_SIZE);
    patch_begin(&build->patch, &base, info->target.image_size);
}

static void begin_copy(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, const uint8_t header[IMAGE_HEADER_SIZE],
        const struct image_info *info)
{
    const struct patch_base no_base = { HAL_FLASH_INTERNAL, image_place_running().address, 0 };
    build->from = image_place_of(hal, factory, HAL_FLASH_EXTERNAL, build->manifest, header);
    if (build->from.encrypted) {
        image_place_encrypt(&build->to, hal, factory, info->sha256);
    }
    memcpy(build->identity, info->sha256, sizeof build->identity);
    patch_begin(&build->patch, &no_base, info->image_size);
}

/* Of a header this is all but its last zeros. */
static bool read_manifest(
        const struct delta_build *build, const struct hal *hal, uint8_t bytes[IMAGE_HEADER_SIZE])
{
    memset(bytes, 0, IMAGE_HEADER_SIZE);
    return hal_flash_read(hal, HAL_FLASH_EXTERNAL, build->manifest, bytes, DELTA_MANIFEST_SIZE)
           == HAL_OK;
}

void delta_build_begin(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, uint32_t manifest)
{
    uint8_t bytes[IMAGE_HEADER_SIZE];
    struct delta_info delta;
    struct image_info image;
    const struct flash_slot *slot = new_slot(hal);
    *build = (struct delta_build){ .manifest = manifest, .slot = SLOTS };
    build->to = image_place_plain(slot->region, slot->address + IMAGE_HEADER_SIZE);
    if (!read_manifest(build, hal, bytes)) {
        fail(build);
    } else if (delta_manifest_parse(bytes, FLASH_SLOT_SIZE, &delta)) {
        begin_patch(build, hal, factory, &delta);
    } else if (image_header_parse(bytes, FLASH_SLOT_SIZE, &image)) {
        begin_copy(build, hal, factory, bytes, &image);
    } else {
        fail(build);
    }
}

/* From the first byte on. */
static void clear(struct delta_build *build)
{
    build->stage = DELTA_BUILD_CLEAR;
    build->slot = 0;
    build->erase_at = 0;
}

void delta_build_again(
        struct delta_build *build, const struct hal *hal, const struct factory *factory)
{
    delta_build_begin(build, hal, factory, build->manifest);
    if (build->stage != DELTA_BUILD_BROKEN) {
        clear(build);
    }
}

/* --- states that a reset left ---------------------------------------------------------------- */

static void record_digest(
        const struct hal *hal, const uint8_t record[RECORD_SIZE], uint8_t digest[IMAGE_DIGEST_SIZE])
{
    struct hal_sha256 sha;
    hal_sha256_begin(hal, &sha);
    hal_sha256_update(hal, &sha, record, RECORD_SIZE);
    hal_sha256_end(hal, &sha, digest);
}

/* The record in the slot is whole and of this build. */
static bool record_read(struct delta_build *build, const struct hal *hal,
        const struct factory *factory, uint8_t record[RECORD_SIZE])
{
    static const uint8_t erased[IMAGE_NONCE_SIZE] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    uint8_t nonce[IMAGE_NONCE_SIZE];
    uint8_t digest[IMAGE_DIGEST_SIZE];
    if (hal_flash_read(hal, HAL_FLASH_EXTERNAL, slot_address(build), nonce, sizeof nonce) != HAL_OK
            || memcmp(nonce, erased, sizeof nonce) == 0) {
        return false;
    }
    set_record(build, hal, factory, nonce);
    if (image_place_read(hal, &build->record, 0, record, RECORD_SIZE) != HAL_OK) {
        return false;
    }
    record_digest(hal, record, digest);
    return memcmp(digest, nonce, sizeof nonce) == 0
           && memcmp(record, build->identity, sizeof build->identity) == 0;
}

/* Reads on from what the decoder has taken; the place is read from a cipher block's begin on. */
static void seek(struct delta_build *build, uint32_t taken)
{
    build->read = taken - taken % IMAGE_CIPHER_BLOCK;
    build->in_at = (uint16_t)(taken % IMAGE_CIPHER_BLOCK);
    build->in_size = 0;
}

static bool resume(
        struct delta_build *build, const struct hal *hal, const uint8_t record[RECORD_SIZE])
{
    uint32_t taken = get_le32(record + RECORD_OFF_READ);
    if (taken > build->patch_size || !patch_restore(&build->patch, record + RECORD_OFF_STATE)
            || build->patch.made >= build->patch.target_size
            || made_to(build) % DELTA_BUILD_SAVE_BYTES != 0) {
        return false;
    }
    seek(build, taken);
    build->stage = DELTA_BUILD_ERASE;
    build->erase_at = made_to(build);
    build->slot++;
    trace_start(build, hal);
    return true;
}

/* Looks at one slot, the last one first. */
static void step_look(
        struct delta_build *build, const struct hal *hal, const struct factory *factory)
{
    uint8_t record[RECORD_SIZE];
    if (build->slot > 0) {
        build->slot--;
        if (record_read(build, hal, factory, record) && resume(build, hal, record)) {
            return;
        }
    }
    if (build->slot == 0) { /* patch_restore() may have filled in what does not hold */
        delta_build_again(build, hal, factory);
    }
}

/* --- flash ------------------------------------------------------------------------------------ */

static void erase_sector(struct delta_build *build, const struct hal *hal,
        enum hal_flash_region region, uint32_t address)
{
    if (hal_flash_erase(hal, region, address + build->erase_at, SECTOR) != HAL_OK) {
        fail(build);
    }
    build->erase_at += SECTOR;
}

static void step_clear(struct delta_build *build, const struct hal *hal)
{
    erase_sector(build, hal, HAL_FLASH_EXTERNAL, NOR_DELTA_ADDRESS);
    if (build->erase_at == NOR_DELTA_SIZE && build->stage == DELTA_BUILD_CLEAR) {
        build->stage = DELTA_BUILD_ERASE;
        build->erase_at = 0;
        trace_start(build, hal);
    }
}

static void step_erase(struct delta_build *build, const struct hal *hal)
{
    uint32_t end = IMAGE_HEADER_SIZE + build->patch.target_size;
    const struct flash_slot *slot = new_slot(hal);
    DEVICE_ASSERT(hal, build->erase_at % SECTOR == 0 && build->erase_at < FLASH_SLOT_SIZE);
    erase_sector(build, hal, slot->region, slot->address);
    bool up_to_save = build->erase_at % DELTA_BUILD_SAVE_BYTES == 0;
    if ((up_to_save || build->erase_at >= end) && build->stage == DELTA_BUILD_ERASE) {
        build->stage = DELTA_BUILD_DECODE;
    }
}

/* --- decoding --------------------------------------------------------------------------------- */

/* Reads the next bytes of the patch, if there are any: a run needs none. */
static bool refill(struct delta_build *build, const struct hal *hal)
{
    uint32_t left = build->patch_size - build->read;
    uint32_t size = left < sizeof build->in ? left : (uint32_t)sizeof build->in;
    DEVICE_ASSERT(hal, build->read <= build->patch_size);
    if (size == 0) {
        return true;
    }
    build->in_at = build->in_size > 0 ? 0 : build->in_at; /* seek() may stand inside a block */
    build->in_size = (uint16_t)size;
    DEVICE_ASSERT(hal, build->in_at <= build->in_size);
    uint32_t at = build->read;
    build->read += size;
    return image_place_read(hal, &build->from, at, build->in, size) == HAL_OK;
}

/* The page is full, or the last one. */
static void write_page(struct delta_build *build, const struct hal *hal)
{
    uint32_t offset = build->patch.made - build->out_size;
    DEVICE_ASSERT(hal, offset % DELTA_BUILD_PAGE == 0 && build->out_size > 0);
    if (image_place_program(hal, &build->to, offset, build->out, build->out_size) != HAL_OK) {
        fail(build);
        return;
    }
    build->out_size = 0;
    if (build->patch.made == build->patch.target_size) {
        build->stage = DELTA_BUILD_HEADER;
    } else if (made_to(build) % DELTA_BUILD_SAVE_BYTES == 0) {
        build->stage = DELTA_BUILD_SAVE;
    }
}

/* One page of a full image. */
static void step_copy(struct delta_build *build, const struct hal *hal)
{
    uint32_t left = build->patch.target_size - build->patch.made;
    uint32_t size = left < sizeof build->out ? left : (uint32_t)sizeof build->out;
    DEVICE_ASSERT(hal, left > 0 && build->out_size == 0);
    if (image_place_read(hal, &build->from, build->patch.made, build->out, size) != HAL_OK) {
        fail(build);
        return;
    }
    build->out_size = (uint16_t)size;
    build->patch.made += size;
    write_page(build, hal);
}

static void step_decode(struct delta_build *build, const struct hal *hal)
{
    if (build->in_at >= build->in_size && !refill(build, hal)) {
        fail(build);
        return;
    }
    struct patch_piece piece = { .in = build->in,
        .in_size = build->in_size,
        .in_used = build->in_at,
        .out = build->out,
        .out_size = sizeof build->out,
        .out_made = build->out_size };
    enum patch_result result = patch_continue(&build->patch, hal, &piece);
    hal_charge(hal, (piece.in_used - build->in_at) * CYCLES_PER_PATCH_BYTE
                            + (piece.out_made - build->out_size) * CYCLES_PER_CODE_BYTE);
    build->in_at = (uint16_t)piece.in_used;
    build->out_size = (uint16_t)piece.out_made;
    bool full = build->out_size == sizeof build->out;
    bool over = build->in_at == build->in_size && build->read == build->patch_size;
    if (result == PATCH_DAMAGED || (result == PATCH_MORE && over && !full)) {
        fail(build);
    } else if (result == PATCH_DONE || full) {
        write_page(build, hal);
    }
}

/* --- saving ----------------------------------------------------------------------------------- */

static void make_record(const struct delta_build *build, uint8_t record[RECORD_SIZE])
{
    memset(record, 0, RECORD_SIZE);
    memcpy(record, build->identity, sizeof build->identity);
    put_le32(record + RECORD_OFF_READ, build->read - build->in_size + build->in_at);
    patch_save(&build->patch, record + RECORD_OFF_STATE);
}

/* `size` is whole pages. */
static bool is_erased(struct delta_build *build, const struct hal *hal,
        enum hal_flash_region region, uint32_t address, uint32_t size)
{
    uint8_t erased = hal_flash_geometry(hal, region)->erased_value;
    uint8_t other = 0;
    DEVICE_ASSERT(hal, build->out_size == 0 && size % sizeof build->out == 0);
    for (uint32_t at = 0; at < size; at += sizeof build->out) {
        if (hal_flash_read(hal, region, address + at, build->out, sizeof build->out) != HAL_OK) {
            return false;
        }
        for (unsigned i = 0; i < sizeof build->out; ++i) {
            other |= build->out[i] ^ erased;
        }
    }
    return other == 0;
}

static void saved(struct delta_build *build)
{
    build->stage = DELTA_BUILD_ERASE;
    build->erase_at = made_to(build);
}

/* A cut may have left a slot half written: it is passed by. Without a slot nothing is saved. */
static void step_save(
        struct delta_build *build, const struct hal *hal, const struct factory *factory)
{
    uint8_t record[RECORD_SIZE];
    uint8_t digest[IMAGE_DIGEST_SIZE];
    if (build->slot >= SLOTS) {
        saved(build);
        return;
    }
    if (!is_erased(build, hal, HAL_FLASH_EXTERNAL, slot_address(build), SLOT_SIZE)) {
        build->slot++;
        return;
    }
    make_record(build, record);
    record_digest(hal, record, digest);
    set_record(build, hal, factory, digest);
    if (image_place_program(hal, &build->record, 0, record, RECORD_FIRST_PAGE) != HAL_OK) {
        fail(build);
        return;
    }
    build->stage = DELTA_BUILD_SAVE_MORE;
}

static void step_save_more(struct delta_build *build, const struct hal *hal)
{
    uint8_t record[RECORD_SIZE];
    make_record(build, record);
    if (image_place_program(hal, &build->record, RECORD_FIRST_PAGE, record + RECORD_FIRST_PAGE,
                RECORD_SIZE - RECORD_FIRST_PAGE)
            != HAL_OK) {
        fail(build);
        return;
    }
    build->stage = DELTA_BUILD_SAVE_HEAD;
}

static void step_save_head(struct delta_build *build, const struct hal *hal)
{
    if (hal_flash_program(
                hal, HAL_FLASH_EXTERNAL, slot_address(build), build->record.nonce, IMAGE_NONCE_SIZE)
            != HAL_OK) {
        fail(build);
        return;
    }
    build->slot++;
    saved(build);
}

/* --- end -------------------------------------------------------------------------------------- */

/* A cut may have left a part of the header, over which only some flashes can be programmed. */
static bool takes_header(
        struct delta_build *build, const struct hal *hal, const struct flash_slot *slot)
{
    return hal_flash_geometry(hal, slot->region)->rewritable
           || is_erased(build, hal, slot->region, slot->address, IMAGE_HEADER_SIZE);
}

static void step_header(struct delta_build *build, const struct hal *hal)
{
    uint8_t bytes[IMAGE_HEADER_SIZE];
    uint8_t header[IMAGE_HEADER_SIZE];
    const struct flash_slot *slot = new_slot(hal);
    if (!read_manifest(build, hal, bytes) || !takes_header(build, hal, slot)) {
        fail(build);
        return;
    }
    if (copies(build)) {
        memcpy(header, bytes, sizeof header);
    } else {
        delta_target_header(bytes, header);
    }
    if (flash_write(hal, slot->region, slot->address, header, sizeof header) != HAL_OK) {
        fail(build);
        return;
    }
    build->stage = DELTA_BUILD_BUILT;
    hal_trace(hal, copies(build) ? FW_TRACE_COPIED : FW_TRACE_DELTA_BUILT, build->patch.target_size,
            build->patch_size);
}

bool delta_build_step(
        struct delta_build *build, const struct hal *hal, const struct factory *factory)
{
    switch ((enum delta_build_stage)build->stage) {
    case DELTA_BUILD_LOOK:
        step_look(build, hal, factory);
        break;
    case DELTA_BUILD_CLEAR:
        step_clear(build, hal);
        break;
    case DELTA_BUILD_ERASE:
        step_erase(build, hal);
        break;
    case DELTA_BUILD_DECODE:
        if (copies(build)) {
            step_copy(build, hal);
        } else {
            step_decode(build, hal);
        }
        break;
    case DELTA_BUILD_SAVE:
        step_save(build, hal, factory);
        break;
    case DELTA_BUILD_SAVE_MORE:
        step_save_more(build, hal);
        break;
    case DELTA_BUILD_SAVE_HEAD:
        step_save_head(build, hal);
        break;
    case DELTA_BUILD_HEADER:
        step_header(build, hal);
        break;
    case DELTA_BUILD_BUILT:
    case DELTA_BUILD_BROKEN:
        break;
    }
    return build->stage != DELTA_BUILD_BUILT && build->stage != DELTA_BUILD_BROKEN;
}
