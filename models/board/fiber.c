/* Fibers by a switch of our own on x86-64, by ucontext elsewhere.
 * SPDX-License-Identifier: MIT
 */
#include "board/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/* Frames of a function that are larger than this would not meet the guard. */
#define GUARD_BYTES 65536u

struct fiber {
    uint8_t *map; /* guard, then the stack */
    size_t guard_bytes, stack_bytes;
    void (*entry)(void *argument);
    void *argument;
#ifdef __x86_64__
    void *own, *other; /* stack pointers of the fiber and of its caller */
#else
    ucontext_t own, other;
#endif
#ifdef WITH_ASAN
    void *other_fake;
    const void *other_stack;
    size_t other_bytes;
#endif
};

static void asan_to_fiber(struct fiber *fiber)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(
            &fiber->other_fake, fiber->map + fiber->guard_bytes, fiber->stack_bytes);
#else
    (void)fiber;
#endif
}

static void asan_on_fiber(struct fiber *fiber)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(NULL, &fiber->other_stack, &fiber->other_bytes);
#else
    (void)fiber;
#endif
}

static void asan_from_fiber(struct fiber *fiber)
{
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(NULL, fiber->other_stack, fiber->other_bytes);
#else
    (void)fiber;
#endif
}

static void asan_off_fiber(struct fiber *fiber)
{
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fiber->other_fake, NULL, NULL);
#else
    (void)fiber;
#endif
}

/* The fiber being started: the first frame has no argument register of its own. */
static _Thread_local struct fiber *starting;

static void first_frame(void)
{
    struct fiber *fiber = starting;
    asan_on_fiber(fiber);
    fiber->entry(fiber->argument);
    __builtin_trap();
}

#ifdef __x86_64__
/* fiber_switch_x86_64.S */
void fiber_switch(void **from, void *to);
#define SAVED_REGISTERS 6
#endif

struct fiber *fiber_create(size_t stack_bytes)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);
    if (fiber == NULL) {
        return NULL;
    }
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    fiber->guard_bytes = (GUARD_BYTES + page_bytes - 1) / page_bytes * page_bytes;
    fiber->stack_bytes = (stack_bytes + page_bytes - 1) / page_bytes * page_bytes;
    void *map = mmap(NULL, fiber->guard_bytes + fiber->stack_bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        free(fiber);
        return NULL;
    }
    fiber->map = map;
    if (mprotect(map, fiber->guard_bytes, PROT_NONE) != 0) {
        fiber_destroy(fiber);
        return NULL;
    }
    return fiber;
}

void fiber_destroy(struct fiber *fiber)
{
    if (fiber != NULL) {
#ifdef WITH_ASAN
        /* The address may be mapped again for something else. */
        __asan_unpoison_memory_region(fiber->map + fiber->guard_bytes, fiber->stack_bytes);
#endif
        (void)munmap(fiber->map, fiber->guard_bytes + fiber->stack_bytes);
        free(fiber);
    }
}

void fiber_start(struct fiber *fiber, void (*entry)(void *argument), void *argument)
{
    uint8_t *stack = fiber->map + fiber->guard_bytes;
    fiber->entry = entry;
    fiber->argument = argument;
#ifdef WITH_ASAN
    __asan_unpoison_memory_region(stack, fiber->stack_bytes);
#endif
#ifdef __x86_64__
    uint64_t *top = (uint64_t *)(void *)(stack + fiber->stack_bytes);
    *--top = 0; /* the return address of first_frame(), which does not return */
    *--top = (uint64_t)(uintptr_t)first_frame;
    for (unsigned i = 0; i < SAVED_REGISTERS; i++) {
        *--top = 0;
    }
    fiber->own = top;
#else
    (void)getcontext(&fiber->own);
    fiber->own.uc_stack.ss_sp = stack;
    fiber->own.uc_stack.ss_size = fiber->stack_bytes;
    fiber->own.uc_link = NULL;
    makecontext(&fiber->own, first_frame, 0);
#endif
}

void fiber_enter(struct fiber *fiber)
{
    starting = fiber;
    asan_to_fiber(fiber);
#ifdef __x86_64__
    fiber_switch(&fiber->other, fiber->own);
#else
    (void)swapcontext(&fiber->other, &fiber->own);
#endif
    asan_off_fiber(fiber);
}

void fiber_leave(struct fiber *fiber)
{
    asan_from_fiber(fiber);
#ifdef __x86_64__
    fiber_switch(&fiber->own, fiber->other);
#else
    (void)swapcontext(&fiber->own, &fiber->other);
#endif
    asan_on_fiber(fiber);
}

void fiber_abandoned(struct fiber *fiber)
{
    asan_from_fiber(fiber);
    asan_off_fiber(fiber);
}
