/* CRC-64 by nibbles: 128 bytes of table.
 * SPDX-License-Identifier: MIT
 */
#include "update/crc64.h"

/* Remainders of the sixteen nibbles under 0xAD93D23594C935A9, reflected. */
static const uint64_t nibble_remainder[16] = {
    UINT64_C(0x0000000000000000),
    UINT64_C(0x7D08FF3B88BE6F81),
    UINT64_C(0xFA11FE77117CDF02),
    UINT64_C(0x8719014C99C2B083),
    UINT64_C(0xDF7ADABD7A6E2D6F),
    UINT64_C(0xA2722586F2D042EE),
    UINT64_C(0x256B24CA6B12F26D),
    UINT64_C(0x5863DBF1E3AC9DEC),
    UINT64_C(0x95AC9329AC4BC9B5),
    UINT64_C(0xE8A46C1224F5A634),
    UINT64_C(0x6FBD6D5EBD3716B7),
    UINT64_C(0x12B5926535897936),
    UINT64_C(0x4AD64994D625E4DA),
    UINT64_C(0x37DEB6AF5E9B8B5B),
    UINT64_C(0xB0C7B7E3C7593BD8),
    UINT64_C(0xCDCF48D84FE75459),
};

uint64_t crc64_update(uint64_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; ++i) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ nibble_remainder[crc & 15u];
        crc = crc >> 4 ^ nibble_remainder[crc & 15u];
    }
    return crc;
}
