/* What the files of the simulated end-device share.
 * SPDX-License-Identifier: MIT
 */
#ifndef BOARD_NODE_INTERNAL_H
#define BOARD_NODE_INTERNAL_H

#include <setjmp.h>
#include <stdalign.h>
#include <stddef.h>

#include "board/crypto_memo.h"
#include "board/flash.h"
#include "board/flash_wear.h"
#include "board/key_store.h"
#include "board/node.h"
#include "board/node_prefetch.h"
#include "parts.h"
#include "random_stream.h"
#include "run_memory.h"

#define NODE_LINE_BYTES 64u
#define NODE_SCHEDULED  3u

/* Where a node's firmware is. What it runs for how long is in its clock. */
enum node_stage {
    NODE_OFF,   /* not powered yet */
    NODE_BOOT,  /* starts from reset at local_ns */
    NODE_CUT,   /* without power until local_ns */
    NODE_READY, /* booted: asleep, or more to do at local_ns */
    NODE_HALTED /* the bootloader found nothing to start: resets the board at local_ns */
};

struct node_task;
struct node_faults;

/* A board type of this fleet with a build, and what is computed from them once. */
struct node_board {
    const struct board_type *type;
    const struct firmware_build *build;
    uint32_t call_ns;
    uint32_t radio_spi_byte_ns;
    uint32_t nor_spi_byte_ns;
    uint64_t cycle_ns_q16;
    unsigned radio_lines; /* DIO lines that interrupt, a bit each */
    bool drops;           /* node_drop_frame() may be used */
    sim_ns drop_max_ns;   /* longest that a run takes which drops a frame */
    /* [worker]: as manufactured, without identity */
    struct flash_image (*initial)[HAL_FLASH_REGION_COUNT];
    struct node_board *next;
};

/* What nodes of one group share. */
struct node_profile {
    struct crystal_params crystal; /* struct crystal points here */
    struct battery_params battery;
    struct node_profile *next;
};

/* What a device keeps: keys and flash. */
struct node_store {
    alignas(NODE_LINE_BYTES) uint32_t keys[HAL_KEY_SLOTS]; /* key_store numbers, 0: empty */
    struct flash_image flash[HAL_FLASH_REGION_COUNT];
    uint32_t entropy_count;
    uint32_t noise_count;
};

/* One end-device. It, what it keeps and its firmware's RAM are found by its index (node_memory.c),
 * so all can be prefetched without looking. */
struct node {
    /* --- scheduling: one cache line */
    alignas(NODE_LINE_BYTES) struct node_fleet *fleet;
    sim_ns local_ns; /* the MCU's clock: what it did so far ends here */
    sim_ns alarm_ns;
    sim_ns nor_done_ns;                  /* end of the NOR's last operation */
    sim_ns scheduled_ns[NODE_SCHEDULED]; /* earliest wakes in the engine's queue, in order */
    uint8_t stage;                       /* enum node_stage */
    uint8_t irq_pending;                 /* a bit per enum fw_irq */
    bool more;                           /* the last run has left work */
    bool nor_notify;                     /* FW_IRQ_FLASH_DONE is asked for */
    bool frame_ready;                    /* a received frame that was not read yet */
    bool spi_selected;
    bool spi_addressed; /* the address byte of this SPI frame went by */
    bool spi_reads_fifo;
    /* --- what a frame touches besides, up to energy.nor_standby_ns */
    const struct node_board *board;
    struct node_store *store; /* its RAM follows (node_memory.c) */
    struct crystal crystal;
    uint32_t index;
    uint8_t boot_cause;         /* enum hal_reset_cause of the next boot */
    uint8_t antenna;            /* enum hal_antenna */
    uint8_t nor_operation;      /* enum node_nor_operation: what ends at nor_done_ns */
    bool rx_silent;             /* the medium need report no detection */
    bool header_watched;        /* the chip looks at the end of a header */
    uint8_t worker;             /* index of node_fleet.workers */
    bool runs;                  /* its firmware is on a C stack: node_worker.inside */
    uint32_t key_used;          /* last: its number, or one that was in use once (a hint) */
    uint8_t application;        /* the build whose application runs: index of node_fleet.builds */
    uint8_t application_next;   /* from the next reset on */
    uint32_t flash_operations;  /* programs and erases so far */
    struct node_task *task;     /* of a build that blocks or has variables; NULL: none */
    struct node_faults *faults; /* NULL: it never had one that lasts or waits */
    sim_ns irq_edge_ns[FW_IRQ_COUNT];
    sim_ns rx_since_ns; /* start of the chip's last or running reception */
    uint64_t frame_id;  /* of the frame that frame_ready tells of */
    struct energy_meter energy;
    /* --- now and then */
    uint64_t alarm_ticks; /* the alarm last set, as asked for and as converted */
    sim_ns alarm_ticks_ns;
    const struct frame *tx_frame; /* on the air or last sent */
    uint8_t noise[16];
    struct flash_wear *wear; /* HAL_FLASH_REGION_COUNT; NULL: nothing was erased */
    /* --- power */
    sim_ns energy_from_ns;  /* first power on, later by all time without power since */
    sim_ns cut_ns;          /* since when it has been without power */
    sim_ns cut_duration_ns; /* of a cut that its firmware's flash operation brought about */
    /* --- silicon */
    alignas(NODE_LINE_BYTES) struct sx1276 chip;
};

