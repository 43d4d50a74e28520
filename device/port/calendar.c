/* A calendar of four-year cycles: every fourth year is a leap year from 2001 through 2099.
 * SPDX-License-Identifier: MIT
 */
#include "port/calendar.h"

#define YEAR_DAYS_4 1461u

uint32_t bcd_decode(uint32_t value)
{
    return (value >> 4) * 10u + (value & 15u);
}

uint32_t bcd_encode(uint32_t value)
{
    return value / 10u << 4 | value % 10u;
}

static const uint16_t days_before_month[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304,
    334 };

uint32_t calendar_days(uint32_t date)
{
    uint32_t year = bcd_decode(date >> 16 & 0xFFu) - 1u;
    uint32_t month = bcd_decode(date >> 8 & 0x1Fu);
    uint32_t day = bcd_decode(date & 0x3Fu);
    uint32_t leap_day = year % 4u == 3u && month > 2u ? 1u : 0u;
    return year / 4u * YEAR_DAYS_4 + year % 4u * 365u + days_before_month[month - 1u] + leap_day
           + day - 1u;
}

uint32_t calendar_day_of_month(uint32_t days)
{
    uint32_t in_cycle = days % YEAR_DAYS_4;
    uint32_t year = in_cycle / 365u < 3u ? in_cycle / 365u : 3u;
    uint32_t day = in_cycle - year * 365u;
    uint32_t month = 11;
    for (;; --month) {
        uint32_t first = days_before_month[month] + (year == 3u && month > 1u ? 1u : 0u);
        if (day >= first) {
            return day - first + 1u;
        }
    }
}
