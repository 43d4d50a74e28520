/* The bench: firmware by script, air by notebook.
 * SPDX-License-Identifier: MIT
 */
#include "rig.h"

#include <criterion/criterion.h>
#include <string.h>

struct rig rig;
struct rig_script rig_script;

/* --- firmware ------------------------------------------------------------------------------------
 */

struct rig_ram {
    struct hal hal;
    uint8_t rest[1000];
};

static void scripted_boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    struct rig_ram *own = ram;
    rig.boots++;
    rig.ram_was_poisoned = true;
    for (size_t i = 0; i < sizeof *own; i++) {
        rig.ram_was_poisoned &= ((const uint8_t *)ram)[i] == 0xA5;
    }
    own->hal = *hal;
    own->rest[17] = 1;
    if (rig_script.boot != NULL) {
        rig_script.boot(hal, cause);
    }
}

static void scripted_irq(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    struct rig_ram *own = ram;
    if (rig_script.irq != NULL) {
        rig_script.irq(&own->hal, source, edge_ticks);
    }
}

static bool scripted_run(void *ram)
{
    struct rig_ram *own = ram;
    return rig_script.run != NULL && rig_script.run(&own->hal);
}

static const struct fw_ops scripted = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "scripted",
    .ram_size_bytes = sizeof(struct rig_ram),
    .ram_align_bytes = 8,
    .boot = scripted_boot,
    .irq = scripted_irq,
    .run = scripted_run,
};

static void no_provision(const struct firmware_flash *flash, const struct device_identity *identity,
        const struct device_configuration *configuration)
{
}

static const struct firmware_build scripted_build = {
    FIRMWARE_BUILD_HEADER,
    .name = "scripted",
    .application = &scripted,
    .provision = no_provision,
};

/* --- air ---------------------------------------------------------------------------------------
 */

struct medium {
    void *contexts[4];
};

static struct medium air;

void medium_device_attach(struct medium *medium, uint32_t device, void *context)
{
    if (device < 4) {
        medium->contexts[device] = context;
    }
}

void medium_listen(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct medium_listening *listening)
{
    cr_assert_geq(at_ns, engine_now(rig.engine));
    struct rig_listening *note = &rig.heard[rig.listenings++ % RIG_LOG_SIZE];
    *note = (struct rig_listening){ .on = true, .at_ns = at_ns, .what = *listening };
}

void medium_unlisten(struct medium *medium, uint32_t device, sim_ns at_ns)
{
    cr_assert_geq(at_ns, engine_now(rig.engine));
    struct rig_listening *note = &rig.heard[rig.listenings++ % RIG_LOG_SIZE];
    *note = (struct rig_listening){ .on = false, .at_ns = at_ns };
}

bool medium_channel_active(const struct medium *medium, uint32_t device,
        const struct medium_listening *listening, sim_ns from_ns, sim_ns to_ns)
{
    rig.sensings++;
    rig.sensed = (struct rig_listening){ .on = true, .at_ns = to_ns, .what = *listening };
    rig.sensed_from_ns = from_ns;
    return rig.channel_active;
}

struct medium_reception medium_reception(struct medium *medium, uint32_t device)
{
    rig.receptions_asked++;
    const struct frame *found = rig.found;
    return (struct medium_reception){
        .frame = found,
        .header_ok =
                found != NULL && found->header_ns <= engine_now(rig.engine) && !rig.headers_broken,
    };
}

void medium_tell_detection(struct medium *medium, uint32_t device)
{
    rig.detections_asked++;
}

double medium_channel_power_mw(const struct medium *medium, uint32_t device, sim_ns at_ns,
        uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    return rig.channel_power_mw;
}

const struct frame *medium_transmit_device(struct medium *medium, uint32_t device, sim_ns at_ns,
        const struct lora_modulation *modulation, int32_t power_mdbm, const uint8_t *bytes,
        uint16_t size)
{
    cr_assert_geq(at_ns, engine_now(rig.engine));
    struct rig_transmission *note = &rig.sent[rig.transmissions++ % RIG_LOG_SIZE];
    memset(note, 0, sizeof *note);
    note->at_ns = at_ns;
    note->frame.modulation = *modulation;
    note->frame.power_mdbm = power_mdbm;
    note->frame.size = size;
    memcpy(note->frame.bytes, bytes, size);
    return &note->frame;
}