/* A cut of power that waits for an operation of the flash. */
struct node_cut {
    uint32_t operation; /* by the node's count of them */
    bool torn;
    sim_ns duration_ns;
    struct node_cut *next;
};

/* A battery that is nearly empty. */
struct node_weak_battery {
    uint32_t depth; /* weakenings not ended; 0: the supply is as usual */
    double charge;  /* 0..1, when the board had drawn: */
    double drawn_j;
    bool fell; /* the voltage did: the board is reset when its slice has ended */
};

/* What outlasts the event of a fault. */
struct node_faults {
    struct node_cut *cuts;
    uint64_t flips_q63[HAL_FLASH_REGION_COUNT]; /* probability that a bit is read wrong, in 2^-63 */
    uint64_t flipped_bits;
    uint32_t reads; /* with errors so far */
    struct node_weak_battery battery;
};

struct fiber;

struct node_task {
    struct fiber *fiber; /* NULL: it does not block */
    struct firmware_segment *segment;
    uint8_t *saved; /* its variables while another node's are in the segment */
    sim_ns wait_until_ns;
    bool fiber_runs;
    bool in_irq;
};

enum node_nor_operation {
    NODE_NOR_PROGRAM,
    NODE_NOR_ERASE
};

/* What the flash is told to do. */
struct node_flash_work {
    enum hal_flash_region region;
    uint32_t address, size;
    sim_ns run_ns;
};

/* A cut at an operation that begins, and the draws for what it leaves. */
struct node_cut_now {
    bool torn;
    enum hal_reset_cause cause; /* of the next boot: power-on or brown-out */
    sim_ns duration_ns;
    struct random_stream stream;
};

enum node_exit {
    NODE_EXIT_RETURN,
    NODE_EXIT_REBOOT,
    NODE_EXIT_PANIC,
    NODE_EXIT_POWER_CUT,
    NODE_EXIT_FAULT /* a signal: the firmware broke a rule of the processor */
};

/* What is kept for the nodes that one thread plays (engine_thread_of()): nothing of it is touched
 * for another node, so it needs no lock. */
struct node_worker {
    alignas(NODE_LINE_BYTES) sim_ns slice_ns; /* engine time of the slice that runs */
    sim_ns running_since_ns; /* its start by the node's clock: not booked as running yet */
    struct node *inside;     /* its firmware is on the C stack; NULL: none is */
    sim_ns until_ns;         /* end of the slice */
    sim_ns yield_ns;         /* a node on a fiber gives way from then on; NEVER for others */
    enum node_exit exit;     /* how a node left its fiber */
    sigjmp_buf escape;
    int fault_signal;         /* of the last NODE_EXIT_FAULT; SIGVTALRM: an endless loop */
    struct crypto_memo *memo; /* NULL: off */
    struct key_schedules *schedules;
    struct flash_store *flash;
    struct node *soon[NODE_FETCH_STEPS]; /* whose turn for a step it is; NULL: none or done */
    struct {
        uint64_t deliveries, firmware_runs, drops, fiber_switches, segment_swaps;
        sim_ns lead_max_ns;
    } counts; /* a share of struct node_fleet_stats */
};

