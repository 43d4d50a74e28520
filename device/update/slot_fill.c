/* Makes the new image in its slot, and saves in the NOR how far it came.
 * SPDX-License-Identifier: MIT
 */
#include "update/slot_fill.h"

#include <string.h>

#include "bytes.h"
#include "trace.h"
#include "update/flash_map.h"
#include "update/flash_write.h"

#define SECTOR            4096u
#define SAVE_SIZE         512u
#define SAVES             (NOR_DELTA_SIZE / SAVE_SIZE)
#define SAVE_HEAD         16u
#define RECORD_OFF_READ   20u
#define RECORD_OFF_STATE  24u
#define RECORD_SIZE       320u
#define RECORD_FIRST_PAGE (SLOT_FILL_PAGE - SAVE_HEAD) /* bytes of the record in it */
/* assumed: cycles of the Cortex-M0+ for a byte of the patch and for one of the target */
#define CYCLES_PER_PATCH_BYTE 150u
#define CYCLES_PER_CODE_BYTE  12u

_Static_assert(sizeof(struct slot_fill) <= SLOT_FILL_RAM_MAX, "what the decoder lends");
_Static_assert(RECORD_OFF_STATE + PATCH_STATE_SIZE <= RECORD_SIZE, "a record holds the state");
_Static_assert(SAVE_HEAD + RECORD_SIZE <= SAVE_SIZE, "a save holds a record");
_Static_assert(RECORD_FIRST_PAGE % IMAGE_CIPHER_BLOCK == 0, "pages are whole cipher blocks");
_Static_assert(FLASH_SLOT_SIZE / SLOT_FILL_SAVE_BYTES <= SAVES, "room for each save");
_Static_assert(SLOT_FILL_SAVE_BYTES % SECTOR == 0, "what is made again is erased again");
_Static_assert(IMAGE_HEADER_SIZE == SLOT_FILL_PAGE, "code begins with a page");

/* --- start ---------------------------------------------------------------------------------- */

static uint32_t save_address(const struct slot_fill *fill)
{
    return NOR_DELTA_ADDRESS + fill->save * SAVE_SIZE;
}

static const struct flash_slot *new_slot(const struct hal *hal)
{
    return &flash_map_of(hal)->new_image;
}

/* The verified block is a full image. */
static bool copies(const struct slot_fill *fill)
{
    return fill->patch_size == 0;
}

/* Where the next byte of the target goes, in its slot. */
static uint32_t made_to(const struct slot_fill *fill)
{
    return IMAGE_HEADER_SIZE + fill->patch.made;
}

static void fail(struct slot_fill *fill)
{
    fill->stage = SLOT_FILL_BROKEN;
}

static void trace_start(const struct slot_fill *fill, const struct hal *hal)
{
    hal_trace(hal, copies(fill) ? FW_TRACE_COPY_STARTED : FW_TRACE_DELTA_STARTED,
            fill->patch.target_size, fill->patch.made);
}

/* The place of a record whose digest begins with `nonce`. */
static void set_record(struct slot_fill *fill, const struct hal *hal, const struct factory *factory,
        const uint8_t nonce[IMAGE_NONCE_SIZE])
{
    DEVICE_ASSERT(hal, fill->save < SAVES);
    fill->record = image_place_plain(HAL_FLASH_EXTERNAL, save_address(fill) + SAVE_HEAD);
    if (fill->from.encrypted) {
        image_place_encrypt(&fill->record, hal, factory, nonce);
    } else {
        memcpy(fill->record.nonce, nonce, sizeof fill->record.nonce);
    }
}

