/* The session keys of a run, in the form that Wireshark reads.
 * SPDX-License-Identifier: MIT
 */
#include "results/pcap_keys.h"

#include "network/lorawan.h"

static void put_hex(FILE *out, const uint8_t *bytes, size_t size)
{
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        fprintf(out, "%02x", bytes[i]);
    }
    fputc('"', out);
}

/* DevAddr as it is on air, least significant byte first; the AppEUI is used for joins only. */
static void write_record(
        FILE *out, uint32_t address, const uint8_t nwk_s_key[16], const uint8_t app_s_key[16])
{
    const uint8_t on_air[4] = { (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16),
        (uint8_t)(address >> 24) };
    put_hex(out, on_air, sizeof on_air);
    fputc(',', out);
    put_hex(out, nwk_s_key, 16);
    fputc(',', out);
    put_hex(out, app_s_key, 16);
    fputs(",\"0000000000000000\"\n", out);
}

static void write_campaign(FILE *out, const struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign_session_count(campaign); i++) {
        uint8_t nwk_s_key[16], app_s_key[16];
        struct campaign_session session;
        campaign_session_get(campaign, i, &session);
        lorawan_mc_session_keys(session.mc_key, session.mc_addr, app_s_key, nwk_s_key);
        write_record(out, session.mc_addr, nwk_s_key, app_s_key);
    }
}

void pcap_keys_write(FILE *out, const struct world *world)
{
    uint8_t nwk_s_key[16], app_s_key[16];
    for (uint32_t i = 0; i < world->device_count; i++) {
        if (network_session_keys(world->network, i, nwk_s_key, app_s_key)) {
            write_record(out, network_dev_addr(world->network, i), nwk_s_key, app_s_key);
        }
    }
    for (uint32_t c = 0; c < server_campaign_count(world->server); c++) {
        write_campaign(out, server_campaign(world->server, c));
    }
}
