/* 64-bit time at 32768 Hz from the calendar, which counts through every reset but power-on.
 * SPDX-License-Identifier: MIT
 *
 * The first prescaler divides by one, so the sub-second register counts single crystal periods.
 */
#include "port/board.h"
#include "port/calendar.h"
#include "port/stm32l0.h"
#include "port/wait.h"

#define TICKS_PER_SECOND HAL_RTC_HZ
#define SECONDS_PER_DAY  86400u

/* The alarm compares the day of the month: an alarm further away is reached in hops. The hop is
 * also what feeds the watchdog (26 s) during long sleeps. */
#define HOP_TICKS (16u * TICKS_PER_SECOND)

/* A time closer than this may pass while the alarm is being armed. */
#define ARM_TICKS 3u

static void unlock(void)
{
    RTC->WPR = RTC_WPR_KEY_1;
    RTC->WPR = RTC_WPR_KEY_2;
}

void board_rtc_start(void)
{
    PWR->CR |= PWR_CR_DBP;
    if ((RTC->ISR & RTC_ISR_INITS) == 0 || (RCC->CSR & RCC_CSR_RTCEN) == 0) {
        RCC->CSR |= RCC_CSR_LSEON;
        bool runs = wait_for(&RCC->CSR, RCC_CSR_LSERDY, RCC_CSR_LSERDY);
        RCC->CSR |= RCC_CSR_RTCSEL_LSE | RCC_CSR_RTCEN;
        unlock();
        RTC->ISR = RTC_ISR_INIT;
        if (!wait_for(&RTC->ISR, RTC_ISR_INITF, RTC_ISR_INITF) || !runs) {
            board_reset(BOARD_NOTE_PANIC);
        }
        RTC->PRER = TICKS_PER_SECOND - 1u; /* two writes, RM0376 section 26.4.6: synchronous, */
        RTC->PRER = TICKS_PER_SECOND - 1u; /* then asynchronous, which stays 0: divide by one */
        RTC->TR = 0;
        RTC->DR = CALENDAR_FIRST_DATE;
        RTC->ISR = 0;
    }
    unlock();
    RTC->CR |= RTC_CR_BYPSHAD; /* the shadow registers are stale after stop mode */
}

void board_alarm_start(void)
{
    EXTI->RTSR |= EXTI_RTC_ALARM;
    EXTI->IMR |= EXTI_RTC_ALARM;
    NVIC_ISER = BIT(IRQ_RTC);
}

uint64_t board_rtc_now(void)
{
    uint32_t fraction;
    uint32_t time;
    uint32_t date;
    do { /* no carry ran through while the three were read */
        fraction = RTC->SSR;
        time = RTC->TR;
        date = RTC->DR;
    } while (fraction != RTC->SSR);
    uint32_t seconds = bcd_decode(time >> 16 & 0x3Fu) * 3600u + bcd_decode(time >> 8 & 0x7Fu) * 60u
                       + bcd_decode(time & 0x7Fu);
    uint64_t all_seconds = (uint64_t)calendar_days(date) * SECONDS_PER_DAY + seconds;
    return all_seconds * TICKS_PER_SECOND + (TICKS_PER_SECOND - 1u - (fraction & 0x7FFFu));
}

static void arm(uint64_t at_ticks)
{
    uint32_t seconds_all = (uint32_t)(at_ticks / TICKS_PER_SECOND);
    uint32_t seconds = seconds_all % SECONDS_PER_DAY;
    uint32_t day = calendar_day_of_month(seconds_all / SECONDS_PER_DAY);
    unlock();
    RTC->CR &= ~(RTC_CR_ALRAE | RTC_CR_ALRAIE);
    while ((RTC->ISR & RTC_ISR_ALRAWF) == 0) {
    }
    RTC->ALRMAR = bcd_encode(day) << 24 | bcd_encode(seconds / 3600u) << 16
                  | bcd_encode(seconds / 60u % 60u) << 8 | bcd_encode(seconds % 60u);
    RTC->ALRMASSR =
            RTC_SS_MASK_ALL | (TICKS_PER_SECOND - 1u - (uint32_t)(at_ticks % TICKS_PER_SECOND));
    RTC->ISR = ~(RTC_ISR_ALRAF | RTC_ISR_INIT);
    RTC->CR |= RTC_CR_ALRAE | RTC_CR_ALRAIE;
}

static void arm_next_hop(struct board *board)
{
    uint64_t now = board_rtc_now();
    uint64_t hop = now + HOP_TICKS;
    uint64_t next = board->alarm_ticks < hop ? board->alarm_ticks : hop;
    if (next > now + ARM_TICKS) {
        arm(next);
    }
    if (next <= board_rtc_now() + ARM_TICKS) {
        NVIC_ISPR = BIT(IRQ_RTC); /* too close: the handler waits the rest out */
    }
}

void board_alarm_set(struct board *board, uint64_t at_ticks)
{
    uint32_t saved = cpu_interrupts_save();
    board->alarm_ticks = at_ticks;
    arm_next_hop(board);
    cpu_interrupts_restore(saved);
}

void board_alarm_interrupt(struct board *board)
{
    RTC->ISR = ~(RTC_ISR_ALRAF | RTC_ISR_INIT);
    EXTI->PR = EXTI_RTC_ALARM;
    uint64_t now = board_rtc_now();
    while (now < board->alarm_ticks && board->alarm_ticks - now <= ARM_TICKS) {
        now = board_rtc_now();
    }
    if (now >= board->alarm_ticks) {
        struct board_interrupt *note = &board->interrupts[FW_IRQ_ALARM];
        note->edge_ticks = now;
        note->pending = true;
        board->alarm_ticks = HAL_TICKS_NEVER;
    }
    board->woken = true;
    arm_next_hop(board);
}
