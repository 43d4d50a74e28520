/* A scenario: everything that a YAML file can say, in SI-like plain values.
 * SPDX-License-Identifier: MIT
 *
 * One parameter table (scenario_table.c) holds key, member, type, unit, range, default and help; it
 * parses, checks, documents, and applies --set.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim_time.h"

#define SCENARIO_DEVICE_GROUPS_MAX 16u
#define SCENARIO_EXPECT_MAX        32u
#define SCENARIO_NAME_MAX          64u
#define SCENARIO_PATH_MAX          512u

/* Enumerated values: the names that YAML uses are in scenario_table.c. */
enum scenario_layout {
    LAYOUT_UNIFORM,
    LAYOUT_RING
};

struct scenario_area {
    int shape; /* area.shape: 0 disc */
    double radius_m;
};

struct scenario_propagation {
    int model;       /* enum propagation_model */
    int environment; /* enum propagation_environment */
    double penetration_db;
    double shadowing_sigma_db; /* shadowing.sigma */
    int fading;                /* enum fading_model: none, rayleigh */
};

struct scenario_gateways {
    uint32_t count;
    int layout;      /* enum scenario_layout */
    double radius_m; /* of the ring */
    double height_m;
    uint32_t demodulators;
    sim_ns backhaul_latency_ns; /* backhaul.latency */
    sim_ns backhaul_jitter_ns;  /* backhaul.jitter */
    bool gnss;
};

struct scenario_device_group {
    char name[SCENARIO_NAME_MAX];
    uint32_t count;
    int layout;
    double height_m;
    sim_ns boot_spread_ns;          /* boot.spread */
    sim_ns report_period_ns;        /* report.period */
    int report_phase_uniform;       /* report.phase: 0 boot, 1 uniform */
    uint32_t report_payload_bytes;  /* report.payload */
    double rtc_tolerance_ppm;       /* rtc.tolerance */
    double rtc_temperature_mean_c;  /* rtc.temperature.mean */
    double rtc_temperature_swing_c; /* rtc.temperature.swing */
};

struct scenario_firmware {
    char image[SCENARIO_PATH_MAX]; /* "device", "generated", or a file's path */
    uint32_t image_size_bytes;     /* firmware.size, of a generated image */
    uint32_t version;              /* "2.0.0" -> major << 24 | minor << 16 | patch */
    int delivery;                  /* 0: full */
};

struct scenario_campaign {
    bool enabled;
    sim_ns start_ns;
    int set_up_policy;       /* enum campaign_set_up_policy: set_up.policy */
    sim_ns set_up_window_ns; /* set_up.window */
    int session_class;       /* 0: C */
    int data_rate;           /* DR0..DR5 */
    double frequency_hz;
    uint32_t fragment_size_bytes;
    double redundancy;              /* 15 % -> 0.15 */
    int correction_policy;          /* correction.policy */
    sim_ns correction_timeout_ns;   /* correction.timeout */
    uint32_t block_ack_delay;       /* 0..7; 255 (auto): by fleet size */
    uint32_t fragmentation_version; /* 1 or 2 */
    int gateways;                   /* enum multicast_policy */
    bool verify_block_mic;          /* verify: [block-mic, signature] */
    bool verify_signature;
    double duty_share;
    sim_ns confirm_timeout_ns;
};

enum expect_operator {
    EXPECT_EQ,
    EXPECT_NE,
    EXPECT_GE,
    EXPECT_GT,
    EXPECT_LE,
    EXPECT_LT
};
struct scenario_expect {
    char key[96]; /* path in summary.json */
    enum expect_operator op;
    double value;
    bool percent; /* of devices.total, for device counts */
};

struct scenario {
    char path[SCENARIO_PATH_MAX]; /* of the file, "-" standard input */
    char name[SCENARIO_NAME_MAX];
    uint64_t seed;
    sim_ns duration_ns;
    int region;              /* 0: EU868 */
    int on_guest_error_fail; /* on_guest_error: 0 count, 1 fail */
    struct scenario_area area;
    struct scenario_propagation propagation;
    struct scenario_gateways gateways;
    uint32_t group_count;
    struct scenario_device_group groups[SCENARIO_DEVICE_GROUPS_MAX];
    struct scenario_firmware firmware;
    struct scenario_campaign campaign;
    uint32_t expect_count;
    struct scenario_expect expect[SCENARIO_EXPECT_MAX];
};

/* Mistakes found while reading; all are collected before anybody is told. */
struct scenario_errors;
struct scenario_errors *scenario_errors_create(void);
void scenario_errors_destroy(struct scenario_errors *errors);
size_t scenario_errors_count(const struct scenario_errors *errors);
/* "file:line:column: error: ..." one line each. */
void scenario_errors_print(const struct scenario_errors *errors, FILE *out);

/* Defaults, then the file's text (`name` is used in messages), then each "key.path=value" of
 * `sets`. Returns true when there was no mistake; `scenario` is usable only then. */
bool scenario_read(struct scenario *scenario, const char *name, const char *text, size_t size,
        const char *const *sets, size_t set_count, struct scenario_errors *errors);
/* The same for a file; "-" is standard input. A file that can't be read is a mistake like others.
 */
bool scenario_read_file(struct scenario *scenario, const char *path, const char *const *sets,
        size_t set_count, struct scenario_errors *errors);
uint32_t scenario_device_count(const struct scenario *scenario);
/* One line per key: key, default, unit, range, help. */
void scenario_print_reference(FILE *out);

#endif
