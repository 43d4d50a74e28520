/* The air of a run as a pcap file: LoRaTap headers, link type 270.
 * SPDX-License-Identifier: MIT
 *
 * LoRaTap version 0: version, padding, length (big-endian), frequency, bandwidth in 125 kHz steps,
 * SF, packet RSSI, max RSSI, current RSSI, SNR, sync word.
 */
#include "results/pcap.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "air/frame.h"

#define LORATAP_SIZE 15u
#define RSSI_UNKNOWN 0xFFu
#define PATH_SIZE    4096u

struct pcap {
    FILE *file;
    int64_t start_unix_s;
    char path[PATH_SIZE];
    char temporary[PATH_SIZE + 8];
};

static void put_u32_host(FILE *file, uint32_t value)
{
    /* A pcap file is in the writer's byte order; the magic tells which. */
    fwrite(&value, sizeof value, 1, file);
}

struct pcap *pcap_open(const char *path, int64_t start_unix_s, char *error, size_t error_size)
{
    struct pcap *pcap = calloc(1, sizeof *pcap);
    int descriptor = -1;
    if (pcap != NULL && strlen(path) < sizeof pcap->path) {
        snprintf(pcap->path, sizeof pcap->path, "%s", path);
        snprintf(pcap->temporary, sizeof pcap->temporary, "%s.XXXXXX", path);
        descriptor = mkstemp(pcap->temporary);
        pcap->file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    }
    if (pcap == NULL || pcap->file == NULL) {
        snprintf(error, error_size, "cannot write '%s': %s", path, strerror(errno));
        free(pcap);
        return NULL;
    }
    pcap->start_unix_s = start_unix_s;
    uint16_t version[2] = { 2, 4 };
    put_u32_host(pcap->file, 0xA1B23C4Du); /* nanosecond time stamps */
    fwrite(version, sizeof version, 1, pcap->file);
    put_u32_host(pcap->file, 0);
    put_u32_host(pcap->file, 0);
    put_u32_host(pcap->file, LORATAP_SIZE + LORA_FRAME_SIZE_MAX);
    put_u32_host(pcap->file, PCAP_LINKTYPE_LORATAP);
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
    int64_t seconds = frame->start_ns / SIM_NS_PER_S;
    put_u32_host(pcap->file, (uint32_t)(pcap->start_unix_s + seconds));
    put_u32_host(pcap->file, (uint32_t)(frame->start_ns - seconds * SIM_NS_PER_S));
    put_u32_host(pcap->file, LORATAP_SIZE + frame->size);
    put_u32_host(pcap->file, LORATAP_SIZE + frame->size);
    fwrite(header, sizeof header, 1, pcap->file);
    fwrite(frame->bytes, frame->size, 1, pcap->file);
}

void pcap_discard(struct pcap *pcap)
{
    if (pcap != NULL) {
        fclose(pcap->file);
        unlink(pcap->temporary);
        free(pcap);
    }
}

bool pcap_close(struct pcap *pcap, char *error, size_t error_size)
{
    bool written = ferror(pcap->file) == 0 && fflush(pcap->file) == 0
                   && fchmod(fileno(pcap->file), 0644) == 0
                   && rename(pcap->temporary, pcap->path) == 0;
    if (!written) {
        snprintf(error, error_size, "cannot write '%s': %s", pcap->path, strerror(errno));
        pcap_discard(pcap);
        return false;
    }
    fclose(pcap->file);
    free(pcap);
    return true;
}
