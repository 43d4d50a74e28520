/* The one table of scenario keys, put together from its sections (table_*.c).
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_KEYS_H
#define SCENARIO_SCENARIO_KEYS_H

#include "scenario/param.h"
#include "scenario/scenario.h"

extern const struct param_table scenario_table;

/* The rows by section. */
extern const struct param_rows general_rows, air_rows, gateway_rows, campaign_rows, device_rows;
extern const struct param_rows interferer_rows, outage_rows, wrong_clock_rows, fault_rows;
extern const struct param_rows adversary_rows, image_build_rows;

/* uint32_t from "major.minor.patch". */
extern const struct param_type param_version;
/* A list of frequencies, or none, into struct scenario_channels. */
extern const struct param_type param_channels;

#endif
