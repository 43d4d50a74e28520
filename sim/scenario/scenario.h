/* A scenario: everything that a YAML file can say, in SI-like plain values.
 * SPDX-License-Identifier: MIT
 *
 * Where a scenario states the parameters of a model, it holds the model's own struct. One parameter
 * table (scenario_keys.c, by section in table_*.c) holds key, member, type, unit, range, default
 * and help; it parses, checks, documents, and applies --set.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "adversary/adversary.h"
#include "air/fading.h"
#include "air/interferer.h"
#include "air/judge.h"
#include "air/propagation.h"
#include "campaign/campaign.h"
#include "gateway/gateway.h"
#include "network/network.h"
#include "scenario/scenario_errors.h"
#include "sim_time.h"

#define SCENARIO_DEVICE_GROUPS_MAX 16u
#define SCENARIO_CAMPAIGNS_MAX     16u
#define SCENARIO_SHARES_MAX        16u /* of groups, that a campaign names */
#define SCENARIO_GATEWAYS_MAX      10000u
#define SCENARIO_EXPECT_MAX        32u
#define SCENARIO_INTERFERERS_MAX   16u
#define SCENARIO_OUTAGES_MAX       32u
#define SCENARIO_WRONG_CLOCKS_MAX  64u
#define SCENARIO_FAULTS_MAX        64u
#define SCENARIO_ADVERSARIES_MAX   ADVERSARIES_MAX
#define SCENARIO_IMAGE_BUILDS_MAX  8u
#define SCENARIO_CHANNELS_MAX      8u
#define SCENARIO_CODE_SIZE_MAX     163584u /* 160 KiB of flash without the image's header */
#define SCENARIO_NAME_MAX          64u
#define SCENARIO_PATH_MAX          512u

/* Enumerated values: the names that YAML uses are in the tables (table_*.c). */
enum scenario_layout {
    LAYOUT_UNIFORM,
    LAYOUT_RING,
    LAYOUT_GRID,
    LAYOUT_HEX,
    LAYOUT_FILE,
    LAYOUT_CLUSTERS /* of devices only */
};

/* Which device has which of the places that a layout makes. */
enum scenario_numbering {
    NUMBERING_DRAWN,
    NUMBERING_PLACE /* near ones have near numbers */
};

struct scenario_area {
    int shape; /* area.shape: 0 disc */
    double radius_m;
};

struct scenario_propagation {
    struct propagation_params path;
    struct fading_params fading;
    double penetration_db;
};

/* End-devices of other networks on the same gateways. */
struct scenario_foreign {
    uint32_t devices;
    sim_ns period_ns;
    uint32_t payload_bytes;
    int data_rate; /* 0: all alike often, else DR0.. + 1 */
};

/* A list of frequencies, "[868.1 MHz, 868.3 MHz]". */
struct scenario_channels {
    uint32_t count; /* 0: those of a usual network */
    uint32_t hz[SCENARIO_CHANNELS_MAX];
};

struct scenario_gateways {
    uint32_t count;
    int layout;       /* enum scenario_layout */
    double radius_m;  /* of the ring */
    double spacing_m; /* of grid and hex */
    double height_m;
    double radio_tolerance_ppm;
    char file[SCENARIO_PATH_MAX];
    struct scenario_channels channels;
    struct gateway_params params; /* region, channels and the list below: added by the world */
    struct gateway_wrong_clock wrong_clocks[SCENARIO_WRONG_CLOCKS_MAX]; /* ..wrong_clock_count */
};

/* What a group's firmware is told of data rates. */
enum scenario_data_rate {
    DATA_RATE_LINK_CHECK,
    DATA_RATE_ADR,
    DATA_RATE_BY_LINK, /* fixed, the fastest that the median link carries */
    DATA_RATE_DR0      /* DR0 and on: fixed */
};

enum scenario_state {
    STATE_OFF,
    STATE_COMMISSIONED
};

