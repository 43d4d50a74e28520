/* The fleet of a suite: each test creates it, TestSuite(name, .fini = fleet_suite_end) ends it.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_CAMPAIGN_FLEET_SUITE_H
#define TESTS_CAMPAIGN_FLEET_SUITE_H

#include "models/campaign/scripted_fleet.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)

static struct fleet fleet;

static void fleet_suite_end(void)
{
    fleet_destroy(&fleet);
}

#endif
