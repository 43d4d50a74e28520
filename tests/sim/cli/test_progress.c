/* The progress line: what it says, that all of it fits a terminal, and that only terminals get it.
 * SPDX-License-Identifier: MIT
 *
 * Method: the line of made-up facts, then that of a run on a pseudo-terminal, where the counts are
 * those of the campaigns' members.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "support/trial.h"

static char text[160];

Test(progress, says_time_phase_stages_speed_and_time_left)
{
    struct progress_facts facts = { .simulated_s = 93780.0,
        .end_s = 5 * 86400.0,
        .elapsed_s = 60.0,
        .campaign = true,
        .phase = CAMPAIGN_PHASE_SET_UP,
        .ready = 31,
        .complete = 2,
        .confirmed = 1 };
    progress_format(&facts, text, sizeof text);
    /* 338220 s are left at 1563 a second: 216.4 s. */
    cr_expect_str_eq(text, "1d 02:03  set-up   31 ready 2 whole 1 new  1563x  < 4 min left");
    facts.campaign = false;
    progress_format(&facts, text, sizeof text);
    cr_expect_str_eq(text, "1d 02:03  1563x  < 4 min left");
    facts.elapsed_s = 4.0;
    facts.passed_s = 200.0;
    facts.estimated = true;
    facts.left_s = 30.2;
    progress_format(&facts, text, sizeof text);
    cr_expect_str_eq(text, "1d 02:03  50x  ~ 31 s left");
}

/* Every phase, many days, many devices, slow and fast: the end of the line is there. */
Test(progress, fits_79_columns)
{
    static const double elapsed_s[] = { 0.01, 4.0, 900.0, 86400.0 };
    for (int phase = CAMPAIGN_PHASE_IDLE; phase <= CAMPAIGN_PHASE_DONE; phase++) {
        for (size_t i = 0; i < sizeof elapsed_s / sizeof elapsed_s[0]; i++) {
            struct progress_facts facts = { .simulated_s = 364 * 86400.0 - 60.0,
                .end_s = 3650 * 86400.0,
                .elapsed_s = elapsed_s[i],
                .campaign = true,
                .phase = (enum campaign_phase)phase,
                .ready = 100000,
                .complete = 100000,
                .confirmed = 100000 };
            progress_format(&facts, text, sizeof text);
            cr_expect_leq(strlen(text), 79, "%zu columns: '%s'", strlen(text), text);
            cr_expect_str_eq(text + strlen(text) - 5, " left", "'%s'", text);
        }
    }
}

/* --- on a terminal ---------------------------------------------------------------------------- */

/* The first campaign waits for its session when the second is over. */
static const char two_campaigns[] =
        "name: two\n"
        "duration: 8 h\n"
        "area: {radius: 1 km}\n"
        "gateways: {count: 1}\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "devices: [{name: d, count: 10, boot: {spread: 5 min}, report: {period: 10 min}}]\n"
        "campaigns:\n"
        "  - {name: late, devices: d 0..50 %, start: 4 h, set_up: {window: 2 h}}\n"
        "  - {name: early, devices: d 50..100 %, start: 15 min, set_up: {window: 30 min}}\n";

struct terminal {
    int master;
    FILE *out;
    char seen[512]; /* by terminal_read() */
};

/* `columns` 0: it does not know its width. */
static void terminal_open(struct terminal *terminal, unsigned short columns)
{
    int slave;
    struct winsize size = { .ws_col = columns, .ws_row = 24 };
    cr_assert_eq(openpty(&terminal->master, &slave, NULL, NULL, &size), 0);
    cr_assert_geq(fcntl(terminal->master, F_SETFL, O_NONBLOCK), 0);
    terminal->out = fdopen(slave, "w");
    cr_assert_not_null(terminal->out);
}

static const char *terminal_read(struct terminal *terminal)
{
    fflush(terminal->out);
    ssize_t size = read(terminal->master, terminal->seen, sizeof terminal->seen - 1);
    terminal->seen[size > 0 ? size : 0] = '\0';
    return terminal->seen;
}

static void terminal_close(struct terminal *terminal)
{
    fclose(terminal->out);
    close(terminal->master);
}

