/* Fuzzes what a reset finds in the SPI NOR and in the record of a fragmentation session: journal,
 * marks, slots and block with any content.
 * SPDX-License-Identifier: MIT
 *
 * The services run on the fake board of their tests. Assertions of firmware and fakes, and the
 * sanitizers, are the oracle: content may cost the session, nothing else.
 */
#include <stddef.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_rig.h"
#include "update/flash_map.h"

#define STEPS_MAX 64u

enum step {
    MILESTONE,
    MARKS,
    SLOT,
    RAW,
    FRAGMENTS,
    WAIT,
    RESET,
    STEP_COUNT
};

static struct rig *rig;
static uint8_t block[NOR_BLOCK_SIZE];

/* The record of a session, or any bytes in its place; and the journal's tag. */
static struct frag_params session(struct fuzz_bytes *in)
{
    unsigned flags = fuzz_u8(in);
    unsigned fragments = fuzz_u16(in);
    unsigned fragment_size = fuzz_u8(in);
    struct frag_params params = {
        .tag = 2,
        .fragments = (uint16_t)(1u + fragments % 4096u),
        .fragment_size = (uint8_t)(1u + fragment_size % 239u),
        .version = (uint8_t)(1u + flags / 2u % 2u),
        .acknowledged = flags / 4u % 2u,
        .group_mask = 1,
        .control = flags / 8u % 4u,
    };
    if (params.fragments > NOR_BLOCK_SIZE / params.fragment_size) {
        params.fragments = (uint16_t)(NOR_BLOCK_SIZE / params.fragment_size);
    }
    if ((flags & 1u) != 0) {
        uint8_t raw[sizeof params] = { 0 };
        (void)fuzz_block(in, raw, sizeof raw);
        memcpy(&params, raw, sizeof params);
    }
    struct board_record *record = &rig->board.records[NVM_FRAG_SESSION];
    record->size = (int)sizeof params;
    memcpy(record->bytes, &params, sizeof params);
    for (unsigned i = 0; i < 4; i++) {
        rig->board.nor[NOR_JOURNAL_ADDRESS + i] = (uint8_t)(params.tag >> 8 * i);
    }
    return params;
}

static void slot(struct fuzz_bytes *in)
{
    unsigned at = fuzz_u16(in) % FRAG_SLOTS_MAX;
    unsigned n = fuzz_u16(in);
    bool count_is_right = fuzz_u8(in) % 8u != 0;
    uint32_t address = at < FRAG_SLOTS_MAIN ? NOR_FEC_ADDRESS + at * NOR_FEC_SLOT_SIZE
                                            : NOR_JOURNAL_ADDRESS + FRAG_STORE_SECTOR
                                                      + (at - FRAG_SLOTS_MAIN) * NOR_FEC_SLOT_SIZE;
    uint8_t *bytes = rig->board.nor + address;
    (void)fuzz_block(in, bytes, 239);
    bytes[252] = (uint8_t)n;
    bytes[253] = (uint8_t)(n >> 8);
    unsigned zeros = count_is_right ? 0 : 1;
    for (unsigned i = 0; i < 254; i++) {
        zeros += 8u - (unsigned)__builtin_popcount(bytes[i]);
    }
    bytes[254] = (uint8_t)zeros;
    bytes[255] = (uint8_t)(zeros >> 8);
}

static void fragments(struct fuzz_bytes *in, const struct frag_params *params)
{
    unsigned from = fuzz_u16(in);
    unsigned count = fuzz_u8(in) % 64u;
    unsigned size = params->fragment_size;
    if (params->fragments == 0 || (size_t)params->fragments * size > sizeof block) {
        return;
    }
    for (unsigned n = from; n < from + count; n++) {
        if (n > 0 && n <= FRAG_NUMBER_MAX) {
            send_fragment(rig, block, params->fragments, size, n, -1);
            rig_run_ticks(rig, 2000);
        }
    }
}

static void raw(struct fuzz_bytes *in)
{
    uint32_t page = fuzz_u16(in) % (BOARD_NOR_SIZE / 256u);
    (void)fuzz_block(in, rig->board.nor + 256u * page + fuzz_u8(in) % 16u, 239);
}

/* Content changes between a power cut and the start after it. */
static void play(struct fuzz_bytes *in, const struct frag_params *params, bool *off)
{
    enum step step = (enum step)(fuzz_u8(in) % STEP_COUNT);
    if (step >= FRAGMENTS && *off) {
        rig_boot(rig);
    }
    *off = step < FRAGMENTS;
    switch (step) {
    case MILESTONE:
        rig->board.nor[NOR_JOURNAL_ADDRESS + FRAG_MILESTONE_FROZEN + fuzz_u8(in) % 4u] = 0;
        break;
    case MARKS:
        (void)fuzz_block(in, rig->board.nor + NOR_JOURNAL_ADDRESS + 256u + fuzz_u8(in), 255);
        break;
    case SLOT:
        slot(in);
        break;
    case RAW:
        raw(in);
        break;
    case FRAGMENTS:
        fragments(in, params);
        break;
    case WAIT:
        fuzz_rig_wait(rig, in);
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
    bool off = true;
    rig = fuzz_rig_begin(block, sizeof block, true);
    struct frag_params params = session(&in);
    for (unsigned i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        play(&in, &params, &off);
    }
    rig_boot(rig);
    rig_run_s(rig, 600);
    return 0;
}
