/* The books of a run, checked by who did not keep them: causes, energy, set-up, duty.
 * SPDX-License-Identifier: MIT
 */
#include "world/run_audit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "world/energy_phases.h"
#include "world/fleet_record.h"
#include "world/fragment_causes.h"
#include "world/set_up_times.h"
#include "world/uplink_record.h"

#define ENERGY_TOLERANCE 1e-9 /* relative: sums of doubles in different order */

struct audit {
    const struct world *world;
    char *text;
    size_t size;
};

/* Every fragment of the block has one cause for this device, and `received` is what the firmware
 * counts. A restart in mid-session may have cost it what was not in flash yet. */
static bool fragments_fail(const struct audit *a, uint32_t device)
{
    const struct fragment_causes *causes = a->world->record->causes;
    const struct device_record *record = &a->world->record->devices[device];
    struct cause_counts counts;
    uint64_t sum = 0;
    fragment_causes_device(causes, device, &counts);
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        sum += counts.of[cause];
    }
    uint32_t nb_frag = campaign_nb_frag(world_first_campaign(a->world));
    if (sum != nb_frag) {
        snprintf(a->text, a->size,
                "INVARIANT device %" PRIu32 " has causes for %" PRIu64 " of %" PRIu32 " fragments",
                device, sum, nb_frag);
        return true;
    }
    uint64_t received = record->uncoded_received;
    if (!record->uncoded_counted && record->nb_frag > 0) {
        received = record->nb_frag - record->missing_now;
    }
    if (received != counts.of[LOSS_NONE] && !fragment_causes_device_reset(causes, device)) {
        snprintf(a->text, a->size,
                "INVARIANT device %" PRIu32 " has %" PRIu64 " fragments, by their causes %" PRIu64,
                device, received, counts.of[LOSS_NONE]);
        return true;
    }
    return false;
}

static bool causes_fail(const struct audit *a)
{
    if (world_first_campaign(a->world) == NULL) {
        return false;
    }
    uint64_t strays = fragment_causes_strays(a->world->record->causes);
    if (strays > 0) {
        snprintf(a->text, a->size,
                "INVARIANT %" PRIu64 " fragments came when their causes were settled", strays);
        return true;
    }
    for (uint32_t i = 0; i < a->world->device_count; i++) {
        if (fragments_fail(a, i)) {
            return true;
        }
    }
    return false;
}

static bool set_up_fails(const struct audit *a)
{
    for (uint32_t i = 0; world_first_campaign(a->world) != NULL && i < a->world->device_count;
            i++) {
        struct set_up_times times;
        sim_ns sum_ns = 0;
        if (!set_up_times(a->world, i, &times)) {
            continue;
        }
        bool negative = false;
        for (int step = 0; step < SET_UP_STEP_COUNT; step++) {
            sum_ns += times.step_ns[step];
            negative = negative || times.step_ns[step] < 0;
        }
        if (negative || sum_ns != times.total_ns) {
            snprintf(a->text, a->size,
                    "INVARIANT device %" PRIu32 " was set up in %lld ns, by steps in %lld ns", i,
                    (long long)times.total_ns, (long long)sum_ns);
            return true;
        }
    }
    return false;
}

static bool uplinks_fail(const struct audit *a)
{
    const struct uplink_counts *counts = uplink_record_counts(a->world->record->uplinks);
    uint64_t by_cause = counts->received, by_rate = 0, received = 0;
    for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
        by_cause += counts->lost[cause];
    }
    for (uint32_t rate = 0; rate < UPLINK_DATA_RATES; rate++) {
        by_rate += counts->by_data_rate[rate].sent;
        received += counts->by_data_rate[rate].received;
    }
    if (by_cause == counts->sent && by_rate == counts->sent && received == counts->received) {
        return false;
    }
    snprintf(a->text, a->size,
            "INVARIANT of %" PRIu64 " uplinks %" PRIu64 " have a cause and %" PRIu64 " a data rate",
            counts->sent, by_cause, by_rate);
    return true;
}

static bool duty_fails(const struct audit *a)
{
    const struct uplink_counts *counts = uplink_record_counts(a->world->record->uplinks);
    if (counts->duty_violations == 0) {
        return false;
    }
    snprintf(a->text, a->size,
            "INVARIANT devices broke their duty cycle with %" PRIu64
            " frames, first device %" PRIu32 " at %.3f s",
            counts->duty_violations, counts->duty_first_device,
            (double)counts->duty_first_ns / (double)SIM_NS_PER_S);
    return true;
}

static bool close_to(double sum_j, double total_j)
{
    return fabs(sum_j - total_j) <= ENERGY_TOLERANCE * total_j;
}

/* States, transmit powers and phases, each by its own way to the same total. */
static bool energy_of_fails(const struct audit *a, uint32_t device)
{
    sim_ns now_ns = engine_now(a->world->engine);
    struct energy_account account;
    struct energy_states states;
    struct phase_energy phases;
    node_energy(a->world->nodes, device, now_ns, &account);
    node_energy_states(a->world->nodes, device, now_ns, &states);
    energy_phases_device(a->world->record->phases, device, now_ns, &phases);
    double total_j = energy_total_j(&account), by_state_j = 0.0, by_phase_j = 0.0, by_power_j = 0.0;
    for (int state = 0; state < ENERGY_STATE_COUNT; state++) {
        by_state_j += states.joule[state];
    }
    for (uint32_t level = 0; level < states.tx_count; level++) {
        by_power_j += states.tx[level].joule;
    }
    for (int phase = 0; phase < ENERGY_PHASE_COUNT; phase++) {
        by_phase_j += phases.joule[phase];
    }
    if (close_to(by_state_j, total_j) && close_to(by_phase_j, total_j)
            && close_to(by_power_j, account.joule[ENERGY_RADIO_TX])) {
        return false;
    }
    snprintf(a->text, a->size,
            "INVARIANT device %" PRIu32 " drew %.12g J, by states %.12g J, by phases %.12g J; "
            "sending %.12g J, by power %.12g J",
            device, total_j, by_state_j, by_phase_j, account.joule[ENERGY_RADIO_TX], by_power_j);
    return true;
}

static bool energy_fails(const struct audit *a)
{
    for (uint32_t i = 0; i < a->world->device_count; i++) {
        if (energy_of_fails(a, i)) {
            return true;
        }
    }
    return false;
}

bool run_audit_fails(const struct world *world, char *text, size_t size)
{
    const struct audit audit = { world, text, size };
    return causes_fail(&audit) || set_up_fails(&audit) || uplinks_fail(&audit) || duty_fails(&audit)
           || energy_fails(&audit);
}
