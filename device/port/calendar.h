/* Days since 2001-01-01 and the date registers of an RTC, binary-coded decimal.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_CALENDAR_H
#define PORT_CALENDAR_H

#include <stdint.h>

/* The first day: the calendar hardware takes year 0 for "never set". */
#define CALENDAR_FIRST_DATE 0x00012101u /* Monday, year 01, month 01, day 01 */

uint32_t bcd_decode(uint32_t value); /* two digits */
uint32_t bcd_encode(uint32_t value);

/* `date`: year << 16 | weekday << 13 | month << 8 | day, as RM0376 lays out RTC_DR. */
uint32_t calendar_days(uint32_t date);
/* 1..31, through 2099-12-31. */
uint32_t calendar_day_of_month(uint32_t days);

#endif
