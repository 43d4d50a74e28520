/* Looks for plain code and shared nonces in dumps of an SPI NOR.
 * SPDX-License-Identifier: MIT
 */
#include "nor_dump.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "board/node.h"
#include "update/delta.h"
#include "update/flash_map.h"

/* --- windows ----------------------------------------------------------------------------------
 */

#define BUCKETS   (1u << 20)
#define CODES_MAX 8u
#define NO_WINDOW UINT32_MAX

/* A window: number of the code, offset in it. */
struct window {
    uint32_t code, offset, next;
};

struct nor_windows {
    const uint8_t *codes[CODES_MAX];
    uint32_t code_count;
    struct window *windows;
    uint32_t count, capacity;
    uint32_t buckets[BUCKETS]; /* first window, NO_WINDOW: none */
};

struct nor_windows *nor_windows_create(void)
{
    struct nor_windows *windows = calloc(1, sizeof *windows);
    cr_assert_not_null(windows);
    memset(windows->buckets, 0xFF, sizeof windows->buckets);
    return windows;
}

void nor_windows_destroy(struct nor_windows *windows)
{
    free(windows->windows);
    free(windows);
}

/* FNV-1a (Fowler, Noll, Vo). */
static uint32_t bucket_of(const uint8_t *bytes)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (unsigned i = 0; i < NOR_DUMP_WINDOW; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return (uint32_t)(hash >> 32) % BUCKETS;
}

static bool is_one_byte(const uint8_t *bytes)
{
    return memcmp(bytes, bytes + 1, NOR_DUMP_WINDOW - 1) == 0;
}

void nor_windows_add(struct nor_windows *windows, const uint8_t *code, uint32_t size)
{
    cr_assert(windows->code_count < CODES_MAX && size >= NOR_DUMP_WINDOW);
    windows->capacity += size;
    windows->windows = realloc(windows->windows, windows->capacity * sizeof windows->windows[0]);
    cr_assert_not_null(windows->windows);
    for (uint32_t at = 0; at + NOR_DUMP_WINDOW <= size; at++) {
        if (!is_one_byte(code + at)) {
            uint32_t *first = &windows->buckets[bucket_of(code + at)];
            windows->windows[windows->count] = (struct window){ windows->code_count, at, *first };
            *first = windows->count++;
        }
    }
    windows->codes[windows->code_count++] = code;
}

uint32_t nor_dump_count(const struct nor_windows *windows, const uint8_t *dump)
{
    uint32_t found = 0;
    for (uint32_t at = 0; at + NOR_DUMP_WINDOW <= NOR_SIZE; at++) {
        if (is_one_byte(dump + at)) {
            continue;
        }
        uint32_t i = windows->buckets[bucket_of(dump + at)];
        while (i != NO_WINDOW
                && memcmp(windows->codes[windows->windows[i].code] + windows->windows[i].offset,
                           dump + at, NOR_DUMP_WINDOW)
                           != 0) {
            i = windows->windows[i].next;
        }
        found += i != NO_WINDOW;
    }
    return found;
}

void nor_dump_read(const struct trial *trial, uint32_t device, uint8_t *dump)
{
    node_flash_peek(trial->world->nodes, device, HAL_FLASH_EXTERNAL, 0, dump, NOR_SIZE);
}

void nor_dump_hide_headers(uint8_t *dump)
{
    static const uint32_t places[] = { NOR_BLOCK_ADDRESS, NOR_NEW_IMAGE_ADDRESS,
        NOR_OLD_IMAGE_ADDRESS };
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (memcmp(dump + places[i], "FIMG", 4) == 0) {
            memset(dump + places[i], 0xFF,
                    (size_t)(dump[places[i] + 4] | dump[places[i] + 5] << 8));
        }
    }
}

/* --- nonces -----------------------------------------------------------------------------------
 */

#define NONCES_MAX 512u
/* device/update/slot_fill.h */
#define STATE_SLOT 512u
#define STATE_AT   16u
#define STATE_SIZE 320u

struct seen {
    uint8_t nonce[IMAGE_NONCE_SIZE];
    uint32_t size;
    uint8_t *bytes; /* 0xFF: nothing was there yet */
};

struct nor_nonces {
    struct seen seen[NONCES_MAX];
    uint32_t count;
};

struct nor_nonces *nor_nonces_create(void)
{
    struct nor_nonces *nonces = calloc(1, sizeof *nonces);
    cr_assert_not_null(nonces);
    return nonces;
}

void nor_nonces_destroy(struct nor_nonces *nonces)
{
    for (uint32_t i = 0; i < nonces->count; i++) {
        free(nonces->seen[i].bytes);
    }
    free(nonces);
}

uint32_t nor_nonces_count(const struct nor_nonces *nonces)
{
    return nonces->count;
}

