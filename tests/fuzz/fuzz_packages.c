/* Fuzzes the application packages: any message on any port, unicast or multicast, at any time.
 * SPDX-License-Identifier: MIT
 *
 * The services run on the fake board of their tests, whose NOR refuses what silicon would. An
 * input is a sequence of steps; a good session set-up and true fragments are steps of their own,
 * so that the decoder is reached. Assertions of firmware and fakes, and the sanitizers, are the
 * oracle.
 */
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
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
    SIGNED_TABLE,
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

/* The signed part of a piece of the table (services/fragment_table.h), and its message. */
#define TABLE_TEXT_HEAD 20u
#define TABLE_HEAD      4u

/* A piece of the table of this session, correctly signed: of the true fragments, but for the bits
 * that the input changes in their hashes. */
static void signed_table(struct fuzz_bytes *in, const struct session *session)
{
    static const uint8_t private_key[32] = "the key that signs test images..";
    uint8_t text[TABLE_TEXT_HEAD + FRAGMENT_TABLE_COUNT_MAX * FRAGMENT_HASH_SIZE] = "FRAGTBL1";
    uint8_t message[TABLE_HEAD + sizeof text - TABLE_TEXT_HEAD + ED25519_SIGNATURE_SIZE] = { 1 };
    const struct frag_params *params = &rig->services.fragmentation.session;
    unsigned first = fuzz_u8(in) % FRAGMENTS_MAX;
    unsigned count = fuzz_u8(in) % (FRAGMENT_TABLE_COUNT_MAX + 1u);
    unsigned changed = fuzz_u8(in);
    int group = (int)(fuzz_u8(in) % 5u) - 1;
    unsigned size = TABLE_TEXT_HEAD + count * FRAGMENT_HASH_SIZE;
    memcpy(text + 8, params->descriptor, sizeof params->descriptor);
    text[12] = (uint8_t)params->fragments;
    text[13] = (uint8_t)(params->fragments >> 8);
    text[14] = params->fragment_size;
    text[16] = (uint8_t)first;
    text[18] = (uint8_t)count;
    for (unsigned i = 0; i < count && first + i < session->fragments; i++) {
        struct sha256_ctx sha;
        uint8_t *hash = text + TABLE_TEXT_HEAD + i * FRAGMENT_HASH_SIZE;
        sha256_init(&sha);
        sha256_update(&sha, session->size, block + (first + i) * session->size);
        sha256_digest(&sha, FRAGMENT_HASH_SIZE, hash);
        hash[0] ^= (uint8_t)(changed >> i % 8u & 1u);
    }
    message[1] = (uint8_t)first;
    message[2] = (uint8_t)(params->index << 6);
    message[3] = (uint8_t)count;
    memcpy(message + TABLE_HEAD, text + TABLE_TEXT_HEAD, size - TABLE_TEXT_HEAD);
    ed25519_sha512_public_key(rig->core.factory.image_public_key, private_key);
    ed25519_sha512_sign(rig->core.factory.image_public_key, private_key, size, text,
            message + TABLE_HEAD + size - TABLE_TEXT_HEAD);
    rig->core.factory.defences |= FACTORY_DEFENCE_FRAGMENT_TABLE;
    rig_down(rig, FRAGMENT_TABLE_FPORT, group, message,
            TABLE_HEAD + size - TABLE_TEXT_HEAD + ED25519_SIGNATURE_SIZE);
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
    case SIGNED_TABLE:
        signed_table(in, session);
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
