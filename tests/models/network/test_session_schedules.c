/* Expanded keys come from a table that devices share, and are those of the device's own session.
 * SPDX-License-Identifier: MIT
 *
 * Goal: more devices than the table has entries, served in turn, and a device that joins again.
 * Method: each schedule is compared with one that is made for the occasion.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "network/session_schedules.h"

#define DEVICES 5000u

static struct session_keys keys_of(uint32_t device, uint8_t session)
{
    struct session_keys keys = { { session, 1 }, { session, 2 } };
    memcpy(keys.nwk_s_key + 2, &device, sizeof device);
    memcpy(keys.app_s_key + 2, &device, sizeof device);
    return keys;
}

static void expect(struct session_schedules *schedules, uint32_t device, uint8_t session)
{
    struct session_keys keys = keys_of(device, session);
    const struct session_schedule *got = session_schedules_get(schedules, device, &keys);
    uint8_t want[16] = { 7 }, mac[16] = { 7 };
    lorawan_aes_encrypt(keys.app_s_key, want, want);
    aes128_encrypt(&got->app_s_key, 16, mac, mac);
    cr_assert_arr_eq(mac, want, 16, "device %u", device);
    struct lorawan_key own;
    lorawan_key_set(&own, keys.nwk_s_key);
    cr_assert_eq(lorawan_mic(&got->nwk_s_key, LORAWAN_UP, device, 1, want, 16),
            lorawan_mic(&own, LORAWAN_UP, device, 1, want, 16));
}

Test(session_schedules, belong_to_the_session_whichever_was_served_before)
{
    struct session_schedules *schedules = session_schedules_create();
    for (uint8_t session = 1; session <= 2; session++) {
        for (uint32_t device = 0; device < DEVICES; device++) {
            expect(schedules, device, session);
            expect(schedules, device * 7u % DEVICES, session);
        }
    }
    session_schedules_destroy(schedules);
}
