/* One YAML document from text, with messages that say where it is none.
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_SCENARIO_YAML_H
#define SCENARIO_SCENARIO_YAML_H

#include <stdbool.h>
#include <yaml.h>

#include "scenario/scenario_errors.h"

/* Reads `text`, which messages call `language`: "YAML", or "JSON", which is a part of it. Merge
 * keys ("<<") are resolved. False after a message; else the caller deletes the document. A second
 * document is a mistake. */
bool scenario_yaml_load(yaml_document_t *document, const char *source, const char *language,
        const char *text, size_t size, struct scenario_errors *errors);

#endif
