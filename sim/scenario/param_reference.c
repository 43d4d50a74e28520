/* The reference of parameters, written from their tables: aligned text, and Markdown.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/param_reference.h"

#include <string.h>

#include "scenario/wrapped_text.h"

#define INDENT            4u
#define COLUMN_OF_KEY     40u
#define COLUMN_OF_DEFAULT 16u
#define KEY_MAX           96u

static bool is_chosen(const char *key, const char *const *words)
{
    if (words == NULL || *words == NULL) {
        return true;
    }
    while (*words != NULL && strstr(key, *words) == NULL) {
        words++;
    }
    return *words != NULL;
}

static void key_of(const struct param_part *part, const struct param *param, char key[KEY_MAX])
{
    snprintf(key, KEY_MAX, "%s%s", part->prefix, param->path);
}

static void write_indented(const char *text, FILE *out)
{
    fprintf(out, "%*s", (int)INDENT, "");
    wrapped_text_write(text, INDENT, INDENT, out);
}

/* Key, default and values in columns, values on lines of their own where they are long; then what
 * the key means. */
static void write_row(const struct param *param, const char *key, FILE *out)
{
    char values[360];
    param_print_values(param, values, sizeof values);
    const char *standard = param->standard[0] != '\0' ? param->standard : "-";
    size_t used = strlen(standard) < COLUMN_OF_DEFAULT ? COLUMN_OF_DEFAULT : strlen(standard) + 1;
    bool fits = COLUMN_OF_KEY + used + strlen(values) <= WRAPPED_TEXT_COLUMNS;
    if (fits && values[0] != '\0') {
        fprintf(out, "%-*s%-*s%s\n", (int)COLUMN_OF_KEY, key, (int)used, standard, values);
    } else {
        fprintf(out, "%-*s%s\n", (int)COLUMN_OF_KEY, key, standard);
    }
    if (!fits) {
        char line[sizeof values + 16];
        snprintf(line, sizeof line, "Values: %s", values);
        write_indented(line, out);
    }
    write_indented(param->help, out);
}

size_t param_part_write_text(const struct param_part *part, const char *const *words, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < part->rows->count; i++) {
        char key[KEY_MAX];
        key_of(part, &part->rows->params[i], key);
        if (!is_chosen(key, words)) {
            continue;
        }
        if (count++ == 0) {
            fprintf(out, "%-*s%-*svalues\n", (int)COLUMN_OF_KEY, part->heading,
                    (int)COLUMN_OF_DEFAULT, "default");
        }
        write_row(&part->rows->params[i], key, out);
    }
    fputs(count > 0 ? "\n" : "", out);
    return count;
}

/* A bar would end the cell. */
static void write_cell(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
    }
}

void param_part_write_markdown(const struct param_part *part, FILE *out)
{
    fprintf(out, "\n## %s\n\n%s\n\n| key | default | values | meaning |\n|---|---|---|---|\n",
            part->heading, part->introduction);
    for (size_t i = 0; i < part->rows->count; i++) {
        char key[KEY_MAX], values[360];
        const struct param *param = &part->rows->params[i];
        key_of(part, param, key);
        param_print_values(param, values, sizeof values);
        fprintf(out, "| `%s` | ", key);
        write_cell(param->standard, out);
        fputs(" | ", out);
        write_cell(values, out);
        fputs(" | ", out);
        write_cell(param->help, out);
        fputs(" |\n", out);
    }
}
