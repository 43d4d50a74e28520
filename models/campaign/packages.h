/* Messages of TS003 to TS006 between update server and device.
 * SPDX-License-Identifier: MIT
 *
 * Each writer returns the size of one message and writes at most PACKAGE_MESSAGE_MAX bytes, but
 * for data fragments.
 */
#ifndef CAMPAIGN_PACKAGES_H
#define CAMPAIGN_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKAGE_FPORT_MULTICAST     200u
#define PACKAGE_FPORT_FRAGMENTATION 201u
#define PACKAGE_FPORT_CLOCK         202u
#define PACKAGE_FPORT_MANAGEMENT    203u
#define PACKAGE_FPORT_TABLE         205u /* this project's own: campaign/fragment_table.h */
#define PACKAGE_MESSAGE_MAX         30u
#define PACKAGE_FRAGMENT_OVERHEAD   3u     /* of a DataFragment over its data */
#define PACKAGE_FRAGMENTS_MAX       16383u /* N has 14 bits */

/* Hashes by which a block is proved, as DataBlockAuthReq numbers them. */
enum proof_kind {
    PROOF_CRC64,
    PROOF_SHA256,
    PROOF_KINDS
};
#define PROOF_HASH_SIZE 8u

/* PackageVersionReq, on the port of each package. */
size_t package_version_req(uint8_t *out);

/* --- TS005 ----------------------------------------------------------------------------------- */
size_t package_mc_group_setup_req(uint8_t *out, uint8_t group_id, uint32_t mc_addr,
        const uint8_t mc_key_encrypted[16], uint32_t fcnt_min, uint32_t fcnt_max);
size_t package_mc_class_c_session_req(uint8_t *out, uint8_t group_id, uint32_t session_gps_s,
        uint8_t time_out, uint32_t frequency_hz, uint8_t data_rate);
size_t package_mc_group_status_req(uint8_t *out, uint8_t group_mask);
size_t package_mc_group_delete_req(uint8_t *out, uint8_t group_id);

/* --- TS004 ----------------------------------------------------------------------------------- */
struct package_frag_session {
    uint8_t frag_index;
    uint8_t group_mask;
    uint16_t nb_frag;
    uint8_t frag_size;
    uint8_t block_ack_delay;
    bool ack_reception; /* version 2 */
    bool table; /* version 2: a table of hashes comes first (device/services/fragment_table.h) */
    uint8_t padding;
    uint8_t descriptor[4];
    uint16_t session_cnt; /* version 2 */
    uint8_t mic[4];       /* version 2 */
};
/* `version`: of TS004, 1 or 2. */
size_t package_frag_session_setup_req(
        uint8_t *out, unsigned version, const struct package_frag_session *session);
size_t package_frag_session_status_req(uint8_t *out, uint8_t frag_index, bool all_answer);
size_t package_frag_session_delete_req(uint8_t *out, uint8_t frag_index);
size_t package_frag_data_block_received_ans(uint8_t *out, uint8_t frag_index);
/* DataBlockAuthAns (device/services/block_proof.h); `mic` NULL: rejected. */
size_t package_data_block_auth_ans(
        uint8_t *out, enum proof_kind kind, uint8_t frag_index, const uint8_t *mic);
/* Its Param when it rejects; the same in the message under the MIC. */
uint8_t package_data_block_auth_param(enum proof_kind kind, uint8_t frag_index);
size_t package_data_fragment(
        uint8_t *out, uint8_t frag_index, uint16_t n, const uint8_t *data, uint8_t size);
/* MIC of TS004-2.0.0 section 3.3 over a block without padding. */
void package_block_mic(const uint8_t gen_app_key[16], uint16_t session_cnt, uint8_t frag_index,
        const uint8_t descriptor[4], const uint8_t *block, uint32_t size, uint8_t mic[4]);

/* --- TS003 ----------------------------------------------------------------------------------- */
size_t package_app_time_ans(uint8_t *out, int32_t correction_s, uint8_t token);
size_t package_force_device_resync_req(uint8_t *out, uint8_t transmissions);

/* --- TS006 ----------------------------------------------------------------------------------- */
#define PACKAGE_REBOOT_NOW    0u
#define PACKAGE_REBOOT_CANCEL 0xFFFFFFFFu
size_t package_dev_version_req(uint8_t *out);
/* `gps_s`, modulo 2^32, or one of the above. */
size_t package_dev_reboot_time_req(uint8_t *out, uint32_t gps_s);
size_t package_dev_reboot_countdown_req(uint8_t *out, uint32_t seconds);
size_t package_dev_upgrade_image_req(uint8_t *out);
size_t package_dev_delete_image_req(uint8_t *out, uint32_t version);

