/* Fuzzes the application packages: any message on any port, unicast or multicast, at any time.
 * SPDX-License-Identifier: MIT
 *
 * The services run on the fake board of their tests, whose NOR refuses what silicon would. An
 * input is a sequence of steps; a good session set-up and true fragments are steps of their own,
 * so that the decoder is reached. Assertions of firmware and fakes, and the sanitizers, are the
 * oracle.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_rig.h"
#include "services/fragment_table.h"

#define STEPS_MAX     64u
#define FRAGMENTS_MAX 40u
#define SIZE_MAX_B    48u

enum step {
    MESSAGE_200,
    MESSAGE_201,
    MESSAGE_202,
    MESSAGE_ANY_PORT,
    SET_UP,
    FRAGMENTS,
    WAIT,
    CLOCK,
    RESET,
    TABLE,
    MESSAGE_204,
    BLOCK_DATA,
    PROVE,
    STEP_COUNT
};

struct session {
    unsigned fragments, size, version;
};

static struct rig *rig;
static uint8_t block[FRAGMENTS_MAX * SIZE_MAX_B];

static void message(struct fuzz_bytes *in, uint8_t fport)
{
    uint8_t bytes[242];
    int group = (int)(fuzz_u8(in) % 5u) - 1;
    size_t size = fuzz_block(in, bytes, sizeof bytes);
    uint8_t *exact = malloc(size + (size == 0)); /* a read beyond the end shows */
    memcpy(exact, bytes, size);
    rig_down(rig, fport, group, exact, size);
    free(exact);
}

static void set_up(struct fuzz_bytes *in, struct session *session)
{
    uint8_t bytes[17];
    session->fragments = 1u + fuzz_u8(in) % FRAGMENTS_MAX;
    session->size = 1u + fuzz_u8(in) % SIZE_MAX_B;
    unsigned padding = fuzz_u8(in) % session->size;
    unsigned control = fuzz_u8(in);
    unsigned count = fuzz_u16(in);
    session->version = 1u + fuzz_u8(in) % 2u;
    rig->services.fragmentation.version = (uint8_t)session->version;
    size_t size = setup_message(
            rig, block, session->fragments, session->size, padding, control, count, bytes);
    rig_down(rig, FRAGMENTATION_FPORT, -1, bytes, size);
}

/* Runs of fragments, with what is lost between them. */
static void fragments(struct fuzz_bytes *in, const struct session *session)
{
    unsigned from = fuzz_u8(in);
    unsigned count = fuzz_u8(in) % 64u;
    int group = (int)(fuzz_u8(in) % 5u) - 1;
    /* After a reset the package is at its default version again; the sender of this session is
     * not. */
    rig->services.fragmentation.version = (uint8_t)session->version;
    for (unsigned n = from; n < from + count && session->fragments > 0; n++) {
        if (n > 0) {
            send_fragment(rig, block, session->fragments, session->size, n, group);
            rig_run_ticks(rig, 2000);
        }
    }
}

/* Uncoded fragments as an answer of the simple block protocol, true ones. */
static void block_data(struct fuzz_bytes *in, const struct session *session)
{
    uint8_t bytes[242] = { 0x02 };
    unsigned n = 1u + fuzz_u8(in) % FRAGMENTS_MAX;
    unsigned count = fuzz_u8(in) % 8u;
    bytes[1] = (uint8_t)n;
    bytes[2] = (uint8_t)(rig->services.fragmentation.session.index << 6);
    if (n - 1u + count <= FRAGMENTS_MAX && 3u + count * session->size <= sizeof bytes) {
        memcpy(bytes + 3, block + (n - 1u) * session->size, count * session->size);
        rig_down(rig, UNICAST_BLOCKS_FPORT, -1, bytes, 3u + count * session->size);
    }
}

/* The main loop's part (fw_install.c): an authentic block is to be proved, or is done with. */
static void prove_block(struct fuzz_bytes *in)
{
    static const uint8_t app_s_key[16] = { 0x5A };
    uint32_t address, size;
    rig->core.factory.verify = fuzz_u8(in);
    rig->core.update.status = UPDATE_NONE;
    if (fragmentation_take_block(&rig->services.fragmentation, &address, &size)) {
        rig->board.hal.ops->key_load(&rig->board, MAC_KEY_APP_S, app_s_key);
        rig->core.update.status = UPDATE_VALID;
        (void)services_prove_block(&rig->services, &rig->core);
    }
}

static void play(struct fuzz_bytes *in, struct session *session)
{
    switch ((enum step)(fuzz_u8(in) % STEP_COUNT)) {
    case MESSAGE_200:
        message(in, MULTICAST_SETUP_FPORT);
        break;
    case MESSAGE_201:
        message(in, FRAGMENTATION_FPORT);
        break;
    case MESSAGE_202:
        message(in, CLOCK_SYNC_FPORT);
        break;
    case MESSAGE_ANY_PORT:
        message(in, fuzz_u8(in));
        break;
    case SET_UP:
        set_up(in, session);
        break;
    case FRAGMENTS:
        fragments(in, session);
        break;
    case WAIT:
        fuzz_rig_wait(rig, in);
        break;
    case CLOCK:
        rig_set_gps(rig, 1300000000 + fuzz_u16(in));
        break;
    case TABLE:
        rig->core.factory.defences ^= FACTORY_DEFENCE_FRAGMENT_TABLE;
        message(in, FRAGMENT_TABLE_FPORT);
        break;
    case MESSAGE_204:
        message(in, UNICAST_BLOCKS_FPORT);
        break;
    case BLOCK_DATA:
        block_data(in, session);
        break;
    case PROVE:
        if (rig->services.fragmentation.proof.state == BLOCK_PROOF_NONE) {
            prove_block(in);
        }
        break;
    case RESET:
    case STEP_COUNT:
    default:
        rig_boot(rig);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, size, 0 };
    struct session session = { 0, 0, 2 };
    rig = fuzz_rig_begin(block, sizeof block, false);
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in, &session);
        rig_run_ticks(rig, 300);
    }
    rig_run_s(rig, 600);
    return 0;
}
