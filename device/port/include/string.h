/* The four memory functions that the firmware needs, for a target without a C library (mem.c).
 * SPDX-License-Identifier: MIT
 */
#ifndef DEVICE_PORT_STRING_H
#define DEVICE_PORT_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
