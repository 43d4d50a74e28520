/* Vector table and reset: copies initialised data, clears the rest, calls the program.
 * SPDX-License-Identifier: MIT
 */
#include "port/startup.h"

#include "port/board.h"
#include "port/stm32l0.h"

/* From sections.ld. */
extern uint32_t link_data_load[];
extern uint32_t link_data_begin[];
extern uint32_t link_data_end[];
extern uint32_t link_bss_begin[];
extern uint32_t link_bss_end[];
extern uint32_t link_stack_top[];

void reset_handler(void) __attribute__((noreturn));
void fault_handler(void);

void reset_handler(void)
{
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    const uint32_t *from = link_data_load;
    for (uint32_t *to = link_data_begin; to != link_data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = link_bss_begin; to != link_bss_end; ++to) {
        *to = 0;
    }
    program_main();
}

/* A fault, or an interrupt that was not enabled: start again, with a note of it. */
void fault_handler(void)
{
    board_reset(BOARD_NOTE_PANIC);
}

#define CORE_VECTORS 16u
#define CHIP_VECTORS 32u

__attribute__((section(".vectors"), used))
const void *const vectors[CORE_VECTORS + CHIP_VECTORS] = {
    [0] = link_stack_top,
    [1] = (const void *)reset_handler,
    [2] = (const void *)fault_handler,  /* NMI */
    [3] = (const void *)fault_handler,  /* hard fault */
    [11] = (const void *)fault_handler, /* SVC */
    [14] = (const void *)fault_handler, /* PendSV */
    [15] = (const void *)systick_handler,
    [CORE_VECTORS + 0] = (const void *)fault_handler,
    [CORE_VECTORS + IRQ_RTC] = (const void *)rtc_handler,
    [CORE_VECTORS + IRQ_EXTI0_1] = (const void *)dio_handler,
    [CORE_VECTORS + IRQ_EXTI2_3] = (const void *)fault_handler,
    [CORE_VECTORS + IRQ_EXTI4_15] = (const void *)dio_handler,
};
