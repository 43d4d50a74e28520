/* What a run left in its folder, as a report needs it.
 * SPDX-License-Identifier: MIT
 */
#ifndef REPORT_RUN_DATA_H
#define REPORT_RUN_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "record/summary.h"
#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"

/* How far a device came: the words of the column `state` of devices.csv. */
enum run_stage {
    RUN_NOT_JOINED,
    RUN_JOINED,
    RUN_WAITING,
    RUN_CONTACTED,
    RUN_GROUP_SET_UP,
    RUN_READY,
    RUN_COMPLETE,
    RUN_AUTHENTICATED,
    RUN_CONFIRMED,
    RUN_STAGE_COUNT
};

/* A line of devices.csv; NaN: an empty cell. */
struct run_device {
    double x_m, y_m;
    double joined_s, ready_s, complete_s, confirmed_s;
    enum run_stage stage;
    double fragments, fragments_received;
    double life_years;
};

#define RUN_GATEWAYS_MAX 8u

/* A line of gateways.csv. */
struct run_gateway {
    double x_m, y_m;
};

/* A line of campaign.csv: how much of its duty cycle each of the first gateways used in the last
 * hour, 1 is all of it; NaN: there is no such gateway. */
struct run_duty {
    double time_s;
    double used[RUN_GATEWAYS_MAX];
};

#define RUN_CAMPAIGNS_MAX SCENARIO_CAMPAIGNS_MAX

/* Campaigns in the order of the scenario. */
struct run_campaigns {
    size_t count;
    const char *names[RUN_CAMPAIGNS_MAX + 1]; /* NULL after the last */
    double start_s[RUN_CAMPAIGNS_MAX];        /* of the set-up of the first round; NaN: not known */
    char text[RUN_CAMPAIGNS_MAX][SCENARIO_NAME_MAX];
};

/* A line of campaign.csv: members of a campaign that had come so far at a time. */
struct run_progress {
    size_t campaign;
    double time_s, members, ready, complete;
};

/* Texts of run.json; "" if it has none. */
struct run_origin {
    char version[32], commit[64], path[256], command[1024];
};

struct run_data {
    struct summary *summary;
    struct run_origin origin;
    size_t device_count;
    struct run_device *devices;
    size_t gateway_count;
    struct run_gateway *gateways;
    size_t duty_count;
    struct run_duty *duty; /* in the order of time */
    struct run_campaigns campaigns;
    size_t progress_count;
    struct run_progress *progress; /* of each campaign in the order of time */
};

/* Reads summary.json, run.json, devices.csv, campaign.csv, rounds.csv and gateways.csv of `folder`.
 * NULL after mistakes. */
struct run_data *run_data_read(const char *folder, struct scenario_errors *errors);
void run_data_destroy(struct run_data *data);

#endif
