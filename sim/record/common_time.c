/* What follows a common reboot: the first uplinks of the devices, and the hour after it.
 * SPDX-License-Identifier: MIT
 *
 * The window is from the common time of the first campaign that has one to the end of its spread,
 * and REBOOT_LATE_NS more; the hour after it counts the data frames of all devices. A device keeps
 * its session through the reboot, so the storm is that of first reports.
 */
#include <math.h>
#include <stdlib.h>

#include "air/frame.h"
#include "network/lorawan.h"
#include "record/measure.h"

/* A reboot waits for the off-time of an uplink; one that was told late comes with an uplink. */
#define REBOOT_LATE_NS (30 * 60 * SIM_NS_PER_S)
#define HOUR_NS        (3600 * SIM_NS_PER_S)

/* What gateways made of the frame that a device has on the air; the furthest one counts. */
struct common_device {
    uint8_t furthest; /* enum loss_cause */
    bool first_due;   /* rebooted in the window, and has sent nothing since */
};

struct common_time {
    const struct recorder_view *view;
    sim_ns from_ns, to_ns; /* window of reboots; SIM_NS_NEVER: no campaign has a common time */
    uint64_t rebooted;
    uint64_t first_sent, first_received;
    uint64_t sent, received, collided; /* in the hour */
    struct common_device devices[];
};

static void *create(const struct recorder_set *set)
{
    const struct recorder_view *view = recorder_set_view(set);
    struct common_time *common =
            calloc(1, sizeof *common + view->device_count * sizeof common->devices[0]);
    if (common == NULL) {
        return NULL;
    }
    common->view = view;
    common->from_ns = SIM_NS_NEVER;
    for (uint32_t i = 0; i < view->scenario->campaign_count; i++) {
        const struct campaign_params *params = &view->scenario->campaigns[i].params;
        if (params->install != INSTALL_AT_ONCE && common->from_ns == SIM_NS_NEVER) {
            common->from_ns = params->start_ns + params->install_after_ns;
            common->to_ns = common->from_ns + params->install_spread_ns + REBOOT_LATE_NS;
        }
    }
    return common;
}

static void booted(struct common_time *common, const struct observation *o, uint32_t device)
{
    bool in_window = o->at_ns >= common->from_ns - SIM_NS_PER_S && o->at_ns < common->to_ns;
    if (in_window && o->b == HAL_RESET_SOFTWARE) {
        common->rebooted++;
        common->devices[device].first_due = true;
    }
}

static void ended(struct common_time *common, const struct frame *frame, uint32_t device)
{
    struct common_device *sender = &common->devices[device];
    enum lorawan_ftype type = frame->size > 0 ? lorawan_ftype(frame->bytes[0]) : LORAWAN_RFU;
    enum loss_cause cause = (enum loss_cause)sender->furthest;
    sender->furthest = 0;
    if (type != LORAWAN_UNCONFIRMED_UP && type != LORAWAN_CONFIRMED_UP) {
        return;
    }
    if (frame->end_ns >= common->from_ns
            && frame->end_ns < common->to_ns - REBOOT_LATE_NS + HOUR_NS) {
        common->sent++;
        common->received += cause == LOSS_NONE ? 1u : 0u;
        common->collided += cause == LOSS_INTERFERENCE ? 1u : 0u;
    }
    if (sender->first_due) {
        sender->first_due = false;
        common->first_sent++;
        common->first_received += cause == LOSS_NONE ? 1u : 0u;
    }
}

static void observe(void *state, const struct observation *o)
{
    struct common_time *common = state;
    if (o->kind == OBSERVE_FIRMWARE) {
        booted(common, o, o->entity - common->view->first_device);
        return;
    }
    uint32_t device = (uint32_t)((uint64_t)o->a >> 32) - common->view->first_device;
    if (device >= common->view->device_count) {
        return;
    }
    if (o->kind == OBSERVE_FRAME_ENDED) {
        ended(common, o->data, device);
        return;
    }
    bool received = o->kind == OBSERVE_GATEWAY_RECEIVED;
    uint8_t cause = (uint8_t)(received ? LOSS_NONE : (enum loss_cause)o->b);
    if (common->devices[device].furthest < cause) {
        common->devices[device].furthest = cause;
    }
}

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? NAN : (double)part / (double)whole;
}

static void measure_common_time(const void *state, struct measure *m)
{
    const struct common_time *common = state;
    static const char prefix[] = "install.common_time.";
    measure_count(m, prefix, "rebooted", common->rebooted);
    measure_count(m, prefix, "first_uplinks", common->first_sent);
    measure_add(m, prefix, "first_pdr", share(common->first_received, common->first_sent));
    measure_count(m, prefix, "uplinks", common->sent);
    measure_add(m, prefix, "uplink_pdr", share(common->received, common->sent));
    measure_count(m, prefix, "collided", common->collided);
}

const struct recorder_ops common_time_recorder = {
    .name = "common_time",
    .of_common_time = true,
    .kinds = OBSERVE_BIT(OBSERVE_FIRMWARE) | OBSERVE_BIT(OBSERVE_FRAME_ENDED)
             | OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_GATEWAY_LOST),
    .traces = RECORDER_TRACE(BOOTED),
    .create = create,
    .destroy = free,
    .observe = observe,
    .measure = measure_common_time,
};
