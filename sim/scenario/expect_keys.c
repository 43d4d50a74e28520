/* The numbers of summary.json that a scenario may expect something of.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/expect_keys.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
const char *const expect_keys[] = {
    "seed",
    "sim_time_s",
    "events",
    "deliveries",
    "devices.total",
    "devices.joined",
    "devices.ready",
    "devices.complete",
    "devices.authenticated",
    "devices.installed",
    "devices.confirmed",
    "devices.failed.never_joined",
    "devices.failed.no_uplink",
    "devices.failed.set_up_unanswered",
    "devices.failed.set_up_refused",
    "devices.failed.clock",
    "devices.failed.incomplete",
    "devices.failed.silent_after_session",
    "devices.failed.block_mic",
    "devices.failed.decoder_memory",
    "devices.failed.not_installed",
    "devices.failed.not_confirmed",
    "setup_time_s.min",
    "setup_time_s.mean",
    "setup_time_s.p50",
    "setup_time_s.p95",
    "setup_time_s.max",
    "setup_time_s.by_step.clock_sync.mean",
    "setup_time_s.by_step.clock_sync.p50",
    "setup_time_s.by_step.clock_sync.p95",
    "setup_time_s.by_step.multicast_setup.mean",
    "setup_time_s.by_step.multicast_setup.p50",
    "setup_time_s.by_step.multicast_setup.p95",
    "setup_time_s.by_step.fragmentation_setup.mean",
    "setup_time_s.by_step.fragmentation_setup.p50",
    "setup_time_s.by_step.fragmentation_setup.p95",
    "setup_time_s.by_step.session_start.mean",
    "setup_time_s.by_step.session_start.p50",
    "setup_time_s.by_step.session_start.p95",
    "missing_fragments.nb_frag",
    "missing_fragments.sent",
    "missing_fragments.coded_sent",
    "missing_fragments.correction_batches",
    "missing_fragments.devices_with_losses",
    "missing_fragments.rate_mean",
    "missing_fragments.rate_p50",
    "missing_fragments.rate_p95",
    "missing_fragments.rate_max",
    "missing_fragments.recovered",
    "missing_fragments.unrecovered",
    "completion_time_s.min",
    "completion_time_s.mean",
    "completion_time_s.p50",
    "completion_time_s.p95",
    "completion_time_s.max",
    "energy_j.mean",
    "energy_j.p50",
    "energy_j.p95",
    "energy_j.max",
    "energy_j.by_component.radio_rx",
    "energy_j.by_component.radio_tx",
    "energy_j.by_component.radio_idle",
    "energy_j.by_component.mcu_run",
    "energy_j.by_component.mcu_sleep",
    "energy_j.by_component.flash",
    "airtime.gateway_duty_cycle.max",
    "airtime.gateway_duty_cycle.mean",
    "airtime.uplink_pdr",
    "airtime.downlink_frames",
    "clock.error_ms_p50",
    "clock.error_ms_p95",
    "security.bad_installs",
    "guest.errors",
    "guest.panics",
    NULL
};
/* clang-format on */

bool expect_key_known(const char *key)
{
    for (size_t i = 0; expect_keys[i] != NULL; i++) {
        if (strcmp(expect_keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}
