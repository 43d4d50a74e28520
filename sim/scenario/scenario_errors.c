/* Mistakes of a scenario, collected with their places.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_errors.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than anybody reads at once; the rest is counted. */
#define ERRORS_KEPT 100u

struct mistake {
    size_t line, column;
    char text[800];
};

struct scenario_errors {
    size_t count;    /* of mistakes */
    size_t warnings; /* beside them */
    size_t told;     /* of both; each once */
    struct mistake kept[ERRORS_KEPT];
};

struct scenario_errors *scenario_errors_create(void)
{
    return calloc(1, sizeof(struct scenario_errors));
}

void scenario_errors_destroy(struct scenario_errors *errors)
{
    free(errors);
}

size_t scenario_errors_count(const struct scenario_errors *errors)
{
    return errors->count;
}

size_t scenario_warnings_count(const struct scenario_errors *errors)
{
    return errors->warnings;
}

/* A message quotes the file, and a file may hold line ends and terminal codes. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        bool control = (unsigned char)*text < 0x20 || *text == 0x7F;
        *text = control ? '?' : *text;
    }
}

static void format_mistake(struct mistake *mistake, const char *kind, struct scenario_place place,
        const char *format, va_list arguments)
{
    mistake->line = place.line;
    mistake->column = place.column;
    int used =
            place.line == 0
                    ? snprintf(mistake->text, sizeof mistake->text, "%s: %s: ", place.source, kind)
                    : snprintf(mistake->text, sizeof mistake->text,
                            "%s:%zu:%zu: %s: ", place.source, place.line, place.column, kind);
    if (used < 0 || (size_t)used >= sizeof mistake->text) {
        return;
    }
    int wanted =
            vsnprintf(mistake->text + used, sizeof mistake->text - (size_t)used, format, arguments);
    if (wanted >= 0 && (size_t)(used + wanted) >= sizeof mistake->text) {
        memcpy(mistake->text + sizeof mistake->text - 4, "...", 4);
    }
    make_printable(mistake->text);
}

/* Told once: the points of a study share their mistakes. */
static bool is_known(const struct scenario_errors *errors, const struct mistake *mistake)
{
    size_t kept = errors->told < ERRORS_KEPT ? errors->told : ERRORS_KEPT;
    for (size_t i = 0; i < kept; i++) {
        if (strcmp(errors->kept[i].text, mistake->text) == 0) {
            return true;
        }
    }
    return false;
}

static void add(struct scenario_errors *errors, const char *kind, struct scenario_place place,
        const char *format, va_list arguments)
{
    struct mistake mistake;
    format_mistake(&mistake, kind, place, format, arguments);
    if (is_known(errors, &mistake)) {
        return;
    }
    if (errors->told < ERRORS_KEPT) {
        errors->kept[errors->told] = mistake;
    }
    errors->told++;
}

void scenario_errors_add(
        struct scenario_errors *errors, struct scenario_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errors->count++;
    add(errors, "error", place, format, arguments);
    va_end(arguments);
}

void scenario_warnings_add(
        struct scenario_errors *errors, struct scenario_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    errors->warnings++;
    add(errors, "warning", place, format, arguments);
    va_end(arguments);
}

static int by_place(const void *left, const void *right)
{
    const struct mistake *a = left;
    const struct mistake *b = right;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

void scenario_errors_print(const struct scenario_errors *errors, FILE *out)
{
    size_t kept = errors->told < ERRORS_KEPT ? errors->told : ERRORS_KEPT;
    struct mistake *sorted = malloc(sizeof *sorted * (kept + 1));
    if (sorted == NULL) {
        return;
    }
    memcpy(sorted, errors->kept, sizeof *sorted * kept);
    qsort(sorted, kept, sizeof *sorted, by_place);
    for (size_t i = 0; i < kept; i++) {
        fprintf(out, "%s\n", sorted[i].text);
    }
    if (errors->told > kept) {
        fprintf(out, "and %zu more\n", errors->told - kept);
    }
    free(sorted);
}
