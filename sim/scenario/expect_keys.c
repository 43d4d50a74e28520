/* The numbers of summary.json that a scenario may expect something of.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/expect_keys.h"

#include <stddef.h>
#include <string.h>

#include "firmware/firmware_build.h"

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
    "devices.failed.never_heard",
    "devices.failed.no_uplink",
    "devices.failed.no_package",
    "devices.failed.set_up_unanswered",
    "devices.failed.set_up_refused",
    "devices.failed.no_algorithm",
    "devices.failed.no_index",
    "devices.failed.no_memory",
    "devices.failed.wrong_descriptor",
    "devices.failed.group_undefined",
    "devices.failed.clock",
    "devices.failed.start_missed",
    "devices.failed.session_cnt",
    "devices.failed.not_sent",
    "devices.failed.other_version",
    "devices.failed.nothing_received",
    "devices.failed.incomplete",
    "devices.failed.silent_after_session",
    "devices.failed.block_mic",
    "devices.failed.decoder_memory",
    "devices.failed.wrong_hardware",
    "devices.failed.version_refused",
    "devices.failed.image_refused",
    "devices.failed.not_installed",
    "devices.failed.not_confirmed",
    "devices.failed.busy",
    "devices.failed.stopped",
    "devices.failed.reboot_kept",
    "devices.failed.reverted",
    "devices.failed.reverted_unheard",
    "devices.failed.wrong_base",
    "devices.failed.proof_rejected",
    "setup_time_s.min",
    "setup_time_s.mean",
    "setup_time_s.p50",
    "setup_time_s.p95",
    "setup_time_s.max",
    "setup_time_s.by_step.contact.mean",
    "setup_time_s.by_step.contact.p50",
    "setup_time_s.by_step.contact.p95",
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
    "missing_fragments.pairs",
    "missing_fragments.received",
    "missing_fragments.by_cause.gateway_skipped",
    "missing_fragments.by_cause.powered_down",
    "missing_fragments.by_cause.not_set_up",
    "missing_fragments.by_cause.session_not_open",
    "missing_fragments.by_cause.session_closed",
    "missing_fragments.by_cause.radio_busy",
    "missing_fragments.by_cause.receiver_locked_elsewhere",
    "missing_fragments.by_cause.preamble_missed",
    "missing_fragments.by_cause.below_sensitivity",
    "missing_fragments.by_cause.fading",
    "missing_fragments.by_cause.interference",
    "missing_fragments.by_cause.frequency_offset",
    "missing_fragments.by_cause.mismatch",
    "missing_fragments.by_cause.mcu_busy",
    "missing_fragments.by_cause.bad_mic",
    "missing_fragments.by_cause.counter_rejected",
    "unicast_fragments.received",
    "unicast_fragments.devices",
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
    "energy_j.by_phase.join",
    "energy_j.by_phase.idle",
    "energy_j.by_phase.report",
    "energy_j.by_phase.clock_sync",
    "energy_j.by_phase.set_up",
    "energy_j.by_phase.listening",
    "energy_j.by_phase.bulk",
    "energy_j.by_phase.correction",
    "energy_j.by_phase.verification",
    "energy_j.by_phase.install",
    "battery.update_cost_percent",
    "battery.update_cost_days",
    "battery.life_years",
    "airtime.gateway_duty_cycle.max",
    "airtime.gateway_duty_cycle.mean",
    "airtime.uplink_pdr",
    "airtime.downlink_frames",
    "uplinks.sent",
    "uplinks.received",
    "uplinks.pdr",
    "uplinks.by_cause.powered_down",
    "uplinks.by_cause.radio_busy",
    "uplinks.by_cause.receiver_locked_elsewhere",
    "uplinks.by_cause.preamble_missed",
    "uplinks.by_cause.below_sensitivity",
    "uplinks.by_cause.fading",
    "uplinks.by_cause.interference",
    "uplinks.by_cause.frequency_offset",
    "uplinks.by_cause.mismatch",
    "uplinks.by_data_rate.DR0.sent",
    "uplinks.by_data_rate.DR0.received",
    "uplinks.by_data_rate.DR1.sent",
    "uplinks.by_data_rate.DR1.received",
    "uplinks.by_data_rate.DR2.sent",
    "uplinks.by_data_rate.DR2.received",
    "uplinks.by_data_rate.DR3.sent",
    "uplinks.by_data_rate.DR3.received",
    "uplinks.by_data_rate.DR4.sent",
    "uplinks.by_data_rate.DR4.received",
    "uplinks.by_data_rate.DR5.sent",
    "uplinks.by_data_rate.DR5.received",
    "uplinks.by_data_rate.DR6.sent",
    "uplinks.by_data_rate.DR6.received",
    "uplinks.by_data_rate.other.sent",
    "uplinks.by_data_rate.other.received",
    "uplinks.duty_violations",
    "uplinks.duty_worst_hour",
    "reports.due",
    "reports.sent",
    "reports.late",
    "reports.dropped",
    "reports.waiting",
    "reports.delivered",
    "reports.confirmed",
    "reports.acknowledged",
    "reports.acknowledged_share",
    "gateways.received",
    "gateways.lost.powered_down",
    "gateways.lost.radio_busy",
    "gateways.lost.receiver_locked_elsewhere",
    "gateways.lost.preamble_missed",
    "gateways.lost.below_sensitivity",
    "gateways.lost.fading",
    "gateways.lost.interference",
    "gateways.lost.frequency_offset",
    "gateways.lost.mismatch",
    "gateways.rejected.too_late",
    "gateways.rejected.too_early",
    "gateways.rejected.collision",
    "gateways.rejected.full",
    "gateways.rejected.frequency",
    "gateways.rejected.power",
    "gateways.rejected.duty_cycle",
    "gateways.rejected.gps_unlocked",
    "gateways.rejected.collision_beacon",
    "gateways.cut_off",
    "gateways.backhaul_lost.up",
    "gateways.backhaul_lost.down",
    "gateways.outage_lost.up",
    "gateways.outage_lost.down",
    "gateways.fault_lost.up",
    "gateways.fault_lost.down",
    "gateways.demodulators_max",
    "rounds.count",
    "rounds.retried",
    "rounds.recovered",
    "rounds.airtime_s",
    "rounds.energy_j",
    "image.bytes",
    "image.encrypted",
    "image.full.confirmed",
    "image.full.airtime_s",
    "image.full.completion_s.mean",
    "image.full.energy_j.mean",
    "image.delta.confirmed",
    "image.delta.airtime_s",
    "image.delta.completion_s.mean",
    "image.delta.energy_j.mean",
    "delta.patch_bytes",
    "delta.target_bytes",
    "delta.share",
    "delta.devices.delta",
    "delta.devices.full",
    "delta.devices.built",
    "delta.build_s.mean",
    "delta.build_s.p95",
    "delta.build_s.max",
    "delta.build_j.mean",
    "delta.build_j.max",
    "estimate.fragments.expected",
    "estimate.fragments.simulated",
    "estimate.airtime_s.expected",
    "estimate.airtime_s.simulated",
    "estimate.set_up_s.expected",
    "estimate.set_up_s.simulated",
    "estimate.session_s.expected",
    "estimate.session_s.simulated",
    "estimate.uplinks.expected",
    "estimate.uplinks.simulated",
    "estimate.listening_j.expected",
    "estimate.listening_j.simulated",
    "estimate.bulk_j.expected",
    "estimate.bulk_j.simulated",
    "estimate.battery_percent.expected",
    "estimate.battery_percent.simulated",
    "clock.error_ms_p50",
    "clock.error_ms_p95",
    "clock.first_set_s_mean",
    "clock.first_set_s_p50",
    "clock.first_set_s_p95",
    "install.common_time.rebooted",
    "install.common_time.first_uplinks",
    "install.common_time.first_pdr",
    "install.common_time.uplinks",
    "install.common_time.uplink_pdr",
    "install.common_time.collided",
    "security.bad_installs",
    "security.forged_frames",
    "security.forged_accepted",
    "security.forged_uplinks_accepted",
    "security.jammed_frames",
    "security.flash_rewrites",
    "security.group_restarts",
    "power.cuts",
    "power.brown_outs",
    "power.off",
    "power.bricked",
    "flash.flipped_bits",
    "flash.wear.internal.most",
    "flash.wear.internal.mean",
    "flash.wear.internal.endurance_percent",
    "flash.wear.nor.most",
    "flash.wear.nor.mean",
    "flash.wear.nor.endurance_percent",
    "flash.wear.by_place.running",
    "flash.wear.by_place.records",
    "flash.wear.by_place.block",
    "flash.wear.by_place.decoder",
    "flash.wear.by_place.journal",
    "flash.wear.by_place.new_image",
    "flash.wear.by_place.old_image",
    "flash.wear.by_place.delta_state",
    "flash.wear.by_place.hashes",
    "flash.wear.by_place.other",
    "slots.empty",
    "slots.downloading",
    "slots.complete",
    "slots.verified",
    "slots.installing",
    "slots.testing",
    "slots.confirmed",
    "slots.reverting",
    "slots.rejected",
    "guest.errors",
    "guest.panics",
    "guest.hard_faults",
    NULL
};
/* clang-format on */

