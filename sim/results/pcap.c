/* The air of a run as a capture: LoRaTap headers, link type 270.
 * SPDX-License-Identifier: MIT
 *
 * LoRaTap version 0: version, padding, length (big-endian), frequency, bandwidth in 125 kHz steps,
 * SF, packet RSSI, max RSSI, current RSSI, SNR, sync word. RSSI is in dBm above -139, whatever the
 * SNR is, as Wireshark shows it; SNR is in quarters of a dB.
 */
#include "results/pcap.h"

#include <assert.h>
#include <stdlib.h>

#include "air/frame.h"
#include "results/live_file.h"

#define LORATAP_SIZE      15u
#define RSSI_UNKNOWN      0xFFu
#define RSSI_BASE_DBM     (-139)
#define PACKET_SIZE_MAX   (LORATAP_SIZE + LORA_FRAME_SIZE_MAX)
#define NG_SECTION        0x0A0D0D0Au /* block types: draft-ietf-opsawg-pcapng section 4 */
#define NG_INTERFACE      1u
#define NG_PACKET         6u
#define NG_OPTION_NAME    2u /* of an interface */
#define NG_OPTION_TSRESOL 9u
#define NG_OPTION_FLAGS   2u /* of a packet: */
#define NG_INBOUND        1u
#define NG_OUTBOUND       2u

const char *const pcap_form_names[PCAP_FORM_COUNT] = { "air", "gateways" };

struct pcap {
    struct live_file file;
    struct pcap_params params;
};

/* One packet of either form. */
struct packet {
    int64_t at_ns; /* engine time */
    uint32_t interface;
    uint32_t direction; /* NG_INBOUND or _OUTBOUND */
    uint8_t rssi, snr;  /* as in the header */
    const struct frame *frame;
};

/* Captures are in the writer's byte order; their magic numbers tell which. */
static void put_u32(FILE *out, uint32_t value)
{
    fwrite(&value, sizeof value, 1, out);
}

static void put_u16(FILE *out, uint16_t value)
{
    fwrite(&value, sizeof value, 1, out);
}

static void put_frame(FILE *out, const struct packet *packet)
{
    const struct lora_modulation *m = &packet->frame->modulation;
    uint32_t f = m->frequency_hz;
    const uint8_t header[LORATAP_SIZE] = { 0, 0, 0, LORATAP_SIZE, (uint8_t)(f >> 24),
        (uint8_t)(f >> 16), (uint8_t)(f >> 8), (uint8_t)f, (uint8_t)(m->bandwidth_hz / 125000u),
        m->spreading_factor, packet->rssi, RSSI_UNKNOWN, packet->rssi, packet->snr, m->sync_word };
    fwrite(header, sizeof header, 1, out);
    fwrite(packet->frame->bytes, packet->frame->size, 1, out);
}

/* --- pcap ------------------------------------------------------------------------------------- */

static void write_file_header(FILE *out)
{
    put_u32(out, 0xA1B23C4Du); /* nanosecond time stamps */
    put_u16(out, 2);
    put_u16(out, 4);
    put_u32(out, 0);
    put_u32(out, 0);
    put_u32(out, PACKET_SIZE_MAX);
    put_u32(out, PCAP_LINKTYPE_LORATAP);
}

static void write_record(const struct pcap *pcap, const struct packet *packet, FILE *out)
{
    int64_t seconds = packet->at_ns / SIM_NS_PER_S;
    put_u32(out, (uint32_t)(pcap->params.start_unix_s + seconds));
    put_u32(out, (uint32_t)(packet->at_ns - seconds * SIM_NS_PER_S));
    put_u32(out, LORATAP_SIZE + packet->frame->size);
    put_u32(out, LORATAP_SIZE + packet->frame->size);
    put_frame(out, packet);
}

/* --- pcapng ----------------------------------------------------------------------------------- */

static uint32_t padded(uint32_t size)
{
    return (size + 3u) / 4u * 4u;
}

static void pad(FILE *out, uint32_t size)
{
    fwrite("\0\0\0", padded(size) - size, 1, out);
}

static void put_option(FILE *out, uint16_t code, const void *value, uint16_t size)
{
    put_u16(out, code);
    put_u16(out, size);
    fwrite(value, size, 1, out);
    pad(out, size);
}

static void write_section(FILE *out)
{
    const uint32_t size = 28;
    put_u32(out, NG_SECTION);
    put_u32(out, size);
    put_u32(out, 0x1A2B3C4Du);
    put_u16(out, 1);
    put_u16(out, 0);
    put_u32(out, UINT32_MAX); /* length of the section: not known */
    put_u32(out, UINT32_MAX);
    put_u32(out, size);
}

