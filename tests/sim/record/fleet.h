/* The fleet of the second counts over devices.
 * SPDX-License-Identifier: MIT
 *
 * Devices differ: distance, fading, joins and reports at their own times. Batteries of 1200 mAh, of
 * which 70 % can be used and 3 % leak each year.
 */
#ifndef TESTS_SIM_RECORD_FLEET_H
#define TESTS_SIM_RECORD_FLEET_H

#define FLEET_DEVICES     20u
#define FLEET_START_S     1800.0 /* campaign.start */
#define FLEET_CAPACITY_AH 1.2
#define FLEET_LEAK_A_YEAR 0.03
#define FLEET_USABLE      0.7
#define FLEET_S_PER_YEAR  (365.25 * 86400.0)

static const char fleet_text[] =
        "name: fleet\n"
        "duration: 10 h\n"
        "area: {radius: 2500 m}\n"
        "propagation: {shadowing: {sigma: 4 dB}, fading: rayleigh}\n"
        "gateways: {count: 2, radius: 1 km}\n"
        "devices: [{name: d, count: 20, boot: {spread: 45 min}, report: {period: 10 min}, "
        "battery: {capacity: 1200 mAh, self_discharge: 3 %, usable: 70 %}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 3 h}, confirm_timeout: 1 h}\n";

#endif
