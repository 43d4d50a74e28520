/* What an application package of LoRaWAN (TS003 to TS007) is to the device: one row of a table.
 * SPDX-License-Identifier: MIT
 *
 * A package is one file with its row, one member of struct services for its state, and one line in
 * services.c. Every function gets the state that lies at `state_offset`.
 */
#ifndef DEVICE_SERVICES_PACKAGE_H
#define DEVICE_SERVICES_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct mac_downlink;

/* What packages tell each other, gathered after each call into a package and before each step. */
struct package_facts {
    uint8_t wanted_groups;      /* bit g: multicast group g can still bring fragments of use */
    uint8_t served_groups;      /* bit g: its session has served its purpose */
    uint8_t live_groups;        /* bit g: its session is armed or open */
    uint32_t clock_error_ticks; /* that the last correction of the clock may have left; for steps */
};

/* What a step may report to the other packages. */
enum package_event {
    PACKAGE_EVENT_NONE,
    PACKAGE_EVENT_SESSION_OVER /* an open multicast session has closed */
};

/* Functions that are NULL have nothing to do. */
struct package {
    uint8_t fport;
    uint8_t identifier; /* PackageIdentifier of PackageVersionAns */
    uint8_t version;    /* PackageVersion at start */
    uint16_t state_offset;
    void (*init)(void *state, struct core *core);
    void (*on_downlink)(void *state, struct core *core, const struct mac_downlink *downlink);
    void (*on_flash_done)(void *state, struct core *core);
    /* Adds to the facts. */
    void (*tell)(const void *state, const struct core *core, struct package_facts *facts);
    /* Takes what the others have told, whenever it may have changed. */
    void (*heed)(void *state, const struct package_facts *facts);
    /* RTC time of the next step; 0: now; HAL_TICKS_NEVER: on input only. */
    uint64_t (*step_at)(
            const void *state, const struct core *core, const struct package_facts *facts);
    /* Does one bounded piece of what is due at `now_ticks`; called at every step of the services.
     */
    enum package_event (*step)(
            void *state, struct core *core, const struct package_facts *facts, uint64_t now_ticks);
    void (*on_event)(void *state, struct core *core, enum package_event event, uint64_t now_ticks);
    /* True: a multicast session is armed or open. Only then are step_at() and session_active() of
     * this package asked. */
    bool (*session_pending)(const void *state);
    /* A multicast session is open or about to open: uplinks of the device's own accord wait. */
    bool (*session_active)(const void *state, const struct core *core,
            const struct package_facts *facts, uint64_t now_ticks);
    /* RTC time of the next uplink; `held`: only answers, no requests of the device's own. */
    uint64_t (*uplink_at)(const void *state, bool held);
    /* Builds that uplink; returns its size, at most `size_max`; 0: nothing. */
    size_t (*build)(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
            size_t size_max);
};

extern const struct package clock_sync_package, fragmentation_package, unicast_blocks_package,
        multicast_setup_package, firmware_management_package;

#endif
