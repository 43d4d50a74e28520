/* Scenario texts of tests: what is read of them, and what is said about them.
 * SPDX-License-Identifier: MIT
 *
 * The text is called city.yaml in messages.
 */
#ifndef TESTS_SCENARIO_READING_H
#define TESTS_SCENARIO_READING_H

#include "scenario/scenario.h"

/* Of the last text. */
extern struct scenario scenario;
extern char messages[8192]; /* "": none */
extern size_t warnings;

/* Reads a text, then each "key.path=value". Returns true when there was no mistake. */
bool read_with(const char *text, const char *const *sets, size_t set_count);
bool read_text(const char *text);
/* Prints what was said to `messages`, counts the warnings and destroys `errors`. */
void take_messages(struct scenario_errors *errors);
/* The text has mistakes, and a message contains `message`. */
void expect_refused(const char *text, const char *message);
/* It has none, and a warning contains `message`; there is none at all. */
void expect_warned(const char *text, const char *message);
void expect_no_warning(const char *text);

#endif
