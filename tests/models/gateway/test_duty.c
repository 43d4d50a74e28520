/* Sub-bands, duty-cycle enforcement, and the auditor that watches it.
 * SPDX-License-Identifier: MIT
 *
 * Oracles: hand-computed boundaries; a naive sum over all frames; spec-physics section 6.
 */
#include <criterion/criterion.h>

#include "gateway/duty_limiter.h"
#include "gateway/gateway.h"
#include "random_stream.h"

#define SECOND SIM_NS_PER_S
#define HOUR   (3600 * SECOND)

/* --- budget form ------------------------------------------------------------------------------ */

static struct duty_limiter limiter;

static void finish(void)
{
    duty_limiter_finish(&limiter);
}

TestSuite(duty_limiter, .fini = finish);

Test(duty_limiter, budget_is_exact_to_the_nanosecond)
{
    duty_limiter_init(&limiter, 0.1, 3600, NULL); /* 360 s */
    for (int i = 0; i < 359; i++) {
        duty_limiter_reserve(&limiter, 0, i * 2 * SECOND, SECOND);
    }
    sim_ns start_ns = 1000 * SECOND;
    cr_expect(duty_limiter_allows(&limiter, start_ns, SECOND));
    cr_expect_not(duty_limiter_allows(&limiter, start_ns, SECOND + 1));
    duty_limiter_reserve(&limiter, 0, start_ns, SECOND);
    cr_expect_not(duty_limiter_allows(&limiter, 2000 * SECOND, 1));

    /* The first frame ended at 1 s: a frame that ends at 3601 s sees it no more. */
    cr_expect(duty_limiter_allows(&limiter, HOUR, SECOND));
    cr_expect_not(duty_limiter_allows(&limiter, HOUR - 1, SECOND));
    cr_expect_eq(duty_limiter_earliest(&limiter, 2000 * SECOND, SECOND), HOUR);
    cr_expect_eq(duty_limiter_earliest(&limiter, 2000 * SECOND, 2 * SECOND), HOUR + SECOND);
    cr_expect_eq(duty_limiter_earliest(&limiter, HOUR + 5, SECOND), HOUR + 5);
    cr_expect_eq(duty_limiter_earliest(&limiter, 0, 361 * SECOND), SIM_NS_NEVER);
}

Test(duty_limiter, frames_reserved_for_later_keep_their_right)
{
    duty_limiter_init(&limiter, 0.01, 3600, NULL); /* 36 s */
    duty_limiter_reserve(&limiter, 0, 400 * SECOND, 30 * SECOND);
    cr_expect(duty_limiter_allows(&limiter, 100 * SECOND, 6 * SECOND));
    cr_expect_not(duty_limiter_allows(&limiter, 100 * SECOND, 7 * SECOND));
    duty_limiter_reserve(&limiter, 0, 100 * SECOND, 6 * SECOND);
    cr_expect_not(duty_limiter_allows(&limiter, 50 * SECOND, 1));

    /* Full from 4000 s on; what ends an hour before the last of it is out of its window. */
    duty_limiter_finish(&limiter);
    duty_limiter_init(&limiter, 0.01, 3600, NULL);
    duty_limiter_reserve(&limiter, 0, 4000 * SECOND, 36 * SECOND);
    cr_expect(duty_limiter_allows(&limiter, 435 * SECOND, SECOND));
    cr_expect_not(duty_limiter_allows(&limiter, 435 * SECOND + 1, SECOND));
}

Test(duty_limiter, off_time_form_pauses_after_each_frame)
{
    duty_limiter_init_pauses(&limiter, 0.1, false, NULL);
    sim_ns airtime_ns = 2793472 * SIM_NS_PER_US; /* SF12, 64 bytes: gap 25.14 s */
    cr_expect(duty_limiter_allows(&limiter, 0, airtime_ns));
    duty_limiter_reserve(&limiter, 0, 0, airtime_ns);
    sim_ns next_ns = 10 * airtime_ns;
    cr_expect_float_eq((double)(next_ns - airtime_ns) / 1e9, 25.14, 0.005);
    cr_expect(duty_limiter_allows(&limiter, next_ns, airtime_ns));
    cr_expect_not(duty_limiter_allows(&limiter, next_ns - 1, airtime_ns));
    cr_expect_eq(duty_limiter_earliest(&limiter, SECOND, airtime_ns), next_ns);
    cr_expect_eq(duty_limiter_earliest(&limiter, next_ns + 7, airtime_ns), next_ns + 7);
    duty_limiter_reserve(&limiter, 0, 3 * next_ns, airtime_ns);
    cr_expect(duty_limiter_allows(&limiter, 2 * next_ns, airtime_ns), "fits between");
    cr_expect_not(duty_limiter_allows(&limiter, 2 * next_ns + 1, airtime_ns));
}

