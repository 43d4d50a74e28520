/* The signed table of what each uncoded fragment hashes to, in the server's own codec.
 * SPDX-License-Identifier: MIT
 *
 * Not of the LoRa Alliance: FPort 205, laid out in device/services/fragment_table.h. It goes out
 * before the fragments, in pieces that are signed one by one, so that a device that lost a piece
 * can use the others.
 *
 * assumed: the vendor signs when the campaign is planned, since the table depends on FragSize.
 */
#ifndef CAMPAIGN_FRAGMENT_TABLE_H
#define CAMPAIGN_FRAGMENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define FRAGMENT_TABLE_MESSAGE_MAX 196u /* of 16 hashes */

/* Hashes of a piece that fits `room` bytes of application payload: a power of two, or 0. */
uint8_t fragment_table_count(uint32_t room);
/* Pieces of a table of `nb_frag` hashes. */
uint32_t fragment_table_pieces(uint32_t nb_frag, uint8_t count);
/* The piece from fragment `first`, counted from 0, on; returns its size. */
size_t fragment_table_message(const uint8_t *block, uint16_t nb_frag, uint8_t fragment_size,
        uint8_t frag_index, const uint8_t descriptor[4], uint32_t first, uint8_t count,
        const uint8_t private_key[32], uint8_t out[FRAGMENT_TABLE_MESSAGE_MAX]);

#endif
