/* The board and the doubles for the tests of the services.
 * SPDX-License-Identifier: MIT
 */
#include "fake_board.h"

#include <criterion/criterion.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct board *board_of(void *board)
{
    return board;
}

static uint32_t next_random(struct board *board)
{
    /* splitmix64: any fixed sequence will do. */
    uint64_t z = board->random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)(z >> 32);
}

uint32_t rig_random(struct rig *rig)
{
    return next_random(&rig->board);
}

/* --- HAL ------------------------------------------------------------------------------------ */

static uint64_t op_rtc_now(void *board)
{
    return board_of(board)->now_ticks;
}

static void op_charge(void *board, uint32_t cycles)
{
    board_of(board)->cycles += cycles;
}

static const struct hal_flash_geometry *op_geometry(void *board, enum hal_flash_region region)
{
    static const struct hal_flash_geometry nor = { .size_bytes = NOR_SIZE,
        .erase_unit_bytes = 4096,
        .program_unit_bytes = 1,
        .program_page_bytes = 256,
        .erased_value = 0xFF,
        .rewritable = true };
    return region == HAL_FLASH_EXTERNAL ? &nor : NULL;
}

static bool op_busy(void *board, enum hal_flash_region region)
{
    return board_of(board)->now_ticks < board_of(board)->nor_busy_until;
}

static enum hal_status op_read(
        void *b, enum hal_flash_region region, uint32_t address, void *data, size_t size)
{
    struct board *board = board_of(b);
    cr_assert_eq(region, HAL_FLASH_EXTERNAL);
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (address + size > BOARD_NOR_SIZE) {
        return HAL_ERR_RANGE;
    }
    board->reads++;
    memcpy(data, &board->nor[address], size);
    if (board->bad_reads > 0 && size == board->bad_read_size) {
        board->bad_reads--;
        ((uint8_t *)data)[size / 2] ^= 0x10;
    }
    return HAL_OK;
}

static enum hal_status op_add(void *b, enum hal_flash_region region,
        const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size)
{
    uint8_t row[256];
    uint8_t *out = sum;
    for (size_t i = 0; i < run_count; i++) {
        for (uint32_t r = 0; r < runs[i].count; r++) {
            uint32_t address = runs[i].address + r * (uint32_t)row_size;
            enum hal_status status = op_read(b, region, address, row, row_size);
            if (status != HAL_OK) {
                return status;
            }
            for (size_t byte = 0; byte < row_size; byte++) {
                out[byte] ^= row[byte];
            }
        }
    }
    return HAL_OK;
}

/* True when power fails inside the operation that begins now. */
static bool power_fails(struct board *board)
{
    return ++board->operations == board->cut_operation;
}

static enum hal_status op_program(
        void *b, enum hal_flash_region region, uint32_t address, const void *data, size_t size)
{
    struct board *board = board_of(b);
    const uint8_t *bytes = data;
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (size == 0 || address + size > BOARD_NOR_SIZE
            || address / 256u != (address + size - 1u) / 256u) {
        return HAL_ERR_RANGE;
    }
    bool cut = power_fails(board);
    unsigned rises = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t old = board->nor[address + i];
        rises |= bytes[i] & ~old;
        uint8_t kept = (uint8_t)(cut ? (board->cut_tears ? next_random(board) : 0xFF) : 0);
        board->nor[address + i] = (uint8_t)(bytes[i] | (old & kept));
    }
    cr_assert_eq(rises, 0, "program would need a bit to rise at %05x", (unsigned)address);
    board->programs++;
    board->nor_busy_until = board->now_ticks + BOARD_PROGRAM_TICKS;
    if (cut) {
        longjmp(*board->cut_jump, 1);
    }
    return HAL_OK;
}

static enum hal_status op_erase(
        void *b, enum hal_flash_region region, uint32_t address, size_t size)
{
    struct board *board = board_of(b);
    if (op_busy(b, region)) {
        return HAL_BUSY;
    }
    if (address % 4096u != 0 || size != 4096u || address + size > BOARD_NOR_SIZE) {
        return HAL_ERR_ALIGN;
    }
    bool cut = power_fails(board);
    for (size_t i = 0; i < size; i++) {
        uint8_t noise = (uint8_t)(board->cut_tears ? next_random(board) : 0);
        board->nor[address + i] = cut ? (uint8_t)(board->nor[address + i] | noise) : 0xFF;
    }
    board->erases++;
    board->nor_busy_until = board->now_ticks + BOARD_ERASE_TICKS;
    if (cut) {
        longjmp(*board->cut_jump, 1);
    }
    return HAL_OK;
}

