/* The board of RAM. Flash rules are checked here, not in the code under test.
 * SPDX-License-Identifier: MIT
 */
#include "fake_board.h"

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stddef.h>
#include <string.h>

#include "update/factory.h"
#include "update/image_place.h"

#define UNSETTLED_BYTES sizeof(((struct fake_board *)NULL)->unsettled)

const uint8_t fake_image_key[16] = "key of all codes";

/* W25Q-class NOR. */
static const struct hal_flash_geometry nor_geometry = { NOR_SIZE, 4096, 1, 256, 0xFF, true, false };

static const struct hal_flash_geometry *geometry_of(enum hal_flash_region region)
{
    return region == HAL_FLASH_INTERNAL ? &fake_internal_geometry : &nor_geometry;
}

static uint32_t next_random(struct fake_board *board)
{
    board->random = board->random * 1664525u + 1013904223u; /* Numerical Recipes, ch. 7 */
    return board->random >> 8;
}

static uint8_t *region_bytes(struct fake_board *board, enum hal_flash_region region)
{
    return region == HAL_FLASH_INTERNAL ? board->internal : board->external;
}

static const struct hal_flash_geometry *flash_geometry(void *context, enum hal_flash_region region)
{
    return geometry_of(region);
}

static enum hal_status flash_read(
        void *context, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    struct fake_board *board = context;
    uint32_t region_size = geometry_of(region)->size_bytes;
    if (address > region_size || size > region_size - address) {
        return HAL_ERR_RANGE;
    }
    memcpy(data, region_bytes(board, region) + address, size);
    for (uint32_t i = 0; region == HAL_FLASH_INTERNAL && i < board->unsettled_size; ++i) {
        uint32_t at = board->unsettled_at + i - address; /* wraps where that is before */
        if (at < size) {
            ((uint8_t *)data)[at] ^= board->unsettled[i] & (uint8_t)next_random(board);
        }
    }
    if (board->reads++ == board->flip_read_at && size > 0) {
        uint32_t bit = board->flip_read_bit % (8u * (uint32_t)size);
        ((uint8_t *)data)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return HAL_OK;
}

/* Cells before a place by chance, often near the end, are new, those after it old; of the few bytes
 * there some bits are neither. */
static void unsettle(struct fake_board *board, uint8_t *bytes, const uint8_t *wanted, uint32_t size)
{
    uint32_t count = size < UNSETTLED_BYTES ? size : UNSETTLED_BYTES;
    uint32_t pieces = next_random(board) % 2 == 0 ? size / count : 1;
    uint32_t done = size - (next_random(board) % pieces + 1) * count;
    uint8_t any = 0;
    memcpy(bytes, wanted, done);
    for (uint32_t i = 0; i < count; ++i) {
        uint8_t some = (uint8_t)(next_random(board) & next_random(board) & next_random(board));
        board->unsettled[i] = (bytes[done + i] ^ wanted[done + i]) & some;
        bytes[done + i] = wanted[done + i];
        any |= board->unsettled[i];
    }
    board->unsettled_at = (uint32_t)(bytes - board->internal) + done;
    board->unsettled_size = any != 0 ? count : 0;
}

/* Moves `size` bytes from old to new content; cuts the power there when its time has come. */
static void change(struct fake_board *board, uint8_t *bytes, const uint8_t *wanted, size_t size)
{
    if (board->operations++ != board->cut_at) {
        memcpy(bytes, wanted, size);
        return;
    }
    if (board->tear == FAKE_TEAR_UNSETTLED) {
        unsettle(board, bytes, wanted, (uint32_t)size);
        longjmp(board->power, 1);
    }
    for (size_t i = 0; i < size; ++i) {
        uint8_t mask = 0;
        switch (board->tear) {
        case FAKE_TEAR_ALL:
            mask = 0xFF;
            break;
        case FAKE_TEAR_PREFIX:
            mask = i < size / 2 ? 0xFF : 0;
            break;
        case FAKE_TEAR_BITS:
            mask = (uint8_t)next_random(board);
            break;
        case FAKE_TEAR_UNSETTLED:
        case FAKE_TEAR_NOTHING:
        case FAKE_TEAR_COUNT:
            break;
        }
        bytes[i] = (uint8_t)((bytes[i] & ~mask) | (wanted[i] & mask));
    }
    longjmp(board->power, 1);
}

static bool meets_unsettled(const struct fake_board *board, enum hal_flash_region region,
        uint32_t address, uint32_t size)
{
    return region == HAL_FLASH_INTERNAL && board->unsettled_size > 0
           && address < board->unsettled_at + board->unsettled_size
           && board->unsettled_at < address + size;
}

static enum hal_status flash_program(void *context, enum hal_flash_region region, uint32_t address,
        const void *data, size_t size)
{
    struct fake_board *board = context;
    const struct hal_flash_geometry *geometry = geometry_of(region);
    uint8_t wanted[2048];
    uint8_t *bytes = region_bytes(board, region) + address;
    uint32_t page = geometry->program_page_bytes;
    if (size == 0 || address >= geometry->size_bytes || size > page - address % page) {
        ++board->violations;
        return HAL_ERR_RANGE;
    }
    if (address % geometry->program_unit_bytes != 0 || size % geometry->program_unit_bytes != 0) {
        ++board->violations;
        return HAL_ERR_ALIGN;
    }
    memcpy(wanted, data, size);
    board->violations += meets_unsettled(board, region, address, (uint32_t)size);
    for (size_t i = 0; i < size; ++i) {
        board->violations += geometry->rewritable ? (wanted[i] & ~bytes[i]) != 0 /* NOR: 1 to 0 */
                                                  : bytes[i] != geometry->erased_value;
    }
    if (region == HAL_FLASH_INTERNAL) {
        wanted[0] ^= board->flip_at_program;
        board->flip_at_program = 0;
    }
    change(board, bytes, wanted, size);
    return HAL_OK;
}

static enum hal_status flash_erase(
        void *context, enum hal_flash_region region, uint32_t address, size_t size)
{
    struct fake_board *board = context;
    const struct hal_flash_geometry *geometry = geometry_of(region);
    uint8_t wanted[4096];
    if (address >= geometry->size_bytes || size > sizeof wanted || size == 0
            || address % geometry->erase_unit_bytes != 0
            || size % geometry->erase_unit_bytes != 0) {
        ++board->violations;
        return HAL_ERR_ALIGN;
    }
    memset(wanted, geometry->erased_value, size);
    if (meets_unsettled(board, region, address, (uint32_t)size)) {
        board->unsettled_size = 0;
    }
    ++board->erases;
    change(board, region_bytes(board, region) + address, wanted, size);
    return HAL_OK;
}

static bool flash_busy(void *context, enum hal_flash_region region)
{
    struct fake_board *board = context;
    if (region == HAL_FLASH_EXTERNAL && board->busy_looks > 0) {
        --board->busy_looks;
        board->now_ns += board->look_ns;
        return true;
    }
    return false;
}

static void charge(void *context, uint32_t cycles)
{
    struct fake_board *board = context;
    if (!board->charge_is_free) {
        board->now_ns += cycles * UINT64_C(125) / 4; /* 32 MHz */
    }
}

static uint64_t rtc_now(void *context)
{
    return ((const struct fake_board *)context)->now_ns * HAL_RTC_HZ / UINT64_C(1000000000);
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hal_sha256), "nettle fits");