static void begin_patch(struct slot_fill *fill, const struct hal *hal,
        const struct factory *factory, const struct delta_info *info)
{
    const struct patch_base base = { HAL_FLASH_INTERNAL, image_place_running().address,
        info->base_size };
    fill->patch_size = info->patch_size;
    fill->from = image_place_plain(HAL_FLASH_EXTERNAL, fill->manifest + DELTA_MANIFEST_SIZE);
    if (info->encrypted) {
        image_place_encrypt(&fill->from, hal, factory, info->patch_digest);
        image_place_encrypt(&fill->to, hal, factory, info->target.sha256);
    }
    memcpy(fill->identity, info->patch_digest, IMAGE_NONCE_SIZE);
    memcpy(fill->identity + IMAGE_NONCE_SIZE, info->target.sha256,
            sizeof fill->identity - IMAGE_NONCE_SIZE);
    patch_begin(&fill->patch, &base, info->target.image_size);
}

static void begin_copy(struct slot_fill *fill, const struct hal *hal, const struct factory *factory,
        const uint8_t header[IMAGE_HEADER_SIZE], const struct image_info *info)
{
    const struct patch_base no_base = { HAL_FLASH_INTERNAL, image_place_running().address, 0 };
    fill->from = image_place_of(hal, factory, HAL_FLASH_EXTERNAL, fill->manifest, header);
    if (fill->from.encrypted) {
        image_place_encrypt(&fill->to, hal, factory, info->sha256);
    }
    memcpy(fill->identity, info->sha256, sizeof fill->identity);
    patch_begin(&fill->patch, &no_base, info->image_size);
}

/* Of a header this is all but its last zeros. */
static bool read_manifest(
        const struct slot_fill *fill, const struct hal *hal, uint8_t bytes[IMAGE_HEADER_SIZE])
{
    memset(bytes, 0, IMAGE_HEADER_SIZE);
    return hal_flash_read(hal, HAL_FLASH_EXTERNAL, fill->manifest, bytes, DELTA_MANIFEST_SIZE)
           == HAL_OK;
}

void slot_fill_begin(struct slot_fill *fill, const struct hal *hal, const struct factory *factory,
        uint32_t manifest)
{
    uint8_t bytes[IMAGE_HEADER_SIZE];
    struct delta_info delta;
    struct image_info image;
    const struct flash_slot *slot = new_slot(hal);
    *fill = (struct slot_fill){ .manifest = manifest, .save = SAVES };
    fill->to = image_place_plain(slot->region, slot->address + IMAGE_HEADER_SIZE);
    if (!read_manifest(fill, hal, bytes)) {
        fail(fill);
    } else if (delta_manifest_parse(bytes, FLASH_SLOT_SIZE, &delta)) {
        begin_patch(fill, hal, factory, &delta);
    } else if (image_header_parse(bytes, FLASH_SLOT_SIZE, &image)) {
        begin_copy(fill, hal, factory, bytes, &image);
    } else {
        fail(fill);
    }
}

/* From the first byte on. */
static void clear(struct slot_fill *fill)
{
    fill->stage = SLOT_FILL_CLEAR;
    fill->save = 0;
    fill->erase_at = 0;
}