/* Words in place of a number. */
#define SCENARIO_AUTO     (-1)
#define SCENARIO_USUAL_HZ UINT32_MAX /* the same of a frequency */
#define SCENARIO_NEVER    (-2)

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

    int state; /* enum scenario_state */
    char board[SCENARIO_PATH_MAX];
    char firmware[SCENARIO_PATH_MAX]; /* "built-in", or a shared object's path */
    uint8_t shows;                    /* FIRMWARE_SHOWS_ bits of its build */
    char file[SCENARIO_PATH_MAX];     /* positions, of layout file */
    uint32_t clusters_count;
    double clusters_spread_m;
    double indoor_share;
    int indoor_depth; /* fixed, light, medium, deep, tr45820 */
    double antenna_gain_db;
    double radio_tolerance_ppm;
    double radio_drift_ppm_per_s;
    double spacing_m; /* of grid and hex; 0: fills the area */
    int numbering;    /* enum scenario_numbering */

    uint32_t report_phy_payload_bytes; /* bytes on air; 0: by report_payload_bytes */
    int report_traffic;                /* periodic, jittered, poisson */
    double report_jitter;              /* share of the period */
    sim_ns report_until_ns;            /* -1: never */
    uint32_t report_count;             /* 0: no end */
    bool no_duty_cycle;                /* duty_cycle: off */
    double wrong_gen_app_key;          /* share of the devices */
    bool report_confirmed;
    bool report_in_session; /* send, not hold */
    int data_rate;          /* enum scenario_data_rate */
    double tx_power_dbm;
    uint32_t nb_trans;
    struct scenario_channels channels; /* of the network's, count 0: all */

    char rtc_temperature_file[SCENARIO_PATH_MAX]; /* "": mean and swing */
    double rtc_parabola_ppm_per_c2;
    double rtc_turnover_c;
    double rtc_ageing_ppm_per_year;
    double rtc_random_walk_ppm;     /* per sqrt(day) */
    sim_ns guard_fixed_ns;          /* -1: the firmware's own */
    double guard_drift_ppm;         /* -1: the firmware's own */
    uint8_t packages_fragmentation; /* version of TS004, or SCENARIO_VERSION_AUTO */
    sim_ns clock_refresh_ns;        /* -1: the firmware's own; -2: never */
    uint32_t counter_window;        /* defences.counter_window; 0: off */
    bool fragment_table;            /* defences.fragment_table */
    sim_ns trial_ns;                /* -1: the firmware's own */
    double battery_capacity_mah;    /* -1: the board's */
    double battery_self_discharge;  /* a year; -1: the board's */
    double battery_usable;          /* -1: the board's */
};

enum scenario_delivery {
    DELIVERY_FULL,
    DELIVERY_DELTA /* to devices that run the base */
};

struct scenario_firmware {
    char image[SCENARIO_PATH_MAX]; /* "device", "generated", or a file's path */
    uint32_t image_size_bytes;     /* firmware.size, of a generated image */
    uint32_t version;              /* "2.0.0" -> major << 24 | minor << 16 | patch */
    uint32_t hardware;             /* that it is for; SCENARIO_NO_NUMBER: the devices' */
    bool expect_refusal;           /* its version may be one that devices must refuse */
    int delivery;                  /* enum scenario_delivery */
    /* "same", "earlier", or as `image`: what devices run at first; of a campaign, what its delta
     * changes */
    char base[SCENARIO_PATH_MAX];
    bool encryption; /* of the code, wherever it does not run */
};

/* What runs where an image lies in the running slot. */
struct scenario_image_build {
    char sha256[65];                   /* of the image's code, 64 digits; "": of `firmware`: */
    struct scenario_firmware firmware; /* image and size; what is not given is the scenario's */
    char build[SCENARIO_PATH_MAX];     /* "built-in", or a shared object's path */
};

struct scenario_verify {
    bool checksum, server_mic_crc64, server_mic_sha256, block_mic, signature;
};

/* A share of a group of devices, in the order of their numbers: from 0 to 1 is the whole group. */
struct scenario_share {
    char group[SCENARIO_NAME_MAX];
    double from, to;
};

