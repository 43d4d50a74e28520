/* Boards as data: files of models/board/boards/ and those that a scenario names.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_BOARD_FILE_H
#define SCENARIO_BOARD_FILE_H

#include "board/board_type.h"
#include "scenario/param.h"
#include "scenario/scenario.h"
#include "scenario/scenario_errors.h"

/* A board and the text that its name points to: not to be copied by assignment. */
struct board_file {
    char name[SCENARIO_NAME_MAX];
    struct board_type type;
};

/* The names of the boards that this program carries, NULL-terminated. */
extern const char *const board_names[];

/* Does `board` look like a file's path, and not a name? */
bool board_is_path(const char *board);
/* Reads a board by name or path; mistakes name lines of its file; `place` is where it is asked
 * for. False after one. */
bool board_file_read(struct board_file *file, const char *board, struct scenario_place place,
        struct scenario_errors *errors);
/* The keys of a board's file. */
extern const struct param_rows board_rows;

#endif