static void op_notify(void *board, enum hal_flash_region region)
{
    board_of(board)->notify = true;
    board_of(board)->notifies++;
}

static enum hal_status op_key_load(void *b, unsigned slot, const uint8_t key[16])
{
    struct board *board = board_of(b);
    aes128_set_encrypt_key(&board->keys[slot], key);
    board->key_loaded[slot] = true;
    return HAL_OK;
}

static enum hal_status op_aes_block(void *b, unsigned slot, const uint8_t in[16], uint8_t out[16])
{
    struct board *board = board_of(b);
    if (!board->key_loaded[slot]) {
        return HAL_ERR_KEY;
    }
    aes128_encrypt(&board->keys[slot], 16, out, in);
    return HAL_OK;
}

/* CMAC as a stream by RFC 4493: opaque[0..1] chaining value, [2..3] held block, [4] its size. */
static void op_cmac_begin(void *board, struct hal_cmac *cmac)
{
    memset(cmac, 0, sizeof(*cmac));
}

static void cmac_chain(struct board *board, unsigned slot, uint8_t *chain, const uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++) {
        chain[i] ^= block[i];
    }
    aes128_encrypt(&board->keys[slot], 16, chain, chain);
}

static enum hal_status op_cmac_update(
        void *b, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size)
{
    struct board *board = board_of(b);
    const uint8_t *bytes = data;
    uint8_t *chain = (uint8_t *)&cmac->opaque[0];
    uint8_t *held = (uint8_t *)&cmac->opaque[2];
    for (size_t i = 0; i < size; i++) {
        if (cmac->opaque[4] == 16) {
            cmac_chain(board, slot, chain, held);
            cmac->opaque[4] = 0;
        }
        held[cmac->opaque[4]++] = bytes[i];
    }
    return board->key_loaded[slot] ? HAL_OK : HAL_ERR_KEY;
}

static void double_in_field(uint8_t block[16])
{
    unsigned carry = block[0] >> 7;
    for (unsigned i = 0; i < 16; i++) {
        block[i] = (uint8_t)(block[i] << 1 | (i < 15 ? block[i + 1] >> 7 : 0));
    }
    block[15] = (uint8_t)(block[15] ^ (carry ? 0x87 : 0));
}

static enum hal_status op_cmac_end(void *b, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16])
{
    struct board *board = board_of(b);
    uint8_t *chain = (uint8_t *)&cmac->opaque[0];
    uint8_t *held = (uint8_t *)&cmac->opaque[2];
    uint8_t subkey[16] = { 0 };
    aes128_encrypt(&board->keys[slot], 16, subkey, subkey);
    double_in_field(subkey);
    if (cmac->opaque[4] < 16) {
        double_in_field(subkey);
        memset(&held[cmac->opaque[4]], 0, 16 - cmac->opaque[4]);
        held[cmac->opaque[4]] = 0x80;
    }
    for (unsigned i = 0; i < 16; i++) {
        held[i] ^= subkey[i];
    }
    cmac_chain(board, slot, chain, held);
    memcpy(mac, chain, 16);
    return HAL_OK;
}

static enum hal_status op_aes_cmac(
        void *b, unsigned slot, const struct hal_span *spans, size_t span_count, uint8_t mac[16])
{
    struct hal_cmac cmac;
    op_cmac_begin(b, &cmac);
    for (size_t i = 0; i < span_count; i++) {
        if (op_cmac_update(b, slot, &cmac, spans[i].data, spans[i].size) != HAL_OK) {
            return HAL_ERR_KEY;
        }
    }
    return op_cmac_end(b, slot, &cmac, mac);
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hal_sha256), "nettle fits");

static void op_sha256_begin(void *board, struct hal_sha256 *sha)
{
    sha256_init((struct sha256_ctx *)(void *)sha);
}

static void op_sha256_update(void *board, struct hal_sha256 *sha, const void *data, size_t size)
{
    sha256_update((struct sha256_ctx *)(void *)sha, size, data);
}

