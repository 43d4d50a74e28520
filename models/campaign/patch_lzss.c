/* LZSS with the fewest bits: every way to say the rest is weighed, from the end on.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/patch_parts.h"

#define WINDOW       256u
#define LENGTH_MIN   2u
#define LENGTH_MAX   17u
#define LITERAL_BITS 9u
#define MATCH_BITS   13u

/* How a byte of the input, and those after it, are said. */
struct choice {
    uint32_t bits;     /* of the cheapest way to say the rest from here */
    uint16_t distance; /* of a match; 0: a literal */
    uint8_t length;
};

struct bit_writer {
    struct byte_list *out;
    uint32_t bits;
    unsigned count;
};

void byte_list_add(struct byte_list *list, uint8_t byte)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 4096 : 2 * list->capacity;
        uint8_t *bytes = realloc(list->bytes, capacity);
        if (bytes == NULL) {
            list->failed = true;
            return;
        }
        list->bytes = bytes;
        list->capacity = capacity;
    }
    list->bytes[list->count++] = byte;
}

void byte_list_free(struct byte_list *list)
{
    free(list->bytes);
    *list = (struct byte_list){ 0 };
}

static void put_bits(struct bit_writer *writer, uint32_t value, unsigned count)
{
    assert(count <= 16 && writer->count < 8);
    writer->bits = writer->bits << count | value;
    writer->count += count;
    while (writer->count >= 8) {
        writer->count -= 8;
        byte_list_add(writer->out, (uint8_t)(writer->bits >> writer->count));
    }
}

/* `text` has the window of zeros before its byte 0. */
static uint32_t match_length(const uint8_t *text, size_t at, size_t end, size_t distance)
{
    uint32_t length = 0;
    assert(distance <= WINDOW && distance <= at);
    while (length < LENGTH_MAX && at + length < end
            && text[at + length] == text[at + length - distance]) {
        length++;
    }
    return length;
}

/* The cheapest way at `at`, when those after it are known. A longer match offers all shorter ones,
 * too. */
static struct choice choose(
        const uint8_t *text, const struct choice *choices, size_t at, size_t end)
{
    struct choice best = { LITERAL_BITS + choices[at - WINDOW + 1].bits, 0, 1 };
    uint32_t longest = LENGTH_MIN - 1;
    assert(at >= WINDOW && at < end);
    for (size_t distance = 1; distance <= WINDOW && longest < LENGTH_MAX; distance++) {
        uint32_t length = match_length(text, at, end, distance);
        for (uint32_t l = longest + 1; l <= length; l++) {
            uint32_t bits = MATCH_BITS + choices[at - WINDOW + l].bits;
            if (bits < best.bits) {
                best = (struct choice){ bits, (uint16_t)distance, (uint8_t)l };
            }
        }
        longest = length > longest ? length : longest;
    }
    return best;
}

static void write_choices(
        struct byte_list *out, const uint8_t *text, const struct choice *choices, size_t count)
{
    struct bit_writer writer = { .out = out };
    for (size_t i = 0; i < count; i += choices[i].length) {
        assert(choices[i].length > 0 && choices[i].length <= LENGTH_MAX);
        if (choices[i].distance == 0) {
            put_bits(&writer, 0x100u | text[WINDOW + i], LITERAL_BITS);
        } else {
            put_bits(&writer, (choices[i].distance - 1u) << 4 | (choices[i].length - LENGTH_MIN),
                    MATCH_BITS);
        }
    }
    put_bits(&writer, 0, (8 - writer.count) % 8);
}

void lzss_pack(struct byte_list *out, const struct byte_list *in)
{
    uint8_t *text = calloc(in->count + WINDOW, 1);
    struct choice *choices = calloc(in->count + 1, sizeof *choices);
    out->failed = out->failed || in->failed || text == NULL || choices == NULL;
    if (!out->failed) {
        memcpy(text + WINDOW, in->bytes, in->count);
        for (size_t i = in->count; i-- > 0;) {
            choices[i] = choose(text, choices, WINDOW + i, WINDOW + in->count);
        }
        write_choices(out, text, choices, in->count);
    }
    free(text);
    free(choices);
}
