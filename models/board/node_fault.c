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

/* The first fault of a run is kept; later ones may be its consequences. */
static void report(struct node *node, sim_ns at_ns, const char *what)
{
    struct node_fleet *fleet = node->fleet;
    if (fleet->worker.stats.first_fault[0] == '\0') {
        char when[48];
        format_time(when, sizeof when, at_ns);
        snprintf(fleet->worker.stats.first_fault, sizeof fleet->worker.stats.first_fault,
                "%.90s  dev %u at %s", what, (unsigned)node->index, when);
    }
    if (fleet->params.guest_errors_fatal) {
        engine_stop(fleet->engine);
    }
}

void node_panic(struct node *node, const char *file, int line)
{
    node->fleet->worker.stats.panics++;
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE_PANIC,
            line, 0, 0, NULL);
    while (strncmp(file, "../", 3) == 0) {
        file += 3; /* as seen from the build folder */
    }
    char what[96];
    snprintf(what, sizeof what, "INVARIANT %.70s:%d", file, line);
    report(node, node->local_ns, what);
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
    node->fleet->worker.stats.hard_faults++;
    engine_observe(node->fleet->engine, node->local_ns, node_entity(node), OBSERVE_FIRMWARE_FAULT,
            0, 0, 0, NULL);
    char what[96];
    snprintf(what, sizeof what, "HARD FAULT %s in firmware '%.40s'", signal_meaning(signal),
            node->fleet->builds[node->application]->name);
    report(node, node->local_ns, what);
    if (signal == SIGVTALRM) { /* it would take as long in each slice to come */
        engine_stop(node->fleet->engine);
    }
}

void node_guest_fault(
        struct node *node, sim_ns at_ns, enum sx1276_severity severity, int where, const char *what)
{
    engine_observe(node->fleet->engine, at_ns, node_entity(node), OBSERVE_GUEST_ERROR,
            (int64_t)severity, where, 0, NULL);
    if (severity != SX1276_GUEST_ERROR) {
        return;
    }
    node->fleet->worker.stats.guest_errors++;
    if (!node->fleet->params.guest_errors_fatal) {
        return;
    }
    char text[96];
    if (where >= 0) {
        snprintf(text, sizeof text, "GUEST ERROR register 0x%02X: %.60s", (unsigned)where, what);
    } else {
        snprintf(text, sizeof text, "GUEST ERROR %.70s", what);
    }
    report(node, at_ns, text);
}
