/* A modeled gateway: demodulators, half duplex, just-in-time queue, duty cycle, clock, backhaul.
 * SPDX-License-Identifier: MIT
 *
 * Uplinks go to the sink after the backhaul latency; transmission requests arrive after it too,
 * are answered by a report at once (accepted or why not) and by another when they were sent. Each
 * direction of the backhaul keeps the order of its messages.
 *
 * Every request ends in exactly one report other than GATEWAY_TX_ACCEPTED: when the backhaul loses
 * the request or an answer to it, or the gateway loses its power, the sender at the server's end
 * gives up and reports GATEWAY_TX_NO_ANSWER; later answers to that request are not handed on. Such
 * a request may have been sent all the same.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "air/medium.h"
#include "engine.h"
#include "region/region.h"

#define GATEWAY_CHANNELS_MAX     8u
#define GATEWAY_DEMODULATORS_MAX 4096u
#define GATEWAY_ALL              UINT32_MAX /* in place of a number, where all are meant */

/* Where a gateway has its time from (spec-physics section 6). A free one's stamps are no time of
 * day: they reach GATEWAY_TX_AT_GPS alone. */
enum gateway_clock_source {
    GATEWAY_CLOCK_GNSS, /* pulses of a GNSS receiver: 10..100 ns, seen to 1 us */
    GATEWAY_CLOCK_NTP,  /* the host's clock, kept by NTP: 1..50 ms */
    GATEWAY_CLOCK_FREE  /* nowhere: offset and drift of its own */
};
extern const char *const gateway_clock_source_names[]; /* in this order, NULL at the end */
/* The error of a clock of that source for which no other is known (gateway_clock_params.error_ns).
 */
sim_ns gateway_clock_usual_error_ns(enum gateway_clock_source source);

struct gateway_clock_params {
    enum gateway_clock_source source;
    /* FREE: offset at time 0, uniform in +- this. NTP, GNSS: standard deviation; NTP draws again
     * every 1024 s (RFC 5905: longest usual poll interval) and is steered in between, GNSS draws
     * every second. */
    sim_ns error_ns;
    uint32_t drift_ppb; /* FREE: of its oscillator, uniform in +- this */
};

/* One gateway shows another time than its source has, as a host whose NTP server is wrong or a GNSS
 * receiver that takes its weeks for 1024 earlier ones. */
struct gateway_wrong_clock {
    uint32_t gateway;
    sim_ns error_ns; /* ahead of true time, beside what gateway_clock_params says; may be negative
                      */
};

enum gateway_jitter_law {
    GATEWAY_JITTER_UNIFORM,  /* in latency +- jitter */
    GATEWAY_JITTER_LOGNORMAL /* mean: latency, standard deviation: jitter */
};
extern const char *const gateway_jitter_law_names[];

enum gateway_outage_kind {
    GATEWAY_OUTAGE_BACKHAUL, /* messages are lost, both ways */
    GATEWAY_OUTAGE_POWER,    /* deaf and mute; what was queued is lost */
    GATEWAY_OUTAGE_KIND_COUNT
};
extern const char *const gateway_outage_kind_names[];

/* How a gateway keeps the duty cycle d of a sub-band. T is the time on air of a frame. */
enum gateway_duty_form {
    GATEWAY_DUTY_HOUR,             /* in any hour no more than d x 3600 s, by ends of frames */
    GATEWAY_DUTY_PAUSES,           /* a pause of T/d - T from a frame's end: d, and in an hour up to
                                    * one frame more than d x 3600 s */
    GATEWAY_DUTY_PAUSES_FROM_START /* the same from a frame's start, as ns-3 counts: d / (1 - d),
                                    * at d = 10 % too much by 11 % */
};
extern const char *const gateway_duty_form_names[];

struct gateway_params {
    const struct region *region;
    uint16_t demodulators; /* SX1301: 8, SX1302: 16; 0: as many as there are frames */
    uint8_t channel_count;
    uint32_t channel_hz[GATEWAY_CHANNELS_MAX]; /* 125 kHz, every SF */
    sim_ns backhaul_latency_ns;                /* one way, mean */
    sim_ns backhaul_jitter_ns;                 /* never less than 1 ms in all */
    enum gateway_jitter_law backhaul_law;
    double backhaul_loss; /* of a message, either way */
    bool gnss;            /* has a receiver: without it, GATEWAY_CLOCK_GNSS becomes _FREE */
    struct gateway_clock_params clock;
    const struct gateway_wrong_clock *wrong_clocks; /* each another gateway; read at creation */
    uint32_t wrong_clock_count;
    /* Downlinks carry a payload CRC (LoRaWAN 1.0.4 section 3: they should not). */
    bool downlink_crc;
    /* Class B beacons, every 128 s of GPS time; only with GNSS. */
    bool beacons;
    int64_t gps_at_start_ns;  /* GPS time of engine time 0, for beacons */
    int32_t antenna_gain_mdb; /* of the site too: medium_site.antenna_gain_mdb */
    int32_t eirp_mdbm;        /* of beacons at most; 0 or less: what they have */
    enum gateway_duty_form duty_form;
};

