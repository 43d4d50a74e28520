/* The table of images: what each campaign sent, in which form, and what it took and cost.
 * SPDX-License-Identifier: MIT
 */
#include "report/run_images.h"

#include "report/markup.h"

#define PATH_SIZE 128u

void run_value_cell(
        const struct summary *summary, const char *path, enum value_kind kind, FILE *page)
{
    double value;
    char text[VALUE_TEXT_SIZE] = "\xE2\x80\x93"; /* an en dash: not measured */
    if (summary_value(summary, path, &value)) {
        value_text(text, kind, value);
    }
    markup_cell(page, text);
}

static double value_of(const struct run_data *data, size_t campaign, const char *key)
{
    char path[PATH_SIZE];
    double value = 0;
    snprintf(path, sizeof path, "campaigns.%s.%s", data->campaigns.names[campaign], key);
    summary_value(data->summary, path, &value);
    return value;
}

/* Of a form, which stands between `before` and `after` in the key. */
static const struct {
    const char *title, *before, *after;
    enum value_kind kind;
} columns[] = {
    { "devices", "delta.devices.", "", VALUE_COUNT },
    { "confirmed", "image.", ".confirmed", VALUE_COUNT },
    { "airtime", "image.", ".airtime_s", VALUE_DURATION },
    { "complete after, mean", "image.", ".completion_s.mean", VALUE_DURATION },
    { "energy of a device, mean", "image.", ".energy_j.mean", VALUE_JOULE },
};
#define COLUMNS (sizeof columns / sizeof columns[0])

/* The size stands beside that of the whole image. */
static void write_form(const struct run_data *data, size_t campaign, const char *form,
        const char *name, double bytes, FILE *page)
{
    char text[SCENARIO_NAME_MAX + 64];
    double whole_bytes = value_of(data, campaign, "image.bytes");
    bool encrypted = value_of(data, campaign, "image.encrypted") > 0;
    snprintf(text, sizeof text, "%s: %s%s", data->campaigns.names[campaign], name,
            encrypted ? ", encrypted" : "");
    markup_row(page, text);
    snprintf(text, sizeof text, "%.0f B", bytes);
    markup_cell(page, text);
    value_text(text, VALUE_PERCENT, whole_bytes > 0 ? bytes / whole_bytes : 0);
    markup_cell(page, text);
    for (size_t i = 0; i < COLUMNS; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "campaigns.%s.%s%s%s", data->campaigns.names[campaign],
                columns[i].before, form, columns[i].after);
        run_value_cell(data->summary, path, columns[i].kind, page);
    }
    fputs("</tr>\n", page);
}

void run_images_write(const struct run_data *data, FILE *page)
{
    if (data->campaigns.count == 0) {
        return;
    }
    fputs("<div class=\"scroll\"><table>\n<thead><tr><th class=\"name\">Image</th><th>size</th>"
          "<th>of the whole</th>",
            page);
    for (size_t i = 0; i < COLUMNS; i++) {
        fprintf(page, "<th>%s</th>", columns[i].title);
    }
    fputs("</tr></thead>\n<tbody>\n", page);
    for (size_t c = 0; c < data->campaigns.count; c++) {
        double patch_bytes = value_of(data, c, "delta.patch_bytes");
        bool delta = patch_bytes > 0;
        if (delta) {
            write_form(data, c, "delta", "delta image", patch_bytes, page);
        }
        write_form(data, c, "full", delta ? "fell back to the whole image" : "whole image",
                value_of(data, c, "image.bytes"), page);
    }
    fputs("</tbody>\n</table></div>\n", page);
}
