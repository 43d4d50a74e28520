/* This tree's firmware with a fault that shows only where it runs: images that a trial must end.
 * SPDX-License-Identifier: MIT
 *
 * device/ is compiled as it is; DEAF wraps what takes received frames (-Wl,--wrap=mac_receive).
 */
#include "firmware/firmware_object.h"
#include "fw_state.h"
#include "mac/mac_internal.h"
#include "update/nvm.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

#ifdef DEAF
enum mac_receipt __wrap_mac_receive(struct core *core, const struct radio_frame *radio,
        uint64_t end_ticks, struct mac_rx *rx, bool *deliver);

/* Takes no frame of the network for one: it never joins, and is never answered. */
enum mac_receipt __wrap_mac_receive(struct core *core, const struct radio_frame *radio,
        uint64_t end_ticks, struct mac_rx *rx, bool *deliver)
{
    (void)core;
    (void)radio;
    (void)end_ticks;
    (void)rx;
    (void)deliver;
    return MAC_RECEIPT_NONE;
}
#endif

static void boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
#ifdef CRASHES_AT_START
    hal_panic(hal, DEVICE_FILE, __LINE__);
#endif
#ifdef LOSES_SESSION
    struct nvm nvm;
    nvm_open(&nvm, hal);
    nvm_erase(&nvm, NVM_MAC_SESSION);
#endif
    fleetcast_fw.boot(ram, hal, cause);
}

static bool run(void *ram)
{
#ifdef CRASHES_LATER
    /* It would confirm itself two hours after its start. */
    struct fw *fw = ram;
    uint64_t hour_ticks = 3600u * (uint64_t)HAL_RTC_HZ;
    if (fw->in_trial && hal_rtc_now(&fw->core.hal) + hour_ticks >= fw->trial.confirm_ticks) {
        hal_panic(&fw->core.hal, DEVICE_FILE, __LINE__);
    }
#endif
    return fleetcast_fw.run(ram);
}

static struct firmware_build build;
static struct fw_ops application;

const struct firmware_build *fleetcast_firmware(void)
{
    build = firmware_builtin;
    application = fleetcast_fw;
    application.boot = boot;
    application.run = run;
    build.name = "bad image";
    build.application = &application;
    return &build;
}
