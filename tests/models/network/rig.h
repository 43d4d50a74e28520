/* A network server with scripted devices around it, for tests.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include "models/network/fake_gateways.h"
#include "models/network/scripted_device.h"

#define RIG_DEVICES  8u
#define RIG_GATEWAYS 4u
#define RIG_GPS_NS   (INT64_C(1400000000) * SIM_NS_PER_S)
#define RIG_SNR_MDB  0
#define RIG_NET_ID   0x000013u

struct rig {
    struct engine *engine;
    struct gateway_fleet *gateways;
    struct network *network;
    struct device_identity identities[RIG_DEVICES];
    struct scripted_device devices[RIG_DEVICES];
    uint32_t accepted_seen; /* requests already looked at by rig_downlink() */
};

void rig_create(struct rig *rig, double duty_share);
/* The same with the network's parameters as they are, which start as rig_params() says. */
void rig_create_with(struct rig *rig, const struct network_params *params);
struct network_params rig_params(double duty_share);
void rig_destroy(struct rig *rig);
/* Runs until `at_ns`. */
void rig_run(struct rig *rig, sim_ns at_ns);
/* Runs `seconds` on. */
void rig_run_s(struct rig *rig, double seconds);
struct network_stats rig_stats(const struct rig *rig);
/* Sends a frame that one gateway hears, ending now. */
void rig_hear(struct rig *rig, uint32_t gateway, uint8_t data_rate, int32_t snr_mdb,
        const uint8_t *bytes, uint16_t size);
/* The next accepted request that the test has not looked at; NULL: none. */
const struct fake_tx *rig_next_tx(struct rig *rig);
/* Reads a request as device `index` would. False: it is not for it. */
bool rig_read(const struct rig *rig, uint32_t index, const struct fake_tx *entry,
        struct scripted_downlink *downlink);
/* Joins device `index` over gateway 0. */
void rig_join(struct rig *rig, uint32_t index);
/* Sends uplinks of device `index` until the network knows `gateway` as its best one. */
void rig_hear_best(struct rig *rig, uint32_t index, uint32_t gateway);
/* Makes an uplink of device `index` with the payload "report" on FPort 2. `fopts`: its FOpts, which
 * hold no byte of value 0. Returns its size, 255 at most. */
uint16_t rig_make(
        struct rig *rig, uint32_t index, bool confirmed, const char *fopts, uint8_t *bytes);
/* Gateway 0 hears a frame of device `index` now; reads the answer. False: none goes out. */
bool rig_hear_answer(struct rig *rig, uint32_t index, uint8_t data_rate, int32_t snr_mdb,
        const uint8_t *bytes, uint16_t size, struct scripted_downlink *downlink);
/* Sends an uplink of device `index` and reads the answer. False: none. */
bool rig_exchange(struct rig *rig, uint32_t index, uint8_t fport, const uint8_t *payload,
        uint16_t size, struct scripted_downlink *downlink);

#endif
