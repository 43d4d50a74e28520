/* The firmware's root: boot, interrupts, main loop.
 * SPDX-License-Identifier: MIT
 *
 * Every run does what is due and arms the one alarm for what comes next. Interrupts only set
 * a flag. Order of uplinks: answers of the services, then the report, then a poll.
 */
#include "fw.h"

#include <stddef.h>
#include <string.h>

#include "fw_drop.h"
#include "fw_install.h"
#include "fw_state.h"
#include "mac/mac.h"
#include "trace.h"

/* A quarter of a millisecond. */
#define RADIO_EARLY_TICKS    (HAL_RTC_HZ / 4096u)
#define CLOCK_AGE_MAX_H      24u
#define SERVICES_QUIET_TICKS HAL_RTC_HZ

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* --- boot ------------------------------------------------------------------------------------ */

static void fw_boot(void *ram, const struct hal *hal, enum hal_reset_cause cause)
{
    struct fw *fw = ram;
    fw->irq_latched = 0;
    fw->alarm_at_ticks = HAL_TICKS_NEVER;
    fw->services_quiet_until_ticks = 0;
    fw->core.hal = *hal;
    memset(&fw->core.clock, 0, sizeof fw->core.clock);
    (void)factory_read(hal, &fw->core.factory); /* blank: the MAC stays silent */
    nvm_open(&fw->core.nvm, hal);
    mac_init(&fw->core, cause);
    update_init(&fw->core.update, hal);
    report_init(&fw->report, hal, &fw->core.factory, cause);
    fw->report.reboots = mac_resets(&fw->core);
    services_init(&fw->services, &fw->core);
    fw_install_init(fw);
    hal_trace(hal, FW_TRACE_BOOTED, cause, fw->report.running.version);
}

/* --- interrupts ------------------------------------------------------------------------------ */

static void fw_irq(void *ram, enum fw_irq source, uint64_t edge_ticks)
{
    struct fw *fw = ram;
    DEVICE_ASSERT(&fw->core.hal, source < FW_IRQ_COUNT);
    fw->irq_latched |= 1u << source;
    if (source == FW_IRQ_DIO0 || source == FW_IRQ_DIO1) {
        fw->dio_edge_ticks[source - FW_IRQ_DIO0] = edge_ticks;
    }
}

static void serve_dio(struct fw *fw, unsigned dio)
{
    DEVICE_ASSERT(&fw->core.hal, dio < sizeof fw->dio_edge_ticks / sizeof fw->dio_edge_ticks[0]);
    struct mac_rx rx; /* not cleared: the radio fills what counts */
    if (mac_irq(&fw->core, dio, fw->dio_edge_ticks[dio], &rx)) {
        services_on_downlink(&fw->services, &fw->core, &rx.downlink);
    }
}

/* Returns the time after it. */
static uint64_t serve_irqs(struct fw *fw, uint64_t now_ticks)
{
    uint32_t latched = fw->irq_latched;
    DEVICE_ASSERT(&fw->core.hal, latched >> FW_IRQ_COUNT == 0);
    fw->irq_latched = 0;
    if ((latched & 1u << FW_IRQ_DIO0) != 0) {
        serve_dio(fw, 0);
    }
    if ((latched & 1u << FW_IRQ_DIO1) != 0) {
        serve_dio(fw, 1);
    }
    if ((latched & 1u << FW_IRQ_FLASH_DONE) != 0) {
        fw_install_on_flash_done(fw);
        services_on_flash_done(&fw->services, &fw->core);
    }
    if ((latched & 1u << FW_IRQ_ALARM) != 0) {
        fw->alarm_at_ticks = HAL_TICKS_NEVER;
    }
    /* An alarm alone takes no time, and reading the clock does. */
    return latched == 1u << FW_IRQ_ALARM ? now_ticks : hal_rtc_now(&fw->core.hal);
}

/* --- uplinks --------------------------------------------------------------------------------- */

static uint64_t services_want_at(const struct fw *fw)
{
    uint64_t at = services_uplink_at(&fw->services, &fw->core);
    return at > fw->services_quiet_until_ticks ? at : fw->services_quiet_until_ticks;
}

/* When an uplink that carries nothing of its own wants to leave. */
static uint64_t poll_at(const struct fw *fw)
{
    return earlier(mac_poll_at(&fw->core), fw_trial_ask_at(fw));
}

/* When something wants to leave. A session, and a restart that is near, hold back what the device
 * would say of its own accord. */
