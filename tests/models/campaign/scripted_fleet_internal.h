/* What the files of scripted_fleet.h share. Not for tests.
 * SPDX-License-Identifier: MIT
 *
 * scripted_fleet.c sends uplinks and receives frames; scripted_commands.c answers commands, those
 * of TS006 in scripted_management.c.
 */
#ifndef TESTS_SCRIPTED_FLEET_INTERNAL_H
#define TESTS_SCRIPTED_FLEET_INTERNAL_H

#include "models/campaign/scripted_fleet.h"

/* Little-endian numbers of 1 to 4 bytes. */
uint32_t fleet_le(const uint8_t *p, unsigned bytes);
void fleet_put_le(uint8_t *p, uint32_t value, unsigned bytes);
/* GPS time by the device's clock. */
int64_t fleet_device_gps_s(const struct fleet *fleet, const struct fleet_device *device);
void fleet_leave_sessions(struct fleet_device *device);
/* Appends to the answers that wait; those of another port are dropped. */
void fleet_answer(struct fleet_device *device, uint8_t fport, const uint8_t *data, uint8_t size);
/* Fragments that the device needs until its block is whole. */
uint32_t fleet_missing(const struct fleet_device *device);
bool fleet_is_over_memory(const struct fleet_device *device);
/* Appends FragSessionStatusAns. */
void fleet_put_status(const struct fleet *fleet, struct fleet_device *device);
/* The next start runs the block. */
void fleet_install(struct fleet_device *device);
/* A command of TS006; returns the bytes that it takes. */
uint16_t fleet_on_management(struct fleet *fleet, struct fleet_device *device, const uint8_t *p);
/* A unicast downlink with a payload. */
void fleet_on_commands(struct fleet *fleet, uint32_t index, const struct scripted_downlink *d);

#endif
