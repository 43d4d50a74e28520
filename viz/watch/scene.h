/* What the view shows of a run at one instant: a copy, read while the run goes on.
 * SPDX-License-Identifier: MIT
 *
 * The thread of the simulation fills a scene between two events (watch/watch.h); what is drawn
 * comes from it alone. Times are engine times in ns, places metres in the frame of the scenario.
 */
#ifndef WATCH_SCENE_H
#define WATCH_SCENE_H

#include "air/frame.h"
#include "board/energy.h"
#include "chip/sx1276.h"
#include "record/device_radio.h"
#include "record/wear.h"
#include "scenario/scenario.h"

#define SCENE_NONE                UINT32_MAX /* in place of a device or a gateway */
#define SCENE_PINNED_MAX          8u
#define SCENE_FLIGHTS_MAX         256u
#define SCENE_FLIGHT_GATEWAYS_MAX 8u
#define SCENE_GATEWAY_BANDS_MAX   8u
#define SCENE_EVENTS_MAX          32u
#define SCENE_SAMPLES             1024u /* of the whole duration */
#define SCENE_DEFENCES_MAX        64u
#define SCENE_TROUBLES_MAX        192u

/* clang-format off */
/* How far a device is with its update; X(name, word, meaning). A device that is in several
 * campaigns shows the one that began to set it up last. */
#define SCENE_STAGES(X)                                                                            \
    X(IDLE, "idle", "the device has not joined")                                                   \
    X(JOINED, "joined", "the device has joined; no campaign began with it")                        \
    X(SET_UP, "set up", "the set-up goes on: clock, group, session, fragmentation")                \
    X(WAITING, "waiting", "the device is ready; its session has not begun")                        \
    X(RECEIVING, "receiving", "the device listens for uncoded fragments")                          \
    X(REPAIRING, "repairing", "coded fragments were sent; the device misses some")                 \
    X(VERIFYING, "verifying", "the device has the whole block, but runs the old image")            \
    X(INSTALLED, "installed", "the device runs the new image")                                     \
    X(FAILED, "failed", "the campaign ended without the device")
/* clang-format on */

enum scene_stage {
#define X(name, word, meaning) SCENE_STAGE_##name,
    SCENE_STAGES(X)
#undef X
    SCENE_STAGE_COUNT
};

const char *scene_stage_word(enum scene_stage stage);
const char *scene_stage_meaning(enum scene_stage stage);

struct scene_device {
    float x_m, y_m;
    float energy_j;       /* since power on; as old as struct scene.energy_at_ns */
    float clock_error_ms; /* of its RTC against GPS, likewise; NaN: its clock was never set */
    float margin_db;    /* SNR of the last downlink frame that was judged, above what its SF needs;
                           NaN: none */
    sim_ns last_ns;     /* end of that frame */
    uint16_t nb_frag;   /* of its transfer; 0: it is in none yet */
    uint16_t missing;   /* uncoded fragments that it does not have; 0 once its block is whole */
    uint8_t stage;      /* enum scene_stage */
    uint8_t activity;   /* enum device_activity */
    uint8_t last_cause; /* enum loss_cause of that frame; LOSS_NONE: received */
    uint8_t failure;    /* enum campaign_failure */
    uint8_t group;      /* of the scenario's devices */
    uint8_t faults;     /* that the operator gave it, at most 255 */
};

struct scene_gateway {
    float x_m, y_m;
    bool powered, connected; /* outside an outage of power, of the backhaul */
    bool transmitting;
    uint32_t frequency_hz;                /* of the last transmission */
    double duty[SCENE_GATEWAY_BANDS_MAX]; /* used share of what a sub-band allows in the last hour
                                           */
    double duty_max;                      /* the largest of them */
    uint64_t sent, received, lost;        /* frames */
};

/* clang-format off */
/* What the scenario does to the run, and what the server does against it; X(name, word, meaning). */
#define TROUBLE_KINDS(X)                                                                           \
    X(ATTACK, "attacks", "adversaries of the scenario: where, and when they act")                  \
    X(FAULT, "faults", "faults of the scenario: when they may begin or last")                      \
    X(DEFENCE, "defences", "the server sets up a multicast group again: when")
/* clang-format on */

enum trouble_kind {
#define X(name, word, meaning) TROUBLE_##name,
    TROUBLE_KINDS(X)
#undef X
    TROUBLE_KIND_COUNT
};

const char *trouble_kind_word(enum trouble_kind kind);
const char *trouble_kind_meaning(enum trouble_kind kind);

struct scene_trouble {
    const char *word; /* static text: its kind, in the words of the scenario */
    sim_ns from_ns, until_ns;
    float x_m, y_m;
    bool placed;  /* false: it is at no place, the two before say nothing */
    uint8_t kind; /* enum trouble_kind */
};

