/* Wear of the devices' flash, of one and of all.
 * SPDX-License-Identifier: MIT
 */
#include "record/wear.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "record/measure.h"

const char *wear_region_name(enum hal_flash_region region)
{
    static const char *const names[HAL_FLASH_REGION_COUNT] = {
        [HAL_FLASH_INTERNAL] = "internal", [HAL_FLASH_EXTERNAL] = "nor"
    };
    assert((uint32_t)region < HAL_FLASH_REGION_COUNT);
    return names[region];
}

/* --- of one device ---------------------------------------------------------------------------- */

static enum flash_place place_of(const struct firmware_build *build, enum hal_flash_region region,
        uint32_t address, uint32_t *end_address)
{
    *end_address = UINT32_MAX;
    return build->place != NULL ? build->place(region, address, end_address) : FLASH_PLACE_OTHER;
}

/* Erases of the units from one address to another, in all places that they reach. */
static void add_run(struct wear_region *wear, const struct firmware_build *build,
        enum hal_flash_region region, uint32_t from, uint32_t to, uint32_t erases)
{
    if (erases > wear->most) {
        wear->most = erases;
        wear->address = from;
    }
    while (from < to) {
        uint32_t end_address;
        enum flash_place place = place_of(build, region, from, &end_address);
        if (erases > wear->places[place]) {
            wear->places[place] = erases;
        }
        from = end_address;
    }
}

void device_wear_get(const struct node_fleet *nodes, uint32_t device, struct device_wear *wear)
{
    const struct board_type *board = node_board(nodes, device);
    const struct firmware_build *build = node_build(nodes, device);
    *wear = (struct device_wear){ 0 };
    for (int i = 0; i < HAL_FLASH_REGION_COUNT; i++) {
        enum hal_flash_region region = (enum hal_flash_region)i;
        const struct flash_wear *units = node_flash_wear(nodes, device, region);
        uint32_t unit_bytes = board->flash[region].erase_unit_bytes;
        struct wear_region *of_region = &wear->regions[region];
        of_region->total = units->total;
        of_region->rated = board->flash_endurance[region];
        for (uint32_t run = 0; run + 1 < units->count; run++) {
            add_run(of_region, build, region, units->runs[run].first * unit_bytes,
                    units->runs[run + 1].first * unit_bytes, units->runs[run].erases);
        }
    }
}

/* --- of all ----------------------------------------------------------------------------------- */

struct wear {
    struct {
        uint32_t most;
        double share; /* of what its board is rated for */
        double sum;   /* over devices */
    } regions[HAL_FLASH_REGION_COUNT];
    uint32_t places[FLASH_PLACE_COUNT];
};

static void add_device(struct wear *wear, const struct device_wear *device)
{
    for (int region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        const struct wear_region *of_region = &device->regions[region];
        uint32_t most = of_region->most;
        if (most > wear->regions[region].most) {
            wear->regions[region].most = most;
        }
        wear->regions[region].share =
                fmax(wear->regions[region].share, most / (double)of_region->rated);
        wear->regions[region].sum += most;
        for (int place = 0; place < FLASH_PLACE_COUNT; place++) {
            if (of_region->places[place] > wear->places[place]) {
                wear->places[place] = of_region->places[place];
            }
        }
    }
}

static void measure_wear(const void *state, struct measure *m)
{
    (void)state;
    struct wear wear = { 0 };
    uint32_t count = measure_device_count(m);
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        struct device_wear device;
        device_wear_get(m->view->nodes, i, &device);
        add_device(&wear, &device);
    }
    for (int region = 0; region < HAL_FLASH_REGION_COUNT; region++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "flash.wear.%s.",
                wear_region_name((enum hal_flash_region)region));
        measure_count(m, prefix, "most", wear.regions[region].most);
        measure_add(m, prefix, "mean", count > 0 ? wear.regions[region].sum / count : NAN);
        measure_add(m, prefix, "endurance_percent", 100.0 * wear.regions[region].share);
    }
    for (int place = 0; place < FLASH_PLACE_COUNT; place++) {
        measure_count(m, "flash.wear.by_place.", flash_place_name((enum flash_place)place),
                wear.places[place]);
    }
}

const struct recorder_ops wear_recorder = {
    .name = "wear",
    .by_group = true,
    .measure = measure_wear,
};
