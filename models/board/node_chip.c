/* The chip's outputs: to the air, to the interrupt lines, to the battery.
 * SPDX-License-Identifier: MIT
 */
#include "board/node_internal.h"
#include "random_stream.h"

/* An output belongs to a moment that the engine has not passed (medium.h asks for it). */
static sim_ns air_ns(const struct node *node, sim_ns at_ns)
{
    sim_ns now_ns = engine_now(node->fleet->engine);
    return at_ns > now_ns ? at_ns : now_ns;
}

static struct lora_modulation modulation_of(const struct sx1276_modem *modem)
{
    return (struct lora_modulation){
        .frequency_hz = modem->frequency_hz,
        .bandwidth_hz = modem->bandwidth_hz,
        .spreading_factor = modem->spreading_factor,
        .coding_rate = modem->coding_rate,
        .preamble_symbols = modem->preamble_symbols,
        .sync_word = modem->sync_word,
        .low_data_rate = modem->low_data_rate,
        .implicit_header = modem->implicit_header,
        .payload_crc = modem->payload_crc,
        .iq_inverted = modem->iq_inverted,
    };
}

static struct medium_listening listening_of(const struct sx1276_modem *modem)
{
    return (struct medium_listening){
        .frequency_hz = modem->frequency_hz,
        .bandwidth_hz = modem->bandwidth_hz,
        .spreading_factor = modem->spreading_factor,
        .iq_inverted = modem->iq_inverted,
        .sync_word = modem->sync_word,
        .low_data_rate = modem->low_data_rate,
        .implicit_header = modem->implicit_header,
    };
}

static void antenna_check(struct node *node, sim_ns at_ns, bool right, const char *what)
{
    if (!right) {
        node_guest_fault(node, at_ns, SX1276_GUEST_WARNING, -1, what);
    }
}

static sim_ns chip_tx_begin(void *context, sim_ns at_ns, const struct sx1276_modem *modem,
        int32_t power_mdbm, const uint8_t *bytes, uint16_t size)
{
    struct node *node = context;
    struct node_fleet *fleet = node->fleet;
    node_take_turn(node);
    antenna_check(node, at_ns,
            node->antenna == HAL_ANTENNA_TX_RFO || node->antenna == HAL_ANTENNA_TX_BOOST,
            "transmits with the antenna switch not at TX");
    energy_meter_tx_power(&node->energy, &node->board->type->energy, at_ns, power_mdbm);
    struct lora_modulation modulation = modulation_of(modem);
    if (fleet->medium != NULL) {
        node->tx_frame = medium_transmit_device(fleet->medium, node->index, air_ns(node, at_ns),
                &modulation, power_mdbm + node->board->type->tx_antenna_gain_mdb, bytes, size);
    }
    return lora_time_on_air_ns(&modulation, size);
}

static void chip_tx_abort(void *context, sim_ns at_ns)
{
    struct node *node = context;
    node_take_turn(node);
    if (node->fleet->medium != NULL && node->tx_frame != NULL) {
        medium_abort(node->fleet->medium, node->tx_frame, air_ns(node, at_ns));
    }
    node->tx_frame = NULL;
}

/* A receiver without a time-out (RXCONTINUOUS) does nothing at a preamble by itself: it is not
 * called for one, and takes its detection together with the end of the frame, or when firmware
 * looks at its registers before. */
static void chip_rx_begin(void *context, sim_ns at_ns, const struct sx1276_modem *modem)
{
    struct node *node = context;
    node_take_turn(node);
    antenna_check(node, at_ns, node->antenna == HAL_ANTENNA_RX,
            "receives with the antenna switch not at RX");
    node->rx_since_ns = at_ns;
    node->rx_silent = sx1276_next_edge(&node->chip) == SIM_NS_NEVER;
    node->header_watched = false;
    struct medium_listening listening = listening_of(modem);
    listening.silent_detect = node->rx_silent;
    if (node->fleet->medium != NULL) {
        medium_listen(node->fleet->medium, node->index, air_ns(node, at_ns), &listening);
    }
}

static void chip_rx_end(void *context, sim_ns at_ns)
{
    struct node *node = context;
    node_take_turn(node);
    if (node->fleet->medium != NULL) {
        medium_unlisten(node->fleet->medium, node->index, air_ns(node, at_ns));
    }
}

static bool chip_cad(void *context, sim_ns from_ns, sim_ns to_ns, const struct sx1276_modem *modem)
{
    struct node *node = context;
    node_take_turn(node);
    antenna_check(node, to_ns, node->antenna == HAL_ANTENNA_RX,
            "senses the channel with the antenna switch not at RX");
    struct medium_listening listening = listening_of(modem);
    return node->fleet->medium != NULL
           && medium_channel_active(node->fleet->medium, node->index, &listening, from_ns, to_ns);
}

