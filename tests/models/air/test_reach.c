/* Links and bounds change no result: a medium that looks at links and skips rivals against one that
 * looks at all pairs, against the judgement of every reception with all that overlaps it, and
 * against the fade of every frame at every device.
 * SPDX-License-Identifier: MIT
 *
 * Method: gateways and devices stand along 120 km, so that most pairs are no links; gateways send
 * frames of random power, length and SF at random times, devices open and close their receivers,
 * and send frames of their own.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "air/judge.h"
#include "air/medium.h"
#include "observe.h"
#include "random_stream.h"

#define GATEWAYS    24u
#define DEVICES     240u
#define LENGTH_M    120e3
#define FRAMES      2500u
#define SPAN_NS     (100 * SIM_NS_PER_S)
#define RECORDS_MAX 200000u
#define SEED        5u

struct record {
    uint32_t receiver; /* device, or DEVICES + gateway */
    uint64_t frame_id;
    sim_ns at_ns;
    enum loss_cause cause;
    int32_t rssi_mdbm;
    bool ended; /* else it was never locked on */
};

struct peer {
    struct city *city;
    uint32_t number;
};

struct city {
    struct engine *engine;
    struct medium *medium;
    struct medium_params params;
    entity_id first_device, first_gateway;
    struct peer devices[DEVICES], gateways[GATEWAYS];
    struct frame sent[FRAMES];
    uint32_t sent_count;
    struct judge_tables *tables;
    struct record *records;
    uint32_t record_count;
    bool judge_all;          /* each reception once more, by hand */
    uint32_t listener_every; /* one device in so many listens */
    uint32_t judged, with_overlaps, interfered;
};

static void add_record(struct city *city, struct record record)
{
    cr_assert_lt(city->record_count, RECORDS_MAX);
    city->records[city->record_count++] = record;
}

/* --- the naive judgement ---------------------------------------------------------------------- */

static int32_t power_at_device(
        const struct city *city, const struct frame *frame, uint32_t device, bool faded)
{
    uint32_t gateway = frame->sender - city->first_gateway;
    entity_id receiver = city->first_device + device;
    uint32_t word = judge_fading_word(SEED, frame->id, receiver);
    int32_t fading_mdb = fading_gain_mdb(&city->params.fading, SEED, frame->id, receiver, gateway,
            receiver, frame->start_ns, word);
    return frame->power_mdbm + medium_link_gain_mdb(city->medium, gateway, device)
           + (faded ? fading_mdb : 0);
}

static void judge_by_hand(struct city *city, const struct frame *frame, uint32_t device,
        const struct verdict *verdict)
{
    struct overlap overlaps[FRAMES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < city->sent_count; i++) {
        const struct frame *other = &city->sent[i];
        if (other->id != frame->id
                && other->modulation.spreading_factor == frame->modulation.spreading_factor
                && other->start_ns < frame->end_ns && other->end_ns > frame->start_ns) {
            overlaps[count++] = (struct overlap){
                .frame = other,
                .power_mdbm = power_at_device(city, other, device, true),
                .off_ns = other->end_ns,
            };
        }
    }
    int32_t median_mdbm = power_at_device(city, frame, device, false);
    int32_t fading_mdb = power_at_device(city, frame, device, true) - median_mdbm;
    struct verdict naive = air_judge(city->tables, SEED, RECEIVER_SX1276, frame,
            city->first_device + device, median_mdbm, fading_mdb, overlaps, count);
    cr_assert_eq(verdict->cause, naive.cause, "frame %llx at device %u",
            (unsigned long long)frame->id, device);
    cr_assert_eq(verdict->rssi_mdbm, naive.rssi_mdbm);
    city->judged++;
    city->with_overlaps += count > 0;
    city->interfered += naive.cause == LOSS_INTERFERENCE;
}

/* --- the city --------------------------------------------------------------------------------- */

