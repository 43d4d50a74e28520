/* The port's arithmetic as ARMv6-M code: published vectors, run by tests/device/port/run_thumb.
 * SPDX-License-Identifier: MIT
 *
 * Freestanding Linux program for user-mode QEMU. Exit status 0, or the number of the check that
 * failed. The host tests go deeper; this one shows that the target's compiler and libgcc agree.
 */
#include <stdbool.h>
#include <stdint.h>

#include "port/calendar.h"
#include "port/crypto/aes128.h"
#include "port/crypto/ed25519.h"
#include "port/crypto/sha256.h"
#include "update/crc32.h"

#define LINUX_EXIT 1

void _start(void) __attribute__((noreturn));

static void __attribute__((noreturn)) leave(int status)
{
    register int r0 __asm("r0") = status;
    register int r7 __asm("r7") = LINUX_EXIT;
    __asm volatile("svc 0" ::"r"(r0), "r"(r7));
    for (;;) {
    }
}

static void expect(int check, bool holds)
{
    if (!holds) {
        leave(check);
    }
}

static bool same(const uint8_t *a, const uint8_t *b, unsigned size)
{
    for (unsigned i = 0; i < size; ++i) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/* RFC 8032 section 7.1, test 3. */
static void check_ed25519(void)
{
    static const uint8_t key[32] = { 0xfc, 0x51, 0xcd, 0x8e, 0x62, 0x18, 0xa1, 0xa3, 0x8d, 0xa4,
        0x7e, 0xd0, 0x02, 0x30, 0xf0, 0x58, 0x08, 0x16, 0xed, 0x13, 0xba, 0x33, 0x03, 0xac, 0x5d,
        0xeb, 0x91, 0x15, 0x48, 0x90, 0x80, 0x25 };
    static const uint8_t message[2] = { 0xaf, 0x82 };
    uint8_t signature[64] = { 0x62, 0x91, 0xd6, 0x57, 0xde, 0xec, 0x24, 0x02, 0x48, 0x27, 0xe6,
        0x9c, 0x3a, 0xbe, 0x01, 0xa3, 0x0c, 0xe5, 0x48, 0xa2, 0x84, 0x74, 0x3a, 0x44, 0x5e, 0x36,
        0x80, 0xd7, 0xdb, 0x5a, 0xc3, 0xac, 0x18, 0xff, 0x9b, 0x53, 0x8d, 0x16, 0xf2, 0x90, 0xae,
        0x67, 0xf7, 0x60, 0x98, 0x4d, 0xc6, 0x59, 0x4a, 0x7c, 0x15, 0xe9, 0x71, 0x6e, 0xd2, 0x8d,
        0xc0, 0x27, 0xbe, 0xce, 0xea, 0x1e, 0xc4, 0x0a };
    expect(1, ed25519_signature_valid(key, message, sizeof message, signature));
    signature[33] ^= 1;
    expect(2, !ed25519_signature_valid(key, message, sizeof message, signature));
}

static void check_aes_and_sha(void)
{
    static const uint8_t abc_digest[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41,
        0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
        0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
    static const uint8_t key[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7,
        0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
    static const uint8_t empty_mac[16] = { 0xbb, 0x1d, 0x69, 0x29, 0xe9, 0x59, 0x37, 0x28, 0x7f,
        0xa3, 0x7d, 0x12, 0x9b, 0x75, 0x67, 0x46 };
    struct sha256 sha;
    struct aes_key aes;
    struct aes_cmac cmac;
    uint8_t digest[32];
    uint8_t mac[16];
    sha256_start(&sha);
    sha256_add(&sha, (const uint8_t *)"abc", 3);
    sha256_finish(&sha, digest);
    expect(3, same(digest, abc_digest, sizeof digest));
    aes_key_expand(&aes, key);
    aes_cmac_begin(&cmac);
    aes_cmac_end(&aes, &cmac, mac);
    expect(4, same(mac, empty_mac, sizeof mac));
}

void _start(void)
{
    check_ed25519();
    check_aes_and_sha();
    expect(5, crc32_update(0, "123456789", 9) == 0xCBF43926u);
    expect(6, calendar_days(CALENDAR_FIRST_DATE) == 0);
    expect(7, calendar_day_of_month(3u * 365u + 59u) == 29); /* 2004-02-29 */
    leave(0);
}
