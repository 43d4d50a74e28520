/* Adversaries against the real firmware: what each kind sends, and what it reaches.
 * SPDX-License-Identifier: MIT
 *
 * Right values: frames are read with the network server's own codec and the keys of the group;
 * delays and pauses are those of the scenario; no device may install what was not sent to it.
 */
#include <criterion/criterion.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversary/crc64_collision.h"
#include "campaign/packages.h"
#include "network/lorawan.h"
#include "network/wire.h"
#include "record/air_frames.h"
#include "support/trial.h"

#define DEVICES       6u
#define FRAGMENTS_MAX 128u

static const char base[] =
        "name: attacked\n"
        "duration: 10 h\n"
        "area: {shape: disc, radius: 400 m}\n"
        "propagation: {environment: urban, shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 6, boot: {spread: 10 min}, report: {period: 20 min, "
        "confirmed: true}}]\n"
        "firmware: {image: generated, size: 6 KiB}\n"
        "campaign: {start: 30 min, set_up: {window: 1 h}, fragment_size: 100 B, redundancy: 20 %, "
        "correction: {policy: fixed, timeout: 30 min}}\n";

/* What adversary 0 sent, and honest frames beside it. */
struct attack {
    const struct trial *trial;
    uint32_t forged, bad_mic, not_next;
    uint32_t last_fcnt;             /* of an honest frame of the group */
    int64_t jump;                   /* of the last forged frame over it */
    uint8_t *block;                 /* with the forged fragments in it */
    uint32_t size_bytes, altered;   /* fragments that are not the genuine ones */
    sim_ns first_at_ns, last_at_ns; /* of forged frames */
};

static void take_fragment(struct attack *attack, const struct frame *frame,
        const struct campaign_session *session, uint32_t fcnt)
{
    uint8_t app_s_key[16], nwk_s_key[16], message[LORAWAN_FRAME_MAX];
    struct aes128_ctx cipher;
    const struct campaign *campaign = world_first_campaign(attack->trial->world);
    struct campaign_transfer transfer;
    campaign_transfer_get(campaign, 0, &transfer);
    size_t size = frame->size - 9u - LORAWAN_MIC_SIZE;
    lorawan_mc_session_keys(session->mc_key, session->mc_addr, app_s_key, nwk_s_key);
    aes128_set_encrypt_key(&cipher, app_s_key);
    memcpy(message, frame->bytes + 9, size);
    lorawan_crypt(&cipher, LORAWAN_DOWN, session->mc_addr, fcnt, message, size);
    uint32_t n = wire_u16(message + 1) & PACKAGE_FRAGMENTS_MAX;
    if (message[0] == 0x08 && n >= 1 && n <= transfer.nb_frag
            && size == transfer.fragment_size_bytes + PACKAGE_FRAGMENT_OVERHEAD) {
        uint8_t *place = attack->block + (n - 1) * transfer.fragment_size_bytes;
        attack->altered += memcmp(place, message + 3, transfer.fragment_size_bytes) != 0;
        memcpy(place, message + 3, transfer.fragment_size_bytes);
    }
}

static void forged(struct attack *attack, const struct frame *frame)
{
    struct campaign_session session;
    const struct campaign *campaign = world_first_campaign(attack->trial->world);
    campaign_session_get(campaign, 0, &session);
    attack->first_at_ns = attack->forged == 0 ? frame->start_ns : attack->first_at_ns;
    attack->last_at_ns = frame->start_ns;
    attack->forged++;
    if (wire_u32(frame->bytes + 1) != session.mc_addr) {
        return;
    }
    uint32_t fcnt = wire_u16(frame->bytes + 6);
    attack->bad_mic += !air_multicast_mic_ok(frame, session.mc_addr, session.mc_key, fcnt);
    attack->jump = (int64_t)fcnt - attack->last_fcnt;
    attack->not_next += attack->jump != 1;
    take_fragment(attack, frame, &session, fcnt);
}

static void observe(void *context, const struct observation *o)
{
    struct attack *attack = context;
    const struct frame *frame = o->data;
    struct air_downlink downlink;
    if (frame->sender == attack->trial->world->first_adversary) {
        forged(attack, frame);
    } else if (air_downlink_parse(frame, &downlink)
               && downlink.address
                          == campaign_mc_addr(world_first_campaign(attack->trial->world))) {
        attack->last_fcnt = downlink.fcnt;
    }
}

/* 100 m from the centre, so that it is heard by every device. */
#define NEAR "x: 100 m, height: 10 m, power: 27 dBm, kind: "

