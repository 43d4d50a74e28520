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
 * records; the bank it replaces stays as it is until the next compaction. Cells that a cut may have
 * left half programmed after the last whole record are never programmed again: such a bank is full.
 *
 * Cells that a cut left half programmed may read well as long as they like, and badly ever after:
 * nvm_open_settled(). They lie in the last whole record, or in the header of a bank of which no
 * record was written since its compaction, or in what there is of a compaction that did not end.
 *
 * A cell that lost its charge costs one record: the scan goes on after it at the next program unit
 * that begins a whole record. A header that rotted hides no record, because each names the sequence
 * of its bank. What does not read well is read again before it counts as lost.
 */
#include "update/nvm.h"

#include <string.h>

#include "bytes.h"
#include "update/crc32.h"
#include "update/flash_map.h"
#include "update/flash_write.h"

#define BANK_COUNT       2u
#define BANK_SIZE_MIN    2048u /* one page of an STM32L4 */
#define BANK_HEADER_SIZE 8u
#define BANK_MAGIC       0x564Eu /* "NV" */
#define RECORD_HEAD_SIZE 4u
#define RECORD_CRC_SIZE  4u
#define UNIT_SIZE_MAX    8u
#define RECORD_SPAN_MAX  (RECORD_HEAD_SIZE + NVM_RECORD_SIZE_MAX + RECORD_CRC_SIZE)
#define LOST_SIZE        2u /* of the record NVM_LOST: bytes lost, little-endian */
#define READ_ATTEMPTS    3u

_Static_assert(RECORD_SPAN_MAX % UNIT_SIZE_MAX == 0, "the longest record needs no fill");
_Static_assert(BANK_HEADER_SIZE % UNIT_SIZE_MAX == 0, "the header is whole program units");
_Static_assert(NVM_ID_COUNT <= NVM_LOST && NVM_LOST < NVM_ID_LIMIT, "ids of their own");
_Static_assert(NVM_ID_LIMIT < 0xFF, "an id differs from erased flash");
_Static_assert(FLASH_NVM_SIZE / BANK_COUNT <= UINT16_MAX, "16 bits hold an offset in a bank");

/* Flash that a record takes with the widest program unit. */
#define RECORD_SPAN(size)                                                                          \
    (((RECORD_HEAD_SIZE + (size) + RECORD_CRC_SIZE) + UNIT_SIZE_MAX - 1u) / UNIT_SIZE_MAX          \
            * UNIT_SIZE_MAX)
#define X(name, id, size_max) +RECORD_SPAN(size_max)
_Static_assert(BANK_HEADER_SIZE + RECORD_SPAN(LOST_SIZE) NVM_RECORDS(X) <= BANK_SIZE_MIN,
        "a bank holds the longest record of every id, and NVM_LOST");
#undef X
#define X(name, id, size_max) _Static_assert((size_max) <= NVM_RECORD_SIZE_MAX, "as nvm_write()");
NVM_RECORDS(X)
#undef X

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
    enum hal_status status = flash_write(&nvm->hal, HAL_FLASH_INTERNAL, address, data, size);
    DEVICE_ASSERT(&nvm->hal, status == HAL_OK);
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

static void bank_seal(const struct nvm *nvm, uint32_t bank, uint16_t sequence)
{
    uint8_t header[BANK_HEADER_SIZE];
    put_le16(header, sequence);
    put_le16(header + 2, BANK_MAGIC);
    put_le32(header + 4, crc32_update(0, header, 4));
    flash_program(nvm, bank, header, sizeof header);
}

static uint32_t record_load_once(
        const struct nvm *nvm, uint32_t offset, uint8_t bytes[RECORD_SPAN_MAX])
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

/* Reads the record at `offset` of the live bank. Returns its span, 0 when no whole one begins
 * there. */
static uint32_t record_load(const struct nvm *nvm, uint32_t offset, uint8_t bytes[RECORD_SPAN_MAX])
{
    uint32_t span = 0;
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS && span == 0; ++attempt) {
        span = record_load_once(nvm, offset, bytes);
    }
    return span;
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

