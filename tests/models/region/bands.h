/* Sub-bands of models/region through plain functions: its struct region and that of the firmware
 * have one name and cannot meet in one file.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_REGION_BANDS_H
#define TESTS_REGION_BANDS_H

#include <stdint.h>

void bands_select(const char *name);
uint32_t bands_count(void);
void bands_edges(uint32_t band, uint32_t *from_hz, uint32_t *to_hz);
int bands_of(uint32_t frequency_hz);
double bands_duty_cycle(uint32_t frequency_hz);

#endif