/* --- what devices send ----------------------------------------------------------------------- */
enum package_message_kind {
    PACKAGE_OTHER, /* well-formed, of no interest here */
    PACKAGE_VERSION_ANS,
    PACKAGE_MC_GROUP_SETUP_ANS,
    PACKAGE_MC_GROUP_STATUS_ANS,
    PACKAGE_MC_GROUP_DELETE_ANS,
    PACKAGE_MC_CLASS_C_SESSION_ANS,
    PACKAGE_FRAG_SESSION_STATUS_ANS,
    PACKAGE_FRAG_SESSION_SETUP_ANS,
    PACKAGE_FRAG_SESSION_DELETE_ANS,
    PACKAGE_FRAG_DATA_BLOCK_RECEIVED_REQ,
    PACKAGE_DATA_BLOCK_AUTH_REQ,
    PACKAGE_DEV_VERSION_ANS,
    PACKAGE_REBOOT_ANS, /* DevRebootTimeAns, DevRebootCountdownAns */
    PACKAGE_UPGRADE_IMAGE_ANS,
    PACKAGE_DELETE_IMAGE_ANS,
    PACKAGE_APP_TIME_REQ
};

#define PACKAGE_ID_MULTICAST     2u
#define PACKAGE_ID_FRAGMENTATION 3u
#define PACKAGE_ID_MANAGEMENT    4u

/* Status bits of FragSessionStatusAns and FragDataBlockReceivedReq, TS004-2.0.0. */
#define PACKAGE_STATUS_MEMORY     0x01u
#define PACKAGE_STATUS_MIC        0x02u
#define PACKAGE_STATUS_NO_SESSION 0x04u
/* Status bits of McClassCSessionAns, TS005-2.0.0. */
#define PACKAGE_SESSION_DR_ERROR     0x04u
#define PACKAGE_SESSION_FREQ_ERROR   0x08u
#define PACKAGE_SESSION_UNDEFINED    0x10u
#define PACKAGE_SESSION_START_MISSED 0x20u
/* TimeToStart of such an answer: as long, or longer, or the device has no time. */
#define PACKAGE_TIME_TO_START_MAX 0xFFFFFFu
/* Status bit of McGroupDeleteAns. */
#define PACKAGE_DELETE_UNDEFINED 0x04u
/* UpImageStatus: any reboot installs the image. */
#define PACKAGE_IMAGE_VALID 3u
/* DevRebootTimeAns and DevRebootCountdownAns: cancelled. */
#define PACKAGE_REBOOT_CANCELLED UINT32_MAX
/* Status bits of FragSessionSetupAns; the one that is left (0x04): FragIndex unsupported. */
#define PACKAGE_SETUP_ALGORITHM  0x01u
#define PACKAGE_SETUP_MEMORY     0x02u
#define PACKAGE_SETUP_DESCRIPTOR 0x08u
#define PACKAGE_SETUP_REPLAY     0x10u

struct package_message {
    enum package_message_kind kind;
    uint8_t index;      /* McGroupID or FragIndex */
    uint8_t status;     /* error bits, in place; 0: positive */
    uint8_t package_id; /* PackageVersionAns: 1 TS003, 2 TS005, 3 TS004, 4 TS006 */
    uint8_t package_version;
    bool has_time_to_start;
    uint32_t time_to_start_s;
    uint16_t received;
    uint8_t missing;
    uint32_t device_time_s;
    uint8_t token;
    bool answer_required;
    uint8_t group_count;       /* McGroupStatusAns: groups that the device has */
    uint8_t group_mask;        /* bit i: group i is listed, at */
    uint32_t group_mc_addr[4]; /* this address */
    uint32_t version;  /* DevVersionAns: of the firmware; DevUpgradeImageAns: of a valid image */
    uint32_t seconds;  /* until the reboot; 0: it cannot */
    uint8_t hash_kind; /* DataBlockAuthReq: enum proof_kind */
    uint8_t hash[PROOF_HASH_SIZE];
};

/* Reads the first message of an uplink on a package port; returns its size, 0: nothing that can
 * be read any more. */
size_t package_message_parse(uint8_t fport, unsigned fragmentation_version, const uint8_t *data,
        size_t size, struct package_message *message);

#endif
