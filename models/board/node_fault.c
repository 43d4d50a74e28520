/* Broken rules and broken invariants of a firmware: counted, observed, put into one line.
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "board/node_internal.h"
#include "observe.h"

#define NS_PER_DAY (86400 * SIM_NS_PER_S)

/* "3d 04:12:55.031 s" */
static void format_time(char *text, size_t size, sim_ns at_ns)
{
    int64_t days = at_ns / NS_PER_DAY;
    int64_t ms = at_ns % NS_PER_DAY / SIM_NS_PER_MS;
    snprintf(text, size, "%" PRId64 "d %02d:%02d:%02d.%03d s", days, (int)(ms / 3600000),
            (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* A fault of this tree's own firmware is a defect; that of another one is a result where guest
 * errors are counted. */
static bool is_fatal(const struct node *node)
{
    const struct node_fleet *fleet = node->fleet;
    return fleet->params.guest_errors_fatal
           || fleet->builds[node->application] == &firmware_builtin;
}

/* The first fault of a run is the one to look at; later ones may follow from it. */
static void report(struct node *node, sim_ns at_ns, const char *what, bool fatal)
{
    struct node_fleet *fleet = node->fleet;
    struct node_fleet_stats *stats = &fleet->stats;
    if (stats->first_fault[0] == '\0' || (fatal && !stats->failed)) {
        char when[48];
        format_time(when, sizeof when, at_ns);
        snprintf(stats->first_fault, sizeof stats->first_fault, "%.90s  dev %u at %s", what,
                (unsigned)node->index, when);
    }
    stats->failed = stats->failed || fatal;
    if (fleet->params.guest_errors_fatal) {
        engine_stop(fleet->engine);
    }
}

void node_panic(struct node *node, const char *file, int line)
{
    node_take_turn(node);
    node->fleet->stats.panics++;
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE_PANIC,
            line, 0, 0, NULL);
    while (strncmp(file, "../", 3) == 0) {
        file += 3; /* as seen from the build folder */
    }
    char what[96];
    snprintf(what, sizeof what, "INVARIANT %.70s:%d", file, line);
    report(node, node->local_ns, what, is_fatal(node));
}

static const char *signal_meaning(int signal)
{
    return signal == SIGFPE      ? "arithmetic"
           : signal == SIGILL    ? "illegal instruction"
           : signal == SIGVTALRM ? "endless loop"
                                 : "memory access";
}

void node_hard_fault(struct node *node, int signal)
{
    node_take_turn(node);
    node->fleet->stats.hard_faults++;
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE_FAULT,
            0, 0, 0, NULL);
    char what[96];
    snprintf(what, sizeof what, "HARD FAULT %s in firmware '%.40s'", signal_meaning(signal),
            node->fleet->builds[node->application]->name);
    report(node, node->local_ns, what, signal == SIGVTALRM || is_fatal(node));
    if (signal == SIGVTALRM) { /* it would take as long in each slice to come */
        engine_stop(node->fleet->engine);
    }
}

void node_guest_fault(
        struct node *node, sim_ns at_ns, enum sx1276_severity severity, int where, const char *what)
{
    node_take_turn(node);
    engine_observe(node->fleet->engine, at_ns, node_entity(node), OBSERVE_GUEST_ERROR,
            (int64_t)severity, where, 0, NULL);
    if (severity != SX1276_GUEST_ERROR) {
        return;
    }
    node->fleet->stats.guest_errors++;
    if (!node->fleet->params.guest_errors_fatal) {
        return;
    }
    char text[96];
    if (where >= 0) {
        snprintf(text, sizeof text, "GUEST ERROR register 0x%02X: %.60s", (unsigned)where, what);
    } else {
        snprintf(text, sizeof text, "GUEST ERROR %.70s", what);
    }
    report(node, at_ns, text, true);
}
