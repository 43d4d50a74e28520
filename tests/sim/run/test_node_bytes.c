/* What a device costs in memory, idle and in a session.
 * SPDX-License-Identifier: MIT
 *
 * Goals: the bounds of docs/scale.md hold, where memory is spared and where it is not. Method:
 * resident bytes of a process of its own, by which a fleet of 5000 takes more than one of 1000: the
 * difference leaves out what does not grow. The system is asked for no huge pages, whose rounding
 * would count, and the C library not to write to what it gives. A sample that is quick:
 * test_memory_need.c.
 */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/trial.h"

#define HOUR_NS (3600 * SIM_NS_PER_S)
#define SMALL   1000u
#define LARGE   5000u

static const char fleet[] =
        "name: bytes\nduration: 152 h\narea: {radius: 1 km}\ngateways: {count: 1}\n"
        "propagation: {penetration: 15 dB, shadowing: {sigma: 0 dB}, fading: rayleigh}\n"
        "devices: [{name: d, count: 1, boot: {spread: 3 h}, report: {period: 20 h}}]\n"
        "firmware: {image: generated, size: 12 KiB}\n"
        "campaign: {start: 31 h, set_up: {window: 120 h}, redundancy: 30 %,"
        " correction: {policy: fixed}}\n";

/* Bytes of a device. */
struct node_bytes {
    double idle, in_session;
};

static double resident_bytes(void)
{
    unsigned long all_pages = 0, pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    cr_assert_not_null(statm);
    cr_assert_eq(fscanf(statm, "%lu %lu", &all_pages, &pages), 2);
    fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Before the campaign begins, and in the middle of its uncoded fragments. */
static struct node_bytes play(uint32_t devices, bool spare_memory)
{
    char count[40];
    snprintf(count, sizeof count, "devices.0.count=%u", (unsigned)devices);
    const char *sets[] = { count };
    struct trial *trial = trial_create_with(fleet, sets, 1,
            (struct run_settings){
                    .crypto_memo = true, .memory = spare_memory ? MEMORY_SPARE : MEMORY_HUGE });
    const struct campaign *campaign = world_first_campaign(trial->world);
    cr_assert(trial_go(trial, 30 * HOUR_NS));
    struct node_bytes bytes = { .idle = resident_bytes() };
    cr_assert(trial_go(trial, 151 * HOUR_NS));
    while (campaign_fragments_sent(campaign, false) < campaign_nb_frag(campaign) / 2) {
        cr_assert(trial_go(trial, engine_now(trial->world->engine) + SIM_NS_PER_S));
    }
    cr_assert_eq(campaign_fragments_sent(campaign, true), 0);
    bytes.in_session = resident_bytes();
    trial_destroy(trial);
    return bytes;
}

static struct node_bytes play_apart(uint32_t devices, bool spare_memory)
{
    int ends[2];
    struct node_bytes bytes = { 0 };
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)mallopt(M_PERTURB, 0);
        (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
        bytes = play(devices, spare_memory);
        _exit(write(ends[1], &bytes, sizeof bytes) == (ssize_t)sizeof bytes ? 0 : 1);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &bytes, sizeof bytes), (ssize_t)sizeof bytes);
    close(ends[0]);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    return bytes;
}

static struct node_bytes bytes_per_node(bool spare_memory)
{
    struct node_bytes small = play_apart(SMALL, spare_memory);
    struct node_bytes large = play_apart(LARGE, spare_memory);
    return (struct node_bytes){ (large.idle - small.idle) / (LARGE - SMALL),
        (large.in_session - small.in_session) / (LARGE - SMALL) };
}

Test(node_bytes, spared)
{
    struct node_bytes bytes = bytes_per_node(true);
    cr_assert_lt(bytes.idle, 8000.0, "%.0f B idle", bytes.idle);
    cr_assert_lt(bytes.in_session, 9216.0, "%.0f B in a session", bytes.in_session);
}

Test(node_bytes, on_huge_pages)
{
    struct node_bytes bytes = bytes_per_node(false);
    cr_assert_lt(bytes.idle, 14000.0, "%.0f B idle", bytes.idle);
    cr_assert_lt(bytes.in_session, 15360.0, "%.0f B in a session", bytes.in_session);
}
