/* Devices with confirmed reports, more than their gateways' duty cycle can answer.
 * SPDX-License-Identifier: MIT
 *
 * Goal: the first answer that a gateway puts on the air for a device holds a DevStatusReq, however
 * many answers before it were refused. Read from the air: FOpts are not encrypted (LoRaWAN 1.0.4
 * section 4.3.1), and a DevStatusReq is CID 0x06 without a payload.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "air/frame.h"
#include "network/network.h"
#include "support/data_frame.h"
#include "support/trial.h"

#define DEVICES 300u

static const char city[] = "name: status\n"
                           "duration: 3 h\n"
                           "area: {radius: 1200 m}\n"
                           "gateways: {count: 1}\n"
                           "devices: [{name: d, count: 300, state: commissioned, "
                           "clock_refresh: never, nb_trans: 8, "
                           "report: {period: 5 min, payload: 20 B, confirmed: true}}]\n";

struct tally {
    const struct network *network;
    bool answered[DEVICES], asked[DEVICES];
};

static bool asks_for_status(const struct frame *frame)
{
    uint8_t size = frame->bytes[5] & 0x0Fu;
    for (uint8_t i = 0; i < size; i++) {
        if (frame->bytes[8 + i] == 0x06) {
            return true;
        }
    }
    return false;
}

static void observe(void *context, const struct observation *o)
{
    struct tally *tally = context;
    const struct frame *frame = o->data;
    if (frame->bytes[0] >> 5 != 3) { /* unconfirmed data down */
        return;
    }
    uint32_t address = data_frame_address(frame);
    for (uint32_t i = 0; i < DEVICES; i++) {
        if (network_dev_addr(tally->network, i) == address && !tally->answered[i]) {
            tally->answered[i] = true;
            tally->asked[i] = asks_for_status(frame);
        }
    }
}

Test(status_asked, each_device_is_asked_with_its_first_answer)
{
    struct trial *trial = trial_create(city, NULL, 0);
    struct tally tally = { .network = trial->world->network };
    engine_observer_add(trial->world->engine, OBSERVE_BIT(OBSERVE_FRAME_STARTED), observe, &tally);
    trial_play(trial);
    struct network_stats stats;
    network_stats(trial->world->network, &stats);
    uint32_t answered = 0, asked = 0;
    for (uint32_t i = 0; i < DEVICES; i++) {
        answered += tally.answered[i];
        asked += tally.asked[i];
    }
    printf("# %u of %u devices answered, %u asked at once; %u of %u confirmed uplinks answered\n",
            answered, DEVICES, asked, (unsigned)stats.acks, (unsigned)stats.confirmed);
    cr_expect_gt(answered, 250);
    cr_expect_gt(
            stats.downlinks_refused, 1000, "%u answers refused", (unsigned)stats.downlinks_refused);
    cr_expect_eq(asked, answered);
    trial_destroy(trial);
}
