/* One writer of a database at a time: a lock that ends with its process.
 * SPDX-License-Identifier: MIT
 */
#include "study/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOLDER_SIZE 128u

/* The file that is locked is the one at the path: its former holder may have removed it. */
static bool is_current(const struct store_lock *lock)
{
    struct stat here, there;
    return fstat(lock->file, &here) == 0 && stat(lock->path, &there) == 0
           && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static void write_holder(const struct store_lock *lock)
{
    char host[64] = "", text[HOLDER_SIZE];
    gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    /* For the message of others only: a full disk hinders nothing here. */
    ssize_t written = ftruncate(lock->file, 0) == 0 ? write(lock->file, text, (size_t)length) : 0;
    (void)written;
}

static void refuse_held(
        const struct store_lock *lock, const char *database, char *error, size_t error_size)
{
    char holder[HOLDER_SIZE];
    ssize_t length = read(lock->file, holder, sizeof holder - 1);
    holder[length > 0 ? length : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    snprintf(error, error_size, "'%s' is being written by another sweep%s%s%s", database,
            holder[0] != '\0' ? " (" : "", holder, holder[0] != '\0' ? ")" : "");
}

bool store_lock_take(struct store_lock *lock, const char *database, char *error, size_t error_size)
{
    int length = snprintf(lock->path, sizeof lock->path, "%s.lock", database);
    lock->file = -1;
    if (length < 0 || (size_t)length >= sizeof lock->path) {
        snprintf(error, error_size, "the path of a database has at most %u bytes",
                STORE_LOCK_PATH_MAX - 1);
        return false;
    }
    for (;;) {
        lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock->file < 0) {
            snprintf(error, error_size, "cannot write '%s': %s", lock->path, strerror(errno));
            return false;
        }
        if (flock(lock->file, LOCK_EX | LOCK_NB) != 0) {
            bool held = errno == EWOULDBLOCK;
            snprintf(error, error_size, "cannot lock '%s': %s", lock->path, strerror(errno));
            if (held) {
                refuse_held(lock, database, error, error_size);
            }
            close(lock->file);
            lock->file = -1;
            return false;
        }
        if (is_current(lock)) {
            write_holder(lock);
            return true;
        }
        close(lock->file);
    }
}

void store_lock_give_up(struct store_lock *lock)
{
    if (lock->file >= 0) {
        unlink(lock->path);
        close(lock->file);
        lock->file = -1;
    }
}
