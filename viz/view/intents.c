/* The table of keys.
 * SPDX-License-Identifier: MIT
 */
#include "view/intents.h"

const struct intent_row intent_rows[INTENT_COUNT] = {
#define X(name, key, meaning) { #name, key, meaning },
    VIEW_INTENTS(X)
#undef X
};
