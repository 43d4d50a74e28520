/* The numbers of summary.json that a scenario may expect something of.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_EXPECT_KEYS_H
#define SCENARIO_EXPECT_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* Dotted keys in the order of summary.json, NULL-terminated. Scenarios are read before there are
 * results, so the list stands here; a test of sim/results holds it against a run's summary. */
extern const char *const expect_keys[];

bool expect_key_known(const char *key);
/* The key in a path of the summary: what follows "campaigns.NAME." or "groups.NAME.", where names
 * may have dots and be words of keys. NULL: there is none. */
const char *expect_key_in_path(const char *path);

/* What a number counts: "devices.ready" the whole run, "campaigns.NAME.devices.ready" one campaign,
 * "groups.NAME.devices.ready" one group of devices. */
enum expect_scope {
    EXPECT_RUN,
    EXPECT_CAMPAIGN,
    EXPECT_GROUP
};

/* Is there such a number, a key of expect_keys, in results of that scope? */
bool expect_key_in_scope(const char *key, enum expect_scope scope);
/* FIRMWARE_SHOWS_ bits without which a number is not known (null): some device that counts must
 * have them. 0: it is seen from outside of any device. */
uint8_t expect_key_needs(const char *key);
/* Does the number count per cent already ("..._percent")? */
bool expect_key_is_percentage(const char *key);
/* May the number be compared in per cent: is it one, a share, or a count of devices that can be one
 * of devices.total? */
bool expect_key_takes_percent(const char *key);

#endif
