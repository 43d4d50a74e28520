/* What identifies scenarios and programs: SHA-256 as 64 hexadecimal digits.
 * SPDX-License-Identifier: MIT
 */
#ifndef STUDY_DIGEST_H
#define STUDY_DIGEST_H

#include <nettle/sha2.h>

#include "scenario/scenario.h"
#include "study/store.h"

void digest_hex(const uint8_t bytes[SHA256_DIGEST_SIZE], char text[STORE_HASH_SIZE]);

struct digest {
    struct sha256_ctx sha;
};

void digest_begin(struct digest *digest);
void digest_text(struct digest *digest, const char *text); /* with its end */
void digest_end(struct digest *digest, char text[STORE_HASH_SIZE]);

/* Of an effective scenario: its text, the sets that it was read with in any order, and the bytes of
 * every file that it names; not where these files are. False: a file cannot be read, or there is no
 * memory. */
bool digest_scenario(const struct scenario *scenario, const char *const *sets, size_t set_count,
        char text[STORE_HASH_SIZE]);
/* Of this program's file; "" if it cannot be read. */
void digest_program(char text[STORE_HASH_SIZE]);

#endif
