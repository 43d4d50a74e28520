/* Queue of answers that wait for an uplink.
 * SPDX-License-Identifier: MIT
 */
#include "services/answers.h"

void answers_push(struct answers *answers, uint8_t cid, uint8_t a, uint8_t b)
{
    if (!answers_full(answers)) {
        answers->queue[answers->count++] = (struct answer){ .cid = cid, .a = a, .b = b };
    }
}

size_t answers_encode(struct answers *answers, answer_encode_fn *encode, void *context,
        uint8_t *out, size_t size_max)
{
    size_t size = 0;
    unsigned done = 0;
    while (done < answers->count) {
        size_t more = encode(context, &answers->queue[done], out + size, size_max - size);
        if (more == 0) {
            break; /* the order of the answers is the order of the commands */
        }
        size += more;
        done++;
    }
    for (unsigned i = done; i < answers->count; i++) {
        answers->queue[i - done] = answers->queue[i];
    }
    answers->count = (uint8_t)(answers->count - done);
    return size;
}
