/* Merge keys of YAML: "<<: *anchor" and "<<: [*first, *second]".
 * SPDX-License-Identifier: MIT
 *
 * Source: yaml.org/type/merge.html. A key of the mapping itself wins over a merged one, a mapping
 * that stands earlier in the list over a later one. Values are merged whole, not key by key.
 */
#ifndef SCENARIO_YAML_MERGE_H
#define SCENARIO_YAML_MERGE_H

#include <stdbool.h>
#include <yaml.h>

#include "scenario/scenario_errors.h"

/* Puts the pairs that each "<<" of the document names in its place, before the pairs of the mapping
 * itself. Nodes keep their places in the text. False: a mistake was added. */
bool yaml_merge(yaml_document_t *document, const char *source, struct scenario_errors *errors);

#endif
