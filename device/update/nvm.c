/* The record log: append, scan at boot, compact into the other bank.
 * SPDX-License-Identifier: MIT
 *
 * Bank:   u16 sequence | u16 magic | u32 CRC of the four bytes before, then records.
 * Record: u8 id | u8 size | u16 sequence of its bank | data, zero-filled | u32 CRC of all before
 * it. The id is never 0 and never 0xFF, so a record never starts like erased flash. The fill makes
 * a record whole program units: none is programmed twice.
 *
 * A bank is as many whole erase units as half of the region holds.
 *
 * Why a power cut keeps the old or the new value: a record counts from its CRC on, which is
 * programmed last; a bank counts from its header on, which a compaction programs after the
 * records; the bank it replaces stays as it is until the next compaction. What a cut may leave
 * behind the last whole record is never programmed again: such a bank is full.
 */
#include "update/nvm.h"

#include <string.h>

#include "bytes.h"
#include "update/crc32.h"
#include "update/flash_map.h"

#define BANK_COUNT       2u
#define BANK_SIZE_MIN    2048u /* one page of an STM32L4 */
#define BANK_HEADER_SIZE 8u
#define BANK_MAGIC       0x564Eu /* "NV" */
#define RECORD_HEAD_SIZE 4u
#define RECORD_CRC_SIZE  4u
#define UNIT_SIZE_MAX    8u
#define RECORD_SPAN_MAX  (RECORD_HEAD_SIZE + NVM_RECORD_SIZE_MAX + RECORD_CRC_SIZE)

_Static_assert(RECORD_SPAN_MAX % UNIT_SIZE_MAX == 0, "the longest record needs no fill");
_Static_assert(BANK_HEADER_SIZE % UNIT_SIZE_MAX == 0, "the header is whole program units");
_Static_assert(BANK_HEADER_SIZE + (NVM_ID_COUNT - 1) * RECORD_SPAN_MAX <= BANK_SIZE_MIN,
        "a bank holds the longest record of every id");
_Static_assert(NVM_ID_COUNT < 0xFF, "an id differs from erased flash");

static const struct hal_flash_geometry *geometry_of(const struct nvm *nvm)
{
    return hal_flash_geometry(&nvm->hal, HAL_FLASH_INTERNAL);
}

static uint32_t bank_size(const struct nvm *nvm)
{
    uint32_t half = FLASH_NVM_SIZE / BANK_COUNT;
    return half - half % geometry_of(nvm)->erase_unit_bytes;
}

static uint32_t record_span(const struct nvm *nvm, size_t size)
{
    uint32_t unit = geometry_of(nvm)->program_unit_bytes;
    return (RECORD_HEAD_SIZE + (uint32_t)size + RECORD_CRC_SIZE + unit - 1u) / unit * unit;
}

static void flash_read(const struct nvm *nvm, uint32_t address, void *data, size_t size)
{
    enum hal_status status = hal_flash_read(&nvm->hal, HAL_FLASH_INTERNAL, address, data, size);
    DEVICE_ASSERT(&nvm->hal, status == HAL_OK);
}

static void flash_program(
        const struct nvm *nvm, uint32_t address, const uint8_t *data, uint32_t size)
{
    uint32_t page = geometry_of(nvm)->program_page_bytes;
    while (size > 0) {
        uint32_t room = page - address % page;
        uint32_t piece = size < room ? size : room;
        enum hal_status status =
                hal_flash_program(&nvm->hal, HAL_FLASH_INTERNAL, address, data, piece);
        DEVICE_ASSERT(&nvm->hal, status == HAL_OK);
        address += piece;
        data += piece;
        size -= piece;
    }
}

/* The first unit goes first: it holds the header, and a stale header must not outlive its data. */
static void bank_erase(const struct nvm *nvm, uint32_t bank)
{
    uint32_t unit = geometry_of(nvm)->erase_unit_bytes;
    uint32_t size = bank_size(nvm);
    DEVICE_ASSERT(&nvm->hal, bank == FLASH_NVM_ADDRESS || bank == FLASH_NVM_ADDRESS + size);
    for (uint32_t offset = 0; offset < size; offset += unit) {
        enum hal_status status =
                hal_flash_erase(&nvm->hal, HAL_FLASH_INTERNAL, bank + offset, unit);
        DEVICE_ASSERT(&nvm->hal, status == HAL_OK);
    }
}

static bool bank_sequence(const struct nvm *nvm, uint32_t bank, uint16_t *sequence)
{
    uint8_t header[BANK_HEADER_SIZE];
    flash_read(nvm, bank, header, sizeof header);
    *sequence = get_le16(header);
    return get_le16(header + 2) == BANK_MAGIC && get_le32(header + 4) == crc32_update(0, header, 4);
}

