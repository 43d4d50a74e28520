/* The fragments of a transfer: what its session is given to send, and when.
 * SPDX-License-Identifier: MIT
 *
 * N never falls, but for repeated uncoded fragments: devices may drop what is lower than the last
 * they saw.
 */
#include <assert.h>

#include "campaign/campaign_internal.h"
#include "campaign/fec_encoder.h"
#include "observe.h"

/* assumed: a member that listens for so long pays 23 J. */
#define WAIT_LONG_NS (600 * SIM_NS_PER_S)

size_t transfer_put_fragment(const struct transfer *transfer, uint32_t n,
        uint8_t out[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX])
{
    uint8_t data[UINT8_MAX];
    assert(n > 0 && n <= PACKAGE_FRAGMENTS_MAX);
    fec_encoder_fragment(transfer->fragmentation_version, transfer->block, transfer->nb_frag,
            transfer->fragment_size_bytes, n, data);
    return package_data_fragment(
            out, transfer->frag_index, (uint16_t)n, data, transfer->fragment_size_bytes);
}

/* The next piece of the table of hashes; all of it goes out before the first fragment, so many
 * times in turn. False: the session takes no more. */
static bool send_table_piece(struct transfer *transfer)
{
    struct session *session = transfer_session_now(transfer);
    const struct campaign *campaign = transfer->campaign;
    uint8_t payload[FRAGMENT_TABLE_MESSAGE_MAX];
    uint32_t pieces = fragment_table_pieces(transfer->nb_frag, transfer->table_count);
    uint32_t first = transfer->table_sent % pieces * transfer->table_count;
    size_t size = fragment_table_message(transfer->block, transfer->nb_frag,
            transfer->fragment_size_bytes, transfer->frag_index, campaign->descriptor, first,
            transfer->table_count, campaign->params.table_key, payload);
    transfer->table_sent++;
    return session->ops->send(session, SESSION_TABLE, payload, (uint16_t)size);
}

/* False: the session takes no more. */
static bool send_fragment(struct transfer *transfer, uint32_t n)
{
    struct session *session = transfer_session_now(transfer);
    uint8_t payload[PACKAGE_FRAGMENT_OVERHEAD + UINT8_MAX];
    size_t size = transfer_put_fragment(transfer, n, payload);
    return session->ops->send(session, n, payload, (uint16_t)size);
}

/* What the session was going to send keeps its count, and no fragment replaces this one. */
uint32_t transfer_take_number(struct transfer *transfer)
{
    assert(transfer->next_n > 0);
    if (transfer->next_n > PACKAGE_FRAGMENTS_MAX) {
        return 0;
    }
    uint32_t n = transfer->next_n++;
    transfer->target_n += transfer_has_room(transfer) ? 1u : 0u;
    transfer->replaced++;
    transfer->highest_sent_n = n > transfer->highest_sent_n ? n : transfer->highest_sent_n;
    return n;
}

void transfer_feed(struct transfer *transfer)
{
    const struct session *session = transfer_session_now(transfer);
    sim_ns now_ns = engine_now(transfer->campaign->server->engine);
    while (!transfer->paused && transfer->table_sent < transfer_table_messages(transfer)
            && session->ops->next_slot_ns(session, now_ns) <= now_ns) {
        if (!send_table_piece(transfer)) {
            return;
        }
    }
    while (!transfer->paused && transfer->table_sent == transfer_table_messages(transfer)
            && (transfer->repeat_left > 0 || transfer->next_n <= transfer->target_n)
            && session->ops->next_slot_ns(session, now_ns) <= now_ns) {
        bool again = transfer->repeat_left > 0;
        if (!send_fragment(transfer, again ? transfer->repeat_n : transfer->next_n)) {
            return;
        }
        transfer->repeat_n += again ? 1 : 0;
        transfer->repeat_left -= again ? 1 : 0;
        transfer->next_n += again ? 0 : 1;
    }
}

void transfer_note_missing(struct transfer *transfer, uint32_t missing)
{
    assert(transfer->nb_frag > 0);
    transfer->table_lacking =
            transfer->table_lacking
            || (transfer_table_messages(transfer) > 0 && missing >= transfer->nb_frag);
}

bool transfer_has_room(const struct transfer *transfer)
{
    return transfer->target_n < PACKAGE_FRAGMENTS_MAX;
}

void transfer_repeat(struct transfer *transfer, uint32_t n, uint32_t count)
{
    assert(n > 0 && count <= transfer->nb_frag && n <= transfer->nb_frag - count + 1u);
    transfer->repeat_n = n;
    transfer->repeat_left = count;
    transfer_feed(transfer);
}

