/* When foreign emitters are on, and how much of them a receiver gets.
 * SPDX-License-Identifier: MIT
 *
 * The exponential schedule is the two-state Markov chain that leaves "on" with rate 1/mean_on and
 * "off" with rate 1/mean_off. Refresh events of rate 1/mean_on + 1/mean_off, each of which draws
 * the state again, on with the stationary chance, give the same chain: off turns on with
 * rate * chance = 1/mean_off, on turns off with the remaining 1/mean_on. So the state at any time
 * depends on the last refresh alone, and the refreshes, a Poisson process, may be drawn cell by
 * cell.
 */
#include "air/interferer.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "random_stream.h"

#define EXPONENTIAL_MEAN_MIN_NS 1000
/* A cell is empty with exp(-8), so looking back rarely takes a second one. */
#define REFRESHES_PER_CELL 8.0
/* A draw's index: number of the cell above, of the refresh in it below. */
#define REFRESH_BITS 16

const char *const interferer_statistics_names[] = { "continuous", "periodic", "exponential", NULL };

static double refresh_mean_ns(const struct interferer_params *params)
{
    double on_ns = (double)params->mean_on_ns, off_ns = (double)params->mean_off_ns;
    return on_ns * off_ns / (on_ns + off_ns);
}

static bool alternates(const struct interferer_params *params)
{
    return params->statistics != INTERFERER_CONTINUOUS && params->mean_on_ns > 0
           && params->mean_off_ns > 0;
}

/* Of one that does not alternate. */
static bool steady_on(const struct interferer_params *params)
{
    return params->statistics == INTERFERER_CONTINUOUS || params->mean_off_ns == 0;
}

void interferer_init(struct interferer *interferer, const struct interferer_params *params,
        uint64_t seed, uint32_t index)
{
    assert(params->mean_on_ns >= 0 && params->mean_off_ns >= 0);
    *interferer = (struct interferer){
        .params = *params,
        .seed = seed,
        .index = index,
        .from_ns = INT64_MIN,
        .until_ns = SIM_NS_NEVER,
    };
    if (!alternates(params)) {
        return;
    }
    if (params->statistics == INTERFERER_EXPONENTIAL) {
        assert(params->mean_on_ns >= EXPONENTIAL_MEAN_MIN_NS);
        assert(params->mean_off_ns >= EXPONENTIAL_MEAN_MIN_NS);
        interferer->cell_ns = llround(REFRESHES_PER_CELL * refresh_mean_ns(params));
    } else {
        struct random_stream stream;
        random_stream_init(&stream, seed, index, RANDOM_INTERFERER, 0);
        double period_ns = (double)(params->mean_on_ns + params->mean_off_ns);
        interferer->begin_ns = (sim_ns)(period_ns * random_stream_uniform(&stream));
    }
}

