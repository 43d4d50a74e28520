/* Ties the application packages together and to the main loop.
 * SPDX-License-Identifier: MIT
 */
#include "services/services.h"

#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/fragment_table.h"
#include "services/package.h"

/* An answer that fits no uplink now may fit one at another data rate. */
#define NO_ROOM_DELAY_TICKS (5u * (uint64_t)HAL_RTC_HZ)

/* In the order of dependence: in a step, a package learns what those before it have just done.
 * Uplinks are built from the last to the first. */
static const struct package *const packages[] = {
    &clock_sync_package,
    &fragmentation_package,
    &fragment_table_package,
    &unicast_blocks_package, /* its state is part of the fragmentation session's */
    &multicast_setup_package,
    &firmware_management_package,
};
#define PACKAGES (sizeof packages / sizeof packages[0])

_Static_assert(PACKAGES <= 8, "sessions has a bit for every row");

/* Ahead of the loops that run with each frame. Where the program is linked as a whole, the rows are
 * known: a function that a row does not have then costs nothing, and one that it has is called by
 * its name. */
#define EACH_PACKAGE_UNROLLED _Pragma("GCC unroll 8")

static void *state_of(struct services *services, const struct package *package)
{
    return (unsigned char *)services + package->state_offset;
}

static const void *state_of_const(const struct services *services, const struct package *package)
{
    return (const unsigned char *)services + package->state_offset;
}

static struct package_facts gather(const struct services *services, const struct core *core)
{
    struct package_facts facts = { 0 };
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->tell != NULL) {
            packages[i]->tell(state_of_const(services, packages[i]), core, &facts);
        }
    }
    DEVICE_ASSERT(&core->hal, (facts.served_groups & facts.wanted_groups) == 0);
    return facts;
}

/* The earliest uplink of all packages. */
static uint64_t packages_uplink_at(const struct services *services, bool held)
{
    uint64_t earliest = HAL_TICKS_NEVER;
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        uint64_t at = packages[i]->uplink_at(state_of_const(services, packages[i]), held);
        earliest = at < earliest ? at : earliest;
    }
    return earliest;
}

/* The earliest step of the packages without sessions. */
static uint64_t packages_step_at(const struct services *services, const struct core *core)
{
    uint64_t earliest = HAL_TICKS_NEVER;
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        const struct package *package = packages[i];
        if (package->step_at != NULL && package->session_pending == NULL) {
            uint64_t at =
                    package->step_at(state_of_const(services, package), core, &services->facts);
            earliest = at < earliest ? at : earliest;
        }
    }
    return earliest;
}

/* A bit for each row with a session. */
static uint8_t pending_sessions(const struct services *services)
{
    unsigned sessions = 0;
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->session_pending != NULL
                && packages[i]->session_pending(state_of_const(services, packages[i]))) {
            sessions |= 1u << i;
        }
    }
    return (uint8_t)sessions;
}

static bool has_session(const struct services *services, unsigned row)
{
    return (services->sessions >> row & 1u) != 0;
}

/* A package has changed. */
static void refresh(struct services *services, struct core *core)
{
    services->sessions = pending_sessions(services);
    services->reboot_planned = services->firmware_management.reboot != REBOOT_NONE;
    services->facts = gather(services, core);
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->heed != NULL) {
            packages[i]->heed(state_of(services, packages[i]), &services->facts);
        }
    }
    services->step_at_ticks = packages_step_at(services, core);
    services->uplink_at_ticks[0] = packages_uplink_at(services, false);
    services->uplink_at_ticks[1] = packages_uplink_at(services, true);
    DEVICE_ASSERT(&core->hal, services->uplink_at_ticks[0] <= services->uplink_at_ticks[1]);
}

void services_init(struct services *services, struct core *core)
{
    services->uplink_not_before_ticks = 0;
    for (unsigned i = 0; i < PACKAGES; i++) {
        packages[i]->init(state_of(services, packages[i]), core);
    }
    refresh(services, core);
}

void services_on_downlink(
        struct services *services, struct core *core, const struct mac_downlink *downlink)
{
    DEVICE_ASSERT(&core->hal, downlink != NULL && downlink->group < (int)MAC_MULTICAST_GROUPS);
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->fport == downlink->fport) {
            packages[i]->on_downlink(state_of(services, packages[i]), core, downlink);
            refresh(services, core);
            return;
        }
    }
}

