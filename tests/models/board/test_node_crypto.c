/* Crypto operations against published vectors, with and without the memo, and what they cost.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"

TestSuite(node_crypto, .init = rig_open, .fini = rig_close);

static void from_hex(const char *hex, uint8_t *out)
{
    for (; *hex != '\0'; hex += 2) {
        unsigned byte;
        cr_assert_eq(sscanf(hex, "%2x", &byte), 1);
        *out++ = (uint8_t)byte;
    }
}

static void assert_hex(const uint8_t *bytes, const char *hex)
{
    uint8_t want[256];
    from_hex(hex, want);
    cr_assert_arr_eq(bytes, want, strlen(hex) / 2, "want %s", hex);
}

/* Runs `run` with the memo and without: the answers are the same. */
static void run_both(bool (*run)(const struct hal *hal))
{
    rig_script.run = run;
    rig_start(2);
    rig_run_to(60 * SIM_NS_PER_S);
    cr_assert_eq(rig_stats().firmware_runs, 2);
    rig_close();
    rig_open();
    rig.params.crypto_memo = false;
    rig_script.run = run;
    rig_start(2);
    rig_run_to(60 * SIM_NS_PER_S);
    cr_assert_eq(rig_stats().firmware_runs, 2);
}

/* RFC 4493 section 4, and the same messages as in NIST SP 800-38A. */
static const char key_hex[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char message_hex[] =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

static const struct {
    size_t size;
    const char *mac;
} cmac_vectors[] = {
    { 0, "bb1d6929e95937287fa37d129b756746" },
    { 16, "070a16b46b4d4144f79bdd9dd04a287c" },
    { 40, "dfa66747de9ae63030ca32611497c827" },
    { 64, "51f0bebf7e3b9d92fc49741779363cfe" },
};

static bool cmac_rfc_4493(const struct hal *hal)
{
    uint8_t key[16], message[64], mac[16];
    from_hex(key_hex, key);
    from_hex(message_hex, message);
    cr_assert_eq(hal_key_load(hal, 15, key), HAL_OK);
    for (size_t v = 0; v < 4; v++) {
        size_t size = cmac_vectors[v].size;
        for (size_t cut = 0; cut <= size; cut++) {
            struct hal_span spans[3] = { { message, cut / 2 }, { message + cut / 2, cut - cut / 2 },
                { message + cut, size - cut } };
            cr_assert_eq(hal_aes_cmac(hal, 15, spans, 3, mac), HAL_OK);
            assert_hex(mac, cmac_vectors[v].mac);
            struct hal_cmac stream;
            hal_cmac_begin(hal, &stream);
            cr_assert_eq(hal_cmac_update(hal, 15, &stream, message, cut), HAL_OK);
            cr_assert_eq(hal_cmac_update(hal, 15, &stream, message + cut, size - cut), HAL_OK);
            cr_assert_eq(hal_cmac_end(hal, 15, &stream, mac), HAL_OK);
            assert_hex(mac, cmac_vectors[v].mac);
        }
    }
    return false;
}

Test(node_crypto, cmac_answers_rfc_4493_however_it_is_cut)
{
    run_both(cmac_rfc_4493);
}

/* A long message in one piece, byte by byte, and in odd pieces: one MAC. */
static bool cmac_long(const struct hal *hal)
{
    uint8_t key[16] = { 9 }, message[1000], whole[16], mac[16];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * i + 3 * i);
    }
    cr_assert_eq(hal_key_load(hal, 0, key), HAL_OK);
    struct hal_span span = { message, sizeof message };
    cr_assert_eq(hal_aes_cmac(hal, 0, &span, 1, whole), HAL_OK);
    static const size_t pieces[] = { 1, 7, 16, 17, 100, 256, 999 };
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        struct hal_cmac stream;
        hal_cmac_begin(hal, &stream);
        for (size_t at = 0; at < sizeof message; at += pieces[p]) {
            size_t left = sizeof message - at;
            cr_assert_eq(hal_cmac_update(hal, 0, &stream, message + at,
                                 left < pieces[p] ? left : pieces[p]),
                    HAL_OK);
        }
        cr_assert_eq(hal_cmac_end(hal, 0, &stream, mac), HAL_OK);
        cr_assert_arr_eq(mac, whole, 16);
    }
    return false;
}

