/* The rig of the tests of the services: creates, boots, and lets time pass.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"

uint32_t rig_random(struct rig *rig)
{
    return board_random(&rig->board);
}

struct rig *rig_create(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct board *board = &rig->board;
    cr_assert_not_null(rig);
    board->nor = malloc(BOARD_NOR_SIZE);
    cr_assert_not_null(board->nor);
    memset(board->nor, 0xFF, BOARD_NOR_SIZE);
    board->hal.board = board;
    board->hal.ops = &board_ops;
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
