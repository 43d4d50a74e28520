/* A comparison as an aligned table for people.
 * SPDX-License-Identifier: MIT
 */
#include "study/comparison_table.h"

#include <math.h>

static void write_row(const struct change *change, FILE *out)
{
    char name[64], amount[32] = "-", interval[48] = "-", p[24] = "-";
    const struct mean_estimate *by = &change->difference.changes;
    double scale = change_scale(change);
    const char *unit = change_unit(change);
    snprintf(name, sizeof name, "%s%s%s", change->metric->key,
            change->metric->unit[0] != '\0' ? " / " : "", change->metric->unit);
    if (change_is_none(change)) {
        snprintf(amount, sizeof amount, "equal");
    } else if (!isnan(by->mean)) {
        snprintf(amount, sizeof amount, "%+.3g%s", scale * by->mean, unit);
    }
    if (!isnan(by->low) && !change_is_none(change)) {
        snprintf(interval, sizeof interval, "%+.3g to %+.3g%s", scale * by->low, scale * by->high,
                unit);
        snprintf(p, sizeof p, "%.2g", change->p_adjusted);
    }
    fprintf(out, "%-48s %11.6g %11.6g %10s  %-24s %8s  %s\n", name, change->difference.before,
            change->difference.after, amount, interval, p, change_verdict_texts[change->verdict]);
}

void comparison_write_table(const struct change *changes, size_t count, FILE *out)
{
    fprintf(out, "%-48s %11s %11s %10s  %-24s %8s  %s\n", "metric / unit", "mean of A", "mean of B",
            "B - A", "95 % interval", "p", "B");
    for (size_t i = 0; i < count; i++) {
        write_row(&changes[i], out);
    }
}
