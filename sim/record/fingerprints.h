/* Fingerprints of a run by layer: which of them differ says where two runs differ.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_FINGERPRINTS_H
#define RECORD_FINGERPRINTS_H

#include "engine.h"
#include "record/summary.h"

/* Adds `fingerprints.time`, `.air`, `.firmware`, `.servers` and `.results` to a summary that is
 * complete but for them. The last one covers every number that the summary has so far below its
 * head, as summary.json writes it. */
void fingerprints_add(struct summary *summary, const struct engine *engine);

#endif
