/* The mean course of a fleet's set-up and of delivery by unicast, where gateways have little
 * airtime.
 * SPDX-License-Identifier: MIT
 *
 * Equations for mean numbers of devices, in steps of seconds to minutes: no frame, no device and no
 * random number. A downlink leaves in RX1, else in RX2, as far as the airtime of the last hour lets
 * gateways send (ETSI EN 300 220-2); a command that was refused waits for the next report.
 */
#ifndef CAMPAIGN_FLEET_COURSE_H
#define CAMPAIGN_FLEET_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#define FLEET_COURSE_COMMANDS_MAX 4u

enum course_window {
    COURSE_RX1,
    COURSE_RX2,
    COURSE_WINDOWS
};

/* One downlink. */
struct course_frame {
    uint32_t fragments;               /* that it brings; 0: a command */
    double airtime_s[COURSE_WINDOWS]; /* 0: it does not fit that window */
};

struct fleet_course_input {
    double members;         /* at least one */
    double gateways;        /* members are spread evenly over them */
    double hearing;         /* gateways that hear a device, and may answer it */
    double report_period_s; /* first reports are spread over it */
    double loss;            /* of the link, each way, 0..1 */
    double duty_cycle[COURSE_WINDOWS];
    double channel_count; /* for uplinks */
    double uplink_s;      /* airtime of an uplink */
    double exchange_s;    /* from a command to its answer */
    bool chained;         /* the answer to a command is followed by the next one at once */
    uint32_t commands;    /* 1..FLEET_COURSE_COMMANDS_MAX */
    uint32_t ready_after; /* so many of them */
    struct course_frame command[FLEET_COURSE_COMMANDS_MAX];

    /* delivery by unicast */
    uint32_t fragments;       /* of the block; 0: the set-up alone */
    double fetches_max;       /* devices that fetch at one time */
    struct course_frame ask;  /* tells a device to fetch */
    struct course_frame full; /* an answer, and a shorter one that fits both windows */
    struct course_frame brief;
    double request_gap_s; /* between two requests that were answered */
    double repeat_s;      /* to the repetition of a request; each further one takes twice as long */
};

struct fleet_course {
    double set_up_s;                        /* from the start until a member is ready, mean */
    double set_up_last_s;                   /* the last one */
    double fetched_s;                       /* until the last one has the block */
    double requests;                        /* of a member */
    double fetch_airtime_s[COURSE_WINDOWS]; /* of answers, all members */
};

void fleet_course_make(const struct fleet_course_input *input, struct fleet_course *course);

#endif
