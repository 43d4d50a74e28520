/* What identifies scenarios and programs: SHA-256 as 64 hexadecimal digits.
 * SPDX-License-Identifier: MIT
 */
#include "study/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/file_digest.h"
#include "scenario/scenario_inputs.h"

void digest_begin(struct digest *digest)
{
    sha256_init(&digest->sha);
}

void digest_text(struct digest *digest, const char *text)
{
    sha256_update(&digest->sha, strlen(text) + 1, (const uint8_t *)text);
}

void digest_hex(const uint8_t bytes[SHA256_DIGEST_SIZE], char text[STORE_HASH_SIZE])
{
    for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
}

void digest_end(struct digest *digest, char text[STORE_HASH_SIZE])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];
    sha256_digest(&digest->sha, sizeof bytes, bytes);
    digest_hex(bytes, text);
}

struct inputs {
    struct digest *digest;
    bool ok;
};

static void add_file(void *context, const char *path)
{
    struct inputs *inputs = context;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    inputs->ok = file_digest(path, bytes) && inputs->ok;
    if (inputs->ok) {
        sha256_update(&inputs->digest->sha, sizeof bytes, bytes);
    }
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

bool digest_scenario(const struct scenario *scenario, const char *const *sets, size_t set_count,
        char text[STORE_HASH_SIZE])
{
    struct digest digest;
    struct inputs inputs = { &digest, true };
    const char **sorted = calloc(set_count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return false;
    }
    for (size_t i = 0; i < set_count; i++) {
        sorted[i] = sets[i];
    }
    qsort(sorted, set_count, sizeof *sorted, by_text);
    digest_begin(&digest);
    sha256_update(&digest.sha, sizeof scenario->text_sha256, scenario->text_sha256);
    for (size_t i = 0; i < set_count; i++) {
        digest_text(&digest, sorted[i]);
    }
    free(sorted);
    scenario_each_input(scenario, add_file, &inputs);
    digest_end(&digest, text);
    return inputs.ok;
}

void digest_program(char text[STORE_HASH_SIZE])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];
    text[0] = '\0';
    if (file_digest("/proc/self/exe", bytes)) {
        digest_hex(bytes, text);
    }
}