struct node_fleet {
    struct engine *engine;
    struct medium *medium;
    struct node_fleet_params params;
    struct node_board *boards;     /* the fleet's own, then others */
    struct node_profile *profiles; /* the last one made first */
    const struct firmware_build *builds[NODE_BUILDS_MAX];
    const struct fw_ops *applications[NODE_BUILDS_MAX]; /* of each build */
    struct node *nodes;                                 /* [index] */
    uint8_t *blocks; /* node 0's, then each `block_bytes` further: struct node_store, RAM */
    size_t block_bytes;
    size_t page_bytes; /* of the system's memory */
    uint32_t count;
    entity_id first_entity;
    uint16_t wake_handler, header_handler;
    void (*on_prefetch)(void *context, uint32_t index); /* NULL: none */
    void *on_prefetch_context;
    void (*on_boot)(void *context, uint32_t index, sim_ns at_ns); /* NULL: none */
    void *on_boot_context;
    struct {
        node_radio_fn *changed;
        void *context;
    } on_radio[NODE_RADIO_HOOKS_MAX];
    uint32_t on_radio_count;
    struct node_worker *workers; /* [node.worker] */
    unsigned worker_count;
    /* Changed only by a node whose turn it is (node_take_turn()): */
    struct key_store *keys;
    struct node_fleet_stats stats; /* but for what workers count */
};

_Static_assert(offsetof(struct node_profile, crystal) == 0, "found by its first member");

static inline struct node *node_at(const struct node_fleet *fleet, uint32_t index)
{
    return &fleet->nodes[index];
}

static inline struct node_worker *node_worker(const struct node *node)
{
    return &node->fleet->workers[node->worker];
}

static inline struct node_store *node_store_at(const struct node_fleet *fleet, uint32_t index)
{
    return (struct node_store *)(void *)(fleet->blocks + (size_t)index * fleet->block_bytes);
}

static inline void *node_ram(const struct node *node)
{
    return node->store + 1;
}

uint8_t node_build_index(const struct node_fleet *fleet, const struct firmware_build *build);
/* The build whose application a node is to start, by the image in its running slot. */
uint8_t node_application_choose(const struct node *node);

static inline const struct fw_ops *node_application(const struct node *node)
{
    return node->fleet->applications[node->application];
}

/* RAM that a bootloader and an application need, one after the other in the same place. */
static inline size_t node_ram_size_bytes(
        const struct fw_boot_ops *boot, const struct fw_ops *application)
{
    size_t boot_bytes = boot != NULL ? boot->ram_size_bytes : 0;
    return boot_bytes > application->ram_size_bytes ? boot_bytes : application->ram_size_bytes;
}

/* May the node run while others do? Not where it starts, has faults, or runs a build of another
 * tree, whose variables nodes may share. */
static inline bool node_is_plain(const struct node *node)
{
    return node->stage == NODE_READY && node->task == NULL && node->faults == NULL
           && node->fleet->builds[node->application] == &firmware_builtin;
}

static inline const struct node_profile *node_profile(const struct node *node)
{
    return (const struct node_profile *)(const void *)node->crystal.params;
}

static inline entity_id node_entity(const struct node *node)
{
    return node->fleet->first_entity + node->index;
}

/* CPU work: advances the local clock. */
static inline void node_spend_cycles(struct node *node, uint64_t cycles)
{
    node->local_ns += (sim_ns)(cycles * node->board->cycle_ns_q16 >> 16);
}

/* On a fiber, at the end of a slice: back to the engine until local time. */
void node_give_way(struct node *node);

static inline void node_spend_call(struct node *node)
{
    node->local_ns += node->board->call_ns;
    if (node->task != NULL && node->local_ns >= node_worker(node)->yield_ns) {
        node_give_way(node);
    }
}

static inline void node_latch(struct node *node, enum fw_irq source, sim_ns edge_ns)
{
    uint8_t bit = (uint8_t)(1u << source);
    if ((node->irq_pending & bit) == 0) { /* a line that is pending already keeps its first edge */
        node->irq_pending |= bit;
        node->irq_edge_ns[source] = edge_ns;
    }
}

bool node_battery_is_weak(const struct node *node);

/* When the chip needs the engine next. The steps of its start-ups are left to the next access or
 * output, unless the battery feels each of them. */
static inline sim_ns node_chip_ns(const struct node *node)
{
    return node->faults != NULL && node_battery_is_weak(node)
                   ? sx1276_next_edge(&node->chip)
                   : sx1276_next_output(&node->chip, node->board->radio_lines);
}