Test(node_crypto, cmac_of_a_long_message_does_not_depend_on_its_pieces)
{
    run_both(cmac_long);
}

static bool aes_vectors(const struct hal *hal)
{
    uint8_t key[16], block[16], counter[16], data[64];
    from_hex("000102030405060708090a0b0c0d0e0f", key); /* FIPS 197 appendix C.1 */
    from_hex("00112233445566778899aabbccddeeff", block);
    cr_assert_eq(hal_key_load(hal, 2, key), HAL_OK);
    cr_assert_eq(hal_aes_block(hal, 2, block, block), HAL_OK);
    assert_hex(block, "69c4e0d86a7b0430d8cdb78070b4c55a");

    from_hex(key_hex, key); /* SP 800-38A F.5.1 */
    from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", counter);
    cr_assert_eq(hal_key_load(hal, 2, key), HAL_OK);
    for (size_t size = 0; size <= 64; size++) {
        from_hex(message_hex, data);
        cr_assert_eq(hal_aes_ctr(hal, 2, counter, data, size), HAL_OK);
        uint8_t want[64], rest[64];
        from_hex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
                 "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
                want);
        from_hex(message_hex, rest);
        cr_assert_arr_eq(data, want, size);
        cr_assert_arr_eq(data + size, rest + size, 64 - size, "no byte after it is touched");
    }
    return false;
}

Test(node_crypto, aes_answers_fips_197_and_ctr_sp_800_38a)
{
    run_both(aes_vectors);
}

/* Goal: longer than any frame, and where every byte of the counter carries (SP 800-38A appendix
 * B.1: the whole block counts). */
static bool ctr_of_a_long_message(const struct hal *hal)
{
    uint8_t key[16], first[16], counter[16], data[600] = { 0 };
    from_hex(key_hex, key);
    from_hex("00ffffffffffffffffffffffffffffe0", first);
    cr_assert_eq(hal_key_load(hal, 2, key), HAL_OK);
    cr_assert_eq(hal_aes_ctr(hal, 2, first, data, sizeof data), HAL_OK);
    memcpy(counter, first, sizeof counter);
    for (size_t at = 0; at < sizeof data; at += 16) {
        uint8_t stream[16];
        cr_assert_eq(hal_aes_block(hal, 2, counter, stream), HAL_OK);
        cr_assert_arr_eq(
                data + at, stream, sizeof data - at < 16 ? sizeof data - at : 16, "%zu", at);
        for (unsigned i = 16; i > 0 && ++counter[i - 1] == 0; i--) {
        }
    }
    cr_assert_eq(counter[0], 1, "every byte has carried");
    return false;
}

Test(node_crypto, counts_through_the_whole_block)
{
    run_both(ctr_of_a_long_message);
}

static bool keys_missing(const struct hal *hal)
{
    uint8_t block[16] = { 0 };
    struct hal_cmac stream;
    cr_assert_eq(hal_aes_block(hal, 4, block, block), HAL_ERR_KEY);
    cr_assert_eq(hal_aes_block(hal, 16, block, block), HAL_ERR_KEY);
    cr_assert_eq(hal_aes_ctr(hal, 4, block, block, 16), HAL_ERR_KEY);
    cr_assert_eq(hal_aes_cmac(hal, 4, NULL, 0, block), HAL_ERR_KEY);
    hal_cmac_begin(hal, &stream);
    cr_assert_eq(hal_cmac_update(hal, 4, &stream, block, 16), HAL_ERR_KEY);
    cr_assert_eq(hal_cmac_end(hal, 4, &stream, block), HAL_ERR_KEY);
    cr_assert_eq(hal_key_load(hal, 16, block), HAL_ERR_KEY);
    return false;
}