static void detected(void *device, const struct frame *frame, sim_ns now_ns)
{
    (void)device, (void)frame, (void)now_ns;
}

static void device_ended(void *device, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct peer *peer = device;
    (void)bytes, (void)size;
    add_record(peer->city, (struct record){ peer->number, frame->id, now_ns, verdict->cause,
                                   verdict->rssi_mdbm, true });
    if (peer->city->judge_all) {
        judge_by_hand(peer->city, frame, peer->number, verdict);
    }
}

static bool lock(void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause)
{
    (void)gateway, (void)frame, (void)now_ns;
    *cause = LOSS_NONE;
    return true;
}

static void gateway_ended(void *gateway, const struct frame *frame, const struct verdict *verdict,
        const uint8_t *bytes, uint16_t size, sim_ns now_ns)
{
    struct peer *peer = gateway;
    (void)bytes, (void)size;
    add_record(peer->city, (struct record){ DEVICES + peer->number, frame->id, now_ns,
                                   verdict->cause, verdict->rssi_mdbm, true });
}

static void observe(void *context, const struct observation *observation)
{
    struct city *city = context;
    uint32_t receiver = observation->kind == OBSERVE_GATEWAY_LOST
                                ? DEVICES + observation->entity - city->first_gateway
                                : observation->entity - city->first_device;
    add_record(city, (struct record){ receiver, (uint64_t)observation->a, observation->at_ns,
                             (enum loss_cause)observation->b, (int32_t)observation->c, false });
}

static const struct medium_device_ops device_ops = { .detected = detected, .ended = device_ended };
static const struct medium_gateway_ops gateway_ops = { .lock = lock, .ended = gateway_ended };

static struct city *city_create_numbered(
        int32_t gateway_power_max_mdbm, const struct fading_params *fading, bool by_place)
{
    struct city *city = calloc(1, sizeof *city);
    city->listener_every = 1;
    city->records = calloc(RECORDS_MAX, sizeof *city->records);
    city->engine = engine_create(SEED);
    city->first_device = engine_entity_add(city->engine, DEVICES);
    city->first_gateway = engine_entity_add(city->engine, GATEWAYS);
    city->params = (struct medium_params){
        .device_power_max_mdbm = 16150,
        .gateway_power_max_mdbm = gateway_power_max_mdbm,
        .propagation = { .environment = ENVIRONMENT_URBAN,
                .frequency_mhz = 868,
                .shadowing_sigma_db = 7 },
        .fading = *fading,
        .reception = { .capture_db = 6,
                .device_noise_figure_db = 6,
                .gateway_noise_figure_db = 6,
                .timing = TIMING_WHOLE_FRAME },
    };
    struct medium_site devices[DEVICES], gateways[GATEWAYS];
    struct random_stream places;
    random_stream_init(&places, SEED, 1, RANDOM_PLACEMENT, 0);
    for (uint32_t i = 0; i < GATEWAYS; i++) {
        gateways[i] = (struct medium_site){ .entity = city->first_gateway + i,
            .x_m = LENGTH_M * random_stream_uniform(&places),
            .height_m = 30 };
    }
    for (uint32_t i = 0; i < DEVICES; i++) {
        uint32_t near = by_place ? i / (DEVICES / GATEWAYS) : i % GATEWAYS;
        devices[i] = (struct medium_site){ .entity = city->first_device + i,
            .x_m = gateways[near].x_m + 5e3 * random_stream_uniform(&places) - 2.5e3,
            .y_m = 2e3 * random_stream_uniform(&places),
            .height_m = 1.5 };
    }
    city->medium = medium_create(city->engine, &city->params, devices, DEVICES, &device_ops,
            gateways, GATEWAYS, &gateway_ops);
    for (uint32_t i = 0; i < DEVICES; i++) {
        city->devices[i] = (struct peer){ city, i };
        medium_device_attach(city->medium, i, &city->devices[i]);
    }
    for (uint32_t i = 0; i < GATEWAYS; i++) {
        city->gateways[i] = (struct peer){ city, i };
        medium_gateway_attach(city->medium, i, &city->gateways[i]);
    }
    engine_observer_add(city->engine,
            OBSERVE_BIT(OBSERVE_FRAME_LOST) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST), observe, city);
    return city;
}

