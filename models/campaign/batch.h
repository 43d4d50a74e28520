/* The size of a batch of coded fragments, by what members said that they lack.
 * SPDX-License-Identifier: MIT
 */
#ifndef CAMPAIGN_BATCH_H
#define CAMPAIGN_BATCH_H

#include <stdbool.h>
#include <stdint.h>

struct member;
struct transfer;

/* assumed: the least batch while nothing is known of what is missing; as many as the reserve for
 * decoding, so that one batch ends a decoder that lacks nothing but rank. */
#define BATCH_LEAST 8u

/* The transfer waits for a member that listens, is not whole and is not being repaired. */
bool batch_member_lacks(const struct transfer *transfer, const struct member *member);
/* Coded fragments for a member: what it lacks, a reserve for decoding, and what is lost on the way
 * at the rate that it reported. */
uint32_t batch_for_member(const struct member *member);
/* Coded fragments of the next batch: what the 95th percentile lacks, a reserve for decoding, and
 * what is lost on the way at the rate they report; as many as the block has at most. 0: no member
 * is known to lack anything. */
uint32_t batch_size(const struct transfer *transfer);
/* What the member that needs most of them needs, and as much more as that number scatters by. */
uint32_t batch_for_all(const struct transfer *transfer);

#endif
