/* Captures: the bytes of file header and frames, by the formats' own documents.
 * SPDX-License-Identifier: MIT
 *
 * Sources: draft-ietf-opsawg-pcap (magic of nanosecond files, header, record); LoRaTap version 0
 * (15 bytes, big-endian); test_wireshark.py lets an independent reader judge whole runs.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "air/frame.h"
#include "results/pcap.h"

static char folder[256], path[300];

/* A folder of its own: tests run side by side. */
static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/fleetcast-pcap-XXXXXX",
            parent != NULL ? parent : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/air.pcap", folder);
}

static void remove_folder(void)
{
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "something else was left in %s", folder);
}

static uint32_t u32_at(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static void observe_frame(struct pcap *pcap, const struct frame *frame)
{
    struct observation o = {
        .kind = OBSERVE_FRAME_STARTED, .at_ns = frame->start_ns, .data = frame
    };
    pcap_observe(pcap, &o);
}

Test(pcap, holds_the_file_header_and_a_frame_byte_by_byte, .init = make_folder,
        .fini = remove_folder)
{
    char error[256] = "";
    static struct frame frame = {
        .start_ns = 3 * SIM_NS_PER_S + 250,
        .modulation = { .frequency_hz = 868100000,
                .bandwidth_hz = 125000,
                .spreading_factor = 9,
                .sync_word = 0x34 },
        .size = 4,
        .bytes = { 0x40, 1, 2, 3 },
    };
    struct pcap *pcap = pcap_open(path, 1400000000, error, sizeof error);
    cr_assert_not_null(pcap, "%s", error);
    cr_expect_str_neq(pcap_temporary(pcap), "");
    observe_frame(pcap, &frame);
    frame.start_ns = 4 * SIM_NS_PER_S;
    frame.modulation.bandwidth_hz = 250000;
    frame.size = 1;
    observe_frame(pcap, &frame);
    cr_assert(pcap_close(pcap, error, sizeof error), "%s", error);

    uint8_t bytes[256];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert_eq(size, 24 + (16 + 15 + 4) + (16 + 15 + 1));
    cr_expect_eq(u32_at(bytes), 0xA1B23C4D);
    cr_expect_eq(u32_at(bytes + 20), 270, "LINKTYPE_LORATAP");
    cr_expect_geq(u32_at(bytes + 16), 15 + 255, "snapshot length holds every frame");
    const uint8_t *record = bytes + 24;
    cr_expect_eq(u32_at(record), 1400000003);
    cr_expect_eq(u32_at(record + 4), 250);
    cr_expect_eq(u32_at(record + 8), 19, "captured");
    cr_expect_eq(u32_at(record + 12), 19, "on air");
    static const uint8_t expected[19] = { 0, 0, 0, 15, /* version, padding, length */
        0x33, 0xBE, 0x27, 0xA0,                        /* 868100000 Hz */
        1, 9,                                          /* 125 kHz, SF9 */
        255, 255, 255, 0,                              /* RSSI and SNR of no receiver */
        0x34, 0x40, 1, 2, 3 };
    cr_expect_arr_eq(record + 16, expected, sizeof expected);
    cr_expect_eq(record[35 + 16 + 8], 2, "250 kHz");
}

Test(pcap, leaves_nothing_when_it_is_given_up, .init = make_folder, .fini = remove_folder)
{
    char error[256], temporary[512];
    struct pcap *pcap = pcap_open(path, 0, error, sizeof error);
    cr_assert_not_null(pcap);
    snprintf(temporary, sizeof temporary, "%s", pcap_temporary(pcap));
    cr_expect_eq(access(temporary, F_OK), 0);
    pcap_discard(pcap);
    cr_expect_neq(access(temporary, F_OK), 0);
    cr_expect_neq(access(path, F_OK), 0);
    pcap_discard(NULL);
}

Test(pcap, says_why_it_cannot_be_opened)
{
    char error[256];
    cr_expect_null(pcap_open("/no/such/folder/x", 0, error, sizeof error));
    cr_expect_str_eq(error, "cannot write '/no/such/folder/x': No such file or directory");
}