static bool begins_with_one_of(const char *key, const char *const *prefixes)
{
    while (*prefixes != NULL && strncmp(key, *prefixes, strlen(*prefixes)) != 0) {
        prefixes++;
    }
    return *prefixes != NULL;
}

bool expect_key_in_scope(const char *key, enum expect_scope scope)
{
    static const char *const of_campaign[] = { "devices.total", "devices.ready", "devices.complete",
        "devices.authenticated", "devices.installed", "devices.confirmed", "devices.failed.",
        "setup_time_s.", "missing_fragments.", "unicast_fragments.", "completion_time_s.",
        "rounds.", "image.", "delta.", "estimate.", NULL };
    static const char *const of_group[] = { "devices.", "setup_time_s.", "missing_fragments.rate_",
        "energy_j.", "battery.", "uplinks.duty_", "reports.", "power.", "flash.", "slots.",
        "guest.", NULL };
    return expect_key_known(key)
           && (scope == EXPECT_RUN
                   || begins_with_one_of(key, scope == EXPECT_CAMPAIGN ? of_campaign : of_group));
}

bool expect_key_is_percentage(const char *key)
{
    static const char suffix[] = "_percent";
    size_t length = strlen(key);
    return length > strlen(suffix) && strcmp(key + length - strlen(suffix), suffix) == 0;
}

