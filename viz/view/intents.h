/* What the operator means by a key: one table, from which keys, help and docs/view.md come.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_INTENTS_H
#define VIEW_INTENTS_H

#include "view/view.h"

/* clang-format off */
/* X(name, key as SDL names it, meaning); a key with a modifier is written "Shift+S". */
#define VIEW_INTENTS(X)                                                                            \
    X(PAUSE, "Space", "Pause, or play")                                                            \
    X(FASTER, "]", "Double the speed")                                                             \
    X(SLOWER, "[", "Halve the speed")                                                              \
    X(FASTEST, "\\", "As fast as possible, or back to 60x")                                        \
    X(STEP_EVENT, "E", "One event, then pause")                                                    \
    X(STEP_FRAME, "F", "To the next start or end of a frame, then pause")                          \
    X(UNTIL_STAGE, "N", "To the next phase of the campaign, then pause")                           \
    X(UNTIL_LOSS, "L", "To the next frame that the selected device loses, then pause")             \
    X(UNTIL_TIME, "G", "To a time that is typed, as 6h or 90min, then pause")                      \
    X(RESTART, "Backspace", "Restart from time 0; faults given by hand are forgotten")             \
    X(SEARCH, "/", "Select a device by its number, which is typed")                                \
    X(PIN, "P", "Pin the selected device: a lane of its own; or unpin it")                         \
    X(FOLLOW, "W", "Follow the worst device: by energy, by missing fragments, not")                \
    X(CANCEL, "Escape", "Close the help, end typing, or select nothing")                           \
    X(FIT, "Home", "Show all stations")                                                            \
    X(ZOOM_IN, "=", "Zoom in")                                                                     \
    X(ZOOM_OUT, "-", "Zoom out")                                                                   \
    X(SCHEME, "C", "Next colour scheme")                                                           \
    X(COVERAGE, "V", "Coverage of the strongest gateway")                                          \
    X(THEME, "T", "Light or dark")                                                                 \
    X(RESET_DEVICE, "R", "Reset the selected device")                                              \
    X(CUT_POWER, "Shift+R", "Cut the selected device's power for a second")                        \
    X(OUTAGE, "O", "Take down the gateway clicked last for ten minutes")                           \
    X(JAM, "J", "Jam the channel of the session, or 868.1 MHz, for a minute")                      \
    X(SAVE_PICTURE, "S", "Save a picture of the window")                                           \
    X(SAVE_SCENARIO, "Shift+S", "Save the scenario with the faults given by hand")                 \
    X(FRAME_TIME, "F3", "Show what drawing costs")                                                 \
    X(HELP, "F1", "Keys and marks")                                                                \
    X(QUIT, "Q", "Close")
/* clang-format on */

enum view_intent {
#define X(name, key, meaning) INTENT_##name,
    VIEW_INTENTS(X)
#undef X
    INTENT_COUNT
};

struct intent_row {
    const char *name; /* of the enumerator */
    const char *key;
    const char *meaning;
};
extern const struct intent_row intent_rows[INTENT_COUNT];

/* By its name in small letters with dashes, "reset-device". INTENT_COUNT: none. */
enum view_intent intent_find(const char *word);
void intent_word(enum view_intent intent, char *word, size_t size);
/* True: it means something only in a window, where text can be typed. */
bool intent_needs_window(enum view_intent intent);

/* Does what it says, but for what is of the window: SAVE_PICTURE, SAVE_SCENARIO and QUIT are
 * returned to the caller as true. */
bool view_intend(struct view *view, const struct scene *scene, enum view_intent intent);
/* While view->typing: text goes into the field; "\n" ends it, "\b" removes one. */
void view_type(struct view *view, const struct scene *scene, const char *text);

#endif