/* One of the frames that started last: it is on the air now, or has ended. */
struct scene_flight {
    uint64_t frame_id;
    sim_ns start_ns, end_ns;
    bool uplink;
    bool foreign;    /* of a device that is none of the fleet */
    uint32_t sender; /* gateway, device or foreign device */
    uint8_t spreading_factor;
    uint32_t received, lost; /* stations that did, of those that took notice */
    uint8_t gateway_count;   /* of an uplink: gateways that took notice, the first of them */
    struct {
        uint16_t gateway;
        uint8_t cause; /* enum loss_cause; LOSS_NONE: received */
    } gateways[SCENE_FLIGHT_GATEWAYS_MAX];
};

/* One instant of the timeline. */
struct scene_sample {
    sim_ns at_ns;
    uint32_t stages[SCENE_STAGE_COUNT]; /* devices */
    uint32_t uncoded, coded;            /* different fragments on the air so far, all campaigns */
    float duty_max;                     /* of any gateway, as struct scene_gateway.duty_max */
    uint8_t phase;                      /* enum campaign_phase of the campaign that is furthest from
                                         * its end and has begun; IDLE: none */
};

/* clang-format off */
/* What a station did for a while; X(name, word, meaning). Frames last from their start to their
 * end. The worst is last: what is too short to be shown gives way to what is worse. */
#define LANE_KINDS(X)                                                                              \
    X(ASLEEP, "asleep", "the radio sleeps")                                                        \
    X(LISTENING, "listening", "the receiver is on")                                                \
    X(TRANSMITTING, "transmitting", "the station sends a frame")                                   \
    X(RECEIVED, "received", "a frame that was received")                                           \
    X(OFF, "off", "the station has no power")                                                      \
    X(LOST, "lost", "a frame that was lost; its colour is that of the cause")
/* clang-format on */

enum lane_kind {
#define X(name, word, meaning) LANE_##name,
    LANE_KINDS(X)
#undef X
    LANE_KIND_COUNT
};

const char *lane_kind_word(enum lane_kind kind);
const char *lane_kind_meaning(enum lane_kind kind);

struct lane_item {
    sim_ns from_ns, to_ns; /* to_ns SIM_NS_NEVER: still */
    uint64_t frame_id;     /* 0: no frame */
    uint8_t kind;          /* enum lane_kind */
    uint8_t cause;         /* enum loss_cause of LANE_LOST */
};

/* Items of one station in the order of from_ns; frames may lie over what a device's radio does. Of
 * a lane that has grown to LANE_ITEMS_MAX the older half is dropped. */
#define LANE_ITEMS_MAX (1u << 17)
struct lane {
    bool gateway;
    uint32_t station;  /* device or gateway */
    sim_ns since_ns;   /* nothing is known before */
    uint32_t settled;  /* items, the first ones, that will stay as they are; unless: */
    uint32_t revision; /* another one when some of them have changed or gone */
    uint32_t count, room;
    struct lane_item *items;
};

/* clang-format off */
#define SCENE_EVENTS(X)                                                                            \
    X(RESET, "reset")                                                                              \
    X(JOINED, "joined")                                                                            \
    X(UPLINK, "uplink")                                                                            \
    X(DOWNLINK, "downlink received")                                                               \
    X(LOST, "downlink lost")                                                                       \
    X(STAGE, "stage")                                                                              \
    X(FAULT, "fault by the operator")                                                              \
    X(GROUP_RESTART, "the server sets up its group again")
/* clang-format on */
enum scene_event_kind {
#define X(name, word) SCENE_EVENT_##name,
    SCENE_EVENTS(X)
#undef X
    SCENE_EVENT_COUNT
};
const char *scene_event_word(enum scene_event_kind kind);

struct scene_event {
    sim_ns at_ns;
    uint8_t kind;   /* enum scene_event_kind */
    uint8_t detail; /* enum scene_stage of STAGE, enum loss_cause of LOST, hal_reset_cause of RESET
                     */
    uint64_t frame_id;
};

/* clang-format off */
/* Of one uncoded fragment, seen from outside, and of the block as the device reported it. */
#define FRAGMENT_STATES(X)                                                                         \
    X(NOT_SENT, "not sent", "the fragment was not on the air yet")                                 \
    X(RECEIVED, "received", "the device's radio received the fragment")                            \
    X(LOST, "lost", "a lost fragment; its colour is that of the cause")                            \
    X(RECOVERED, "recovered", "a lost fragment of a block that is whole nevertheless")
/* clang-format on */
enum fragment_state {
#define X(name, word, meaning) FRAGMENT_STATE_##name,
    FRAGMENT_STATES(X)
#undef X
    FRAGMENT_STATE_COUNT
};
const char *fragment_state_word(enum fragment_state state);
const char *fragment_state_meaning(enum fragment_state state);

struct fragment_cell {
    uint8_t state; /* enum fragment_state */
    uint8_t cause; /* enum loss_cause, of LOST and RECOVERED */
};

/* clang-format off */
#define SLOT_STATES(X) X(EMPTY, "empty") X(RECEIVING, "receiving") X(WHOLE, "whole") X(RUNNING, "running") X(UNKNOWN, "unknown")
/* clang-format on */
enum slot_state {
#define X(name, word) SLOT_##name,
    SLOT_STATES(X)
#undef X
    SLOT_STATE_COUNT
};
const char *slot_state_word(enum slot_state state);

