/* A board for the tests of the services: clock, NOR, crypto, and doubles of MAC and store.
 * SPDX-License-Identifier: MIT
 *
 * The NOR runs its operations on after the call, refuses what would need a bit to rise, and can
 * cut the power inside any operation, leaving a random mix of old and new bits.
 */
#ifndef TESTS_DEVICE_SERVICES_FAKE_BOARD_H
#define TESTS_DEVICE_SERVICES_FAKE_BOARD_H

#include <nettle/aes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core.h"
#include "mac/mac.h"
#include "services/services.h"
#include "trace.h"
#include "update/flash_map.h"

#define BOARD_NOR_SIZE      (NOR_TABLE_ADDRESS + NOR_TABLE_SIZE)
#define BOARD_PROGRAM_TICKS 30u   /* 0.9 ms */
#define BOARD_ERASE_TICKS   1475u /* 45 ms */
#define BOARD_UPLINKS_MAX   64u
#define BOARD_TRACES_MAX    256u

struct board_uplink {
    uint64_t at_ticks;
    uint8_t fport;
    uint8_t size;
    uint8_t bytes[242];
};

struct board_group {
    bool defined;
    uint32_t mc_addr;
    uint8_t app_s_key[16];
    uint8_t nwk_s_key[16];
    uint32_t fcnt_min;
    uint32_t fcnt_max;
    bool open;
    uint32_t frequency_hz;
    uint8_t data_rate;
};

struct board_record {
    int size; /* -1: none */
    uint8_t bytes[NVM_RECORD_SIZE_MAX];
};

struct board {
    struct hal hal;
    uint64_t now_ticks;
    uint64_t cycles;
    uint64_t random_state;
    bool entropy_fixed; /* every random word is `entropy_word` */
    uint32_t entropy_word;
    /* NOR */
    uint8_t *nor;
    uint64_t nor_busy_until;
    bool notify;
    unsigned programs;
    unsigned erases;
    unsigned reads;
    unsigned step_reads; /* the most in one step of the services */
    unsigned notifies;
    unsigned bad_reads; /* of `bad_read_size` bytes still to come with a wrong bit */
    size_t bad_read_size;
    unsigned operations;    /* programs and erases since the rig was made */
    unsigned cut_operation; /* power fails inside this operation; 0: never */
    bool cut_tears;         /* what the operation had done by then is random, else nothing */
    jmp_buf *cut_jump;
    /* crypto */
    struct aes128_ctx keys[HAL_KEY_SLOTS];
    bool key_loaded[HAL_KEY_SLOTS];
    /* doubles */
    struct board_group groups[4];
    int receiver_group; /* whose session the one receiver serves, -1: it is off */
    uint32_t dev_addr;
    uint64_t mac_step_at;
    unsigned device_time_requests;
    uint32_t airtime_ticks;
    bool window_is_near; /* of class A */
    struct board_record records[NVM_ID_COUNT];
    unsigned nvm_writes;
    bool committed; /* the candidate, if its status is VALID */
    /* what came out */
    unsigned trace_counts[FW_TRACE_COUNT];
    unsigned trace_count;
    struct {
        uint16_t id;
        uint32_t a;
        uint32_t b;
    } traces[BOARD_TRACES_MAX]; /* the last ones, as a ring */
    unsigned panics;
};

extern const struct hal_ops board_ops; /* hal.board is a struct board */
uint32_t board_random(struct board *board);

struct rig {
    struct board board;
    struct core core; /* of its MAC nothing is used */
    struct services services;
    size_t uplink_size_max;
    bool uplinks_off;
    unsigned uplink_count;
    struct board_uplink uplinks[BOARD_UPLINKS_MAX];
};

/* A rig with erased flash, GenAppKey of "device D" (spec 10.2), clock at 10 s, not valid. */
struct rig *rig_create(void);
void rig_destroy(struct rig *rig);
/* RAM is lost, flash and store stay. */
void rig_boot(struct rig *rig);
void rig_set_gps(struct rig *rig, int64_t gps_s);

void rig_down(struct rig *rig, uint8_t fport, int group, const void *bytes, size_t size);
void rig_down_hex(struct rig *rig, uint8_t fport, int group, const char *hex);
/* Lets time pass, step by step; sends uplinks as they become due. */
void rig_run_ticks(struct rig *rig, uint64_t ticks);
void rig_run_s(struct rig *rig, uint32_t seconds);

/* Compares the uplink number `index` with "fport:hex". */
bool rig_uplink_is(const struct rig *rig, unsigned index, uint8_t fport, const char *hex);
unsigned rig_traces(const struct rig *rig, enum fw_trace id);
uint32_t rig_random(struct rig *rig);
size_t hex_parse(const char *hex, uint8_t *bytes, size_t size_max);

/* --- a second reading of TS004, for tests only ---------------------------------------------- */

/* Row n of M by the letter of the text, one byte a column. */
void naive_row(unsigned n, unsigned fragments, unsigned version, uint8_t *row);
/* Fragment N (1-based) of `block` (fragments x size). */
void naive_fragment(const uint8_t *block, unsigned fragments, unsigned size, unsigned version,
        unsigned n, uint8_t *out);

/* Rank by plain Gaussian elimination over whole rows of all columns. */
struct naive_solver {
    unsigned fragments;
    unsigned rank;
    uint64_t *rows; /* fragments x words, by pivot */
    uint8_t *has;
};
void naive_solver_init(struct naive_solver *solver, unsigned fragments);
void naive_solver_free(struct naive_solver *solver);
/* True when the row raised the rank. */
bool naive_solver_add(struct naive_solver *solver, unsigned n, unsigned version);

/* A FragSessionSetupReq for a block, with the MIC of version 2 computed by nettle. */
size_t setup_message(const struct rig *rig, const uint8_t *block, unsigned fragments, unsigned size,
        unsigned padding, unsigned control, unsigned session_cnt, uint8_t out[17]);
void send_fragment(struct rig *rig, const uint8_t *block, unsigned fragments, unsigned size,
        unsigned n, int group);

#endif
