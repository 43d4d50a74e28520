/* What a firmware object's file says about it, before any of its code runs.
 * SPDX-License-Identifier: MIT
 */
#ifndef FIRMWARE_FIRMWARE_ELF_H
#define FIRMWARE_FIRMWARE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: the file is no shared object of this machine, has thread-local variables, or imports what
 * a firmware may not; `error` says which. */
bool firmware_elf_check(const uint8_t *file, size_t size, char *error, size_t error_size);

#endif
