/* What a campaign will take, before it runs.
 * SPDX-License-Identifier: MIT
 *
 * A pure function of plain numbers: closed forms, and equations for what gateways can send in
 * class A (campaign/fleet_course.h). The schedule is the one the update server plans by
 * (campaign/schedule.h); loss is independent from frame to frame.
 */
#ifndef CAMPAIGN_ESTIMATE_H
#define CAMPAIGN_ESTIMATE_H

#include "campaign/campaign.h"
#include "campaign/fleet_course.h"

struct estimate_input {
    const struct region *region;
    enum campaign_delivery delivery;
    /* what is sent */
    uint32_t image_size_bytes; /* the whole block */
    uint8_t fragment_size_bytes;
    double redundancy;
    uint8_t table_copies; /* of the table of hashes */
    enum campaign_correction correction;
    double correction_timeout_s;
    enum campaign_correction_period correction_period;
    double correction_pause_s; /* between the two periods */

    /* how */
    uint8_t data_rate;
    uint32_t frequency_hz;
    double duty_cycle; /* of its sub-band; 0: as the region has it */
    double duty_share;
    bool downlink_crc;   /* network_params.downlink_crc */
    double listen_share; /* network_params.listen_share */
    sim_ns interval_ns;  /* between fragments; 0: as the duty cycle allows */
    enum campaign_time_out time_out;
    uint32_t gateway_count; /* that the members need */
    enum multicast_policy gateways;
    uint8_t rx2_data_rate;
    uint32_t rx2_frequency_hz;

    double uplink_duty; /* of the sub-bands of the uplink channels, in all; of unicast */

    /* the device */
    uint32_t fleet_size;
    double report_period_s;
    enum campaign_set_up_policy set_up_policy;
    double expected_loss;     /* of multicast frames, 0..1 */
    double unicast_loss;      /* of commands and of answers, 0..1 */
    uint8_t uplink_data_rate; /* of the answers, and of RX1; 0 is the cautious choice */
    uint32_t channel_count;   /* for uplinks: 8 */
    uint8_t block_ack_delay;  /* 0..7: answers spread over 2^(d+4) s; 255: by fleet size */
    uint8_t periods;          /* class C sessions of the transfer; 0: as many as it needs */
    bool install_ordered;     /* a device is told by TS006 when to install */
    uint8_t proofs;           /* hashes that a device asks about before it installs */
    uint8_t versions;         /* of TS004 among the members: a transfer for each; 0: one */
    double guard_s;           /* a device opens its session this much early */

    /* with what */
    double rx_current_a; /* of the whole device in class C */
    double tx_current_a; /* the same while it sends; of unicast */
    double supply_v;
    double battery_usable_j; /* 0: mains */
};

/* By unicast there are no coded fragments, no plan and no listening; `session_s` begins with the
 * campaign, and energy and airtime are those of fetching. */
struct estimate {
    bool possible;      /* false: fragment too long for the data rate, too many, or no duty cycle */
    uint32_t transfers; /* that send the whole block; all but the airtimes is of one */
    uint32_t nb_frag;
    uint32_t table;      /* messages of the table of hashes, before the fragments */
    uint32_t coded;      /* of the first pass */
    uint32_t correction; /* further ones, for loss that redundancy does not cover */
    uint8_t block_ack_delay;
    double fragment_airtime_s; /* of one frame */
    double interval_s;         /* between two of one gateway; by unicast, requests of one device */
    double gateway_airtime_s;  /* of all uncoded, coded and correction fragments of all transfers,
                                * one gateway */
    double airtime_s;          /* the same over all gateways that send */
    double bulk_s, coded_s, correction_s;
    double answer_window_s; /* one round of status answers */
    double needed_s;        /* of the first pass with its answers: what `periods` must cover */
    double planned_s;       /* what the server allows for the session */
    double session_s;       /* from SessionTime until every device has reported */
    uint8_t time_out;       /* exponent, of the first session */
    uint8_t periods;        /* class C sessions, without that of a second period */
    double second_at_s;     /* from SessionTime to that of the second period; 0: there is none */
    double second_s;        /* what the server allows for it */
    bool time_out_fits;     /* planned_s fits the sessions: else the last one is cut short */
    double complete_share;  /* of devices whole after uncoded and coded fragments */
    double set_up_s;        /* of a device, from the campaign's start, mean */
    double set_up_fleet_s;  /* until the last one */
    double uplinks;         /* of a device for the campaign, mean; not its reports */
    double listening_s;     /* receiver on until the end of the first fragment */
    double listening_j;
    double bulk_rx_s; /* receiver on from there until the block is whole, mean; not in a pause */
    double bulk_j;
    double battery_percent;    /* listening_j + bulk_j of battery_usable_j */
    uint32_t answer_fragments; /* by unicast: of one answer at most */
};

/* A downlink of class A with an application payload of `size` bytes. */
struct course_frame estimate_frame(const struct estimate_input *input, uint32_t size);

void estimate_make(const struct estimate_input *input, struct estimate *estimate);

#endif
