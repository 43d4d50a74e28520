/* Multicast frames delivered per second through chip, driver, MAC, TS004 and flash; bytes a node.
 * SPDX-License-Identifier: MIT
 *
 * Ten thousand nodes join, are set up and take 200-byte fragments (216-byte frames) with about 3 %
 * loss. Only the bulk is timed: first the uncoded fragments, then the coded ones with all that
 * follows (most devices complete, verify, reboot and install meanwhile); once more with every
 * optional model on; and coded fragments alone, where so much is lost that hardly a device
 * completes. Whether the bytes arrived is read back from flash. The floor of a
 * delivery is the crypto of its frame: CMAC and CTR over the same bytes with cached keys.
 */
#include <assert.h>
#include <math.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/ctr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "record/fragment_causes.h"
#include "support/first_campaign.h"
#include "update/flash_map.h"

#define FRAME_BYTES   216u
#define PAYLOAD_BYTES 203u

/* Where Rayleigh fading loses about 3 % of the frames. */
#define RADIUS      "1000 m"
#define PENETRATION "15 dB"

#define BULK(redundancy, image)                                                                    \
    "name: bulk\n"                                                                                 \
    "duration: 200 h\n"                                                                            \
    "firmware: {image: generated, size: " image "}\n"                                              \
    "campaign: {start: 31 h, set_up: {window: 120 h}, fragment_size: 200 B,"                       \
    " redundancy: " redundancy ", correction: {policy: fixed}}\n"

#define DEFAULT_MODELS(radius, layout)                                                             \
    "area: {radius: " radius "}\n"                                                                 \
    "propagation: {penetration: " PENETRATION ", shadowing: {sigma: 0 dB}, fading: rayleigh}\n"    \
    "gateways: {count: 1}\n"                                                                       \
    "devices: [{name: d, count: %u, layout: " layout ", boot: {spread: 30 h},"                     \
    " report: {period: 20 h}}]\n"

#define ENOUGH_CODED BULK("30 %%", "40 KiB")

static const char default_models[] = ENOUGH_CODED DEFAULT_MODELS(RADIUS, "uniform");

/* 237 fragments, of which every device loses about 10 %, as all stand at one distance; coded ones
 * are sent for half of that. */
static const char coded_alone[] = BULK("6 %%", "47000 B") DEFAULT_MODELS("1150 m", "ring");

/* Every model that costs time while frames are received, where it loses about as many. */
static const char all_models[] = ENOUGH_CODED
        "area: {radius: 500 m}\n"
        "propagation: {shadowing: {sigma: 4 dB, correlation: 110 m, site_correlation: 50 %%},"
        " fading: rician, rician_k: 6 dB, coherence: 146 ms}\n"
        "reception: {interference: croce, overlap: energy, device: {noise_rise: 2 dB},"
        " gateway: {noise_rise: 3 dB}}\n"
        "interferers: [{frequency: 869.525 MHz, bandwidth: 200 kHz, power: -10 dBm, x: 300 m,"
        " y: 100 m, on: 200 ms, off: 2 s, statistics: exponential}]\n"
        "foreign: {devices: 300, period: 10 min}\n"
        "gateways: {count: 1, height: 35 m, antenna_gain: 3 dB,"
        " backhaul: {jitter: 30 ms, law: lognormal, loss: 0.1 %%},"
        " clock: {source: ntp, error: 20 ms}}\n"
        "network: {adr: on}\n"
        "devices: [{name: d, count: %u, antenna_gain: 1 dB, data_rate: adr,"
        " indoor: {share: 80 %%, depth: tr45820}, radio: {tolerance: 10 ppm, drift: 0.01 ppm},"
        " boot: {spread: 30 h}, report: {period: 20 h, traffic: jittered, in_session: send},"
        " rtc: {temperature: {mean: 12 C, swing: 8 C}, ageing: 3 ppm, random_walk: 0.05 ppm}}]\n";

struct bulk {
    double deliveries_per_s;
    double coded_per_s;
    double loss;
    double verified; /* share of nodes whose first fragment reads back from flash */
};

/* Compares the first fragment of every node's received block with the image. */
static double read_back(const struct world *world)
{
    uint32_t good = 0;
    for (uint32_t i = 0; i < world->device_count; i++) {
        uint8_t data[FRAME_BYTES];
        node_flash_peek(world->nodes, i, HAL_FLASH_EXTERNAL, NOR_BLOCK_ADDRESS + 4000u, data,
                PAYLOAD_BYTES);
        good += memcmp(data, world->images[0].bytes + 4000u, PAYLOAD_BYTES) == 0 ? 1u : 0u;
    }
    return (double)good / world->device_count;
}

static double mean_loss(struct run *run)
{
    const struct world *world = run_world(run);
    double sum = 0.0;
    uint32_t counted = 0;
    uint32_t sent = campaign_fragments_sent(world_first_campaign(world), false);
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct cause_counts counts;
        fragment_causes_device(fragment_causes_of(run_recorders(run)), 0, i, &counts);
        if (counts.of[LOSS_NOT_SET_UP] == 0) {
            sum += 1.0 - (double)counts.of[LOSS_NONE] / sent;
            counted++;
        }
    }
    return counted == 0 ? NAN : sum / counted;
}

