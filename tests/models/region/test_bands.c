/* Sub-bands of gateways and servers against those of the firmware.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the two readings of RP002 agree on every frequency at, and 1 Hz beside, every end of every
 * sub-band: both name a sub-band there or neither does, two frequencies are in one sub-band for
 * both or for neither, and its duty cycle is the same.
 */
#include <criterion/criterion.h>

#include "mac/region.h"
#include "models/region/bands.h"

#define EDGES_MAX 64u

static unsigned edges_of(uint32_t hz[EDGES_MAX])
{
    unsigned count = 0;
    for (uint32_t i = 0; i < bands_count(); i++) {
        uint32_t from_hz, to_hz;
        bands_edges(i, &from_hz, &to_hz);
        for (int beside = -1; beside <= 1; beside++) {
            cr_assert_lt(count + 2, EDGES_MAX);
            hz[count++] = from_hz + (uint32_t)beside;
            hz[count++] = to_hz + (uint32_t)beside;
        }
    }
    return count;
}

static void expect_agreement(const char *name, const struct region *device)
{
    uint32_t hz[EDGES_MAX];
    bands_select(name);
    unsigned count = edges_of(hz);
    for (unsigned i = 0; i < count; i++) {
        int model_band = bands_of(hz[i]);
        int device_band = mac_region_sub_band(device, hz[i]);
        cr_expect_eq(model_band < 0, device_band < 0, "%s %u Hz", name, hz[i]);
        if (model_band >= 0 && device_band >= 0) {
            double duty_cycle = 1.0 / device->sub_bands[device_band].duty_divisor;
            cr_expect_float_eq(bands_duty_cycle(hz[i]), duty_cycle, 1e-9, "%u Hz", hz[i]);
        }
        for (unsigned j = 0; j < i; j++) {
            cr_expect_eq(model_band == bands_of(hz[j]),
                    device_band == mac_region_sub_band(device, hz[j]), "%s %u and %u Hz", name,
                    hz[i], hz[j]);
        }
    }
}

Test(bands, gateway_and_device_agree_on_every_edge)
{
    expect_agreement("EU868", &mac_region_eu868);
    expect_agreement("IN865", &mac_region_in865);
}

Test(bands, the_upper_end_of_868_6_mhz_belongs_to_one_sub_band)
{
    bands_select("EU868");
    cr_expect_geq(bands_of(868600000), 0);
    cr_expect_eq(bands_of(868600000), bands_of(868100000));
    cr_expect_lt(bands_of(868600001), 0);
    cr_expect_neq(bands_of(868000000), bands_of(867999999));
}
