/* The final table of a run, for people.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "results/summary.h"
#include "results/summary_tree.h"

#define BOLD  "\033[1m"
#define RESET "\033[0m"

struct table {
    const struct summary *summary;
    FILE *out;
    const char *bold, *reset;
};

/* Seconds as people say them: "2 h 05 min", "12.3 s". */
static void format_duration(char *text, size_t size, double seconds)
{
    /* The edges are where the smaller unit would round up to the larger one. */
    if (seconds >= 3599.5) {
        unsigned minutes = (unsigned)(seconds / 60.0 + 0.5);
        snprintf(text, size, "%u h %02u min", minutes / 60, minutes % 60);
    } else if (seconds >= 59.95) {
        unsigned whole = (unsigned)(seconds + 0.5);
        snprintf(text, size, "%u min %02u s", whole / 60, whole % 60);
    } else {
        snprintf(text, size, "%.1f s", seconds);
    }
}

enum format {
    AS_DURATION,
    AS_PERCENT,
    AS_JOULE,
    AS_MS
};

static void format_value(char *text, size_t size, enum format format, double value)
{
    switch (format) {
    case AS_DURATION:
        format_duration(text, size, value);
        break;
    case AS_PERCENT:
        snprintf(text, size, "%.2f %%", 100.0 * value);
        break;
    case AS_JOULE:
        snprintf(text, size, "%.1f J", value);
        break;
    case AS_MS:
    default:
        snprintf(text, size, "%.0f ms", value);
        break;
    }
}

/* One line of mean, p50, p95, max; what was not measured is a dash, and what a run without a
 * campaign cannot have is no line. */
static void write_distribution(
        const struct table *t, const char *label, const char *prefix, enum format format)
{
    static const char *const keys[] = { "mean", "p50", "p95", "max" };
    char path_p50[96];
    snprintf(path_p50, sizeof path_p50, "%sp50", prefix);
    if (!summary_has(t->summary, path_p50)) {
        return;
    }
    fprintf(t->out, "  %-28s", label);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[96], text[32] = "-";
        double value;
        snprintf(path, sizeof path, "%s%s", prefix, keys[i]);
        if (summary_value(t->summary, path, &value)) {
            format_value(text, sizeof text, format, value);
        }
        fprintf(t->out, "%15s", text);
    }
    fputc('\n', t->out);
}

static void write_stages(const struct table *t)
{
    static const char *const stages[] = { "joined", "ready", "complete", "authenticated",
        "installed", "confirmed" };
    double total = 0.0;
    summary_value(t->summary, "devices.total", &total);
    fprintf(t->out, "%sDevices%s  %.0f\n", t->bold, t->reset, total);
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        char path[64];
        double value;
        snprintf(path, sizeof path, "devices.%s", stages[i]);
        if (summary_value(t->summary, path, &value)) {
            char bar[41];
            size_t filled = total > 0 ? (size_t)(40.0 * value / total) : 0;
            memset(bar, '.', 40);
            memset(bar, '#', filled);
            bar[40] = '\0';
            fprintf(t->out, "  %-14s %8.0f  %6.2f %%  %s\n", stages[i], value,
                    total > 0 ? 100.0 * value / total : 0.0, bar);
        }
    }
    for (size_t i = 0; i < t->summary->count; i++) {
        const struct summary_item *item = &t->summary->items[i];
        if (strncmp(item->path, "devices.failed.", 15) == 0 && item->count > 0) {
            fprintf(t->out, "  failed: %-22s %8.0f\n", item->path + 15, item->number);
        }
    }
}

static void write_counts(const struct table *t)
{
    double sent, coded, batches, duty, pdr, simulated, deliveries;
    if (summary_value(t->summary, "missing_fragments.sent", &sent)
            && summary_value(t->summary, "missing_fragments.coded_sent", &coded)
            && summary_value(t->summary, "missing_fragments.correction_batches", &batches)) {
        fprintf(t->out, "  %-28s %.0f uncoded, %.0f coded, %.0f correction batches\n",
                "fragments sent", sent, coded, batches);
    }
    if (summary_value(t->summary, "airtime.gateway_duty_cycle.max", &duty)) {
        fprintf(t->out, "  %-28s %.2f %%\n", "gateway duty cycle, max", 100.0 * duty);
    }
    if (summary_value(t->summary, "airtime.uplink_pdr", &pdr)) {
        fprintf(t->out, "  %-28s %.2f %%\n", "uplinks delivered", 100.0 * pdr);
    }
    if (summary_value(t->summary, "sim_time_s", &simulated)
            && summary_value(t->summary, "deliveries", &deliveries)) {
        char text[32];
        format_duration(text, sizeof text, simulated);
        fprintf(t->out, "  %-28s %s, %.0f frames delivered\n", "simulated", text, deliveries);
    }
}

static void write_guest(const struct table *t)
{
    double errors = 0.0, panics = 0.0;
    summary_value(t->summary, "guest.errors", &errors);
    summary_value(t->summary, "guest.panics", &panics);
    if (errors > 0.0 || panics > 0.0) {
        fprintf(t->out, "  %-28s %.0f errors, %.0f panics\n", "firmware faults", errors, panics);
    }
}

void summary_write_table(const struct summary *summary, FILE *out, bool colour)
{
    struct table t = { summary, out, colour ? BOLD : "", colour ? RESET : "" };
    write_stages(&t);
    fprintf(out, "\n%s%-30s%s%15s%15s%15s%15s\n", t.bold, "Over devices", t.reset, "mean", "p50",
            "p95", "max");
    write_distribution(&t, "set-up time", "setup_time_s.", AS_DURATION);
    write_distribution(&t, "missing before FEC", "missing_fragments.rate_", AS_PERCENT);
    write_distribution(&t, "completion time", "completion_time_s.", AS_DURATION);
    write_distribution(&t, "energy", "energy_j.", AS_JOULE);
    write_distribution(&t, "clock error at session", "clock.error_ms_", AS_MS);
    fputc('\n', out);
    write_counts(&t);
    write_guest(&t);
}