struct scenario_members {
    uint32_t count; /* 0: all devices */
    struct scenario_share shares[SCENARIO_SHARES_MAX];
};

/* Until the scenario is complete; then: of one session the size that is used, else 0, which stands
 * for the largest that fits each data rate. */
#define SCENARIO_FRAGMENT_SIZE_AUTO UINT8_MAX
#define SCENARIO_PERIODS_AUTO       UINT8_MAX /* likewise; then 0 */
#define SCENARIO_VERSION_AUTO       UINT8_MAX /* of a package: that of the campaign */

struct scenario_campaign {
    char name[SCENARIO_NAME_MAX];
    struct scenario_members devices;
    struct scenario_firmware firmware; /* what is not given is the scenario's */
    uint32_t code_size_bytes;          /* of the image */
    uint32_t block_size_bytes;         /* of what most devices get: the image, or its delta */
    struct campaign_params params;     /* `members` are added by the world */
    int session_class;                 /* 0: C */
    int server;                        /* enum server_preset */
    struct scenario_verify verify;
};

/* Faults that happen in the run by themselves. A fault acts between two events, on its target, as
 * one that is injected at the same instant (run/fault.h). */
enum scenario_fault_kind {
    SCENARIO_FAULT_RESET,         /* of devices, as by the reset pin */
    SCENARIO_FAULT_POWER_CUT,     /* of devices */
    SCENARIO_FAULT_OUTAGE,        /* of gateways */
    SCENARIO_FAULT_JAMMER,        /* on a channel */
    SCENARIO_FAULT_READ_ERRORS,   /* of a flash of devices */
    SCENARIO_FAULT_BROWN_OUT,     /* of devices, by a battery that is nearly empty */
    SCENARIO_FAULT_BACKHAUL_LOSS, /* of gateways */
    SCENARIO_FAULT_SERVER_RESTART /* of the update server */
};

#define SCENARIO_NO_NUMBER UINT32_MAX /* a word in place of a device's number */

/* A cut of power that waits for the operations (program or erase) of a device's flash. */
struct scenario_flash_cut {
    uint32_t operation; /* at the n-th from the fault's time on; 0: at that time itself */
    uint32_t step;      /* the next device of the target: so many operations later */
    bool torn;          /* the operation itself is cut; else it is the last that was whole */
};

struct scenario_fault {
    int kind;                        /* enum scenario_fault_kind */
    uint32_t device;                 /* one device; SCENARIO_NO_NUMBER: those of `devices` */
    struct scenario_members devices; /* none named: all */
    uint32_t gateway;                /* GATEWAY_ALL: all */
    bool for_devices, for_gateways;  /* keys that name such a target are given */
    sim_ns at_ns;
    sim_ns duration_ns;  /* SCENARIO_AUTO: the usual time (table_faults.c), or to the end of the run
                          */
    sim_ns every_ns;     /* 0: once */
    double rate_per_day; /* of each target, from at_ns on; 0: not by chance */
    sim_ns until_ns;     /* it does not begin at or after this; SIM_NS_NEVER: no limit */
    enum gateway_outage_kind part;
    double loss; /* share of messages, each way */
    struct scenario_flash_cut flash;
    int memory;                      /* enum hal_flash_region: read with errors */
    double bit_errors;               /* probability that a bit is read wrong */
    double charge;                   /* of the battery, 0..1 */
    struct interferer_params jammer; /* place and power, and: */
    int32_t received_mdbm;           /* instead of them */
    bool received;                   /* is given */
};

/* One that wants to harm the fleet (adversary/adversary.h). */
struct scenario_adversary {
    int kind; /* enum adversary_kind */
    sim_ns at_ns;
    sim_ns duration_ns; /* SCENARIO_AUTO: to the end of the run */
    sim_ns every_ns;
    uint32_t device; /* at whose place it is, or listens; SCENARIO_NO_NUMBER: x and y say */
    double x_m, y_m, height_m;
    int32_t power_mdbm;
    uint32_t jump;
    sim_ns delay_ns;
    uint32_t frequency_hz;
    struct scenario_members devices; /* whose flash is rewritten */
};

