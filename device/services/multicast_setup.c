/* TS005 messages and group keys.
 * SPDX-License-Identifier: MIT
 */
#include "services/multicast_setup.h"

#include <string.h>

#include "bytes.h"
#include "core.h"
#include "hal.h"
#include "mac/mac.h"
#include "services/package.h"
#include "services/services.h"
#include "trace.h"

enum multicast_cid {
    CID_PACKAGE_VERSION = 0x00,
    CID_GROUP_STATUS = 0x01,
    CID_GROUP_SETUP = 0x02,
    CID_GROUP_DELETE = 0x03,
    CID_CLASS_C_SESSION = 0x04,
    CID_CLASS_B_SESSION = 0x05
};

#define SETUP_ID_ERROR       0x04u
#define DELETE_UNDEFINED     0x04u
#define SESSION_DR_ERROR     0x04u
#define SESSION_FREQ_ERROR   0x08u
#define SESSION_UNDEFINED    0x10u
#define SESSION_START_MISSED 0x20u
#define SESSION_ERRORS       0xFCu
#define TIME_TO_START_MAX    0xFFFFFFu
#define GROUP_STATUS_ITEM    5u
#define GROUP_MASK           3u

_Static_assert(GROUP_MASK == MULTICAST_SETUP_GROUPS - 1u, "a masked group is one of them");

static void init(void *state, struct core *core)
{
    struct multicast_setup *setup = state;
    memset(setup, 0, sizeof(*setup));
    setup->version = multicast_setup_package.version;
    multicast_sessions_restore(&setup->sessions, core);
}

/* --- sessions ------------------------------------------------------------------------------- */

static uint64_t step_at(
        const void *state, const struct core *core, const struct package_facts *facts)
{
    const struct multicast_setup *setup = state;
    return multicast_sessions_step_at(&setup->sessions, core, facts);
}

static enum package_event step(
        void *state, struct core *core, const struct package_facts *facts, uint64_t now_ticks)
{
    struct multicast_setup *setup = state;
    bool closed = multicast_sessions_step(&setup->sessions, core, facts, now_ticks);
    return closed ? PACKAGE_EVENT_SESSION_OVER : PACKAGE_EVENT_NONE;
}

static void tell(const void *state, const struct core *core, struct package_facts *facts)
{
    const struct multicast_sessions *sessions = &((const struct multicast_setup *)state)->sessions;
    DEVICE_ASSERT(&core->hal, sessions->live <= MULTICAST_SETUP_GROUPS);
    for (unsigned group = 0; sessions->live > 0 && group < MULTICAST_SETUP_GROUPS; group++) {
        if (sessions->of_group[group].state != MULTICAST_SESSION_NONE) {
            facts->live_groups |= (uint8_t)(1u << group);
        }
    }
}

static bool session_pending(const void *state)
{
    return ((const struct multicast_setup *)state)->sessions.live > 0;
}

static bool session_active(const void *state, const struct core *core,
        const struct package_facts *facts, uint64_t now_ticks)
{
    const struct multicast_setup *setup = state;
    return multicast_sessions_active(&setup->sessions, core, facts, now_ticks);
}

/* --- commands ------------------------------------------------------------------------------- */

static void load_scratch(const struct core *core, const uint8_t key[16])
{
    enum hal_status status = hal_key_load(&core->hal, MAC_KEY_SCRATCH, key);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
}

static void encrypt(const struct core *core, unsigned slot, uint8_t block[16])
{
    enum hal_status status = hal_aes_block(&core->hal, slot, block, block);
    DEVICE_ASSERT(&core->hal, status == HAL_OK);
}

/* Key of the group from McKey in the scratch slot: label 01 McAppSKey, 02 McNwkSKey. */
static void session_key(
        const struct core *core, uint8_t label, const uint8_t mc_addr[4], uint8_t key[16])
{
    DEVICE_ASSERT(&core->hal, label == 1 || label == 2);
    memset(key, 0, 16);
    key[0] = label;
    memcpy(&key[1], mc_addr, 4);
    encrypt(core, MAC_KEY_SCRATCH, key);
}

/* TS005 key chain of a LoRaWAN 1.0.x device, from GenAppKey down. An address that is in use would
 * make two contexts of one frame: refused by the only error that the answer has. */
static void on_group_setup(struct multicast_setup *setup, struct core *core, const uint8_t *bytes)
{
    unsigned group = bytes[0] & GROUP_MASK;
    const uint8_t *mc_addr = &bytes[1];
    uint8_t key[16] = { 0 };
    uint8_t app_s_key[16];
    if (mac_multicast_address_taken(core, group, get_le32(mc_addr))) {
        answers_push(&setup->answers, CID_GROUP_SETUP, (uint8_t)(SETUP_ID_ERROR | group), 0);
        return;
    }
    encrypt(core, MAC_KEY_GEN_APP, key); /* McRootKey */
    load_scratch(core, key);
    memset(key, 0, sizeof(key));
    encrypt(core, MAC_KEY_SCRATCH, key); /* McKEKey */
    load_scratch(core, key);
    memcpy(key, &bytes[5], sizeof(key));
    encrypt(core, MAC_KEY_SCRATCH, key); /* McKey */
    load_scratch(core, key);
    session_key(core, 1, mc_addr, app_s_key);
    session_key(core, 2, mc_addr, key);
    multicast_session_end(&setup->sessions, core, group); /* its keys are gone */
    mac_multicast_set(core, group, get_le32(mc_addr), app_s_key, key, get_le32(&bytes[21]),
            get_le32(&bytes[25]));
    hal_trace(&core->hal, FW_TRACE_GROUP_SET_UP, get_le32(mc_addr), group);
    memset(key, 0, sizeof(key));
    memset(app_s_key, 0, sizeof(app_s_key));
    load_scratch(core, key);
    answers_push(&setup->answers, CID_GROUP_SETUP, (uint8_t)group, 0);
}

