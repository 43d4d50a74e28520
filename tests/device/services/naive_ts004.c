/* TS004 read a second time, slowly: rows, fragments, elimination, and set-up messages.
 * SPDX-License-Identifier: MIT
 */
#include <nettle/cmac.h>
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"

static unsigned naive_prbs23(unsigned x)
{
    unsigned b0 = x & 1;
    unsigned b5 = (x >> 5) & 1;
    return b0 != b5 ? x / 2 | 1u << 22 : x / 2;
}

void naive_row(unsigned n, unsigned fragments, unsigned version, uint8_t *row)
{
    unsigned s = 0;
    for (unsigned power = 1; power <= fragments; power *= 2) {
        s = power == fragments ? 1 : s;
    }
    memset(row, 0, fragments);
    unsigned x = 1 + 1001 * n;
    unsigned counted = 0;
    while (counted < fragments / 2) {
        unsigned r = fragments;
        while (r >= fragments) {
            x = naive_prbs23(x);
            r = x % (fragments + s);
        }
        if (version == 1 || row[r] == 0) {
            counted++;
        }
        row[r] = 1;
    }
}

void naive_fragment(const uint8_t *block, unsigned fragments, unsigned size, unsigned version,
        unsigned n, uint8_t *out)
{
    if (n <= fragments) {
        memcpy(out, &block[(size_t)(n - 1) * size], size);
        return;
    }
    uint8_t *row = malloc(fragments);
    naive_row(n - fragments, fragments, version, row);
    memset(out, 0, size);
    for (unsigned c = 0; c < fragments; c++) {
        for (unsigned i = 0; row[c] && i < size; i++) {
            out[i] ^= block[(size_t)c * size + i];
        }
    }
    free(row);
}

void naive_solver_init(struct naive_solver *solver, unsigned fragments)
{
    solver->fragments = fragments;
    solver->rank = 0;
    solver->rows = calloc(fragments, (fragments + 63) / 64 * sizeof(uint64_t));
    solver->has = calloc(fragments, 1);
}

void naive_solver_free(struct naive_solver *solver)
{
    free(solver->rows);
    free(solver->has);
}

bool naive_solver_add(struct naive_solver *solver, unsigned n, unsigned version)
{
    unsigned m = solver->fragments;
    unsigned words = (m + 63) / 64;
    uint8_t *row = calloc(m, 1);
    uint64_t *vector = calloc(words, sizeof(uint64_t));
    bool added = false;
    if (n <= m) {
        row[n - 1] = 1;
    } else {
        naive_row(n - m, m, version, row);
    }
    for (unsigned c = 0; c < m; c++) {
        vector[c / 64] |= (uint64_t)row[c] << c % 64;
    }
    for (unsigned c = 0; c < m && !added; c++) {
        if ((vector[c / 64] >> c % 64 & 1) == 0) {
            continue;
        }
        if (!solver->has[c]) {
            memcpy(&solver->rows[(size_t)c * words], vector, words * sizeof(uint64_t));
            solver->has[c] = 1;
            solver->rank++;
            added = true;
        } else {
            for (unsigned w = 0; w < words; w++) {
                vector[w] ^= solver->rows[(size_t)c * words + w];
            }
        }
    }
    free(vector);
    free(row);
    return added;
}

size_t setup_message(const struct rig *rig, const uint8_t *block, unsigned fragments, unsigned size,
        unsigned padding, unsigned control, unsigned session_cnt, uint8_t out[17])
{
    unsigned length = fragments * size - padding;
    uint8_t b0[16] = { 0x49, (uint8_t)session_cnt, (uint8_t)(session_cnt >> 8), 0, 'F', 'U', 'O',
        'T', 0, 0, 0, 0, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), 0 };
    uint8_t message[17] = { 0x02, 0x01, (uint8_t)fragments, (uint8_t)(fragments >> 8),
        (uint8_t)size, (uint8_t)control, (uint8_t)padding, 'F', 'U', 'O', 'T', (uint8_t)session_cnt,
        (uint8_t)(session_cnt >> 8) };
    uint8_t key[16] = { 0x30 };
    uint8_t mac[16];
    struct aes128_ctx gen_app_key;
    struct cmac_aes128_ctx cmac;
    aes128_set_encrypt_key(&gen_app_key, rig->core.factory.gen_app_key);
    aes128_encrypt(&gen_app_key, 16, key, key);
    cmac_aes128_set_key(&cmac, key);
    cmac_aes128_update(&cmac, 16, b0);
    cmac_aes128_update(&cmac, length, block);
    cmac_aes128_digest(&cmac, 16, mac);
    memcpy(&message[13], mac, 4);
    memcpy(out, message, 17);
    return rig->services.fragmentation.version >= 2 ? 17 : 11;
}

void send_fragment(struct rig *rig, const uint8_t *block, unsigned fragments, unsigned size,
        unsigned n, int group)
{
    uint8_t message[3 + 256] = { 0x08, (uint8_t)n, (uint8_t)(n >> 8) };
    naive_fragment(block, fragments, size, rig->services.fragmentation.version, n, &message[3]);
    rig_down(rig, FRAGMENTATION_FPORT, group, message, 3 + size);
}
