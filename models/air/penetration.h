/* Loss into the building where a device is.
 * SPDX-License-Identifier: MIT
 *
 * Source: 3GPP TR 45.820 annex D.1, as the ns-3 lorawan module has it: outer wall, plus the larger
 * of two terms for what is inside, p inner walls of U(4, 10) dB each and alpha d = 0.6 dB/m over
 * U(0, 15) m, minus the gain with height (0: ground floor).
 */
#ifndef AIR_PENETRATION_H
#define AIR_PENETRATION_H

#include <stdint.h>

#include "engine.h"

/* Light, medium and deep have an outer wall of 4..11, 11..19 and 19..23 dB; what is inside is drawn
 * alike for all. TR45820 mixes them 25 : 65 : 10. */
enum penetration_class {
    PENETRATION_OUTDOOR,
    PENETRATION_FIXED, /* a value of the scenario */
    PENETRATION_LIGHT,
    PENETRATION_MEDIUM,
    PENETRATION_DEEP,
    PENETRATION_TR45820
};

/* Names as in scenarios, in the order of the enum, ended by NULL. */
extern const char *const penetration_class_names[];

/* The loss in dB of one device, drawn once and for good: TR 45.820 makes wall and rooms properties
 * of the node, and here it does not move within its room either. 0 for outdoor, and for fixed,
 * whose value is the caller's. */
double penetration_draw_db(uint64_t seed, entity_id device, enum penetration_class class);

#endif
