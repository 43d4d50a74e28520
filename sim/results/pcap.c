/* The air of a run as a pcap file: LoRaTap headers, link type 270.
 * SPDX-License-Identifier: MIT
 *
 * LoRaTap version 0: version, padding, length (big-endian), frequency, bandwidth in 125 kHz steps,
 * SF, packet RSSI, max RSSI, current RSSI, SNR, sync word.
 */
#include "results/pcap.h"

#include <assert.h>
#include <stdlib.h>

#include "air/frame.h"
#include "results/whole_file.h"

#define LORATAP_SIZE 15u
#define RSSI_UNKNOWN 0xFFu

struct pcap {
    struct whole_file file;
    int64_t start_unix_s;
};

static void put_u32_host(FILE *file, uint32_t value)
{
    /* A pcap file is in the writer's byte order; the magic tells which. */
    fwrite(&value, sizeof value, 1, file);
}

struct pcap *pcap_open(const char *path, int64_t start_unix_s, char *error, size_t error_size)
{
    struct pcap *pcap = calloc(1, sizeof *pcap);
    if (pcap == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    if (!whole_file_open(&pcap->file, path, error, error_size)) {
        free(pcap);
        return NULL;
    }
    pcap->start_unix_s = start_unix_s;
    FILE *out = pcap->file.stream;
    uint16_t version[2] = { 2, 4 };
    put_u32_host(out, 0xA1B23C4Du); /* nanosecond time stamps */
    fwrite(version, sizeof version, 1, out);
    put_u32_host(out, 0);
    put_u32_host(out, 0);
    put_u32_host(out, LORATAP_SIZE + LORA_FRAME_SIZE_MAX);
    put_u32_host(out, PCAP_LINKTYPE_LORATAP);
    return pcap;
}

void pcap_observe(void *context, const struct observation *o)
{
    struct pcap *pcap = context;
    assert(o->kind == OBSERVE_FRAME_STARTED && o->data != NULL);
    const struct frame *frame = o->data;
    const struct lora_modulation *m = &frame->modulation;
    uint32_t f = m->frequency_hz;
    const uint8_t header[LORATAP_SIZE] = { 0, 0, 0, LORATAP_SIZE, (uint8_t)(f >> 24),
        (uint8_t)(f >> 16), (uint8_t)(f >> 8), (uint8_t)f, (uint8_t)(m->bandwidth_hz / 125000u),
        m->spreading_factor, RSSI_UNKNOWN, RSSI_UNKNOWN, RSSI_UNKNOWN, 0, m->sync_word };
    FILE *out = pcap->file.stream;
    int64_t seconds = frame->start_ns / SIM_NS_PER_S;
    put_u32_host(out, (uint32_t)(pcap->start_unix_s + seconds));
    put_u32_host(out, (uint32_t)(frame->start_ns - seconds * SIM_NS_PER_S));
    put_u32_host(out, LORATAP_SIZE + frame->size);
    put_u32_host(out, LORATAP_SIZE + frame->size);
    fwrite(header, sizeof header, 1, out);
    fwrite(frame->bytes, frame->size, 1, out);
}

bool pcap_close(struct pcap *pcap, char *error, size_t error_size)
{
    bool written = whole_file_commit(&pcap->file, error, error_size);
    free(pcap);
    return written;
}

void pcap_discard(struct pcap *pcap)
{
    if (pcap != NULL) {
        whole_file_discard(&pcap->file);
        free(pcap);
    }
}

const char *pcap_temporary(const struct pcap *pcap)
{
    return pcap->file.temporary;
}
