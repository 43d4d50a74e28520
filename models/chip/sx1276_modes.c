/* SX1276 mode machine: the way to a commanded mode, step by step, and back to standby.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <string.h>

#include "chip/sx1276_parts.h"

/* Datasheet table 7, typical. */
#define OSCILLATOR_NS (250 * SIM_NS_PER_US) /* TS_OSC */
#define PLL_NS        (60 * SIM_NS_PER_US)  /* TS_FS */

#define SYMBOL_TIMEOUT_MIN 4u

void sx1276_set_power(struct sx1276 *chip, enum sx1276_power power)
{
    if (chip->power != power) {
        chip->power = (uint8_t)power;
        chip->outputs->power(chip->context, chip->now_ns, power);
    }
}

static void set_stage(struct sx1276 *chip, enum sx1276_stage stage, sim_ns end_ns)
{
    static const uint8_t power_of[STAGE_COUNT] = {
        [STAGE_RESET] = SX1276_POWER_RESET,
        [STAGE_SLEEP] = SX1276_POWER_SLEEP,
        [STAGE_OSCILLATOR] = SX1276_POWER_STANDBY,
        [STAGE_STANDBY] = SX1276_POWER_STANDBY,
        [STAGE_PLL] = SX1276_POWER_FS,
        [STAGE_FS] = SX1276_POWER_FS,
        [STAGE_CHAIN] = SX1276_POWER_FS,
        [STAGE_TX] = SX1276_POWER_TX,
        [STAGE_RX] = SX1276_POWER_RX,
        [STAGE_CAD_LISTEN] = SX1276_POWER_RX,
        [STAGE_CAD_CORRELATE] = SX1276_POWER_CAD,
    };
    chip->stage = (uint8_t)stage;
    if (chip->edges_ns[SX1276_EDGE_STAGE] != end_ns) {
        sx1276_set_edge(chip, SX1276_EDGE_STAGE, end_ns);
    }
    sx1276_set_power(chip, (enum sx1276_power)power_of[stage]);
    sx1276_update_dio(chip);
}

static void set_mode_bits(struct sx1276 *chip, enum sx1276_mode mode)
{
    chip->lora[REG_OP_MODE] = (uint8_t)((chip->lora[REG_OP_MODE] & 0xf8u) | mode);
}

static void stop_listening(struct sx1276 *chip)
{
    chip->receiving = false;
    chip->header_seen = false;
    if (chip->listening) {
        chip->listening = false;
        chip->outputs->rx_end(chip->context, chip->now_ns);
    }
}

/* Whatever runs is given up: another mode was commanded, or reset. */
void sx1276_leave_air(struct sx1276 *chip)
{
    if (chip->tx_begun) {
        chip->tx_begun = false;
        chip->outputs->tx_abort(chip->context, chip->now_ns);
    }
    stop_listening(chip);
    if (chip->edges_ns[SX1276_EDGE_RX_DONE] != SIM_NS_NEVER) {
        sx1276_set_edge(chip, SX1276_EDGE_RX_DONE, SIM_NS_NEVER);
    }
    if (chip->edges_ns[SX1276_EDGE_CALIBRATION] != SIM_NS_NEVER) {
        sx1276_calibration_ended(chip);
        sx1276_set_edge(chip, SX1276_EDGE_CALIBRATION, SIM_NS_NEVER);
    }
}

void sx1276_return_to_standby(struct sx1276 *chip, uint8_t irq_flags)
{
    stop_listening(chip);
    set_mode_bits(chip, MODE_STANDBY);
    set_stage(chip, STAGE_STANDBY, SIM_NS_NEVER);
    sx1276_raise(chip, irq_flags);
}

/* --- commands -------------------------------------------------------------------------------- */

static void send_fifo(struct sx1276 *chip, sim_ns start_ns)
{
    uint8_t scratch[SX1276_FIFO_SIZE];
    int32_t power_mdbm = sx1276_tx_power_mdbm(chip);
    uint8_t size = chip->lora[REG_PAYLOAD_LENGTH];
    const uint8_t *bytes = sx1276_fifo_view(chip, chip->lora[REG_FIFO_TX_BASE], size, scratch);
    chip->tx_duration_ns =
            chip->outputs->tx_begin(chip->context, start_ns, &chip->modem, power_mdbm, bytes, size);
    assert(chip->tx_duration_ns >= 0);
    chip->tx_begun = true;
}

static void prepare_tx(struct sx1276 *chip, sim_ns pll_ns)
{
    if (!sx1276_is_lora(chip)) {
        sx1276_fault(chip, SX1276_UNIMPLEMENTED, REG_OP_MODE, "FSK transmitter is not modelled");
        return;
    }
    sx1276_latch_modem(chip, true);
    sx1276_check_modem_settings(chip);
    sx1276_check_tx_settings(chip, sx1276_tx_power_mdbm(chip));
    send_fifo(chip, pll_ns + sx1276_tx_ramp_ns(chip));
}

