/* Keys of fragments: how many were sent, how many each device missed, and why.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "record/fragment_causes.h"
#include "record/measure.h"

static const char prefix[] = "missing_fragments.";

struct unicast {
    uint64_t received;
    uint32_t devices;
};

struct losses {
    uint64_t recovered, unrecovered;
    uint32_t devices; /* that missed a fragment, in any campaign */
};

/* A fragment counts once per transfer, however often it was sent. Returns what the device missed of
 * those of its transfer that were on the air; its rate joins the sample. */
static uint32_t add_missing(
        const struct fragment_causes *causes, struct measure *m, uint32_t c, uint32_t device)
{
    struct campaign_device d;
    uint32_t sent = fragment_causes_sent_to(causes, c, device);
    if (!measure_member(m, c, device, &d) || d.ready_ns == SIM_NS_NEVER || sent == 0) {
        return 0;
    }
    uint32_t received = fragment_causes_received(causes, c, device);
    assert(received <= sent);
    uint32_t missing = sent - received;
    sample_add(&m->sample, (double)missing / (double)sent);
    return missing;
}

static void add_losses(const struct fragment_causes *causes, struct measure *m, struct losses *sum)
{
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        bool any = false;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            uint32_t missing = add_missing(causes, m, c, i);
            struct campaign_device d;
            bool whole = measure_member(m, c, i, &d) && d.complete_ns != SIM_NS_NEVER;
            sum->recovered += whole ? missing : 0u;
            sum->unrecovered += whole ? 0u : missing;
            any = any || missing > 0;
        }
        sum->devices += any ? 1u : 0u;
    }
}

/* Of the transfers that members needed; of the first while none is open. */
static uint32_t nb_frag_of(const struct campaign *campaign)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < campaign_transfer_count(campaign); i++) {
        struct campaign_transfer transfer;
        campaign_transfer_get(campaign, i, &transfer);
        sum += transfer.open ? transfer.nb_frag : 0u;
    }
    return sum > 0 ? sum : campaign_nb_frag(campaign);
}

static void add_counts(
        const struct fragment_causes *causes, struct measure *m, const struct losses *losses)
{
    uint64_t nb_frag = 0, sent = 0, coded = 0, batches = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        const struct campaign *campaign = server_campaign(m->view->server, c);
        nb_frag += nb_frag_of(campaign);
        sent += fragment_causes_sent(causes, c, false);
        coded += fragment_causes_sent(causes, c, true);
        batches += campaign_correction_batches(campaign);
    }
    measure_count(m, prefix, "nb_frag", nb_frag);
    measure_count(m, prefix, "sent", sent);
    measure_count(m, prefix, "coded_sent", coded);
    measure_count(m, prefix, "correction_batches", batches);
    measure_count(m, prefix, "devices_with_losses", losses->devices);
    measure_distribution(m, "missing_fragments.rate_", "a59M");
    measure_count(m, prefix, "recovered", losses->recovered);
    measure_count(m, prefix, "unrecovered", losses->unrecovered);
}

/* Shares of all pairs of a device and an uncoded fragment of its block. */
static void add_causes(const struct fragment_causes *causes, struct measure *m)
{
    struct cause_counts total = { 0 };
    uint64_t pairs = 0;
    for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
        for (uint32_t i = m->first_index; i < m->end_index; i++) {
            struct cause_counts counts;
            pairs += fragment_causes_device(causes, c, i, &counts);
            for (int cause = 0; cause < LOSS_CAUSE_COUNT; cause++) {
                total.of[cause] += counts.of[cause];
            }
        }
    }
    measure_count(m, prefix, "pairs", pairs);
    measure_add(m, prefix, "received", (double)total.of[LOSS_NONE] / (double)pairs);
    for (int cause = 0; cause < LOSS_NONE; cause++) {
        measure_add(m, "missing_fragments.by_cause.", loss_cause_name((enum loss_cause)cause),
                (double)total.of[cause] / (double)pairs);
    }
}

static void add_unicast(const struct fragment_causes *causes, struct measure *m)
{
    struct unicast sum = { 0 };
    for (uint32_t i = m->first_index; i < m->end_index; i++) {
        uint64_t received = 0;
        for (uint32_t c = m->first_campaign; c < m->end_campaign; c++) {
            received += fragment_causes_unicast(causes, c, i);
        }
        sum.received += received;
        sum.devices += received > 0 ? 1u : 0u;
    }
    measure_count(m, "unicast_fragments.", "received", sum.received);
    measure_count(m, "unicast_fragments.", "devices", sum.devices);
}

static void measure_fragments(const void *state, struct measure *m)
{
    const struct fragment_causes *causes = fragment_causes_of(m->set);
    struct losses losses = { 0 };
    (void)state;
    add_losses(causes, m, &losses);
    if (m->scope == EXPECT_GROUP) {
        measure_distribution(m, "missing_fragments.rate_", "a59M");
        return;
    }
    add_counts(causes, m, &losses);
    add_causes(causes, m);
    add_unicast(causes, m);
}

const struct recorder_ops fragments_recorder = {
    .name = "fragments",
    .of_campaign = true,
    .by_campaign = true,
    .by_group = true,
    .measure = measure_fragments,
};
