/* AES-128, CTR and CMAC in software against published vectors and against nettle.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/ctr.h>
#include <string.h>

#include "draw.h"
#include "port/crypto/aes128.h"

/* Key of FIPS 197 appendix A.1, NIST SP 800-38A and RFC 4493. */
static const uint8_t key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15,
    0x88, 0x09, 0xcf, 0x4f, 0x3c };
/* Message of both, 64 bytes. */
static const uint8_t message[64] = { 0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d,
    0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7,
    0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11, 0xe5, 0xfb,
    0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef, 0xf6, 0x9f, 0x24, 0x45, 0xdf, 0x4f, 0x9b, 0x17, 0xad, 0x2b,
    0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10 };

Test(aes, encrypts_the_block_of_fips_197_appendix_b)
{
    static const uint8_t in[16] = { 0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31,
        0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34 };
    static const uint8_t out[16] = { 0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc, 0x11,
        0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32 };
    struct aes_key aes;
    uint8_t block[16];
    aes_key_expand(&aes, key);
    aes_key_encrypt(&aes, in, block);
    cr_assert_arr_eq(block, out, 16);
}

Test(aes, counter_mode_meets_sp_800_38a_f_5_1)
{
    static const uint8_t counter[16] = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9,
        0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff };
    static const uint8_t last[16] = { 0x1e, 0x03, 0x1d, 0xda, 0x2f, 0xbe, 0x03, 0xd1, 0x79, 0x21,
        0x70, 0xa0, 0xf3, 0x00, 0x9c, 0xee };
    struct aes_key aes;
    uint8_t data[64];
    memcpy(data, message, sizeof data);
    aes_key_expand(&aes, key);
    aes_key_ctr(&aes, counter, data, sizeof data);
    cr_assert_arr_eq(data + 48, last, 16);
}

static void cmac(const uint8_t *data, size_t size, size_t piece, uint8_t mac[16])
{
    struct aes_key aes;
    struct aes_cmac stream;
    aes_key_expand(&aes, key);
    aes_cmac_begin(&stream);
    for (size_t done = 0; done < size; done += piece) {
        aes_cmac_update(&aes, &stream, data + done, size - done < piece ? size - done : piece);
    }
    aes_cmac_end(&aes, &stream, mac);
}

Test(aes, cmac_meets_rfc_4493_section_4)
{
    static const struct {
        size_t size;
        uint8_t mac[16];
    } cases[] = {
        { 0, { 0xbb, 0x1d, 0x69, 0x29, 0xe9, 0x59, 0x37, 0x28, 0x7f, 0xa3, 0x7d, 0x12, 0x9b, 0x75,
                     0x67, 0x46 } },
        { 16, { 0x07, 0x0a, 0x16, 0xb4, 0x6b, 0x4d, 0x41, 0x44, 0xf7, 0x9b, 0xdd, 0x9d, 0xd0, 0x4a,
                      0x28, 0x7c } },
        { 40, { 0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30, 0x30, 0xca, 0x32, 0x61, 0x14, 0x97,
                      0xc8, 0x27 } },
        { 64, { 0x51, 0xf0, 0xbe, 0xbf, 0x7e, 0x3b, 0x9d, 0x92, 0xfc, 0x49, 0x74, 0x17, 0x79, 0x36,
                      0x3c, 0xfe } },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        uint8_t mac[16];
        cmac(message, cases[i].size, 64, mac);
        cr_assert_arr_eq(mac, cases[i].mac, 16);
        cmac(message, cases[i].size, 7, mac);
        cr_assert_arr_eq(mac, cases[i].mac, 16, "in pieces");
    }
}

static void their_block(const void *context, size_t size, uint8_t *to, const uint8_t *from)
{
    nettle_aes128_encrypt(context, size, to, from);
}

Test(aes, agrees_with_nettle_on_drawn_keys_and_sizes)
{
    struct draw draw = { 1 };
    for (unsigned round = 0; round < 2000; ++round) {
        uint8_t drawn_key[16];
        uint8_t counter[16];
        uint8_t data[100];
        uint8_t expected[100];
        uint8_t mac[16];
        uint8_t expected_mac[16];
        struct aes_key aes;
        struct aes128_ctx theirs;
        struct cmac_aes128_ctx their_cmac;
        struct aes_cmac ours;
        size_t size = draw_next(&draw) % sizeof data;
        draw_bytes(&draw, drawn_key, 16);
        draw_bytes(&draw, counter, 16);
        draw_bytes(&draw, data, sizeof data);
        if (round % 4 == 0) {
            memset(counter + 3, 0xFF, 13); /* carries through many digits */
        }
        cmac_aes128_set_key(&their_cmac, drawn_key);
        cmac_aes128_update(&their_cmac, size, data);
        cmac_aes128_digest(&their_cmac, 16, expected_mac);
        aes_key_expand(&aes, drawn_key);
        aes_cmac_begin(&ours);
        aes_cmac_update(&aes, &ours, data, size);
        aes_cmac_end(&aes, &ours, mac);
        cr_assert_arr_eq(mac, expected_mac, 16);

        uint8_t their_counter[16];
        memcpy(their_counter, counter, 16);
        memcpy(expected, data, sizeof data);
        aes128_set_encrypt_key(&theirs, drawn_key);
        ctr_crypt(&theirs, their_block, 16, their_counter, size, expected, data);
        aes_key_ctr(&aes, counter, data, size);
        cr_assert_arr_eq(data, expected, sizeof data, "bytes after `size` stay");
    }
}
