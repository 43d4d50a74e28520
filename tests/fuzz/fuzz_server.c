/* Fuzzes what the servers hear: frames of a hostile device, and bytes that no device would send.
 * SPDX-License-Identifier: MIT
 *
 * A network server, its join server and a campaign run with two scripted devices. One of them also
 * sends what the input says, with a good MIC under its own keys: any payload on any port, any
 * FOpts, counters and DevNonces. The first byte says what the campaign demands: hashes of the
 * block, an install at a common time (TS006), delivery by unicast, a restart of the group when it
 * is silent. A member that moves the counter of the group (docs/security.md) makes it so.
 * Assertions of the servers, and the sanitizers, are the oracle; so is that the campaign ends, and
 * that the other device confirms the new image, but where its counter was moved: the hostile one
 * may answer in such a way that no restart comes.
 */
#include <stdlib.h>
#include <string.h>

#include "campaign/proof.h"
#include "fuzz/bytes.h"
#include "fuzz/fuzz.h"
#include "models/campaign/scripted_fleet.h"

#define STEPS_MAX   48u
#define HOSTILE     0u
#define HONEST      1u
#define REPORT_NS   (600 * SIM_NS_PER_S)
#define REST_NS     (48 * 3600 * SIM_NS_PER_S)
#define PAYLOAD_MAX 222u /* with 15 bytes of FOpts in a frame of 255 */

enum step {
    RAW,
    DATA,
    JOIN,
    AGAIN, /* the last frame once more, through the other gateway */
    WAIT,
    JUMP, /* of the counters of both devices */
    STEP_COUNT
};

/* Bits of the first byte. */
#define PROOFS      ((1u << PROOF_CRC64) | (1u << PROOF_SHA256))
#define COMMON_TIME 4u
#define BY_UNICAST  8u
#define RESTARTS    16u

#define JUMP_BY 4096u

static struct fleet fleet;
static uint8_t frame[255];
static uint16_t frame_size;
static bool jumped;

static void hear(struct fuzz_bytes *in, uint32_t gateway)
{
    uint8_t radio = fuzz_u8(in);
    int32_t snr_mdb = (radio / 8 - 20) * 1000;
    fake_gateways_uplink(fleet.gateways, gateway, engine_now(fleet.engine), radio % 6, snr_mdb,
            frame, frame_size);
}

static void make_data(struct fuzz_bytes *in)
{
    struct scripted_device *mac = &fleet.devices[HOSTILE].mac;
    uint8_t fopts[15], payload[PAYLOAD_MAX];
    uint8_t flags = fuzz_u8(in), fport = fuzz_u8(in);
    mac->fctrl = flags & 0xF0u;
    mac->fcnt_up += (flags & 4u) != 0 ? fuzz_u16(in) : 0;
    uint8_t fopts_size = (uint8_t)((flags & 2u) != 0 ? fuzz_block(in, fopts, sizeof fopts) : 0);
    uint16_t size = (uint16_t)fuzz_block(in, payload, sizeof payload);
    frame_size = scripted_device_uplink(
            mac, (flags & 1u) != 0, fopts, fopts_size, fport, payload, size, frame);
    mac->fctrl = 0;
}

static void jump(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct fleet_group *group = &fleet.devices[i].groups[0];
        group->last_fcnt += group->session ? JUMP_BY : 0;
        jumped = jumped || (i == HONEST && group->session);
    }
}

static void play(struct fuzz_bytes *in)
{
    switch ((enum step)(fuzz_u8(in) % STEP_COUNT)) {
    case RAW:
        frame_size = (uint16_t)fuzz_block(in, frame, sizeof frame);
        hear(in, 0);
        break;
    case DATA:
        if (fleet.devices[HOSTILE].mac.joined) {
            make_data(in);
            hear(in, 0);
        }
        break;
    case JOIN:
        fleet.devices[HOSTILE].mac.joined = false;
        fleet.devices[HOSTILE].mac.dev_nonce = fuzz_u16(in);
        frame_size = scripted_device_join_request(&fleet.devices[HOSTILE].mac, frame);
        hear(in, 0);
        break;
    case AGAIN:
        hear(in, 1);
        break;
    case JUMP:
        jump();
        break;
    case WAIT:
    case STEP_COUNT:
    default: {
        sim_ns wait_ns = fuzz_u8(in) * 30 * SIM_NS_PER_S;
        fleet_run(&fleet, engine_now(fleet.engine) + wait_ns);
        break;
    }
    }
    fleet_run(&fleet, engine_now(fleet.engine) + 5 * SIM_NS_PER_S);
}

static void begin(uint8_t options)
{
    struct campaign_params params = fleet_default_params();
    params.proofs = options & PROOFS;
    if ((options & COMMON_TIME) != 0) {
        params.install = INSTALL_COMMON_TIME;
        params.install_after_ns = 6 * 3600 * SIM_NS_PER_S;
    }
    if ((options & BY_UNICAST) != 0) {
        params.delivery = DELIVERY_UNICAST;
        params.delivery_timeout_ns = 6 * 3600 * SIM_NS_PER_S;
    }
    params.restart_group = (options & RESTARTS) != 0 ? 1 : 0;
    fleet_create(&fleet, 2, REPORT_NS, &params);
    for (uint32_t i = 0; i < 2; i++) {
        fleet.devices[i].faults.asks_hashes = params.proofs;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    frame_size = 0;
    jumped = false;
    begin(fuzz_u8(&in));
    fleet.devices[HOSTILE].faults.ignores_clock = true; /* answers to what the input asked */
    fleet.devices[HOSTILE].faults.receipts_most = 8;    /* else one each 40 s, for two days */
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in);
    }
    fleet_run(&fleet, engine_now(fleet.engine) + REST_NS);
    struct campaign_device honest = fleet_view(&fleet, HONEST);
    if (campaign_phase(fleet.campaign) != CAMPAIGN_PHASE_DONE
            || (!jumped && honest.stage != CAMPAIGN_CONFIRMED)) {
        abort();
    }
    fleet_destroy(&fleet);
    return 0;
}