static sim_ns floor_div(sim_ns value, sim_ns divisor)
{
    sim_ns quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

/* --- periodic --------------------------------------------------------------------------------- */

/* On time from `begin_ns` to `at_ns`, negative before it. */
static sim_ns periodic_since_begin_ns(const struct interferer *interferer, sim_ns at_ns)
{
    sim_ns on_ns = interferer->params.mean_on_ns;
    sim_ns period_ns = on_ns + interferer->params.mean_off_ns;
    sim_ns since_ns = at_ns - interferer->begin_ns;
    sim_ns periods = floor_div(since_ns, period_ns);
    sim_ns into_ns = since_ns - periods * period_ns;
    return periods * on_ns + (into_ns < on_ns ? into_ns : on_ns);
}

/* --- exponential ------------------------------------------------------------------------------ */

/* Goes through the refreshes of one cell. Started again at each cell, since the gaps of a Poisson
 * process have no memory. */
struct refresh {
    const struct interferer *interferer;
    sim_ns cell;
    uint32_t number;
    double into_ns;
    sim_ns at_ns;
    bool on;
};

static struct refresh cell_begin(const struct interferer *interferer, sim_ns cell)
{
    return (struct refresh){ .interferer = interferer, .cell = cell };
}

/* False: the cell has no more. */
static bool cell_next(struct refresh *refresh)
{
    const struct interferer *interferer = refresh->interferer;
    const struct interferer_params *params = &interferer->params;
    assert(refresh->number >> REFRESH_BITS == 0);
    uint32_t word[4];
    random_block(interferer->seed, interferer->index, RANDOM_INTERFERER,
            (uint64_t)refresh->cell << REFRESH_BITS | refresh->number++, word);
    double gap = -log((word[0] + 0.5) / 4294967296.0);
    refresh->into_ns += gap * refresh_mean_ns(params);
    if (refresh->into_ns >= (double)interferer->cell_ns) {
        return false;
    }
    refresh->at_ns = refresh->cell * interferer->cell_ns + (sim_ns)refresh->into_ns;
    double cycle_ns = (double)(params->mean_on_ns + params->mean_off_ns);
    refresh->on = (word[1] + 0.5) / 4294967296.0 * cycle_ns < (double)params->mean_on_ns;
    return true;
}

static bool exponential_on(const struct interferer *interferer, sim_ns at_ns)
{
    for (sim_ns cell = floor_div(at_ns, interferer->cell_ns);; cell--) {
        struct refresh refresh = cell_begin(interferer, cell);
        bool found = false, on = false;
        while (cell_next(&refresh) && refresh.at_ns <= at_ns) {
            found = true;
            on = refresh.on;
        }
        if (found) {
            return on;
        }
    }
}

static sim_ns exponential_on_ns(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns)
{
    bool on = exponential_on(interferer, from_ns);
    sim_ns since_ns = from_ns, total_ns = 0;
    sim_ns last = floor_div(to_ns, interferer->cell_ns);
    for (sim_ns cell = floor_div(from_ns, interferer->cell_ns); cell <= last; cell++) {
        struct refresh refresh = cell_begin(interferer, cell);
        while (cell_next(&refresh) && refresh.at_ns < to_ns) {
            if (refresh.at_ns > from_ns) {
                total_ns += on ? refresh.at_ns - since_ns : 0;
                since_ns = refresh.at_ns;
                on = refresh.on;
            }
        }
    }
    return total_ns + (on ? to_ns - since_ns : 0);
}

/* --- all -------------------------------------------------------------------------------------- */

bool interferer_on(const struct interferer *interferer, sim_ns at_ns)
{
    if (at_ns < interferer->from_ns || at_ns >= interferer->until_ns) {
        return false;
    }
    if (!alternates(&interferer->params)) {
        return steady_on(&interferer->params);
    }
    if (interferer->params.statistics == INTERFERER_EXPONENTIAL) {
        return exponential_on(interferer, at_ns);
    }
    return interferer_on_ns(interferer, at_ns, at_ns + 1) == 1;
}

sim_ns interferer_on_ns(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns)
{
    assert(from_ns <= to_ns);
    from_ns = from_ns > interferer->from_ns ? from_ns : interferer->from_ns;
    to_ns = to_ns < interferer->until_ns ? to_ns : interferer->until_ns;
    if (from_ns >= to_ns) {
        return 0;
    }
    if (!alternates(&interferer->params)) {
        return steady_on(&interferer->params) ? to_ns - from_ns : 0;
    }
    if (interferer->params.statistics == INTERFERER_EXPONENTIAL) {
        return exponential_on_ns(interferer, from_ns, to_ns);
    }
    return periodic_since_begin_ns(interferer, to_ns)
           - periodic_since_begin_ns(interferer, from_ns);
}

double interferer_on_fraction(const struct interferer *interferer, sim_ns from_ns, sim_ns to_ns)
{
    assert(from_ns < to_ns);
    return (double)interferer_on_ns(interferer, from_ns, to_ns) / (double)(to_ns - from_ns);
}

int32_t interferer_in_band_mdb(
        const struct interferer_params *params, uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    assert(bandwidth_hz > 0);
    double centre_hz = (double)params->frequency_hz - (double)frequency_hz;
    double half_hz = bandwidth_hz / 2.0, emitted_half_hz = params->bandwidth_hz / 2.0;
    double low_hz = fmax(-half_hz, centre_hz - emitted_half_hz);
    double high_hz = fmin(half_hz, centre_hz + emitted_half_hz);
    if (params->bandwidth_hz == 0) {
        return low_hz <= high_hz ? 0 : INTERFERER_NOTHING_MDB;
    }
    if (low_hz >= high_hz) {
        return INTERFERER_NOTHING_MDB;
    }
    return (int32_t)lround(10000 * log10((high_hz - low_hz) / params->bandwidth_hz));
}

int32_t interferer_power_mdbm(const struct interferer_params *params,
        const struct propagation_params *propagation, double x_m, double y_m, double height_m)
{
    double distance_m = hypot(params->x_m - x_m, params->y_m - y_m);
    double loss_db = path_loss_between_db(propagation, params->height_m, height_m, distance_m);
    return params->eirp_mdbm - (int32_t)lround(1000 * loss_db);
}
