/* One gateway among devices close by: what every test of the gateway starts from.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GATEWAY_WORLD_H
#define TESTS_GATEWAY_WORLD_H

#include "gateway/gateway.h"
#include "observe.h"

#define WORLD_DEVICES    128u
#define WORLD_LATENCY_NS (10 * SIM_NS_PER_MS)
#define WORLD_ARRIVALS   256u

struct world_arrival {
    sim_ns at_ns;
    struct gateway_uplink uplink;
    struct gateway_report report;
};

struct gateway_world {
    struct engine *engine;
    struct medium *medium;
    struct gateway_fleet *fleet;
    struct gateway_params params;
    enum interference_model interference;
    enum demodulator_from demodulator_from;
    struct world_arrival uplinks[WORLD_ARRIVALS], reports[WORLD_ARRIVALS];
    uint32_t uplink_count, report_count; /* all; the arrays hold the first ones */
    uint32_t violations;
    uint16_t outage_begin, outage_end;                        /* handlers of the engine */
    unsigned lost[LOSS_CAUSE_COUNT], heard[LOSS_CAUSE_COUNT]; /* by gateway and by devices */
    sim_ns lost_at_ns;                                        /* the last one, by the gateway */
    uint32_t lost_device;
};
extern struct gateway_world world;

/* The three default channels of EU868 and the usual five more. */
extern const uint32_t world_channels[8];

/* 8 demodulators, the three default channels, GNSS, 10 ms of backhaul, a sliding hour. */
void world_default(void);
/* The same world again with what `world.params` says now. */
void world_restart(void);
void world_stop(void);
void world_run_to(sim_ns at_ns);
/* From `from_ns` on, in the last phase of that instant, for so long. */
void world_outage(enum gateway_outage_kind kind, sim_ns from_ns, sim_ns duration_ns);

/* 20 bytes at 14 dBm. */
const struct frame *world_uplink(uint32_t device, sim_ns at_ns, uint32_t frequency_hz, uint8_t sf);
/* A request at full power in the 10 % band. */
struct gateway_tx world_request(uint64_t token, sim_ns at_ns, uint8_t sf, uint16_t size);
void world_submit(const struct gateway_tx *tx);
const struct gateway_report *world_report_of(uint64_t token, unsigned nth);
void world_expect_report(uint64_t token, unsigned nth, enum gateway_tx_result result);
struct gateway_stats world_stats(void);

#endif
