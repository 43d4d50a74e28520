/* Receive windows: how long, when, and which one of two that overlap.
 * SPDX-License-Identifier: MIT
 */
#include "mac/mac_internal.h"
#include "radio/lora_airtime.h"

/* Spec-protocol 1.7: a preamble counts as found after this many symbols of it. */
#define SYMBOLS_MIN 6u
/* The RTC against the network's clock: what does not depend on the delay, and what grows with it.
 * assumed: 3 ms, for a flash page being programmed when the timer is due stalls the CPU that long
 * at most (0.7..3 ms for serial NOR); tick rounding (31 us) and interrupt latency vanish in it.
 * assumed: 100 ppm, for a tuning-fork crystal cut to 20 ppm at 25 C and used down to -20 C runs
 * slow by another 0.034 ppm/K^2 * (45 K)^2 = 69 ppm. */
#define ERROR_FIXED_US  3000u
#define ERROR_PER_DELAY 10000u
/* assumed: from standby or sleep the SX1276 receives after 250 us (crystal), 60 us (PLL) and some
 * 150 us at 125 kHz (TS_OSC, TS_FS, TS_RE of datasheet rev 4): 1 ms covers them and the SPI. */
#define RADIO_WAKE_UP_US 1000u
#define PRIORITY_CLASS_A 3u

_Static_assert(2u * SYMBOLS_MIN >= 8u, "a window without any error is not negative");

void mac_window_size(const struct region *region, unsigned data_rate, uint32_t delay_us,
        uint16_t *timeout_symbols, int32_t *offset_ticks)
{
    const struct region_data_rate *rate = &region->data_rates[data_rate];
    uint32_t symbol_us = lora_symbol_us(rate->spreading_factor, rate->bandwidth_khz);
    uint32_t error_us = ERROR_FIXED_US + delay_us / ERROR_PER_DELAY;
    uint32_t symbols = 2u * SYMBOLS_MIN - 8u + (2u * error_us + symbol_us - 1u) / symbol_us;
    symbols = symbols < SYMBOLS_MIN ? SYMBOLS_MIN : symbols;
    /* Centred on the fourth symbol, so half of the window lies on either side of it. */
    int32_t offset_us = (int32_t)(4u * symbol_us) - (int32_t)(symbols * symbol_us / 2u)
                        - (int32_t)RADIO_WAKE_UP_US;
    *timeout_symbols = (uint16_t)symbols;
    *offset_ticks = offset_us < 0 ? -(int32_t)ticks_from_us_up((uint32_t)-offset_us)
                                  : (int32_t)ticks_from_us((uint32_t)offset_us);
}

/* The later of two overlapping windows keeps its place only with the higher priority; the check
 * is made when it is due, see mac_step(). */
void mac_windows_insert(struct core *core, const struct mac_window *window)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count < MAC_WINDOWS);
    unsigned at = core->mac.window_count;
    while (at > 0 && core->mac.windows[at - 1].start_ticks > window->start_ticks) {
        core->mac.windows[at] = core->mac.windows[at - 1];
        at--;
    }
    core->mac.windows[at] = *window;
    core->mac.window_count++;
}

struct mac_window mac_windows_take(struct core *core)
{
    DEVICE_ASSERT(&core->hal, core->mac.window_count > 0);
    struct mac_window first = core->mac.windows[0];
    core->mac.window_count--;
    for (unsigned i = 0; i < core->mac.window_count; i++) {
        core->mac.windows[i] = core->mac.windows[i + 1];
    }
    return first;
}

static void open_one(struct core *core, enum mac_window_owner owner, uint64_t end_ticks,
        uint32_t delay_s, uint32_t frequency_hz, uint8_t data_rate)
{
    DEVICE_ASSERT(&core->hal, owner <= MAC_WINDOW_RX2);
    struct mac_window window = {
        .frequency_hz = frequency_hz,
        .data_rate = data_rate,
        .owner = (uint8_t)owner,
        .priority = PRIORITY_CLASS_A,
    };
    int32_t offset_ticks;
    mac_window_size(mac_region(core), data_rate, delay_s * 1000000u, &window.timeout_symbols,
            &offset_ticks);
    window.start_ticks = end_ticks + (uint64_t)((int64_t)delay_s * HAL_RTC_HZ + offset_ticks);
    mac_windows_insert(core, &window);
}

void mac_windows_open_class_a(struct core *core, uint64_t end_ticks)
{
    DEVICE_ASSERT(&core->hal, core->mac.exchange != MAC_NO_EXCHANGE && core->mac.window_count == 0);
    DEVICE_ASSERT(&core->hal, core->mac.uplink_channel < MAC_CHANNELS);
    const struct region *region = mac_region(core);
    const struct mac_parameters *p = &core->mac.parameters;
    const struct mac_channel *channel = &core->mac.channels[core->mac.uplink_channel];
    bool join = core->mac.exchange == MAC_EXCHANGE_JOIN;
    /* JOIN_ACCEPT_DELAY1 is 5 s, RECEIVE_DELAY1 is negotiated; the second is 1 s later. */
    uint32_t delay_s = join ? 5u : p->rx_delay_s;
    uint8_t offset = join ? 0 : p->rx1_data_rate_offset;
    uint32_t rx1_hz =
            channel->rx1_frequency_hz != 0 ? channel->rx1_frequency_hz : channel->frequency_hz;
    open_one(core, MAC_WINDOW_RX1, end_ticks, delay_s, rx1_hz,
            region->rx1_data_rate[core->mac.uplink_data_rate][offset]);
    open_one(core, MAC_WINDOW_RX2, end_ticks, delay_s + 1u,
            join ? region->rx2_frequency_hz : p->rx2_frequency_hz,
            join ? region->rx2_data_rate : p->rx2_data_rate);
}
