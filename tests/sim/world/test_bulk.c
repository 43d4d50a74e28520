/* How long the bulk takes: fragments, time on air and duty cycle leave no choice.
 * SPDX-License-Identifier: MIT
 *
 * Method: watch the fragments go on the air. A gateway may use duty_share (80 %) of the 10 % of
 * 869.4 - 869.65 MHz (ETSI EN 300 220-2), so n fragments of time on air T take n x T / 0.08. With
 * several gateways each sends every fragment in its own turn of the same interval: no longer.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "air/frame.h"
#include "support/trial.h"

#define FRAME_OVERHEAD                                                                             \
    16u /* LoRaWAN 13 (MHDR, DevAddr, FCtrl, FCnt, FPort, MIC), DataFragment 3                     \
         */
#define GATEWAYS_MAX 8u
#define DUTY_CYCLE   0.1

static const char city[] = "name: bulk\n"
                           "duration: 24 h\n"
                           "area: {radius: 1 km}\n"
                           "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
                           "gateways: {count: 1, radius: 600 m}\n"
                           "devices: [{name: d, count: 30, boot: {spread: 20 min}, "
                           "report: {period: 30 min}}]\n"
                           "firmware: {image: generated, size: 20 KiB}\n"
                           "campaign: {start: 1 h, set_up: {window: 2 h}, redundancy: 0 %, "
                           "correction: {policy: fixed, timeout: 1 h}}\n";

struct bulk {
    const struct world *world;
    uint16_t frame_size;
    uint32_t frames[GATEWAYS_MAX];
    sim_ns first_start_ns, last_start_ns;
    sim_ns airtime_ns; /* as the frames on the air had it */
};

static void watch_frame(void *context, const struct observation *observation)
{
    struct bulk *bulk = context;
    const struct frame *frame = observation->data;
    if (!frame->downlink || frame->size != bulk->frame_size) {
        return;
    }
    bulk->frames[frame->sender - bulk->world->gateway_entities.first]++;
    if (bulk->first_start_ns == SIM_NS_NEVER) {
        bulk->first_start_ns = frame->start_ns;
    }
    bulk->last_start_ns = frame->start_ns;
    bulk->airtime_ns = frame->end_ns - frame->start_ns;
}

/* SX1276 datasheet rev 4, section 4.1.1.7: 125 kHz, CR 4/5, explicit header, no payload CRC,
 * preamble 8, no low data rate optimization. */
static double airtime_s(unsigned spreading_factor, unsigned size)
{
    double symbol_s = pow(2.0, spreading_factor) / 125000.0;
    double blocks = ceil((8.0 * size - 4.0 * spreading_factor + 28.0) / (4.0 * spreading_factor));
    return (8.0 + 4.25 + 8.0 + 5.0 * fmax(blocks, 0.0)) * symbol_s;
}

/* Plays the city with `sets`, where fragments of `data_size` bytes go at `spreading_factor`. */
static void check_bulk(const char *const *sets, size_t set_count, unsigned gateways,
        unsigned spreading_factor, unsigned data_size, double duty_share)
{
    struct trial *trial = trial_create(city, sets, set_count);
    struct bulk bulk = { .world = trial->world,
        .frame_size = (uint16_t)(data_size + FRAME_OVERHEAD),
        .first_start_ns = SIM_NS_NEVER };
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), watch_frame, &bulk);
    trial_play(trial);

    uint32_t fragments = (trial->world->images[0].size_bytes + data_size - 1) / data_size;
    double frame_s = airtime_s(spreading_factor, data_size + FRAME_OVERHEAD);
    double interval_s = frame_s / (DUTY_CYCLE * duty_share);
    double expected_s = fragments * interval_s;
    double bulk_s = (double)(bulk.last_start_ns - bulk.first_start_ns) / 1e9 + interval_s;
    printf("# %u gateways, SF%u: %u fragments of %.6f s in %.3f s, theory %.3f s\n", gateways,
            spreading_factor, fragments, frame_s, bulk_s, expected_s);
    cr_expect_float_eq((double)bulk.airtime_ns / 1e9, frame_s, 1e-9);
    for (uint32_t g = 0; g < gateways; g++) {
        cr_expect_eq(bulk.frames[g], fragments, "gateway %u sent %u of %u", g, bulk.frames[g],
                fragments);
    }
    cr_expect_float_eq(bulk_s, expected_s, interval_s, "%f s, expected %f s +- %f s", bulk_s,
            expected_s, interval_s);
    for (uint32_t g = 0; g < gateways; g++) {
        struct gateway_stats stats;
        gateway_stats(trial->world->gateways, g, engine_now(trial->world->engine), &stats);
        cr_expect_eq(stats.duty_violations, 0);
    }
    trial_destroy(trial);
}

Test(bulk, of_one_gateway_takes_airtime_over_duty_cycle)
{
    check_bulk(NULL, 0, 1, 7, 200, 0.8);
}

Test(bulk, at_dr3_takes_airtime_over_duty_cycle)
{
    static const char *const sets[] = { "campaign.data_rate=DR3", "campaign.fragment_size=100 B" };
    check_bulk(sets, 2, 1, 9, 100, 0.8);
}

Test(bulk, takes_longer_with_a_smaller_share)
{
    static const char *const sets[] = { "campaign.duty_share=40 %" };
    check_bulk(sets, 1, 1, 7, 200, 0.4);
}

Test(bulk, of_four_staggered_gateways_takes_no_longer)
{
    static const char *const sets[] = { "gateways.count=4" };
    check_bulk(sets, 1, 4, 7, 200, 0.8);
}
