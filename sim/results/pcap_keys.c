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

/* All that there were: a group that was set up again has another address and key since. */
static void write_groups(FILE *out, enum pcap_key_file file, const struct network *network)
{
    for (uint32_t i = 0; i < network_group_count(network); i++) {
        uint8_t nwk_s_key[16], app_s_key[16], mc_key[16];
        uint32_t mc_addr = network_group_mc_addr(network, i, mc_key);
        lorawan_mc_session_keys(mc_key, mc_addr, app_s_key, nwk_s_key);
        write_session(out, file, mc_addr, nwk_s_key, app_s_key);
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
    write_groups(out, file, world->network);
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