static void bank_seal(const struct nvm *nvm, uint32_t bank, uint16_t sequence)
{
    uint8_t header[BANK_HEADER_SIZE];
    put_le16(header, sequence);
    put_le16(header + 2, BANK_MAGIC);
    put_le32(header + 4, crc32_update(0, header, 4));
    flash_program(nvm, bank, header, sizeof header);
}

/* Reads the record at `offset` of the live bank. Returns its span, 0 when none begins there. */
static uint32_t record_load(const struct nvm *nvm, uint32_t offset, uint8_t bytes[RECORD_SPAN_MAX])
{
    uint32_t end = bank_size(nvm);
    DEVICE_ASSERT(&nvm->hal, offset >= BANK_HEADER_SIZE);
    if (offset + RECORD_HEAD_SIZE + RECORD_CRC_SIZE > end) {
        return 0;
    }
    flash_read(nvm, nvm->bank_address + offset, bytes, RECORD_HEAD_SIZE);
    uint32_t size = bytes[1];
    uint32_t span = record_span(nvm, size);
    if (bytes[0] == 0 || bytes[0] == 0xFF || size > NVM_RECORD_SIZE_MAX
            || get_le16(bytes + 2) != nvm->sequence || offset + span > end) {
        return 0;
    }
    flash_read(nvm, nvm->bank_address + offset + RECORD_HEAD_SIZE, bytes + RECORD_HEAD_SIZE,
            span - RECORD_HEAD_SIZE);
    uint32_t crc = get_le32(bytes + span - RECORD_CRC_SIZE);
    return crc == crc32_update(0, bytes, span - RECORD_CRC_SIZE) ? span : 0;
}

/* Programs a record at `offset` of a bank and returns its span. */
static uint32_t record_store(const struct nvm *nvm, uint32_t bank, uint16_t sequence,
        uint32_t offset, enum nvm_id id, const uint8_t *data, size_t size)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    uint32_t span = record_span(nvm, size);
    DEVICE_ASSERT(&nvm->hal, size <= NVM_RECORD_SIZE_MAX);
    DEVICE_ASSERT(&nvm->hal, offset + span <= bank_size(nvm));
    bytes[0] = (uint8_t)id;
    bytes[1] = (uint8_t)size;
    put_le16(bytes + 2, sequence);
    if (size > 0) { /* an erased record has no data, not even a place for it */
        memcpy(bytes + RECORD_HEAD_SIZE, data, size);
    }
    memset(bytes + RECORD_HEAD_SIZE + size, 0, span - RECORD_HEAD_SIZE - RECORD_CRC_SIZE - size);
    put_le32(bytes + span - RECORD_CRC_SIZE, crc32_update(0, bytes, span - RECORD_CRC_SIZE));
    flash_program(nvm, bank + offset, bytes, span);
    return span;
}

/* A program that power cut short reaches no further than one record behind the last whole one. */
static bool tail_is_erased(const struct nvm *nvm, uint32_t offset)
{
    uint8_t erased = geometry_of(nvm)->erased_value;
    uint8_t bytes[RECORD_SPAN_MAX];
    DEVICE_ASSERT(&nvm->hal, offset <= bank_size(nvm));
    uint32_t left = bank_size(nvm) - offset;
    uint32_t size = left < sizeof bytes ? left : sizeof bytes;
    flash_read(nvm, nvm->bank_address + offset, bytes, size);
    for (uint32_t i = 0; i < size; ++i) {
        if (bytes[i] != erased) {
            return false;
        }
    }
    return true;
}

static void bank_scan(struct nvm *nvm)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    uint32_t offset = BANK_HEADER_SIZE;
    for (unsigned id = 0; id < NVM_ID_COUNT; ++id) {
        nvm->record_offset[id] = 0;
    }
    for (uint32_t span = record_load(nvm, offset, bytes); span > 0;
            span = record_load(nvm, offset, bytes)) {
        if (bytes[0] < NVM_ID_COUNT) { /* else: of a later firmware, dropped by compaction */
            nvm->record_offset[bytes[0]] = bytes[1] > 0 ? (uint16_t)offset : 0u;
        }
        offset += span;
    }
    nvm->write_offset = tail_is_erased(nvm, offset) ? offset : bank_size(nvm);
}

