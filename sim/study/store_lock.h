/* One writer of a database at a time: a lock that ends with its process.
 * SPDX-License-Identifier: MIT
 *
 * The lock is on a file beside the database, so that others can read the database meanwhile; the
 * file is removed when the lock is given up and may stay when a process is killed.
 */
#ifndef STUDY_STORE_LOCK_H
#define STUDY_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#define STORE_LOCK_PATH_MAX 1100u

struct store_lock {
    int file; /* -1: no lock is held */
    char path[STORE_LOCK_PATH_MAX];
};

/* False: `error` says why: another process holds it (which one is said), or its folder cannot be
 * written. */
bool store_lock_take(struct store_lock *lock, const char *database, char *error, size_t error_size);
void store_lock_give_up(struct store_lock *lock);

#endif
