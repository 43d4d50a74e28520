/* What an attacker finds who reads the SPI NOR of a device: plain code, and nonces that served
 * twice.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_SIM_WORLD_NOR_DUMP_H
#define TESTS_SIM_WORLD_NOR_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "support/trial.h"

#define NOR_DUMP_WINDOW 32u

/* Windows of plain code to look for. */
struct nor_windows;
struct nor_windows *nor_windows_create(void);
void nor_windows_destroy(struct nor_windows *windows);
/* Every window of this code, but those of one repeated byte. */
void nor_windows_add(struct nor_windows *windows, const uint8_t *code, uint32_t size);

/* Reads the whole NOR of a device into `dump` (NOR_SIZE bytes). */
void nor_dump_read(const struct trial *trial, uint32_t device, uint8_t *dump);
/* Erases the headers and manifests in a dump: they are plain and public, and their zeros may go on
 * like some code does. */
void nor_dump_hide_headers(uint8_t *dump);
/* How many windows of the dump are windows of the code. */
uint32_t nor_dump_count(const struct nor_windows *windows, const uint8_t *dump);

/* What was seen under each nonce, over all dumps of devices with one key. */
struct nor_nonces;
struct nor_nonces *nor_nonces_create(void);
void nor_nonces_destroy(struct nor_nonces *nonces);
uint32_t nor_nonces_count(const struct nor_nonces *nonces);
/* Notes what lies encrypted in a dump, where headers say so. Returns false when a cipher block
 * differs from one that was seen under its nonce and number: then two contents share them. An
 * erased block is not written yet. */
bool nor_nonces_note(struct nor_nonces *nonces, const uint8_t *dump);

#endif
