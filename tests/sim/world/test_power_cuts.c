/* Power cuts at places all over an update, in whole runs: no device is bricked, each one runs the
 * image that was sent in the end, no counter is used twice on the air.
 * SPDX-License-Identifier: MIT
 *
 * Method: an undisturbed run shows how many flash operations (programs and erases) a device has
 * from its first boot to the end, well after its confirmation. Then fleets in which device i loses
 * its power at operation n_i, torn or whole, and again a few operations later, amid what it does
 * about the first cut. RAM is poisoned at each reset. `FLEETCAST_POWER_CUTS` is the number of
 * places; the normal suite tries a sample.
 *
 * Counters are read from the air: a DevNonce never comes twice from one device (LoRaWAN 1.0.4
 * section 6.2.4), and two frames of one device address with the same FCnt are the same bytes (a
 * repetition; section 4.3.1.5).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/trial.h"

#define FLEET_MAX    200u
#define PLACES_USUAL 200u /* of the sample */
#define FCNT_MAX     4096u
#define NONCE_MAX    256u

static const char head[] = "name: power-cuts\n"
                           "duration: 20 h\n"
                           "area: {radius: 300 m}\n"
                           "propagation: {model: free-space}\n"
                           "gateways: {count: 1}\n"
                           "firmware: {image: generated, size: 16 KiB}\n";
/* The session opens at 3 h; a jammer takes some uncoded fragments, so that all have to decode. */
static const char jammer[] = "faults:\n"
                             "  - {kind: jammer, frequency: 869.525 MHz, received: -40 dBm,"
                             " devices: all, at: 182 min, duration: 1 min}\n";
static const char campaign[] =
        "campaign: {start: 1 h, set_up: {window: 2 h}, fragment_size: 100 B, redundancy: 10 %,"
        " correction: {timeout: 3 h}, confirm_timeout: 8 h}\n";

/* --- counters, from the air ------------------------------------------------------------------- */

struct sender {
    uint32_t address; /* of its present session; another one has counters of its own */
    uint32_t hash[FCNT_MAX];
    uint16_t nonces[NONCE_MAX];
    uint32_t nonce_count;
    sim_ns last_ns;
    uint32_t power_ons;
};

static struct air {
    entity_id first_device;
    uint32_t device_count;
    struct sender *senders;
    uint32_t reused_counters, reused_nonces;
} air;

static uint32_t hash_of(const uint8_t *bytes, size_t size)
{
    uint32_t hash = 2166136261u; /* FNV-1a; 0 stands for none */
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash != 0 ? hash : 1;
}

static void hear_join_request(struct sender *sender, const uint8_t *bytes)
{
    uint16_t nonce = (uint16_t)(bytes[17] | bytes[18] << 8);
    for (uint32_t i = 0; i < sender->nonce_count; i++) {
        air.reused_nonces += sender->nonces[i] == nonce ? 1u : 0u;
    }
    cr_assert_lt(sender->nonce_count, NONCE_MAX, "a device that joins without end");
    sender->nonces[sender->nonce_count++] = nonce;
}

static void hear_data(struct sender *sender, const uint8_t *bytes, size_t size)
{
    uint32_t address = (uint32_t)bytes[1] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3] << 16
                       | (uint32_t)bytes[4] << 24;
    uint32_t fcnt = (uint32_t)bytes[6] | (uint32_t)bytes[7] << 8;
    if (sender->address != address) {
        sender->address = address;
        memset(sender->hash, 0, sizeof sender->hash);
    }
    cr_assert_lt(fcnt, FCNT_MAX, "FCnt %u", fcnt);
    uint32_t hash = hash_of(bytes, size);
    air.reused_counters += sender->hash[fcnt] != 0 && sender->hash[fcnt] != hash ? 1u : 0u;
    sender->hash[fcnt] = hash;
}

static void hear(void *context, const struct observation *o)
{
    (void)context;
    if (o->entity < air.first_device || o->entity >= air.first_device + air.device_count) {
        return;
    }
    struct sender *sender = &air.senders[o->entity - air.first_device];
    if (o->kind == OBSERVE_NODE_RESET) {
        sender->power_ons += o->a == HAL_RESET_POWER_ON ? 1u : 0u;
        return;
    }
    const struct frame *frame = o->data;
    const uint8_t *bytes = frame->bytes;
    uint8_t type = bytes[0] >> 5; /* MType */
    sender->last_ns = o->at_ns;
    if (type == 0) {
        hear_join_request(sender, bytes);
    } else if (type == 2 || type == 4) {
        hear_data(sender, bytes, frame->size);
    }
}

/* --- runs ------------------------------------------------------------------------------------- */

/* The cuts of one fleet: device i at operation first + i * step. */
struct cuts {
    uint32_t devices, first, step;
    bool torn;
    uint32_t again;  /* operations later a second one; 0: none */
    const char *off; /* time without power */
    uint32_t seed;
};

struct outcome {
    uint32_t places, confirmed, cuts;
};

static void listen(struct trial *trial)
{
    struct world *world = trial->world;
    air = (struct air){ .first_device = world->first_device, .device_count = world->device_count };
    air.senders = calloc(world->device_count, sizeof *air.senders);
    engine_observer_add(world->engine,
            OBSERVE_BIT(OBSERVE_FRAME_STARTED) | OBSERVE_BIT(OBSERVE_NODE_RESET), hear, NULL);
}

