/* Code that lies encrypted in flash is read and written as what it is, and installed plain.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: the test vectors of RFC 3686 (AES in counter mode, with a nonce of 12 bytes in all and
 * blocks counted from 1 on), and images that nettle encrypts here.
 */
#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <string.h>

#include "device/update/candidate.h"

#define HARDWARE_ID 0x4C4F5241u
#define CODE        3333u
#define SIZE        (IMAGE_HEADER_SIZE + CODE)

static const uint8_t private_key[32] = "the key that signs test images..";
static struct fake_board board;
static uint8_t old_image[SIZE];
static uint8_t new_image[SIZE];

static void set_up(void)
{
    uint8_t public_key[32];
    fake_board_init(&board);
    ed25519_sha512_public_key(public_key, private_key);
    fake_board_set_factory(&board, HARDWARE_ID, public_key);
    fake_image_build(old_image, CODE, 1, HARDWARE_ID, 1, private_key);
    fake_image_build(new_image, CODE, 2, HARDWARE_ID, 2, private_key);
    memcpy(board.internal + FLASH_RUNNING_ADDRESS, old_image, SIZE);
}

/* Puts the new image into the NOR, encrypted. */
static void store_encrypted(void)
{
    uint8_t *nor = board.external + NOR_BLOCK_ADDRESS;
    memcpy(nor, new_image, SIZE);
    fake_image_encrypt(nor, CODE, private_key);
    for (uint32_t at = 0; at + 32 <= CODE; at++) {
        cr_assert_arr_neq(nor + IMAGE_HEADER_SIZE + at, new_image + IMAGE_HEADER_SIZE + at, 32);
    }
}

struct vector {
    uint8_t key[17];
    uint8_t nonce[IMAGE_NONCE_SIZE + 1];
    uint8_t plain[33];
    uint8_t cipher[33];
    uint32_t size;
};

/* RFC 3686, section 6, test vectors 1 to 3. */
static const struct vector vectors[] = {
    { "\xAE\x68\x52\xF8\x12\x10\x67\xCC\x4B\xF7\xA5\x76\x55\x77\xF3\x9E",
            "\x00\x00\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00", "Single block msg",
            "\xE4\x09\x5D\x4F\xB7\xA7\xB3\x79\x2D\x61\x75\xA3\x26\x13\x11\xB8", 16 },
    { "\x7E\x24\x06\x78\x17\xFA\xE0\xD7\x43\xD6\xCE\x1F\x32\x53\x91\x63",
            "\x00\x6C\xB6\xDB\xC0\x54\x3B\x59\xDA\x48\xD9\x0B",
            "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"
            "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F",
            "\x51\x04\xA1\x06\x16\x8A\x72\xD9\x79\x0D\x41\xEE\x8E\xDA\xD3\x88"
            "\xEB\x2E\x1E\xFC\x46\xDA\x57\xC8\xFC\xE6\x30\xDF\x91\x41\xBE\x28",
            32 },
    { "\x76\x91\xBE\x03\x5E\x50\x20\xA8\xAC\x6E\x61\x85\x29\xF9\xA0\xDC",
            "\x00\xE0\x01\x7B\x27\x77\x7F\x3F\x4A\x17\x86\xF0",
            "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F"
            "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F",
            "\xC1\xCF\x48\xA8\x9F\x2F\xFD\xD9\xCF\x46\x52\xE9\xEF\xDB\x72\xD7"
            "\x45\x40\xA4\x2B\xDE\x6D\x78\x36\xD5\x9A\x5C\xEA\xAE\xF3\x10\x53",
            32 },
};

Test(image_place, code_is_encrypted_as_rfc_3686_says, .init = set_up)
{
    for (unsigned i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct image_place place = image_place_plain(HAL_FLASH_EXTERNAL, NOR_NEW_IMAGE_ADDRESS);
        struct factory factory = { 0 };
        uint8_t digest[IMAGE_DIGEST_SIZE] = { 0 };
        uint8_t read[32];
        memcpy(factory.image_encryption_key, vector->key, 16);
        memcpy(digest, vector->nonce, IMAGE_NONCE_SIZE);
        image_place_encrypt(&place, &board.hal, &factory, digest);
        place.address += i * 256u;
        cr_assert_eq(image_place_program(
                             &board.hal, &place, IMAGE_CIPHER_BLOCK, vector->plain, vector->size),
                HAL_OK);
        const uint8_t *stored = board.external + place.address + IMAGE_CIPHER_BLOCK;
        cr_assert_arr_eq(stored, vector->cipher, vector->size, "vector %u", i + 1);
        cr_assert_eq(image_place_read(&board.hal, &place, IMAGE_CIPHER_BLOCK, read, vector->size),
                HAL_OK);
        cr_assert_arr_eq(read, vector->plain, vector->size);
    }
    cr_assert_eq(board.violations, 0);
}

Test(image_place, an_encrypted_candidate_runs_plain, .init = set_up)
{
    store_encrypted();
    cr_assert_eq(candidate_commit(&board, SIZE), UPDATE_VALID);
    board.image_key_loaded = false; /* by the reset */
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    const uint8_t *running = board.internal + FLASH_RUNNING_ADDRESS;
    cr_assert_arr_eq(running, board.external + NOR_BLOCK_ADDRESS, IMAGE_HEADER_SIZE);
    cr_assert_arr_eq(running + IMAGE_HEADER_SIZE, new_image + IMAGE_HEADER_SIZE, CODE);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_PIN), "its header says encrypted, it is not");
    cr_assert_eq(board.violations + board.panics, 0);
}

Test(image_place, a_damaged_image_is_repaired_from_an_encrypted_candidate, .init = set_up)
{
    store_encrypted();
    cr_assert_eq(candidate_commit(&board, SIZE), UPDATE_VALID);
    cr_assert(bootloader_run(&board.hal, HAL_RESET_SOFTWARE));
    board.internal[FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 1000] ^= 1;
    board.image_key_loaded = false;
    cr_assert(bootloader_run(&board.hal, HAL_RESET_POWER_ON));
    cr_assert_arr_eq(board.internal + FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE,
            new_image + IMAGE_HEADER_SIZE, CODE);
}

/* The digest is that of the plain code. */
Test(image_place, another_key_makes_no_image_of_it, .init = set_up)
{
    struct update update;
    store_encrypted();
    board.internal[FLASH_FACTORY_ADDRESS + FACTORY_OFF_IMAGE_ENC_KEY] ^= 1;
    fake_board_seal_factory(&board);
    cr_assert_eq(candidate_verify(&board, &update, SIZE), UPDATE_BAD_DIGEST);
}

/* Else a plain image could be passed off as the encrypted one with its digest, or the reverse. */
Test(image_place, the_signature_covers_that_it_is_encrypted, .init = set_up)
{
    struct update update;
    memcpy(board.external + NOR_BLOCK_ADDRESS, new_image, SIZE);
    cr_assert_eq(candidate_verify(&board, &update, SIZE), UPDATE_VALID);
    store_encrypted();
    memcpy(board.external + NOR_BLOCK_ADDRESS + IMAGE_HEADER_SIZE, new_image + IMAGE_HEADER_SIZE,
            CODE);
    board.external[NOR_BLOCK_ADDRESS + IMAGE_OFF_FLAGS] = 0;
    cr_assert_eq(candidate_verify(&board, &update, SIZE), UPDATE_BAD_SIGNATURE);
}
