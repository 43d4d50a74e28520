/* A jammer that waits for a preamble on its channel.
 * SPDX-License-Identifier: MIT
 *
 * It sees a frame of any SF and either polarity as a LoRa modem does, after 5 symbols of the
 * preamble, and emits from then on to the frame's end: less power than a constant jammer, and
 * silent where no frame is.
 *
 * assumed: 1 ms to switch from reception to emission (SX1276: PLL and ramp of the amplifier take
 * 0.1 ms, the driver's SPI the rest).
 */
#include "adversary/adversary_internal.h"

#define SWITCH_NS    SIM_NS_PER_MS
#define BANDWIDTH_HZ 125000u

static void detected(struct adversary *self, const struct frame *frame, sim_ns now_ns)
{
    sim_ns from_ns = now_ns + SWITCH_NS;
    if (frame->modulation.frequency_hz != self->params.frequency_hz || from_ns >= frame->end_ns
            || !adversary_takes_turn(self, now_ns)) {
        return;
    }
    struct adversary_fleet *fleet = self->fleet;
    fleet->stats.jammed++;
    if (frame->end_ns > self->jams_until_ns) {
        self->jams_until_ns = frame->end_ns;
    }
    engine_schedule(fleet->around.engine, from_ns, SIM_PHASE_WORLD, self->entity,
            fleet->jam_handler, self->index);
    engine_schedule(fleet->around.engine, frame->end_ns, SIM_PHASE_WORLD, self->entity,
            fleet->quiet_handler, self->index);
}

static void jam(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)now_ns;
    (void)entity;
    const struct adversary_fleet *fleet = context;
    const struct adversary *self = &fleet->items[argument];
    struct medium_jammer jammer = {
        .emitter = {
            .frequency_hz = self->params.frequency_hz,
            .bandwidth_hz = BANDWIDTH_HZ,
            .eirp_mdbm = self->params.power_mdbm,
            .height_m = self->params.height_m,
        },
    };
    medium_device_place(
            fleet->around.medium, self->station, &jammer.emitter.x_m, &jammer.emitter.y_m);
    medium_jammer_start(fleet->around.medium, ADVERSARY_JAMMER_FIRST + self->index, &jammer);
}

static void quiet(void *context, sim_ns now_ns, entity_id entity, uint64_t argument)
{
    (void)entity;
    const struct adversary_fleet *fleet = context;
    if (now_ns >= fleet->items[argument].jams_until_ns) {
        medium_jammer_stop(fleet->around.medium, ADVERSARY_JAMMER_FIRST + (uint32_t)argument);
    }
}

void adversary_jammer_handlers(struct adversary_fleet *fleet)
{
    fleet->jam_handler = engine_handler_add(fleet->around.engine, jam, fleet);
    fleet->quiet_handler = engine_handler_add(fleet->around.engine, quiet, fleet);
}

const struct adversary_ops adversary_reactive_jammer = { .detected = detected };
