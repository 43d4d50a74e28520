/* The published rejection matrices.
 * SPDX-License-Identifier: MIT
 */
#ifndef AIR_INTERFERENCE_MATRICES_H
#define AIR_INTERFERENCE_MATRICES_H

#include "air/interference.h"

extern const struct interference_thresholds interference_goursaud;
extern const struct interference_thresholds interference_croce;

#endif