bool expect_key_takes_percent(const char *key)
{
    static const char *const shares[] = { "devices.", "missing_fragments.rate_",
        "missing_fragments.received", "missing_fragments.by_cause.", "airtime.gateway_duty_cycle.",
        "airtime.uplink_pdr", "uplinks.pdr", "reports.acknowledged_share", "delta.share", NULL };
    return expect_key_is_percentage(key)
           || (begins_with_one_of(key, shares) && strcmp(key, "devices.total") != 0);
}

uint8_t expect_key_needs(const char *key)
{
    static const struct {
        const char *begin;
        uint8_t needs;
    } rows[] = {
        { "devices.installed", FIRMWARE_SHOWS_IMAGE },
        { "security.bad_installs", FIRMWARE_SHOWS_IMAGE },
        { "devices.confirmed", FIRMWARE_SHOWS_VERSION },
        { "completion_time_s.", FIRMWARE_SHOWS_TRACE },
        { "reports.", FIRMWARE_SHOWS_TRACE },
        { "image.full.confirmed", FIRMWARE_SHOWS_VERSION },
        { "image.full.completion_s.", FIRMWARE_SHOWS_TRACE },
        { "image.delta.confirmed", FIRMWARE_SHOWS_VERSION },
        { "image.delta.completion_s.", FIRMWARE_SHOWS_TRACE },
        { "delta.devices.built", FIRMWARE_SHOWS_TRACE },
        { "delta.build_", FIRMWARE_SHOWS_TRACE },
        { "slots.", FIRMWARE_SHOWS_TRACE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(key, rows[i].begin, strlen(rows[i].begin)) == 0) {
            return rows[i].needs;
        }
    }
    return 0;
}

bool expect_key_known(const char *key)
{
    for (size_t i = 0; expect_keys[i] != NULL; i++) {
        if (strcmp(expect_keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

const char *expect_key_in_path(const char *path)
{
    while (path != NULL && !expect_key_known(path)) {
        path = strchr(path, '.');
        path = path == NULL ? NULL : path + 1;
    }
    return path;
}
