/* Delta manifests: what is taken for one, and the header of the target.
 * SPDX-License-Identifier: MIT
 *
 * Goal: a manifest is told from an image and from bytes of any other kind, and says what
 * device/update/delta.h lays out. The bytes are put together here from that description.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "update/delta.h"

#define SIZE_MAX_TARGET 100000u

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void make(uint8_t manifest[DELTA_MANIFEST_SIZE])
{
    memset(manifest, 0, DELTA_MANIFEST_SIZE);
    memcpy(manifest, "FIMG\xF0\x00\x01\x00", 8);
    put32(manifest + 8, 50000);
    put32(manifest + 12, 0x02010003);
    put32(manifest + 16, 0x11223344);
    put32(manifest + 20, 1);
    put32(manifest + 24, 48136);
    put32(manifest + 28, 996);
    memset(manifest + 32, 0xA1, 32);
    memset(manifest + 64, 0xB2, 32);
    memset(manifest + 96, 0xC3, 64);
    memset(manifest + 160, 0xD4, 64);
    memset(manifest + 224, 0xE5, 12);
}

Test(delta, reads_what_a_manifest_says)
{
    uint8_t manifest[DELTA_MANIFEST_SIZE], digest[32];
    struct delta_info info;
    make(manifest);
    cr_assert(delta_manifest_parse(manifest, SIZE_MAX_TARGET, &info));
    cr_assert_eq(info.target.image_size, 50000);
    cr_assert_eq(info.target.version, 0x02010003);
    cr_assert_eq(info.target.hardware_id, 0x11223344);
    cr_assert_eq(info.base_size, 48136);
    cr_assert_eq(info.patch_size, 996);
    cr_assert_arr_eq(info.target.sha256, memset(digest, 0xA1, 32), 32);
    cr_assert_arr_eq(info.base_sha256, memset(digest, 0xB2, 32), 32);
    cr_assert_arr_eq(info.patch_digest, memset(digest, 0xE5, 12), 12);
    cr_assert_not(info.encrypted);
    put32(manifest + 20, 3);
    cr_assert(delta_manifest_parse(manifest, SIZE_MAX_TARGET, &info));
    cr_assert(info.encrypted);
}

Test(delta, makes_up_the_header_of_the_target)
{
    uint8_t manifest[DELTA_MANIFEST_SIZE], header[IMAGE_HEADER_SIZE];
    uint8_t expected[IMAGE_HEADER_SIZE] = "FIMG\x00\x01\x01\x00";
    struct image_info info;
    make(manifest);
    put32(expected + 8, 50000);
    put32(expected + 12, 0x02010003);
    put32(expected + 16, 0x11223344);
    memset(expected + 32, 0xA1, 32);
    memset(expected + 96, 0xD4, 64);
    delta_target_header(manifest, header);
    cr_assert_arr_eq(header, expected, sizeof header);
    cr_assert(image_header_parse(header, SIZE_MAX_TARGET, &info));
    put32(manifest + 20, 3); /* the target of an encrypted delta image is encrypted, too */
    put32(expected + 20, 2);
    delta_target_header(manifest, header);
    cr_assert_arr_eq(header, expected, sizeof header);
}

Test(delta, refuses_what_is_none)
{
    static const struct {
        const char *what;
        unsigned at;
        uint32_t value;
    } rows[] = {
        { "another magic", 0, 0x474D4947 },
        { "another format or size of the manifest", 4, 0x000200F0 },
        { "an image", 4, 0x00010100 },
        { "no delta", 20, 0 },
        { "an unknown flag", 20, 5 },
        { "no target", 8, 0 },
        { "a target that is too large", 8, SIZE_MAX_TARGET },
        { "no base", 24, 0 },
        { "no patch", 28, 0 },
        { "something at its end", 236, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t manifest[DELTA_MANIFEST_SIZE];
        struct delta_info info;
        make(manifest);
        put32(manifest + rows[i].at, rows[i].value);
        cr_assert_not(delta_manifest_parse(manifest, SIZE_MAX_TARGET, &info), "%s", rows[i].what);
        cr_assert_eq(info.base_size, 0);
        cr_assert_eq(info.patch_size, 0);
    }
}

/* An older firmware takes a delta image for no image. */
Test(delta, is_no_image)
{
    uint8_t bytes[IMAGE_HEADER_SIZE] = { 0 };
    struct image_info info;
    make(bytes);
    cr_assert_not(image_header_parse(bytes, SIZE_MAX_TARGET, &info));
}
