/* Counter-based random streams: a draw is a function of (seed, entity, purpose, index).
 * SPDX-License-Identifier: MIT
 *
 * Philox4x32-10 (Salmon et al., SC 2011). No stream shares state with another, so adding a draw,
 * a device or an observer never shifts the draws of anything else.
 */
#ifndef ENGINE_RANDOM_STREAM_H
#define ENGINE_RANDOM_STREAM_H

#include <gsl/gsl_rng.h>
#include <stddef.h>
#include <stdint.h>

/* What a draw is for. Append only: the number is part of the key. */
enum random_purpose {
    RANDOM_PLACEMENT = 1,
    RANDOM_SHADOWING,
    RANDOM_FADING, /* and packet error; index: frame id */
    RANDOM_CORRUPTION,
    RANDOM_CRYSTAL, /* the RTC's, a gateway's clock; stream UINT32_MAX: the radio's */
    RANDOM_BOOT_TIME,
    RANDOM_REPORT_PHASE,
    RANDOM_FIRMWARE_ENTROPY,
    RANDOM_RSSI_WIDEBAND,
    RANDOM_BACKHAUL,
    RANDOM_KEYS,
    RANDOM_NETWORK,
    RANDOM_CAMPAIGN,
    RANDOM_IMAGE,
    RANDOM_TEST,
    RANDOM_FADING_BLOCK = 32, /* index: gateway and block */
    RANDOM_FADING_PHASE,      /* index: frame id */
    RANDOM_PENETRATION,
    RANDOM_INTERFERER, /* index: cell of time and event in it */
    RANDOM_FAULT,      /* index: fault of the list and its turn; what of a page was programmed */
    RANDOM_ADVERSARY,  /* index: its action */
    RANDOM_READ_ERROR  /* index: read of the flash with errors */
};

struct random_stream {
    uint32_t key[2];     /* from the seed */
    uint32_t counter[4]; /* entity, purpose, index */
    uint32_t block[4];   /* of the current counter */
    uint32_t used;       /* words of it already drawn, 4: none left */
};

/* The generator itself: ten rounds over one counter. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream of up to 2^32 blocks for (entity, purpose, index). */
void random_stream_init(struct random_stream *stream, uint64_t seed, uint32_t entity,
        enum random_purpose purpose, uint32_t index);
uint32_t random_stream_u32(struct random_stream *stream);
uint64_t random_stream_u64(struct random_stream *stream);
/* Uniform in [0, 1) with 53 bits; _open never returns 0. */
double random_stream_uniform(struct random_stream *stream);
double random_stream_uniform_open(struct random_stream *stream);
void random_stream_bytes(struct random_stream *stream, void *data, size_t size);

/* One block of four words without a stream: for hot paths that need a few draws per key. Its draws
 * are never those of a stream. */
void random_block(uint64_t seed, uint32_t entity, enum random_purpose purpose, uint64_t index,
        uint32_t out[4]);

/* The same as a GSL generator: random_stream_gsl() wraps a stream that outlives it, so gsl_ran_*()
 * draw from it. */
extern const gsl_rng_type *const random_stream_gsl_type;
gsl_rng random_stream_gsl(struct random_stream *stream);

#endif
