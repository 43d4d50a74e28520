/* Causes of loss: each is provoked, and compared with a run that differs in nothing else.
 * SPDX-License-Identifier: MIT
 *
 * Goal: only the share of that cause moves.
 * Nine causes come from keys of a scenario, mcu_busy from the data file of a slow board. What no
 * scenario provokes is done to the air: a foreign gateway transmits at the wrong time
 * (receiver_locked_elsewhere, preamble_missed), a frame's MIC is wrong as it leaves (bad_mic), and
 * a gateway with the group's keys sends a later counter (counter_rejected).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "network/lorawan.h"
#include "record/fragment_causes.h"
#include "support/data_frame.h"
#include "support/trial.h"

#define FROM_N 5u /* what is done to the air concerns these fragments */
#define TO_N   14u

static const char head[] =
        "name: causes\n"
        "duration: 12 h\n"
        "area: {radius: 500 m}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none, "
        "penetration: 0 dB}\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 2 h}, redundancy: 30 %, "
        "correction: {policy: fixed}, confirm_timeout: 1 h}\n"
        "devices:\n"
        "  - {name: d, count: 6, boot: {spread: 5 min}, report: {period: 20 min},"
        " rtc: {tolerance: 0 ppm}}\n"
        "  - {name: e, count: 2, boot: {spread: 5 min}, report: {period: 20 min},"
        " rtc: {tolerance: 0 ppm}}\n";

#define ONE_GATEWAY "gateways: {count: 1}\n"

struct shares {
    double received;
    double of[LOSS_CAUSE_COUNT];
    double pairs;
};

typedef void install_fn(struct trial *trial);

static struct shares play(
        const char *gateways, const char *const *sets, size_t set_count, install_fn *install)
{
    char text[2048];
    struct shares shares = { 0 };
    snprintf(text, sizeof text, "%s%s", head, gateways);
    struct trial *trial = trial_create(text, sets, set_count);
    if (install != NULL) {
        install(trial);
    }
    trial_play(trial); /* audits: causes add up, received is what each firmware counts */
    double sum = shares.received = trial_value(trial, "missing_fragments.received");
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        char path[80];
        snprintf(path, sizeof path, "missing_fragments.by_cause.%s",
                loss_cause_name((enum loss_cause)cause));
        shares.of[cause] = trial_value(trial, path);
        sum += shares.of[cause];
    }
    cr_expect_float_eq(sum, 1.0, 1e-12);
    shares.pairs = 8.0 * trial_value(trial, "missing_fragments.nb_frag");
    trial_destroy(trial);
    return shares;
}

/* `with` loses at least `least` pairs by `cause` more than its twin, which loses none by it; all
 * other causes are as they were. */