Test(node_crypto, slots_without_a_key_are_refused)
{
    run_both(keys_missing);
}

static bool sha_vectors(const struct hal *hal)
{
    /* FIPS 180-4 examples: one block, two blocks, a million times 'a' */
    static const char *const messages[2] = { "abc",
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" };
    static const char *const digests[2] = {
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    };
    struct hal_sha256 sha;
    uint8_t digest[32];
    for (int i = 0; i < 2; i++) {
        hal_sha256_begin(hal, &sha);
        hal_sha256_update(hal, &sha, messages[i], 1);
        struct hal_sha256 moved = sha; /* the caller's storage is all of it */
        hal_sha256_update(hal, &moved, messages[i] + 1, strlen(messages[i]) - 1);
        hal_sha256_end(hal, &moved, digest);
        assert_hex(digest, digests[i]);
    }
    uint8_t piece[1000];
    memset(piece, 'a', sizeof piece);
    hal_sha256_begin(hal, &sha);
    for (int i = 0; i < 1000; i++) {
        hal_sha256_update(hal, &sha, piece, sizeof piece);
    }
    hal_sha256_end(hal, &sha, digest);
    assert_hex(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    return false;
}

Test(node_crypto, sha_256_answers_fips_180)
{
    run_both(sha_vectors);
}

static bool ed25519_vectors(const struct hal *hal)
{
    /* RFC 8032 section 7.1, test 2 */
    uint8_t key[32], signature[64], message[1] = { 0x72 };
    from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key);
    from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            signature);
    cr_assert_eq(hal_ed25519_verify(hal, key, message, 1, signature), HAL_OK);
    message[0] ^= 1;
    cr_assert_eq(hal_ed25519_verify(hal, key, message, 1, signature), HAL_ERR_VERIFY);
    message[0] ^= 1;
    signature[40] ^= 1;
    cr_assert_eq(hal_ed25519_verify(hal, key, message, 1, signature), HAL_ERR_VERIFY);
    signature[40] ^= 1;
    key[0] ^= 1;
    cr_assert_eq(hal_ed25519_verify(hal, key, message, 1, signature), HAL_ERR_VERIFY);
    return false;
}

Test(node_crypto, ed25519_answers_rfc_8032_and_refuses_any_other_bit)
{
    run_both(ed25519_vectors);
}

/* The memo must not be fooled by a question that differs anywhere. */
static bool near_questions(const struct hal *hal)
{
    uint8_t key[16] = { 1 }, other_key[16] = { 1, [15] = 1 }, data[230], macs[6][16];
    memset(data, 0x42, sizeof data);
    cr_assert_eq(hal_key_load(hal, 0, key), HAL_OK);
    cr_assert_eq(hal_key_load(hal, 1, other_key), HAL_OK);
    struct hal_span span = { data, sizeof data };
    cr_assert_eq(hal_aes_cmac(hal, 0, &span, 1, macs[0]), HAL_OK);
    data[229] ^= 1;
    cr_assert_eq(hal_aes_cmac(hal, 0, &span, 1, macs[1]), HAL_OK);
    data[229] ^= 1;
    span.size = 229;
    cr_assert_eq(hal_aes_cmac(hal, 0, &span, 1, macs[2]), HAL_OK);
    span.size = 230;
    cr_assert_eq(hal_aes_cmac(hal, 1, &span, 1, macs[3]), HAL_OK);
    cr_assert_eq(hal_aes_cmac(hal, 0, &span, 1, macs[4]), HAL_OK);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++) {
            cr_assert_neq(memcmp(macs[i], macs[k], 16), 0);
        }
    }
    cr_assert_arr_eq(macs[4], macs[0], 16);
    uint8_t counter[16] = { 0 }, once[64], twice[64];
    memset(once, 0, sizeof once);
    memset(twice, 0, sizeof twice);
    cr_assert_eq(hal_aes_ctr(hal, 0, counter, once, 64), HAL_OK);
    counter[15] = 1;
    cr_assert_eq(hal_aes_ctr(hal, 0, counter, twice, 64), HAL_OK);
    cr_assert_arr_eq(twice, once + 16, 48, "one block further on");
    return false;
}