static struct city *city_create_faded(
        int32_t gateway_power_max_mdbm, const struct fading_params *fading)
{
    return city_create_numbered(gateway_power_max_mdbm, fading, false);
}

static struct city *city_create(int32_t gateway_power_max_mdbm)
{
    return city_create_faded(
            gateway_power_max_mdbm, &(struct fading_params){ .model = FADING_RAYLEIGH });
}

static void city_destroy(struct city *city)
{
    medium_destroy(city->medium);
    judge_tables_destroy(city->tables);
    engine_destroy(city->engine);
    free(city->records);
    free(city);
}

/* --- the schedule ----------------------------------------------------------------------------- */

static uint32_t draw(struct random_stream *stream, uint32_t below)
{
    return (uint32_t)(random_stream_u64(stream) % below);
}

static struct lora_modulation modulation(uint8_t spreading_factor, bool downlink)
{
    return (struct lora_modulation){ .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = spreading_factor,
        .coding_rate = 1,
        .preamble_symbols = 8,
        .sync_word = 0x34,
        .iq_inverted = downlink,
        .payload_crc = !downlink };
}

static void listen(struct city *city, struct random_stream *stream, uint32_t device)
{
    struct medium_listening listening = {
        .frequency_hz = 869525000,
        .bandwidth_hz = 125000,
        .spreading_factor = draw(stream, 4) == 0 ? 9 : 7,
        .iq_inverted = true,
        .sync_word = 0x34,
    };
    medium_listen(city->medium, device, engine_now(city->engine), &listening);
}

/* What one instant brings: a frame of a gateway or a device, a receiver opened or closed. */
static void play(struct city *city)
{
    struct random_stream stream;
    random_stream_init(&stream, SEED, 2, RANDOM_PLACEMENT, 0);
    sim_ns free_ns[GATEWAYS] = { 0 }, device_free_ns[DEVICES] = { 0 };
    uint8_t bytes[200] = { 0 };
    for (uint32_t i = 0; i < DEVICES; i += city->listener_every) {
        listen(city, &stream, i);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        engine_run(city->engine, (sim_ns)i * (SPAN_NS / FRAMES));
        sim_ns now_ns = engine_now(city->engine);
        uint32_t gateway = draw(&stream, GATEWAYS), device = draw(&stream, DEVICES);
        uint8_t spreading_factor = draw(&stream, 4) == 0 ? 9 : 7;
        uint16_t size = (uint16_t)(20 + draw(&stream, 180));
        struct lora_modulation down = modulation(spreading_factor, true);
        struct lora_modulation up = modulation(spreading_factor, false);
        bytes[0] = (uint8_t)i;
        if (free_ns[gateway] <= now_ns) {
            const struct frame *frame = medium_transmit_gateway(city->medium, gateway, now_ns,
                    &down, draw(&stream, 2) == 0 ? 27000 : 14000, bytes, size);
            free_ns[gateway] = frame->end_ns;
            city->sent[city->sent_count++] = *frame;
        }
        if (device_free_ns[device] <= now_ns && draw(&stream, 3) == 0) {
            medium_unlisten(city->medium, device, now_ns);
            device_free_ns[device] =
                    medium_transmit_device(city->medium, device, now_ns, &up, 14000, bytes, size)
                            ->end_ns;
        } else if (device_free_ns[device] <= now_ns && draw(&stream, 4) == 0
                   && device % city->listener_every == 0) {
            listen(city, &stream, device);
        }
    }
    engine_run(city->engine, SPAN_NS + 10 * SIM_NS_PER_S);
}