static void op_sha256_end(void *board, struct hal_sha256 *sha, uint8_t digest[32])
{
    sha256_digest((struct sha256_ctx *)(void *)sha, 32, digest);
}

static void op_entropy(void *b, void *data, size_t size)
{
    struct board *board = board_of(b);
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word = board->entropy_fixed ? board->entropy_word : next_random(board);
        memcpy((uint8_t *)data + i, &word, size - i < 4 ? size - i : 4);
    }
}

static enum hal_status op_ed25519_verify(void *board, const uint8_t public_key[32],
        const void *message, size_t size, const uint8_t signature[64])
{
    bool valid = ed25519_sha512_verify(public_key, size, message, signature) != 0;
    return valid ? HAL_OK : HAL_ERR_VERIFY;
}

static void op_panic(void *board, const char *file, int line)
{
    board_of(board)->panics++;
    cr_assert_fail("panic at %s:%d", file, line);
}

static void op_trace(void *b, uint16_t id, uint32_t a, uint32_t value)
{
    struct board *board = board_of(b);
    unsigned at = board->trace_count++ % BOARD_TRACES_MAX;
    board->trace_counts[id]++;
    board->traces[at].id = id;
    board->traces[at].a = a;
    board->traces[at].b = value;
}

/* nettle renames its functions by macros, which would rename the operations of the HAL too. */
#undef sha256_update
static const struct hal_ops ops = {
    .version = HAL_OPS_VERSION,
    .size = sizeof(struct hal_ops),
    .rtc_now = op_rtc_now,
    .charge = op_charge,
    .flash_geometry = op_geometry,
    .flash_read = op_read,
    .flash_program = op_program,
    .flash_erase = op_erase,
    .flash_busy = op_busy,
    .flash_notify = op_notify,
    .key_load = op_key_load,
    .aes_block = op_aes_block,
    .cmac_begin = op_cmac_begin,
    .cmac_update = op_cmac_update,
    .cmac_end = op_cmac_end,
    .aes_cmac = op_aes_cmac,
    .sha256_begin = op_sha256_begin,
    .sha256_update = op_sha256_update,
    .sha256_end = op_sha256_end,
    .ed25519_verify = op_ed25519_verify,
    .entropy = op_entropy,
    .panic = op_panic,
    .trace = op_trace,
    .flash_add = op_add,
};

/* --- doubles of MAC, store and update: the HAL leads to the board ---------------------------- */

static struct board_group *group_of(const struct core *core, unsigned group)
{
    return &board_of(core->hal.board)->groups[group];
}

void mac_multicast_set(struct core *core, unsigned group, uint32_t mc_addr,
        const uint8_t mc_app_s_key[16], const uint8_t mc_nwk_s_key[16], uint32_t fcnt_min,
        uint32_t fcnt_max)
{
    struct board_group *to = group_of(core, group);
    to->defined = true;
    to->mc_addr = mc_addr;
    memcpy(to->app_s_key, mc_app_s_key, 16);
    memcpy(to->nwk_s_key, mc_nwk_s_key, 16);
    to->fcnt_min = fcnt_min;
    to->fcnt_max = fcnt_max;
}

uint64_t mac_step_at(const struct core *core)
{
    return board_of(core->hal.board)->mac_step_at;
}

uint32_t mac_dev_addr(const struct core *core)
{
    return board_of(core->hal.board)->dev_addr;
}

bool mac_multicast_address_taken(const struct core *core, unsigned group, uint32_t mc_addr)
{
    const struct board *board = board_of(core->hal.board);
    bool taken = board->dev_addr == mc_addr;
    for (unsigned g = 0; g < 4; g++) {
        taken |= g != group && board->groups[g].defined && board->groups[g].mc_addr == mc_addr;
    }
    return taken;
}

bool mac_multicast_defined(const struct core *core, unsigned group, uint32_t *mc_addr)
{
    *mc_addr = group_of(core, group)->mc_addr;
    return group_of(core, group)->defined;
}

void mac_multicast_delete(struct core *core, unsigned group)
{
    group_of(core, group)->defined = false;
}

bool mac_frequency_valid(const struct core *core, uint32_t frequency_hz)
{
    return frequency_hz >= 863000000u && frequency_hz <= 870000000u;
}

bool mac_data_rate_valid(const struct core *core, uint8_t data_rate)
{
    return data_rate <= 7;
}

