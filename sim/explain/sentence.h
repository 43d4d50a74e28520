/* Observations as plain sentences.
 * SPDX-License-Identifier: MIT
 */
#ifndef EXPLAIN_SENTENCE_H
#define EXPLAIN_SENTENCE_H

#include <stdio.h>

#include "air/frame.h"
#include "campaign/campaign.h"
#include "explain/happening.h"

/* What the happening's entity did, without its name: "receives a JoinAccept of gateway 0 ...". */
void sentence_write(const struct world *world, const struct happening *happening, FILE *out);
/* Its name in the tables of observations and trace events: "NODE_RESET", "CLOCK_SET". */
const char *sentence_name(const struct happening *happening);
/* True: it belongs into the story of a device; false: it is one of the many that are counted. */
bool sentence_is_of_story(const struct happening *happening);

/* What a cause of a loss, and a reason why a device is not confirmed, mean: no full stop. NULL: no
 * such reason. */
const char *loss_meaning(enum loss_cause cause);
const char *failure_meaning(const char *reason);

#endif
