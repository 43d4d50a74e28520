/* A hand with a programmer at the pins of the SPI NOR.
 * SPDX-License-Identifier: MIT
 *
 * It changes one byte in each sector that holds something: of a block, of an image that waits, of
 * an old image, of the journal of a session. What the MCU holds inside is out of its reach.
 */
#include <string.h>

#include "adversary/adversary_internal.h"
#include "random_stream.h"

static bool is_erased(const uint8_t *bytes, size_t size, uint8_t erased_value)
{
    size_t i = 0;
    while (i < size && bytes[i] == erased_value) {
        i++;
    }
    return i == size;
}

static void rewrite_device(struct adversary *self, uint32_t device)
{
    struct node_fleet *nodes = self->fleet->around.nodes;
    const struct hal_flash_geometry *nor = &node_board(nodes, device)->flash[HAL_FLASH_EXTERNAL];
    struct random_stream stream;
    random_stream_init(&stream, engine_seed(self->fleet->around.engine), self->entity,
            RANDOM_ADVERSARY, self->acted << 20 | device);
    for (uint32_t at = 0; at + FLASH_SECTOR_BYTES <= nor->size_bytes; at += FLASH_SECTOR_BYTES) {
        uint8_t sector[FLASH_SECTOR_BYTES];
        node_flash_peek(nodes, device, HAL_FLASH_EXTERNAL, at, sector, sizeof sector);
        if (is_erased(sector, sizeof sector, nor->erased_value)) {
            continue;
        }
        uint32_t place = random_stream_u32(&stream) % sizeof sector;
        uint8_t byte = sector[place] ^ (uint8_t)(random_stream_u32(&stream) % 255u + 1u);
        node_flash_rewrite(nodes, device, HAL_FLASH_EXTERNAL, at + place, &byte, 1);
        self->fleet->stats.rewritten++;
    }
}

static void act(struct adversary *self, sim_ns now_ns)
{
    (void)now_ns;
    for (uint32_t i = 0; i < self->params.range_count; i++) {
        for (uint32_t d = self->params.ranges[i].from; d < self->params.ranges[i].to; d++) {
            rewrite_device(self, d);
        }
    }
}

const struct adversary_ops adversary_rewrite_nor = { .act = act };
