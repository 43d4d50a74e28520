/* One simulated end-device: firmware, chip, crystal, flash, keys, power.
 * SPDX-License-Identifier: MIT
 *
 * The node implements device/hal.h. node_enter() in node_run.c is the single place that enters
 * firmware. The firmware's time is the node's local clock: HAL calls advance it, a run slice leads
 * engine time by at most NODE_LEAD_MAX_NS where it touches chip or air; longer work is resumed by
 * an event at local time.
 */
#ifndef BOARD_NODE_H
#define BOARD_NODE_H

#include "air/medium.h"
#include "board/board_type.h"
#include "board/crystal.h"
#include "board/energy.h"
#include "board/flash.h"
#include "board/flash_wear.h"
#include "engine.h"
#include "firmware/firmware_build.h"
#include "identity/identity.h"

#define NODE_BUILDS_MAX      32u
#define NODE_RADIO_HOOKS_MAX 2u
#define NODE_LEAD_MAX_NS     SIM_NS_PER_MS
/* A piece of firmware work begins only within this lead, so that the chip accesses at its beginning
 * (at most half a millisecond of SPI) stay within the bound. */
#define NODE_SLICE_NS (400 * SIM_NS_PER_US)

struct node_fleet; /* all nodes of a run, with what they share */

/* A node whose running slot holds the code with this SHA-256 runs the application of `build`, after
 * the bootloader of its own build, which finds the image. */
struct node_image_build {
    uint8_t sha256[32];
    const struct firmware_build *build; /* one of the fleet's, without state of its own */
};

struct node_fleet_params {
    const struct board_type *board; /* outlives the fleet */
    /* The builds that nodes may run, at most NODE_BUILDS_MAX (one may be there twice); the
     * builds outlive the fleet, the list its creation. Each node has RAM for the largest. The first
     * one is run by nodes that name none. */
    const struct firmware_build *const *builds;
    uint32_t build_count;
    const struct node_image_build
            *image_builds; /* outlives the fleet; other images change nothing */
    uint32_t image_build_count;
    /* The image (header and code) that a running slot holds at first; outlives configuration. */
    const uint8_t *initial_image;
    uint32_t initial_image_size;
    bool crypto_memo; /* remember crypto answers across nodes, keyed by the full input */
    /* Else guest errors are counted, and panics and hard faults of builds other than this tree's
     * too. */
    bool guest_errors_fatal;
    bool spare_memory; /* give nodes memory as they use it: the same bytes, a twentieth later */
    bool whole_drops;  /* play runs that only drop a frame too: the same bytes, later */
};

struct node_params {
    struct medium_site site;
    struct device_identity identity;
    struct crystal_params crystal; /* copied; a table that it points to outlives the fleet */
    sim_ns boot_at_ns;
    struct device_configuration configuration;
    const struct board_type *board;     /* NULL: the fleet's; else outlives the fleet */
    const struct firmware_build *build; /* one of the fleet's; NULL: its first */
    struct battery_params battery;      /* capacity_mah 0: the board's own */
};

/* `count` nodes, entities first_entity .. first_entity + count - 1, device i of the medium. NULL:
 * out of memory. */
struct node_fleet *node_fleet_create(struct engine *engine, const struct node_fleet_params *params,
        uint32_t count, entity_id first_entity);
void node_fleet_destroy(struct node_fleet *fleet);
/* False: out of memory. */
bool node_fleet_configure(
        struct node_fleet *fleet, uint32_t index, const struct node_params *params);
/* The application of another build of the fleet runs from the node's next reset on, after the
 * bootloader of the node's own build. */
void node_fleet_set_application(
        struct node_fleet *fleet, uint32_t index, const struct firmware_build *build);
/* Registers a hook that is called shortly before a node that slept long runs, so that observers can
 * prefetch their data. */
void node_fleet_on_prefetch(
        struct node_fleet *fleet, void (*prefetch)(void *context, uint32_t index), void *context);
/* Registers a hook that is called whenever an application starts, after the bootloader; observers
 * may look at the node's flash. `at_ns` is the node's local time. */
void node_fleet_on_boot(struct node_fleet *fleet,
        void (*boot)(void *context, uint32_t index, sim_ns at_ns), void *context);
/* Registers a hook that is called at each change of a node's radio, at the chip's time, after the
 * energy meter has booked what was before. At most NODE_RADIO_HOOKS_MAX. Of the steps that lead to
 * TX or RX it may hear up to 1 ms later, in order. */
typedef void node_radio_fn(void *context, uint32_t index, sim_ns at_ns, enum sx1276_power power);
void node_fleet_on_radio(struct node_fleet *fleet, node_radio_fn *changed, void *context);
/* Connects to the air and schedules every boot. */
void node_fleet_start(struct node_fleet *fleet, struct medium *medium);
extern const struct medium_device_ops node_medium_ops;
/* Pulls a node's reset pin, from an event at `now_ns`: RAM is lost; flash, RTC and radio are not
 * touched. Nothing happens to a node that has no power yet. */
void node_fleet_reset(struct node_fleet *fleet, uint32_t index, sim_ns now_ns);
/* Takes a node's power for `duration_ns`, from an event at `now_ns`: RAM, keys, the radio's state
 * and the RTC's count are lost, flash stays. Nothing happens to a node that has no power. */