static void only_moves(const struct shares *with, const struct shares *without,
        enum loss_cause cause, double least)
{
    cr_expect_float_eq(
            without->of[cause], 0.0, 0.0, "%s without its reason", loss_cause_name(cause));
    cr_expect_geq(with->of[cause] * with->pairs, least - 1e-6, "%s: %g pairs",
            loss_cause_name(cause), with->of[cause] * with->pairs);
    for (int other = 0; other < LOSS_NONE; other++) {
        if (other != (int)cause) {
            cr_expect_float_eq(with->of[other], without->of[other], 1e-12, "%s moves %s: %g, %g",
                    loss_cause_name(cause), loss_cause_name((enum loss_cause)other),
                    with->of[other], without->of[other]);
        }
    }
    cr_expect_float_eq(without->received - with->received, with->of[cause], 1e-12);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(causes, nothing_is_lost_where_nothing_is_in_the_way)
{
    struct shares plain = play(ONE_GATEWAY, NULL, 0, NULL);
    cr_expect_float_eq(plain.received, 1.0, 0.0);
}

/* It outlasts the session: what was never on the air was skipped. */
Test(causes, gateway_skipped_in_an_outage_of_the_only_gateway)
{
    static const char off[] = "gateways: {count: 1, outages: "
                              "[{from: 9060 s, duration: 10 d, kind: power}]}\n";
    struct shares with = play(off, NULL, 0, NULL);
    struct shares without = play(ONE_GATEWAY, NULL, 0, NULL);
    only_moves(&with, &without, LOSS_GATEWAY_SKIPPED, 8 * 10);
}

Test(causes, powered_down_where_a_device_boots_after_the_session)
{
    static const char *const late[] = { "devices.e.boot.spread=365 d" };
    struct shares with = play(ONE_GATEWAY, late, 1, NULL);
    struct shares without = play(ONE_GATEWAY, NULL, 0, NULL);
    only_moves(&with, &without, LOSS_POWERED_DOWN, 1);
    cr_expect_float_eq(with.of[LOSS_POWERED_DOWN], 2.0 / 8.0, 1e-12, "both of group e");
}

Test(causes, not_set_up_where_a_device_says_nothing)
{
    static const char *const silent[] = { "devices.e.report.period=40 d" };
    struct shares with = play(ONE_GATEWAY, silent, 1, NULL);
    struct shares without = play(ONE_GATEWAY, NULL, 0, NULL);
    only_moves(&with, &without, LOSS_NOT_SET_UP, 1);
    cr_expect_float_eq(with.of[LOSS_NOT_SET_UP], 2.0 / 8.0, 1e-12, "both of group e");
}

/* Nine hours at up to 500 ppm are up to 16 s; fragments begin 5 s after the session's time. */
Test(causes, session_not_open_where_the_clock_is_slow_and_the_guard_too_small)
{
    static const char *const slow[] = { "campaign.set_up.window=9 h", "duration=24 h",
        "devices.d.clock_refresh=never", "devices.d.guard.fixed=0 s", "devices.d.guard.drift=0 ppm",
        "devices.d.rtc.tolerance=500 ppm" };
    struct shares with = play(ONE_GATEWAY, slow, COUNT(slow), NULL);
    struct shares without = play(ONE_GATEWAY, slow, COUNT(slow) - 1, NULL);
    only_moves(&with, &without, LOSS_SESSION_NOT_OPEN, 1);
}

/* A block that one session, 2^15 s, is too short for: the first lasts to its end, fast clocks leave
 * it early, and a second one sends the rest. */
Test(causes, session_closed_where_the_clock_is_fast)
{
    static const char *const fast[] = { "firmware.size=159 KiB", "campaign.fragment_size=40 B",
        "campaign.data_rate=DR2", "campaign.duty_share=60 %", "duration=30 h", "seed=3",
        "devices.d.guard.fixed=0 s", "devices.d.guard.drift=0 ppm",
        "devices.d.rtc.tolerance=500 ppm" };
    struct shares with = play(ONE_GATEWAY, fast, COUNT(fast), NULL);
    struct shares without = play(ONE_GATEWAY, fast, COUNT(fast) - 1, NULL);
    only_moves(&with, &without, LOSS_SESSION_CLOSED, 1);
}

Test(causes, radio_busy_where_reports_go_on_in_the_session)
{
    static const char *const busy[] = { "devices.d.report.period=60 s",
        "devices.d.report.in_session=send" };
    struct shares with = play(ONE_GATEWAY, busy, COUNT(busy), NULL);
    struct shares without = play(ONE_GATEWAY, busy, 1, NULL);
    only_moves(&with, &without, LOSS_RADIO_BUSY, 6);
}

/* SF7 reaches less far than the SF10 and SF12 of the set-up. */
Test(causes, below_sensitivity_where_the_walls_are_thick)
{
    static const char *const thick[] = { "propagation.penetration=40 dB" };
    struct shares with = play(ONE_GATEWAY, thick, 1, NULL);
    struct shares without = play(ONE_GATEWAY, NULL, 0, NULL);
    only_moves(&with, &without, LOSS_BELOW_SENSITIVITY, 1);
}

Test(causes, fading_under_rayleigh)
{
    static const char *const fading[] = { "propagation.penetration=20 dB",
        "propagation.fading=rayleigh" };
    struct shares with = play(ONE_GATEWAY, fading, 2, NULL);
    struct shares without = play(ONE_GATEWAY, fading, 1, NULL);
    only_moves(&with, &without, LOSS_FADING, 1);
}

Test(causes, interference_where_two_gateways_transmit_at_once)
{
    static const char *const simultaneous[] = { "gateways.count=2",
        "campaign.gateways=simultaneous" };
    struct shares with = play(ONE_GATEWAY, simultaneous, 2, NULL);
    struct shares without = play(ONE_GATEWAY, simultaneous, 1, NULL);
    only_moves(&with, &without, LOSS_INTERFERENCE, 1);
}

/* Clocks of GNSS are 50 ns apart, a quarter of a symbol of SF7 is 256 us. */
Test(causes, no_interference_where_copies_combine)
{
    static const char *const combine[] = { "gateways.count=2", "campaign.gateways=simultaneous",
        "reception.equal_copies=combine" };
    struct shares with = play(ONE_GATEWAY, combine, 2, NULL);
    struct shares without = play(ONE_GATEWAY, combine, 3, NULL);
    only_moves(&with, &without, LOSS_INTERFERENCE, 1);
    cr_expect_eq(without.of[LOSS_INTERFERENCE], 0);
}

/* Without optimization for low data rates a carrier may drift BW / (3 x 2^SF) in a frame: 325 Hz at
 * SF7 (spec-physics 7). 3 ppm/s for 0.37 s are 960 Hz; uplinks and their answers are shorter. */
Test(causes, frequency_offset_where_crystals_drift)
{
    static const char *const drift[] = { "devices.d.data_rate=DR5", "devices.d.radio.drift=3 ppm" };
    struct shares with = play(ONE_GATEWAY, drift, 2, NULL);
    struct shares without = play(ONE_GATEWAY, drift, 1, NULL);
    only_moves(&with, &without, LOSS_FREQUENCY_OFFSET, 6);
}

/* The reference board with another count of cycles for an AES block. */
static void slow_board(char *path, size_t size, const char *cycles)
{
    static char text[16384];
    char source[1024];
    snprintf(source, sizeof source, "%s/../models/board/boards/stm32l072-sx1276.yaml",
            getenv("FLEETCAST_SCENARIOS"));
    FILE *in = fopen(source, "r");
    cr_assert_not_null(in, "%s", source);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    char *at = strstr(text, "aes_block: 3600");
    cr_assert_not_null(at);
    snprintf(path, size, "/tmp/fleetcast-board-%s-XXXXXX", cycles);
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    FILE *out = fdopen(descriptor, "w");
    fprintf(out, "%.*saes_block: %s%s", (int)(at - text), text, cycles,
            at + strlen("aes_block: 3600"));
    fclose(out);
}

static struct shares play_slow(const char *cycles, const char *gateways, const char *fading)
{
    char path[64], set[96], air[64];
    const char *const sets[] = { set, air, "propagation.penetration=20 dB" };
    slow_board(path, sizeof path, cycles);
    snprintf(set, sizeof set, "devices.d.board=%s", path);
    snprintf(air, sizeof air, "propagation.fading=%s", fading);
    bool clear = strcmp(fading, "none") == 0;
    struct shares shares = play(gateways, sets, clear ? 1 : COUNT(sets), NULL);
    unlink(path);
    return shares;
}

/* A frame of 216 bytes takes some 28 blocks: at 8e6 cycles and 32 MHz more than the interval. */
Test(causes, mcu_busy_where_the_cryptography_is_too_slow)
{
    struct shares slow = play_slow("8000000", ONE_GATEWAY, "none");
    struct shares fast = play_slow("3000000", ONE_GATEWAY, "none");
    only_moves(&slow, &fast, LOSS_MCU_BUSY, 6);
}

/* Copies of two gateways are half an interval apart. Where the MCU works 1.7 intervals on a frame,
 * it reads every second fragment by its second copy, which has taken the place of the first. */
Test(causes, mcu_busy_is_no_fragment_of_which_a_second_copy_was_read)
{
    struct shares shares = play_slow("8000000", "gateways: {count: 2}\n", "none");
    cr_expect_geq(shares.of[LOSS_MCU_BUSY] * shares.pairs, 6);
    cr_expect_geq(shares.received, 0.5);
}

/* A copy with errors takes the place of one without, which was not read: its counter rejects no
 * third copy. */
Test(causes, mcu_busy_leaves_the_counter_as_it_was)
{
    struct shares shares = play_slow("5000000", "gateways: {count: 4}\n", "rayleigh");
    cr_expect_gt(shares.of[LOSS_FADING] + shares.of[LOSS_MCU_BUSY], 0.0);
    cr_expect_eq(shares.of[LOSS_COUNTER_REJECTED], 0.0);
}

/* Of five gateways some send fragment N when others have sent N + 1. Where the MCU has not read
 * that one, its counter does not reject N; nor does that of a frame which a reset lost in the
 * radio. The audit compares with what the firmware counts. */
Test(causes, mcu_busy_rejects_no_copy_that_comes_after_the_next_fragment)
{
    static const char text[] =
            "name: resets\n"
            "duration: 12 h\n"
            "area: {radius: 1500 m}\n"
            "propagation: {shadowing: {sigma: 4 dB}, fading: rayleigh, penetration: 20 dB}\n"
            "reception: {equal_copies: combine}\n"
            "gateways: {count: 5, backhaul: {loss: 5 %}}\n"
            "devices: [{name: d, count: 8, boot: {spread: 5 min}, clock_refresh: never, "
            "report: {period: 3 min}}]\n"
            "firmware: {image: generated, size: 6 KiB}\n"
            "campaign: {start: 30 min, set_up: {window: 2 h}, redundancy: 30 %, "
            "confirm_timeout: 1 h}\n"
            "faults: [{kind: reset, rate: 3 /h}]\n";
    char path[64], set[96];
    const char *const sets[] = { set };
    slow_board(path, sizeof path, "5000000");
    snprintf(set, sizeof set, "devices.d.board=%s", path);
    struct trial *trial = trial_create(text, sets, 1);
    trial_play(trial);
    cr_expect_gt(trial_value(trial, "missing_fragments.by_cause.mcu_busy"), 0.0);
    cr_expect_gt(trial_value(trial, "missing_fragments.received"), 0.5);
    trial_destroy(trial);
    unlink(path);
}

/* --- done to the air -------------------------------------------------------------------------- */

#define TWO_GATEWAYS "gateways: {count: 2}\n"

static const char *const single[] = { "campaign.gateways=single" };

/* The fragment in a frame of the campaign, if it is one of those that something is done to. */
static uint32_t chosen(const struct world *world, const struct frame *frame, uint32_t *fcnt)
{
    uint32_t n = data_frame_fragment(world, frame);
    *fcnt = data_frame_fcnt(frame);
    return n >= FROM_N && n <= TO_N ? n : 0;
}

/* The gateway that does not send this frame sends a frame that is for no device. */
static void send_noise(
        struct world *world, const struct frame *frame, sim_ns at_ns, int32_t louder_mdb)
{
    static const uint8_t noise[255] = { 0x60, 1, 2, 3, 4 };
    uint32_t gateway = frame->sender == world->gateway_entities.first ? 1 : 0;
    medium_transmit_gateway(world->medium, gateway, at_ns, &frame->modulation,
            frame->power_mdbm + louder_mdb, noise, sizeof noise);
}

/* Longer than the fragment and well before it: a device that hears both is locked when it comes. */
static void send_before(void *context, const struct observation *o)
{
    static sim_ns last_ns;
    struct world *world = context;
    const struct frame *frame = o->data;
    uint32_t fcnt;
    if (chosen(world, frame, &fcnt) != 0) {
        sim_ns interval_ns = o->at_ns - last_ns;
        if (last_ns != 0 && interval_ns < 10 * SIM_NS_PER_S) {
            send_noise(world, frame, o->at_ns + interval_ns - 100 * SIM_NS_PER_MS, -10000);
        }
        last_ns = o->at_ns;
    }
}

static void send_over(void *context, const struct observation *o)
{
    uint32_t fcnt;
    if (chosen(context, o->data, &fcnt) != 0) {
        send_noise(context, o->data, o->at_ns + SIM_NS_PER_MS, 60000);
    }
}

static void break_mic(void *context, const struct observation *o)
{
    struct frame *frame = (struct frame *)(uintptr_t)o->data;
    uint32_t fcnt;
    if (chosen(context, frame, &fcnt) != 0) {
        frame->bytes[frame->size - 1] ^= 1;
    }
}

/* After each chosen fragment a frame with the counter of the next, by the group's own keys. */
static void burn_counter(void *context, const struct observation *o)
{
    struct world *world = context;
    const struct frame *frame = o->data;
    uint32_t fcnt;
    uint32_t n = chosen(world, frame, &fcnt);
    if (n == 0 || n % 2 == 0) {
        return;
    }
    uint8_t key[16], app_s_key[16], nwk_s_key[16], bytes[LORAWAN_FRAME_MAX];
    static const uint8_t payload[3] = { 1, 2, 3 };
    struct lorawan_key mic;
    struct aes128_ctx cipher;
    campaign_mc_key(world_first_campaign(world), key);
    lorawan_mc_session_keys(
            key, campaign_mc_addr(world_first_campaign(world)), app_s_key, nwk_s_key);
    lorawan_key_set(&mic, nwk_s_key);
    aes128_set_encrypt_key(&cipher, app_s_key);
    struct lorawan_downlink downlink = {
        .dev_addr = campaign_mc_addr(world_first_campaign(world)),
        .fcnt = fcnt + 1,
        .fport = 77,
        .payload = payload,
        .payload_size = sizeof payload,
    };
    size_t size = lorawan_downlink_build(&downlink, &mic, &cipher, bytes);
    medium_transmit_gateway(world->medium, 1, o->at_ns + 300 * SIM_NS_PER_MS, &frame->modulation,
            frame->power_mdbm, bytes, (uint16_t)size);
}

static void watch_starts(struct trial *trial, engine_observer_fn *function)
{
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), function, trial->world);
}

