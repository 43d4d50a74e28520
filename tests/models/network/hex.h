/* Bytes written as hexadecimal digits, blanks ignored.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

static inline unsigned hex_digit(char c)
{
    return (unsigned)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

/* Returns how many bytes were written. */
static inline size_t hex_read(const char *text, uint8_t *out)
{
    size_t size = 0;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        out[size++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text += 2;
    }
    return size;
}

#endif
