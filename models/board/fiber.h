/* A C stack of its own for a firmware that blocks.
 * SPDX-License-Identifier: MIT
 *
 * A switch saves the registers that a call preserves; it makes no system call on x86-64.
 */
#ifndef BOARD_FIBER_H
#define BOARD_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber;

/* An access below the end of the stack raises SIGSEGV. NULL: out of memory. */
struct fiber *fiber_create(size_t stack_bytes);
void fiber_destroy(struct fiber *fiber);
/* The next fiber_enter() calls `entry`, which never returns. What ran before is discarded. */
void fiber_start(struct fiber *fiber, void (*entry)(void *argument), void *argument);
/* Runs the fiber until it leaves. */
void fiber_enter(struct fiber *fiber);
/* On the fiber: returns to its caller; goes on at the next fiber_enter(). */
void fiber_leave(struct fiber *fiber);
/* The fiber was left by a jump; it is started again before it is entered. */
void fiber_abandoned(struct fiber *fiber);

#endif
