/* End-devices of a test that go through a whole campaign in bytes, with faults on demand.
 * SPDX-License-Identifier: MIT
 *
 * They know enough of TS003, TS004 and TS005 to answer; a block counts as whole when two fragments
 * more than the uncoded ones arrived, or all uncoded ones.
 */
#ifndef TESTS_SCRIPTED_FLEET_H
#define TESTS_SCRIPTED_FLEET_H

#include "campaign/server.h"
#include "models/network/fake_gateways.h"
#include "models/network/scripted_device.h"

#define FLEET_MAX     64u
#define FLEET_GPS_NS  (INT64_C(1400000000) * SIM_NS_PER_S)
#define FLEET_VERSION 0x02000000u /* of a block under FragIndex 0; under 1 the next one */

struct fleet_faults {
    bool never_joins;
    bool silent;         /* heard before the campaign, not after */
    bool ignores_set_up; /* never answers port 200 and 201 */
    bool refuses_group;
    bool names_other_group;    /* in its answers on port 200 */
    bool names_other_index;    /* FragIndex, in its answers on port 201 */
    bool never_defines_group;  /* accepts it, and answers McGroupUndefined to each session */
    bool ignores_second_group; /* McGroupID 1: no answer to what names it */
    bool always_misses_start;
    bool no_time;               /* until a DeviceTimeAns; asks for it with each uplink */
    bool never_gets_time;       /* the same, but does not ask */
    bool advances_session_cnt;  /* has used every SessionCnt that it is given */
    uint16_t session_cnt_least; /* lower ones are replays */
    bool no_fragmentation;      /* has no TS004: nothing answers on its port */
    bool unknown_version;       /* PackageVersionAns names version 7 */
    uint8_t refuses_fragments;  /* these bits of FragSessionSetupAns */
    bool bad_mic;
    bool ignores_clock; /* never corrects its clock */
    bool dies_in_session;
    sim_ns reset_at_ns;   /* loses its session, group and fragments; 0: never */
    bool keeps_block;     /* loses its session alone */
    bool resets_for_ever; /* with each report from reset_at_ns on */
    bool counts_nothing;  /* FragSessionStatusAns: 0 received, 0 missing */
    bool counts_lost;     /* MissingFrag is what it lost, recovered or not */
    bool counts_one_more; /* MissingFrag is 1 when none is missing */
    bool installs_alone;  /* as soon as it has the block, in version 1 */
    bool reads_on;        /* version 1: what follows its set-up are further commands */
    bool holds_old_block; /* of an earlier session under this FragIndex; asks to be acknowledged */
    uint32_t lost_acks;   /* the first few FragDataBlockReceivedAns are not heard */
    uint32_t receipts_most; /* FragDataBlockReceivedReqs; 0: as many as it takes */
    uint8_t asks_hashes;    /* bit i: of enum proof_kind i, before it installs */
    bool has_other_block;
    bool no_management;      /* has no TS006: nothing answers on its port */
    bool plans_no_time;      /* DevRebootTimeAns 0: it has no time */
    bool misses_reboot;      /* its first one, and forgets the plan */
    bool reports_no_version; /* reports have too few bytes */
    bool installs_nothing;
    bool runs_other_image; /* from the start, of the version of the block */
    bool forgets_group;    /* with the new image */
    bool other_group;      /* has another one under our number by the time it is asked */
    bool keeps_group_mute; /* answers neither McGroupStatusReq nor McGroupDeleteReq */
    bool loses_delete_ans; /* its first one */
    bool loses_frag_ans;   /* every FragSessionSetupAns */
    bool needs_uncoded;    /* hears no uncoded fragment before a status request, and needs one */
    /* Hears no uncoded fragment before a status request, and drops coded ones while it lacks more
     * than so many; 0: no limit. */
    uint32_t decoder_most;
    bool loses_repeated; /* uncoded fragments after a status request are not heard either */
    int32_t clock_error_s;
    uint32_t forgets_session; /* its fragmentation session, the first few times it is to fetch */
    bool asks_for_ever;       /* for fragment 1, whatever it has */
    bool loses_unicast;       /* fragments that come by unicast are not heard */
    uint32_t loses_n;         /* the fragment with this number; 0: none */
    uint32_t loss_percent;    /* of multicast frames */
    uint32_t lost_downlinks;  /* the first few unicast ones are not heard */
};