/* Erased bytes from `offset` on, in whole program units; looks no further than one record. */
static uint32_t erased_span(const struct nvm *nvm, uint32_t offset)
{
    const struct hal_flash_geometry *geometry = geometry_of(nvm);
    uint8_t bytes[RECORD_SPAN_MAX];
    DEVICE_ASSERT(&nvm->hal, offset < bank_size(nvm));
    uint32_t left = bank_size(nvm) - offset;
    uint32_t size = left < sizeof bytes ? left : (uint32_t)sizeof bytes;
    uint32_t span = 0;
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS && span == 0; ++attempt) {
        flash_read(nvm, nvm->bank_address + offset, bytes, size);
        while (span < size && bytes[span] == geometry->erased_value) {
            ++span;
        }
        span -= span % geometry->program_unit_bytes;
    }
    return span;
}

enum bank_header {
    BANK_UNSEALED,
    BANK_SEALED,
    BANK_HEADER_ROTTEN
};

static enum bank_header header_read(const struct nvm *nvm, uint16_t *sequence)
{
    enum bank_header header = BANK_HEADER_ROTTEN;
    for (unsigned attempt = 0; attempt < READ_ATTEMPTS; ++attempt) {
        uint8_t bytes[BANK_HEADER_SIZE];
        unsigned erased = 0;
        flash_read(nvm, nvm->bank_address, bytes, sizeof bytes);
        if (get_le16(bytes + 2) == BANK_MAGIC && get_le32(bytes + 4) == crc32_update(0, bytes, 4)) {
            *sequence = get_le16(bytes);
            return BANK_SEALED;
        }
        for (unsigned i = 0; i < sizeof bytes; ++i) {
            erased += bytes[i] == geometry_of(nvm)->erased_value;
        }
        if (erased == sizeof bytes) {
            header = BANK_UNSEALED;
        }
    }
    return header;
}

/* Sets the sequence of `nvm` to that of the bank at its bank address. False: the bank was never
 * sealed, or it holds no record. `whole`: its header reads well. */
static bool bank_recognise(struct nvm *nvm, bool *whole)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    enum bank_header header = header_read(nvm, &nvm->sequence);
    *whole = header == BANK_SEALED;
    if (header != BANK_HEADER_ROTTEN) {
        return *whole;
    }
    uint32_t unit = geometry_of(nvm)->program_unit_bytes;
    for (uint32_t offset = BANK_HEADER_SIZE; offset < bank_size(nvm); offset += unit) {
        flash_read(nvm, nvm->bank_address + offset, bytes, RECORD_HEAD_SIZE);
        nvm->sequence = get_le16(bytes + 2);
        if (record_load_once(nvm, offset, bytes) > 0) {
            return true;
        }
    }
    return false;
}

/* What a scan found out of the last whole record, and of all. */
struct scan {
    uint8_t last[RECORD_SPAN_MAX];
    uint16_t offset_before; /* of the one of that id before it; 0: none, or it was erased */
    unsigned records;
    bool again; /* an id has more than one */
};

static void note_record(struct nvm *nvm, struct scan *scan, uint32_t offset, const uint8_t *bytes)
{
    DEVICE_ASSERT(&nvm->hal, offset >= BANK_HEADER_SIZE && bytes[1] <= NVM_RECORD_SIZE_MAX);
    ++scan->records;
    memcpy(scan->last, bytes, record_span(nvm, bytes[1]));
    if (bytes[0] < NVM_ID_LIMIT) {
        uint16_t *place = &nvm->record_offset[bytes[0]];
        scan->again = scan->again || *place != 0;
        scan->offset_before = *place;
        *place = bytes[1] > 0 ? (uint16_t)offset : 0u;
    }
}

/* Bytes that are neither records nor the erased end of the bank are lost. */
static void bank_scan(struct nvm *nvm, struct scan *scan)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    uint32_t used_end = BANK_HEADER_SIZE;
    uint32_t whole_bytes = 0;
    *scan = (struct scan){ 0 };
    memset((uint8_t *)nvm->record_offset, 0, sizeof nvm->record_offset);
    for (uint32_t offset = BANK_HEADER_SIZE; offset < bank_size(nvm);) {
        uint32_t span = record_load(nvm, offset, bytes);
        if (span > 0) {
            note_record(nvm, scan, offset, bytes);
            whole_bytes += span;
            used_end = offset + span;
        } else {
            span = erased_span(nvm, offset);
            if (span == 0) {
                span = geometry_of(nvm)->program_unit_bytes;
                used_end = offset + span;
            }
        }
        offset += span;
    }
    DEVICE_ASSERT(&nvm->hal, used_end >= BANK_HEADER_SIZE + whole_bytes);
    nvm->lost_bytes = used_end - BANK_HEADER_SIZE - whole_bytes;
    nvm->write_offset = nvm->lost_bytes == 0 ? used_end : bank_size(nvm);
    if (nvm_read(nvm, NVM_LOST, bytes, LOST_SIZE) == (int)LOST_SIZE) {
        nvm->lost_bytes += get_le16(bytes);
    }
}

