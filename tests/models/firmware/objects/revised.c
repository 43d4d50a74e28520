/* This tree's firmware with one change, as a revision that a gate for CI is to judge.
 * SPDX-License-Identifier: MIT
 *
 * device/ is compiled as it is. What is changed is the factory record (GUARD_MS), the table of
 * entry points (RANDOM_NUMBER), or a function that the linker wraps (NO_LAST_FRAGMENT, with
 * -Wl,--wrap=frag_decode_take).
 */
#include "firmware/firmware_object.h"
#include "services/frag_decode.h"

__attribute__((visibility("default"))) firmware_entry_point_fn fleetcast_firmware;

static struct firmware_build build;
static struct fw_ops application;

#ifdef GUARD_MS
/* A fixed guard time: sessions open earlier, at a cost of energy, or too late. */
static void provision(const struct firmware_flash *flash, const struct device_identity *identity,
        const struct device_configuration *configuration)
{
    struct device_configuration changed = *configuration;
    changed.guard_given = true;
    changed.guard_ms = GUARD_MS;
    changed.guard_ppm = 0;
    firmware_builtin.provision(flash, identity, &changed);
}
#endif

#ifdef NO_LAST_FRAGMENT
void __real_frag_decode_take(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t n, const uint8_t *data);
void __wrap_frag_decode_take(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t n, const uint8_t *data);

/* Never takes the coded fragment that would make the block whole. */
void __wrap_frag_decode_take(
        struct frag_decoder *decoder, const struct hal *hal, uint32_t n, const uint8_t *data)
{
    if (frag_decode_missing(decoder) > 1 || n <= decoder->rows.fragments) {
        __real_frag_decode_take(decoder, hal, n, data);
    }
}
#endif

#ifdef RANDOM_NUMBER
/* Draws a random number more than the firmware needs: equivalent, but not identical. */
static void boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    uint8_t unused[4];
    hal_entropy(hal, unused, sizeof unused);
    fleetcast_fw.boot(ram, hal, cause);
}
#endif

const struct firmware_build *fleetcast_firmware(void)
{
    build = firmware_builtin;
    application = fleetcast_fw;
    build.name = "revised";
    build.application = &application;
#ifdef GUARD_MS
    build.provision = provision;
#endif
#ifdef RANDOM_NUMBER
    application.boot = boot;
#endif
    return &build;
}
