/* What is kept for the nodes that one thread plays: flash content, crypto answers, key schedules.
 * SPDX-License-Identifier: MIT
 *
 * All of it only makes things smaller or sooner: which worker a node has changes no result.
 */
#include <stdlib.h>
#include <string.h>

#include "board/node_internal.h"

static bool worker_init(struct node_worker *worker, const struct node_fleet *fleet)
{
    worker->flash = flash_store_create(engine_memory(fleet->engine));
    worker->schedules = key_schedules_create();
    worker->memo = fleet->params.crypto_memo ? calloc(1, sizeof *worker->memo) : NULL;
    return worker->flash != NULL && worker->schedules != NULL
           && (worker->memo != NULL || !fleet->params.crypto_memo);
}

bool node_workers_create(struct node_fleet *fleet)
{
    unsigned count = engine_threads(fleet->engine);
    fleet->workers = aligned_alloc(NODE_LINE_BYTES, count * sizeof *fleet->workers);
    if (fleet->workers == NULL) {
        return false;
    }
    memset(fleet->workers, 0, count * sizeof *fleet->workers);
    fleet->worker_count = count;
    for (unsigned i = 0; i < count; i++) {
        if (!worker_init(&fleet->workers[i], fleet)) {
            return false;
        }
    }
    return true;
}

void node_workers_destroy(struct node_fleet *fleet)
{
    for (unsigned i = 0; i < fleet->worker_count; i++) {
        flash_store_destroy(fleet->workers[i].flash);
        key_schedules_destroy(fleet->workers[i].schedules);
        free(fleet->workers[i].memo);
    }
    free(fleet->workers);
}

size_t node_worker_bytes(const struct node_worker *worker)
{
    return sizeof *worker + flash_store_bytes(worker->flash) + key_schedules_bytes()
           + (worker->memo != NULL ? sizeof *worker->memo : 0);
}