Test(duty_limiter, pauses_from_the_start_begin_with_the_frame)
{
    duty_limiter_init_pauses(&limiter, 0.01, true, NULL);
    duty_limiter_reserve(&limiter, 0, 0, SECOND);
    cr_expect(duty_limiter_allows(&limiter, 99 * SECOND, SECOND));
    cr_expect_not(duty_limiter_allows(&limiter, 99 * SECOND - 1, SECOND));
    cr_expect_eq(duty_limiter_earliest(&limiter, SECOND, SECOND), 99 * SECOND);
}

/* The definition, by brute force: no frame's window holds more than the budget. */
static bool naive_allows(const sim_ns (*frames)[2], unsigned count, sim_ns start_ns,
        sim_ns airtime_ns, sim_ns window_ns, sim_ns budget_ns)
{
    sim_ns end_ns = start_ns + airtime_ns;
    for (unsigned i = 0; i <= count; i++) {
        sim_ns to_ns = i == count ? end_ns : frames[i][0] + frames[i][1];
        sim_ns used_ns = end_ns > to_ns - window_ns && end_ns <= to_ns ? airtime_ns : 0;
        bool touched = used_ns > 0;
        for (unsigned k = 0; k < count; k++) {
            sim_ns other_ns = frames[k][0] + frames[k][1];
            used_ns += other_ns > to_ns - window_ns && other_ns <= to_ns ? frames[k][1] : 0;
        }
        if (touched && used_ns > budget_ns) {
            return false;
        }
    }
    return true;
}

Test(duty_limiter, agrees_with_the_definition_on_random_requests)
{
    static sim_ns frames[4000][2];
    unsigned count = 0, refused = 0;
    struct random_stream stream;
    random_stream_init(&stream, 3, 0, RANDOM_TEST, 0);
    duty_limiter_init(&limiter, 0.1, 100, NULL); /* 10 s in any 100 s */
    sim_ns now_ns = 0;
    for (unsigned i = 0; i < 4000; i++) {
        now_ns += random_stream_u32(&stream) % (2 * SECOND);
        sim_ns start_ns = now_ns + random_stream_u32(&stream) % (20 * SECOND);
        sim_ns airtime_ns = 1 + random_stream_u32(&stream) % SECOND;
        unsigned first = count > 400 ? count - 400 : 0; /* far more than a window holds */
        bool expected = naive_allows((const sim_ns(*)[2])(frames + first), count - first, start_ns,
                airtime_ns, 100 * SECOND, 10 * SECOND);
        cr_assert_eq(
                duty_limiter_allows(&limiter, start_ns, airtime_ns), expected, "request %u", i);
        if (expected) {
            duty_limiter_reserve(&limiter, now_ns, start_ns, airtime_ns);
            frames[count][0] = start_ns;
            frames[count++][1] = airtime_ns;
        } else {
            refused++;
            sim_ns at_ns = duty_limiter_earliest(&limiter, start_ns, airtime_ns);
            cr_assert(at_ns >= start_ns && duty_limiter_allows(&limiter, at_ns, airtime_ns));
        }
    }
    cr_expect(count > 500 && refused > 500, "%u accepted, %u refused", count, refused);
}

/* --- the auditor ------------------------------------------------------------------------------ */

Test(duty_auditor, full_budget_is_fine_and_a_nanosecond_more_is_not)
{
    struct duty_auditor *auditor = duty_auditor_create(&region_eu868, GATEWAY_DUTY_HOUR, NULL);
    for (int i = 0; i < 36; i++) {
        sim_ns start_ns = i * 100 * SECOND;
        cr_expect_eq(duty_auditor_frame(auditor, 868100000, start_ns, start_ns + SECOND), 0);
    }
    cr_expect_float_eq(duty_auditor_share_max(auditor), 0.01, 1e-12);
    cr_expect_eq(duty_auditor_airtime_max_ns(auditor), 36 * SECOND);
    cr_expect_eq(duty_auditor_frame(auditor, 869525000, 3510 * SECOND, 3511 * SECOND), 0,
            "each band has its own budget");
    cr_expect_eq(duty_auditor_frame(auditor, 868500000, 3550 * SECOND, 3550 * SECOND + 1), 1,
            "868.1 and 868.5 share one");
    /* The frame that ended at 1 s leaves the hour; the excess of 1 ns remains until the next. */
    cr_expect_eq(duty_auditor_frame(auditor, 868300000, HOUR, HOUR + SECOND), 1);
    sim_ns end_ns = HOUR + 101 * SECOND; /* now the second leaves */
    cr_expect_eq(duty_auditor_frame(auditor, 868300000, end_ns - SECOND + 1, end_ns), 0);
    duty_auditor_destroy(auditor);
}

