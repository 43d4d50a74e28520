/* Ties the application packages together and to the main loop.
 * SPDX-License-Identifier: MIT
 */
#include "services/services.h"

#include "hal.h"
#include "mac/mac.h"

/* An answer that fits no uplink now may fit one at another data rate. */
#define NO_ROOM_DELAY_TICKS (5u * (uint64_t)HAL_RTC_HZ)

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void services_init(struct services *services, const struct services_env *env)
{
    services->uplink_not_before_ticks = 0;
    multicast_setup_init(&services->multicast_setup, env);
    clock_sync_init(&services->clock_sync, env);
    fragmentation_init(&services->fragmentation, env);
}

void services_on_downlink(struct services *services, const struct services_env *env,
        const struct mac_downlink *downlink)
{
    switch (downlink->fport) {
    case FRAGMENTATION_FPORT:
        fragmentation_on_downlink(&services->fragmentation, env, downlink);
        break;
    case MULTICAST_SETUP_FPORT:
        multicast_setup_on_downlink(&services->multicast_setup, env, downlink);
        break;
    case CLOCK_SYNC_FPORT:
        clock_sync_on_downlink(&services->clock_sync, env, downlink);
        break;
    default:
        break;
    }
}

void services_on_flash_done(struct services *services, const struct services_env *env)
{
    fragmentation_on_flash_done(&services->fragmentation, env);
}

uint64_t services_step_at(const struct services *services, const struct services_env *env)
{
    uint64_t at = fragmentation_step_at(&services->fragmentation);
    if (services->multicast_setup.live == 0) {
        return at;
    }
    return earlier(at, multicast_setup_step_at(&services->multicast_setup, env,
                               fragmentation_wanted_groups(&services->fragmentation)));
}

bool services_step(struct services *services, const struct services_env *env, uint64_t now_ticks)
{
    struct fragmentation *frag = &services->fragmentation;
    struct multicast_setup *setup = &services->multicast_setup;
    bool closed = false;
    if (fragmentation_step_at(frag) <= now_ticks) {
        fragmentation_step(frag, env, now_ticks);
    }
    uint8_t served = fragmentation_served_groups(frag);
    if (served != 0) {
        closed |= multicast_setup_finish(setup, env, served);
    }
    uint8_t wanted = fragmentation_wanted_groups(frag);
    if (multicast_setup_step_at(setup, env, wanted) <= now_ticks) {
        uint32_t error_ticks = clock_sync_error_ticks(&services->clock_sync, env);
        closed |= multicast_setup_step(setup, env, now_ticks, error_ticks, served, wanted);
    }
    if (closed) {
        clock_sync_session_over(&services->clock_sync, env, now_ticks);
    }
    return services_step_at(services, env) <= now_ticks;
}

bool services_session_active(
        const struct services *services, const struct services_env *env, uint64_t now_ticks)
{
    return services->multicast_setup.live > 0
           && multicast_setup_session_active(&services->multicast_setup, env, now_ticks,
                   fragmentation_wanted_groups(&services->fragmentation));
}

uint64_t services_uplink_at(const struct services *services, const struct services_env *env)
{
    /* Clock sync waits for the end of a session: it is not even due before. */
    bool open = services->multicast_setup.live > 0
                && services_session_active(services, env, hal_rtc_now(env->hal));
    uint64_t at = earlier(multicast_setup_uplink_at(&services->multicast_setup),
            earlier(fragmentation_uplink_at(&services->fragmentation),
                    clock_sync_uplink_at(&services->clock_sync, open)));
    return at > services->uplink_not_before_ticks ? at : services->uplink_not_before_ticks;
}

size_t services_build_uplink(struct services *services, const struct services_env *env,
        uint64_t now_ticks, uint8_t *payload, size_t size_max, uint8_t *fport)
{
    bool held = services_session_active(services, env, now_ticks);
    size_t size = 0;
    *fport = MULTICAST_SETUP_FPORT;
    size = multicast_setup_build(&services->multicast_setup, env, now_ticks, payload, size_max);
    if (size == 0) {
        *fport = FRAGMENTATION_FPORT;
        size = fragmentation_build(&services->fragmentation, env, now_ticks, payload, size_max);
    }
    if (size == 0) {
        *fport = CLOCK_SYNC_FPORT;
        size = clock_sync_build(&services->clock_sync, env, now_ticks, held, payload, size_max);
    }
    services->uplink_not_before_ticks = size > 0 ? 0 : now_ticks + NO_ROOM_DELAY_TICKS;
    return size;
}
