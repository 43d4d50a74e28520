/* The final table of a run, for people.
 * SPDX-License-Identifier: MIT
 *
 * Lines fit a terminal of 80 columns: a name of 26 after two blanks, then values of 13. Campaigns
 * and groups have names of 18 and values of 12.
 */
#include <stdio.h>
#include <string.h>

#include "results/summary_text.h"
#include "results/value_text.h"

#define BOLD  "\033[1m"
#define RESET "\033[0m"

struct table {
    const struct summary *summary;
    FILE *out;
    const char *bold, *reset;
};

/* One line of mean, p50, p95, max; what was not measured is a dash, and what a run without a
 * campaign cannot have is no line. */
static void write_distribution(
        const struct table *t, const char *label, const char *prefix, enum value_kind kind)
{
    static const char *const keys[] = { "mean", "p50", "p95", "max" };
    char path_p50[96];
    snprintf(path_p50, sizeof path_p50, "%sp50", prefix);
    if (!summary_has(t->summary, path_p50)) {
        return;
    }
    fprintf(t->out, "  %-26s", label);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[96], text[VALUE_TEXT_SIZE] = "-";
        double value;
        snprintf(path, sizeof path, "%s%s", prefix, keys[i]);
        if (summary_value(t->summary, path, &value)) {
            value_text(text, kind, value);
        }
        fprintf(t->out, "%13s", text);
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

/* --- shares of a whole ------------------------------------------------------------------------ */

/* `what` begins after `column`; "": nothing does. */
static void write_title(const struct table *t, const char *title, const char *what, int column)
{
    fprintf(t->out, "\n%s%-*s%s%s\n", t->bold, what[0] == '\0' ? 0 : column, title, t->reset, what);
}

/* "receiver_locked_elsewhere" as people read it. */
static void write_name(const struct table *t, const char *name)
{
    char text[SUMMARY_PATH_SIZE];
    snprintf(text, sizeof text, "%s", name);
    for (char *c = strchr(text, '_'); c != NULL; c = strchr(c, '_')) {
        *c = ' ';
    }
    fprintf(t->out, "  %-26s", text);
}

/* One line per item of a section that is not zero: its value and its share of `whole`. */
static void write_shares(const struct table *t, const char *prefix, const char *format,
        const char *unit, double scale, double whole)
{
    size_t length = strlen(prefix);
    for (size_t i = 0; i < t->summary->count; i++) {
        const struct summary_item *item = &t->summary->items[i];
        if (strncmp(item->path, prefix, length) == 0 && item->number > 0.0) {
            char value[32];
            snprintf(value, sizeof value, format, scale * item->number, unit);
            write_name(t, item->path + length);
            fprintf(t->out, "%13s", value);
            if (whole > 0.0) {
                fprintf(t->out, "%11.2f %%", 100.0 * item->number / whole);
            }
            fputc('\n', t->out);
        }
    }
}

static void write_causes(const struct table *t)
{
    double received, pairs;
    if (!summary_value(t->summary, "missing_fragments.received", &received)
            || !summary_value(t->summary, "missing_fragments.pairs", &pairs)) {
        return;
    }
    char what[80];
    snprintf(what, sizeof what, "%13s  of %.0f that devices should receive", "share", pairs);
    write_title(t, "Uncoded fragments", what, 28);
    fprintf(t->out, "  %-26s%11.3f %%\n", "received", 100.0 * received);
    write_shares(t, "missing_fragments.by_cause.", "%.3f %s", "%", 100.0, 0.0);
}

static void write_energy(const struct table *t)
{
    double mean, percent, days, years;
    if (!summary_value(t->summary, "energy_j.mean", &mean)) {
        return;
    }
    char what[40];
    snprintf(what, sizeof what, "%13s%13s", "mean", "share");
    write_title(t, "Energy by phase", what, 28);
    write_shares(t, "energy_j.by_phase.", "%.3f %s", "J", 1.0, mean);
    if (summary_value(t->summary, "battery.update_cost_percent", &percent)
            && summary_value(t->summary, "battery.update_cost_days", &days)) {
        fprintf(t->out, "  %-26s %.3f %% of the battery, %.1f days of its life\n",
                "the update costs", percent, days);
    }
    if (summary_value(t->summary, "battery.life_years", &years)) {
        fprintf(t->out, "  %-26s %.1f years without updates\n", "battery lasts", years);
    }
}

static void write_wear(const struct table *t)
{
    static const char *const rows[][2] = { { "internal flash", "internal" }, { "NOR", "nor" } };
    write_title(t, "Erases of one sector", "         most   share of rated", 28);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[64];
        double most, percent;
        snprintf(path, sizeof path, "flash.wear.%s.most", rows[i][1]);
        if (!summary_value(t->summary, path, &most)) {
            continue;
        }
        snprintf(path, sizeof path, "flash.wear.%s.endurance_percent", rows[i][1]);
        summary_value(t->summary, path, &percent);
        fprintf(t->out, "  %-26s%13.0f%15.3f %%\n", rows[i][0], most, percent);
    }
    write_shares(t, "flash.wear.by_place.", "%.0f%s", "", 1.0, 0.0);
}

