/* The one table of scenario keys: it parses, checks, documents and sets.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_table.h"

#include <stdio.h>

static const char *const region_names[] = { "EU868", NULL };
static const char *const fail_count_names[] = { "count", "fail", NULL };
static const char *const area_shape_names[] = { "disc", NULL };
static const char *const propagation_names[] = { "okumura-hata", NULL };
static const char *const environment_names[] = { "urban", "suburban", "open", NULL };
static const char *const fading_names[] = { "none", "rayleigh", NULL };
static const char *const layout_names[] = { "uniform", "ring", NULL };
static const char *const phase_names[] = { "boot", "uniform", NULL };
static const char *const delivery_names[] = { "full", NULL };
static const char *const set_up_names[] = { "chained", "one-per-uplink", NULL };
static const char *const class_names[] = { "C", NULL };
static const char *const data_rate_names[] = { "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", NULL };
static const char *const correction_names[] = { "fixed", "until-reported", "adaptive", NULL };
static const char *const gateways_names[] = { "staggered", "simultaneous", "single", NULL };

#define S(member) offsetof(struct scenario, member)
#define G(member) offsetof(struct scenario_device_group, member)
#define DAY       86400.0

/* A document, one row a key. */
/* clang-format off */
const struct param scenario_params[] = {
    /* path, member, type, dimension, min, max, names, default, help */
    { "name", S(name), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "unnamed", "name in results" },
    { "seed", S(seed), PARAM_U64, DIMENSION_NONE, 0, 1.8e19, NULL, "1", "keys every random stream" },
    { "duration", S(duration_ns), PARAM_TIME, DIMENSION_TIME, 1, 3650 * DAY, NULL, "24 h", "end of the run, unless the campaign ends before" },
    { "region", S(region), PARAM_ENUM, DIMENSION_NONE, 0, 0, region_names, "EU868", "regional parameters" },
    { "on_guest_error", S(on_guest_error_fail), PARAM_ENUM, DIMENSION_NONE, 0, 0, fail_count_names, "fail", "when firmware breaks a rule of the radio's datasheet" },
    { "area.shape", S(area.shape), PARAM_ENUM, DIMENSION_NONE, 0, 0, area_shape_names, "disc", "where devices stand" },
    { "area.radius", S(area.radius_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 50e3, NULL, "3 km", "of the disc; okumura-hata holds to 20 km" },
    { "propagation.model", S(propagation.model), PARAM_ENUM, DIMENSION_NONE, 0, 0, propagation_names, "okumura-hata", "median path loss" },
    { "propagation.environment", S(propagation.environment), PARAM_ENUM, DIMENSION_NONE, 0, 0, environment_names, "urban", "of the path-loss law" },
    { "propagation.penetration", S(propagation.penetration_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 60, NULL, "6 dB", "loss into the building of a device" },
    { "propagation.shadowing.sigma", S(propagation.shadowing_sigma_db), PARAM_DOUBLE, DIMENSION_LEVEL, 0, 20, NULL, "6 dB", "log-normal, one draw per link" },
    { "propagation.fading", S(propagation.fading), PARAM_ENUM, DIMENSION_NONE, 0, 0, fading_names, "rayleigh", "block fading, one draw per frame and receiver" },
    { "gateways.count", S(gateways.count), PARAM_U32, DIMENSION_NONE, 1, 64, NULL, "3", "gateways" },
    { "gateways.layout", S(gateways.layout), PARAM_ENUM, DIMENSION_NONE, 0, 0, layout_names, "ring", "where gateways stand" },
    { "gateways.radius", S(gateways.radius_m), PARAM_DOUBLE, DIMENSION_LENGTH, 0, 50e3, NULL, "1.5 km", "of the ring of gateways" },
    { "gateways.height", S(gateways.height_m), PARAM_DOUBLE, DIMENSION_LENGTH, 10, 300, NULL, "30 m", "of the antennas; okumura-hata holds from 30 m to 200 m" },
    { "gateways.demodulators", S(gateways.demodulators), PARAM_U32, DIMENSION_NONE, 1, 16, NULL, "8", "frames at once (SX1301: 8, SX1302: 16)" },
    { "gateways.backhaul.latency", S(gateways.backhaul_latency_ns), PARAM_TIME, DIMENSION_TIME, 0.001, 10, NULL, "80 ms", "one way, mean" },
    { "gateways.backhaul.jitter", S(gateways.backhaul_jitter_ns), PARAM_TIME, DIMENSION_TIME, 0, 10, NULL, "20 ms", "uniform, plus or minus" },
    { "gateways.gnss", S(gateways.gnss), PARAM_BOOL, DIMENSION_NONE, 0, 0, NULL, "true", "gateways know GPS time" },
    { "firmware.image", S(firmware.image), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_PATH_MAX, NULL, "device", "device (this firmware's target link), generated, or a file" },
    { "firmware.size", S(firmware.image_size_bytes), PARAM_U32, DIMENSION_BYTES, 1, 163584, NULL, "48 KiB", "of a generated image" },
    { "firmware.version", S(firmware.version), PARAM_VERSION, DIMENSION_NONE, 0, 0, NULL, "2.0.0", "that the image carries; devices run 1.0.0" },
    { "firmware.delivery", S(firmware.delivery), PARAM_ENUM, DIMENSION_NONE, 0, 0, delivery_names, "full", "what is sent" },
    { "campaign.start", S(campaign.start_ns), PARAM_TIME, DIMENSION_TIME, 0, 3650 * DAY, NULL, "2 h", "first command to devices" },
    { "campaign.set_up.policy", S(campaign.set_up_policy), PARAM_ENUM, DIMENSION_NONE, 0, 0, set_up_names, "chained", "how the set-up exchanges are held" },
    { "campaign.set_up.window", S(campaign.set_up_window_ns), PARAM_TIME, DIMENSION_TIME, 30, 365 * DAY, NULL, "8 h", "from start to the common session" },
    { "campaign.class", S(campaign.session_class), PARAM_ENUM, DIMENSION_NONE, 0, 0, class_names, "C", "of the multicast session" },
    { "campaign.data_rate", S(campaign.data_rate), PARAM_ENUM, DIMENSION_NONE, 0, 0, data_rate_names, "DR5", "of the multicast session" },
    { "campaign.frequency", S(campaign.frequency_hz), PARAM_DOUBLE, DIMENSION_FREQUENCY, 863e6, 870e6, NULL, "869.525 MHz", "of the multicast session" },
    { "campaign.fragment_size", S(campaign.fragment_size_bytes), PARAM_U32, DIMENSION_BYTES, 8, 239, NULL, "200 B", "data bytes of a fragment" },
    { "campaign.redundancy", S(campaign.redundancy), PARAM_DOUBLE, DIMENSION_RATIO, 0, 4, NULL, "15 %", "coded fragments of the first pass" },
    { "campaign.correction.policy", S(campaign.correction_policy), PARAM_ENUM, DIMENSION_NONE, 0, 0, correction_names, "adaptive", "coded fragments after the first pass" },
    { "campaign.correction.timeout", S(campaign.correction_timeout_ns), PARAM_TIME, DIMENSION_TIME, 0, 30 * DAY, NULL, "3 h", "longest correction" },
    { "campaign.block_ack_delay", S(campaign.block_ack_delay), PARAM_U32, DIMENSION_NONE, 0, 255, NULL, "255", "0..7: answers spread over 2^(d+4) s; 255: by fleet size" },
    { "campaign.fragmentation_version", S(campaign.fragmentation_version), PARAM_U32, DIMENSION_NONE, 1, 2, NULL, "2", "of TS004" },
    { "campaign.gateways", S(campaign.gateways), PARAM_ENUM, DIMENSION_NONE, 0, 0, gateways_names, "staggered", "who sends a multicast frame, and when" },
    { "campaign.verify", S(campaign.verify_block_mic), PARAM_VERIFY, DIMENSION_NONE, 0, 0, NULL, "block-mic signature", "list of block-mic, signature" },
    { "campaign.duty_share", S(campaign.duty_share), PARAM_DOUBLE, DIMENSION_RATIO, 0.01, 1, NULL, "80 %", "of a gateway's duty cycle that multicast may use" },
    { "campaign.confirm_timeout", S(campaign.confirm_timeout_ns), PARAM_TIME, DIMENSION_TIME, 0, 365 * DAY, NULL, "12 h", "longest wait for reports after the session" },
};
const size_t scenario_param_count = sizeof scenario_params / sizeof scenario_params[0];

const struct param group_params[] = {
    { "name", G(name), PARAM_STRING, DIMENSION_NONE, 1, SCENARIO_NAME_MAX, NULL, "devices", "of the group" },
    { "count", G(count), PARAM_U32, DIMENSION_NONE, 1, 1000000, NULL, "20", "end-devices" },
    { "layout", G(layout), PARAM_ENUM, DIMENSION_NONE, 0, 0, layout_names, "uniform", "where they stand in the area" },
    { "height", G(height_m), PARAM_DOUBLE, DIMENSION_LENGTH, 1, 10, NULL, "1.5 m", "of the antennas" },
    { "boot.spread", G(boot_spread_ns), PARAM_TIME, DIMENSION_TIME, 0, 365 * DAY, NULL, "1 h", "power-on times, uniform" },
    { "report.period", G(report_period_ns), PARAM_TIME, DIMENSION_TIME, 10, 365 * DAY, NULL, "4 h", "of the application's report" },
    { "report.phase", G(report_phase_uniform), PARAM_ENUM, DIMENSION_NONE, 0, 0, phase_names, "uniform", "of the first report: soon after the join, or anywhere in the period" },
    { "report.payload", G(report_payload_bytes), PARAM_U32, DIMENSION_BYTES, 20, 51, NULL, "24 B", "application bytes of a report" },
    { "rtc.tolerance", G(rtc_tolerance_ppm), PARAM_DOUBLE, DIMENSION_PPM, 0, 500, NULL, "20 ppm", "initial error of the crystal, uniform in plus or minus this" },
    { "rtc.temperature.mean", G(rtc_temperature_mean_c), PARAM_DOUBLE, DIMENSION_TEMPERATURE, -40, 85, NULL, "25 C", "where the crystal is" },
    { "rtc.temperature.swing", G(rtc_temperature_swing_c), PARAM_DOUBLE, DIMENSION_TEMPERATURE, 0, 40, NULL, "0 C", "diurnal amplitude" },
};
const size_t group_param_count = sizeof group_params / sizeof group_params[0];
/* clang-format on */

static void print_params(FILE *out, const char *prefix, const struct param *params, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct param *p = &params[i];
        char key[80];
        char range[96] = "";
        snprintf(key, sizeof key, "%s%s", prefix, p->path);
        if (p->type == PARAM_ENUM) {
            size_t used = 0;
            for (size_t n = 0; p->names[n] != NULL && used < sizeof range; n++) {
                used += (size_t)snprintf(range + used, sizeof range - used, "%s%s",
                        n == 0 ? "" : " | ", p->names[n]);
            }
        } else if (p->type == PARAM_DOUBLE || p->type == PARAM_TIME || p->type == PARAM_U32) {
            char low[32], high[32];
            quantity_format(low, sizeof low, p->dimension, p->min);
            quantity_format(high, sizeof high, p->dimension, p->max);
            snprintf(range, sizeof range, "%s .. %s", low, high);
        }
        fprintf(out, "%-34s %-20s %-32s %s\n", key, p->standard, range, p->help);
    }
}

void scenario_print_reference(FILE *out)
{
    fprintf(out, "%-34s %-20s %-32s %s\n", "key", "default", "range", "what");
    print_params(out, "", scenario_params, scenario_param_count);
    print_params(out, "devices[].", group_params, group_param_count);
    fprintf(out, "%-34s %-20s %-32s %s\n", "expect.SUMMARY.KEY", "", "== != >= > <= < NUMBER [%]",
            "checked against summary.json");
}
