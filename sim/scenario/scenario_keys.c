/* The one table of scenario keys, put together from its sections.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_keys.h"

static const struct param_rows *const scenario_sections[] = { &general_rows, &air_rows,
    &gateway_rows };

#define LIST(path, items, count, type, max, rows, keep_one, named, single, help)                   \
    {                                                                                              \
        path, offsetof(struct scenario, items), offsetof(struct scenario, count), sizeof(type),    \
                max, rows, keep_one, named, single, help, NULL, 0                                  \
    }

static const struct param_list scenario_lists[] = {
    LIST("devices", groups, group_count, struct scenario_device_group, SCENARIO_DEVICE_GROUPS_MAX,
            &device_rows, true, true, NULL, "a group of devices, as in - {count: 20}"),
    LIST("campaigns", campaigns, campaign_count, struct scenario_campaign, SCENARIO_CAMPAIGNS_MAX,
            &campaign_rows, false, true, "campaign",
            "a campaign, as in - {name: first, start: 2 h}"),
    LIST("interferers", interferers, interferer_count, struct interferer_params,
            SCENARIO_INTERFERERS_MAX, &interferer_rows, false, false, NULL,
            "an interferer, as in - {frequency: 868.1 MHz}"),
    LIST("gateways.outages", outages, outage_count, struct scenario_fault, SCENARIO_OUTAGES_MAX,
            &outage_rows, false, false, NULL, "an outage, as in - {from: 2 h, duration: 30 min}"),
    LIST("gateways.clock.wrong", gateways.wrong_clocks, gateways.params.wrong_clock_count,
            struct gateway_wrong_clock, SCENARIO_WRONG_CLOCKS_MAX, &wrong_clock_rows, false, false,
            NULL, "a gateway, as in - {gateway: 1, error: 10 min}"),
    LIST("faults", faults, fault_count, struct scenario_fault, SCENARIO_FAULTS_MAX, &fault_rows,
            false, false, NULL, "a fault, as in - {kind: reset, device: 3, at: 2 h}"),
    LIST("adversaries", adversaries, adversary_count, struct scenario_adversary,
            SCENARIO_ADVERSARIES_MAX, &adversary_rows, false, false, NULL,
            "an adversary, as in - {kind: inject, device: 3, at: 2 h}"),
    LIST("firmware.builds", image_builds, image_build_count, struct scenario_image_build,
            SCENARIO_IMAGE_BUILDS_MAX, &image_build_rows, false, false, NULL,
            "a build, as in - {image: generated, size: 9 KiB, build: other.so}"),
};

const struct param_table scenario_table = { scenario_sections,
    sizeof scenario_sections / sizeof scenario_sections[0], scenario_lists,
    sizeof scenario_lists / sizeof scenario_lists[0] };