/* --- tests ------------------------------------------------------------------------------------ */

static int in_order(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    if (x->at_ns != y->at_ns) {
        return x->at_ns < y->at_ns ? -1 : 1;
    }
    if (x->receiver != y->receiver) {
        return x->receiver < y->receiver ? -1 : 1;
    }
    return (x->frame_id > y->frame_id) - (x->frame_id < y->frame_id);
}

static void expect_equal(struct city *by_links, struct city *by_pairs)
{
    cr_assert_eq(by_links->record_count, by_pairs->record_count);
    qsort(by_links->records, by_links->record_count, sizeof(struct record), in_order);
    qsort(by_pairs->records, by_pairs->record_count, sizeof(struct record), in_order);
    for (uint32_t i = 0; i < by_links->record_count; i++) {
        const struct record *a = &by_links->records[i], *b = &by_pairs->records[i];
        cr_assert(a->receiver == b->receiver && a->frame_id == b->frame_id && a->at_ns == b->at_ns
                          && a->cause == b->cause && a->rssi_mdbm == b->rssi_mdbm
                          && a->ended == b->ended,
                "record %u", i);
    }
}

Test(reach, by_links_and_by_all_pairs_the_same_frames_are_heard)
{
    struct city *by_links = city_create(27000), *by_pairs = city_create(-200000);
    play(by_links);
    play(by_pairs);
    cr_assert_gt(by_links->record_count, 2000u);
    expect_equal(by_links, by_pairs);
    city_destroy(by_links);
    city_destroy(by_pairs);
}

/* So few listen that they are looked at one by one, where the gateway has links to any of their
 * numbers. */
Test(reach, few_listeners_hear_the_same_frames_by_links_and_by_all_pairs)
{
    const struct fading_params fading = { .model = FADING_RAYLEIGH };
    for (unsigned by_place = 0; by_place < 2; by_place++) {
        struct city *by_links = city_create_numbered(27000, &fading, by_place == 1);
        struct city *by_pairs = city_create_numbered(-200000, &fading, by_place == 1);
        by_links->listener_every = by_pairs->listener_every = 60;
        play(by_links);
        play(by_pairs);
        cr_assert_gt(by_links->record_count, 200u);
        expect_equal(by_links, by_pairs);
        city_destroy(by_links);
        city_destroy(by_pairs);
    }
}

Test(reach, skipped_rivals_would_have_changed_nothing)
{
    struct city *city = city_create(27000);
    city->judge_all = true;
    city->tables = judge_tables_create(&city->params.reception);
    play(city);
    cr_expect_gt(city->judged, 5000u);
    cr_expect_gt(city->with_overlaps, 5000u);
    cr_expect_gt(city->interfered, 500u);
    city_destroy(city);
}

Test(reach, a_pair_without_a_link_has_the_gain_of_its_place)
{
    struct city *by_links = city_create(27000), *none = city_create(-200000);
    for (uint32_t g = 0; g < GATEWAYS; g++) {
        for (uint32_t d = 0; d < DEVICES; d++) {
            cr_assert_eq(medium_link_gain_mdb(by_links->medium, g, d),
                    medium_link_gain_mdb(none->medium, g, d));
        }
    }
    city_destroy(by_links);
    city_destroy(none);
}

Test(reach, the_best_gateway_is_that_of_the_largest_gain)
{
    struct city *by_links = city_create(27000), *none = city_create(-200000);
    for (uint32_t d = 0; d < DEVICES; d++) {
        uint32_t best = 0;
        for (uint32_t g = 1; g < GATEWAYS; g++) {
            bool better = medium_link_gain_mdb(none->medium, g, d)
                          > medium_link_gain_mdb(none->medium, best, d);
            best = better ? g : best;
        }
        int32_t by_links_mdb, none_mdb;
        cr_assert_eq(medium_best_gateway(by_links->medium, d, &by_links_mdb), best);
        cr_assert_eq(medium_best_gateway(none->medium, d, &none_mdb), best);
        cr_assert_eq(by_links_mdb, medium_link_gain_mdb(none->medium, best, d));
        cr_assert_eq(none_mdb, by_links_mdb);
    }
    city_destroy(by_links);
    city_destroy(none);
}

