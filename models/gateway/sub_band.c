/* EU868 sub-bands: who may transmit how strongly and how long.
 * SPDX-License-Identifier: MIT
 *
 * Source: ETSI EN 300 220-2 annex B; of 869.7..870 MHz the 14 dBm row. (spec-physics section 6)
 */
#include "gateway/gateway.h"

const struct sub_band eu868_sub_bands[] = {
    { "863.0-865.0", 863000000, 865000000, 0.001, 14000 },
    { "865.0-868.0", 865000000, 868000000, 0.01, 14000 },
    { "868.0-868.6", 868000000, 868600000, 0.01, 14000 },
    { "868.7-869.2", 868700000, 869200000, 0.001, 14000 },
    { "869.4-869.65", 869400000, 869650000, 0.1, 27000 },
    { "869.7-870.0", 869700000, 870000000, 0.01, 14000 },
};
const uint32_t eu868_sub_band_count = sizeof eu868_sub_bands / sizeof eu868_sub_bands[0];

int eu868_sub_band_of(uint32_t frequency_hz)
{
    for (uint32_t i = 0; i < eu868_sub_band_count; i++) {
        if (frequency_hz >= eu868_sub_bands[i].from_hz && frequency_hz < eu868_sub_bands[i].to_hz) {
            return (int)i;
        }
    }
    return -1;
}
