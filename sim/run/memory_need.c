/* Bytes by devices and fragments, as measured, against what the system has.
 * SPDX-License-Identifier: MIT
 */
#include "run/memory_need.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Measured where memory is spared, as the growth from 1000 to 5000 devices (tests/sim/run/
 * test_node_bytes.c): 7950 B a device that is in no session, 9080 B in one; and 12 MB for the rest.
 * Not all devices need be members of a campaign, and a lower bound is asked for. */
#define BYTES_PER_DEVICE 7800u
#define BYTES_PER_RUN    (8u << 20)
/* The same on huge pages: 13,900 B. */
#define BYTES_PER_DEVICE_HUGE 13700u

/* Where memory is not spared, a device's part of the bulk takes a twentieth less time. Speed is
 * worth this part of what is available (assumed). */
#define BYTES_PER_DEVICE_ON_HUGE_PAGES 15000u
#define SHARE_FOR_SPEED                8u

#define MEBIBYTE (1u << 20)

static uint64_t device_bytes(enum memory_layout layout)
{
    return layout == MEMORY_HUGE ? BYTES_PER_DEVICE_HUGE : BYTES_PER_DEVICE;
}

uint64_t memory_need_bytes(uint32_t devices, enum memory_layout layout)
{
    return BYTES_PER_RUN + devices * device_bytes(layout);
}

bool memory_is_to_be_spared(const struct scenario *scenario, uint64_t available_bytes)
{
    return (uint64_t)scenario_device_count(scenario) * BYTES_PER_DEVICE_ON_HUGE_PAGES
           > available_bytes / SHARE_FOR_SPEED;
}

/* The number after `name` in a file of /proc. Takes no memory: there may be none. */
static bool proc_number(const char *path, const char *name, uint64_t *number)
{
    char text[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0) {
        close(file);
    }
    if (size < 0) {
        return false;
    }
    text[size] = '\0';
    const char *found = strstr(text, name);
    char *end = NULL;
    if (found != NULL) {
        found += strlen(name);
        *number = strtoull(found, &end, 10);
    }
    return found != NULL && end != found;
}

/* Of the limit of this process. */
static uint64_t address_space_left_bytes(void)
{
    struct rlimit limit;
    uint64_t pages = 0;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY
            || !proc_number("/proc/self/statm", "", &pages)) {
        return UINT64_MAX;
    }
    uint64_t used_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return limit.rlim_cur > used_bytes ? limit.rlim_cur - used_bytes : 0;
}

uint64_t memory_of_system_bytes(void)
{
    uint64_t memory_kib = 0, swap_kib = 0;
    if (!proc_number("/proc/meminfo", "MemAvailable:", &memory_kib)) {
        return UINT64_MAX;
    }
    (void)proc_number("/proc/meminfo", "SwapFree:", &swap_kib); /* 0 without swap */
    return (memory_kib + swap_kib) * 1024u;
}

uint64_t memory_available_bytes(void)
{
    uint64_t own_bytes = address_space_left_bytes();
    uint64_t system_bytes = memory_of_system_bytes();
    return own_bytes < system_bytes ? own_bytes : system_bytes;
}

bool memory_suffices(uint32_t devices, enum memory_layout layout, uint64_t available_bytes,
        char *error, size_t error_size)
{
    uint64_t need_bytes = memory_need_bytes(devices, layout);
    if (need_bytes <= available_bytes) {
        return true;
    }
    uint64_t fit = available_bytes > BYTES_PER_RUN
                           ? (available_bytes - BYTES_PER_RUN) / device_bytes(layout)
                           : 0;
    snprintf(error, error_size,
            "out of memory: %" PRIu32 " devices need %" PRIu64 " MiB at least, %" PRIu64
            " MiB are available, in which at most %" PRIu64 " devices fit",
            devices, need_bytes / MEBIBYTE, available_bytes / MEBIBYTE, fit);
    return false;
}

bool memory_plan_make(const struct scenario *scenario, enum memory_layout wanted,
        uint64_t kept_bytes, struct memory_plan *plan, char *error, size_t error_size)
{
    uint64_t available_bytes = memory_available_bytes();
    *plan = (struct memory_plan){ wanted,
        available_bytes > kept_bytes ? available_bytes - kept_bytes : 0 };
    if (wanted == MEMORY_AUTO) {
        bool spare = memory_is_to_be_spared(scenario, plan->available_bytes);
        plan->layout = spare ? MEMORY_SPARE : MEMORY_HUGE;
    }
    return memory_suffices(scenario_device_count(scenario), plan->layout, plan->available_bytes,
            error, error_size);
}
