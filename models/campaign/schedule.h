/* The arithmetic of a multicast session: counts, intervals, answer windows, TimeOut.
 * SPDX-License-Identifier: MIT
 *
 * Pure. The update server plans by it (transfer.c), and so does the estimate before a run.
 */
#ifndef CAMPAIGN_SCHEDULE_H
#define CAMPAIGN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "region/region.h"
#include "sim_time.h"

#define SCHEDULE_AUTOMATIC_DELAY 255u /* block_ack_delay: by the size of the fleet */
#define SCHEDULE_TIME_OUT_MAX    15u  /* 2^15 s: TS005 section 3.5 */
/* The longest session of class C. */
#define SCHEDULE_PERIOD_NS ((sim_ns)(1 << SCHEDULE_TIME_OUT_MAX) * SIM_NS_PER_S)
/* From the end of a session to the next one of its transfer: devices report in between. */
#define SCHEDULE_PERIOD_GAP_NS (60 * SIM_NS_PER_S)
/* Time for fragments in such a session: guard time at both ends. */
#define SCHEDULE_PERIOD_USABLE_NS (SCHEDULE_PERIOD_NS - 2 * SCHEDULE_GUARD_NS)
/* Frames that wait at the network server. */
#define SCHEDULE_FEED_AHEAD 16u
/* From SessionTime to the first fragment: covers clocks that agree within the tolerance. */
#define SCHEDULE_GUARD_NS (5 * SIM_NS_PER_S)
/* After the last answer to a status request: its receive windows and our acknowledgement. */
#define SCHEDULE_ANSWER_TAIL_NS (4 * SIM_NS_PER_S)

struct schedule_input {
    uint32_t nb_frag;
    uint32_t lead_frames; /* messages before the first fragment */
    double redundancy;    /* coded fragments of the first pass per uncoded one */
    sim_ns interval_ns;   /* between two fragments of one gateway */
    sim_ns bare_ns;       /* the pass is planned as one for each fragment, and one more; 0: fully */
    bool corrected;       /* coded fragments follow for correction_timeout_ns at most */
    sim_ns correction_timeout_ns;
    bool second_period;         /* what follows the first one has a session of its own, */
    sim_ns correction_pause_ns; /* which begins so long after it */
    uint32_t fleet_size;
    double answer_airtime_s; /* mean, of a status answer */
    uint32_t channel_count;  /* for uplinks */
    uint8_t block_ack_delay; /* 0..7, SCHEDULE_AUTOMATIC_DELAY */
};

struct schedule {
    uint32_t coded;       /* fragments after the uncoded ones, without any correction */
    uint32_t coded_later; /* of them: in the second period, for want of any other correction */
    uint8_t block_ack_delay;
    sim_ns answer_window_ns; /* of a status request, to the end of the last exchange */
    sim_ns needed_ns;        /* of the first pass, to the last answer */
    sim_ns planned_ns;       /* the same and the longest correction, pauses included */
    sim_ns second_ns;        /* of the session of the second period; 0: there is none */
    sim_ns second_at_ns;     /* from the first SessionTime to that of the second period */
    uint8_t time_out;        /* exponent of TS005, of the first session */
    uint8_t periods;         /* sessions of class C that needed_ns takes, one after the other */
};

void schedule_make(const struct schedule_input *input, struct schedule *schedule);

/* The least exponent that covers a duration; SCHEDULE_TIME_OUT_MAX where none does. */
uint8_t schedule_time_out(sim_ns duration_ns);
/* Fragments of a block; the last may be padded. */
uint32_t schedule_nb_frag(uint32_t image_size_bytes, uint8_t fragment_size_bytes);
uint32_t schedule_coded(uint32_t nb_frag, double redundancy);
/* Time on air of a status answer at an uplink data rate. */
double schedule_answer_airtime_s(const struct region *region, uint8_t data_rate);

/* Transfers of `wave_size` members at most, one after the other, that serve all; 0: no limit. */
uint32_t schedule_wave_count(uint32_t members, uint32_t wave_size);

#endif
