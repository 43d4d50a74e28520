/* Waits for a bit of the hardware, with an end.
 * SPDX-License-Identifier: MIT
 *
 * For start-up and the bootloader, where no watchdog runs yet. In the application the watchdog
 * ends a wait.
 */
#ifndef PORT_WAIT_H
#define PORT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* The longest wait is that for the 32 kHz crystal: 2 s (STM32L072 data sheet, t_SU(LSE)), by a CPU
 * at 2 MHz. A look takes 6 cycles at the least: 3 s at 32 MHz. */
#define WAIT_LOOKS_MAX 16000000u

/* True as soon as the bits of `mask` read `value`; false when they did not, WAIT_LOOKS_MAX times.
 */
static inline __attribute__((always_inline)) bool wait_for(
        const volatile uint32_t *bits, uint32_t mask, uint32_t value)
{
    for (uint32_t looks = 0; looks < WAIT_LOOKS_MAX; ++looks) {
        if ((*bits & mask) == value) {
            return true;
        }
    }
    return false;
}

#endif