static uint32_t symbol_timeout(const struct sx1276 *chip)
{
    return (chip->lora[REG_MODEM_CONFIG2] & 3u) << 8 | chip->lora[REG_SYMB_TIMEOUT];
}

static void prepare_rx(struct sx1276 *chip, enum sx1276_mode mode)
{
    if (!sx1276_is_lora(chip)) {
        return; /* carrier sense only */
    }
    sx1276_latch_modem(chip, false);
    sx1276_check_modem_settings(chip);
    if (mode == MODE_RX_SINGLE && symbol_timeout(chip) < SYMBOL_TIMEOUT_MIN) {
        sx1276_fault(chip, SX1276_GUEST_WARNING, REG_SYMB_TIMEOUT, "SymbTimeout below 4");
    }
    if (mode != MODE_CAD) {
        sx1276_rx_started(chip);
    }
}

/* FS in the direction of `mode`: the PLL stays locked. */
static bool locked_for(const struct sx1276 *chip, enum sx1276_mode from, enum sx1276_mode mode)
{
    return chip->stage == STAGE_FS && (from == MODE_FSTX) == (mode == MODE_TX) && mode != MODE_FSTX
           && mode != MODE_FSRX;
}

static void start_chain(struct sx1276 *chip)
{
    bool transmit = sx1276_mode(chip) == MODE_TX;
    set_stage(chip, STAGE_CHAIN,
            chip->now_ns + (transmit ? sx1276_tx_ramp_ns(chip) : sx1276_rx_startup_ns(chip)));
}

/* FSTX, FSRX and the modes after them. */
static void command_running_mode(struct sx1276 *chip, enum sx1276_mode from, enum sx1276_mode mode)
{
    bool locked = locked_for(chip, from, mode);
    if (chip->stage == STAGE_SLEEP) {
        set_stage(chip, STAGE_OSCILLATOR, chip->now_ns + OSCILLATOR_NS);
    }
    bool starting = chip->stage == STAGE_OSCILLATOR;
    sim_ns awake_ns = starting ? chip->edges_ns[SX1276_EDGE_STAGE] : chip->now_ns;
    sim_ns pll_ns = locked ? awake_ns : awake_ns + PLL_NS;
    if (mode == MODE_TX) {
        prepare_tx(chip, pll_ns);
    } else if (mode >= MODE_RX_CONTINUOUS) {
        prepare_rx(chip, mode);
    }
    if (locked) {
        start_chain(chip);
    } else if (!starting) {
        set_stage(chip, STAGE_PLL, pll_ns);
    }
}

static void clear_session_counters(struct sx1276 *chip)
{
    memset(&chip->lora[REG_RX_HEADER_CNT], 0, 4);
}

void sx1276_command_mode(struct sx1276 *chip, enum sx1276_mode mode)
{
    enum sx1276_mode from = sx1276_mode(chip);
    if (mode == from) {
        return;
    }
    sx1276_leave_air(chip);
    set_mode_bits(chip, mode);
    switch (mode) {
    case MODE_SLEEP:
        sx1276_fifo_forget(chip);
        clear_session_counters(chip);
        set_stage(chip, STAGE_SLEEP, SIM_NS_NEVER);
        break;
    case MODE_STANDBY:
        if (chip->stage == STAGE_SLEEP) {
            set_stage(chip, STAGE_OSCILLATOR, chip->now_ns + OSCILLATOR_NS);
        } else if (chip->stage != STAGE_OSCILLATOR) {
            set_stage(chip, STAGE_STANDBY, SIM_NS_NEVER);
        }
        break;
    case MODE_FSTX:
    case MODE_TX:
    case MODE_FSRX:
    case MODE_RX_CONTINUOUS:
    case MODE_RX_SINGLE:
    case MODE_CAD:
        command_running_mode(chip, from, mode);
        break;
    }
}

/* --- steps ----------------------------------------------------------------------------------- */

static void start_listening(struct sx1276 *chip, sim_ns end_ns)
{
    set_stage(chip, STAGE_RX, end_ns);
    if (sx1276_is_lora(chip)) {
        chip->listening = true;
        chip->header_watched = false;
        chip->outputs->rx_begin(chip->context, chip->now_ns, &chip->modem);
        sx1276_rx_watch(chip);
    }
}

/* Datasheet section 4.1.6: the receiver runs for (2^SF + 32) / BW. */
static sim_ns cad_listen_ns(const struct sx1276 *chip)
{
    uint64_t chips = (UINT64_C(1) << chip->modem.spreading_factor) + 32u;
    return (sim_ns)(chips * UINT64_C(1000000000) / chip->modem.bandwidth_hz);
}

