/* Clocks, sleep, watchdog and reset of the board.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/pins.h"
#include "port/stm32l0.h"
#include "port/wait.h"

#define SYSTICK_PER_MS (BOARD_CPU_HZ / 1000u - 1u)

/* Hardware that does not answer: the next start may find it better. */
static void require(const volatile uint32_t *bits, uint32_t mask, uint32_t value)
{
    if (!wait_for(bits, mask, value)) {
        board_reset(BOARD_NOTE_PANIC);
    }
}

/* HSI 16 MHz x 4 / 2. After a wake-up from stop mode the processor runs from HSI. */
static void clock_to_pll(void)
{
    RCC->CR |= RCC_CR_HSI16ON;
    require(&RCC->CR, RCC_CR_HSI16RDY, RCC_CR_HSI16RDY);
    RCC->CR |= RCC_CR_PLLON;
    require(&RCC->CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    require(&RCC->CFGR, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL);
}

static void clock_start(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_PWR | RCC_APB1ENR_SPI2;
    RCC->APB2ENR |= RCC_APB2ENR_SYSCFG | RCC_APB2ENR_SPI1;
    RCC->IOPENR |= RCC_IOPENR_ABC;
    PWR->CR = (PWR->CR & ~PWR_CR_VOS_MASK) | PWR_CR_VOS_1V8; /* range 1: up to 32 MHz */
    require(&PWR->CSR, PWR_CSR_VOSF, 0);
    FLASH->ACR |= FLASH_ACR_LATENCY | FLASH_ACR_PREFETCH; /* one wait state above 16 MHz */
    if ((RCC->CFGR & RCC_CFGR_SWS_MASK) == RCC_CFGR_SWS_PLL) {
        return; /* the bootloader did it, and a running PLL must not be set */
    }
    RCC->CFGR = RCC_CFGR_WAKE_HSI | RCC_CFGR_PLLMUL_4 | RCC_CFGR_PLLDIV_2;
    clock_to_pll();
}

void board_start(struct board *board)
{
    clock_start();
    board_rtc_start();
    board_radio_pins_start();
    board_nor_start(board);
    board->alarm_ticks = HAL_TICKS_NEVER;
    board->schedule_slot = HAL_KEY_SLOTS;
}

enum hal_reset_cause board_reset_cause(void)
{
    uint32_t flags = RCC->CSR;
    if ((flags & RCC_CSR_PORRSTF) != 0) {
        return HAL_RESET_POWER_ON; /* brown-out sets the same flag */
    }
    if ((flags & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) != 0) {
        return HAL_RESET_WATCHDOG;
    }
    if ((flags & RCC_CSR_SFTRSTF) != 0) {
        return RTC->BKPR[0] == BOARD_NOTE_PANIC ? HAL_RESET_WATCHDOG : HAL_RESET_SOFTWARE;
    }
    return HAL_RESET_PIN;
}

void board_reset_cause_clear(void)
{
    RTC->BKPR[0] = 0;
    RCC->CSR |= RCC_CSR_RMVF;
}

void board_reset(uint32_t note)
{
    cpu_disable_interrupts();
    RTC->BKPR[0] = note;
    cpu_barrier();
    SCB_AIRCR = SCB_AIRCR_RESET;
    for (;;) {
        cpu_wait_for_interrupt();
    }
}

void board_watchdog_start(void)
{
    IWDG->KR = IWDG_KEY_START;
    IWDG->KR = IWDG_KEY_ACCESS;
    IWDG->PR = IWDG_PR_DIV_256;
    IWDG->RLR = IWDG_RLR_LONGEST; /* 4096 x 256 / 37 kHz: 28 s, at the fastest LSI 18 s */
    require(&IWDG->SR, UINT32_MAX, 0);
    IWDG->KR = IWDG_KEY_FEED;
}

void board_watchdog_feed(void)
{
    IWDG->KR = IWDG_KEY_FEED;
}

static void stop_until_interrupt(void)
{
    PWR->CR = (PWR->CR & ~PWR_CR_PDDS) | PWR_CR_LPSDSR | PWR_CR_CWUF | PWR_CR_ULP | PWR_CR_FWU;
    SCB_SCR |= SCB_SCR_DEEP;
    cpu_wait_for_interrupt();
    SCB_SCR &= ~SCB_SCR_DEEP;
    clock_to_pll();
}

/* The NOR has no interrupt line: a tick of 1 ms polls it for the end of an operation, and
 * sends it to power-down afterwards. */
static void sleep_until_interrupt_or_tick(void)
{
    SYST_RVR = SYSTICK_PER_MS;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_RUN;
    cpu_wait_for_interrupt();
    SYST_CSR = 0;
}

void board_sleep(struct board *board)
{
    bool nor_works = board_nor_busy(board);
    cpu_disable_interrupts(); /* an interrupt that comes now still ends the wait */
    if (!board->woken) {
        if (nor_works || board->nor_notify) {
            sleep_until_interrupt_or_tick();
        } else {
            stop_until_interrupt();
        }
    }
    board->woken = false;
    cpu_enable_interrupts();
}
