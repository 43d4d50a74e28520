/* A bench for nodes: an engine, a scripted firmware, and an air that only keeps notes.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_BOARD_RIG_H
#define TESTS_BOARD_RIG_H

#include "board/node.h"
#include "observe.h"

#define RIG_LOG_SIZE 64u
#define RIG_SEED     11u

/* What the scripted firmware does; each may be NULL. `node` is the index of the board. */
struct rig_script {
    void (*boot)(const struct hal *hal, enum hal_reset_cause cause);
    void (*irq)(const struct hal *hal, enum fw_irq source, uint64_t edge_ticks);
    bool (*run)(const struct hal *hal); /* true: more to do */
};

struct rig_transmission {
    struct frame frame;
    sim_ns at_ns;
    bool aborted;
};

struct rig_listening {
    bool on;
    sim_ns at_ns;
    struct medium_listening what;
};

struct rig {
    struct engine *engine;
    struct node_fleet *fleet;
    struct board_type board;
    struct firmware_build build; /* the scripted firmware, without a bootloader */
    const struct firmware_build *builds[4];
    struct node_fleet_params params;
    struct crystal_params crystal; /* of every node */
    struct battery_params battery; /* likewise; none: the board's */
    sim_ns boot_at_ns;             /* likewise */
    uint32_t count;
    entity_id first_entity;
    /* notes of the air */
    unsigned transmissions;
    struct rig_transmission sent[RIG_LOG_SIZE];
    unsigned listenings;
    struct rig_listening heard[RIG_LOG_SIZE];
    unsigned sensings; /* channel activity detections: the last one, and what to answer */
    struct rig_listening sensed;
    sim_ns sensed_from_ns;
    bool channel_active;
    double channel_power_mw;   /* what the air answers where an RSSI is read */
    const struct frame *found; /* what a receiver has found: medium_reception() */
    bool headers_broken;
    unsigned receptions_asked, detections_asked;
    int32_t frequency_error_hz; /* of frames that come from the air */
    /* observations of nodes */
    unsigned observations;
    struct observation observed[RIG_LOG_SIZE];
    unsigned boots;
    bool ram_was_poisoned; /* at the last boot */
};

extern struct rig rig;
extern struct rig_script rig_script;

/* Defaults: one node, perfect crystal, memo on, errors counted; powered at 0 after
 * rig_start(). */
void rig_open(void);
void rig_start(uint32_t count);
void rig_close(void);
void rig_run_to(sim_ns at_ns);
/* A frame ends at `at_ns` for node 0; `detect` also announces its preamble 5 ms before. */
void rig_frame_at(sim_ns at_ns, const uint8_t *bytes, uint16_t size, bool detect);
struct node_fleet_stats rig_stats(void);
const struct observation *rig_find(enum observation_kind kind, unsigned nth);

/* --- SX1276 from firmware (datasheet rev 4, addresses written out on purpose) ----------------- */
void rig_write(const struct hal *hal, uint8_t address, uint8_t value);
uint8_t rig_read(const struct hal *hal, uint8_t address);
void rig_lora_standby(const struct hal *hal); /* 868.1 MHz, SF7, 125 kHz, CRC on, PA_BOOST 14 dBm */
void rig_receive_continuous(const struct hal *hal);
void rig_transmit(const struct hal *hal, const uint8_t *bytes, uint8_t size);

#endif