void node_fleet_cut_power(
        struct node_fleet *fleet, uint32_t index, sim_ns now_ns, sim_ns duration_ns);
/* The same at an operation (program or erase of either flash) that the node's firmware will begin.
 * Several cuts may wait. */
struct node_power_cut {
    uint32_t operation; /* the next one is 1 */
    bool torn;          /* in the middle of it; else right after it */
    sim_ns duration_ns;
};
void node_fleet_cut_at_flash(
        struct node_fleet *fleet, uint32_t index, const struct node_power_cut *cut);

/* Changes flash content from outside, as by a programmer at the chip's pins: no rule of the region
 * holds, and the firmware is not told. */
void node_flash_rewrite(struct node_fleet *fleet, uint32_t index, enum hal_flash_region region,
        uint32_t address, const void *data, uint32_t size);
/* Reads of one flash return wrong bits, each with the probability `bit_errors` (0..0.5), drawn by
 * (seed, node, read); the content stays. Several of a region add up; an end names what its begin
 * did. */
struct node_read_errors {
    enum hal_flash_region region;
    double bit_errors;
};
void node_fleet_read_errors_begin(
        struct node_fleet *fleet, uint32_t index, const struct node_read_errors *errors);
void node_fleet_read_errors_end(
        struct node_fleet *fleet, uint32_t index, const struct node_read_errors *errors);
/* The node's battery has the share `charge` (0..1) of its capacity left, now, and gives what the
 * board draws; see node_battery.c for when the board browns out and when it dies. Ends with as many
 * renewals as there were weakenings; the last weakening counts. */
void node_fleet_weaken_battery(
        struct node_fleet *fleet, uint32_t index, sim_ns now_ns, double charge);
void node_fleet_renew_battery(struct node_fleet *fleet, uint32_t index, sim_ns now_ns);

/* --- for observers, results and tests: const views -------------------------------------------- */
/* Flash content as the CPU would read it, without time or energy. */
void node_flash_peek(const struct node_fleet *fleet, uint32_t index, enum hal_flash_region region,
        uint32_t address, void *data, uint32_t size);
/* The image that a node runs, by its build. False: there is no whole one, or the build can't tell
 * (see node_build()). */
bool node_image(const struct node_fleet *fleet, uint32_t index, struct firmware_image *image);
const struct firmware_build *node_build(const struct node_fleet *fleet, uint32_t index);
/* Energy by state up to `now_ns`. */
void node_energy(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns,
        struct energy_account *account);
/* The sum of the account, without computing the account. */
double node_energy_total_j(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns);
/* The same in every state; each component is the sum of its states. */
void node_energy_states(const struct node_fleet *fleet, uint32_t index, sim_ns now_ns,
        struct energy_states *states);
const struct board_type *node_board(const struct node_fleet *fleet, uint32_t index);
const struct battery_params *node_battery(const struct node_fleet *fleet, uint32_t index);
/* RTC reading of a node at engine time, in ticks, and the true elapsed time since its power on. */
uint64_t node_rtc_ticks(const struct node_fleet *fleet, uint32_t index, sim_ns at_ns);
sim_ns node_power_on_ns(const struct node_fleet *fleet, uint32_t index);
/* False: it was not powered yet, or a cut lasts. */
bool node_has_power(const struct node_fleet *fleet, uint32_t index);
/* Its bootloader found nothing to start, and will look again. */
bool node_is_halted(const struct node_fleet *fleet, uint32_t index);
/* Wrong bits that reads of its flash returned so far. */
uint64_t node_flipped_bits(const struct node_fleet *fleet, uint32_t index);
/* Its radio: the state, and a register of the LoRa page as sx1276_peek() shows it. */
enum sx1276_power node_radio_power(const struct node_fleet *fleet, uint32_t index);
uint8_t node_radio_register(const struct node_fleet *fleet, uint32_t index, uint8_t address);
/* Programs and erases of a node's flash so far. */
uint32_t node_flash_operations(const struct node_fleet *fleet, uint32_t index);
/* How often it has erased each unit (sector, page) of one region so far. */
const struct flash_wear *node_flash_wear(
        const struct node_fleet *fleet, uint32_t index, enum hal_flash_region region);

struct node_fleet_stats {
    uint64_t deliveries; /* frames that a firmware read out of its radio */
    uint64_t firmware_runs;
    uint64_t drops;          /* of those: runs that only dropped a frame, played in one step */
    uint64_t fiber_switches; /* to a firmware that blocks; as many back */
    uint64_t segment_swaps;  /* of variables, for another node's */
    uint64_t guest_errors;
    uint64_t panics;
    uint64_t hard_faults; /* SIGSEGV, SIGBUS, SIGFPE, SIGILL or an endless loop in a firmware */
    uint64_t flash_violations;
    sim_ns lead_max_ns;    /* longest lead of a chip or air access over engine time */
    bool failed;           /* a fault that is not only counted has occurred */
    char first_fault[160]; /* node, time and text of the first that was not only counted, else of
                              the first panic or hard fault */
};
void node_fleet_stats(const struct node_fleet *fleet, struct node_fleet_stats *stats);
/* The first fault of a node that ends the run, as in the statistics; NULL: there was none. */
const char *node_fleet_failure(const struct node_fleet *fleet);
/* Memory held for nodes now: pages that were written to, keys, flash content. */
uint64_t node_fleet_resident_bytes(const struct node_fleet *fleet);

#endif
