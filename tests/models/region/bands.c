/* Sub-bands of models/region through plain functions.
 * SPDX-License-Identifier: MIT
 */
#include "models/region/bands.h"

#include <criterion/criterion.h>

#include "region/region.h"

static const struct region *region;

void bands_select(const char *name)
{
    region = region_find(name);
    cr_assert_not_null(region);
}

uint32_t bands_count(void)
{
    return region->band_count;
}

void bands_edges(uint32_t band, uint32_t *from_hz, uint32_t *to_hz)
{
    *from_hz = region->bands[band].from_hz;
    *to_hz = region->bands[band].to_hz;
}

int bands_of(uint32_t frequency_hz)
{
    return region_band_of(region, frequency_hz);
}

double bands_duty_cycle(uint32_t frequency_hz)
{
    return region_duty_cycle(region, frequency_hz);
}