static void write_uplinks(const struct table *t)
{
    double sent, received;
    if (!summary_value(t->summary, "uplinks.sent", &sent)
            || !summary_value(t->summary, "uplinks.received", &received) || sent <= 0.0) {
        return;
    }
    char what[40];
    snprintf(what, sizeof what, "%13s%13s", "frames", "share");
    write_title(t, "Uplinks", what, 28);
    fprintf(t->out, "  %-26s%13.0f\n  %-26s%13.0f%11.2f %%\n", "sent", sent, "received", received,
            100.0 * received / sent);
    write_shares(t, "uplinks.by_cause.", "%.0f%s", "", 1.0, sent);
    for (unsigned rate = 0; rate < 16; rate++) {
        char path[64];
        double at, of;
        snprintf(path, sizeof path, "uplinks.by_data_rate.DR%u.sent", rate);
        if (!summary_value(t->summary, path, &of) || of <= 0.0) {
            continue;
        }
        snprintf(path, sizeof path, "uplinks.by_data_rate.DR%u.received", rate);
        summary_value(t->summary, path, &at);
        snprintf(path, sizeof path, "received at DR%u", rate);
        fprintf(t->out, "  %-26s%13.0f%11.2f %% of %.0f\n", path, at, 100.0 * at / of, of);
    }
}

static void write_reports(const struct table *t)
{
    static const char *const keys[] = { "sent", "late", "dropped", "waiting", "delivered" };
    double due, share;
    if (!summary_value(t->summary, "reports.due", &due) || due <= 0.0) {
        return;
    }
    char what[40];
    snprintf(what, sizeof what, "%13s%13s", "reports", "share");
    write_title(t, "Reports", what, 28);
    fprintf(t->out, "  %-26s%13.0f\n", "due", due);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char path[64];
        double count = 0.0;
        snprintf(path, sizeof path, "reports.%s", keys[i]);
        summary_value(t->summary, path, &count);
        fprintf(t->out, "  %-26s%13.0f%11.2f %%\n", keys[i], count, 100.0 * count / due);
    }
    if (summary_value(t->summary, "reports.acknowledged_share", &share)) {
        fprintf(t->out, "  %-26s%24.2f %%\n", "acknowledged of sent", 100.0 * share);
    }
}

