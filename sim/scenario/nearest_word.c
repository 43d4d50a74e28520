/* The word that was probably meant.
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <string.h>

#include "scenario/param.h"

#define WORD_MAX 63u

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to change, insert, drop or swap with their neighbour (optimal string alignment), for
 * words of up to WORD_MAX letters. */
static unsigned word_distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1]; /* of letters i - 2, i - 1 and i of `a`, in turns */
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > WORD_MAX || length_b > WORD_MAX) {
        return WORD_MAX + 1;
    }
    for (unsigned j = 0; j <= length_b; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= length_a; i++) {
        const unsigned *above = rows[(i - 1) % 3];
        unsigned *row = rows[i % 3];
        row[0] = i;
        for (unsigned j = 1; j <= length_b; j++) {
            unsigned change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            row[j] = least(change, least(above[j], row[j - 1]) + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1u);
            }
        }
    }
    return rows[length_a % 3][length_b];
}

/* DR9 is a wrong number, not a misspelt word. */
static bool digits_differ_only(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (*a != *b && (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b))) {
            return false;
        }
    }
    return *a == *b;
}

const char *nearest_word(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t length = strlen(word);
    unsigned best_distance = length <= 4 ? 2u : (unsigned)length / 2u + 1u;
    for (size_t i = 0; candidates[i] != NULL; i++) {
        unsigned distance = word_distance(word, candidates[i]);
        if (distance < best_distance && !digits_differ_only(word, candidates[i])) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}
