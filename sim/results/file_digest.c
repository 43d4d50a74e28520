/* The SHA-256 of a file's bytes.
 * SPDX-License-Identifier: MIT
 */
#include "results/file_digest.h"

#include <stdio.h>

#define CHUNK_BYTES 4096u

bool file_digest(const char *path, uint8_t digest[SHA256_DIGEST_SIZE])
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    struct sha256_ctx sha;
    uint8_t chunk[CHUNK_BYTES];
    sha256_init(&sha);
    for (size_t size = fread(chunk, 1, sizeof chunk, file); size > 0;
            size = fread(chunk, 1, sizeof chunk, file)) {
        sha256_update(&sha, size, chunk);
    }
    sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
    bool whole = ferror(file) == 0;
    fclose(file);
    return whole;
}