static uint64_t uplink_wanted_at(const struct fw *fw, uint64_t now_ticks)
{
    uint64_t wanted_at = services_want_at(fw);
    if (!fw_install_restart_is_near(fw)) {
        wanted_at = earlier(wanted_at, report_uplink_at(&fw->report));
        uint64_t empty_at = poll_at(fw);
        if (empty_at < wanted_at && !services_session_active(&fw->services, &fw->core, now_ticks)) {
            wanted_at = empty_at;
        }
    }
    return wanted_at;
}

/* When to look at the next uplink. The duty cycle is asked only once something wants to leave:
 * most runs are about a frame that came. */
static uint64_t uplink_at(const struct fw *fw, uint64_t now_ticks)
{
    uint64_t wanted_at = uplink_wanted_at(fw, now_ticks);
    if (wanted_at > now_ticks) {
        return wanted_at;
    }
    uint64_t possible_at = mac_uplink_possible_at(&fw->core, now_ticks);
    return wanted_at > possible_at ? wanted_at : possible_at;
}

/* Whatever leaves takes a DeviceTimeReq along when the clock is unset or old. */
static void refresh_clock(struct fw *fw, uint64_t now_ticks)
{
    const struct gps_clock *clock = &fw->core.clock;
    uint32_t hours = fw->core.factory.clock_refresh_h;
    if (hours == FACTORY_CLOCK_REFRESH_NEVER) {
        return;
    }
    uint64_t age_max = (hours != 0 ? hours : CLOCK_AGE_MAX_H) * 3600u * (uint64_t)HAL_RTC_HZ;
    if (!clock->valid || now_ticks - clock->set_at_ticks > age_max) {
        mac_request_device_time(&fw->core);
    }
}

static void hold_report_back(struct fw *fw, uint64_t now_ticks)
{
    report_hold_back(&fw->report, now_ticks);
    hal_trace(&fw->core.hal, FW_TRACE_UPLINK_HELD, 0, fw->report.held_back);
}

static void send_uplink(struct fw *fw, uint64_t now_ticks)
{
    struct core *core = &fw->core;
    uint8_t payload[MAC_PAYLOAD_SIZE_MAX];
    uint8_t fport = 0;
    uint8_t options = fw->core.factory.boot_options;
    size_t size = 0;
    bool confirmed = false, report = false;
    bool session = services_session_active(&fw->services, &fw->core, now_ticks);
    bool poll = !session && poll_at(fw) <= now_ticks;
    refresh_clock(fw, now_ticks);
    if (!session) {
        mac_watch_link(core);
        fw_trial_ask(fw, now_ticks);
    }
    size_t size_max = mac_payload_size_max(core);
    DEVICE_ASSERT(&fw->core.hal, size_max <= sizeof payload);
    if (mac_uplink_possible_at(core, now_ticks) > now_ticks) {
        return; /* the data rate has just changed, to one whose channels rest */
    }
    if (services_want_at(fw) <= now_ticks) {
        size = services_build_uplink(
                &fw->services, &fw->core, now_ticks, payload, size_max, &fport);
        if (size == 0) {
            fw->services_quiet_until_ticks = now_ticks + SERVICES_QUIET_TICKS;
            fport = 0;
        }
    } else if (report_uplink_at(&fw->report) <= now_ticks) {
        if (session && (options & FACTORY_OPTION_REPORT_SESSION) == 0) {
            hold_report_back(fw, now_ticks);
        } else {
            report = true;
            fport = REPORT_FPORT;
            fw_install_forget_old(fw);
            size = report_build_uplink(&fw->report, now_ticks, payload, size_max);
            confirmed = (options & FACTORY_OPTION_REPORT_CONFIRMED) != 0;
        }
    }
    DEVICE_ASSERT(&fw->core.hal, size <= size_max);
    if (size > 0 || report || poll) {
        enum mac_status status = confirmed ? mac_send_confirmed(core, fport, payload, size)
                                           : mac_send(core, fport, payload, size);
        DEVICE_ASSERT(&fw->core.hal, status == MAC_OK);
    }
}

/* --- main loop ------------------------------------------------------------------------------- */

/* True: it is due already. Else the alarm is set for it. */
static bool arm_for(struct fw *fw, uint64_t at_ticks, uint64_t now_ticks)
{
    if (at_ticks <= now_ticks) {
        return true;
    }
    if (at_ticks != fw->alarm_at_ticks) {
        fw->alarm_at_ticks = at_ticks;
        hal_alarm_set(&fw->core.hal, at_ticks);
    }
    return false;
}