/* Up to the end of a phase. What the audit costs at its end is no part of it. */
static double timed_phase(struct run *run, enum campaign_phase end)
{
    uint64_t before = fleet_deliveries(run_world(run));
    int64_t started_ns = bench_clock_ns();
    fleet_advance_to_phase(run, end);
    double seconds = 1e-9 * (double)(bench_clock_ns() - started_ns);
    fleet_audit(run);
    return (double)(fleet_deliveries(run_world(run)) - before) / seconds;
}

/* A run of one of the scenarios above. */
static struct run *bulk_run(
        const char *format, uint32_t devices, bool crypto_memo, bool spare_memory)
{
    static struct scenario scenario;
    char text[2048];
    int length = snprintf(text, sizeof text, format, devices);
    assert(length > 0 && (size_t)length < sizeof text);
    return fleet_run(&scenario, text,
            &(struct run_settings){ .crypto_memo = crypto_memo,
                    .memory = spare_memory ? MEMORY_SPARE : MEMORY_AUTO });
}

static struct bulk run_bulk(const char *format, bool crypto_memo)
{
    struct run *run = bulk_run(format, 10000u, crypto_memo, false);
    struct bulk bulk;
    fleet_run_to_phase(run, CAMPAIGN_PHASE_UNCODED);
    bulk.deliveries_per_s = timed_phase(run, CAMPAIGN_PHASE_CODED);
    bulk.loss = mean_loss(run);
    bulk.coded_per_s = timed_phase(run, CAMPAIGN_PHASE_CODED + 1);
    bulk.verified = read_back(run_world(run));
    run_destroy(run);
    return bulk;
}

/* Peak resident bytes of a fleet where memory is spared, up to a phase of its campaign and, where
 * that is the bulk, up to its middle. Measured in a process of its own. */
static double peak_bytes(uint32_t devices, enum campaign_phase phase)
{
    int ends[2];
    double bytes = NAN;
    fflush(stdout);
    if (pipe(ends) != 0) {
        return NAN;
    }
    pid_t child = fork();
    if (child == 0) {
        struct rusage usage;
        struct run *run = bulk_run(default_models, devices, true, true);
        fleet_run_to_phase(run, phase);
        while (phase == CAMPAIGN_PHASE_UNCODED
                && campaign_fragments_sent(world_first_campaign(run_world(run)), false)
                           < campaign_nb_frag(world_first_campaign(run_world(run))) / 2) {
            run_advance_to(run, engine_now(run_engine(run)) + SIM_NS_PER_S);
        }
        getrusage(RUSAGE_SELF, &usage);
        bytes = (double)usage.ru_maxrss * 1024.0;
        _exit(write(ends[1], &bytes, sizeof bytes) == (ssize_t)sizeof bytes ? 0 : 1);
    }
    if (read(ends[0], &bytes, sizeof bytes) != (ssize_t)sizeof bytes) {
        bytes = NAN;
    }
    close(ends[0]);
    close(ends[1]);
    waitpid(child, NULL, 0);
    return bytes;
}

static double bytes_per_node(enum campaign_phase phase)
{
    double small = peak_bytes(1000, phase);
    return (peak_bytes(10000, phase) - small) / 9000.0;
}

/* The crypto of one frame, with cached key schedules: what no receiver can do without. */
static double crypto_floor(void *context)
{
    (void)context;
    static const uint8_t key[16] = { 1, 2, 3 };
    uint8_t frame[16 + FRAME_BYTES] = { 0 }, mac[16], counter[16] = { 1 };
    struct cmac_aes128_ctx cmac;
    struct aes128_ctx aes;
    const unsigned rounds = 200000;
    cmac_aes128_set_key(&cmac, key);
    aes128_set_encrypt_key(&aes, key);
    int64_t started_ns = bench_clock_ns();
    for (unsigned i = 0; i < rounds; i++) {
        cmac_aes128_update(&cmac, sizeof frame - 4, frame);
        cmac_aes128_digest(&cmac, 16, mac);
        ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, counter, PAYLOAD_BYTES,
                frame + 25, frame + 25);
        frame[0] ^= mac[0];
    }
    return rounds / (1e-9 * (double)(bench_clock_ns() - started_ns));
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    bench_report(bench, "bytes_per_node", "B", bytes_per_node(CAMPAIGN_PHASE_UNCODED), NAN);
    bench_report(bench, "bytes_per_node.idle", "B", bytes_per_node(CAMPAIGN_PHASE_SET_UP), NAN);
    double floor = bench_median(crypto_floor, NULL, 5);
    struct bulk plain = run_bulk(default_models, false);
    bench_report(bench, "deliveries_per_s.memo_off", "frames/s", plain.deliveries_per_s, floor);
    bench_report(bench, "deliveries_per_s.coded", "frames/s", plain.coded_per_s, floor);
    bench_remark("loss before FEC", "%", 100.0 * plain.loss, NAN);
    bench_remark("nodes whose flash reads back", "%", 100.0 * plain.verified, NAN);
    struct bulk memo = run_bulk(default_models, true);
    bench_report(bench, "deliveries_per_s.memo_on", "frames/s", memo.deliveries_per_s, floor);
    struct bulk all = run_bulk(all_models, false);
    bench_report(bench, "deliveries_per_s.all_models", "frames/s", all.deliveries_per_s, floor);
    struct bulk alone = run_bulk(coded_alone, false);
    bench_report(bench, "deliveries_per_s.coded_alone", "frames/s", alone.coded_per_s, floor);
    bench_remark("loss, all models", "%", 100.0 * all.loss, NAN);
    return bench_close(bench);
}