/* Where a compaction writes to. */
struct target {
    uint32_t bank;
    uint32_t offset;
    uint16_t sequence;
    uint16_t record_offset[NVM_ID_LIMIT];
};

static void target_store(
        const struct nvm *nvm, struct target *to, unsigned id, const uint8_t *data, size_t size)
{
    DEVICE_ASSERT(&nvm->hal, id > 0 && id < NVM_ID_LIMIT && to->bank != nvm->bank_address);
    to->record_offset[id] = (uint16_t)to->offset;
    to->offset +=
            record_store(nvm, to->bank, to->sequence, to->offset, (enum nvm_id)id, data, size);
}

/* Moves the last records, `id` replaced by the new value, into the other bank. Records with ids of
 * a later firmware move too: that firmware sees to it that all ids fit. */
static void compact(struct nvm *nvm, enum nvm_id id, const uint8_t *data, size_t size)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    struct target to = { .bank = FLASH_NVM_ADDRESS,
        .offset = BANK_HEADER_SIZE,
        .sequence = (uint16_t)(nvm->sequence + 1u) };
    to.bank += nvm->bank_address == FLASH_NVM_ADDRESS ? bank_size(nvm) : 0u;
    bank_erase(nvm, to.bank);
    if (size > 0) {
        target_store(nvm, &to, id, data, size);
    }
    for (unsigned i = 1; i < NVM_LOST; ++i) {
        if (i == id || nvm->record_offset[i] == 0) {
            continue;
        }
        uint32_t span = record_load(nvm, nvm->record_offset[i], bytes);
        if (span > 0 && to.offset + span + record_span(nvm, LOST_SIZE) <= bank_size(nvm)) {
            target_store(nvm, &to, i, bytes + RECORD_HEAD_SIZE, bytes[1]);
        } else {
            nvm->lost_bytes += RECORD_HEAD_SIZE + RECORD_CRC_SIZE; /* at least */
        }
    }
    if (id != NVM_LOST && nvm->lost_bytes > 0) {
        put_le16(bytes, (uint16_t)(nvm->lost_bytes < UINT16_MAX ? nvm->lost_bytes : UINT16_MAX));
        target_store(nvm, &to, NVM_LOST, bytes, LOST_SIZE);
    }
    DEVICE_ASSERT(&nvm->hal, to.offset <= bank_size(nvm));
    bank_seal(nvm, to.bank, to.sequence);
    nvm->bank_address = to.bank;
    nvm->sequence = to.sequence;
    nvm->write_offset = to.offset;
    memcpy((uint8_t *)nvm->record_offset, (const uint8_t *)to.record_offset,
            sizeof to.record_offset);
}

static void region_format(struct nvm *nvm)
{
    nvm->bank_address = FLASH_NVM_ADDRESS;
    nvm->sequence = 1;
    bank_erase(nvm, nvm->bank_address);
    bank_seal(nvm, nvm->bank_address, nvm->sequence);
}

