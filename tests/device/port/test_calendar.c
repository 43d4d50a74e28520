/* The RTC's calendar against the C library's, day by day.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <time.h>

#include "port/calendar.h"

Test(calendar, agrees_with_the_c_library_through_2099)
{
    struct tm first = { .tm_year = 101, .tm_mon = 0, .tm_mday = 1 };
    time_t begin = timegm(&first);
    for (uint32_t days = 0; days < 99 * 365 + 24; ++days) {
        time_t at = begin + (time_t)days * 86400;
        struct tm date;
        gmtime_r(&at, &date);
        uint32_t weekday = date.tm_wday == 0 ? 7u : (uint32_t)date.tm_wday;
        uint32_t bcd = bcd_encode((uint32_t)date.tm_year - 100u) << 16 | weekday << 13
                       | bcd_encode((uint32_t)date.tm_mon + 1u) << 8
                       | bcd_encode((uint32_t)date.tm_mday);
        if (days == 0) {
            cr_assert_eq(bcd, CALENDAR_FIRST_DATE);
        }
        cr_assert_eq(calendar_days(bcd), days, "day %u", days);
        cr_assert_eq(calendar_day_of_month(days), (uint32_t)date.tm_mday, "day %u", days);
    }
}