/* An uplink as the packet forwarder reports it. */
struct gateway_uplink {
    uint32_t gateway;
    uint16_t size;
    uint8_t spreading_factor;
    uint32_t frequency_hz;
    uint32_t bandwidth_hz;
    int32_t rssi_mdbm;
    int32_t snr_mdb;
    /* Concentrator time of the end of the frame, to which GATEWAY_TX_AT refers.
     * assumed: the counters of all gateways are known against each other and run true: a TCXO of
     * 0.5 ppm is off by 3 us at the end of RX2. */
    sim_ns end_ns;
    /* The same end by the gateway's clock, in whole us. */
    sim_ns stamped_ns;
    bool time_known;   /* that clock has the time of day: GNSS or NTP */
    uint64_t frame_id; /* for observers only */
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
};

enum gateway_tx_timing {
    GATEWAY_TX_AT,        /* start at `at_ns` of the concentrator */
    GATEWAY_TX_IMMEDIATE, /* class C: as soon as queue and duty cycle allow */
    GATEWAY_TX_AT_GPS     /* class B: start at `at_ns` by the gateway's clock */
};

enum gateway_tx_result {
    GATEWAY_TX_SENT, /* the frame is on the air; report.at_ns: its start */
    GATEWAY_TX_ACCEPTED,
    GATEWAY_TX_TOO_LATE,
    GATEWAY_TX_TOO_EARLY,
    GATEWAY_TX_COLLISION, /* with a frame already queued */
    GATEWAY_TX_FULL,
    GATEWAY_TX_FREQUENCY,
    GATEWAY_TX_POWER,
    GATEWAY_TX_DUTY_CYCLE,
    GATEWAY_TX_GPS_UNLOCKED,     /* GATEWAY_TX_AT_GPS without GNSS or NTP */
    GATEWAY_TX_COLLISION_BEACON, /* with a beacon */
    GATEWAY_TX_NO_ANSWER,        /* none came back: request or answer was lost */
    GATEWAY_TX_RESULT_COUNT
};
const char *gateway_tx_result_name(enum gateway_tx_result result); /* as in summaries */

struct gateway_tx {
    uint64_t token; /* chosen by the requester, returned in reports */
    enum gateway_tx_timing timing;
    sim_ns at_ns;
    int32_t power_mdbm; /* EIRP */
    struct lora_modulation modulation;
    uint16_t size;
    uint8_t bytes[LORA_FRAME_SIZE_MAX];
};

struct gateway_report {
    uint32_t gateway;
    uint64_t token;
    enum gateway_tx_result result;
    sim_ns at_ns; /* start on air, when known */
    sim_ns airtime_ns;
};

struct gateway_sink {
    void (*uplink)(void *context, const struct gateway_uplink *uplink, sim_ns now_ns);
    void (*report)(void *context, const struct gateway_report *report, sim_ns now_ns);
    /* May be NULL: an uplink is on its way; called once for it, long before it arrives, to start to
     * bring what it needs into the cache, and for nothing else. */
    void (*prefetch)(void *context, const struct gateway_uplink *uplink);
};

/* Entities of gateways: GATEWAY_ENTITIES_FIRST from `first` on, those of more gateways from `more`
 * on. So with any number of gateways, all others have the same entities, and draws. */
#define GATEWAY_ENTITIES_FIRST 64u
#define GATEWAY_NONE           UINT32_MAX
struct gateway_entities {
    entity_id first, more;
};
static inline entity_id gateway_entity(const struct gateway_entities *entities, uint32_t gateway)
{
    return gateway < GATEWAY_ENTITIES_FIRST ? entities->first + gateway
                                            : entities->more + (gateway - GATEWAY_ENTITIES_FIRST);
}
/* The gateway that has an entity, of `count`; GATEWAY_NONE: it is no gateway's. */
static inline uint32_t gateway_of_entity(
        const struct gateway_entities *entities, entity_id entity, uint32_t count)
{
    uint32_t first = entity - entities->first, more = entity - entities->more;
    uint32_t gateway = first < GATEWAY_ENTITIES_FIRST ? first : GATEWAY_ENTITIES_FIRST + more;
    bool is_one = first < GATEWAY_ENTITIES_FIRST || more < UINT32_MAX - GATEWAY_ENTITIES_FIRST;
    return is_one && gateway < count ? gateway : GATEWAY_NONE;
}

struct gateway_fleet;

/* Gateways 0..count-1 of the medium. NULL: out of memory. */
struct gateway_fleet *gateway_fleet_create(struct engine *engine,
        const struct gateway_params *params, uint32_t count,
        const struct gateway_entities *entities);
void gateway_fleet_destroy(struct gateway_fleet *fleet);
void gateway_fleet_connect(struct gateway_fleet *fleet, struct medium *medium,
        const struct gateway_sink *sink, void *sink_context);