static void on_group_delete(struct multicast_setup *setup, struct core *core, unsigned group)
{
    DEVICE_ASSERT(&core->hal, group < MULTICAST_SETUP_GROUPS);
    uint32_t mc_addr = 0;
    bool defined = mac_multicast_defined(core, group, &mc_addr);
    if (defined) {
        multicast_session_end(&setup->sessions, core, group);
        mac_multicast_delete(core, group);
    }
    answers_push(&setup->answers, CID_GROUP_DELETE,
            (uint8_t)(group | (defined ? 0 : DELETE_UNDEFINED)), 0);
}

/* Error bits of a request whose start, or whole session, is over already. */
static uint32_t start_error(const struct multicast_setup *setup, const struct core *core,
        const struct multicast_session *session, uint64_t now_ticks)
{
    if (!core->clock.valid) {
        return 0;
    }
    int64_t now_s = gps_clock_seconds(&core->clock, now_ticks);
    int64_t start_s = multicast_session_start_s(core, session->time_gps_s, now_ticks);
    if (setup->version >= 2) {
        return start_s < now_s ? SESSION_START_MISSED : 0;
    }
    /* 1.0.0 leaves it open and has no bit for it: join what still runs, and refuse what is over
     * with an answer that every 1.0.0 server can read. */
    return multicast_session_end_s(session, start_s) <= now_s ? SESSION_UNDEFINED : 0;
}

static void on_class_c_session(
        struct multicast_setup *setup, struct core *core, const uint8_t *bytes, uint64_t now_ticks)
{
    unsigned group = bytes[0] & GROUP_MASK;
    uint32_t mc_addr = 0;
    struct multicast_session session = {
        .time_gps_s = get_le32(&bytes[1]),
        .time_out = bytes[5] & 0xFu,
        .frequency_hz = get_le24(&bytes[6]) * 100u,
        .data_rate = bytes[9],
    };
    uint32_t errors = 0;
    if (!mac_data_rate_valid(core, session.data_rate)) {
        errors |= SESSION_DR_ERROR;
    }
    if (!mac_frequency_valid(core, session.frequency_hz)) {
        errors |= SESSION_FREQ_ERROR;
    }
    if (!mac_multicast_defined(core, group, &mc_addr)) {
        errors |= SESSION_UNDEFINED;
    }
    errors |= start_error(setup, core, &session, now_ticks);
    answers_push(&setup->answers, CID_CLASS_C_SESSION, (uint8_t)(errors | group), 0);
    if (errors == 0) {
        multicast_session_arm(&setup->sessions, core, group, &session);
    }
}

/* Class B is not supported: no ping slot frequency and no data rate for it exists here. */
static void on_class_b_session(
        struct multicast_setup *setup, struct core *core, const uint8_t *bytes)
{
    unsigned group = bytes[0] & GROUP_MASK;
    uint32_t mc_addr = 0;
    uint32_t errors = SESSION_DR_ERROR | SESSION_FREQ_ERROR;
    if (!mac_multicast_defined(core, group, &mc_addr)) {
        errors |= SESSION_UNDEFINED;
    }
    answers_push(&setup->answers, CID_CLASS_B_SESSION, (uint8_t)(errors | group), 0);
}

static int command_size(uint8_t cid)
{
    switch (cid) {
    case CID_PACKAGE_VERSION:
        return 0;
    case CID_GROUP_STATUS:
    case CID_GROUP_DELETE:
        return 1;
    case CID_GROUP_SETUP:
        return 29;
    case CID_CLASS_C_SESSION:
    case CID_CLASS_B_SESSION:
        return 10;
    default:
        return -1;
    }
}

static void on_command(struct multicast_setup *setup, struct core *core, uint8_t cid,
        const uint8_t *bytes, uint64_t now_ticks)
{
    DEVICE_ASSERT(&core->hal, !answers_full(&setup->answers));
    switch (cid) {
    case CID_PACKAGE_VERSION:
        answers_push(&setup->answers, cid, 0, 0);
        break;
    case CID_GROUP_STATUS:
        answers_push(&setup->answers, cid, bytes[0] & 0xFu, 0);
        break;
    case CID_GROUP_SETUP:
        on_group_setup(setup, core, bytes);
        break;
    case CID_GROUP_DELETE:
        on_group_delete(setup, core, bytes[0] & GROUP_MASK);
        break;
    case CID_CLASS_C_SESSION:
        on_class_c_session(setup, core, bytes, now_ticks);
        break;
    case CID_CLASS_B_SESSION:
        on_class_b_session(setup, core, bytes);
        break;
    default:
        break;
    }
}

