/* When a run would only drop the frame that came.
 * SPDX-License-Identifier: MIT
 *
 * A run that left nothing to do has set the alarm for what comes next, so before the alarm another
 * one finds nothing due, unless an answer to "when" depends on the time itself. Those answers
 * are excluded here.
 */
#include "fw_drop.h"

#include "fw_install.h"
#include "fw_state.h"
#include "mac/mac.h"
#include "trace.h"

/* Reads of the clock: when the run begins; after the interrupts, and for each of two looks at the
 * next uplink (fw_run()). */
#define READS_BEFORE 1u
#define READS_AFTER  3u

/* A session is open, so what the device wants to send of its own accord waits whatever the time is;
 * no restart is ahead; and no uplink is due that waits for the duty cycle. */
static bool is_settled(const struct fw *fw)
{
    uint64_t wanted_at;
    DEVICE_ASSERT(&fw->core.hal, fw->install < FW_INSTALL_COUNT);
    if (fw->irq_latched != 0 || fw->install != FW_INSTALL_NONE
            || fw->services.fragmentation.block_ready
            || !services_uplink_in_session_at(&fw->services, &wanted_at)) {
        return false;
    }
    if (wanted_at < fw->services_quiet_until_ticks) {
        wanted_at = fw->services_quiet_until_ticks;
    }
    return wanted_at >= fw->alarm_at_ticks && report_uplink_at(&fw->report) >= fw->alarm_at_ticks;
}

bool fw_drop(void *ram, const struct fw_waiting_frame *frame, struct fw_drop *drop)
{
    struct fw *fw = ram;
    uint32_t mc_addr;
    uint16_t fcnt;
    DEVICE_ASSERT(&fw->core.hal, frame->size > 0);
    if (!mac_only_drops(&fw->core, frame->bytes, frame->size, &mc_addr, &fcnt) || !is_settled(fw)) {
        return false;
    }
    struct radio_accesses accesses =
            radio_pass_over(&fw->core.mac.radio, frame->fifo_start, frame->size);
    *drop = (struct fw_drop){
        .calls_before = (uint8_t)(READS_BEFORE + accesses.calls),
        .calls_after = READS_AFTER,
        .spi_bytes = accesses.spi_bytes,
        .trace_id = FW_TRACE_COUNTER_REJECTED,
        .trace_a = mc_addr,
        .trace_b = fcnt,
    };
    return true;
}
