/* Exact conversions between engine time and RTC ticks, segment by segment.
 * SPDX-License-Identifier: MIT
 *
 * ticks = floor(sum of elapsed_ns x rate / DENOMINATOR), rate = 10^12 + error in parts per 10^12:
 * 32768 / (10^9 x 10^12) = 1 / (2^6 x 5^21). A product needs 103 bits, but its quotient is first
 * guessed in floating point to within a few units, so the remainder is small and its low 64 bits,
 * computed by wrapping arithmetic, are all of it. The result is exact whatever the guess rounds to.
 * A segment begins with the ticks and the remainder that the one before leaves, and is left
 * backwards by subtracting the same product.
 */
#include "board/crystal.h"

#include <assert.h>
#include <math.h>

#include "hal.h"
#include "random_stream.h"

#define RATE_NOMINAL INT64_C(1000000000000)
#define DENOMINATOR  INT64_C(30517578125000000)
#define TICKS_MAX    (UINT64_C(1) << 48) /* 272 years */
#define PPT_PER_PPM  1e6

_Static_assert(DENOMINATOR / 125000000 * HAL_RTC_HZ == 8 * RATE_NOMINAL, "32768 Hz");

/* --- inside a segment ------------------------------------------------------------------------- */

static void rate_set(struct crystal *crystal, int64_t ppt)
{
    assert(ppt > -RATE_NOMINAL / 10 && ppt < RATE_NOMINAL / 10);
    double rate = (double)(RATE_NOMINAL + ppt);
    crystal->frequency_ppt = ppt;
    crystal->ticks_per_ns = rate / (double)DENOMINATOR;
    crystal->ns_per_tick = (double)DENOMINATOR / rate;
}

/* Whole ticks in `elapsed_ns` of this rate; `*remainder` goes in and comes out. */
static uint64_t count(const struct crystal *crystal, uint64_t elapsed_ns, int64_t *remainder)
{
    uint64_t rate = (uint64_t)(RATE_NOMINAL + crystal->frequency_ppt);
    uint64_t ticks = (uint64_t)((double)elapsed_ns * crystal->ticks_per_ns);
    int64_t left = *remainder + (int64_t)(elapsed_ns * rate - ticks * (uint64_t)DENOMINATOR);
    while (left < 0) {
        left += DENOMINATOR;
        ticks--;
    }
    while (left >= DENOMINATOR) {
        left -= DENOMINATOR;
        ticks++;
    }
    *remainder = left;
    return ticks;
}

/* Nanoseconds from the segment's start until the count has grown by `ticks` (not 0). */
static uint64_t wait_for(const struct crystal *crystal, uint64_t ticks)
{
    int64_t rate = RATE_NOMINAL + crystal->frequency_ppt;
    uint64_t elapsed_ns = (uint64_t)((double)ticks * crystal->ns_per_tick);
    int64_t left = (int64_t)(ticks * (uint64_t)DENOMINATOR - elapsed_ns * (uint64_t)rate)
                   - crystal->base_remainder;
    if (left <= 0 && left > -rate) { /* the guess is it, or one short: nearly always */
        return elapsed_ns;
    }
    if (left > 0 && left <= rate) {
        return elapsed_ns + 1;
    }
    int64_t correction = left / rate;
    if (left % rate > 0) {
        correction++; /* the next nanosecond is the first that has seen the tick */
    }
    return elapsed_ns + (uint64_t)correction;
}

/* --- from segment to segment ------------------------------------------------------------------ */

/* The grid's segment around `at_ns` begins here. */
static sim_ns grid_ns(sim_ns at_ns)
{
    return at_ns - at_ns % CRYSTAL_SEGMENT_NS;
}

static void rate_of_segment(struct crystal *crystal)
{
    sim_ns middle_ns = grid_ns(crystal->from_ns) + CRYSTAL_SEGMENT_NS / 2;
    double error_ppm = crystal->frequency_error_ppm
                       + crystal_course_ppm(crystal->params, middle_ns, crystal->power_on_ns);
    rate_set(crystal, llround(error_ppm * PPT_PER_PPM) + crystal->walk_ppt);
}

static int32_t walk_step_ppt(const struct crystal *crystal)
{
    return crystal_walk_step_ppt(crystal->params, crystal->seed, crystal->entity, crystal->from_ns);
}

static void move_on(struct crystal *crystal)
{
    crystal->base_ticks += count(
            crystal, (uint64_t)(crystal->until_ns - crystal->from_ns), &crystal->base_remainder);
    crystal->from_ns = crystal->until_ns;
    bool last = crystal->from_ns > SIM_NS_NEVER - CRYSTAL_SEGMENT_NS;
    crystal->until_ns = last ? SIM_NS_NEVER : crystal->from_ns + CRYSTAL_SEGMENT_NS;
    bool overflow =
            __builtin_add_overflow(crystal->walk_ppt, walk_step_ppt(crystal), &crystal->walk_ppt);
    assert(!overflow);
    rate_of_segment(crystal);
}

