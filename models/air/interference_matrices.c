/* The published rejection matrices.
 * SPDX-License-Identifier: MIT
 *
 * Rows: wanted SF6..SF12; columns: interfering SF6..SF12; mdB (spec-physics section 5).
 *
 * assumed: no matrix covers SF6, which LoRaWAN does not use. Against others it stands as SF7 does
 * against its neighbours one SF higher; as an interferer it counts like SF7, towards SF7 like SF7
 * towards SF8.
 */
#include "air/interference_matrices.h"

/* C. Goursaud, J.-M. Gorce, "Dedicated networks for IoT: PHY / MAC state of the art and
 * challenges", EAI Endorsed Trans. IoT 1(1), 2015, in the form that ns-3 lorawan uses (Magrin et
 * al., ICC 2017). */
const struct interference_thresholds interference_goursaud = { {
        { 6000, -16000, -18000, -19000, -19000, -20000, -20000 },
        { -24000, 6000, -16000, -18000, -19000, -19000, -20000 },
        { -24000, -24000, 6000, -20000, -22000, -22000, -22000 },
        { -27000, -27000, -27000, 6000, -23000, -25000, -25000 },
        { -30000, -30000, -30000, -30000, 6000, -26000, -28000 },
        { -33000, -33000, -33000, -33000, -33000, 6000, -29000 },
        { -36000, -36000, -36000, -36000, -36000, -36000, 6000 },
} };

/* D. Croce et al., "Impact of LoRa imperfect orthogonality: analysis of link-level performance",
 * IEEE Communications Letters 22(4), 2018: measured on SX1272. */
const struct interference_thresholds interference_croce = { {
        { 1000, -8000, -9000, -9000, -9000, -9000, -9000 },
        { -11000, 1000, -8000, -9000, -9000, -9000, -9000 },
        { -11000, -11000, 1000, -11000, -12000, -13000, -13000 },
        { -15000, -15000, -13000, 1000, -13000, -14000, -15000 },
        { -19000, -19000, -18000, -17000, 1000, -17000, -18000 },
        { -22000, -22000, -22000, -21000, -20000, 1000, -20000 },
        { -25000, -25000, -25000, -25000, -24000, -23000, 1000 },
} };