static void write_gateways(const struct table *t)
{
    double duty, downlinks;
    if (!summary_value(t->summary, "airtime.gateway_duty_cycle.max", &duty)
            || !summary_value(t->summary, "airtime.downlink_frames", &downlinks)) {
        return;
    }
    write_title(t, "Gateways", "", 28);
    fprintf(t->out, "  %-26s%11.2f %%\n", "duty cycle, highest", 100.0 * duty);
    fprintf(t->out, "  %-26s%13.0f\n", "frames sent", downlinks);
    double before = 0.0;
    for (size_t i = 0; i < t->summary->count; i++) {
        const struct summary_item *item = &t->summary->items[i];
        if (strncmp(item->path, "gateways.rejected.", 18) == 0) {
            before += item->number;
        }
    }
    if (before > 0.0) {
        fprintf(t->out, "  %-26s%13.0f\n", "requests refused", before);
        write_shares(t, "gateways.rejected.", "%.0f%s", "", 1.0, before);
    }
}

/* Pairs of `expected` and `simulated`. */
static void write_estimate(const struct table *t)
{
    char what[40];
    bool title = false;
    snprintf(what, sizeof what, "%13s%13s", "expected", "simulated");
    for (size_t i = 0; i + 1 < t->summary->count; i++) {
        const struct summary_item *expected = &t->summary->items[i];
        const struct summary_item *simulated = expected + 1;
        const char *end = strrchr(expected->path, '.');
        if (strncmp(expected->path, "estimate.", 9) != 0 || strcmp(end, ".expected") != 0
                || expected->kind != SUMMARY_NUMBER || simulated->kind != SUMMARY_NUMBER) {
            continue;
        }
        char name[SUMMARY_PATH_SIZE];
        int length = (int)(end - expected->path - 9);
        bool unit = length > 2 && end[-2] == '_'; /* "_s", "_j" */
        snprintf(name, sizeof name, unit ? "%.*s, %c" : "%.*s", unit ? length - 2 : length,
                expected->path + 9, end[-1] == 'j' ? 'J' : end[-1]);
        if (!title) {
            write_title(t, "Estimate", what, 28);
            title = true;
        }
        write_name(t, name);
        fprintf(t->out, "%13.5g%13.5g\n", expected->number, simulated->number);
    }
}

static void write_counts(const struct table *t)
{
    double sent, coded, batches, simulated, deliveries;
    fputc('\n', t->out);
    if (summary_value(t->summary, "missing_fragments.sent", &sent)
            && summary_value(t->summary, "missing_fragments.coded_sent", &coded)
            && summary_value(t->summary, "missing_fragments.correction_batches", &batches)) {
        fprintf(t->out, "  %-26s %.0f uncoded, %.0f coded, %.0f correction batches\n",
                "fragments sent", sent, coded, batches);
    }
    double unicast = 0.0, devices = 0.0;
    if (summary_value(t->summary, "unicast_fragments.received", &unicast)
            && summary_value(t->summary, "unicast_fragments.devices", &devices) && unicast > 0.0) {
        fprintf(t->out, "  %-26s %.0f, by %.0f devices\n", "received by unicast", unicast, devices);
    }
    if (summary_value(t->summary, "sim_time_s", &simulated)
            && summary_value(t->summary, "deliveries", &deliveries)) {
        char text[VALUE_TEXT_SIZE];
        value_text(text, VALUE_DURATION, simulated);
        fprintf(t->out, "  %-26s %s, %.0f frames delivered\n", "simulated", text, deliveries);
    }
}

static void write_guest(const struct table *t)
{
    double errors = 0.0, panics = 0.0, hard_faults = 0.0;
    summary_value(t->summary, "guest.errors", &errors);
    summary_value(t->summary, "guest.panics", &panics);
    summary_value(t->summary, "guest.hard_faults", &hard_faults);
    if (errors > 0.0 || panics > 0.0 || hard_faults > 0.0) {
        fprintf(t->out, "  %-26s %.0f errors, %.0f panics, %.0f hard faults\n", "firmware faults",
                errors, panics, hard_faults);
    }
}

/* --- groups of devices, campaigns --------------------------------------------------------------
 */

/* The name in "groups.NAME.devices.total" of an item, "" if it is another key. Names may hold dots.
 */