/* What was seen under a nonce, grown to `size` bytes. */
static struct seen *seen_under(struct nor_nonces *nonces, const uint8_t *nonce, uint32_t size)
{
    uint32_t i = 0;
    while (i < nonces->count && memcmp(nonces->seen[i].nonce, nonce, IMAGE_NONCE_SIZE) != 0) {
        i++;
    }
    cr_assert(i < NONCES_MAX);
    struct seen *seen = &nonces->seen[i];
    if (i == nonces->count) {
        nonces->count++;
        memcpy(seen->nonce, nonce, IMAGE_NONCE_SIZE);
    }
    if (size > seen->size) {
        seen->bytes = realloc(seen->bytes, size);
        cr_assert_not_null(seen->bytes);
        memset(seen->bytes + seen->size, 0xFF, size - seen->size);
        seen->size = size;
    }
    return seen;
}

static bool is_erased(const uint8_t *bytes, uint32_t size)
{
    return bytes[0] == 0xFF && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static bool note_ciphertext(
        struct nor_nonces *nonces, const uint8_t *nonce, const uint8_t *bytes, uint32_t size)
{
    struct seen *seen = seen_under(nonces, nonce, size);
    for (uint32_t at = 0; at + IMAGE_CIPHER_BLOCK <= size; at += IMAGE_CIPHER_BLOCK) {
        if (is_erased(bytes + at, IMAGE_CIPHER_BLOCK)) {
            continue;
        }
        if (is_erased(seen->bytes + at, IMAGE_CIPHER_BLOCK)) {
            memcpy(seen->bytes + at, bytes + at, IMAGE_CIPHER_BLOCK);
        } else if (memcmp(seen->bytes + at, bytes + at, IMAGE_CIPHER_BLOCK) != 0) {
            return false;
        }
    }
    return true;
}

static uint32_t u32(const uint8_t *bytes)
{
    return (uint32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16) | (uint32_t)bytes[3] << 24;
}

static bool note_image(struct nor_nonces *nonces, const uint8_t *image)
{
    if (u32(image + IMAGE_OFF_MAGIC) != IMAGE_MAGIC
            || u32(image + IMAGE_OFF_FLAGS) != IMAGE_FLAG_ENCRYPTED) {
        return true;
    }
    return note_ciphertext(nonces, image + IMAGE_OFF_SHA256, image + IMAGE_HEADER_SIZE,
            u32(image + IMAGE_OFF_IMAGE_SIZE));
}

static bool note_delta(struct nor_nonces *nonces, const uint8_t *delta)
{
    if (u32(delta + IMAGE_OFF_MAGIC) != IMAGE_MAGIC
            || u32(delta + IMAGE_OFF_FLAGS) != (IMAGE_FLAG_ENCRYPTED | IMAGE_FLAG_DELTA)) {
        return true;
    }
    return note_ciphertext(nonces, delta + DELTA_OFF_PATCH_DIGEST, delta + DELTA_MANIFEST_SIZE,
            u32(delta + DELTA_OFF_PATCH_SIZE));
}

/* What update/slot_fill.h saves, in slots: a nonce, then what is under it. */
static bool note_slots(struct nor_nonces *nonces, const uint8_t *slots)
{
    bool good = true;
    for (uint32_t at = 0; at < NOR_DELTA_SIZE; at += STATE_SLOT) {
        if (!is_erased(slots + at, IMAGE_NONCE_SIZE)) {
            good = note_ciphertext(nonces, slots + at, slots + at + STATE_AT, STATE_SIZE) && good;
        }
    }
    return good;
}

/* The target of a delta has its header last. */
static bool note_target(struct nor_nonces *nonces, const uint8_t *dump)
{
    const uint8_t *delta = dump + NOR_BLOCK_ADDRESS;
    const uint8_t *target = dump + NOR_NEW_IMAGE_ADDRESS;
    if (u32(target) == IMAGE_MAGIC || u32(delta) != IMAGE_MAGIC
            || u32(delta + IMAGE_OFF_FLAGS) != (IMAGE_FLAG_ENCRYPTED | IMAGE_FLAG_DELTA)) {
        return note_image(nonces, target);
    }
    return note_ciphertext(nonces, delta + IMAGE_OFF_SHA256, target + IMAGE_HEADER_SIZE,
            u32(delta + IMAGE_OFF_IMAGE_SIZE));
}

bool nor_nonces_note(struct nor_nonces *nonces, const uint8_t *dump)
{
    return note_delta(nonces, dump + NOR_BLOCK_ADDRESS)
           && note_slots(nonces, dump + NOR_DELTA_ADDRESS) && note_target(nonces, dump)
           && note_image(nonces, dump + NOR_BLOCK_ADDRESS)
           && note_image(nonces, dump + NOR_OLD_IMAGE_ADDRESS);
}