/* The same for what comes first. */
static bool arm(struct fw *fw, uint64_t now_ticks)
{
    uint64_t at = mac_step_at(&fw->core);
    at = earlier(at, services_step_at(&fw->services, &fw->core));
    at = earlier(at, uplink_at(fw, now_ticks));
    at = earlier(at, fw_install_restart_at(fw, now_ticks));
    at = earlier(at, fw_install_ordered_at(fw, now_ticks));
    at = earlier(at, fw_trial_step_at(fw));
    return arm_for(fw, at, now_ticks);
}

/* True: the bootloader has work to do, and nothing is lost by a restart; or the server named its
 * time, which what wants to leave does not delay. */
static bool restarts(struct fw *fw, uint64_t now_ticks)
{
    if (fw_trial_step_at(fw) <= now_ticks && fw_trial_step(fw, now_ticks)) {
        return true;
    }
    bool quiet =
            fw_install_restart_at(fw, now_ticks) <= now_ticks && services_want_at(fw) > now_ticks;
    return quiet || fw_install_ordered_at(fw, now_ticks) <= now_ticks;
}

static bool fw_run(void *ram)
{
    struct fw *fw = ram;
    bool more = false;
    uint64_t now = hal_rtc_now(&fw->core.hal);
    if (fw->irq_latched != 0) {
        uint64_t started = now;
        now = serve_irqs(fw, now);
        /* A received frame took its time: the radio is only touched early in a run. */
        if (now - started > RADIO_EARLY_TICKS && mac_step_at(&fw->core) <= now) {
            return true;
        }
    }
    if (mac_rests(&fw->core, now)) {
        return arm_for(fw, mac_step_at(&fw->core), now);
    }
    if (mac_step_at(&fw->core) <= now) {
        mac_step(&fw->core, now);
    }
    if (services_step_at(&fw->services, &fw->core) <= now) {
        more = services_step(&fw->services, &fw->core, now);
    }
    more = fw_install_step(fw) || more;
    if (restarts(fw, now)) {
        services_rebooting(&fw->services, &fw->core);
        hal_reboot(&fw->core.hal);
        return false;
    }
    if (uplink_at(fw, now) <= now) {
        send_uplink(fw, now);
    }
    return arm(fw, now) || more || fw->irq_latched != 0;
}

/* From member `first` up to, and without, member `end`. */
#define SPAN(first, end)                                                                           \
    {                                                                                              \
        offsetof(struct fw, first), offsetof(struct fw, end) - offsetof(struct fw, first)          \
    }

/* A frame marks its fragment in the first words of `received`; later ones are rare. */
#define FRAME_END services.fragmentation.decoder.received[16]
/* Work that is left is mostly that of the decoder, on rows of 257 to 1024 columns: what it adds of
 * shorter ones is one step. */
#define WORK_END services.fragmentation.decoder.work.map.columns[32]

/* The members that a frame touches stand first in every struct, and so do not share the lines of a
 * cache with others: a simulation of many devices waits for each line that it has to fetch. */
#define LINE_BYTES 64u
_Static_assert(offsetof(struct fw, core.mac.join.first_at_ticks) <= 4u * LINE_BYTES,
        "main loop, radio, addresses and times of the MAC");
_Static_assert(offsetof(struct fw, services.fragmentation.inbox) - offsetof(struct fw, trial)
                       <= 10u * LINE_BYTES,
        "trial, report and packages up to what a coded fragment needs");

const struct fw_ops fleetcast_fw = {
    .version = FW_OPS_VERSION,
    .size = sizeof(struct fw_ops),
    .name = "fleetcast",
    .ram_size_bytes = sizeof(struct fw),
    .ram_align_bytes = _Alignof(struct fw),
    .boot = fw_boot,
    .irq = fw_irq,
    .run = fw_run,
    .frame_spans = {
        SPAN(irq_latched, core.mac.join.first_at_ticks),
        SPAN(trial, services.fragmentation.inbox),
        SPAN(services.fragmentation.decoder, FRAME_END),
    },
    .uplink_spans = {
        SPAN(irq_latched, core.nvm),
        SPAN(core.factory.report_period_s, core.update),
        SPAN(trial, services.fragmentation.session),
    },
    .work_spans = {
        SPAN(irq_latched, core.mac.join.first_at_ticks),
        SPAN(trial, services.fragmentation.decoder.store.bytes),
        SPAN(services.fragmentation.decoder.rows, WORK_END),
    },
    .drop = fw_drop,
};