/* The time of a chip access from firmware that is followed by one with node_access_ns(). */
static inline sim_ns node_chip_clock_ns(const struct node *node)
{
    return node->local_ns > node->chip.now_ns ? node->local_ns : node->chip.now_ns;
}

/* The time of a chip access from firmware; keeps account of how far it leads the engine. */
static inline sim_ns node_access_ns(struct node *node)
{
    sim_ns at_ns = node_chip_clock_ns(node);
    struct node_worker *worker = node_worker(node);
    if (at_ns - worker->slice_ns > worker->counts.lead_max_ns) {
        worker->counts.lead_max_ns = at_ns - worker->slice_ns;
    }
    return at_ns;
}

/* node_worker.c */
bool node_workers_create(struct node_fleet *fleet); /* false: out of memory */
void node_workers_destroy(struct node_fleet *fleet);
size_t node_worker_bytes(const struct node_worker *worker);
/* node_memory.c */
bool node_memory_map(struct node_fleet *fleet); /* false: out of memory */
void node_memory_unmap(struct node_fleet *fleet);
/* A reset: the content of the firmware's RAM is undefined. */
void node_ram_forget(struct node *node);
/* node_board.c */
struct node_board *node_board_add(struct node_fleet *fleet, const struct board_type *type,
        const struct firmware_build *build);
const struct node_board *node_board_of(struct node_fleet *fleet, const struct board_type *type,
        const struct firmware_build *build);
const struct node_profile *node_profile_of(
        struct node_fleet *fleet, const struct node_params *params, const struct board_type *type);
void node_boards_destroy(struct node_fleet *fleet);
/* Direct access to the regions `images` (HAL_FLASH_REGION_COUNT of them). */
struct node_flash_access {
    struct flash_store *store;
    struct flash_image *images;
};
struct firmware_flash node_firmware_flash(struct node_flash_access *access);
/* node_task.c */
bool node_task_create(struct node *node, const struct firmware_build *build);
void node_task_destroy(struct node *node);
bool node_task_enter(struct node *node);
void node_task_reset(struct node *node);
void node_task_wait(struct node *node, sim_ns until_ns);
_Noreturn void node_task_escape(struct node *node, enum node_exit how);
/* node_run.c */
/* Arguments of a wake: what it is expected to be for. */
enum node_wake_for {
    NODE_WAKE_REST,
    NODE_WAKE_SOON, /* what it touches was touched just before */
    NODE_WAKE_WORK  /* the last run has left work */
};
void node_slice(struct node *node, sim_ns until_ns);
/* Before a node of several that run at one time (parts.h) touches what is neither its own nor its
 * worker's: waits until those before it have run. */
void node_wait_for_turn(struct node *node);
static inline void node_take_turn(struct node *node)
{
    if (engine_is_apart()) {
        node_wait_for_turn(node);
    }
}
void node_irqs_deliver(struct node *node);
/* node_drop.c: the work of node_run.c for a frame that the firmware would only drop, in one step;
 * false: it is to be played. */
bool node_drop_frame(struct node *node);
void node_wake(void *fleet, sim_ns now_ns, entity_id entity, uint64_t argument);
/* Lets the firmware run if it has work at `now_ns`, and schedules what comes next. */
void node_serve(struct node *node, sim_ns now_ns);
void node_schedule(struct node *node);
/* Leaves the firmware for good, on the way to a reset. Does not return. */
_Noreturn void node_escape(struct node *node, enum node_exit how);
/* Brings the chip and the board's timers to `now_ns`. */
void node_advance(struct node *node, sim_ns now_ns);
/* node_air.c */
void node_schedule_header(struct node *node, const struct frame *frame);
void node_header(void *fleet, sim_ns now_ns, entity_id entity, uint64_t argument);
/* node_power.c */
void node_power_on(struct node *node, sim_ns now_ns);
void node_power_on_again(struct node *node, sim_ns now_ns);
/* Takes its power at local time, for `duration_ns`; `cause` is that of the next boot. */
void node_power_cut(struct node *node, sim_ns duration_ns, enum hal_reset_cause cause);
/* Made at the first of them. */
struct node_faults *node_faults_of(struct node *node);
void node_faults_destroy(struct node *node);
/* A cut at the flash operation that was counted last: its draws. */
void node_cut_now_init(const struct node *node, struct node_cut_now *now);
/* Is there a cut that waits for that operation? It is taken off the list. */
bool node_cut_takes(struct node *node, struct node_cut_now *now);
/* Leaves in the flash what a program of `data` (NULL: an erase) had done when it was cut. */
void node_tear(struct node *node, struct node_cut_now *now, const struct node_flash_work *work,
        const void *data);