void slot_fill_again(struct slot_fill *fill, const struct hal *hal, const struct factory *factory)
{
    slot_fill_begin(fill, hal, factory, fill->manifest);
    if (fill->stage != SLOT_FILL_BROKEN) {
        clear(fill);
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

/* The record in the save is whole and of this block. */
static bool record_read(struct slot_fill *fill, const struct hal *hal,
        const struct factory *factory, uint8_t record[RECORD_SIZE])
{
    static const uint8_t erased[IMAGE_NONCE_SIZE] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
    uint8_t nonce[IMAGE_NONCE_SIZE];
    uint8_t digest[IMAGE_DIGEST_SIZE];
    if (hal_flash_read(hal, HAL_FLASH_EXTERNAL, save_address(fill), nonce, sizeof nonce) != HAL_OK
            || memcmp(nonce, erased, sizeof nonce) == 0) {
        return false;
    }
    set_record(fill, hal, factory, nonce);
    if (image_place_read(hal, &fill->record, 0, record, RECORD_SIZE) != HAL_OK) {
        return false;
    }
    record_digest(hal, record, digest);
    return memcmp(digest, nonce, sizeof nonce) == 0
           && memcmp(record, fill->identity, sizeof fill->identity) == 0;
}

/* Reads on from what the decoder has taken; the place is read from a cipher block's begin on. */
static void seek(struct slot_fill *fill, uint32_t taken)
{
    fill->read = taken - taken % IMAGE_CIPHER_BLOCK;
    fill->in_at = (uint16_t)(taken % IMAGE_CIPHER_BLOCK);
    fill->in_size = 0;
}

static bool resume(struct slot_fill *fill, const struct hal *hal, const uint8_t record[RECORD_SIZE])
{
    uint32_t taken = get_le32(record + RECORD_OFF_READ);
    if (taken > fill->patch_size || !patch_restore(&fill->patch, record + RECORD_OFF_STATE)
            || fill->patch.made >= fill->patch.target_size
            || made_to(fill) % SLOT_FILL_SAVE_BYTES != 0) {
        return false;
    }
    seek(fill, taken);
    fill->stage = SLOT_FILL_ERASE;
    fill->erase_at = made_to(fill);
    fill->save++;
    trace_start(fill, hal);
    return true;
}

/* Looks at one save, the last one first. */
static void step_look(struct slot_fill *fill, const struct hal *hal, const struct factory *factory)
{
    uint8_t record[RECORD_SIZE];
    if (fill->save > 0) {
        fill->save--;
        if (record_read(fill, hal, factory, record) && resume(fill, hal, record)) {
            return;
        }
    }
    if (fill->save == 0) { /* patch_restore() may have filled in what does not hold */
        slot_fill_again(fill, hal, factory);
    }
}

/* --- flash ------------------------------------------------------------------------------------ */

static void erase_sector(struct slot_fill *fill, const struct hal *hal,
        enum hal_flash_region region, uint32_t address)
{
    if (hal_flash_erase(hal, region, address + fill->erase_at, SECTOR) != HAL_OK) {
        fail(fill);
    }
    fill->erase_at += SECTOR;
}

static void step_clear(struct slot_fill *fill, const struct hal *hal)
{
    erase_sector(fill, hal, HAL_FLASH_EXTERNAL, NOR_DELTA_ADDRESS);
    if (fill->erase_at == NOR_DELTA_SIZE && fill->stage == SLOT_FILL_CLEAR) {
        fill->stage = SLOT_FILL_ERASE;
        fill->erase_at = 0;
        trace_start(fill, hal);
    }
}

static void step_erase(struct slot_fill *fill, const struct hal *hal)
{
    uint32_t end = IMAGE_HEADER_SIZE + fill->patch.target_size;
    const struct flash_slot *slot = new_slot(hal);
    DEVICE_ASSERT(hal, fill->erase_at % SECTOR == 0 && fill->erase_at < FLASH_SLOT_SIZE);
    erase_sector(fill, hal, slot->region, slot->address);
    bool up_to_save = fill->erase_at % SLOT_FILL_SAVE_BYTES == 0;
    if ((up_to_save || fill->erase_at >= end) && fill->stage == SLOT_FILL_ERASE) {
        fill->stage = SLOT_FILL_DECODE;
    }
}

/* --- decoding --------------------------------------------------------------------------------- */

/* Reads the next bytes of the patch, if there are any: a run needs none. */
static bool refill(struct slot_fill *fill, const struct hal *hal)
{
    uint32_t left = fill->patch_size - fill->read;
    uint32_t size = left < sizeof fill->in ? left : (uint32_t)sizeof fill->in;
    DEVICE_ASSERT(hal, fill->read <= fill->patch_size);
    if (size == 0) {
        return true;
    }
    fill->in_at = fill->in_size > 0 ? 0 : fill->in_at; /* seek() may stand inside a block */
    fill->in_size = (uint16_t)size;
    DEVICE_ASSERT(hal, fill->in_at <= fill->in_size);
    uint32_t at = fill->read;
    fill->read += size;
    return image_place_read(hal, &fill->from, at, fill->in, size) == HAL_OK;
}

/* The page is full, or the last one. */
static void write_page(struct slot_fill *fill, const struct hal *hal)
{
    uint32_t offset = fill->patch.made - fill->out_size;
    DEVICE_ASSERT(hal, offset % SLOT_FILL_PAGE == 0 && fill->out_size > 0);
    if (image_place_program(hal, &fill->to, offset, fill->out, fill->out_size) != HAL_OK) {
        fail(fill);
        return;
    }
    fill->out_size = 0;
    if (fill->patch.made == fill->patch.target_size) {
        fill->stage = SLOT_FILL_HEADER;
    } else if (made_to(fill) % SLOT_FILL_SAVE_BYTES == 0) {
        fill->stage = SLOT_FILL_SAVE;
    }
}

/* One page of a full image. */
static void step_copy(struct slot_fill *fill, const struct hal *hal)
{
    uint32_t left = fill->patch.target_size - fill->patch.made;
    uint32_t size = left < sizeof fill->out ? left : (uint32_t)sizeof fill->out;
    DEVICE_ASSERT(hal, left > 0 && fill->out_size == 0);
    if (image_place_read(hal, &fill->from, fill->patch.made, fill->out, size) != HAL_OK) {
        fail(fill);
        return;
    }
    fill->out_size = (uint16_t)size;
    fill->patch.made += size;
    write_page(fill, hal);
}

static void step_decode(struct slot_fill *fill, const struct hal *hal)
{
    if (fill->in_at >= fill->in_size && !refill(fill, hal)) {
        fail(fill);
        return;
    }
    struct patch_piece piece = { .in = fill->in,
        .in_size = fill->in_size,
        .in_used = fill->in_at,
        .out = fill->out,
        .out_size = sizeof fill->out,
        .out_made = fill->out_size };
    enum patch_result result = patch_continue(&fill->patch, hal, &piece);
    hal_charge(hal, (piece.in_used - fill->in_at) * CYCLES_PER_PATCH_BYTE
                            + (piece.out_made - fill->out_size) * CYCLES_PER_CODE_BYTE);
    fill->in_at = (uint16_t)piece.in_used;
    fill->out_size = (uint16_t)piece.out_made;
    bool full = fill->out_size == sizeof fill->out;
    bool over = fill->in_at == fill->in_size && fill->read == fill->patch_size;
    if (result == PATCH_DAMAGED || (result == PATCH_MORE && over && !full)) {
        fail(fill);
    } else if (result == PATCH_DONE || full) {
        write_page(fill, hal);
    }
}

/* --- saving ----------------------------------------------------------------------------------- */

static void make_record(const struct slot_fill *fill, uint8_t record[RECORD_SIZE])
{
    memset(record, 0, RECORD_SIZE);
    memcpy(record, fill->identity, sizeof fill->identity);
    put_le32(record + RECORD_OFF_READ, fill->read - fill->in_size + fill->in_at);
    patch_save(&fill->patch, record + RECORD_OFF_STATE);
}

/* `size` is whole pages. */
static bool is_erased(struct slot_fill *fill, const struct hal *hal, enum hal_flash_region region,
        uint32_t address, uint32_t size)
{
    uint8_t erased = hal_flash_geometry(hal, region)->erased_value;
    uint8_t other = 0;
    DEVICE_ASSERT(hal, fill->out_size == 0 && size % sizeof fill->out == 0);
    for (uint32_t at = 0; at < size; at += sizeof fill->out) {
        if (hal_flash_read(hal, region, address + at, fill->out, sizeof fill->out) != HAL_OK) {
            return false;
        }
        for (unsigned i = 0; i < sizeof fill->out; ++i) {
            other |= fill->out[i] ^ erased;
        }
    }
    return other == 0;
}

static void saved(struct slot_fill *fill)
{
    fill->stage = SLOT_FILL_ERASE;
    fill->erase_at = made_to(fill);
}

/* A cut may have left a save half written: it is passed by. Without room nothing is saved. */
static void step_save(struct slot_fill *fill, const struct hal *hal, const struct factory *factory)
{
    uint8_t record[RECORD_SIZE];
    uint8_t digest[IMAGE_DIGEST_SIZE];
    if (fill->save >= SAVES) {
        saved(fill);
        return;
    }
    if (!is_erased(fill, hal, HAL_FLASH_EXTERNAL, save_address(fill), SAVE_SIZE)) {
        fill->save++;
        return;
    }
    make_record(fill, record);
    record_digest(hal, record, digest);
    set_record(fill, hal, factory, digest);
    if (image_place_program(hal, &fill->record, 0, record, RECORD_FIRST_PAGE) != HAL_OK) {
        fail(fill);
        return;
    }
    fill->stage = SLOT_FILL_SAVE_MORE;
}

static void step_save_more(struct slot_fill *fill, const struct hal *hal)
{
    uint8_t record[RECORD_SIZE];
    make_record(fill, record);
    if (image_place_program(hal, &fill->record, RECORD_FIRST_PAGE, record + RECORD_FIRST_PAGE,
                RECORD_SIZE - RECORD_FIRST_PAGE)
            != HAL_OK) {
        fail(fill);
        return;
    }
    fill->stage = SLOT_FILL_SAVE_HEAD;
}

static void step_save_head(struct slot_fill *fill, const struct hal *hal)
{
    if (hal_flash_program(
                hal, HAL_FLASH_EXTERNAL, save_address(fill), fill->record.nonce, IMAGE_NONCE_SIZE)
            != HAL_OK) {
        fail(fill);
        return;
    }
    fill->save++;
    saved(fill);
}

/* --- end -------------------------------------------------------------------------------------- */

/* A cut may have left a part of the header, over which only some flashes can be programmed. */
static bool takes_header(
        struct slot_fill *fill, const struct hal *hal, const struct flash_slot *slot)
{
    return hal_flash_geometry(hal, slot->region)->rewritable
           || is_erased(fill, hal, slot->region, slot->address, IMAGE_HEADER_SIZE);
}

static void step_header(struct slot_fill *fill, const struct hal *hal)
{
    uint8_t bytes[IMAGE_HEADER_SIZE];
    uint8_t header[IMAGE_HEADER_SIZE];
    const struct flash_slot *slot = new_slot(hal);
    if (!read_manifest(fill, hal, bytes) || !takes_header(fill, hal, slot)) {
        fail(fill);
        return;
    }
    if (copies(fill)) {
        memcpy(header, bytes, sizeof header);
    } else {
        delta_target_header(bytes, header);
    }
    if (flash_write(hal, slot->region, slot->address, header, sizeof header) != HAL_OK) {
        fail(fill);
        return;
    }
    fill->stage = SLOT_FILL_FILLED;
    hal_trace(hal, copies(fill) ? FW_TRACE_COPIED : FW_TRACE_DELTA_BUILT, fill->patch.target_size,
            fill->patch_size);
}

bool slot_fill_step(struct slot_fill *fill, const struct hal *hal, const struct factory *factory)
{
    switch ((enum slot_fill_stage)fill->stage) {
    case SLOT_FILL_LOOK:
        step_look(fill, hal, factory);
        break;
    case SLOT_FILL_CLEAR:
        step_clear(fill, hal);
        break;
    case SLOT_FILL_ERASE:
        step_erase(fill, hal);
        break;
    case SLOT_FILL_DECODE:
        if (copies(fill)) {
            step_copy(fill, hal);
        } else {
            step_decode(fill, hal);
        }
        break;
    case SLOT_FILL_SAVE:
        step_save(fill, hal, factory);
        break;
    case SLOT_FILL_SAVE_MORE:
        step_save_more(fill, hal);
        break;
    case SLOT_FILL_SAVE_HEAD:
        step_save_head(fill, hal);
        break;
    case SLOT_FILL_HEADER:
        step_header(fill, hal);
        break;
    case SLOT_FILL_FILLED:
    case SLOT_FILL_BROKEN:
        break;
    }
    return fill->stage != SLOT_FILL_FILLED && fill->stage != SLOT_FILL_BROKEN;
}
