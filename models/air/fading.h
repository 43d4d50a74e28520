/* Block fading of a link: none, Rayleigh or Rician, drawn per frame or per coherence time.
 * SPDX-License-Identifier: MIT
 *
 * Flat over a channel, constant over a block, independent from block to block and from link to
 * link; mean power gain 1. Source: T. S. Rappaport, "Wireless Communications", 2nd edition,
 * sections 5.6.1 (Rayleigh), 5.6.2 (Rice) and 5.4.3 (coherence time, after R. H. Clarke, Bell
 * System Technical Journal 47, 1968); spec-physics section 4.
 */
#ifndef AIR_FADING_H
#define AIR_FADING_H

#include <stdint.h>

#include "engine.h"

enum fading_model {
    FADING_NONE,
    FADING_RAYLEIGH, /* power gain Exp(1) */
    FADING_RICIAN    /* |sqrt(K/(K+1)) + CN(0, 1/(K+1))|^2 */
};

/* Names as in scenarios, in the order of the enum, ended by NULL. */
extern const char *const fading_model_names[];

struct fading_params {
    enum fading_model model;
    double rician_k_db; /* power of the steady part over that of the scattered ones */
    /* 0: every frame and receiver has its own draw. Else the gain of a link stays for this long, is
     * the same for both directions and any frame, and then drawn again; at least 100 us, and less
     * than 2^40 of them in a run. Clarke: 0.423 c / (v f), 146 ms at 1 m/s and 868 MHz. */
    sim_ns coherence_ns;
};

/* Power gain in mdB of the link of `device` and `gateway` (number, below 2^24) at `at_ns` for
 * `receiver`, one end of it. A pure function. With a coherence time only seed, link and time count;
 * without, seed, frame and receiver do, and `word` is a uniform word of that pair's draws. */
int32_t fading_gain_mdb(const struct fading_params *params, uint64_t seed, uint64_t frame_id,
        entity_id device, uint32_t gateway, entity_id receiver, sim_ns at_ns, uint32_t word);

/* With a coherence time: the word of that link and block that decides most of its gain. */
uint32_t fading_block_word(const struct fading_params *params, uint64_t seed, entity_id device,
        uint32_t gateway, sim_ns at_ns);

/* No draw gains more. */
int32_t fading_most_mdb(const struct fading_params *params);
/* Power gain that no draw with this word or a greater one exceeds. */
double fading_most_of_word(const struct fading_params *params, uint32_t word);

#endif