void mac_class_c_open(struct core *core, unsigned group, uint32_t frequency_hz, uint8_t data_rate)
{
    group_of(core, group)->open = true;
    group_of(core, group)->frequency_hz = frequency_hz;
    group_of(core, group)->data_rate = data_rate;
    board_of(core->hal.board)->receiver_group = (int)group;
}

bool mac_class_c_is_open(const struct core *core)
{
    return board_of(core->hal.board)->receiver_group >= 0;
}

bool mac_window_is_near(const struct core *core, uint64_t now_ticks, uint32_t ticks)
{
    return board_of(core->hal.board)->window_is_near;
}

void mac_class_c_close(struct core *core, unsigned group)
{
    struct board *board = board_of(core->hal.board);
    group_of(core, group)->open = false;
    board->receiver_group = board->receiver_group == (int)group ? -1 : board->receiver_group;
}

void mac_request_device_time(struct core *core)
{
    board_of(core->hal.board)->device_time_requests++;
}

uint32_t mac_uplink_airtime_ticks(const struct core *core, size_t size)
{
    return board_of(core->hal.board)->airtime_ticks;
}

static struct board_record *record_of(const struct nvm *nvm, enum nvm_id id)
{
    return &board_of(nvm->hal.board)->records[id];
}

int nvm_read(const struct nvm *nvm, enum nvm_id id, void *data, size_t size_max)
{
    const struct board_record *record = record_of(nvm, id);
    if (record->size < 0 || (size_t)record->size > size_max) {
        return -1;
    }
    memcpy(data, record->bytes, (size_t)record->size);
    return record->size;
}

void nvm_write(struct nvm *nvm, enum nvm_id id, const void *data, size_t size)
{
    struct board_record *record = record_of(nvm, id);
    cr_assert(size >= 1 && size <= NVM_RECORD_SIZE_MAX);
    board_of(nvm->hal.board)->nvm_writes++;
    record->size = (int)size;
    memcpy(record->bytes, data, size);
}

void nvm_erase(struct nvm *nvm, enum nvm_id id)
{
    record_of(nvm, id)->size = -1;
}

enum update_status update_status(const struct update *update)
{
    return update->status;
}

bool update_is_committed(const struct update *update, const struct nvm *nvm)
{
    return update->status == UPDATE_VALID && board_of(nvm->hal.board)->committed;
}

void update_uncommit(struct update *update, struct nvm *nvm)
{
    update->status = UPDATE_NONE;
    board_of(nvm->hal.board)->committed = false;
}

bool update_running_image(const struct hal *hal, struct image_info *info)
{
    *info = (struct image_info){ .version = 0x11223344 };
    return true;
}

/* --- rig ------------------------------------------------------------------------------------ */

struct rig *rig_create(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct board *board = &rig->board;
    cr_assert_not_null(rig);
    board->nor = malloc(BOARD_NOR_SIZE);
    cr_assert_not_null(board->nor);
    memset(board->nor, 0xFF, BOARD_NOR_SIZE);
    board->hal.board = board;
    board->hal.ops = &ops;
    board->mac_step_at = HAL_TICKS_NEVER;
    board->now_ticks = 10u * HAL_RTC_HZ;
    for (unsigned i = 0; i < NVM_ID_COUNT; i++) {
        board->records[i].size = -1;
    }
    hex_parse("0f0e0d0c0b0a09080706050403020100", rig->core.factory.gen_app_key, 16);
    rig->uplink_size_max = 242;
    rig_boot(rig);
    return rig;
}

void rig_destroy(struct rig *rig)
{
    free(rig->board.nor);
    free(rig);
}

void rig_boot(struct rig *rig)
{
    struct board *board = &rig->board;
    memset(&rig->services, 0xA5, sizeof(rig->services));
    memset(&rig->core.clock, 0, sizeof(rig->core.clock));
    board->receiver_group = -1;
    for (unsigned group = 0; group < 4; group++) {
        board->groups[group].open = false;
    }
    rig->core.hal = board->hal;
    rig->core.nvm.hal = board->hal;
    memset(board->key_loaded, 0, sizeof(board->key_loaded));
    board->notify = false;
    services_init(&rig->services, &rig->core);
}

