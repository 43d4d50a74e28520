/* The published rejection matrices.
 * SPDX-License-Identifier: MIT
 *
 * Least ratio of wanted to interfering power in mdB, [wanted SF - 6][interfering SF - 6]. Goursaud
 * and Gorce 2015, as ns-3 lorawan has it; Croce et al. 2018. SF6 is assumed: the .c says how.
 */
#ifndef AIR_INTERFERENCE_MATRICES_H
#define AIR_INTERFERENCE_MATRICES_H

#include "air/interference.h"

extern const struct interference_thresholds interference_goursaud;
extern const struct interference_thresholds interference_croce;

#endif