/* True: the bank that is not live was sealed, too. */
static bool open_live(struct nvm *nvm, const struct hal *hal, struct scan *scan)
{
    nvm->hal = *hal;
    uint32_t unit = geometry_of(nvm)->program_unit_bytes;
    DEVICE_ASSERT(hal, bank_size(nvm) >= BANK_SIZE_MIN);
    DEVICE_ASSERT(hal, FLASH_NVM_ADDRESS % geometry_of(nvm)->erase_unit_bytes == 0);
    DEVICE_ASSERT(hal, UNIT_SIZE_MAX % unit == 0 && bank_size(nvm) % unit == 0);
    bool whole_0;
    bool whole_1;
    nvm->bank_address = FLASH_NVM_ADDRESS;
    bool known_0 = bank_recognise(nvm, &whole_0);
    uint16_t sequence_0 = nvm->sequence;
    nvm->bank_address += bank_size(nvm);
    bool known_1 = bank_recognise(nvm, &whole_1);
    /* The sequence wraps; two banks are never further apart than one. */
    bool second = known_1 && (!known_0 || (uint16_t)(nvm->sequence - sequence_0) < 0x8000u);
    bool whole = second ? whole_1 : whole_0;
    if (!known_0 && !known_1) {
        region_format(nvm);
        whole = true;
    } else if (!second) {
        nvm->bank_address = FLASH_NVM_ADDRESS;
        nvm->sequence = sequence_0;
    }
    bank_scan(nvm, scan);
    if (!whole) {
        nvm->write_offset = bank_size(nvm); /* the next record goes into a bank with a header */
    }
    return second ? known_0 : known_1;
}

void nvm_open(struct nvm *nvm, const struct hal *hal)
{
    struct scan scan;
    (void)open_live(nvm, hal, &scan);
}

int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    DEVICE_ASSERT(&nvm->hal, id > 0 && id < NVM_ID_LIMIT);
    uint32_t offset = nvm->record_offset[id];
    if (offset == 0 || record_load(nvm, offset, bytes) == 0 || bytes[1] > size_max) {
        return -1;
    }
    memcpy(data, bytes + RECORD_HEAD_SIZE, bytes[1]);
    return bytes[1];
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

/* The last record has the value of the one before it: whichever of them is read, it is that. */
static bool is_doubled(const struct nvm *nvm, const struct scan *scan)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    DEVICE_ASSERT(&nvm->hal, scan->records > 0);
    if (scan->offset_before == 0) {
        return scan->last[1] == 0;
    }
    uint32_t span = record_load(nvm, scan->offset_before, bytes);
    return span > 0 && span == record_span(nvm, scan->last[1])
           && memcmp(bytes, scan->last, span) == 0;
}

static bool starts_erased(const struct nvm *nvm, uint32_t bank)
{
    uint8_t bytes[RECORD_SPAN_MAX];
    unsigned erased = 0;
    DEVICE_ASSERT(&nvm->hal, bank != nvm->bank_address);
    flash_read(nvm, bank, bytes, sizeof bytes);
    for (unsigned i = 0; i < sizeof bytes; ++i) {
        erased += bytes[i] == geometry_of(nvm)->erased_value;
    }
    return erased == sizeof bytes;
}

static void settle(struct nvm *nvm, const struct scan *scan, bool other_sealed)
{
    const uint8_t *last = scan->last;
    if (scan->records == 0 || last[0] >= NVM_ID_LIMIT) {
        return; /* nothing to lose, or no firmware's */
    }
    uint32_t other = FLASH_NVM_ADDRESS;
    other += nvm->bank_address == other ? bank_size(nvm) : 0u;
    if (!other_sealed && !starts_erased(nvm, other)) {
        bank_erase(nvm, other);
    }
    enum nvm_id id = (enum nvm_id)last[0];
    bool full = nvm->write_offset == bank_size(nvm);
    if (!scan->again) {
        compact(nvm, id, last + RECORD_HEAD_SIZE, last[1]);
    }
    if (!scan->again || full || !is_doubled(nvm, scan)) {
        append(nvm, id, last + RECORD_HEAD_SIZE, last[1]);
    }
}

void nvm_open_settled(struct nvm *nvm, const struct hal *hal)
{
    struct scan scan;
    bool other_sealed = open_live(nvm, hal, &scan);
    settle(nvm, &scan, other_sealed);
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
    DEVICE_ASSERT(&nvm->hal, id > 0 && id < NVM_ID_LIMIT);
    if (nvm->record_offset[id] != 0) {
        append(nvm, id, NULL, 0);
    }
}

unsigned nvm_lost_records_max(const struct nvm *nvm, size_t size)
{
    DEVICE_ASSERT(&nvm->hal, size > 0 && size <= NVM_RECORD_SIZE_MAX);
    uint32_t span = record_span(nvm, size);
    return (nvm->lost_bytes + span - 1u) / span;
}

void nvm_forget_lost(struct nvm *nvm)
{
    if (nvm->lost_bytes > 0) {
        append(nvm, NVM_LOST, NULL, 0);
        nvm->lost_bytes = 0;
    }
}