void medium_abort(struct medium *medium, const struct frame *frame, sim_ns at_ns)
{
    rig.sent[(rig.transmissions - 1) % RIG_LOG_SIZE].aborted = true;
    cr_assert_eq(frame, &rig.sent[(rig.transmissions - 1) % RIG_LOG_SIZE].frame);
}

/* --- frames from the air -------------------------------------------------------------------------
 */

static struct frame incoming[RIG_LOG_SIZE];
static unsigned incoming_count;
static uint16_t detect_handler, end_handler;

static void on_detect(void *context, sim_ns now_ns, entity_id entity, uint64_t which)
{
    rig.found = &incoming[which];
    node_medium_ops.detected(air.contexts[0], &incoming[which], now_ns);
}

static void on_end(void *context, sim_ns now_ns, entity_id entity, uint64_t which)
{
    const struct frame *frame = &incoming[which];
    struct verdict verdict = {
        .cause = LOSS_NONE,
        .header_ok = true,
        .rssi_mdbm = -80000,
        .snr_mdb = 8000,
        .frequency_error_hz = rig.frequency_error_hz,
    };
    rig.found = NULL;
    node_medium_ops.prefetch(air.contexts, 1, true);
    node_medium_ops.ended(air.contexts[0], frame, &verdict, frame->bytes, frame->size, now_ns);
}

void rig_frame_at(sim_ns at_ns, const uint8_t *bytes, uint16_t size, bool detect)
{
    unsigned which = incoming_count++ % RIG_LOG_SIZE;
    struct frame *frame = &incoming[which];
    memset(frame, 0, sizeof *frame);
    frame->id = UINT64_C(7) << 32 | which;
    frame->size = size;
    frame->modulation.coding_rate = 1;
    frame->start_ns = at_ns - 20 * SIM_NS_PER_MS;
    frame->preamble_end_ns = at_ns - 8 * SIM_NS_PER_MS;
    frame->header_ns = at_ns - 4 * SIM_NS_PER_MS;
    frame->end_ns = at_ns;
    memcpy(frame->bytes, bytes, size);
    if (detect) {
        engine_schedule(rig.engine, at_ns - 5 * SIM_NS_PER_MS, SIM_PHASE_AIR_DETECT, 1,
                detect_handler, which);
    }
    engine_schedule(rig.engine, at_ns, SIM_PHASE_AIR_END, 1, end_handler, which);
}

/* --- the bench
 * ------------------------------------------------------------------------------------ */

static void observe(void *context, const struct observation *observation)
{
    rig.observed[rig.observations++ % RIG_LOG_SIZE] = *observation;
}

void rig_open(void)
{
    memset(&rig, 0, sizeof rig);
    memset(&rig_script, 0, sizeof rig_script);
    memset(&air, 0, sizeof air);
    incoming_count = 0;
    rig.board = board_stm32l072_sx1276;
    rig.build = scripted_build;
    rig.builds[0] = &rig.build;
    rig.params = (struct node_fleet_params){
        .board = &rig.board, .builds = rig.builds, .build_count = 1, .crypto_memo = true
    };
    rig.crystal.temperature_mean_c = 21.5;
    rig.engine = engine_create(RIG_SEED);
    engine_observer_add(rig.engine, OBSERVE_ALL, observe, NULL);
    detect_handler = engine_handler_add(rig.engine, on_detect, NULL);
    end_handler = engine_handler_add(rig.engine, on_end, NULL);
}

