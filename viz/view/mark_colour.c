/* What the colours of marks mean.
 * SPDX-License-Identifier: MIT
 */
#include "view/mark_colour.h"

#include <assert.h>

#include "watch/text_lookup.h"

enum cause_family cause_family_of(enum loss_cause cause)
{
    static const uint8_t families[LOSS_CAUSE_COUNT] = {
        [LOSS_GATEWAY_SKIPPED] = CAUSE_FAMILY_NOT_SENT_OR_OFF,
        [LOSS_POWERED_DOWN] = CAUSE_FAMILY_NOT_SENT_OR_OFF,
        [LOSS_NOT_SET_UP] = CAUSE_FAMILY_NO_SESSION,
        [LOSS_SESSION_NOT_OPEN] = CAUSE_FAMILY_NO_SESSION,
        [LOSS_SESSION_CLOSED] = CAUSE_FAMILY_NO_SESSION,
        [LOSS_RADIO_BUSY] = CAUSE_FAMILY_RADIO_ELSEWHERE,
        [LOSS_RECEIVER_LOCKED_ELSEWHERE] = CAUSE_FAMILY_RADIO_ELSEWHERE,
        [LOSS_PREAMBLE_MISSED] = CAUSE_FAMILY_RADIO_ELSEWHERE,
        [LOSS_BELOW_SENSITIVITY] = CAUSE_FAMILY_TOO_WEAK,
        [LOSS_FADING] = CAUSE_FAMILY_TOO_WEAK,
        [LOSS_INTERFERENCE] = CAUSE_FAMILY_INTERFERENCE,
        [LOSS_FREQUENCY_OFFSET] = CAUSE_FAMILY_NOT_UNDERSTOOD,
        [LOSS_MISMATCH] = CAUSE_FAMILY_NOT_UNDERSTOOD,
        [LOSS_MCU_BUSY] = CAUSE_FAMILY_NOT_UNDERSTOOD,
        [LOSS_BAD_MIC] = CAUSE_FAMILY_NOT_UNDERSTOOD,
        [LOSS_COUNTER_REJECTED] = CAUSE_FAMILY_NOT_UNDERSTOOD,
        [LOSS_NONE] = CAUSE_FAMILY_RECEIVED,
    };
    assert(cause < LOSS_CAUSE_COUNT);
    return (enum cause_family)families[cause];
}

#define WORD(name, dark, light, word, meaning)    word,
#define MEANING(name, dark, light, word, meaning) meaning,

/* clang-format off */
TEXT_LOOKUP(cause_family_word, enum cause_family, CAUSE_FAMILY_COUNT, CAUSE_FAMILIES(WORD))
TEXT_LOOKUP(cause_family_meaning, enum cause_family, CAUSE_FAMILY_COUNT, CAUSE_FAMILIES(MEANING))
/* clang-format on */

struct colour mark_colour_of_family(enum theme_kind theme, enum cause_family family)
{
    static const uint8_t rows[CAUSE_FAMILY_COUNT][THEME_COUNT] = {
#define X(name, dark, light, word, meaning) { PALETTE_##dark, PALETTE_##light },
        CAUSE_FAMILIES(X)
#undef X
    };
    _Static_assert(THEME_DARK == 0 && THEME_LIGHT == 1, "the order of the columns");
    return palette[rows[family][theme]];
}

struct colour mark_colour_of_cause(enum theme_kind theme, enum loss_cause cause)
{
    return mark_colour_of_family(theme, cause_family_of(cause));
}

struct colour mark_colour_of_stage(enum theme_kind theme, enum scene_stage stage)
{
    static const uint8_t rows[THEME_COUNT][SCENE_STAGE_COUNT] = {
        [THEME_DARK] = { PALETTE_DARK_GREY, PALETTE_LIGHT_GREY, PALETTE_PURPLE, PALETTE_YELLOW,
                PALETTE_SKY_BLUE, PALETTE_ORANGE, PALETTE_BLUE, PALETTE_GREEN, PALETTE_VERMILLION },
        [THEME_LIGHT] = { PALETTE_LIGHT_GREY, PALETTE_DARK_GREY, PALETTE_PURPLE, PALETTE_YELLOW,
                PALETTE_SKY_BLUE, PALETTE_ORANGE, PALETTE_BLUE, PALETTE_GREEN, PALETTE_VERMILLION },
    };
    return palette[rows[theme][stage]];
}

struct colour mark_colour_of_lane(enum theme_kind theme, enum lane_kind kind, enum loss_cause cause)
{
    switch (kind) {
    case LANE_LISTENING:
        return colour_with_alpha(themes[theme].faint, 0x70);
    case LANE_TRANSMITTING:
        return palette[PALETTE_SKY_BLUE];
    case LANE_RECEIVED:
        return mark_colour_of_cause(theme, LOSS_NONE);
    case LANE_LOST:
        return mark_colour_of_cause(theme, cause);
    case LANE_OFF:
        return themes[theme].text;
    case LANE_ASLEEP:
    case LANE_KIND_COUNT:
        break;
    }
    return themes[theme].line;
}

struct colour mark_colour_of_trouble(enum theme_kind theme, enum trouble_kind kind)
{
    static const uint8_t rows[TROUBLE_KIND_COUNT] = {
        [TROUBLE_ATTACK] = PALETTE_VERMILLION,
        [TROUBLE_FAULT] = PALETTE_ORANGE,
        [TROUBLE_DEFENCE] = PALETTE_GREEN,
    };
    (void)theme; /* all stand out of either ground */
    assert(kind < TROUBLE_KIND_COUNT);
    return palette[rows[kind]];
}

struct colour mark_colour_of_fragment(
        enum theme_kind theme, enum fragment_state state, enum loss_cause cause)
{
    switch (state) {
    case FRAGMENT_STATE_RECEIVED:
        return mark_colour_of_cause(theme, LOSS_NONE);
    case FRAGMENT_STATE_LOST:
        return mark_colour_of_cause(theme, cause);
    case FRAGMENT_STATE_RECOVERED:
        return palette[PALETTE_SKY_BLUE];
    case FRAGMENT_STATE_NOT_SENT:
    case FRAGMENT_STATE_COUNT:
        break;
    }
    return themes[theme].line;
}
