/* A signed table of what each uncoded fragment of a session hashes to.
 * SPDX-License-Identifier: MIT
 *
 * The keys of a multicast group prove that a fragment comes from a member, not that it is the
 * server's. With FACTORY_DEFENCE_FRAGMENT_TABLE a device takes this table before the fragments, and
 * then only fragments that match it: uncoded ones when they arrive, others when they are decoded.
 * Where the set-up announced the table (FRAG_CONTROL_TABLE), a fragment whose hash has not come is
 * not taken, and coded ones only after a proven one, or with the whole table: a member that sends
 * before the server does gets nothing into flash. Without that, fragments are taken unproven where
 * the table has a gap.
 *
 * Message, FPort 205, by multicast or unicast, little-endian:
 *     01 | first - 1 (14 bits), FragIndex (2 bits) | count | hashes | signature
 * count is 1..16, and the hashes do not cross a multiple of 32. A hash is the first 8 bytes of the
 * fragment's SHA-256. The signature is Ed25519 by the key that signs images, over "FRAGTBL1" |
 * Descriptor | NbFrag (2) | FragSize | 00 | first - 1 (2) | count | 00 | hashes so that a table
 * serves the session of one block only.
 */
#ifndef DEVICE_SERVICES_FRAGMENT_TABLE_H
#define DEVICE_SERVICES_FRAGMENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "services/package.h"

struct hal;

#define FRAGMENT_TABLE_FPORT     205u
#define FRAGMENT_HASH_SIZE       8u
#define FRAGMENT_TABLE_COUNT_MAX 16u

enum fragment_proof {
    FRAGMENT_PROVEN,
    FRAGMENT_UNPROVEN, /* the table has no hash of it */
    FRAGMENT_FORGED,
    FRAGMENT_PROOF_BUSY /* the flash runs; nothing is known */
};

/* Does `data` match the hash of the uncoded fragment `index`, from 0? */
enum fragment_proof fragment_table_check(
        const struct hal *hal, uint32_t index, const uint8_t *data, uint32_t size);

/* Has the hash of each of the fragments come? False also where the flash runs. */
bool fragment_table_is_whole(const struct hal *hal, uint32_t fragments);

extern const struct package fragment_table_package;

#endif
