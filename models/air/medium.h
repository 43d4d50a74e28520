/* The air: transmitters, listeners, and which of them receive what.
 * SPDX-License-Identifier: MIT
 *
 * End-devices listen on one (frequency, SF, bandwidth, IQ) and are indexed by it; gateways listen
 * on their channels at every SF. A frame costs three events, however many hear it: start, detect,
 * end. At detection the receivers of a frame are frozen; at its end each is judged by
 * judge_link_reception() and served in entity order.
 *
 * A device receiver detects a frame when it has heard 5 of its programmed preamble symbols (Bor et
 * al., MSWiM 2016): it searched from max(frame start, its own start, end of the frame it received
 * before) on, and detects 5 symbols later. Receivers that come late, but not too late, cost an
 * event each. While locked, a receiver finds nothing else on its channel until the frame's end,
 * whatever becomes of its header. Of frames that overlap before the lock, one stronger than the
 * other by the capture threshold is locked on, whichever came first.
 *
 * Uplinks and downlinks differ in polarity, and pass each other by. A device that listens to the
 * polarity of uplinks (a relay) receives other devices, and one that transmits with that of
 * downlinks (an attacker) is received by them, both over the path loss between the two places,
 * without shadowing and fading (assumed).
 *
 * Left out: gateways do not receive from gateways; frequencies that overlap in part (bands
 * are the same or apart); the phases of equal copies from several gateways, which interfere like
 * any other frames, or add up where enum equal_copies says so.
 */
#ifndef AIR_MEDIUM_H
#define AIR_MEDIUM_H

#include "air/fading.h"
#include "air/frame.h"
#include "air/interferer.h"
#include "air/judge.h"
#include "air/propagation.h"
#include "engine.h"
#include "making.h"

struct medium;

/* What a device's radio listens to. */
struct medium_listening {
    uint32_t frequency_hz;
    uint32_t bandwidth_hz;
    uint8_t spreading_factor;
    bool iq_inverted;
    uint8_t sync_word;
    bool low_data_rate, implicit_header; /* a frame of another kind is LOSS_MISMATCH */
    bool silent_detect; /* `detected` need not be called: continuous mode, no consumer */
};

/* Called by the medium; times are engine times. */
struct medium_device_ops {
    /* The preamble is detected: a symbol timeout no longer fires. */
    void (*detected)(void *device, const struct frame *frame, sim_ns now_ns);
    /* The frame ended for a receiver that had detected it. `bytes`/`size`: what the demodulator
     * puts out, NULL when the header failed or the signal was lost. They stay valid as long as the
     * frame; corrupted ones, where the verdict names a loss, during the call. A receiver that was
     * closed, or opened elsewhere, at a local time after `now_ns` still gets the frame. */
    void (*ended)(void *device, const struct frame *frame, const struct verdict *verdict,
            const uint8_t *bytes, uint16_t size, sim_ns now_ns);
    /* Before `ended` of devices[0]: those up to devices[count - 1] get the same frame after it, in
     * this order. What they touch may be brought into the cache meanwhile. `first`: devices[0] is
     * the first of them, so no call before has named any. May be NULL. */
    void (*prefetch)(void *const *devices, uint32_t count, bool first);
};

struct medium_gateway_ops {
    /* True: a demodulator takes the frame; LOSS_NONE in `*cause`, else why not. Asked for frames
     * that can be detected, when reception_params.demodulator_from says. */
    bool (*lock)(void *gateway, const struct frame *frame, sim_ns now_ns, enum loss_cause *cause);
    /* Ends every lock that was granted. Only frames with verdict cause LOSS_NONE were received;
     * `bytes` is NULL for the others. */
    void (*ended)(void *gateway, const struct frame *frame, const struct verdict *verdict,
            const uint8_t *bytes, uint16_t size, sim_ns now_ns);
};

struct medium_site {
    entity_id entity;
    double x_m, y_m, height_m;
    /* Adds to what is received; transmit powers are EIRP and hold their antenna already. */
    int32_t antenna_gain_mdb;
    double penetration_db; /* into the building where the device is; unused at gateways */
    /* Of the radio's crystal: carrier and symbol clock are off by it; the drift is what it does
     * while a frame lasts. */
    int32_t radio_error_ppb;
    int32_t radio_drift_ppb_per_s;
};

struct medium_params {
    struct propagation_params propagation;
    /* assumed: where the coherence time is short, a preamble keeps the gain of its start; header
     * and payload have that of each coherence time. */
    struct fading_params fading;
    struct reception_params reception;
    /* Largest EIRP of a device, without its antenna: gateways beyond its reach are left out. */
    int32_t device_power_max_mdbm;
    /* Largest EIRP of a gateway: devices beyond its reach are left out. A frame of more power is
     * looked for by every listener. */
    int32_t gateway_power_max_mdbm;
    /* Copied. Their power arrives over the law's path loss, without shadowing and fading. */
    const struct interferer_params *interferers;
    uint32_t interferer_count;
    struct making making; /* told of links */
};

/* There may be more device sites than nodes: foreign stations transmit and never listen. Devices
 * and gateways are numbered from 0 in the order given; link gains are computed here. NULL: out of
 * memory. */
struct medium *medium_create(struct engine *engine, const struct medium_params *params,
        const struct medium_site *devices, uint32_t device_count,
        const struct medium_device_ops *device_ops, const struct medium_site *gateways,
        uint32_t gateway_count, const struct medium_gateway_ops *gateway_ops);
