/* Reads summary.json back into a summary.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_SUMMARY_READ_H
#define RESULTS_SUMMARY_READ_H

#include <stddef.h>

#include "record/summary.h"

/* The summary that `text` (JSON, as summary_write_json() writes it) holds, in its order; the caller
 * destroys it. Whole numbers from 0 to 2^63 - 1 become counts, others numbers. NULL: `error` says
 * why: no JSON, no object, a list, a key or a text that a summary cannot hold, a number beyond
 * that range, or no memory. */
struct summary *summary_read_json(const char *text, size_t size, char *error, size_t error_size);

#endif
