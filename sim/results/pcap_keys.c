/* The keys of a run, in the tables that Wireshark reads.
 * SPDX-License-Identifier: MIT
 */
#include "results/pcap_keys.h"

#include <assert.h>
#include <inttypes.h>

#include "network/lorawan.h"

const char *const pcap_key_file_names[PCAP_KEY_FILES] = {
    [PCAP_KEYS_ENCRYPTION] = "encryption_keys_lorawan",
    [PCAP_KEYS_SESSION] = "session_keys_lorawan",
    [PCAP_KEYS_ROOT] = "root_keys_lorawan",
};

/* Least significant byte first, as it is on air. */
static uint32_t swapped(uint32_t address)
{
    return address << 24 | (address & 0xFF00u) << 8 | (address >> 8 & 0xFF00u) | address >> 24;
}

static void put_key(FILE *out, const uint8_t key[16])
{
    fputs(",\"", out);
    for (size_t i = 0; i < 16; i++) {
        fprintf(out, "%02x", key[i]);
    }
    fputc('"', out);
}

static void write_session(FILE *out, enum pcap_key_file file, uint32_t address,
        const uint8_t nwk_s_key[16], const uint8_t app_s_key[16])
{
    bool old = file == PCAP_KEYS_ENCRYPTION;
    fprintf(out, "\"%08" PRIx32 "\"", old ? swapped(address) : address);
    put_key(out, nwk_s_key);
    put_key(out, app_s_key);
    fputs(old ? ",\"0000000000000000\"\n" : "\n", out);
}

static void write_campaign(FILE *out, enum pcap_key_file file, const struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign_session_count(campaign); i++) {
        uint8_t nwk_s_key[16], app_s_key[16];
        struct campaign_session session;
        campaign_session_get(campaign, i, &session);
        lorawan_mc_session_keys(session.mc_key, session.mc_addr, app_s_key, nwk_s_key);
        write_session(out, file, session.mc_addr, nwk_s_key, app_s_key);
    }
}

static void write_sessions(FILE *out, enum pcap_key_file file, const struct world *world)
{
    uint8_t nwk_s_key[16], app_s_key[16];
    for (uint32_t i = 0; i < world->device_count; i++) {
        if (network_session_keys(world->network, i, nwk_s_key, app_s_key)) {
            write_session(out, file, network_dev_addr(world->network, i), nwk_s_key, app_s_key);
        }
    }
    for (uint32_t c = 0; c < server_campaign_count(world->server); c++) {
        write_campaign(out, file, server_campaign(world->server, c));
    }
}

static void write_roots(FILE *out, const struct world *world)
{
    for (uint32_t i = 0; i < world->device_count; i++) {
        fprintf(out, "\"%016" PRIx64 "\"", world->identities[i].dev_eui);
        put_key(out, world->identities[i].app_key);
        fputc('\n', out);
    }
}

void pcap_keys_write(FILE *out, enum pcap_key_file file, const struct world *world)
{
    assert(file < PCAP_KEY_FILES);
    if (file == PCAP_KEYS_ROOT) {
        write_roots(out, world);
    } else {
        write_sessions(out, file, world);
    }
}