/* Plays the base with one adversary. */
static struct trial *play(const char *adversary, struct attack *attack)
{
    char text[sizeof base + 256];
    snprintf(text, sizeof text, "%sadversaries: [{%s}]\n", base, adversary);
    struct trial *trial = trial_create(text, NULL, 0);
    *attack = (struct attack){ .trial = trial };
    const struct campaign *campaign = world_first_campaign(trial->world);
    struct campaign_transfer transfer;
    campaign_transfer_get(campaign, 0, &transfer);
    attack->size_bytes = transfer.nb_frag * transfer.fragment_size_bytes;
    attack->block = malloc(attack->size_bytes);
    memcpy(attack->block, campaign_transfer_block(campaign, 0), attack->size_bytes);
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), observe, attack);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "security.bad_installs"), 0);
    cr_expect_eq(trial_value(trial, "security.forged_frames"), attack->forged);
    return trial;
}

static void end(struct trial *trial, struct attack *attack)
{
    free(attack->block);
    trial_destroy(trial);
}

/* Goal: a member's fragments have valid MICs and the next McFCnt, every device takes them in place
 * of honest ones, and every device refuses the block. */
Test(adversaries, injected_fragments_are_accepted_and_their_block_is_not)
{
    struct attack attack;
    struct trial *trial = play(NEAR "inject", &attack);
    cr_expect_gt(attack.forged, 10);
    cr_expect_eq(attack.bad_mic, 0);
    cr_expect_eq(attack.not_next, 0);
    cr_expect_gt(attack.altered, 10);
    cr_expect_gt(trial_value(trial, "security.forged_accepted"), 10.0 * DEVICES);
    cr_expect_gt(trial_value(trial, "missing_fragments.by_cause.counter_rejected"), 0.5);
    cr_expect_eq(trial_value(trial, "devices.failed.block_mic"), DEVICES);
    end(trial, &attack);
}

/* What a server and a device compare of a block, for a device's own key: CMAC4 over FragIndex,
 * DevAddr and 8 bytes of a hash (DataBlockAuthAns with a MIC). */
static uint32_t mic_over_hash(const struct trial *trial, const uint8_t hash[8])
{
    uint8_t nwk_s_key[16], app_s_key[16], mac[16], text[13] = { 0 };
    struct lorawan_key key;
    const struct network *network = trial->world->network;
    cr_assert(network_session_keys(network, 0, nwk_s_key, app_s_key));
    lorawan_key_set(&key, app_s_key);
    wire_put_u32(text + 1, network_dev_addr(network, 0));
    memcpy(text + 5, hash, 8);
    lorawan_cmac(&key, NULL, text, sizeof text, mac);
    return wire_u32(mac);
}

static uint32_t mic_over_crc64(const struct trial *trial, const uint8_t *block, uint32_t size)
{
    uint8_t hash[8];
    wire_put_u64(hash, crc64_jones(0, block, size));
    return mic_over_hash(trial, hash);
}

static uint32_t mic_over_sha256(const struct trial *trial, const uint8_t *block, uint32_t size)
{
    uint8_t hash[8];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, block);
    sha256_digest(&sha, sizeof hash, hash);
    return mic_over_hash(trial, hash);
}

static uint32_t mic_over_block(const struct trial *trial, const uint8_t *block, uint32_t size)
{
    const uint8_t descriptor[4] = { 0 };
    uint8_t mic[4];
    package_block_mic(trial->world->identities[0].gen_app_key, 0, 0, descriptor, block, size, mic);
    return wire_u32(mic);
}

/* Goal: the block that was on the air has other code, and the CRC-64 of the genuine one. So a check
 * of that CRC passes, and a MIC over it under a device's own key too; a MIC over SHA-256 or over
 * the block does not. The first frame of the session is a forged one. */
Test(adversaries, a_colliding_block_has_the_crc_of_the_genuine_one)
{
    struct attack attack;
    struct trial *trial = play(NEAR "collide", &attack);
    const uint8_t *genuine = campaign_transfer_block(world_first_campaign(trial->world), 0);
    cr_expect_eq(attack.altered, 3, "digest and most of 8 bytes, the rest of them, 16 of code");
    cr_expect_eq(attack.bad_mic, 0);
    cr_expect_lt(attack.first_at_ns, 90 * 60 * SIM_NS_PER_S + 5 * SIM_NS_PER_S);
    cr_expect_neq(memcmp(attack.block + 256, genuine + 256, attack.size_bytes - 256), 0);
    cr_expect_eq(crc64_jones(0, attack.block, attack.size_bytes),
            crc64_jones(0, genuine, attack.size_bytes));
    cr_expect_eq(mic_over_crc64(trial, attack.block, attack.size_bytes),
            mic_over_crc64(trial, genuine, attack.size_bytes));
    cr_expect_neq(mic_over_sha256(trial, attack.block, attack.size_bytes),
            mic_over_sha256(trial, genuine, attack.size_bytes));
    cr_expect_neq(mic_over_block(trial, attack.block, attack.size_bytes),
            mic_over_block(trial, genuine, attack.size_bytes));
    cr_expect_geq(trial_value(trial, "security.forged_accepted"), (double)attack.altered * DEVICES);
    cr_expect_eq(trial_value(trial, "devices.failed.block_mic"), DEVICES);
    end(trial, &attack);
}