/* --- which frames a fade lifts ---------------------------------------------------------------- */

static bool recorded(const struct city *city, uint64_t frame_id, uint32_t device, bool ended)
{
    for (uint32_t i = 0; i < city->record_count; i++) {
        const struct record *record = &city->records[i];
        if (record->frame_id == frame_id && record->receiver == device && record->ended == ended) {
            return true;
        }
    }
    return false;
}

/* Frames one after another while all devices listen: each is received where its fade lifts it, and
 * told as lost where it lacks at most 6 dB in the median. */
static void expect_lifted(const struct fading_params *fading)
{
    struct city *city = city_create_faded(27000, fading);
    city->tables = judge_tables_create(&city->params.reception);
    uint8_t bytes[20] = { 0 };
    uint32_t lifted = 0, told = 0;
    struct lora_modulation m = modulation(7, true);
    int32_t detect_mdbm = judge_detect_mdbm(city->tables, RECEIVER_SX1276, &m);
    struct random_stream stream;
    random_stream_init(&stream, SEED, 3, RANDOM_PLACEMENT, 0);
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct medium_listening listening = { .frequency_hz = m.frequency_hz,
            .bandwidth_hz = m.bandwidth_hz,
            .spreading_factor = 7,
            .iq_inverted = true,
            .sync_word = 0x34 };
        medium_listen(city->medium, i, 0, &listening);
    }
    for (uint32_t i = 0; i < 120; i++) {
        engine_run(city->engine, (sim_ns)i * 200 * SIM_NS_PER_MS);
        city->record_count = 0;
        const struct frame frame = *medium_transmit_gateway(city->medium, draw(&stream, GATEWAYS),
                engine_now(city->engine), &m, 27000, bytes, sizeof bytes);
        engine_run(city->engine, frame.end_ns);
        for (uint32_t d = 0; d < DEVICES; d++) {
            int32_t median_mdbm = power_at_device(city, &frame, d, false);
            bool detected = power_at_device(city, &frame, d, true) >= detect_mdbm;
            bool near = median_mdbm >= detect_mdbm - 6000;
            cr_assert_eq(recorded(city, frame.id, d, true), detected);
            cr_assert(detected || recorded(city, frame.id, d, false) == near);
            lifted += detected && !near;
            told += !detected && near;
        }
    }
    cr_expect_gt(told, 100u);
    if (fading->model == FADING_RAYLEIGH) {
        cr_expect_gt(lifted, 3u);
    }
    city_destroy(city);
}

Test(reach, a_frame_is_detected_wherever_its_fade_lifts_it)
{
    expect_lifted(&(struct fading_params){ .model = FADING_RAYLEIGH });
    expect_lifted(&(struct fading_params){
            .model = FADING_RAYLEIGH, .coherence_ns = 500 * SIM_NS_PER_MS });
    expect_lifted(&(struct fading_params){ .model = FADING_RICIAN, .rician_k_db = 3 });
    expect_lifted(&(struct fading_params){ .model = FADING_NONE });
}

Test(reach, rivals_are_skipped_right_with_other_fading)
{
    const struct fading_params fading[] = {
        { .model = FADING_NONE },
        { .model = FADING_RICIAN, .rician_k_db = 3 },
    };
    for (size_t i = 0; i < sizeof fading / sizeof fading[0]; i++) {
        struct city *city = city_create_faded(27000, &fading[i]);
        city->judge_all = true;
        city->tables = judge_tables_create(&city->params.reception);
        play(city);
        cr_expect_gt(city->interfered, 500u);
        city_destroy(city);
    }
}