/* 868.1 MHz, 1 %: the pause after 1 s is 99 s, from 1 s or from 0 s. */
Test(duty_auditor, holds_the_pauses_of_each_form_to_the_nanosecond)
{
    static const struct {
        enum gateway_duty_form form;
        sim_ns next_ns;
    } rows[] = { { GATEWAY_DUTY_PAUSES, 100 * SECOND },
        { GATEWAY_DUTY_PAUSES_FROM_START, 99 * SECOND } };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct duty_auditor *auditor = duty_auditor_create(&region_eu868, rows[i].form, NULL);
        cr_expect_eq(duty_auditor_frame(auditor, 868100000, 0, SECOND), 0);
        cr_expect_eq(
                duty_auditor_frame(auditor, 869525000, 2 * SECOND, 3 * SECOND), 0, "another band");
        sim_ns at_ns = rows[i].next_ns - 7;
        cr_expect_eq(duty_auditor_frame(auditor, 868300000, at_ns, at_ns + SECOND), 7);
        at_ns += rows[i].next_ns;
        cr_expect_eq(duty_auditor_frame(auditor, 868100000, at_ns, at_ns + SECOND), 0);
        duty_auditor_destroy(auditor);
    }
}

Test(duty_auditor, frequency_outside_every_band_is_all_excess)
{
    struct duty_auditor *auditor = duty_auditor_create(&region_eu868, GATEWAY_DUTY_HOUR, NULL);
    cr_expect_eq(duty_auditor_frame(auditor, 869300000, 0, SECOND), SECOND);
    duty_auditor_destroy(auditor);
}

/* Two frames of a second, and what of them is in the hour before an instant: a frame leaves it when
 * it ended an hour ago. */
Test(duty_auditor, tells_the_airtime_of_the_last_hour_at_any_time)
{
    struct duty_auditor *auditor = duty_auditor_create(&region_eu868, GATEWAY_DUTY_PAUSES, NULL);
    uint32_t band = (uint32_t)region_band_of(&region_eu868, 868100000);
    uint32_t other = (uint32_t)region_band_of(&region_eu868, 869525000);
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, 0), 0);
    duty_auditor_frame(auditor, 868100000, 0, SECOND);
    duty_auditor_frame(auditor, 868300000, 500 * SECOND, 501 * SECOND);
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, 500 * SECOND), 2 * SECOND, "one on the air");
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, HOUR + SECOND - 1), 2 * SECOND);
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, HOUR + SECOND), SECOND);
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, HOUR + 501 * SECOND), 0);
    cr_expect_eq(duty_auditor_hour_ns(auditor, band, HOUR), 2 * SECOND, "asking changes nothing");
    cr_expect_eq(duty_auditor_hour_ns(auditor, other, SECOND), 0);
    duty_auditor_destroy(auditor);
}

Test(duty_auditor, finds_nothing_in_what_the_limiter_lets_through)
{
    struct duty_auditor *auditor = duty_auditor_create(&region_eu868, GATEWAY_DUTY_HOUR, NULL);
    struct random_stream stream;
    random_stream_init(&stream, 4, 0, RANDOM_TEST, 0);
    struct duty_limiter band;
    duty_limiter_init(&band, 0.1, 3600, NULL);
    sim_ns now_ns = 0, sent_ns = 0;
    while (now_ns < 20 * HOUR) {
        sim_ns airtime_ns = 40 * SIM_NS_PER_MS + random_stream_u32(&stream) % (3 * SECOND);
        sim_ns start_ns = duty_limiter_earliest(&band, now_ns, airtime_ns);
        duty_limiter_reserve(&band, now_ns, start_ns, airtime_ns);
        now_ns = start_ns + airtime_ns;
        sent_ns += airtime_ns;
        cr_assert_eq(duty_auditor_frame(auditor, 869525000, start_ns, now_ns), 0);
    }
    cr_expect(duty_auditor_share_max(auditor) > 0.099, "the budget is used to its end");
    cr_expect((double)sent_ns / (double)now_ns > 0.099);
    duty_limiter_finish(&band);
    duty_auditor_destroy(auditor);
}

/* A sub-band without a duty cycle: frames without a pause for two hours, none refused or accused.
 */
Test(duty_limiter, has_no_limit_where_there_is_no_duty_cycle)
{
    static const struct region_band band = { "free", 865000000, 867000000, 1.0, 30000, 30000 };
    static const struct region free_region = { .bands = &band, .band_count = 1 };
    const sim_ns airtime_ns = 700 * SIM_NS_PER_MS;
    struct duty_auditor *auditor = duty_auditor_create(&free_region, GATEWAY_DUTY_HOUR, NULL);
    struct duty_limiter open_limiter;
    duty_limiter_init(&open_limiter, 1.0, 3600, NULL);
    for (sim_ns at_ns = 0; at_ns < 7200 * SIM_NS_PER_S; at_ns += airtime_ns) {
        cr_assert(duty_limiter_allows(&open_limiter, at_ns, airtime_ns));
        cr_assert_eq(duty_limiter_earliest(&open_limiter, at_ns, airtime_ns), at_ns);
        duty_limiter_reserve(&open_limiter, at_ns, at_ns, airtime_ns);
        cr_assert_eq(duty_auditor_frame(auditor, 866550000, at_ns, at_ns + airtime_ns), 0);
    }
    duty_limiter_finish(&open_limiter);
    duty_auditor_destroy(auditor);
}
