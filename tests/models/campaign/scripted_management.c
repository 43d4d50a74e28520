/* Answers of scripted devices to TS006.
 * SPDX-License-Identifier: MIT
 *
 * A reboot that is planned comes with the next report after its time.
 */
#include <criterion/criterion.h>

#include "models/campaign/scripted_fleet_internal.h"

static void on_reboot_time(struct fleet *fleet, struct fleet_device *device, uint32_t gps_s)
{
    uint8_t out[5] = { 0x02, 0xFF, 0xFF, 0xFF, 0xFF };
    sim_ns now_ns = engine_now(fleet->engine);
    if (gps_s == UINT32_MAX) {
        device->reboot_cancels++;
        device->reboot_ns = 0;
        fleet_answer(device, 203, out, 5);
        return;
    }
    device->reboot_orders++;
    if (gps_s == 0) { /* no answer */
        device->reboot_ns = now_ns;
        return;
    }
    int64_t in_s = (int64_t)gps_s - fleet_device_gps_s(fleet, device);
    cr_assert(in_s > 0);
    device->reboot_ns = device->faults.plans_no_time ? 0 : now_ns + in_s * SIM_NS_PER_S;
    fleet_put_le(out + 1, device->faults.plans_no_time ? 0 : (uint32_t)in_s, 4);
    fleet_answer(device, 203, out, 5);
}

static void on_reboot_countdown(struct fleet *fleet, struct fleet_device *device, uint32_t in_s)
{
    uint8_t out[4] = { 0x03 };
    device->reboot_orders++;
    device->reboot_ns = engine_now(fleet->engine) + in_s * SIM_NS_PER_S;
    if (in_s > 0) {
        fleet_put_le(out + 1, in_s, 3);
        fleet_answer(device, 203, out, 4);
    }
}

/* DevDeleteImageAns: bit 0 no valid image, bit 1 another version. */
static void on_image_delete(struct fleet_device *device, uint32_t version)
{
    uint8_t errors = !device->holds_image ? 1 : version != FLEET_VERSION ? 2 : 0;
    device->image_deletes++;
    device->holds_image = device->holds_image && errors != 0;
    fleet_answer(device, 203, (uint8_t[]){ 0x05, errors }, 2);
}

uint16_t fleet_on_management(struct fleet *fleet, struct fleet_device *device, const uint8_t *p)
{
    uint8_t out[9] = { p[0] };
    switch (p[0]) {
    case 0x00:
        device->version_questions[2]++;
        fleet_answer(device, 203, (uint8_t[]){ 0x00, 4, 1 }, 3);
        return 1;
    case 0x01:
        device->version_asked++;
        fleet_put_le(out + 1, device->version, 4);
        fleet_answer(device, 203, out, 9);
        return 1;
    case 0x02:
        on_reboot_time(fleet, device, fleet_le(p + 1, 4));
        return 5;
    case 0x03:
        on_reboot_countdown(fleet, device, fleet_le(p + 1, 3));
        return 4;
    case 0x04:
        device->image_questions++;
        out[1] = device->holds_image ? 3 : 0;
        fleet_put_le(out + 2, FLEET_VERSION, 4);
        fleet_answer(device, 203, out, device->holds_image ? 6 : 2);
        return 1;
    default:
        cr_assert_eq(p[0], 0x05);
        on_image_delete(device, fleet_le(p + 1, 4));
        return 5;
    }
}