/* Moves the last records, `id` replaced by the new value, into the other bank. */
static void compact(struct nvm *nvm, enum nvm_id id, const uint8_t *data, size_t size)
{
    uint32_t other = FLASH_NVM_ADDRESS;
    other += nvm->bank_address == FLASH_NVM_ADDRESS ? bank_size(nvm) : 0u;
    uint16_t sequence = (uint16_t)(nvm->sequence + 1u);
    uint16_t record_offset[NVM_ID_COUNT] = { 0 };
    uint32_t offset = BANK_HEADER_SIZE;
    bank_erase(nvm, other);
    for (unsigned i = 1; i < NVM_ID_COUNT; ++i) {
        uint8_t bytes[RECORD_SPAN_MAX];
        if (i == id || nvm->record_offset[i] == 0) {
            continue;
        }
        uint32_t span = record_load(nvm, nvm->record_offset[i], bytes);
        DEVICE_ASSERT(&nvm->hal, span > 0 && bytes[0] == i);
        record_offset[i] = (uint16_t)offset;
        offset += record_store(
                nvm, other, sequence, offset, (enum nvm_id)i, bytes + RECORD_HEAD_SIZE, bytes[1]);
    }
    if (size > 0) {
        record_offset[id] = (uint16_t)offset;
        offset += record_store(nvm, other, sequence, offset, id, data, size);
    }
    DEVICE_ASSERT(&nvm->hal, offset <= bank_size(nvm));
    bank_seal(nvm, other, sequence);
    nvm->bank_address = other;
    nvm->sequence = sequence;
    nvm->write_offset = offset;
    memcpy((uint8_t *)nvm->record_offset, (const uint8_t *)record_offset, sizeof record_offset);
}

void nvm_open(struct nvm *nvm, const struct hal *hal)
{
    uint16_t sequence[BANK_COUNT];
    nvm->hal = *hal;
    const struct hal_flash_geometry *geometry = geometry_of(nvm);
    uint32_t size = bank_size(nvm);
    DEVICE_ASSERT(hal, size >= BANK_SIZE_MIN);
    DEVICE_ASSERT(hal, FLASH_NVM_ADDRESS % geometry->erase_unit_bytes == 0);
    DEVICE_ASSERT(hal, UNIT_SIZE_MAX % geometry->program_unit_bytes == 0);
    bool whole_0 = bank_sequence(nvm, FLASH_NVM_ADDRESS, &sequence[0]);
    bool whole_1 = bank_sequence(nvm, FLASH_NVM_ADDRESS + size, &sequence[1]);
    if (!whole_0 && !whole_1) {
        bank_erase(nvm, FLASH_NVM_ADDRESS);
        sequence[0] = 1;
        bank_seal(nvm, FLASH_NVM_ADDRESS, sequence[0]);
    }
    /* The sequence wraps; two banks are never further apart than one. */
    bool second = whole_1 && (!whole_0 || (uint16_t)(sequence[1] - sequence[0]) < 0x8000u);
    nvm->bank_address = FLASH_NVM_ADDRESS + (second ? size : 0u);
    nvm->sequence = sequence[second ? 1 : 0];
    bank_scan(nvm);
}

int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max)
{
    DEVICE_ASSERT(&nvm->hal, id > 0 && id < NVM_ID_COUNT);
    uint32_t offset = nvm->record_offset[id];
    if (offset == 0) {
        return -1;
    }
    uint8_t head[RECORD_HEAD_SIZE];
    flash_read(nvm, nvm->bank_address + offset, head, sizeof head);
    DEVICE_ASSERT(&nvm->hal, head[0] == id);
    uint8_t size = head[1];
    if (size > size_max) {
        return -1;
    }
    flash_read(nvm, nvm->bank_address + offset + RECORD_HEAD_SIZE, data, size);
    return size;
}

static void append(struct nvm *nvm, enum nvm_id id, const uint8_t *data, size_t size)
{
    DEVICE_ASSERT(&nvm->hal, nvm->write_offset >= BANK_HEADER_SIZE);
    if (nvm->write_offset + record_span(nvm, size) > bank_size(nvm)) {
        compact(nvm, id, data, size);
        return;
    }
    uint32_t span =
            record_store(nvm, nvm->bank_address, nvm->sequence, nvm->write_offset, id, data, size);
    nvm->record_offset[id] = size > 0 ? (uint16_t)nvm->write_offset : 0u;
    nvm->write_offset += span;
}

void nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size)
{
    uint8_t stored[NVM_RECORD_SIZE_MAX];
    DEVICE_ASSERT(&nvm->hal, size > 0 && size <= NVM_RECORD_SIZE_MAX);
    if (nvm_read(nvm, id, stored, sizeof stored) == (int)size && memcmp(stored, data, size) == 0) {
        return;
    }
    append(nvm, id, data, size);
}

void nvm_erase(struct nvm *nvm, enum nvm_id id)
{
    DEVICE_ASSERT(&nvm->hal, id > 0 && id < NVM_ID_COUNT);
    if (nvm->record_offset[id] != 0) {
        append(nvm, id, NULL, 0);
    }
}
