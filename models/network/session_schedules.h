/* The expanded keys of sessions, for the devices that the server dealt with last.
 * SPDX-License-Identifier: MIT
 *
 * A device keeps 16 bytes of each key. An entry of the table is believed only while it is of the
 * same keys, so what a device gets never depends on which others were served before it.
 */
#ifndef NETWORK_SESSION_SCHEDULES_H
#define NETWORK_SESSION_SCHEDULES_H

#include "network/lorawan.h"

struct session_keys {
    uint8_t nwk_s_key[16], app_s_key[16];
};

struct session_schedule {
    struct session_keys keys;
    struct lorawan_key nwk_s_key;
    struct aes128_ctx app_s_key;
};

struct session_schedules;

struct session_schedules *session_schedules_create(void); /* NULL: out of memory */
void session_schedules_destroy(struct session_schedules *schedules);
/* Of the session of `device`. Valid until the next call. */
const struct session_schedule *session_schedules_get(
        struct session_schedules *schedules, uint32_t device, const struct session_keys *keys);

#endif
