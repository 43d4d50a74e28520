/* run.json: what differs from one run of the same scenario to the next.
 * SPDX-License-Identifier: MIT
 */
#include "results/run_facts.h"

#include <sys/utsname.h>

#include "results/summary_text.h"

void run_facts_write_json(const struct run_facts *facts, FILE *out)
{
    struct summary *tree = summary_create();
    struct utsname host;
    if (tree == NULL || uname(&host) != 0) {
        summary_destroy(tree);
        return;
    }
    summary_add_text(tree, "version", facts->version);
    summary_add_number(tree, "wall_time_s", facts->wall_s);
    summary_add_number(tree, "speed", facts->simulated_s / facts->wall_s);
    summary_add_text(tree, "host.name", host.nodename);
    summary_add_text(tree, "host.system", host.sysname);
    summary_add_text(tree, "host.release", host.release);
    summary_add_text(tree, "host.machine", host.machine);
    summary_add_bool(tree, "crypto_memo", facts->crypto_memo);
    summary_write_json(tree, out);
    summary_destroy(tree);
}