extern const struct medium_gateway_ops gateway_medium_ops;

/* Sends a request over the backhaul. Called by the network server. */
void gateway_submit(struct gateway_fleet *fleet, uint32_t gateway, const struct gateway_tx *tx);

/* Begins and ends an outage, now. An outage of power cuts off the frame on the air, loses what was
 * being received (LOSS_POWERED_DOWN) and what was queued, and requests that arrive in it; an outage
 * of the backhaul loses what is sent in it and what was on its way when it began. Outages may
 * overlap: the part is back after as many ends as begins. An end without a begin has no effect. */
void gateway_outage_begin(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind);
void gateway_outage_end(
        struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind);

/* Begins and ends a time in which the backhaul loses the share `loss` (0..1) of messages, each way
 * and beside `backhaul_loss`, now. The shares of several at one time add up, to all at most. An end
 * names the `loss` of its begin. */
void gateway_loss_begin(struct gateway_fleet *fleet, uint32_t gateway, double loss);
void gateway_loss_end(struct gateway_fleet *fleet, uint32_t gateway, double loss);

/* --- for observers, results and tests -------------------------------------------------------- */
/* Registers a hook that is called when a part of a gateway is lost and when it is back; outages
 * that overlap are one. */
typedef void gateway_outage_fn(
        void *context, uint32_t gateway, enum gateway_outage_kind kind, bool is_out, sim_ns now_ns);
void gateway_fleet_on_outage(
        struct gateway_fleet *fleet, gateway_outage_fn *changed, void *context);
/* Is it in an outage of that kind? */
bool gateway_is_out(
        const struct gateway_fleet *fleet, uint32_t gateway, enum gateway_outage_kind kind);
/* Airtime of frames in a sub-band whose end lies in the last hour, and of the one on the air, as a
 * share of what the sub-band allows in an hour: 1 is all of it. */
double gateway_duty_used(
        const struct gateway_fleet *fleet, uint32_t gateway, uint32_t band, sim_ns now_ns);

struct gateway_stats {
    uint64_t uplinks; /* received, whatever the backhaul did to them */
    /* Uplinks it could have heard, by cause: LOSS_RADIO_BUSY: deaf while it transmitted;
     * LOSS_RECEIVER_LOCKED_ELSEWHERE: no demodulator free; LOSS_POWERED_DOWN: in an outage. */
    uint64_t lost[LOSS_CAUSE_COUNT];
    uint64_t transmitted;
    uint64_t beacons, beacons_skipped; /* skipped: for the duty cycle's sake */
    uint64_t cut_off; /* transmissions that an outage of power ended or forestalled */
    uint64_t rejected[GATEWAY_TX_RESULT_COUNT];    /* NO_ANSWER: counted at the server's end */
    uint64_t backhaul_lost_up, backhaul_lost_down; /* messages, by chance */
    uint64_t outage_lost_up, outage_lost_down;     /* messages, in an outage */
    uint64_t fault_lost_up, fault_lost_down;       /* messages, by gateway_loss_begin() */
    uint32_t demodulators_max;                     /* busy at one time */
    sim_ns airtime_ns;                             /* all sub-bands */
    double duty_cycle_max;    /* highest share of any sub-band's last hour so far */
    double duty_cycle_mean;   /* airtime in the busiest sub-band over the run */
    uint64_t duty_violations; /* seen by the independent auditor */
};
void gateway_stats(const struct gateway_fleet *fleet, uint32_t gateway, sim_ns now_ns,
        struct gateway_stats *stats);

/* Watches transmissions of one station and finds what breaks a duty cycle in the form that the
 * station keeps, independently of what enforces it: by a sliding hour over frames counted from
 * their end, or by the pause before each frame. It grows from `memory` (run_memory.h). NULL: out of
 * memory. */
struct duty_auditor;
struct duty_auditor *duty_auditor_create(
        const struct region *region, enum gateway_duty_form form, struct run_memory *memory);
void duty_auditor_destroy(struct duty_auditor *auditor);
/* Frames come in order of their end. Returns by how much it is too much airtime, or too early, in
 * ns; 0: fine. */
sim_ns duty_auditor_frame(
        struct duty_auditor *auditor, uint32_t frequency_hz, sim_ns start_ns, sim_ns end_ns);
/* The frame that was given last, on that frequency, ended at `end_ns` already: not before its
 * start, before its planned end. */
void duty_auditor_cut(struct duty_auditor *auditor, uint32_t frequency_hz, sim_ns end_ns);
/* Airtime in a sub-band of the frames that end after `now_ns` - 1 h. */
sim_ns duty_auditor_hour_ns(const struct duty_auditor *auditor, uint32_t band, sim_ns now_ns);
/* Highest share of an hour in any sub-band so far; airtime of the busiest sub-band. */
double duty_auditor_share_max(const struct duty_auditor *auditor);
sim_ns duty_auditor_airtime_max_ns(const struct duty_auditor *auditor);

#endif