static void move_back(struct crystal *crystal)
{
    sim_ns begin_ns = crystal->from_ns - CRYSTAL_SEGMENT_NS;
    crystal->walk_ppt -= walk_step_ppt(crystal);
    crystal->until_ns = crystal->from_ns;
    crystal->from_ns = begin_ns > crystal->power_on_ns ? begin_ns : crystal->power_on_ns;
    rate_of_segment(crystal);
    int64_t remainder = 0;
    crystal->base_ticks -=
            count(crystal, (uint64_t)(crystal->until_ns - crystal->from_ns), &remainder);
    crystal->base_remainder -= remainder;
    if (crystal->base_remainder < 0) {
        crystal->base_remainder += DENOMINATOR;
        crystal->base_ticks--;
    }
}

void crystal_seek(struct crystal *crystal, sim_ns at_ns)
{
    while (at_ns >= crystal->until_ns && crystal->until_ns != SIM_NS_NEVER) {
        move_on(crystal);
    }
    while (at_ns < crystal->from_ns && crystal->from_ns > crystal->power_on_ns) {
        move_back(crystal);
    }
}

static bool is_present(const struct crystal *crystal, sim_ns at_ns)
{
    return at_ns >= crystal->from_ns && at_ns < crystal->until_ns;
}

/* --- making ----------------------------------------------------------------------------------- */

void crystal_init_error(struct crystal *crystal, double frequency_error_ppm, sim_ns power_on_ns)
{
    assert(power_on_ns >= 0);
    *crystal = (struct crystal){
        .from_ns = power_on_ns,
        .until_ns = SIM_NS_NEVER,
        .power_on_ns = power_on_ns,
        .frequency_error_ppm = frequency_error_ppm,
    };
    rate_set(crystal, llround(frequency_error_ppm * PPT_PER_PPM));
}

void crystal_init(struct crystal *crystal, const struct crystal_params *params, uint64_t seed,
        uint32_t entity, sim_ns power_on_ns)
{
    struct random_stream stream;
    assert(params->temperature_point_count == 0 || params->temperature_points[0].at_ns == 0);
    random_stream_init(&stream, seed, entity, RANDOM_CRYSTAL, 0);
    double initial_ppm = params->tolerance_ppm * (2.0 * random_stream_uniform(&stream) - 1.0);
    crystal_init_error(crystal, initial_ppm, power_on_ns);
    crystal->params = params;
    crystal->seed = seed;
    crystal->entity = entity;
    if (crystal_varies(params)) {
        crystal->until_ns = grid_ns(power_on_ns) + CRYSTAL_SEGMENT_NS;
    }
    rate_of_segment(crystal);
}

/* --- conversions ------------------------------------------------------------------------------ */

uint64_t crystal_ticks(const struct crystal *crystal, sim_ns at_ns)
{
    if (!is_present(crystal, at_ns)) {
        if (at_ns <= crystal->power_on_ns) {
            return 0;
        }
        struct crystal there = *crystal;
        crystal_seek(&there, at_ns);
        int64_t remainder = there.base_remainder;
        return there.base_ticks + count(&there, (uint64_t)(at_ns - there.from_ns), &remainder);
    }
    int64_t remainder = crystal->base_remainder;
    return crystal->base_ticks + count(crystal, (uint64_t)(at_ns - crystal->from_ns), &remainder);
}

/* Within the present segment, SIM_NS_NEVER if not. The end of a segment belongs to it here. */
static sim_ns time_in_segment(const struct crystal *crystal, uint64_t ticks)
{
    uint64_t elapsed_ns = wait_for(crystal, ticks - crystal->base_ticks);
    sim_ns end_ns = crystal->until_ns == SIM_NS_NEVER ? SIM_NS_NEVER - 1 : crystal->until_ns;
    if (elapsed_ns > (uint64_t)(end_ns - crystal->from_ns)) {
        return SIM_NS_NEVER;
    }
    return crystal->from_ns + (sim_ns)elapsed_ns;
}

/* The segment in which the count reaches `ticks`; from the last one it never may. */
static sim_ns time_elsewhere(const struct crystal *crystal, uint64_t ticks)
{
    struct crystal there = *crystal;
    while (ticks <= there.base_ticks) {
        move_back(&there);
    }
    sim_ns at_ns = time_in_segment(&there, ticks);
    while (at_ns == SIM_NS_NEVER && there.until_ns != SIM_NS_NEVER) {
        move_on(&there);
        at_ns = time_in_segment(&there, ticks);
    }
    return at_ns;
}

sim_ns crystal_time_of(const struct crystal *crystal, uint64_t ticks)
{
    if (ticks > TICKS_MAX) {
        return SIM_NS_NEVER;
    }
    if (ticks == 0) {
        return crystal->power_on_ns;
    }
    if (ticks > crystal->base_ticks) {
        sim_ns at_ns = time_in_segment(crystal, ticks);
        if (at_ns != SIM_NS_NEVER || crystal->until_ns == SIM_NS_NEVER) {
            return at_ns;
        }
    }
    return time_elsewhere(crystal, ticks);
}

double crystal_error_ppm(const struct crystal *crystal, sim_ns at_ns)
{
    struct crystal there = *crystal;
    crystal_seek(&there, at_ns);
    return (double)there.frequency_ppt / PPT_PER_PPM;
}
