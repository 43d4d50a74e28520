/* A table of expanded session keys, by device number.
 * SPDX-License-Identifier: MIT
 */
#include "network/session_schedules.h"

#include <stdlib.h>
#include <string.h>

#include "identity/aes_key.h"

#define SCHEDULES_LOG2 10u
#define SCHEDULES      (1u << SCHEDULES_LOG2)

struct session_schedules {
    struct {
        bool valid;
        struct session_schedule schedule;
    } of[SCHEDULES];
};

struct session_schedules *session_schedules_create(void)
{
    return calloc(1, sizeof(struct session_schedules));
}

void session_schedules_destroy(struct session_schedules *schedules)
{
    free(schedules);
}

const struct session_schedule *session_schedules_get(
        struct session_schedules *schedules, uint32_t device, const struct session_keys *keys)
{
    uint32_t at = device & (SCHEDULES - 1u);
    struct session_schedule *schedule = &schedules->of[at].schedule;
    if (!schedules->of[at].valid || memcmp(&schedule->keys, keys, sizeof *keys) != 0) {
        schedule->keys = *keys;
        lorawan_key_set(&schedule->nwk_s_key, keys->nwk_s_key);
        aes_key_expand(&schedule->app_s_key, keys->app_s_key);
        schedules->of[at].valid = true;
    }
    return schedule;
}
