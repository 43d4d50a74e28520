/* The firmware's main loop on a fake board with a scripted chip: boot, run, answer.
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_DEVICE_MAC_FW_RIG_H
#define TESTS_DEVICE_MAC_FW_RIG_H

#include "device/mac/scripted_services.h"
#include "device/support/fake_network.h"
#include "fw.h"
#include "fw_install.h"
#include "fw_state.h"

#define TICKS_PER_S 32768u

struct rig {
    struct fake_board board;
    struct hal_ops ops;
    struct hal hal;
    struct fw fw;
    struct fake_keys keys;
    unsigned runs;
};

/* A board with an authentic image and a factory record; nothing runs yet. */
struct rig *rig_create(void);
void rig_boot(struct rig *rig, enum hal_reset_cause cause);
/* What is due now; fails the test if the loop spins. */
void rig_run(struct rig *rig);
/* To an RTC time, or to a restart. */
void rig_run_until(struct rig *rig, uint64_t ticks);
void rig_run_s(struct rig *rig, unsigned seconds);
/* To the end of the next transmission. */
void rig_run_to_tx(struct rig *rig, unsigned limit_s);
/* Sends `bytes` in the first window after the last transmission. */
void rig_answer(struct rig *rig, const uint8_t *bytes, size_t size);
void rig_join(struct rig *rig); /* boots and joins */
/* A new board, booted and joined. */
struct rig *rig_joined(void);
struct fake_uplink rig_next_uplink(struct rig *rig, unsigned limit_s);
/* Fails the test if the device asserted. */
void rig_destroy(struct rig *rig);

#endif