/* 100 s of wall clock have passed. */
static void show(struct terminal *terminal, bool quiet, struct trial *trial)
{
    struct progress progress;
    progress_start(&progress, terminal->out, quiet);
    progress.started_s -= 100.0;
    progress_show(&progress, trial->world);
    progress_show(&progress, trial->world); /* sooner than a fifth of a second */
}

static struct trial *five_hours(void)
{
    struct trial *trial = trial_create(two_campaigns, NULL, 0);
    cr_assert(trial_go(trial, 5 * 3600 * SIM_NS_PER_S));
    return trial;
}

static uint32_t count(const struct trial *trial, enum campaign_stage stage)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 20; i++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(trial->world->server, i / 10), i % 10, &d);
        sum += d.member && d.stage >= stage ? 1u : 0u;
    }
    return sum;
}

Test(progress, a_terminal_gets_a_line_of_all_campaigns_once_in_a_while)
{
    struct terminal terminal;
    char expected[160];
    struct trial *trial = five_hours();
    uint32_t ready = count(trial, CAMPAIGN_READY), whole = count(trial, CAMPAIGN_COMPLETE);
    terminal_open(&terminal, 0);
    show(&terminal, false, trial);
    cr_assert_gt(ready, whole);
    cr_assert_geq(whole, 4);
    /* 18000 s in 100 s; the time left is that of its test below. */
    snprintf(expected, sizeof expected,
            "\r\033[K0d 05:00  wait     %u ready %u whole %u new  180x  ~ ", ready, whole,
            count(trial, CAMPAIGN_CONFIRMED));
    terminal_read(&terminal);
    cr_expect_eq(strncmp(terminal.seen, expected, strlen(expected)), 0, "'%s'", terminal.seen);
    cr_expect_str_eq(terminal.seen + strlen(terminal.seen) - strlen(" left"), " left");
    cr_expect_null(strchr(terminal.seen + 1, '\r'), "once: '%s'", terminal.seen);
    terminal_close(&terminal);
    trial_destroy(trial);
}

/* A line as wide as the terminal would wrap. */
Test(progress, is_cut_one_column_before_the_terminal_ends_and_cleared)
{
    struct terminal terminal;
    struct progress progress;
    struct trial *trial = five_hours();
    terminal_open(&terminal, 30);
    show(&terminal, false, trial);
    cr_expect_eq(strlen(terminal_read(&terminal)), strlen("\r\033[K") + 29, "'%s'", terminal.seen);
    progress_start(&progress, terminal.out, false);
    progress_clear(&progress);
    cr_expect_str_eq(terminal_read(&terminal), "\r\033[K");
    terminal_close(&terminal);
    trial_destroy(trial);
}

Test(progress, is_not_shown_where_it_is_not_wanted_or_not_seen)
{
    struct terminal terminal;
    struct progress progress;
    char file[64] = "";
    struct trial *trial = five_hours();
    terminal_open(&terminal, 80);
    show(&terminal, true, trial);
    progress_start(&progress, terminal.out, true);
    progress_clear(&progress);
    cr_expect_str_empty(terminal_read(&terminal));
    terminal_close(&terminal);
    terminal.out = tmpfile();
    show(&terminal, false, trial);
    rewind(terminal.out);
    cr_expect_null(fgets(file, sizeof file, terminal.out));
    fclose(terminal.out);
    trial_destroy(trial);
}

/* A file gets whole lines, one each 30 s. */
Test(progress, elsewhere_is_a_line_now_and_then)
{
    struct progress progress;
    char lines[3][160] = { "" };
    struct trial *trial = five_hours();
    FILE *out = tmpfile();
    progress_start(&progress, out, false);
    progress_show(&progress, trial->world);
    progress.shown_s -= 30.0;
    progress_show(&progress, trial->world);
    progress_show(&progress, trial->world);
    progress.shown_s -= 30.0;
    progress_show_making(&progress, "links", 64, 1000);
    progress_clear(&progress);
    rewind(out);
    cr_assert_not_null(fgets(lines[0], sizeof lines[0], out));
    cr_assert_not_null(fgets(lines[1], sizeof lines[1], out));
    cr_expect_null(fgets(lines[2], sizeof lines[2], out));
    cr_expect_eq(strncmp(lines[0], "fleetcast: 0d 05:00  wait", 25), 0, "'%s'", lines[0]);
    cr_expect_not_null(strstr(lines[0], " left\n"), "'%s'", lines[0]);
    cr_expect_eq(strncmp(lines[1], "fleetcast: making links: 64 of 1000 devices", 43), 0, "'%s'",
            lines[1]);
    cr_expect_eq(strspn(lines[0], "\r\033"), 0);
    fclose(out);
    trial_destroy(trial);
}