/* Flash operations of a device in a run without cuts: the least of a fleet. */
static uint32_t operations_of_update(void)
{
    char text[2048];
    snprintf(text, sizeof text,
            "%sdevices: [{name: d, count: 20, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
            "%s%s",
            head, campaign, jammer);
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), 20);
    double recovered = trial_value(trial, "missing_fragments.recovered");
    cr_assert_geq(recovered, 20, "%g fragments: not all have decoded", recovered);
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t operations = node_flash_operations(trial->world->nodes, i);
        least = operations < least ? operations : least;
    }
    trial_destroy(trial);
    return least;
}

/* NULL: it runs, and was updated. */
static const char *look_at(
        const struct trial *trial, uint32_t i, const struct campaign_device *device)
{
    struct firmware_image image;
    sim_ns silent_ns = engine_now(trial->world->engine) - air.senders[i].last_ns;
    if (!node_image(trial->world->nodes, i, &image)) {
        return "no whole image";
    }
    if (air.senders[i].power_ons < 2) {
        return "never cut";
    }
    if (silent_ns > 3600 * SIM_NS_PER_S) { /* reports come every 10 min */
        return "silent";
    }
    return device->confirmed_ns != SIM_NS_NEVER ? NULL : "not confirmed";
}

static struct outcome play(const struct cuts *cuts)
{
    char text[4096], second[256] = "", seed[32];
    if (cuts->again > 0) {
        snprintf(second, sizeof second,
                "  - {kind: power-cut, flash: {operation: %u, step: %u, torn: %s}}\n",
                cuts->first + cuts->again, cuts->step, cuts->torn ? "false" : "true");
    }
    snprintf(text, sizeof text,
            "%sdevices: [{name: d, count: %u, boot: {spread: 10 min}, report: {period: 10 min}}]\n"
            "%s%s"
            "  - {kind: power-cut, flash: {operation: %u, step: %u, torn: %s}, duration: %s}\n%s",
            head, cuts->devices, campaign, jammer, cuts->first, cuts->step,
            cuts->torn ? "true" : "false", cuts->off, second);
    snprintf(seed, sizeof seed, "seed=%u", cuts->seed);
    const char *const set[] = { seed };
    struct trial *trial = trial_create(text, set, 1);
    listen(trial);
    trial_play(trial); /* its audits look at every image and invariant */
    struct outcome outcome = { .places = cuts->devices };
    for (uint32_t i = 0; i < cuts->devices; i++) {
        struct campaign_device device;
        campaign_device_get(world_first_campaign(trial->world), i, &device);
        const char *wrong = look_at(trial, i, &device);
        cr_expect_null(wrong, "device %u, cut at operation %u%s%s, off for %s, seed %u: %s", i,
                cuts->first + i * cuts->step, cuts->torn ? ", torn" : "",
                cuts->again > 0 ? ", and again" : "", cuts->off, cuts->seed, wrong);
        outcome.confirmed += device.confirmed_ns != SIM_NS_NEVER ? 1u : 0u;
        outcome.cuts += air.senders[i].power_ons - 1;
    }
    cr_expect_eq(air.reused_counters, 0, "%u frame counters used twice", air.reused_counters);
    cr_expect_eq(air.reused_nonces, 0, "%u DevNonces used twice", air.reused_nonces);
    free(air.senders);
    trial_destroy(trial);
    return outcome;
}

/* Run r of a test: in turn the places between, torn and whole, twice and once; then once more with
 * another seed and another time without power. */
static struct cuts cuts_of_run(uint32_t r, uint32_t operations)
{
    static const char *const off[] = { "1 s", "10 min", "2 min" };
    uint32_t step = (operations + FLEET_MAX - 1) / FLEET_MAX;
    uint32_t round = r / (4 * step);
    return (struct cuts){
        .devices = operations / step, /* so that none is cut after the last operation */
        .first = 1 + r % step,
        .step = step,
        .torn = r / step % 2 == 0,
        .again = r / (2 * step) % 2 == 0 ? 1 + r % 7 * 3 : 0,
        .off = off[round % (sizeof off / sizeof off[0])],
        .seed = 1 + round,
    };
}

Test(power_cuts, brick_no_device, .timeout = 1200)
{
    const char *asked = getenv("FLEETCAST_POWER_CUTS");
    uint32_t places = asked != NULL ? (uint32_t)strtoul(asked, NULL, 10) : PLACES_USUAL;
    uint32_t operations = operations_of_update();
    cr_assert_geq(operations, FLEET_MAX, "%u flash operations", operations);
    struct outcome sum = { 0 };
    for (uint32_t r = 0; sum.places < places; r++) {
        struct cuts cuts = cuts_of_run(r, operations);
        struct outcome outcome = play(&cuts);
        sum.places += outcome.places;
        sum.confirmed += outcome.confirmed;
        sum.cuts += outcome.cuts;
    }
    fprintf(stderr, "%u places over %u flash operations, %u cuts: %u devices confirmed\n",
            sum.places, operations, sum.cuts, sum.confirmed);
    cr_expect_eq(sum.confirmed, sum.places, "%u of %u", sum.confirmed, sum.places);
}
