/* Interned keys: equal keys are one, numbers are reused with care.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <string.h>

#include "board/key_store.h"

static void numbered_key(uint32_t number, uint8_t key[16])
{
    memset(key, 0, 16);
    memcpy(key + 3, &number, sizeof number);
}

Test(key_store, equal_keys_are_stored_once)
{
    struct key_store *store = key_store_create(NULL);
    uint8_t key[16] = { 1 };
    uint32_t a = key_store_take(store, key);
    uint32_t b = key_store_take(store, key);
    cr_assert_eq(a, b);
    cr_assert_eq(key_store_count(store), 1);
    key_store_release(store, a);
    cr_assert_eq(key_store_count(store), 1);
    key_store_release(store, b);
    cr_assert_eq(key_store_count(store), 0);
    key_store_destroy(store);
}

Test(key_store, thousands_of_keys_keep_their_own_schedules)
{
    enum {
        KEYS = 5000
    };
    static uint32_t ids[KEYS];
    struct key_store *store = key_store_create(NULL);
    struct key_schedules *schedules = key_schedules_create();
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < KEYS; i++) {
            uint8_t key[16];
            numbered_key(i + (uint32_t)round * 777u, key);
            uint32_t fresh = key_store_take(store, key);
            key_store_release(store, ids[i]);
            ids[i] = fresh;
        }
        cr_assert_eq(key_store_count(store), KEYS);
        for (uint32_t i = 0; i < KEYS; i++) {
            uint8_t key[16], in[16] = { 5 }, out[16], want[16];
            numbered_key(i + (uint32_t)round * 777u, key);
            cr_assert_arr_eq(key_store_key(store, ids[i]), key, 16);
            struct aes128_ctx plain;
            aes128_set_encrypt_key(&plain, key);
            aes128_encrypt(&plain, 16, want, in);
            aes128_encrypt(&key_schedules_get(schedules, store, ids[i])->encrypt, 16, out, in);
            cr_assert_arr_eq(out, want, 16);
        }
    }
    cr_assert_leq(key_store_bytes(store), 3u << 20);
    key_schedules_destroy(schedules);
    key_store_destroy(store);
}

Test(key_store, a_reused_number_does_not_find_the_old_schedule)
{
    struct key_store *store = key_store_create(NULL);
    struct key_schedules *schedules = key_schedules_create();
    uint8_t first[16] = { 1 }, second[16] = { 2 }, zero[16] = { 0 }, a[16], b[16];
    uint32_t id = key_store_take(store, first);
    aes128_encrypt(&key_schedules_get(schedules, store, id)->encrypt, 16, a, zero);
    key_store_release(store, id);
    cr_assert_eq(key_store_take(store, second), id);
    aes128_encrypt(&key_schedules_get(schedules, store, id)->encrypt, 16, b, zero);
    cr_assert_neq(memcmp(a, b, 16), 0);
    key_schedules_destroy(schedules);
    key_store_destroy(store);
}