/* "A bit less than one symbol"; assumed 3/4, which puts the whole CAD between 1.76 (SF12) and
 * 2.25 symbols (SF6), the span of the datasheet's figure. */
static sim_ns cad_correlate_ns(const struct sx1276 *chip)
{
    return sx1276_symbols_ns(&chip->modem, 3) / 4;
}

/* RX off; what was heard is worked on. The sync word is not looked at. */
static void cad_listened(struct sx1276 *chip)
{
    chip->cad_detected = chip->outputs->cad(
            chip->context, chip->now_ns - cad_listen_ns(chip), chip->now_ns, &chip->modem);
    set_stage(chip, STAGE_CAD_CORRELATE, chip->now_ns + cad_correlate_ns(chip));
}

static void chain_started(struct sx1276 *chip)
{
    enum sx1276_mode mode = sx1276_mode(chip);
    sim_ns end_ns = SIM_NS_NEVER;
    if (mode == MODE_TX) {
        if (chip->tx_begun) {
            end_ns = chip->now_ns + chip->tx_duration_ns;
        }
        set_stage(chip, STAGE_TX, end_ns);
    } else if (mode == MODE_CAD) {
        set_stage(chip, STAGE_CAD_LISTEN, chip->now_ns + cad_listen_ns(chip));
    } else {
        if (mode == MODE_RX_SINGLE) {
            end_ns = chip->now_ns + sx1276_symbols_ns(&chip->modem, symbol_timeout(chip));
        }
        start_listening(chip, end_ns);
    }
}

static void tx_ended(struct sx1276 *chip)
{
    chip->tx_begun = false;
    if ((chip->lora[REG_MODEM_CONFIG2] & 0x08u) != 0) { /* TxContinuousMode: again and again */
        send_fifo(chip, chip->now_ns);
        /* Never in no time: silicon sends at least a preamble. */
        sim_ns minimum_ns = sx1276_symbols_ns(&chip->modem, 1);
        sim_ns duration_ns = chip->tx_duration_ns;
        set_stage(chip, STAGE_TX,
                chip->now_ns + (duration_ns > minimum_ns ? duration_ns : minimum_ns));
    } else {
        sx1276_return_to_standby(chip, IRQ_TX_DONE);
    }
}

static void oscillator_started(struct sx1276 *chip)
{
    if (sx1276_mode(chip) == MODE_STANDBY) {
        set_stage(chip, STAGE_STANDBY, SIM_NS_NEVER);
    } else {
        set_stage(chip, STAGE_PLL, chip->now_ns + PLL_NS);
    }
}

static void pll_locked(struct sx1276 *chip)
{
    enum sx1276_mode mode = sx1276_mode(chip);
    if (mode == MODE_FSTX || mode == MODE_FSRX) {
        set_stage(chip, STAGE_FS, SIM_NS_NEVER);
    } else {
        start_chain(chip);
    }
}

sim_ns sx1276_start_up_end_ns(const struct sx1276 *chip)
{
    enum sx1276_mode mode = sx1276_mode(chip);
    assert(sx1276_starts_up(chip));
    if (mode == MODE_STANDBY || mode == MODE_FSTX || mode == MODE_FSRX) {
        return SIM_NS_NEVER;
    }
    sim_ns at_ns = chip->edges_ns[SX1276_EDGE_STAGE];
    at_ns += chip->stage == STAGE_OSCILLATOR ? PLL_NS : 0;
    if (chip->stage != STAGE_CHAIN) {
        at_ns += mode == MODE_TX ? sx1276_tx_ramp_ns(chip) : sx1276_rx_startup_ns(chip);
    }
    return at_ns;
}

void sx1276_stage_ended(struct sx1276 *chip)
{
    switch ((enum sx1276_stage)chip->stage) {
    case STAGE_OSCILLATOR:
        oscillator_started(chip);
        break;
    case STAGE_PLL:
        pll_locked(chip);
        break;
    case STAGE_CHAIN:
        chain_started(chip);
        break;
    case STAGE_TX:
        tx_ended(chip);
        break;
    case STAGE_RX: /* no preamble within SymbTimeout symbols */
        sx1276_return_to_standby(chip, IRQ_RX_TIMEOUT);
        break;
    case STAGE_CAD_LISTEN:
        cad_listened(chip);
        break;
    case STAGE_CAD_CORRELATE:
        sx1276_return_to_standby(
                chip, (uint8_t)(IRQ_CAD_DONE | (chip->cad_detected ? IRQ_CAD_DETECTED : 0)));
        break;
    case STAGE_RESET:
    case STAGE_SLEEP:
    case STAGE_STANDBY:
    case STAGE_FS:
    case STAGE_COUNT:
        assert(false); /* these have no end of their own */
        break;
    }
}