enum expect_operator {
    EXPECT_EQ,
    EXPECT_NE,
    EXPECT_GE,
    EXPECT_GT,
    EXPECT_LE,
    EXPECT_LT,
    EXPECT_BETWEEN /* both ends are allowed */
};
struct scenario_expect {
    char key[160]; /* path in summary.json */
    enum expect_operator op;
    double value, value_high; /* the second: upper end of EXPECT_BETWEEN */
    bool percent;             /* of a share; of a count of devices, out of devices.total */
};

struct scenario {
    char path[SCENARIO_PATH_MAX]; /* of the file, "-" standard input */
    uint8_t text_sha256[32];      /* of its bytes */
    char name[SCENARIO_NAME_MAX];
    uint64_t seed;
    sim_ns duration_ns;
    sim_ns run_on_ns;        /* after the end of the last campaign */
    int region;              /* index into regions[] (region/region.h) */
    int on_guest_error_fail; /* on_guest_error: 0 count, 1 fail */
    struct scenario_area area;
    struct scenario_propagation propagation;
    struct reception_params reception;
    uint32_t interferer_count;
    struct interferer_params interferers[SCENARIO_INTERFERERS_MAX];
    struct scenario_foreign foreign;
    struct scenario_gateways gateways;
    /* What no scenario chooses, and the channels, are added by the world. */
    struct network_params network;
    uint32_t group_count;
    struct scenario_device_group groups[SCENARIO_DEVICE_GROUPS_MAX];
    struct scenario_firmware firmware;
    uint32_t campaign_count; /* 0: a plain study */
    struct scenario_campaign campaigns[SCENARIO_CAMPAIGNS_MAX];
    uint32_t fault_count;
    struct scenario_fault faults[SCENARIO_FAULTS_MAX];
    uint32_t outage_count;
    struct scenario_fault outages[SCENARIO_OUTAGES_MAX]; /* gateways.outages: of kind outage too */
    uint32_t adversary_count;
    struct scenario_adversary adversaries[SCENARIO_ADVERSARIES_MAX];
    uint32_t image_build_count;
    struct scenario_image_build image_builds[SCENARIO_IMAGE_BUILDS_MAX];
    uint32_t expect_count;
    struct scenario_expect expect[SCENARIO_EXPECT_MAX];
};

/* Defaults, then the file's text (`name` is used in messages), then each "key.path=value" of
 * `sets`. Returns true when there was no mistake; `scenario` is usable only then. */
bool scenario_read(struct scenario *scenario, const char *name, const char *text, size_t size,
        const char *const *sets, size_t set_count, struct scenario_errors *errors);
/* The same for a file; "-" is standard input. A file that can't be read is a mistake like others.
 */
bool scenario_read_file(struct scenario *scenario, const char *path, const char *const *sets,
        size_t set_count, struct scenario_errors *errors);
/* A set that stands in a file: messages name its place. Paths in it are as with --set. */
struct scenario_set {
    const char *text;                       /* "key.path=value" */
    struct scenario_place key_place, place; /* of the key, and of the value */
};
/* scenario_read_file() with such sets. */
bool scenario_read_placed(struct scenario *scenario, const char *path,
        const struct scenario_set *sets, size_t set_count, struct scenario_errors *errors);
/* Reads a file, and the key and value of each set on its own: without the checks of what must hold
 * between keys. Returns true when there was no mistake. */
bool scenario_try_sets(const char *path, const struct scenario_set *sets, size_t set_count,
        struct scenario_errors *errors);
/* Application bytes of a report: as given, or what is left of the bytes on air after MHDR, FHDR
 * without options, FPort and MIC. */
#define SCENARIO_PHY_OVERHEAD_BYTES 13u
uint32_t scenario_report_bytes(const struct scenario_device_group *group);
uint32_t scenario_device_count(const struct scenario *scenario);
/* The group of a device of the scenario. */
const struct scenario_device_group *scenario_group_of(
        const struct scenario *scenario, uint32_t device);

#endif