static void sha256_begin(void *context, struct hal_sha256 *sha)
{
    sha256_init((struct sha256_ctx *)(void *)sha);
}

static void sha256_more(void *context, struct hal_sha256 *sha, const void *data, size_t size)
{
    sha256_update((struct sha256_ctx *)(void *)sha, size, data);
}

static void sha256_end(void *context, struct hal_sha256 *sha, uint8_t digest[32])
{
    sha256_digest((struct sha256_ctx *)(void *)sha, 32, digest);
}

/* Only images are encrypted here. */
static enum hal_status key_load(void *context, unsigned slot, const uint8_t key[16])
{
    struct fake_board *board = context;
    if (slot != IMAGE_KEY_SLOT) {
        return HAL_ERR_KEY;
    }
    memcpy(board->image_key, key, sizeof board->image_key);
    board->image_key_loaded = true;
    return HAL_OK;
}

static void encrypt(
        const uint8_t key[16], const uint8_t first_counter[16], uint8_t *data, size_t size)
{
    struct aes128_ctx aes;
    uint8_t counter[16];
    memcpy(counter, first_counter, sizeof counter);
    aes128_set_encrypt_key(&aes, key);
    ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, counter, size, data, data);
}

static enum hal_status aes_ctr(
        void *context, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size)
{
    const struct fake_board *board = context;
    if (slot != IMAGE_KEY_SLOT || !board->image_key_loaded) {
        return HAL_ERR_KEY;
    }
    encrypt(board->image_key, counter, data, size);
    return HAL_OK;
}

/* Thousands of cuts are tried with the same few images: what was verified is kept. */
struct verified {
    uint8_t public_key[32], message[IMAGE_SIGNED_SIZE], signature[64];
    enum hal_status status;
};

static enum hal_status ed25519_verify(void *context, const uint8_t public_key[32],
        const void *message, size_t size, const uint8_t signature[64])
{
    static struct verified kept[8];
    static unsigned count;
    struct verified now;
    if (size != sizeof now.message) {
        return HAL_ERR_RANGE; /* nothing else is signed */
    }
    memcpy(now.public_key, public_key, sizeof now.public_key);
    memcpy(now.message, message, sizeof now.message);
    memcpy(now.signature, signature, sizeof now.signature);
    for (unsigned i = 0; i < count && i < sizeof kept / sizeof kept[0]; i++) {
        if (memcmp(&kept[i], &now, offsetof(struct verified, status)) == 0) {
            return kept[i].status;
        }
    }
    now.status = ed25519_sha512_verify(public_key, size, message, signature) != 0 ? HAL_OK
                                                                                  : HAL_ERR_VERIFY;
    kept[count++ % (sizeof kept / sizeof kept[0])] = now;
    return now.status;
}

