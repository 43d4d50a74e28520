/* What devices installed, compared with what was sent.
 * SPDX-License-Identifier: MIT
 */
#include "record/installs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/measure.h"

_Static_assert(SCENARIO_CAMPAIGNS_MAX <= 32, "a campaign is a bit of device_install.campaigns");

static void destroy(void *state)
{
    struct installs *installs = state;
    if (installs != NULL) {
        free(installs->installed_ns);
        free(installs);
    }
}

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct installs *installs =
            calloc(1, sizeof *installs + view->device_count * sizeof installs->devices[0]);
    size_t count = (size_t)view->image_count * view->device_count;
    sim_ns *installed_ns = malloc(count * sizeof *installed_ns);
    if (installs == NULL || installed_ns == NULL) {
        free(installed_ns);
        free(installs);
        return NULL;
    }
    installs->view = view;
    installs->installed_ns = installed_ns;
    for (size_t i = 0; i < count; i++) {
        installed_ns[i] = SIM_NS_NEVER;
    }
    for (uint32_t i = 0; i < view->device_count; i++) {
        installs->devices[i].first_ns = SIM_NS_NEVER;
    }
    return installs;
}

static sim_ns *installed_at(const struct installs *installs, uint32_t campaign, uint32_t device)
{
    return &installs->installed_ns[(size_t)campaign * installs->view->device_count + device];
}

static bool runs_image(const struct recorder_view *view, uint32_t device,
        const struct firmware_image *running, const struct built_image *image)
{
    uint8_t chunk[1024];
    if (image->size_bytes > running->size_max) {
        return false;
    }
    for (uint32_t at = 0; at < image->size_bytes; at += sizeof chunk) {
        uint32_t left = image->size_bytes - at;
        uint32_t size = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
        node_flash_peek(view->nodes, device, running->region, running->address + at, chunk, size);
        if (memcmp(chunk, image->bytes + at, size) != 0) {
            return false;
        }
    }
    return true;
}

/* Bits of the campaigns that sent a device the image that it runs. */
static uint32_t senders_of(
        const struct recorder_view *view, uint32_t device, const struct firmware_image *running)
{
    uint32_t senders = 0;
    for (uint32_t c = 0; c < view->image_count; c++) {
        struct campaign_device d;
        campaign_device_get(server_campaign(view->server, c), device, &d);
        if (d.member && runs_image(view, device, running, &view->images[c])) {
            senders |= UINT32_C(1) << c;
        }
    }
    return senders;
}

static bool is_image(const struct firmware_image *image, uint32_t version, const uint8_t sha256[32])
{
    return image->version == version && memcmp(image->sha256, sha256, sizeof image->sha256) == 0;
}

static void remember(struct device_install *device, bool whole, const struct firmware_image *image)
{
    if (!device->known) {
        device->factory_version = image->version;
        memcpy(device->factory_sha256, image->sha256, sizeof device->factory_sha256);
    }
    device->known = true;
    device->whole = whole;
    device->version = image->version;
    memcpy(device->sha256, image->sha256, sizeof device->sha256);
}

/* A device runs the image of these campaigns. */
static void add_senders(struct installs *installs, uint32_t index, uint32_t senders, sim_ns at_ns)
{
    uint32_t added = senders & ~installs->devices[index].campaigns;
    for (uint32_t c = 0; c < installs->view->image_count; c++) {
        if ((added >> c & 1u) != 0) {
            *installed_at(installs, c, index) = at_ns;
        }
    }
    installs->devices[index].campaigns |= senders;
}

/* An image that is neither the factory's nor the last one has been installed; a wrong one is looked
 * at again, since a bootloader may have replaced it by the right one. */
static void boot(void *state, uint32_t index, sim_ns at_ns)
{
    struct installs *installs = state;
    struct device_install *device = &installs->devices[index];
    struct firmware_image image = { 0 };
    if (node_build(installs->view->nodes, index)->image == NULL) {
        return; /* what it runs can't be compared */
    }
    bool whole = node_image(installs->view->nodes, index, &image);
    bool first = !device->known;
    bool same = whole == device->whole && is_image(&image, device->version, device->sha256);
    remember(device, whole, &image);
    if (first || (same && !device->wrong)) {
        return;
    }
    uint32_t senders = whole ? senders_of(installs->view, index, &image) : 0;
    bool factory = whole && is_image(&image, device->factory_version, device->factory_sha256);
    bool wrong = senders == 0 && !factory;
    add_senders(installs, index, senders, at_ns);
    if (device->first_ns == SIM_NS_NEVER && !factory) {
        device->first_ns = at_ns;
    }
    installs->wrong += wrong && (!same || !device->wrong) ? 1u : 0u;
    device->wrong = wrong;
}

const struct installs *installs_of(const struct recorder_set *set)
{
    return recorder_set_state(set, RECORDER_INSTALLS);
}

sim_ns installs_ns(const struct recorder_set *set, uint32_t campaign, uint32_t device)
{
    return *installed_at(installs_of(set), campaign, device);
}

static bool broken(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    (void)set;
    const struct installs *installs = state;
    if (installs->wrong == 0) {
        return false;
    }
    snprintf(text, size, "INVARIANT %llu devices installed another image than was sent",
            (unsigned long long)installs->wrong);
    return true;
}

/* What devices report against what their flash shows: one that is confirmed has started with the
 * image of the campaign. */
static bool audit(const void *state, const struct recorder_set *set, char *text, size_t size)
{
    const uint8_t both = FIRMWARE_SHOWS_IMAGE | FIRMWARE_SHOWS_VERSION;
    const struct installs *installs = state;
    const struct recorder_view *view = installs->view;
    for (uint32_t c = 0; c < view->image_count; c++) {
        for (uint32_t i = 0; i < view->device_count; i++) {
            struct campaign_device d;
            campaign_device_get(server_campaign(view->server, c), i, &d);
            if (d.member && d.stage == CAMPAIGN_CONFIRMED
                    && (recorder_set_shows(set, i) & both) == both
                    && (installs->devices[i].campaigns >> c & 1u) == 0) {
                snprintf(text, size,
                        "INVARIANT device %" PRIu32 " confirmed an image that it never started", i);
                return true;
            }
        }
    }
    return false;
}

static void measure_installs(const void *state, struct measure *m)
{
    const struct installs *installs = state;
    measure_count(m, "security.", "bad_installs", installs->wrong);
}

const struct recorder_ops installs_recorder = {
    .name = "installs",
    .of_campaign = true,
    .create = create,
    .destroy = destroy,
    .boot = boot,
    .broken = broken,
    .audit = audit,
    .measure = measure_installs,
};