void medium_destroy(struct medium *medium);
void medium_device_attach(struct medium *medium, uint32_t device, void *context);
void medium_gateway_attach(struct medium *medium, uint32_t gateway, void *context);

/* A device's receiver is on from `at_ns` (its local time, not before the engine's now). Replaces
 * what it listened to before. */
void medium_listen(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct medium_listening *listening);
/* Off from `at_ns` on: a frame that would end later is lost without a call (observed as
 * LOSS_RADIO_BUSY, or by what broke its header before). */
void medium_unlisten(struct medium *medium, uint32_t device, sim_ns at_ns);

/* What a device's receiver has found by now. */
struct medium_reception {
    const struct frame *frame; /* its preamble was detected; NULL: none */
    bool header_ok;            /* its header has ended since, and was read */
};
/* Costs nothing while it is not asked. Not from inside a call of the medium, unless for the device
 * that is called. */
struct medium_reception medium_reception(struct medium *medium, uint32_t device);
/* From now on `detected` is called, until medium_listen(): undoes `silent_detect`. */
void medium_tell_detection(struct medium *medium, uint32_t device);

/* Starts a transmission at `at_ns` (not before the engine's now). Returns its frame, valid until
 * one longest frame time after its end. */
const struct frame *medium_transmit_device(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct lora_modulation *modulation, int32_t power_mdbm, const uint8_t *bytes,
        uint16_t size);
const struct frame *medium_transmit_gateway(struct medium *medium, uint32_t gateway, sim_ns at_ns,
        const struct lora_modulation *modulation, int32_t power_mdbm, const uint8_t *bytes,
        uint16_t size);
/* The transmitter left TX early: no station receives the frame any more. Stations locked on it are
 * told at its planned end (LOSS_POWERED_DOWN); as interference it ends at `at_ns`. */
void medium_abort(struct medium *medium, const struct frame *frame, sim_ns at_ns);

/* The gateway lost its power, now: what it is receiving is lost (LOSS_POWERED_DOWN). */
void medium_gateway_power_off(struct medium *medium, uint32_t gateway);

/* An emitter that jams a band without a pause, from medium_jammer_start() to medium_jammer_stop().
 * Both are called between two events and act at engine time. */
struct medium_jammer {
    struct interferer_params emitter; /* frequency, bandwidth, EIRP and place are used */
    bool received;                    /* instead of EIRP and place: */
    int32_t received_mdbm;            /* what arrives at the antenna of each that it reaches */
    /* Receivers that it reaches: a flag for each device, then for each gateway; NULL: all. Not
     * kept. */
    const bool *reaches;
};
/* `number` identifies a jammer and is the caller's choice. To start one that runs, or to stop one
 * that does not, has no effect. */
void medium_jammer_start(
        struct medium *medium, uint32_t number, const struct medium_jammer *jammer);
void medium_jammer_stop(struct medium *medium, uint32_t number);

/* A wide-band receiver (a software radio) at the place of a device: told of each frame of any
 * channel, SF and polarity. Calls come from inside the medium's events: they may schedule what they
 * do, and do nothing to the medium. Each may be NULL. */
#define MEDIUM_EARS_MAX 16u
struct medium_ear_ops {
    void (*detected)(void *ear, const struct frame *frame, sim_ns now_ns); /* its preamble */
    void (*ended)(void *ear, const struct frame *frame, sim_ns now_ns);    /* whole */
};
/* Hears frames that arrive with `least_mdbm` in the median. assumed: they do not fade, and no other
 * frame disturbs them. At most MEDIUM_EARS_MAX, before the run. */
void medium_ear_add(struct medium *medium, uint32_t device, int32_t least_mdbm,
        const struct medium_ear_ops *ops, void *context);

/* Channel activity detection: is a LoRa signal of this SF, bandwidth and polarity on the air at
 * some time between `from_ns` and `to_ns`, strong enough here to be demodulated? The sync word is
 * not looked at. Frames of other devices come over the path loss between the two places. */
bool medium_channel_active(const struct medium *medium, uint32_t device,
        const struct medium_listening *listening, sim_ns from_ns, sim_ns to_ns);

/* Power in mW of all signals in a band that arrive at a device's antenna at one instant, which the
 * engine has reached but for the lead of a local clock: frames of any kind but its own, and
 * interferers that are on. 0: none. Frames are spread evenly over their bandwidth. */
double medium_channel_power_mw(const struct medium *medium, uint32_t device, sim_ns at_ns,
        uint32_t frequency_hz, uint32_t bandwidth_hz);

/* Median link budget: EIRP + this = received power without fading, in mdB (negative). */
int32_t medium_link_gain_mdb(const struct medium *medium, uint32_t gateway, uint32_t device);
/* The gateway with the largest of them, of equal ones the first. There is one. */
uint32_t medium_best_gateway(const struct medium *medium, uint32_t device, int32_t *gain_mdb);
/* The same between a gateway and any place outdoors, without shadowing and antennas. */
int32_t medium_gain_at_mdb(
        const struct medium *medium, uint32_t gateway, double x_m, double y_m, double height_m);
uint64_t medium_deliveries(const struct medium *medium); /* handed to device radios so far */
uint64_t medium_uplinks(const struct medium *medium);    /* that have started so far, foreign too */
/* Where a station stands, in metres. */
void medium_device_place(const struct medium *medium, uint32_t device, double *x_m, double *y_m);
void medium_gateway_place(const struct medium *medium, uint32_t gateway, double *x_m, double *y_m);

#endif