void rig_set_gps(struct rig *rig, int64_t gps_s)
{
    rig->core.clock.valid = true;
    rig->core.clock.offset_ticks = gps_s * (int64_t)HAL_RTC_HZ - (int64_t)rig->board.now_ticks;
    rig->core.clock.set_at_ticks = rig->board.now_ticks;
}

void rig_down(struct rig *rig, uint8_t fport, int group, const void *bytes, size_t size)
{
    struct mac_downlink downlink = { .payload = bytes,
        .size = (uint8_t)size,
        .fport = fport,
        .group = (int8_t)group,
        .end_ticks = rig->board.now_ticks };
    services_on_downlink(&rig->services, &rig->core, &downlink);
}

void rig_down_hex(struct rig *rig, uint8_t fport, int group, const char *hex)
{
    uint8_t bytes[242];
    size_t size = hex_parse(hex, bytes, sizeof(bytes));
    uint8_t *exact = malloc(size + 1u); /* so that a sanitizer sees reads beyond the end */
    memcpy(exact, bytes, size);
    rig_down(rig, fport, group, exact, size);
    free(exact);
}

static void send_due(struct rig *rig)
{
    uint64_t now = rig->board.now_ticks;
    if (rig->uplinks_off || services_uplink_at(&rig->services, &rig->core) > now) {
        return;
    }
    struct board_uplink *uplink = &rig->uplinks[rig->uplink_count % BOARD_UPLINKS_MAX];
    size_t size = services_build_uplink(
            &rig->services, &rig->core, now, uplink->bytes, rig->uplink_size_max, &uplink->fport);
    cr_assert_leq(size, rig->uplink_size_max);
    uplink->size = (uint8_t)size;
    uplink->at_ticks = now;
    rig->uplink_count += size > 0;
}

void rig_run_ticks(struct rig *rig, uint64_t ticks)
{
    struct board *board = &rig->board;
    uint64_t until = board->now_ticks + ticks;
    for (;;) {
        while (services_step_at(&rig->services, &rig->core) <= board->now_ticks) {
            unsigned reads = board->reads;
            services_step(&rig->services, &rig->core, board->now_ticks);
            reads = board->reads - reads;
            board->step_reads = reads > board->step_reads ? reads : board->step_reads;
        }
        if (board->notify && board->now_ticks >= board->nor_busy_until) {
            board->notify = false;
            services_on_flash_done(&rig->services, &rig->core);
            continue;
        }
        send_due(rig);
        uint64_t next = services_step_at(&rig->services, &rig->core);
        uint64_t uplink = services_uplink_at(&rig->services, &rig->core);
        next = !rig->uplinks_off && uplink < next ? uplink : next;
        next = board->notify && board->nor_busy_until < next ? board->nor_busy_until : next;
        if (next > until) {
            board->now_ticks = until;
            return;
        }
        board->now_ticks = next > board->now_ticks ? next : board->now_ticks;
    }
}

void rig_run_s(struct rig *rig, uint32_t seconds)
{
    rig_run_ticks(rig, (uint64_t)seconds * HAL_RTC_HZ);
}

size_t hex_parse(const char *hex, uint8_t *bytes, size_t size_max)
{
    size_t size = 0;
    unsigned value = 0;
    int used = 0;
    while (sscanf(hex, " %2x%n", &value, &used) == 1) {
        cr_assert_lt(size, size_max);
        bytes[size++] = (uint8_t)value;
        hex += used;
    }
    return size;
}

bool rig_uplink_is(const struct rig *rig, unsigned index, uint8_t fport, const char *hex)
{
    uint8_t bytes[242];
    size_t size = hex_parse(hex, bytes, sizeof(bytes));
    const struct board_uplink *uplink = &rig->uplinks[index % BOARD_UPLINKS_MAX];
    bool same = index < rig->uplink_count && uplink->fport == fport && uplink->size == size
                && memcmp(uplink->bytes, bytes, size) == 0;
    if (!same) {
        fprintf(stderr, "uplink %u of %u: fport %u:", index, rig->uplink_count, uplink->fport);
        for (unsigned i = 0; index < rig->uplink_count && i < uplink->size; i++) {
            fprintf(stderr, " %02x", uplink->bytes[i]);
        }
        fprintf(stderr, ", expected %s\n", hex);
    }
    return same;
}

unsigned rig_traces(const struct rig *rig, enum fw_trace id)
{
    return rig->board.trace_counts[id];
}
