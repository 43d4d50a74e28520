/* A short queue of answers that a package owes, each a command id and two bytes of context.
 * SPDX-License-Identifier: MIT
 *
 * Answers are encoded when the uplink is built, not when the request came: whatever carries a
 * time or a state is fresh then.
 */
#ifndef DEVICE_SERVICES_ANSWERS_H
#define DEVICE_SERVICES_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWERS_MAX 8u

struct answer {
    uint8_t cid;
    uint8_t a;
    uint8_t b;
};

struct answers {
    uint8_t count;
    struct answer queue[ANSWERS_MAX];
};

/* Encodes one answer into at most `size_max` bytes; returns its size, 0 when it does not fit. */
typedef size_t answer_encode_fn(
        void *context, const struct answer *answer, uint8_t *out, size_t size_max);

/* False when the queue is full: then the request must not be acted on. */
static inline bool answers_full(const struct answers *answers)
{
    return answers->count == ANSWERS_MAX;
}

void answers_push(struct answers *answers, uint8_t cid, uint8_t a, uint8_t b);

/* Encodes from the front as many as fit, and removes these; returns the bytes written. */
size_t answers_encode(struct answers *answers, answer_encode_fn *encode, void *context,
        uint8_t *out, size_t size_max);

#endif
