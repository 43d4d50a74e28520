/* How long a device's set-up took, step by step: one line of time, cut at what server and firmware
 * say.
 * SPDX-License-Identifier: MIT
 */
#include "world/set_up_times.h"

#include "world/fleet_record.h"

static sim_ns within(sim_ns at_ns, sim_ns from_ns, sim_ns to_ns)
{
    return at_ns < from_ns ? from_ns : at_ns > to_ns ? to_ns : at_ns;
}

bool set_up_times(const struct world *world, uint32_t device, struct set_up_times *times)
{
    struct campaign_device d;
    const struct device_record *record = &world->record->devices[device];
    campaign_device_get(world_first_campaign(world), device, &d);
    if (d.ready_ns == SIM_NS_NEVER) {
        return false;
    }
    /* Who reports about the block has been set up, even if an answer was lost: then its step ends
     * where the next one is known to have ended. */
    sim_ns start_ns = world->scenario->campaigns[0].params.start_ns;
    sim_ns contact_ns = within(d.first_command_ns, start_ns, d.ready_ns);
    sim_ns group_ns = within(d.group_set_up_ns, contact_ns, d.ready_ns);
    sim_ns clock_ns = within(record->clock_set_ns, contact_ns, group_ns);
    times->step_ns[SET_UP_CONTACT] = contact_ns - start_ns;
    times->step_ns[SET_UP_CLOCK_SYNC] = clock_ns - contact_ns;
    times->step_ns[SET_UP_MULTICAST] = group_ns - clock_ns;
    times->step_ns[SET_UP_FRAGMENTATION] = d.ready_ns - group_ns;
    times->total_ns = d.ready_ns - start_ns;
    /* When answers are lost, the server may learn only later of a device that had opened already.
     */
    sim_ns opened_ns = record->session_opened_ns;
    times->session_start_ns = opened_ns == SIM_NS_NEVER ? SIM_NS_NEVER
                              : opened_ns > d.ready_ns  ? opened_ns - d.ready_ns
                                                        : 0;
    return true;
}