static void name_of_part(
        const struct summary_item *item, const char *section, char *name, size_t size)
{
    static const char end[] = ".devices.total";
    size_t start = strlen(section), length = strlen(item->path);
    name[0] = '\0';
    if (strncmp(item->path, section, start) == 0 && length > start + strlen(end)
            && strcmp(item->path + length - strlen(end), end) == 0) {
        snprintf(name, size, "%.*s", (int)(length - strlen(end) - start), item->path + start);
    }
}

static void write_cell(const struct table *t, const char *section, const char *name,
        const char *key, const char *format, double scale)
{
    char path[SUMMARY_PATH_SIZE * 2], text[32] = "-";
    double value;
    snprintf(path, sizeof path, "%s%s.%s", section, name, key);
    if (summary_value(t->summary, path, &value)) {
        snprintf(text, sizeof text, format, scale * value);
    }
    fprintf(t->out, "%12s", text);
}

/* One line per campaign or group; nothing when there is only one, which the rest of the table is
 * about. Keys that no part has give no column. */
static void write_parts(const struct table *t, const char *title, const char *section)
{
    static const struct {
        const char *title, *key, *format;
        double scale;
    } columns[] = {
        { "devices", "devices.total", "%.0f", 1.0 },
        { "ready", "devices.ready", "%.0f", 1.0 },
        { "confirmed", "devices.confirmed", "%.0f", 1.0 },
        { "missing", "missing_fragments.rate_mean", "%.2f %%", 100.0 },
        { "energy", "energy_j.mean", "%.1f J", 1.0 },
    };
    char name[SUMMARY_PATH_SIZE], first[SUMMARY_PATH_SIZE] = "";
    uint32_t parts = 0;
    for (size_t i = 0; i < t->summary->count; i++) {
        name_of_part(&t->summary->items[i], section, name, sizeof name);
        if (name[0] != '\0' && parts++ == 0) {
            snprintf(first, sizeof first, "%s", name);
        }
    }
    if (parts < 2) {
        return;
    }
    bool shown[sizeof columns / sizeof columns[0]];
    char heads[16 * sizeof columns / sizeof columns[0]] = "";
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        char path[SUMMARY_PATH_SIZE * 2];
        snprintf(path, sizeof path, "%s%s.%s", section, first, columns[c].key);
        shown[c] = summary_has(t->summary, path);
        if (shown[c]) {
            size_t used = strlen(heads);
            snprintf(heads + used, sizeof heads - used, "%12s", columns[c].title);
        }
    }
    write_title(t, title, heads, 20);
    for (size_t i = 0; i < t->summary->count; i++) {
        name_of_part(&t->summary->items[i], section, name, sizeof name);
        if (name[0] == '\0') {
            continue;
        }
        fprintf(t->out, "  %-18s", name);
        for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
            if (shown[c]) {
                write_cell(t, section, name, columns[c].key, columns[c].format, columns[c].scale);
            }
        }
        fputc('\n', t->out);
    }
}

void summary_write_table(const struct summary *summary, FILE *out, bool colour)
{
    struct table t = { summary, out, colour ? BOLD : "", colour ? RESET : "" };
    write_stages(&t);
    fprintf(out, "\n%s%-28s%s%13s%13s%13s%13s\n", t.bold, "Over devices", t.reset, "mean", "p50",
            "p95", "max");
    write_distribution(&t, "set-up time", "setup_time_s.", VALUE_DURATION);
    write_distribution(&t, "missing before FEC", "missing_fragments.rate_", VALUE_PERCENT);
    write_distribution(&t, "completion time", "completion_time_s.", VALUE_DURATION);
    write_distribution(&t, "energy", "energy_j.", VALUE_JOULE);
    write_distribution(&t, "clock error at session", "clock.error_ms_", VALUE_MS);
    write_parts(&t, "Campaigns", "campaigns.");
    write_parts(&t, "Groups of devices", "groups.");
    write_causes(&t);
    write_energy(&t);
    write_wear(&t);
    write_uplinks(&t);
    write_reports(&t);
    write_gateways(&t);
    write_estimate(&t);
    write_counts(&t);
    write_guest(&t);
}