static void install_send_before(struct trial *trial)
{
    watch_starts(trial, send_before);
}

static void install_send_over(struct trial *trial)
{
    watch_starts(trial, send_over);
}

static void install_break_mic(struct trial *trial)
{
    watch_starts(trial, break_mic);
}

static void install_burn_counter(struct trial *trial)
{
    engine_observer_add(
            trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_ENDED), burn_counter, trial->world);
}

static void provoke(install_fn *install, enum loss_cause cause, double least)
{
    struct shares with = play(TWO_GATEWAYS, single, 1, install);
    struct shares without = play(TWO_GATEWAYS, single, 1, NULL);
    only_moves(&with, &without, cause, least);
}

Test(causes, receiver_locked_elsewhere_where_another_gateway_was_first)
{
    provoke(install_send_before, LOSS_RECEIVER_LOCKED_ELSEWHERE, 8);
}

Test(causes, preamble_missed_where_another_gateway_is_louder)
{
    provoke(install_send_over, LOSS_PREAMBLE_MISSED, 8);
}

Test(causes, bad_mic_where_it_was_wrong_when_it_left)
{
    provoke(install_break_mic, LOSS_BAD_MIC, 8 * (TO_N - FROM_N + 1));
}

Test(causes, counter_rejected_where_a_later_one_was_sent)
{
    provoke(install_burn_counter, LOSS_COUNTER_REJECTED, 8 * 5);
}