static void on_downlink(void *state, struct core *core, const struct mac_downlink *downlink)
{
    struct multicast_setup *setup = state;
    uint32_t offset = 0;
    if (downlink->group >= 0) {
        return; /* unicast only */
    }
    while (offset < downlink->size && !answers_full(&setup->answers)) {
        uint8_t cid = downlink->payload[offset++];
        int size = command_size(cid);
        if (size < 0 || (uint32_t)size > downlink->size - offset) {
            break;
        }
        on_command(setup, core, cid, &downlink->payload[offset], downlink->end_ticks);
        offset += (uint32_t)size;
    }
}

/* --- uplinks -------------------------------------------------------------------------------- */

struct encode_context {
    struct multicast_setup *setup;
    const struct core *core;
    uint64_t now_ticks;
};

static size_t encode_group_status(
        const struct encode_context *encode, uint32_t wanted, uint8_t *out, size_t size_max)
{
    uint32_t total = 0;
    uint32_t listed = 0;
    size_t size = 2;
    if (size_max < size) {
        return 0;
    }
    for (unsigned group = 0; group < MULTICAST_SETUP_GROUPS; group++) {
        uint32_t mc_addr = 0;
        if (!mac_multicast_defined(encode->core, group, &mc_addr)) {
            continue;
        }
        total++;
        /* Groups that do not fit are left out from the highest on. */
        if ((wanted >> group & 1u) != 0 && size_max - size >= GROUP_STATUS_ITEM) {
            out[size] = (uint8_t)group;
            put_le32(&out[size + 1u], mc_addr);
            size += GROUP_STATUS_ITEM;
            listed |= 1u << group;
        }
    }
    DEVICE_ASSERT(&encode->core->hal, size <= size_max && total <= MULTICAST_SETUP_GROUPS);
    out[0] = CID_GROUP_STATUS;
    out[1] = (uint8_t)(total << 4 | listed);
    return size;
}

/* Seconds from the transmission of this answer to the start. */
static uint32_t time_to_start(const struct encode_context *encode, uint32_t group)
{
    const struct gps_clock *clock = &encode->core->clock;
    DEVICE_ASSERT(&encode->core->hal, group < MULTICAST_SETUP_GROUPS);
    if (!clock->valid) {
        return TIME_TO_START_MAX; /* tells the server that the clock is off */
    }
    uint32_t time_gps_s = encode->setup->sessions.of_group[group].time_gps_s;
    int64_t left = multicast_session_start_s(encode->core, time_gps_s, encode->now_ticks)
                   - gps_clock_seconds(clock, encode->now_ticks);
    if (left < 0) {
        return 0;
    }
    return left > (int64_t)TIME_TO_START_MAX ? TIME_TO_START_MAX : (uint32_t)left;
}

static size_t encode_answer(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max)
{
    const struct encode_context *encode = context;
    DEVICE_ASSERT(&encode->core->hal, answer->cid <= CID_CLASS_B_SESSION);
    if (answer->cid == CID_GROUP_STATUS) {
        return encode_group_status(encode, answer->a, out, size_max);
    }
    bool version = answer->cid == CID_PACKAGE_VERSION;
    bool time = answer->cid == CID_CLASS_C_SESSION && (answer->a & SESSION_ERRORS) == 0;
    size_t size = version ? 3u : time ? 5u : 2u;
    if (size > size_max) {
        return 0;
    }
    out[0] = answer->cid;
    out[1] = version ? multicast_setup_package.identifier : answer->a;
    if (version) {
        out[2] = encode->setup->version;
    }
    if (time) {
        put_le24(&out[2], time_to_start(encode, answer->a & GROUP_MASK));
    }
    return size;
}

static uint64_t uplink_at(const void *state, bool held)
{
    const struct multicast_setup *setup = state;
    return setup->answers.count > 0 ? 0 : HAL_TICKS_NEVER;
}

static size_t build(void *state, struct core *core, uint64_t now_ticks, bool held, uint8_t *out,
        size_t size_max)
{
    struct multicast_setup *setup = state;
    struct encode_context context = { .setup = setup, .core = core, .now_ticks = now_ticks };
    DEVICE_ASSERT(&core->hal, setup->answers.count <= ANSWERS_MAX);
    return answers_encode(&setup->answers, encode_answer, &context, out, size_max);
}

const struct package multicast_setup_package = {
    .fport = MULTICAST_SETUP_FPORT,
    .identifier = 2,
    .version = 2,
    .state_offset = offsetof(struct services, multicast_setup),
    .init = init,
    .on_downlink = on_downlink,
    .tell = tell,
    .step_at = step_at,
    .step = step,
    .session_pending = session_pending,
    .session_active = session_active,
    .uplink_at = uplink_at,
    .build = build,
};
