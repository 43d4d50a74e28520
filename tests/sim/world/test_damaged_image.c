/* A running image that is damaged in flash during a run, found at the next start.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the bootloader writes it once more from the last committed candidate, once, and the device
 * goes on with the version that it had (docs/architecture.md, the bootloader). The damage is done
 * through the flash model: bits of one byte of the code are set, as a program without an erase
 * does.
 */
#include <criterion/criterion.h>

#include "board/node_internal.h"
#include "record/installs.h"
#include "support/ten_devices.h"
#include "support/trial.h"
#include "trace.h"
#include "update/flash_map.h"
#include "update/image.h"

#define DEVICE  3u
#define BOOT_NS (10 * SIM_NS_PER_S) /* longer than a start that installs 2 KiB */
#define CODE_AT (FLASH_RUNNING_ADDRESS + IMAGE_HEADER_SIZE + 777u)

struct starts {
    const struct world *world;
    bool damaged;
    uint32_t installs, resets;
};

static void observe(void *context, const struct observation *o)
{
    struct starts *starts = context;
    if (o->entity == starts->world->first_device + DEVICE && starts->damaged) {
        starts->resets += o->kind == OBSERVE_NODE_RESET ? 1u : 0u;
        bool install = o->kind == OBSERVE_FIRMWARE && o->a == FW_TRACE_INSTALLED;
        starts->installs += install ? 1u : 0u;
    }
}

/* Sets the bits of one byte of the code; `before`: what it was. */
static void damage(struct world *world, uint8_t *before)
{
    struct node *node = node_at(world->nodes, DEVICE);
    uint8_t ones = 0xFF, after;
    node_flash_peek(world->nodes, DEVICE, HAL_FLASH_INTERNAL, CODE_AT, before, 1);
    flash_image_program(node_worker(node)->flash, &node->store->flash[HAL_FLASH_INTERNAL], CODE_AT,
            &ones, 1, true);
    node_flash_peek(world->nodes, DEVICE, HAL_FLASH_INTERNAL, CODE_AT, &after, 1);
    cr_assert_neq(after, *before, "this byte shows no damage");
}

/* The run waits for the reports of other devices. */
static sim_ns run_until_confirmed(struct trial *trial)
{
    struct campaign_device device = { .stage = CAMPAIGN_WAITING };
    sim_ns at_ns = 0;
    while (device.stage != CAMPAIGN_CONFIRMED) {
        at_ns += BOOT_NS;
        cr_assert(trial_go(trial, at_ns));
        campaign_device_get(world_first_campaign(trial->world), DEVICE, &device);
    }
    return at_ns;
}

Test(damaged_image, is_written_once_more_from_its_candidate)
{
    static const char *const settings[] = { "devices.1.report.period=29 min" };
    struct trial *trial = trial_create(TEN_DEVICES, settings, 1);
    struct starts starts = { .world = trial->world };
    engine_observer_add(trial->world->engine,
            OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_NODE_RESET), observe, &starts);
    sim_ns at_ns = run_until_confirmed(trial);
    struct firmware_image whole, again;
    cr_assert(node_image(trial->world->nodes, DEVICE, &whole));
    uint8_t before, after;
    damage(trial->world, &before);
    starts.damaged = true;
    for (uint32_t i = 1; i <= 2; i++) { /* the second start finds it whole */
        const struct fault reset = { .kind = FAULT_DEVICE_RESET, .target = DEVICE };
        cr_assert(run_fault(trial->run, &reset));
        cr_assert(trial_go(trial, at_ns + (sim_ns)i * BOOT_NS));
    }
    cr_assert_eq(starts.installs, 1);
    cr_assert_eq(starts.resets, 2, "no loop");
    node_flash_peek(trial->world->nodes, DEVICE, HAL_FLASH_INTERNAL, CODE_AT, &after, 1);
    cr_assert_eq(after, before);
    cr_assert(node_image(trial->world->nodes, DEVICE, &again));
    cr_assert_eq(again.version, whole.version);
    cr_assert_arr_eq(again.sha256, whole.sha256, sizeof whole.sha256);
    trial_play(trial);
    cr_assert_eq(trial_value(trial, "security.bad_installs"), 0);
    cr_assert_eq(trial_value(trial, "devices.confirmed"), 10);
    trial_destroy(trial);
}
