/* A restart of the update server: its state goes to bytes and comes back from them.
 * SPDX-License-Identifier: MIT
 *
 * A server writes each change to its database before it acts on it, so what is there when its
 * process ends is all that it knew. While it is down the network goes on: frames that it had handed
 * over go out, and what is reported of them is lost to it, like uplinks. So it sends coded
 * fragments in the place of those of which it heard nothing, and asks again what it has no answer
 * to; what had been answered is not asked again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign_internal.h"
#include "campaign/state.h"
#include "run_memory.h"

#define FORGOTTEN 0xA5

static void append(struct state *state, const void *part, size_t size)
{
    if (state->capacity - state->size < size) {
        state->capacity = 2u * state->capacity + size;
        state->bytes = run_memory_grow(state->memory, state->bytes, state->capacity);
    }
    memcpy(state->bytes + state->size, part, size);
    state->size += size;
}

void state_part(struct state *state, void *part, size_t size)
{
    switch (state->walk) {
    case STATE_WRITE:
        append(state, part, size);
        break;
    case STATE_FORGET:
        memset(part, FORGOTTEN, size);
        break;
    case STATE_READ:
    default:
        assert(size <= state->size - state->at);
        memcpy(part, state->bytes + state->at, size);
        state->at += size;
        break;
    }
}

static void walk_sessions(struct transfer *transfer, struct state *state)
{
    assert(transfer->session_count <= CAMPAIGN_PERIODS_MAX);
    for (uint32_t i = 0; i < transfer->session_count; i++) {
        struct session *session = transfer->sessions[i];
        state_part(state, &session->start_ns, sizeof session->start_ns);
        state_part(state, &session->end_ns, sizeof session->end_ns);
        session->ops->state(session, state);
    }
}

static void walk_transfer(struct transfer *transfer, struct state *state)
{
    const struct transfer kept = *transfer;
    struct transfer plain = *transfer;
    plain.campaign = NULL;
    plain.block = NULL;
    memset(plain.sessions, 0, sizeof plain.sessions);
    if (state->walk == STATE_FORGET) { /* their number is part of what is forgotten */
        walk_sessions(transfer, state);
    }
    state_part(state, &plain, sizeof plain);
    *transfer = plain;
    transfer->campaign = kept.campaign;
    transfer->block = kept.block;
    memcpy(transfer->sessions, kept.sessions, sizeof transfer->sessions);
    if (state->walk != STATE_FORGET) {
        walk_sessions(transfer, state);
    }
}

static void walk_campaign(struct campaign *campaign, struct state *state)
{
    const struct campaign kept = *campaign;
    struct campaign plain = *campaign;
    plain.server = NULL;
    plain.members = NULL;
    plain.member_of_device = NULL;
    plain.transfers = NULL;
    state_part(state, &plain, sizeof plain);
    *campaign = plain;
    campaign->server = kept.server;
    campaign->members = kept.members;
    campaign->member_of_device = kept.member_of_device;
    campaign->transfers = kept.transfers;
    const struct campaign *counts = state->walk == STATE_FORGET ? &kept : campaign;
    state_part(state, campaign->members, counts->member_count * sizeof *campaign->members);
    for (uint32_t i = 0; i < counts->transfer_count; i++) {
        walk_transfer(&campaign->transfers[i], state);
    }
}

static void walk_server(struct server *server, struct state *state, enum state_walk walk)
{
    state->walk = walk;
    state_part(state, server->devices, server->device_count * sizeof *server->devices);
    state_part(state, &server->mc_addr_count, sizeof server->mc_addr_count);
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        walk_campaign(server->campaigns[i], state);
    }
    assert(walk != STATE_READ || state->at == state->size);
}

void server_stop(struct server *server)
{
    assert(server->campaign_count <= SERVER_CAMPAIGNS_MAX);
    server->down = true;
}

/* Nothing has changed since the process ended: the database is as it was then. */
static void read_back(struct server *server)
{
    struct state database = { .memory = engine_memory(server->engine) };
    walk_server(server, &database, STATE_WRITE);
    walk_server(server, &database, STATE_FORGET);
    walk_server(server, &database, STATE_READ);
    free(database.bytes);
}

void server_start(struct server *server, sim_ns now_ns)
{
    if (!server->down) {
        return;
    }
    read_back(server);
    server->down = false;
    for (uint32_t i = 0; i < server->campaign_count; i++) {
        struct campaign *campaign = server->campaigns[i];
        assert(campaign->number == i);
        campaign_timers_renew(campaign);
        for (uint32_t t = 0; t < campaign->transfer_count; t++) {
            transfer_resume(&campaign->transfers[t], now_ns);
        }
    }
}
