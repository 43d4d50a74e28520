/* A few crypto answers remembered across nodes, keyed by the full input.
 * SPDX-License-Identifier: MIT
 *
 * A multicast frame is the same bytes under the same key for every receiver. Each question is
 * compared byte by byte with the remembered ones, so a forged or broken frame gets its own
 * answer and results are the same with and without. Time is charged either way.
 */
#ifndef BOARD_CRYPTO_MEMO_H
#define BOARD_CRYPTO_MEMO_H

#include <stdbool.h>

#include "hal.h"

#define CRYPTO_MEMO_ENTRIES 4u
#define CRYPTO_MEMO_BYTES   512u

struct crypto_answer {
    bool valid;
    uint8_t key[32];   /* AES key, or public key */
    uint8_t extra[64]; /* CTR: first counter block; Ed25519: signature */
    uint32_t size;
    uint8_t input[CRYPTO_MEMO_BYTES];
    uint8_t output[CRYPTO_MEMO_BYTES]; /* CTR: data; CMAC: 16 bytes; Ed25519: 1 byte */
};

struct crypto_answers { /* of one operation, the last hit first */
    struct crypto_answer answers[CRYPTO_MEMO_ENTRIES];
    uint32_t last;
    uint32_t oldest;
};

/* One piece of a SHA-256 stream. Every device computes the digest of its image at each boot, and
 * most hold the same image: state and piece find the next state. */
#define CRYPTO_DIGEST_ENTRIES 1024u /* pieces of the longest image, and half as many again */
#define CRYPTO_DIGEST_PIECE   256u

struct crypto_digest_step {
    bool valid;
    uint8_t piece[CRYPTO_DIGEST_PIECE];
    struct hal_sha256 before;
    struct hal_sha256 after;
};

struct crypto_memo {
    struct crypto_answers cmac;
    struct crypto_answers ctr;
    struct crypto_answers verify;
    struct crypto_digest_step digests[CRYPTO_DIGEST_ENTRIES];
};

struct crypto_question {
    const uint8_t *key;
    size_t key_size;
    const uint8_t *extra;
    size_t extra_size;
    const struct hal_span *spans;
    size_t span_count;
    size_t size; /* of all spans */
};

size_t crypto_spans_size(const struct hal_span *spans, size_t span_count);
/* The output of an equal question, NULL if none is remembered. */
const uint8_t *crypto_memo_find(
        struct crypto_answers *answers, const struct crypto_question *question);
/* Remembers a question; the caller writes its output. NULL: too large to be remembered. */
uint8_t *crypto_memo_add(struct crypto_answers *answers, const struct crypto_question *question);

/* The step that begins with this state and this piece of CRYPTO_DIGEST_PIECE bytes. If it is not
 * valid, the caller fills in `after` and sets `valid`. */
struct crypto_digest_step *crypto_memo_digest(
        struct crypto_memo *memo, const struct hal_sha256 *before, const uint8_t *piece);

#endif
