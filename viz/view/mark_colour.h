/* The colours of marks: one meaning, one colour, in every part of the view.
 * SPDX-License-Identifier: MIT
 */
#ifndef VIEW_MARK_COLOUR_H
#define VIEW_MARK_COLOUR_H

#include "air/frame.h"
#include "draw/theme.h"
#include "watch/scene.h"

/* clang-format off */
/* Causes of a loss by what would have to be other, so that a colour stands for few of them; X(name,
 * palette in the dark theme, in the light theme, word, meaning). */
#define CAUSE_FAMILIES(X)                                                                          \
    X(NOT_SENT_OR_OFF, LIGHT_GREY, DARK_GREY, "not sent or off", "not sent, or the radio was off") \
    X(NO_SESSION, PURPLE, PURPLE, "no session", "the device was in no open session")               \
    X(RADIO_ELSEWHERE, YELLOW, YELLOW, "busy or late", "the receiver was busy or late")            \
    X(TOO_WEAK, BLUE, BLUE, "too weak", "the signal was too weak, faded or not")                   \
    X(INTERFERENCE, VERMILLION, VERMILLION, "interference", "another signal covered the frame")    \
    X(NOT_UNDERSTOOD, ORANGE, ORANGE, "not accepted", "detected, but not decoded or not accepted") \
    X(RECEIVED, GREEN, GREEN, "received", "the frame was received")
/* clang-format on */

enum cause_family {
#define X(name, dark, light, word, meaning) CAUSE_FAMILY_##name,
    CAUSE_FAMILIES(X)
#undef X
    CAUSE_FAMILY_COUNT
};
enum cause_family cause_family_of(enum loss_cause cause);
const char *cause_family_word(enum cause_family family);
const char *cause_family_meaning(enum cause_family family);
struct colour mark_colour_of_family(enum theme_kind theme, enum cause_family family);

/* Of a frame or a fragment that was lost; LOSS_NONE: received. */
struct colour mark_colour_of_cause(enum theme_kind theme, enum loss_cause cause);
struct colour mark_colour_of_stage(enum theme_kind theme, enum scene_stage stage);
struct colour mark_colour_of_lane(
        enum theme_kind theme, enum lane_kind kind, enum loss_cause cause);
struct colour mark_colour_of_trouble(enum theme_kind theme, enum trouble_kind kind);
struct colour mark_colour_of_fragment(
        enum theme_kind theme, enum fragment_state state, enum loss_cause cause);

#endif