Test(progress, of_making_a_run_has_devices_rate_and_time_left)
{
    struct making_facts facts = {
        .what = "links", .done = 131072, .of = 1000000, .elapsed_s = 8.0
    };
    progress_format_making(&facts, text, sizeof text);
    /* 868928 at 16384 a second: 53.03 s. */
    cr_expect_str_eq(text, "making links: 131072 of 1000000 devices  16384 devices/s  ~ 54 s left");
    facts = (struct making_facts){ "links", 9999936, 10000000, 1.0 };
    progress_format_making(&facts, text, sizeof text);
    cr_expect_leq(strlen(text), 79, "%zu columns: '%s'", strlen(text), text);
    facts.done = 0;
    progress_format_making(&facts, text, sizeof text);
    cr_expect_str_eq(text, "making links: 0 of 10000000 devices");
    facts = (struct making_facts){ "nodes", 64, 200000, 2e-7 }; /* a line was due at once */
    progress_format_making(&facts, text, sizeof text);
    cr_expect_str_eq(text, "making nodes: 64 of 200000 devices");
}

struct told {
    uint32_t links, nodes, of;
};

static void note(void *context, const char *what, uint32_t done, uint32_t of)
{
    struct told *told = context;
    uint32_t *last = strcmp(what, "links") == 0 ? &told->links : &told->nodes;
    cr_assert_gt(done, *last);
    *last = done;
    told->of = of;
}

/* Nodes are told after each 64, links after each 1024, which are looked for together. */
Test(progress, of_making_a_run_is_told_for_links_and_nodes)
{
    static const char text_1100[] = "name: made\n"
                                    "duration: 1 h\n"
                                    "gateways: {count: 1}\n"
                                    "devices: [{name: d, count: 1100}]\n";
    struct told told = { 0 };
    const struct run_settings settings = { .making = { note, &told } };
    struct trial *trial = trial_create_with(text_1100, NULL, 0, settings);
    cr_expect_eq(told.links, 1024);
    cr_expect_eq(told.nodes, 1088);
    cr_expect_eq(told.of, 1100);
    trial_destroy(trial);
}

/* The rate is that of what is made now, so it begins again with the nodes. */
Test(progress, of_making_a_run_is_drawn_on_a_terminal)
{
    struct terminal terminal;
    struct progress progress;
    terminal_open(&terminal, 80);
    progress_start(&progress, terminal.out, false);
    progress_show_making(&progress, "links", 64, 1000);
    cr_expect_str_empty(terminal_read(&terminal)); /* no rate is known yet */
    progress.shown_s -= 1.0;
    progress_show_making(&progress, "links", 64, 1000);
    cr_expect_not_null(strstr(terminal_read(&terminal), "\r\033[Kmaking links: 64 of 1000 devices"),
            "'%s'", terminal.seen);
    progress.making_s -= 1000.0;
    progress.shown_s -= 1.0;
    progress_show_making(&progress, "links", 500, 1000);
    cr_expect_not_null(strstr(terminal_read(&terminal), "  0 devices/s  ~ 17 min left"), "'%s'",
            terminal.seen);
    terminal_close(&terminal);
}

Test(progress, of_a_sweep_has_runs_rate_and_time_left)
{
    struct sweep_facts facts = {
        .wanted = 200, .done = 50, .played = 30, .elapsed_s = 60.0, .left_s = 299.0
    };
    progress_format_sweep(&facts, text, sizeof text);
    cr_expect_str_eq(text, "50 of 200 runs  0.5 runs/s  ~ 5 min left");
    facts.failed = 2;
    facts.left_s = (double)NAN;
    progress_format_sweep(&facts, text, sizeof text);
    cr_expect_str_eq(text, "50 of 200 runs  2 failed  0.5 runs/s");
    facts.played = 0;
    facts.failed = 0;
    progress_format_sweep(&facts, text, sizeof text);
    cr_expect_str_eq(text, "50 of 200 runs");
}