static void panic(void *context, const char *file, int line)
{
    struct fake_board *board = context;
    ++board->panics;
    longjmp(board->power, 2);
}

static void trace(void *context, uint16_t id, uint32_t a, uint32_t b)
{
    struct fake_board *board = context;
    ++board->traces[id];
}

/* nettle renames its functions by macros, which would rename the operations of the HAL too. */
#undef sha256_update

static const struct hal_ops ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = rtc_now,
    .charge = charge,
    .flash_geometry = flash_geometry,
    .flash_read = flash_read,
    .flash_program = flash_program,
    .flash_erase = flash_erase,
    .flash_busy = flash_busy,
    .key_load = key_load,
    .aes_ctr = aes_ctr,
    .sha256_begin = sha256_begin,
    .sha256_update = sha256_more,
    .sha256_end = sha256_end,
    .ed25519_verify = ed25519_verify,
    .panic = panic,
    .trace = trace,
};

void fake_board_init(struct fake_board *board)
{
    memset(board, 0, sizeof *board);
    memset(board->internal, fake_internal_geometry.erased_value, sizeof board->internal);
    memset(board->external, 0xFF, sizeof board->external);
    board->hal = (struct hal){ board, &ops };
    board->cut_at = FAKE_CUT_NEVER;
    board->flip_read_at = FAKE_CUT_NEVER;
    board->random = 1;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; ++i) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

/* IEEE 802.3, bit by bit. */
static uint32_t crc32_naive(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; ++i) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; ++bit) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc;
}

void fake_board_set_factory(
        struct fake_board *board, uint32_t hardware_id, const uint8_t public_key[32])
{
    uint8_t *record = board->internal + FLASH_FACTORY_ADDRESS;
    memset(record, 0, FACTORY_RECORD_SIZE);
    put_u32(record, FACTORY_MAGIC);
    put_u32(record + FACTORY_OFF_HARDWARE_ID, hardware_id);
    for (unsigned i = FACTORY_OFF_DEV_EUI; i < FACTORY_OFF_IMAGE_PUB_KEY; ++i) {
        record[i] = (uint8_t)i;
    }
    memcpy(record + FACTORY_OFF_IMAGE_PUB_KEY, public_key, 32);
    memcpy(record + FACTORY_OFF_IMAGE_ENC_KEY, fake_image_key, sizeof fake_image_key);
    put_u32(record + FACTORY_OFF_REPORT_PERIOD_S, 3600);
    record[FACTORY_OFF_REPORT_SIZE] = 24;
    record[FACTORY_OFF_BOOT_OPTIONS] = 1;
    fake_board_seal_factory(board);
}

void fake_board_seal_factory(struct fake_board *board)
{
    uint8_t *record = board->internal + FLASH_FACTORY_ADDRESS;
    put_u32(record + FACTORY_OFF_CRC32, crc32_naive(record, FACTORY_OFF_CRC32));
}

static void sign(uint8_t *image, const uint8_t private_key[32])
{
    uint8_t public_key[32];
    ed25519_sha512_public_key(public_key, private_key);
    ed25519_sha512_sign(
            public_key, private_key, IMAGE_SIGNED_SIZE, image, image + IMAGE_OFF_SIGNATURE);
}

void fake_image_build(uint8_t *image, uint32_t code_size, uint32_t version, uint32_t hardware_id,
        uint32_t seed, const uint8_t private_key[32])
{
    struct sha256_ctx sha;
    memset(image, 0, IMAGE_HEADER_SIZE);
    for (uint32_t i = 0; i < code_size; ++i) {
        seed = seed * 1664525u + 1013904223u;
        image[IMAGE_HEADER_SIZE + i] = (uint8_t)(seed >> 24);
    }
    put_u32(image + IMAGE_OFF_MAGIC, IMAGE_MAGIC);
    put_u32(image + IMAGE_OFF_HEADER_SIZE, IMAGE_HEADER_SIZE | 1u << 16);
    put_u32(image + IMAGE_OFF_IMAGE_SIZE, code_size);
    put_u32(image + IMAGE_OFF_VERSION, version);
    put_u32(image + IMAGE_OFF_HARDWARE_ID, hardware_id);
    sha256_init(&sha);
    nettle_sha256_update(&sha, code_size, image + IMAGE_HEADER_SIZE);
    sha256_digest(&sha, 32, image + IMAGE_OFF_SHA256);
    if (private_key != NULL) {
        sign(image, private_key);
    }
}

void fake_image_encrypt(uint8_t *image, uint32_t code_size, const uint8_t private_key[32])
{
    uint8_t counter[16] = { 0 };
    put_u32(image + IMAGE_OFF_FLAGS, IMAGE_FLAG_ENCRYPTED);
    sign(image, private_key);
    memcpy(counter, image + IMAGE_OFF_SHA256, IMAGE_NONCE_SIZE);
    encrypt(fake_image_key, counter, image + IMAGE_HEADER_SIZE, code_size);
}