struct scene_slot {
    const char *name; /* static text: "running", "received block" */
    uint8_t state;    /* enum slot_state */
    uint32_t version; /* 0: none or unknown */
    uint32_t size;    /* bytes of the image, header included; 0: none or unknown */
};

#define SCENE_REGISTERS_MAX 16u
#define SCENE_SLOTS_MAX     4u

/* Everything about the selected device. */
struct scene_detail {
    uint32_t device; /* SCENE_NONE: nothing is selected, the rest is not set */
    char group[SCENARIO_NAME_MAX];
    char firmware[64];  /* name of its build */
    uint8_t dev_eui[8]; /* most significant byte first */
    uint32_t dev_addr;  /* 0: has none */
    uint32_t mc_addr;   /* of its session; 0: has none */
    char failure[32];   /* if the campaign ended now */
    /* Static texts of its campaign's block (campaign/campaign.h); NULL: nothing to say. */
    const char *delivery, *form, *proof, *reboot;
    const char *update; /* static text: what has become of its new image (record/slots.h) */
    float rssi_dbm;     /* of the last downlink frame; NaN: none, or it was not received */
    float snr_db;       /* of the last one that was judged; NaN: none */
    uint8_t last_cause; /* enum loss_cause */
    uint8_t radio;      /* enum sx1276_power */
    uint8_t register_count;
    struct {
        const char *name; /* static text, as in the datasheet */
        uint8_t address, value;
    } registers[SCENE_REGISTERS_MAX];
    uint32_t fragment_count;
    uint32_t fragment_room;
    struct fragment_cell *fragments; /* fragment_count of them, N = index + 1 */
    uint8_t slot_count;
    struct scene_slot slots[SCENE_SLOTS_MAX];
    struct device_wear wear;
    struct energy_account energy;
    uint8_t event_count; /* newest last */
    struct scene_event events[SCENE_EVENTS_MAX];
};

/* Live counterparts of what summary.json says at the end. NaN: not known yet. */
struct scene_headline {
    double set_up_time_s; /* mean over ready devices */
    double missing_rate;  /* of uncoded fragments, over ready devices */
    double energy_mean_j, energy_max_j;
    uint32_t ready, whole, installed, failed, members;
    uint64_t losses[LOSS_CAUSE_COUNT]; /* of uncoded fragments, pairs by cause; LOSS_NONE: received
                                        */
    uint32_t nb_frag, uncoded, coded;  /* of the campaign of `phase`; on the air so far */
};

/* Median levels outdoors, from the propagation of the run: it is the same all through a run. */
#define SCENE_COVERAGE_SIDE  128u
#define SCENE_COVERAGE_EDGES 2u

struct scene_coverage {
    uint16_t columns, rows; /* of square cells, row by row from the south-west; 0: not known */
    float left_m, bottom_m, cell_m;
    uint8_t data_rates[SCENE_COVERAGE_EDGES];  /* DR0, and that of the first campaign's session */
    int32_t needed_mdbm[SCENE_COVERAGE_EDGES]; /* sensitivity of a device for each of them */
    int32_t level_mdbm[SCENE_COVERAGE_SIDE * SCENE_COVERAGE_SIDE]; /* of the strongest gateway */
    uint8_t gateways[SCENE_COVERAGE_SIDE * SCENE_COVERAGE_SIDE];   /* which one that is */
};

struct scene {
    uint64_t generation; /* of the run: another one after each restart; 0: not filled yet */
    sim_ns now_ns, end_ns;
    bool over;   /* the run ended; */
    bool broken; /* because an invariant broke: */
    char failure[192];
    uint64_t events; /* of the engine, done */
    uint8_t phase;   /* enum campaign_phase, as in struct scene_sample */
    sim_ns energy_at_ns;
    uint32_t energy_fills; /* since then */
    uint32_t device_count, gateway_count;
    struct scene_device *devices;
    struct scene_gateway *gateways;
    uint32_t stages[SCENE_STAGE_COUNT];
    struct scene_headline headline;
    uint32_t flight_count;
    struct scene_flight flights[SCENE_FLIGHTS_MAX]; /* oldest first */
    uint32_t sample_count;
    struct scene_sample samples[SCENE_SAMPLES];
    uint32_t lane_count; /* of all gateways, then of pinned devices in the order of pinning */
    struct lane *lanes;
    struct scene_detail detail;
    struct scene_coverage coverage;
    uint32_t trouble_count; /* those of the scenario first, the same all through a run */
    struct scene_trouble troubles[SCENE_TROUBLES_MAX];
    uint32_t worst_energy, worst_missing; /* devices; SCENE_NONE: none */
};

/* For a run of so many stations. NULL: out of memory. */
struct scene *scene_create(uint32_t device_count, uint32_t gateway_count);
void scene_destroy(struct scene *scene);

#endif
