/* The record by which update and bootloader talk across a reset.
 * SPDX-License-Identifier: MIT
 *
 * The application is updated and the bootloader is not: the record may be longer than one of them
 * knows. Each reads what it knows and leaves the rest as it is.
 */
#include <string.h>

#include "bytes.h"
#include "update/update.h"

/* Layout of NVM_BOOT_STATE. */
#define OFF_FLAGS         0u /* bit 0: pending */
#define OFF_REGION        1u
#define OFF_INSTALLS      2u
#define OFF_REFUSALS      4u
#define OFF_ADDRESS       8u
#define OFF_SIZE          12u
#define OFF_VERSION_FLOOR 16u
#define OFF_SHA256        20u
#define RECORD_SIZE       52u

#define FLAG_PENDING 1u

_Static_assert(RECORD_SIZE <= NVM_RECORD_SIZE_MAX, "the boot state is one record");

void boot_state_read(const struct nvm *nvm, struct boot_state *state)
{
    uint8_t record[NVM_RECORD_SIZE_MAX] = { 0 };
    (void)nvm_read(nvm, NVM_BOOT_STATE, record, sizeof record); /* shorter or none: zeros */
    state->pending = (record[OFF_FLAGS] & FLAG_PENDING) != 0;
    state->region = record[OFF_REGION];
    state->installs = get_le16(record + OFF_INSTALLS);
    state->refusals = get_le16(record + OFF_REFUSALS);
    state->address = get_le32(record + OFF_ADDRESS);
    state->size = get_le32(record + OFF_SIZE);
    state->version_floor = get_le32(record + OFF_VERSION_FLOOR);
    memcpy(state->sha256, record + OFF_SHA256, sizeof state->sha256);
}

void boot_state_write(struct nvm *nvm, const struct boot_state *state)
{
    uint8_t record[NVM_RECORD_SIZE_MAX] = { 0 };
    int size = nvm_read(nvm, NVM_BOOT_STATE, record, sizeof record);
    DEVICE_ASSERT(&nvm->hal, !state->pending || state->region < HAL_FLASH_REGION_COUNT);
    record[OFF_FLAGS] = state->pending ? FLAG_PENDING : 0u;
    record[OFF_REGION] = state->region;
    put_le16(record + OFF_INSTALLS, state->installs);
    put_le16(record + OFF_REFUSALS, state->refusals);
    put_le32(record + OFF_ADDRESS, state->address);
    put_le32(record + OFF_SIZE, state->size);
    put_le32(record + OFF_VERSION_FLOOR, state->version_floor);
    memcpy(record + OFF_SHA256, state->sha256, sizeof state->sha256);
    nvm_write(nvm, NVM_BOOT_STATE, record, size > (int)RECORD_SIZE ? (size_t)size : RECORD_SIZE);
}
