/* Numbers for tests: a linear congruential generator (Numerical Recipes, ch. 7).
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_PORT_DRAW_H
#define TESTS_DEVICE_PORT_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
    uint64_t state;
};

static inline uint32_t draw_next(struct draw *draw)
{
    draw->state = draw->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(draw->state >> 33);
}

static inline void draw_bytes(struct draw *draw, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        bytes[i] = (uint8_t)draw_next(draw);
    }
}

#endif
