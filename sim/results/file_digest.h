/* The SHA-256 of a file's bytes.
 * SPDX-License-Identifier: MIT
 */
#ifndef RESULTS_FILE_DIGEST_H
#define RESULTS_FILE_DIGEST_H

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdint.h>

/* False: the file cannot be read. */
bool file_digest(const char *path, uint8_t digest[SHA256_DIGEST_SIZE]);

#endif