/* Goal: one frame ahead of its time keeps every device from all later honest ones. */
Test(adversaries, one_counter_jump_locks_out_the_server)
{
    struct attack attack;
    struct trial *trial = play(NEAR "counter-jump, jump: 5000", &attack);
    cr_expect_eq(attack.forged, 1);
    cr_expect_eq(attack.bad_mic, 0);
    cr_expect_eq(attack.jump, 5000);
    cr_expect_eq(trial_value(trial, "security.forged_accepted"), DEVICES);
    cr_expect_gt(trial_value(trial, "missing_fragments.by_cause.counter_rejected"), 0.9);
    cr_expect_eq(trial_value(trial, "devices.failed.incomplete"), DEVICES);
    end(trial, &attack);
}

/* Goal: every device answers each request, and the campaign succeeds all the same. */
Test(adversaries, status_requests_cost_uplinks)
{
    struct attack attack, idle;
    struct trial *trial = play(NEAR "status-storm, every: 30 s", &attack);
    double uplinks = trial_value(trial, "uplinks.sent");
    double accepted = trial_value(trial, "security.forged_accepted");
    cr_expect_gt(attack.forged, 2);
    cr_expect_eq(attack.bad_mic, 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    end(trial, &attack);
    trial = play(NEAR "status-storm, at: 9.9 h", &idle);
    cr_expect_eq(idle.forged, 0);
    cr_expect_gt(uplinks, trial_value(trial, "uplinks.sent") + accepted / 2);
    end(trial, &idle);
}

/* Goal: a set-up is sent again, and no MAC takes it. */
Test(adversaries, replayed_set_up_is_refused_by_its_counter)
{
    struct attack attack;
    struct trial *trial = play(NEAR "replay-set-up, delay: 5 min", &attack);
    cr_expect_gt(attack.forged, 3);
    cr_expect_eq(trial_value(trial, "security.forged_accepted"), 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    end(trial, &attack);
}

/* Goal: uplinks are sent again no sooner than the delay says, and none reaches an application. */
Test(adversaries, replayed_uplinks_are_refused_by_their_counter)
{
    struct attack attack;
    struct trial *trial = play(NEAR "replay-uplinks, delay: 45 min, device: 2", &attack);
    cr_expect_gt(attack.forged, 3);
    cr_expect_geq(attack.first_at_ns, 45 * 60 * SIM_NS_PER_S);
    cr_expect_gt(trial_value(trial, "gateways.received"), trial_value(trial, "uplinks.sent"));
    cr_expect_eq(trial_value(trial, "security.forged_uplinks_accepted"), 0);
    cr_expect_eq(trial_value(trial, "devices.confirmed"), DEVICES);
    end(trial, &attack);
}

/* Goal: flash that was changed in the middle of a transfer costs images, and no device its work. */
Test(adversaries, rewritten_flash_is_refused)
{
    char text[sizeof base + 256];
    snprintf(text, sizeof text,
            "%son_guest_error: count\n"
            "adversaries: [{kind: rewrite-nor, at: 91 min, devices: [d 0..50 %%]}]\n",
            base);
    struct trial *trial = trial_create(text, NULL, 0);
    trial_play(trial);
    cr_expect_gt(trial_value(trial, "security.flash_rewrites"), 2);
    cr_expect_eq(trial_value(trial, "security.bad_installs"), 0);
    cr_expect_geq(trial_value(trial, "devices.confirmed"), DEVICES / 2);
    trial_destroy(trial);
}

/* Goal: frames that have begun are jammed, and it costs fragments. */
Test(adversaries, reactive_jammer_breaks_frames_of_its_channel)
{
    struct attack attack;
    struct trial *trial =
            play("x: 100 m, height: 10 m, power: 45 dBm, kind: reactive-jammer", &attack);
    cr_expect_eq(attack.forged, 0);
    cr_expect_gt(trial_value(trial, "security.jammed_frames"), 10);
    cr_expect_gt(trial_value(trial, "missing_fragments.by_cause.interference"), 0.1);
    end(trial, &attack);
}

/* Goal: an adversary is deterministic, and one that does nothing changes nothing that is received.
 */
Test(adversaries, are_the_same_in_each_run)
{
    struct attack first, second;
    struct trial *a = play(NEAR "inject, every: 20 s", &first);
    struct trial *b = play(NEAR "inject, every: 20 s", &second);
    cr_expect_eq(engine_trace_hash(a->world->engine), engine_trace_hash(b->world->engine));
    cr_expect_arr_eq(first.block, second.block, first.size_bytes);
    end(a, &first);
    end(b, &second);
}