/* Leaves the firmware: its power is cut. */
_Noreturn void node_cut_falls(struct node *node, const struct node_cut_now *now);
/* node_hal_flash.c */
void node_wear_destroy(struct node *node);
/* node_battery.c. After the board's current has changed, at `at_ns`, outside flash operations. */
void node_battery_load(struct node *node, sim_ns at_ns);
/* Does the flash operation that was counted last bring the voltage down? */
bool node_battery_takes(struct node *node, const struct node_flash_work *work, bool erases,
        struct node_cut_now *now);
/* The board has browned out, if its voltage fell since the last call. */
bool node_battery_cut(struct node *node);
/* Can it start the board? A dead one cuts the power until it is renewed. */
bool node_battery_starts(const struct node *node);
/* Share of the whole capacity, negative when it is used up; 1 of a battery that is not weak. */
double node_battery_charge(const struct node *node, sim_ns at_ns);
/* node_read_errors.c */
/* Of `size` bytes that are read; `data` holds the last `row_size` of them, or the sum of all rows
 * of that size. */
void node_read_with_errors(
        struct node *node, enum hal_flash_region region, void *data, size_t size, size_t row_size);
/* node_chip.c */
extern const struct sx1276_outputs node_chip_outputs;
/* node_signals.c */
void node_signals_catch(void); /* for a fleet; each call is undone by one release */
void node_signals_release(void);
/* Whose firmware runs on this thread; NULL: no firmware does. */
void node_signals_inside(struct node_worker *worker);
/* node_fault.c */
void node_hard_fault(struct node *node, int signal);
void node_panic(struct node *node, const char *file, int line);
void node_guest_fault(struct node *node, sim_ns at_ns, enum sx1276_severity severity, int where,
        const char *what);

/* The operations of device/hal.h, by file. */
extern const struct hal_ops node_hal_ops; /* node_hal.c */
void node_radio_select(void *board);
void node_radio_exchange(void *board, const uint8_t *tx, uint8_t *rx, size_t size);
void node_radio_deselect(void *board);
void node_radio_frame(void *board, const uint8_t *tx, uint8_t *rx, size_t size);
void node_radio_reset_pin(void *board, bool asserted);
bool node_radio_dio(void *board, unsigned dio);
void node_radio_antenna(void *board, enum hal_antenna antenna);
void node_radio_tcxo(void *board, bool on);
const struct hal_flash_geometry *node_flash_geometry(void *board, enum hal_flash_region region);
enum hal_status node_flash_read(
        void *board, enum hal_flash_region region, uint32_t address, void *data, size_t size);
enum hal_status node_flash_add(void *board, enum hal_flash_region region,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size);
enum hal_status node_flash_program(
        void *board, enum hal_flash_region region, uint32_t address, const void *data, size_t size);
enum hal_status node_flash_erase(
        void *board, enum hal_flash_region region, uint32_t address, size_t size);
bool node_flash_busy(void *board, enum hal_flash_region region);
void node_flash_notify(void *board, enum hal_flash_region region);
enum hal_status node_key_load(void *board, unsigned slot, const uint8_t key[16]);
enum hal_status node_aes_block(void *board, unsigned slot, const uint8_t in[16], uint8_t out[16]);
enum hal_status node_aes_ctr(
        void *board, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size);
enum hal_status node_aes_cmac(void *board, unsigned slot, const struct hal_span *spans,
        size_t span_count, uint8_t mac[16]);
void node_cmac_begin(void *board, struct hal_cmac *cmac);
enum hal_status node_cmac_update(
        void *board, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size);
enum hal_status node_cmac_end(void *board, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16]);
void node_sha256_begin(void *board, struct hal_sha256 *sha);
void node_sha256_update(void *board, struct hal_sha256 *sha, const void *data, size_t size);
void node_sha256_end(void *board, struct hal_sha256 *sha, uint8_t digest[32]);
enum hal_status node_ed25519_verify(void *board, const uint8_t public_key[32], const void *message,
        size_t size, const uint8_t signature[64]);
void node_keys_forget(struct node *node);

#endif
