/* The headline metrics: the numbers of summary.json by which two revisions are compared.
 * SPDX-License-Identifier: MIT
 */
#include "study/headline.h"

#include <string.h>

#define LOWER  false
#define HIGHER true

/* clang-format off */
const struct headline headlines[HEADLINE_COUNT] = {
    { "devices.joined",                                      "devices",   HIGHER },
    { "devices.ready",                                       "devices",   HIGHER },
    { "devices.complete",                                    "devices",   HIGHER },
    { "devices.confirmed",                                   "devices",   HIGHER },
    { "setup_time_s.mean",                                   "s",         LOWER },
    { "setup_time_s.p95",                                    "s",         LOWER },
    { "missing_fragments.coded_sent",                        "fragments", LOWER },
    { "missing_fragments.rate_mean",                         "",          LOWER },
    { "missing_fragments.rate_p95",                          "",          LOWER },
    { "missing_fragments.unrecovered",                       "fragments", LOWER },
    { "missing_fragments.by_cause.session_not_open",         "",          LOWER },
    { "missing_fragments.by_cause.session_closed",           "",          LOWER },
    { "missing_fragments.by_cause.radio_busy",               "",          LOWER },
    { "missing_fragments.by_cause.preamble_missed",          "",          LOWER },
    { "missing_fragments.by_cause.mcu_busy",                 "",          LOWER },
    { "missing_fragments.by_cause.bad_mic",                  "",          LOWER },
    { "completion_time_s.mean",                              "s",         LOWER },
    { "completion_time_s.p95",                               "s",         LOWER },
    { "energy_j.mean",                                       "J",         LOWER },
    { "energy_j.p95",                                        "J",         LOWER },
    { "battery.update_cost_percent",                         "%",         LOWER },
    { "battery.life_years",                                  "years",     HIGHER },
    { "airtime.gateway_duty_cycle.max",                      "",          LOWER },
    { "airtime.downlink_frames",                             "frames",    LOWER },
    { "uplinks.sent",                                        "frames",    LOWER },
    { "uplinks.pdr",                                         "",          HIGHER },
    { "uplinks.duty_violations",                             "frames",    LOWER },
    { "reports.delivered",                                   "reports",   HIGHER },
    { "clock.error_ms_p95",                                  "ms",        LOWER },
    { "security.bad_installs",                               "images",    LOWER },
    { "guest.errors",                                        "errors",    LOWER },
};
/* clang-format on */

size_t headline_index(const char *key)
{
    size_t i = 0;
    while (i < HEADLINE_COUNT && strcmp(headlines[i].key, key) != 0) {
        i++;
    }
    return i;
}
