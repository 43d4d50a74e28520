/* Class A uplinks per second: real firmware through air, gateway, join and network server.
 * SPDX-License-Identifier: MIT
 *
 * Devices join, then report; both receive windows open and time out after each. Only time after
 * the last boot is measured. The floor is the crypto of an uplink on both sides: a CMAC and a CTR
 * pass over its 24 bytes each.
 */
#include <math.h>
#include <nettle/aes.h>
#include <nettle/cmac.h>
#include <nettle/ctr.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fleet.h"

static const char scenario_format[] =
        "name: uplinks\n"
        "duration: 1000 h\n"
        "area: {radius: 500 m}\n"
        "propagation: {penetration: 0 dB, shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1, demodulators: 16}\n"
        "devices: [{name: d, count: %u, boot: {spread: %u h}, report: {period: %u h}}]\n"
        "firmware: {image: generated, size: 1 KiB}\n";

static double uplinks_per_s(uint32_t devices)
{
    static struct scenario scenario;
    char text[1024];
    /* One gateway's duty cycle answers some 500 joins an hour; then every device has the air to
     * itself: 46 ms on eight channels every second or two. */
    unsigned spread_h = devices / 400u + 1u;
    unsigned period_h = devices / 2500u + 1u;
    snprintf(text, sizeof text, scenario_format, devices, spread_h, period_h);
    struct run *run = fleet_run(&scenario, text, &(struct run_settings){ .crypto_memo = false });
    sim_ns hour_ns = 3600 * SIM_NS_PER_S;
    sim_ns period_ns = period_h * hour_ns;
    run_advance_to(run, spread_h * hour_ns + 2 * period_ns);
    struct network_stats before, after;
    network_stats(run_world(run)->network, &before);
    int64_t started_ns = bench_clock_ns();
    uint64_t target = 200000u;
    do {
        run_advance_to(run, engine_now(run_engine(run)) + period_ns);
        network_stats(run_world(run)->network, &after);
    } while (after.uplinks - before.uplinks < target);
    double seconds = 1e-9 * (double)(bench_clock_ns() - started_ns);
    bench_remark("joins per device", "", (double)after.joins / devices, NAN);
    run_destroy(run);
    return (double)(after.uplinks - before.uplinks) / seconds;
}

static double crypto_floor(void *context)
{
    (void)context;
    static const uint8_t key[16] = { 1, 2, 3 };
    uint8_t frame[16 + 41] = { 0 }, mac[16], counter[16] = { 1 };
    struct cmac_aes128_ctx cmac;
    struct aes128_ctx aes;
    const unsigned rounds = 500000;
    cmac_aes128_set_key(&cmac, key);
    aes128_set_encrypt_key(&aes, key);
    int64_t started_ns = bench_clock_ns();
    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned side = 0; side < 2; side++) {
            cmac_aes128_update(&cmac, sizeof frame - 4, frame);
            cmac_aes128_digest(&cmac, 16, mac);
            ctr_crypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, counter, 24, frame + 25,
                    frame + 25);
        }
        frame[0] ^= mac[0];
    }
    return rounds / (1e-9 * (double)(bench_clock_ns() - started_ns));
}

int main(int argc, char **argv)
{
    struct bench *bench = bench_open(argc, argv);
    double floor = bench_median(crypto_floor, NULL, 5);
    bench_report(bench, "uplinks_per_s.n1000", "uplinks/s", uplinks_per_s(1000), floor);
    bench_report(bench, "uplinks_per_s.n20000", "uplinks/s", uplinks_per_s(20000), floor);
    bench_report(bench, "uplinks_per_s.n100000", "uplinks/s", uplinks_per_s(100000), floor);
    return bench_close(bench);
}