static void write_interface(FILE *out, uint32_t gateway)
{
    const uint8_t nanoseconds = 9;
    char name[24];
    uint16_t name_size = (uint16_t)snprintf(name, sizeof name, "gateway %u", gateway);
    uint32_t size = 20 + 4 + padded(name_size) + 8 + 4;
    put_u32(out, NG_INTERFACE);
    put_u32(out, size);
    put_u16(out, PCAP_LINKTYPE_LORATAP);
    put_u16(out, 0);
    put_u32(out, PACKET_SIZE_MAX);
    put_option(out, NG_OPTION_NAME, name, name_size);
    put_option(out, NG_OPTION_TSRESOL, &nanoseconds, sizeof nanoseconds);
    put_u32(out, 0); /* end of the options */
    put_u32(out, size);
}

static void write_packet_block(const struct pcap *pcap, const struct packet *packet, FILE *out)
{
    uint64_t at_ns = (uint64_t)(pcap->params.start_unix_s * SIM_NS_PER_S + packet->at_ns);
    uint32_t captured = LORATAP_SIZE + packet->frame->size;
    uint32_t size = 32 + padded(captured) + 8 + 4;
    put_u32(out, NG_PACKET);
    put_u32(out, size);
    put_u32(out, packet->interface);
    put_u32(out, (uint32_t)(at_ns >> 32));
    put_u32(out, (uint32_t)at_ns);
    put_u32(out, captured);
    put_u32(out, captured);
    put_frame(out, packet);
    pad(out, captured);
    put_option(out, NG_OPTION_FLAGS, &packet->direction, sizeof packet->direction);
    put_u32(out, 0);
    put_u32(out, size);
}

/* --- the observer ----------------------------------------------------------------------------- */

static void write_head(struct pcap *pcap)
{
    FILE *out = live_file_stream(&pcap->file);
    if (pcap->params.form == PCAP_FORM_AIR) {
        write_file_header(out);
        return;
    }
    write_section(out);
    for (uint32_t g = 0; g < pcap->params.gateway_count; g++) {
        write_interface(out, g);
    }
}

struct pcap *pcap_open(const struct pcap_params *params, char *error, size_t error_size)
{
    struct pcap *pcap = calloc(1, sizeof *pcap);
    if (pcap == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    pcap->params = *params;
    if (!live_file_open(&pcap->file, params->path, error, error_size)) {
        free(pcap);
        return NULL;
    }
    write_head(pcap);
    live_file_settle(&pcap->file);
    return pcap;
}

uint64_t pcap_kinds(const struct pcap *pcap)
{
    return pcap->params.form == PCAP_FORM_AIR
                   ? OBSERVE_BIT(OBSERVE_FRAME_STARTED)
                   : OBSERVE_BIT(OBSERVE_GATEWAY_RECEIVED) | OBSERVE_BIT(OBSERVE_FRAME_ENDED);
}

/* Thousandths to whole steps, the nearest, within what the header holds. */
static uint8_t steps_of(int64_t thousandths, int min, int max)
{
    int64_t steps = (thousandths + (thousandths < 0 ? -500 : 500)) / 1000;
    return (uint8_t)(steps < min ? min : steps > max ? max : steps);
}

/* False: the frame is in no gateway's capture. */
static bool at_gateway(const struct pcap *pcap, const struct observation *o, struct packet *packet)
{
    packet->interface =
            gateway_of_entity(&pcap->params.gateways, o->entity, pcap->params.gateway_count);
    if (o->kind == OBSERVE_GATEWAY_RECEIVED) {
        packet->direction = NG_INBOUND;
        packet->rssi = steps_of(o->b - RSSI_BASE_DBM * 1000, 0, RSSI_UNKNOWN - 1);
        packet->snr = steps_of(4 * o->c, INT8_MIN, INT8_MAX);
        return true;
    }
    packet->direction = NG_OUTBOUND;
    return packet->frame->downlink && !packet->frame->aborted;
}

void pcap_observe(void *context, const struct observation *o)
{
    struct pcap *pcap = context;
    FILE *out = live_file_stream(&pcap->file);
    assert(o->data != NULL);
    struct packet packet = { .at_ns = o->at_ns, .rssi = RSSI_UNKNOWN, .frame = o->data };
    if (out == NULL) {
        return;
    }
    if (pcap->params.form == PCAP_FORM_AIR) {
        write_record(pcap, &packet, out);
    } else if (at_gateway(pcap, o, &packet)) {
        write_packet_block(pcap, &packet, out);
    }
    live_file_settle(&pcap->file);
}

bool pcap_reader_gone(const struct pcap *pcap)
{
    return live_file_reader_gone(&pcap->file);
}

bool pcap_close(struct pcap *pcap, char *error, size_t error_size)
{
    bool written = live_file_close(&pcap->file, error, error_size);
    free(pcap);
    return written;
}

void pcap_discard(struct pcap *pcap)
{
    if (pcap != NULL) {
        live_file_discard(&pcap->file);
        free(pcap);
    }
}

const char *pcap_temporary(const struct pcap *pcap)
{
    return live_file_temporary(&pcap->file);
}
