/* The record that update and bootloader exchange across a reset.
 * SPDX-License-Identifier: MIT
 *
 * The application is updated and the bootloader is not: the record may be longer than one of them
 * knows. Each reads what it knows and leaves the rest as it is.
 */
#include "update/boot_state.h"

#include <string.h>

#include "bytes.h"

/* Layout of NVM_BOOT_STATE. */
#define OFF_FLAGS         0u /* FLAG_ bits; bits 2..3: enum boot_result */
#define OFF_REGION        1u
#define OFF_INSTALLS      2u
#define OFF_REFUSALS      4u
#define OFF_CONTACT       6u
#define OFF_TRIAL_END     7u
#define OFF_ADDRESS       8u
#define OFF_SIZE          12u
#define OFF_VERSION_FLOOR 16u
#define OFF_SHA256        20u
#define OFF_RUNNING       52u /* SHA-256 */
#define OFF_SLOT          84u /* enum slot_state */
#define OFF_OLD_SAVED     85u
#define OFF_CRASHES       86u
#define OFF_STARTS        87u
#define OFF_TESTED        88u
#define OFF_STARTED       92u
#define OFF_REVERTED      96u
#define RECORD_SIZE       100u

/* A record without OFF_SLOT says VERIFIED by this bit, and a firmware that knows no more sets it in
 * a longer one. */
#define FLAG_PENDING    0x01u
#define FLAG_DAMAGED    0x02u
#define FLAG_RESULT_NEW 0x10u
#define RESULT_SHIFT    2u
#define RESULT_MASK     3u

_Static_assert(RECORD_SIZE <= NVM_SIZE_BOOT_STATE, "the boot state is one record");

/* A candidate in a region that there is not is none. */
static void read_slot(const uint8_t *record, struct boot_state *state)
{
    bool pending =
            (record[OFF_FLAGS] & FLAG_PENDING) != 0 && record[OFF_REGION] < HAL_FLASH_REGION_COUNT;
    state->slot = record[OFF_SLOT] < SLOT_STATE_COUNT ? record[OFF_SLOT] : SLOT_EMPTY;
    if (pending != boot_state_pending(state)) {
        state->slot = pending ? SLOT_VERIFIED : SLOT_EMPTY;
    }
    state->old_saved = record[OFF_OLD_SAVED] != 0;
    state->crashes = record[OFF_CRASHES];
    state->starts = record[OFF_STARTS];
    state->tested_s = get_le32(record + OFF_TESTED);
    state->started_s = get_le32(record + OFF_STARTED);
    state->reverted_version = get_le32(record + OFF_REVERTED);
    state->contact = record[OFF_CONTACT];
    state->trial_end = record[OFF_TRIAL_END];
}

void boot_state_read(const struct nvm *nvm, struct boot_state *state)
{
    uint8_t record[NVM_RECORD_SIZE_MAX] = { 0 };
    (void)nvm_read(nvm, NVM_BOOT_STATE, record, sizeof record); /* shorter or none: zeros */
    read_slot(record, state);
    state->damaged = (record[OFF_FLAGS] & FLAG_DAMAGED) != 0;
    state->result_new = (record[OFF_FLAGS] & FLAG_RESULT_NEW) != 0;
    state->result = record[OFF_FLAGS] >> RESULT_SHIFT & RESULT_MASK;
    state->region = record[OFF_REGION];
    state->installs = get_le16(record + OFF_INSTALLS);
    state->refusals = get_le16(record + OFF_REFUSALS);
    state->address = get_le32(record + OFF_ADDRESS);
    state->size = get_le32(record + OFF_SIZE);
    state->version_floor = get_le32(record + OFF_VERSION_FLOOR);
    memcpy(state->sha256, record + OFF_SHA256, sizeof state->sha256);
    memcpy(state->running_sha256, record + OFF_RUNNING, sizeof state->running_sha256);
}

static void put_state(const struct boot_state *state, uint8_t record[NVM_RECORD_SIZE_MAX])
{
    uint32_t flags = (uint32_t)state->result << RESULT_SHIFT;
    flags |= boot_state_pending(state) ? FLAG_PENDING : 0u;
    flags |= state->damaged ? FLAG_DAMAGED : 0u;
    flags |= state->result_new ? FLAG_RESULT_NEW : 0u;
    record[OFF_FLAGS] = (uint8_t)flags;
    record[OFF_REGION] = state->region;
    put_le16(record + OFF_INSTALLS, state->installs);
    put_le16(record + OFF_REFUSALS, state->refusals);
    put_le32(record + OFF_ADDRESS, state->address);
    put_le32(record + OFF_SIZE, state->size);
    put_le32(record + OFF_VERSION_FLOOR, state->version_floor);
    memcpy(record + OFF_SHA256, state->sha256, sizeof state->sha256);
    memcpy(record + OFF_RUNNING, state->running_sha256, sizeof state->running_sha256);
    record[OFF_SLOT] = state->slot;
    record[OFF_OLD_SAVED] = state->old_saved ? 1 : 0;
    record[OFF_CRASHES] = state->crashes;
    record[OFF_STARTS] = state->starts;
    put_le32(record + OFF_TESTED, state->tested_s);
    put_le32(record + OFF_STARTED, state->started_s);
    put_le32(record + OFF_REVERTED, state->reverted_version);
    record[OFF_CONTACT] = state->contact;
    record[OFF_TRIAL_END] = state->trial_end;
}

void boot_state_write(struct nvm *nvm, const struct boot_state *state)
{
    static const uint8_t nothing[RECORD_SIZE] = { 0 };
    uint8_t record[NVM_RECORD_SIZE_MAX] = { 0 };
    int size = nvm_read(nvm, NVM_BOOT_STATE, record, sizeof record);
    DEVICE_ASSERT(&nvm->hal, !boot_state_pending(state) || state->region < HAL_FLASH_REGION_COUNT);
    DEVICE_ASSERT(&nvm->hal, state->result <= RESULT_MASK && state->slot < SLOT_STATE_COUNT);
    put_state(state, record);
    if (size < 0 && memcmp(record, nothing, sizeof nothing) == 0) {
        return; /* no record says the same */
    }
    nvm_write(nvm, NVM_BOOT_STATE, record, size > (int)RECORD_SIZE ? (size_t)size : RECORD_SIZE);
}