#define FLEET_GROUPS 4u /* McGroupID 0..3 */

/* A multicast group as a device knows it, and its session. */
struct fleet_group {
    bool defined;
    uint8_t mc_app_s_key[16], mc_nwk_s_key[16];
    uint32_t mc_addr, fcnt_min, fcnt_max;
    uint32_t last_fcnt;
    bool session;
    uint32_t session_gps_s, session_s;
    uint8_t data_rate;
    uint32_t fragments; /* that it brought */
};

struct fleet_device {
    struct scripted_device mac;
    struct fleet_faults faults;
    int32_t uplink_snr_mdb; /* of its uplinks, at DR5 */
    bool waits_for_order;   /* to install, by TS006: unless the campaign installs at once */
    uint32_t version;
    uint8_t update_status;         /* of its reports */
    uint8_t fragmentation_version; /* of TS004; the campaign's unless a test changes it */
    uint8_t answers[64];           /* waiting, one port */
    uint8_t answers_size;
    uint8_t answers_fport;
    uint64_t uplink_event; /* generation of the one that counts */
    struct fleet_group groups[FLEET_GROUPS];
    uint8_t group_id; /* of the last group that it was given */
    bool fragments_ready;
    uint8_t frag_index;
    uint16_t nb_frag;
    uint8_t frag_size;
    uint8_t set_up_payload[17];
    uint32_t received_uncoded, received_coded, last_n;
    sim_ns first_fragment_ns, last_fragment_ns; /* on the air while it listened; 0: none */
    bool whole, acknowledged;
    bool ack_reception; /* as its set-up said, in version 2 */
    uint32_t uplinks_in_session;
    uint32_t set_up_downlinks, resyncs, status_requests;
    uint32_t ignored_set_ups; /* of McGroupID 1 */
    uint16_t resets;
    uint32_t frag_set_ups, session_requests;
    uint32_t version_questions[3]; /* PackageVersionReq on ports 200, 201 and 203 */
    uint8_t first_coded[242];      /* data of fragment NbFrag + 1 */
    uint32_t receipts, acks;       /* FragDataBlockReceivedReqs, and answers to them */
    sim_ns set_up_last_ns;         /* the last of set_up_downlinks */
    uint32_t unicast_fragments;    /* sent to it alone */
    bool fetches;                  /* it was told to, and is not whole */
    uint32_t fetch_requests, fetch_stops;
    uint32_t data_requests; /* its own */
    uint32_t group_status_requests, group_delete_requests, session_delete_requests;
    uint32_t image_questions, reboot_orders, version_asked;
    uint32_t reboot_cancels, image_deletes;
    bool holds_image;                   /* that waits for a reboot */
    sim_ns reboot_ns;                   /* planned; 0: not */
    uint32_t auths;                     /* DataBlockAuthAns */
    uint8_t auth_ans[6], auth_ans_size; /* the last one */
    uint8_t proved;                     /* bit i: of enum proof_kind i */
};

struct fleet {
    struct engine *engine;
    struct gateway_fleet *gateways;
    struct network *network;
    struct server *server;
    struct campaign *campaign; /* number 0; NULL: refused */
    uint16_t handler;
    entity_id entity;
    uint32_t count;
    sim_ns report_period_ns;
    uint8_t image[4096];
    uint32_t image_size;
    struct device_identity identities[FLEET_MAX];
    struct fleet_device devices[FLEET_MAX];
    uint32_t bulk_uplinks; /* uplinks of all devices while fragments were on the air */
};

/* Devices boot at once and report every `report_period_ns`. */
void fleet_create(struct fleet *fleet, uint32_t count, sim_ns report_period_ns,
        const struct campaign_params *params);
void fleet_destroy(struct fleet *fleet);
void fleet_run(struct fleet *fleet, sim_ns until_ns);
struct campaign_params fleet_default_params(void);
/* A device says this in an uplink of its own, a second from now. */
void fleet_say(
        struct fleet *fleet, uint32_t index, uint8_t fport, const uint8_t *data, uint8_t size);
/* What the campaign says of a device. */
struct campaign_device fleet_view(const struct fleet *fleet, uint32_t index);
/* The campaign is over, and each device confirmed the new version. */
void fleet_expect_all_confirmed(const struct fleet *fleet);

#endif
