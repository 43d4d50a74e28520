/* What time a gateway believes it is.
 * SPDX-License-Identifier: MIT
 *
 * The error is a function of (seed, gateway, time): asking twice gives the same answer.
 */
#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "gateway/gateway_internal.h"
#include "random_stream.h"

#define NTP_POLL_NS (1024 * SIM_NS_PER_S)

/* Uniform in (0, 1); index 0 is the oscillator's, 1 + n the n-th draw over time. */
static double uniform_of(const struct gateway *gateway, uint64_t index, unsigned pair)
{
    uint32_t word[4];
    random_block(engine_seed(gateway->fleet->engine), gateway->entity, RANDOM_CRYSTAL, index, word);
    uint64_t bits = ((uint64_t)word[2 * pair] << 32 | word[2 * pair + 1]) >> 12;
    return ((double)bits + 0.5) * 0x1p-52;
}

/* spec-physics section 6: pulses to 10..100 ns, NTP hosts to 1..50 ms. assumed: a free clock was
 * set by hand, to a second. */
sim_ns gateway_clock_usual_error_ns(enum gateway_clock_source source)
{
    static const sim_ns usual_ns[] = {
        [GATEWAY_CLOCK_GNSS] = 50,
        [GATEWAY_CLOCK_NTP] = 10 * SIM_NS_PER_MS,
        [GATEWAY_CLOCK_FREE] = SIM_NS_PER_S,
    };
    return usual_ns[source];
}

static double normal_ns(const struct gateway *gateway, uint64_t index)
{
    double sigma_ns = (double)gateway->fleet->params.clock.error_ns;
    return sigma_ns * gsl_cdf_ugaussian_Pinv(uniform_of(gateway, 1 + index, 0));
}

/* What the source of its time leaves. */
static sim_ns source_error_ns(const struct gateway *gateway, sim_ns at_ns)
{
    const struct gateway_clock_params *clock = &gateway->fleet->params.clock;
    assert(at_ns >= 0);
    switch (clock->source) {
    case GATEWAY_CLOCK_FREE: {
        double offset_ns = (2 * uniform_of(gateway, 0, 0) - 1) * (double)clock->error_ns;
        double drift_ppb = (2 * uniform_of(gateway, 0, 1) - 1) * clock->drift_ppb;
        return (sim_ns)llround(offset_ns + drift_ppb * 1e-9 * (double)at_ns);
    }
    case GATEWAY_CLOCK_NTP: {
        uint64_t poll = (uint64_t)(at_ns / NTP_POLL_NS);
        double share = (double)(at_ns % NTP_POLL_NS) / (double)NTP_POLL_NS;
        return (sim_ns)llround(
                (1 - share) * normal_ns(gateway, poll) + share * normal_ns(gateway, poll + 1));
    }
    case GATEWAY_CLOCK_GNSS:
        return clock->error_ns == 0
                       ? 0
                       : (sim_ns)llround(normal_ns(gateway, (uint64_t)(at_ns / SIM_NS_PER_S)));
    }
    assert(false && "a clock has a source");
    return 0;
}

sim_ns gateway_clock_error_ns(const struct gateway *gateway, sim_ns at_ns)
{
    return gateway->clock_wrong_ns + source_error_ns(gateway, at_ns);
}

static sim_ns whole_us(sim_ns at_ns)
{
    return at_ns - at_ns % SIM_NS_PER_US;
}

sim_ns gateway_clock_stamp(const struct gateway *gateway, sim_ns at_ns)
{
    return whole_us(at_ns + gateway_clock_error_ns(gateway, at_ns));
}

sim_ns gateway_clock_start_ns(const struct gateway *gateway, sim_ns wanted_ns)
{
    return wanted_ns > 0 ? whole_us(wanted_ns - gateway_clock_error_ns(gateway, wanted_ns)) : 0;
}
