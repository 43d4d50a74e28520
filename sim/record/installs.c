/* What devices installed, compared with what was sent.
 * SPDX-License-Identifier: MIT
 */
#include "record/installs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/measure.h"

extern const struct recorder_ops installs_recorder;

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct installs *installs =
            calloc(1, sizeof *installs + view->device_count * sizeof installs->devices[0]);
    if (installs == NULL) {
        return NULL;
    }
    installs->view = view;
    for (uint32_t i = 0; i < view->device_count; i++) {
        installs->devices[i].first_ns = SIM_NS_NEVER;
    }
    return installs;
}

static bool runs_image(
        const struct recorder_view *view, uint32_t device, const struct built_image *image)
{
    uint8_t chunk[1024];
    struct firmware_image running;
    if (!node_image(view->nodes, device, &running)) {
        return false;
    }
    for (uint32_t at = 0; at < image->size_bytes; at += sizeof chunk) {
        uint32_t left = image->size_bytes - at;
        uint32_t size = left < sizeof chunk ? left : (uint32_t)sizeof chunk;
        node_flash_peek(view->nodes, device, running.region, running.address + at, chunk, size);
        if (memcmp(chunk, image->bytes + at, size) != 0) {
            return false;
        }
    }
    return true;
}

/* Is it an image that some campaign sends? */
static bool is_as_sent(const struct recorder_view *view, uint32_t device)
{
    for (uint32_t i = 0; i < view->image_count; i++) {
        if (runs_image(view, device, &view->images[i])) {
            return true;
        }
    }
    return false;
}

static void observe(void *state, const struct observation *o)
{
    struct installs *installs = state;
    uint32_t index = o->entity - installs->view->first_device;
    if (node_build(installs->view->nodes, index)->image == NULL) {
        return; /* what it runs can't be compared */
    }
    struct device_install *device = &installs->devices[index];
    if (device->first_ns == SIM_NS_NEVER) {
        device->first_ns = o->at_ns;
    }
    device->compared = true;
    device->matches = is_as_sent(installs->view, index);
    installs->wrong += device->matches ? 0u : 1u;
}

const struct installs *installs_of(const struct recorder_set *set)
{
    return recorder_set_state(set, &installs_recorder);
}

bool installs_seen(const struct measure *m)
{
    uint32_t i = m->first_index;
    while (i < m->end_index && node_build(m->view->nodes, i)->image == NULL) {
        i++;
    }
    return i < m->end_index;
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

static void measure_installs(const void *state, struct measure *m)
{
    const struct installs *installs = state;
    measure_add(m, "security.", "bad_installs", installs_seen(m) ? (double)installs->wrong : NAN);
}

const struct recorder_ops installs_recorder = {
    .name = "installs",
    .traces = RECORDER_TRACE(INSTALLED),
    .of_campaign = true,
    .create = create,
    .destroy = free,
    .observe = observe,
    .broken = broken,
    .measure = measure_installs,
};
