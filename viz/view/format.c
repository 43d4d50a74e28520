/* Numbers as text.
 * SPDX-License-Identifier: MIT
 */
#include "view/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define MINUTE_NS (60 * SIM_NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)
#define DAY_NS    (24 * HOUR_NS)

void format_time(char *text, size_t size, sim_ns at_ns)
{
    int64_t s = at_ns / SIM_NS_PER_S;
    snprintf(text, size, "%" PRId64 " d %02d:%02d:%02d", s / 86400, (int)(s / 3600 % 24),
            (int)(s / 60 % 60), (int)(s % 60));
}

void format_tick(char *text, size_t size, sim_ns at_ns, sim_ns step_ns)
{
    int64_t s = at_ns / SIM_NS_PER_S;
    int decimals = 0;
    sim_ns unit_ns = SIM_NS_PER_S;
    while (step_ns < unit_ns && decimals < 9) {
        unit_ns /= 10;
        decimals++;
    }
    int hour = (int)(s / 3600 % 24), minute = (int)(s / 60 % 60), second = (int)(s % 60);
    if (decimals > 0) {
        snprintf(text, size, "%02d:%02d:%02d.%0*" PRId64, hour, minute, second, decimals,
                at_ns % SIM_NS_PER_S / unit_ns);
    } else if (step_ns < MINUTE_NS) {
        snprintf(text, size, "%02d:%02d:%02d", hour, minute, second);
    } else {
        snprintf(text, size, "%" PRId64 " d %02d:%02d", s / 86400, hour, minute);
    }
}

void format_span(char *text, size_t size, sim_ns span_ns)
{
    static const struct {
        sim_ns unit_ns;
        const char *unit;
    } rows[] = {
        { DAY_NS, "d" },
        { HOUR_NS, "h" },
        { MINUTE_NS, "min" },
        { SIM_NS_PER_S, "s" },
        { SIM_NS_PER_MS, "ms" },
        { SIM_NS_PER_US, "\302\265s" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (span_ns >= rows[i].unit_ns) {
            snprintf(
                    text, size, "%.1f %s", (double)span_ns / (double)rows[i].unit_ns, rows[i].unit);
            return;
        }
    }
    snprintf(text, size, "%" PRId64 " ns", span_ns);
}

void format_unit(char *text, size_t size, double value, const char *unit)
{
    static const struct {
        double factor;
        const char *prefix;
    } rows[] = { { 1e6, "M" }, { 1e3, "k" }, { 1.0, "" }, { 1e-3, "m" }, { 1e-6, "\302\265" } };
    const size_t last = sizeof rows / sizeof rows[0] - 1;
    if (isnan(value)) {
        snprintf(text, size, "-");
        return;
    }
    size_t i = 0;
    while (i < last && fabs(value) < rows[i].factor) {
        i++;
    }
    if (value == 0.0) {
        snprintf(text, size, "0 %s", unit);
        return;
    }
    double scaled = value / rows[i].factor;
    int decimals = fabs(scaled) < 9.995 ? 2 : fabs(scaled) < 99.95 ? 1 : 0;
    snprintf(text, size, "%.*f %s%s", decimals, scaled, rows[i].prefix, unit);
}

void format_share(char *text, size_t size, double share)
{
    if (isnan(share)) {
        snprintf(text, size, "-");
    } else {
        snprintf(text, size, "%.*f %%", share < 0.1 ? 2 : 1, share * 100.0);
    }
}

void format_level(char *text, size_t size, double value, const char *unit)
{
    if (isnan(value)) {
        snprintf(text, size, "-");
    } else {
        snprintf(text, size, "%+.1f %s", value, unit);
    }
}