bool transfer_extend(struct transfer *transfer, uint32_t count)
{
    assert(transfer->target_n <= PACKAGE_FRAGMENTS_MAX);
    uint32_t room = PACKAGE_FRAGMENTS_MAX - transfer->target_n;
    transfer->table_repeats += transfer->table_lacking ? 1u : 0u;
    transfer->table_lacking = false;
    transfer->target_n += count < room ? count : room;
    transfer_feed(transfer);
    return room > 0;
}

bool transfer_ask(struct transfer *transfer, const uint8_t *request, size_t size, uint32_t copies)
{
    struct session *session = transfer_session_now(transfer);
    assert(copies > 0);
    bool sent = true;
    for (uint32_t i = 0; i < copies && sent; i++) {
        sent = session->ops->send(session, 0, request, (uint16_t)size);
    }
    return sent;
}

void transfer_curtail(struct transfer *transfer)
{
    assert(transfer->next_n > 0);
    transfer->target_n = transfer->next_n - 1u;
    transfer->repeat_left = 0;
}

bool transfer_waits_long_for(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    uint16_t size = (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes);
    assert(fragments > 0);
    uint32_t without_haste = (uint32_t)(WAIT_LONG_NS / session->ops->interval_ns(session, size));
    return fragments > without_haste
           && session->ops->hurry_from_ns(session, size, fragments - without_haste)
                      >= now_ns + WAIT_LONG_NS;
}

uint32_t transfer_in_haste(const struct transfer *transfer, uint32_t fragments, sim_ns now_ns)
{
    const struct session *session = transfer_session_now(transfer);
    uint16_t size = (uint16_t)(PACKAGE_FRAGMENT_OVERHEAD + transfer->fragment_size_bytes);
    uint32_t fits = 0;
    for (uint32_t step = 1u << 31; step > 0; step >>= 1) {
        bool more = step <= fragments - fits;
        if (more && session->ops->hurry_from_ns(session, size, fits + step) <= now_ns) {
            fits += step;
        }
    }
    assert(fits <= fragments);
    return fits;
}

void transfer_hurry(struct transfer *transfer)
{
    struct session *session = transfer_session_now(transfer);
    session->ops->hurry(session);
}

bool transfer_runs(const struct transfer *transfer)
{
    return transfer->phase == CAMPAIGN_PHASE_UNCODED || transfer->phase == CAMPAIGN_PHASE_CODED
           || transfer->phase == CAMPAIGN_PHASE_CORRECTION;
}

void transfer_on_sent(
        struct session *session, uint32_t n, uint32_t handle, uint32_t gateway, sim_ns now_ns)
{
    struct transfer *transfer = session->transfer;
    assert(n > 0 && n <= PACKAGE_FRAGMENTS_MAX);
    uint8_t bit = (uint8_t)(1u << (n & 7u));
    if ((transfer->sent[n >> 3] & bit) == 0) {
        transfer->sent[n >> 3] |= bit;
        transfer->sent_uncoded += n <= transfer->nb_frag ? 1 : 0;
        transfer->sent_coded += n > transfer->nb_frag ? 1 : 0;
    }
    transfer->highest_sent_n = n > transfer->highest_sent_n ? n : transfer->highest_sent_n;
    engine_observe(transfer->campaign->server->engine, now_ns, session->entity,
            OBSERVE_CAMPAIGN_FRAGMENT, n, gateway, handle, NULL);
    if (n > transfer->nb_frag && transfer->phase == CAMPAIGN_PHASE_UNCODED) {
        campaign_phase_set(transfer, CAMPAIGN_PHASE_CODED, now_ns);
    }
}

void transfer_on_request_sent(struct transfer *transfer)
{
    correction_on_request_sent(transfer);
}

void transfer_on_report(struct transfer *transfer)
{
    if (transfer_runs(transfer)) {
        transfer_feed(transfer);
    }
}

/* Coded fragments take the place of those that no gateway sent though a higher N is out. False:
 * there are none, or N has no more room. */
static bool replace_unsent(struct transfer *transfer)
{
    uint32_t sent = transfer->sent_uncoded + transfer->sent_coded;
    assert(transfer->next_n > sent);
    uint32_t unsent = transfer->next_n - 1u - sent;
    if (unsent <= transfer->replaced || transfer->highest_sent_n == 0) {
        return false;
    }
    uint32_t count = unsent - transfer->replaced;
    transfer->replaced = unsent;
    return transfer_extend(transfer, count);
}

void transfer_on_idle(struct transfer *transfer, sim_ns now_ns)
{
    if (transfer_runs(transfer) && !transfer->paused && !replace_unsent(transfer)) {
        correction_on_idle(transfer, now_ns);
    }
}

void transfer_resume(struct transfer *transfer, sim_ns now_ns)
{
    if (!transfer_runs(transfer) || transfer->paused || transfer->session_count == 0) {
        return;
    }
    transfer_feed(transfer);
    const struct session *session = transfer_session_now(transfer);
    if (session->ops->is_idle(session)) {
        transfer_on_idle(transfer, now_ns);
    }
}