Test(node_crypto, a_question_that_differs_anywhere_gets_its_own_answer)
{
    run_both(near_questions);
}

static void digest_of(
        const struct hal *hal, const uint8_t *data, size_t size, size_t piece, uint8_t digest[32])
{
    struct hal_sha256 sha;
    hal_sha256_begin(hal, &sha);
    for (size_t at = 0; at < size; at += piece) {
        hal_sha256_update(hal, &sha, data + at, piece);
    }
    hal_sha256_end(hal, &sha, digest);
}

/* Pieces of 256 bytes are remembered, others are not. */
static bool near_images(const struct hal *hal)
{
    uint8_t image[2048];
    uint8_t digest[32], expected[32];
    for (unsigned i = 0; i < sizeof image; i++) {
        image[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (unsigned change = 0; change <= sizeof image; change += 93) {
        digest_of(hal, image, sizeof image, 64, expected);
        for (unsigned again = 0; again < 2; again++) {
            digest_of(hal, image, sizeof image, 256, digest);
            cr_assert_arr_eq(digest, expected, 32, "change %u", change);
        }
        image[change % sizeof image] ^= 1;
    }
    return false;
}

Test(node_crypto, an_image_that_differs_anywhere_gets_its_own_digest)
{
    run_both(near_images);
}

static sim_ns spent_ns[2][5];

static sim_ns now_ns(const struct hal *hal)
{
    hal_trace(hal, 0, 0, 0);
    return rig.observed[(rig.observations - 1) % RIG_LOG_SIZE].at_ns;
}

static bool take_times(const struct hal *hal)
{
    static unsigned turn;
    sim_ns *spent = spent_ns[turn++ % 2];
    uint8_t key[16] = { 7 }, data[230] = { 0 }, mac[32] = { 0 }, signature[64] = { 0 };
    uint8_t piece[256] = { 9 };
    struct hal_span span = { data, sizeof data };
    struct hal_sha256 sha;
    cr_assert_eq(hal_key_load(hal, 0, key), HAL_OK);
    sim_ns at_ns = now_ns(hal);
    hal_aes_cmac(hal, 0, &span, 1, mac);
    spent[0] = now_ns(hal) - at_ns;
    at_ns = now_ns(hal);
    hal_aes_ctr(hal, 0, mac, data, 230);
    spent[1] = now_ns(hal) - at_ns;
    at_ns = now_ns(hal);
    hal_sha256_begin(hal, &sha);
    hal_sha256_update(hal, &sha, data, 128);
    spent[2] = now_ns(hal) - at_ns;
    at_ns = now_ns(hal);
    hal_sha256_update(hal, &sha, piece, sizeof piece);
    spent[4] = now_ns(hal) - at_ns;
    at_ns = now_ns(hal);
    hal_ed25519_verify(hal, mac, data, 4, signature);
    spent[3] = now_ns(hal) - at_ns;
    return false;
}

Test(node_crypto, work_takes_its_time_whether_or_not_the_answer_is_remembered)
{
    rig_script.run = take_times;
    rig_start(2); /* the second node's answers come from the memo */
    rig_run_to(10 * SIM_NS_PER_S);
    cr_assert_arr_eq(spent_ns[0], spent_ns[1], sizeof spent_ns[0]);
    cr_assert_eq(spent_ns[0][0], 15 * 3600 * 1000 / 32, "15 blocks at 32 MHz");
    cr_assert_eq(spent_ns[0][1], 15 * 3600 * 1000 / 32);
    cr_assert_eq(spent_ns[0][2], 1250 + 2 * 9000 * 1000 / 32);
    cr_assert_eq(spent_ns[0][3], 937500000);
    cr_assert_eq(spent_ns[0][4], 4 * 9000 * 1000 / 32);
}
