/* How cost grows with the fleet: the exponent of CPU time over the number of devices.
 * SPDX-License-Identifier: MIT
 *
 * Four series, each at three sizes:
 *   city     330 devices a gateway at the density of smart-city-1000, the area grows: uncoded
 *            fragments. A device hears the same number of gateways at each size.
 *   dense    one gateway, all devices hear it: the same.
 *   joins    the city again, its first hour, in which all of it is switched on.
 *   uplinks  the same, reports without a campaign.
 * How to read it: the exponent is the slope of log(CPU time) over log(devices) from the smallest to
 * the largest fleet. 1 is cost in proportion to the work; a series whose exponent grows when the
 * sizes do walks over something that it need not. Caches alone account for about 0.1. The
 * benchmark `growth` takes 1000 to 10,000 devices, `growth_whole` (argument `whole` after the
 * results file) 10,000 to 100,000.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fleet.h"
#include "support/first_campaign.h"

#define SIZES               3u
#define DEVICES_PER_GATEWAY 330u
#define CITY_RADIUS_M       3000.0 /* of 1000 devices */

static const char campaign_format[] =
        "firmware: {image: generated, size: 4 KiB}\n"
        "campaign: {start: %u h, set_up: {window: %u h}, fragment_size: 200 B, redundancy: 10 %%,"
        " correction: {policy: fixed}}\n";

struct measure {
    double cpu_s;
    double work; /* device-fragments or uplinks */
};

static double seconds_since(int64_t started_ns)
{
    return 1e-9 * (double)(bench_clock_ns() - started_ns);
}

/* Area, gateways and devices; `hours` covers the joins of all devices twice. The run outlasts the
 * set-up of a campaign, which ends after 10 x `hours` + 16. */
static size_t fleet_text(char *text, size_t size, uint32_t devices, bool city, unsigned *hours)
{
    uint32_t gateways = city ? (devices + DEVICES_PER_GATEWAY - 1u) / DEVICES_PER_GATEWAY : 1u;
    double radius_m = city ? CITY_RADIUS_M * sqrt(devices / 1000.0) : 500.0;
    *hours =
            devices / gateways / 400u + 1u; /* one gateway's duty cycle answers 500 joins an hour */
    int length = snprintf(text, size,
            "name: growth\nduration: %u h\narea: {radius: %.0f m}\n"
            "propagation: {penetration: 6 dB, shadowing: {sigma: 6 dB}, fading: rayleigh}\n"
            "gateways: {count: %u, layout: hex, spacing: 3.28 km, demodulators: 16}\n"
            "devices: [{name: d, count: %u, numbering: place, boot: {spread: %u h},"
            " report: {period: 4 h}}]\n",
            12 * *hours + 100, radius_m, gateways, devices, *hours);
    return (size_t)length;
}

static struct measure bulk(uint32_t devices, bool city)
{
    static struct scenario scenario;
    char text[2048];
    unsigned hours;
    size_t length = fleet_text(text, sizeof text, devices, city, &hours);
    snprintf(text + length, sizeof text - length, campaign_format, 2 * hours, 8 * hours + 16);
    struct run *run = fleet_run(&scenario, text, &(struct run_settings){ .crypto_memo = false });
    fleet_run_to_phase(run, CAMPAIGN_PHASE_UNCODED);
    int64_t started_ns = bench_clock_ns();
    fleet_advance_to_phase(run, CAMPAIGN_PHASE_CODED);
    double cpu_s = seconds_since(started_ns);
    fleet_audit(run);
    uint32_t fragments = campaign_nb_frag(world_first_campaign(run_world(run)));
    run_destroy(run);
    return (struct measure){ cpu_s, (double)devices * fragments };
}

static struct measure city(uint32_t devices)
{
    return bulk(devices, true);
}

static struct measure dense(uint32_t devices)
{
    return bulk(devices, false);
}

static struct measure uplinks(uint32_t devices)
{
    static struct scenario scenario;
    char text[2048];
    unsigned hours;
    struct network_stats before, after;
    size_t length = fleet_text(text, sizeof text, devices, true, &hours);
    snprintf(text + length, sizeof text - length, "firmware: {image: generated, size: 1 KiB}\n");
    struct run *run = fleet_run(&scenario, text, &(struct run_settings){ .crypto_memo = false });
    run_advance_to(run, 2 * hours * 3600 * SIM_NS_PER_S);
    network_stats(run_world(run)->network, &before);
    int64_t started_ns = bench_clock_ns();
    run_advance_to(run, engine_now(run_engine(run)) + 24 * 3600 * SIM_NS_PER_S);
    double cpu_s = seconds_since(started_ns);
    network_stats(run_world(run)->network, &after);
    run_destroy(run);
    return (struct measure){ cpu_s, (double)(after.uplinks - before.uplinks) };
}

static struct measure joins(uint32_t devices)
{
    static struct scenario scenario;
    char text[2048];
    unsigned hours;
    size_t length = fleet_text(text, sizeof text, devices, true, &hours);
    snprintf(text + length, sizeof text - length, "firmware: {image: generated, size: 1 KiB}\n");
    struct run *run = fleet_run(&scenario, text, &(struct run_settings){ .crypto_memo = false });
    int64_t started_ns = bench_clock_ns();
    run_advance_to(run, 3600 * SIM_NS_PER_S);
    double cpu_s = seconds_since(started_ns);
    double sent = (double)medium_uplinks(run_world(run)->medium);
    run_destroy(run);
    return (struct measure){ cpu_s, sent };
}

static const struct series {
    const char *name, *unit;
    struct measure (*measure)(uint32_t devices);
} all_series[] = {
    { "city", "us/device-fragment", city },
    { "dense", "us/device-fragment", dense },
    { "joins", "us/uplink", joins },
    { "uplinks", "us/uplink", uplinks },
};

static void grow(struct bench *bench, const char *form, const struct series *series,
        const uint32_t sizes[SIZES])
{
    struct measure measures[SIZES];
    char key[64];
    for (uint32_t i = 0; i < SIZES; i++) {
        measures[i] = series->measure(sizes[i]);
        snprintf(key, sizeof key, "%s.%s.n%u", form, series->name, sizes[i]);
        bench_report(bench, key, series->unit, 1e6 * measures[i].cpu_s / measures[i].work, NAN);
    }
    double exponent = log(measures[SIZES - 1].cpu_s / measures[0].cpu_s)
                      / log((double)sizes[SIZES - 1] / sizes[0]);
    snprintf(key, sizeof key, "%s.%s.exponent", form, series->name);
    bench_report(bench, key, "", exponent, NAN);
}

int main(int argc, char **argv)
{
    static const uint32_t sample[SIZES] = { 1000, 3200, 10000 };
    static const uint32_t whole[SIZES] = { 10000, 32000, 100000 };
    bool is_whole = argc > 2 && strcmp(argv[2], "whole") == 0;
    struct bench *bench = bench_open(is_whole ? 2 : argc, argv);
    for (size_t i = 0; i < sizeof all_series / sizeof all_series[0]; i++) {
        grow(bench, is_whole ? "growth_whole" : "growth", &all_series[i],
                is_whole ? whole : sample);
    }
    return bench_close(bench);
}