void rig_start(uint32_t count)
{
    static const uint8_t image[700] = { [0] = 'F', [1] = 'I', [699] = 0x99 };
    (void)engine_entity_add(rig.engine, 1); /* sender of what comes from the air */
    rig.count = count;
    rig.first_entity = engine_entity_add(rig.engine, count);
    rig.params.initial_image = image;
    rig.params.initial_image_size = sizeof image;
    rig.fleet = node_fleet_create(rig.engine, &rig.params, count, rig.first_entity);
    cr_assert_not_null(rig.fleet);
    for (uint32_t i = 0; i < count; i++) {
        struct node_params params = {
            .configuration = { .report_period_s = 14400, .report_size = 24 },
        };
        device_identity_draw(&params.identity, RIG_SEED, i);
        params.crystal = rig.crystal;
        params.battery = rig.battery;
        params.boot_at_ns = rig.boot_at_ns;
        cr_assert(node_fleet_configure(rig.fleet, i, &params));
    }
    node_fleet_start(rig.fleet, &air);
}

void rig_close(void)
{
    node_fleet_destroy(rig.fleet);
    engine_destroy(rig.engine);
}

void rig_run_to(sim_ns at_ns)
{
    engine_run(rig.engine, at_ns);
}

struct node_fleet_stats rig_stats(void)
{
    struct node_fleet_stats stats;
    node_fleet_stats(rig.fleet, &stats);
    return stats;
}

const struct observation *rig_find(enum observation_kind kind, unsigned nth)
{
    for (unsigned i = 0; i < rig.observations && i < RIG_LOG_SIZE; i++) {
        if (rig.observed[i].kind == (uint32_t)kind && nth-- == 0) {
            return &rig.observed[i];
        }
    }
    return NULL;
}

/* --- SX1276
 * --------------------------------------------------------------------------------------- */

void rig_write(const struct hal *hal, uint8_t address, uint8_t value)
{
    uint8_t bytes[2] = { (uint8_t)(address | 0x80u), value };
    hal_radio_select(hal);
    hal_radio_exchange(hal, bytes, NULL, 2);
    hal_radio_deselect(hal);
}

uint8_t rig_read(const struct hal *hal, uint8_t address)
{
    uint8_t bytes[2] = { address, 0 };
    hal_radio_select(hal);
    hal_radio_exchange(hal, bytes, bytes, 2);
    hal_radio_deselect(hal);
    return bytes[1];
}

void rig_lora_standby(const struct hal *hal)
{
    rig_write(hal, 0x01, 0x08); /* RegOpMode: FSK sleep, low-frequency bit as after reset */
    rig_write(hal, 0x01, 0x80); /* LoRa sleep */
    rig_write(hal, 0x06, 0xD9); /* RegFrf: 868.1 MHz / 61.035 Hz = 0xD90666 */
    rig_write(hal, 0x07, 0x06);
    rig_write(hal, 0x08, 0x66);
    rig_write(hal, 0x09, 0x8C); /* RegPaConfig: PA_BOOST, 2 + 12 dBm */
    rig_write(hal, 0x1D, 0x72); /* 125 kHz, 4/5, explicit header */
    rig_write(hal, 0x1E, 0x74); /* SF7, CRC */
    rig_write(hal, 0x26, 0x04); /* AGC */
    rig_write(hal, 0x39, 0x34); /* LoRaWAN sync word */
    rig_write(hal, 0x0E, 0x00); /* FIFO bases */
    rig_write(hal, 0x0F, 0x00);
    rig_write(hal, 0x01, 0x81); /* standby */
}

void rig_receive_continuous(const struct hal *hal)
{
    hal_radio_antenna(hal, HAL_ANTENNA_RX);
    rig_write(hal, 0x40, 0x00); /* DIO0: RxDone */
    rig_write(hal, 0x01, 0x85);
}

void rig_transmit(const struct hal *hal, const uint8_t *bytes, uint8_t size)
{
    uint8_t address = 0x80;
    hal_radio_antenna(hal, HAL_ANTENNA_TX_BOOST);
    rig_write(hal, 0x40, 0x40); /* DIO0: TxDone */
    rig_write(hal, 0x0D, 0x00);
    rig_write(hal, 0x22, size);
    hal_radio_select(hal);
    hal_radio_exchange(hal, &address, NULL, 1);
    hal_radio_exchange(hal, bytes, NULL, size);
    hal_radio_deselect(hal);
    rig_write(hal, 0x01, 0x83);
}
