/* Parameters as rows of a table: one row parses, checks, documents and sets one member of a struct.
 * SPDX-License-Identifier: MIT
 *
 * Nothing here knows what a parameter is for: scenarios, boards and others bring their own tables
 * and, where a member is no plain value, their own types.
 */
#ifndef SCENARIO_PARAM_H
#define SCENARIO_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scenario/quantity.h"
#include "scenario/scenario_errors.h"

struct param_type;

struct param {
    const char *path;    /* "campaign.set_up.window"; of a device group: "report.period" */
    size_t offset, size; /* of the member in the object that the table describes: PARAM_MEMBER() */
    const struct param_type *type;
    enum dimension dimension;
    double min, max; /* inclusive, in the base unit */
    /* Types that choose among words: NULL-terminated. Numbers: words that may stand for a number;
     * word i is kept as -1 - i. */
    const char *const *names;
    const char *standard; /* default, as one would write it; "" is what a cleared member holds */
    const char *help;
};

/* A text that is to become the value of a member. */
struct param_text {
    const struct param *param;
    const char *path; /* the parameter's, as the user would write it */
    void *member;
    const char *text; /* items of a list are separated by commas */
    struct scenario_place place;
    struct scenario_errors *errors;
};

/* The place of a member, as a row wants it. */
#define PARAM_MEMBER(object, member) offsetof(object, member), sizeof(((object *)0)->member)

/* What values of a type are, for the reference and the JSON Schema. */
enum param_form {
    PARAM_TEXT,   /* a text */
    PARAM_NUMBER, /* a number in the row's range, or one of its names */
    PARAM_WHOLE,  /* the same, a whole number */
    PARAM_NAME,   /* one of the row's names */
    PARAM_TRUTH   /* false | true, or the two names of the row */
};

struct param_type {
    size_t size; /* of a member; 0: as the row says */
    /* Sets the member. False: a mistake was added, the member is unchanged. */
    bool (*parse)(const struct param_text *value);
    enum param_form form;
    bool takes_list;             /* a YAML sequence of such values is allowed, too */
    unsigned list_min, list_max; /* how many values the list has; list_max 0: any number */
    const char *pattern;         /* of a text: a whole one, as ECMA-262 writes it; NULL: any */
    const char *values; /* for the reference, where the form does not say it; NULL: it does */
};

/* Member types. Numbers are given in the dimension's base unit. */
extern const struct param_type param_double;                   /* double */
extern const struct param_type param_time;                     /* sim_ns */
extern const struct param_type param_u8, param_u16, param_u32; /* whole numbers */
extern const struct param_type param_u64;                      /* any, also hexadecimal */
extern const struct param_type param_i32;                      /* whole numbers */
extern const struct param_type param_hz;                       /* uint32_t, rounded */
extern const struct param_type param_mdb;     /* int32_t in thousandths of dB or dBm, rounded */
extern const struct param_type param_ppb;     /* uint32_t, from ppm, rounded */
extern const struct param_type param_enum;    /* int or an enum: index in `names` */
extern const struct param_type param_enum_u8; /* uint8_t: index in `names` */
extern const struct param_type param_bool;    /* false | true, or the two `names` */
extern const struct param_type param_string;  /* char[] of the row's size */

/* Of a param_bool without names of its own: false, true. */
extern const char *const param_truth_names[];

struct param_rows {
    const struct param *params;
    size_t count;
};

/* A list of objects, as devices. */
struct param_list {
    const char *path;
    size_t offset, count_offset; /* of the first item and of the uint32_t that counts them */
    size_t item_size;
    uint32_t max;
    const struct param_rows *rows; /* of one item */
    bool keep_one;                 /* without the list there is one item, all default */
    bool named;                    /* an item starts with its name, a char[] */
    /* A key that holds one item, as a mapping: "campaign" for a list "campaigns"; NULL: none. The
     * list and this are not given together. */
    const char *single;
    const char *item_help; /* "a group of devices should hold keys, as in - {count: 20}" */
    const struct param_list *item_lists; /* in each item */
    size_t item_list_count;
};

/* Keys of the root that begin so are no rows: they hold what is used elsewhere by anchors and merge
 * keys. */
#define PARAM_TEMPLATE_PREFIX "x-"

/* Every key of one kind of object. */
struct param_table {
    const struct param_rows *const *sections;
    size_t section_count;
    const struct param_list *lists;
    size_t list_count;
};

/* The n-th row over all sections; NULL after the last. */
const struct param *param_table_row(const struct param_table *table, size_t n);
const struct param *param_table_find(const struct param_table *table, const char *path);

/* Sets one member of `object` from text. False: a mistake was added, the member is unchanged.
 * `prefix` stands before the path in messages: "campaign.", or "". */
bool param_set(const struct param *param, void *object, const char *prefix, const char *text,
        struct scenario_place place, struct scenario_errors *errors);
/* Sets every member of `object` to its default. */
void params_set_defaults(const struct param_rows *rows, void *object);
/* The same for every section, and lists to their shortest. */
void param_table_set_defaults(const struct param_table *table, void *object);
/* Writes what values a key takes, as "30 s .. 365 d | auto"; "": any. */
void param_print_values(const struct param *param, char *text, size_t size);

/* --- for types of a table's own --------------------------------------------------------------- */
#define PARAM_NUMBERS_MAX 64u

/* Reads a number, or one of the words for it, and checks its range. False: a mistake was added. */
bool param_read_number(const struct param_text *value, double *number);
/* Reads numbers between commas; returns their count, or -1 after a mistake. */
int param_read_numbers(const struct param_text *value, double numbers[PARAM_NUMBERS_MAX]);
/* Index of the text in the row's names; -1: none. */
int param_find_name(const struct param_text *value);
/* Adds the mistake that the text is none of the row's names, with the nearest; returns false. */
bool param_unknown_name(const struct param_text *value);

/* The candidate most like `word`, NULL if none is near. Candidates end with NULL. */
const char *nearest_word(const char *word, const char *const *candidates);

#endif