/* Of several nodes that get a frame at one time none receives another one yet, so the answer is its
 * own. */
static enum sx1276_found chip_reception(void *context, sim_ns at_ns, struct sx1276_rx *header)
{
    const struct node *node = context;
    struct medium *medium = node->fleet->medium;
    struct medium_reception reception = { 0 };
    if (medium != NULL) {
        reception = medium_reception(medium, node->index);
    }
    const struct frame *frame = reception.frame;
    if (frame == NULL) {
        return SX1276_FOUND_NOTHING;
    }
    if (!reception.header_ok) {
        bool over = frame->header_ns <= engine_now(node->fleet->engine);
        return over ? SX1276_FOUND_BROKEN_HEADER : SX1276_FOUND_PREAMBLE;
    }
    header->bytes = frame->bytes;
    header->size = frame->size;
    header->coding_rate = frame->modulation.coding_rate;
    header->has_crc = frame->modulation.payload_crc;
    header->header_ns = frame->header_ns;
    return SX1276_FOUND_HEADER;
}

static void chip_watch_header(void *context, sim_ns at_ns)
{
    struct node *node = context;
    struct node_fleet *fleet = node->fleet;
    node_take_turn(node);
    node->header_watched = true;
    if (fleet->medium == NULL) {
        return;
    }
    medium_tell_detection(fleet->medium, node->index);
    struct medium_reception reception = medium_reception(fleet->medium, node->index);
    if (reception.frame != NULL) {
        node_schedule_header(node, reception.frame);
    }
}

static double chip_channel_power_mw(
        void *context, sim_ns at_ns, uint32_t frequency_hz, uint32_t bandwidth_hz)
{
    struct node *node = context;
    node_take_turn(node);
    return node->fleet->medium != NULL ? medium_channel_power_mw(
                   node->fleet->medium, node->index, at_ns, frequency_hz, bandwidth_hz)
                                       : 0;
}

static void chip_dio(void *context, sim_ns at_ns, unsigned dio, bool level)
{
    const struct node *node = context;
    if (dio >= node->board->type->radio_interrupts) {
        return;
    }
    if (level || (node->board->build->flags & FIRMWARE_BOTH_EDGES) != 0) {
        node_latch(context, (enum fw_irq)(FW_IRQ_DIO0 + dio), at_ns);
    }
}

static void chip_power(void *context, sim_ns at_ns, enum sx1276_power power)
{
    struct node *node = context;
    struct energy_radio radio = { 0 };
    if (power == SX1276_POWER_RX || power == SX1276_POWER_CAD) {
        radio.bandwidth_hz = node->chip.modem.bandwidth_hz;
        radio.lna_boost = sx1276_lna_boost(&node->chip);
    }
    energy_meter_radio(&node->energy, &node->board->type->energy, at_ns, power, &radio);
    if (node->faults != NULL) {
        node_battery_load(node, at_ns);
    }
    const struct node_fleet *fleet = node->fleet;
    if (fleet->on_radio_count > 0) {
        node_take_turn(node);
    }
    for (uint32_t i = 0; i < fleet->on_radio_count; i++) {
        fleet->on_radio[i].changed(fleet->on_radio[i].context, node->index, at_ns, power);
    }
}

static void chip_fault(void *context, sim_ns at_ns, enum sx1276_severity severity, uint8_t address,
        const char *what)
{
    node_guest_fault(context, at_ns, severity, address, what);
}

static uint8_t chip_noise(void *context)
{
    struct node *node = context;
    uint32_t at = node->store->noise_count++;
    if (at % sizeof node->noise == 0) {
        uint32_t block[4];
        random_block(engine_seed(node->fleet->engine), node_entity(node), RANDOM_RSSI_WIDEBAND,
                at / sizeof node->noise, block);
        for (unsigned i = 0; i < sizeof node->noise; i++) {
            node->noise[i] = (uint8_t)(block[i / 4] >> (8 * (i % 4)));
        }
    }
    return node->noise[at % sizeof node->noise];
}

const struct sx1276_outputs node_chip_outputs = {
    .tx_begin = chip_tx_begin,
    .tx_abort = chip_tx_abort,
    .rx_begin = chip_rx_begin,
    .rx_end = chip_rx_end,
    .cad = chip_cad,
    .reception = chip_reception,
    .watch_header = chip_watch_header,
    .channel_power_mw = chip_channel_power_mw,
    .dio = chip_dio,
    .power = chip_power,
    .fault = chip_fault,
    .noise = chip_noise,
};