bool services_prove_block(struct services *services, struct core *core)
{
    bool demanded = block_proof_start(&services->fragmentation, core);
    refresh(services, core);
    DEVICE_ASSERT(&core->hal, demanded == (services->step_at_ticks == 0));
    return demanded;
}

void services_on_flash_done(struct services *services, struct core *core)
{
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->on_flash_done != NULL) {
            packages[i]->on_flash_done(state_of(services, packages[i]), core);
        }
    }
    refresh(services, core);
}

/* The earliest step of the packages with a session, and of the others. */
static uint64_t sessions_step_at(const struct services *services, const struct core *core)
{
    uint64_t earliest = services->step_at_ticks;
    DEVICE_ASSERT(&core->hal, services->sessions != 0);
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (has_session(services, i)) {
            uint64_t at = packages[i]->step_at(
                    state_of_const(services, packages[i]), core, &services->facts);
            earliest = at < earliest ? at : earliest;
        }
    }
    return earliest;
}

/* The main loop asks this, and whether a session is active, several times a run; without a session
 * the answer is known. */
uint64_t services_step_at(const struct services *services, const struct core *core)
{
    return services->sessions != 0 ? sessions_step_at(services, core) : services->step_at_ticks;
}

static void report_event(
        struct services *services, struct core *core, enum package_event event, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, event != PACKAGE_EVENT_NONE);
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->on_event != NULL) {
            packages[i]->on_event(state_of(services, packages[i]), core, event, now_ticks);
        }
    }
}

bool services_step(struct services *services, struct core *core, uint64_t now_ticks)
{
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (packages[i]->step == NULL) {
            continue;
        }
        struct package_facts facts = gather(services, core);
        enum package_event event =
                packages[i]->step(state_of(services, packages[i]), core, &facts, now_ticks);
        DEVICE_ASSERT(&core->hal, event <= PACKAGE_EVENT_SESSION_OVER);
        if (event != PACKAGE_EVENT_NONE) {
            report_event(services, core, event, now_ticks);
        }
    }
    refresh(services, core);
    return services_step_at(services, core) <= now_ticks;
}

static bool sessions_active(
        const struct services *services, const struct core *core, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, services->sessions != 0);
    EACH_PACKAGE_UNROLLED
    for (unsigned i = 0; i < PACKAGES; i++) {
        if (has_session(services, i)
                && packages[i]->session_active(
                        state_of_const(services, packages[i]), core, &services->facts, now_ticks)) {
            return true;
        }
    }
    return false;
}

bool services_session_active(
        const struct services *services, const struct core *core, uint64_t now_ticks)
{
    return services->sessions != 0 && sessions_active(services, core, now_ticks);
}

/* The main loop asks this several times a run, mostly in vain. */
uint64_t services_reboot_at(const struct services *services, const struct core *core)
{
    return services->reboot_planned
                   ? firmware_management_reboot_at(&services->firmware_management, core)
                   : HAL_TICKS_NEVER;
}

void services_rebooting(struct services *services, struct core *core)
{
    if (services->reboot_planned) {
        firmware_management_rebooting(&services->firmware_management, core);
    }
}

static uint64_t uplink_at(const struct services *services, bool held)
{
    uint64_t at = services->uplink_at_ticks[held ? 1 : 0];
    return at > services->uplink_not_before_ticks ? at : services->uplink_not_before_ticks;
}

uint64_t services_uplink_at(const struct services *services, const struct core *core)
{
    /* Reading the RTC takes time. */
    return uplink_at(services,
            services->sessions != 0 && sessions_active(services, core, hal_rtc_now(&core->hal)));
}

bool services_uplink_in_session_at(const struct services *services, uint64_t *at_ticks)
{
    *at_ticks = uplink_at(services, true);
    return services->sessions != 0 && !services->reboot_planned
           && multicast_sessions_open(&services->multicast_setup.sessions);
}

size_t services_build_uplink(struct services *services, struct core *core, uint64_t now_ticks,
        uint8_t *payload, size_t size_max, uint8_t *fport)
{
    bool held = services_session_active(services, core, now_ticks);
    size_t size = 0;
    for (unsigned i = PACKAGES; i > 0 && size == 0; i--) {
        const struct package *package = packages[i - 1u];
        *fport = package->fport;
        size = package->build(
                state_of(services, package), core, now_ticks, held, payload, size_max);
    }
    DEVICE_ASSERT(&core->hal, size <= size_max);
    services->uplink_not_before_ticks = size > 0 ? 0 : now_ticks + NO_ROOM_DELAY_TICKS;
    refresh(services, core);
    return size;
}
