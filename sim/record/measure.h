/* What recorders share when they add their keys to a summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_MEASURE_H
#define RECORD_MEASURE_H

#include "record/recorder_set.h"
#include "scenario/expect_keys.h"

/* Values of one quantity over devices. */
struct sample {
    double *values;
    size_t count;
};

struct measure {
    const struct recorder_set *set;
    const struct recorder_view *view;
    struct summary *summary;
    /* Which devices count, and what their keys begin with: all of the run (""), one campaign
     * ("campaigns.NAME.") or one group of devices ("groups.NAME."). */
    enum expect_scope scope;
    char prefix[SCENARIO_NAME_MAX + 16];
    uint32_t first_index, end_index; /* devices from .. to, the last not included */
    /* The campaigns that count, the last not included; none in a run without one. */
    uint32_t first_campaign, end_campaign;
    uint8_t shows;        /* FIRMWARE_SHOWS_ bits that any of the devices that count has */
    bool partial;         /* the run was cut short: no device is said to have failed */
    struct sample sample; /* room for a value per device and campaign */
};

void sample_add(struct sample *sample, double value);
double measure_seconds(sim_ns ns);
/* How many devices count. */
uint32_t measure_device_count(const struct measure *m);

/* Is a device in a campaign? `d` is what became of it there. */
bool measure_member(
        const struct measure *m, uint32_t campaign, uint32_t device, struct campaign_device *d);

/* Does the build of a device show all of these FIRMWARE_SHOWS_ bits? */
bool measure_shows(const struct measure *m, uint32_t device, uint8_t bits);

/* One number; NaN is null, and so is what no device that counts shows (expect_key_needs()). */
void measure_add(struct measure *m, const char *prefix, const char *key, double value);
void measure_count(struct measure *m, const char *prefix, const char *key, uint64_t value);
/* Adds PREFIXmin .. PREFIXmax of the sample as `keys` asks ("m" min, "a" mean, "5" p50, "9" p95,
 * "M" max), and empties it. An empty sample gives null. */
void measure_distribution(struct measure *m, const char *prefix, const char *keys);

#endif
