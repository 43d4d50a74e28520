/* Wear of the devices' flash: the units that were erased most, by region and by what they hold.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>

#include "firmware/flash_place.h"
#include "record/measure.h"

static const char *const flash_names[HAL_FLASH_REGION_COUNT] = { "internal", "nor" };

/* Most erases of a unit, over devices. */
struct region_wear {
    uint32_t most;
    double share; /* of what its board is rated for */
    double sum;   /* over devices */
};

struct wear {
    struct region_wear regions[HAL_FLASH_REGION_COUNT];
    uint32_t places[FLASH_PLACE_COUNT];
};

static enum flash_place place_of(const struct firmware_build *build, enum hal_flash_region region,
        uint32_t address, uint32_t *end_address)
{
    *end_address = UINT32_MAX;
    return build->place != NULL ? build->place(region, address, end_address) : FLASH_PLACE_OTHER;
}

/* Erases of the units from one address to another, in all places that they reach. */
static void add_run(struct wear *wear, const struct firmware_build *build,
        enum hal_flash_region region, uint32_t from, uint32_t to, uint32_t erases)
{
    while (from < to) {
        uint32_t end_address;
        enum flash_place place = place_of(build, region, from, &end_address);
        if (erases > wear->places[place]) {
            wear->places[place] = erases;
        }
        from = end_address;
    }
}

static void add_device(struct wear *wear, const struct node_fleet *nodes, uint32_t index)
{
    const struct board_type *board = node_board(nodes, index);
    for (int i = 0; i < HAL_FLASH_REGION_COUNT; i++) {
        enum hal_flash_region region = (enum hal_flash_region)i;
        const struct flash_wear *units = node_flash_wear(nodes, index, region);
        uint32_t unit_bytes = board->flash[region].erase_unit_bytes;
        uint32_t most = flash_wear_most(units);
        struct region_wear *sums = &wear->regions[region];
        sums->most = most > sums->most ? most : sums->most;
        sums->share = fmax(sums->share, most / (double)board->flash_endurance[region]);
        sums->sum += most;
        for (uint32_t run = 0; run + 1 < units->count; run++) {
            add_run(wear, node_build(nodes, index), region, units->runs[run].first * unit_bytes,
                    units->runs[run + 1].first * unit_bytes, units->runs[run].erases);
        }
    }
}

static void measure_wear(const void *state, struct measure *m)
{
    static const char *const places[] = {
#define X(name, text) text,
        FLASH_PLACES(X)
#undef X
    };
    (void)state;
    struct wear wear = { 0 };
    uint32_t count = measure_device_count(m);
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        add_device(&wear, m->view->nodes, i);
    }
    for (int i = 0; i < HAL_FLASH_REGION_COUNT; i++) {
        char prefix[32];
        const struct region_wear *sums = &wear.regions[i];
        snprintf(prefix, sizeof prefix, "flash.wear.%s.", flash_names[i]);
        measure_count(m, prefix, "most", sums->most);
        measure_add(m, prefix, "mean", count > 0 ? sums->sum / count : NAN);
        measure_add(m, prefix, "endurance_percent", 100.0 * sums->share);
    }
    for (int i = 0; i < FLASH_PLACE_COUNT; i++) {
        measure_count(m, "flash.wear.by_place.", places[i], wear.places[i]);
    }
}

const struct recorder_ops wear_recorder = {
    .name = "wear",
    .by_group = true,
    .measure = measure_wear,
};
