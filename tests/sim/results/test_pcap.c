/* Captures: the bytes of file header and frames, by the formats' own documents.
 * SPDX-License-Identifier: MIT
 *
 * Sources: draft-ietf-opsawg-pcap (magic of nanosecond files, header, record) and -pcapng (blocks,
 * options, section 4); LoRaTap version 0 (15 bytes, big-endian); test_wireshark.py lets an
 * independent reader judge whole runs.
 */
#include <criterion/criterion.h>
#include <signal.h>
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

#define FIRST_GATEWAY 7u

/* Two gateways, from 2014-05-13 16:53:20 on. */
static struct pcap *open_form(enum pcap_form form, const char *target)
{
    char error[256] = "";
    const struct pcap_params params = { .path = target,
        .form = form,
        .start_unix_s = 1400000000,
        .gateways = { .first = FIRST_GATEWAY },
        .gateway_count = 2 };
    struct pcap *pcap = pcap_open(&params, error, sizeof error);
    cr_assert_not_null(pcap, "%s", error);
    return pcap;
}

static size_t read_file(uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size = fread(bytes, 1, size, file);
    fclose(file);
    return size;
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
    struct pcap *pcap = open_form(PCAP_FORM_AIR, path);
    cr_expect_str_neq(pcap_temporary(pcap), "");
    observe_frame(pcap, &frame);
    frame.start_ns = 4 * SIM_NS_PER_S;
    frame.modulation.bandwidth_hz = 250000;
    frame.size = 1;
    observe_frame(pcap, &frame);
    cr_assert(pcap_close(pcap, error, sizeof error), "%s", error);

    uint8_t bytes[256];
    size_t size = read_file(bytes, sizeof bytes);
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
    char temporary[512];
    struct pcap *pcap = open_form(PCAP_FORM_AIR, path);
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
    const struct pcap_params params = { .path = "/no/such/folder/x" };
    cr_expect_null(pcap_open(&params, error, sizeof error));
    cr_expect_str_eq(error, "cannot write '/no/such/folder/x': No such file or directory");
}

/* --- what gateways heard and sent ------------------------------------------------------------- */

static void gateway_hears(struct pcap *pcap, const struct frame *frame, uint32_t gateway,
        int64_t rssi_mdbm, int64_t snr_mdb)
{
    const struct observation o = { .kind = OBSERVE_GATEWAY_RECEIVED,
        .at_ns = frame->end_ns,
        .entity = FIRST_GATEWAY + gateway,
        .b = rssi_mdbm,
        .c = snr_mdb,
        .data = frame };
    pcap_observe(pcap, &o);
}

static void frame_ends(struct pcap *pcap, const struct frame *frame)
{
    const struct observation o = {
        .kind = OBSERVE_FRAME_ENDED, .at_ns = frame->end_ns, .entity = frame->sender, .data = frame
    };
    pcap_observe(pcap, &o);
}

/* Blocks follow each other; each names its size at both ends. */
static const uint8_t *block(const uint8_t *bytes, size_t size, unsigned index)
{
    size_t at = 0;
    for (;; index--) {
        cr_assert_lt(at + 12, size);
        size_t length = u32_at(bytes + at + 4);
        cr_assert_eq(length % 4, 0);
        cr_assert_leq(at + length, size);
        cr_assert_eq(u32_at(bytes + at + length - 4), length);
        if (index == 0) {
            return bytes + at;
        }
        at += length;
    }
}

static const struct frame uplink = {
    .sender = 20,
    .end_ns = 5 * SIM_NS_PER_S + 1,
    .modulation = { .frequency_hz = 868100000,
            .bandwidth_hz = 125000,
            .spreading_factor = 9,
            .sync_word = 0x34 },
    .size = 6,
    .bytes = { 0x40, 1, 2, 3, 4, 5 },
};

Test(pcap, each_gateway_is_an_interface_with_its_rssi_and_snr, .init = make_folder,
        .fini = remove_folder)
{
    char error[256] = "";
    static uint8_t bytes[1024];
    struct pcap *pcap = open_form(PCAP_FORM_GATEWAYS, path);
    gateway_hears(pcap, &uplink, 1, -97400, -7250);
    gateway_hears(pcap, &uplink, 0, -60600, 9130);
    cr_assert(pcap_close(pcap, error, sizeof error), "%s", error);
    size_t size = read_file(bytes, sizeof bytes);

    const uint8_t *section = block(bytes, size, 0);
    cr_expect_eq(u32_at(section), 0x0A0D0D0A);
    cr_expect_eq(u32_at(section + 8), 0x1A2B3C4D);
    cr_expect_eq(u32_at(section + 12), 1, "version 1.0");
    static const uint8_t options[] = { 2, 0, 9, 0, 'g', 'a', 't', 'e', 'w', 'a', 'y', ' ', '1', 0,
        0, 0, 9, 0, 1, 0, 9 };
    const uint8_t *interface = block(bytes, size, 2);
    cr_expect_eq(u32_at(interface), 1);
    cr_expect_eq(u32_at(interface + 8), 270, "LINKTYPE_LORATAP");
    cr_expect_arr_eq(interface + 16, options, sizeof options);

    const uint8_t *packet = block(bytes, size, 3);
    uint64_t stamp_ns = (uint64_t)u32_at(packet + 12) << 32 | u32_at(packet + 16);
    cr_expect_eq(u32_at(packet), 6);
    cr_expect_eq(u32_at(packet + 8), 1, "gateway 1");
    cr_expect_eq(stamp_ns, UINT64_C(1400000005000000001));
    cr_expect_eq(u32_at(packet + 20), 15 + 6);
    cr_expect_eq(u32_at(packet + 24), 15 + 6);
    static const uint8_t expected[24] = { 0, 0, 0, 15, 0x33, 0xBE, 0x27, 0xA0, 1, 9, 42, 255,
        42,         /* -97 dBm above -139; the largest is not known */
        0x100 - 29, /* -7.25 dB in quarters */
        0x34, 0x40, 1, 2, 3, 4, 5, 0, 0, 0 };
    cr_expect_arr_eq(packet + 28, expected, sizeof expected);
    cr_expect_eq(u32_at(packet + 52), 2 | 4 << 16, "option epb_flags");
    cr_expect_eq(u32_at(packet + 56), 1, "inbound");

    packet = block(bytes, size, 4);
    cr_expect_eq(u32_at(packet + 8), 0);
    cr_expect_eq(packet[28 + 10], 78, "-61 dBm");
    cr_expect_eq(packet[28 + 13], 37, "9.25 dB: the nearest quarter");
}

Test(pcap, a_gateway_has_what_it_sent_and_not_what_devices_sent, .init = make_folder,
        .fini = remove_folder)
{
    char error[256] = "";
    static uint8_t bytes[1024];
    static struct frame downlink, cut;
    downlink = uplink;
    downlink.downlink = true;
    downlink.sender = FIRST_GATEWAY + 1;
    cut = downlink;
    cut.aborted = true;
    struct pcap *pcap = open_form(PCAP_FORM_GATEWAYS, path);
    frame_ends(pcap, &uplink);
    frame_ends(pcap, &cut);
    frame_ends(pcap, &downlink);
    cr_assert(pcap_close(pcap, error, sizeof error), "%s", error);
    size_t size = read_file(bytes, sizeof bytes);
    const uint8_t *packet = block(bytes, size, 3);
    cr_expect_eq(u32_at(packet + 8), 1);
    cr_expect_eq(packet[28 + 10], 255, "no RSSI");
    cr_expect_eq(u32_at(packet + 56), 2, "outbound");
    cr_expect_eq(packet + u32_at(packet + 4), bytes + size, "one packet");
}

Test(pcap, values_beyond_the_header_are_its_limits, .init = make_folder, .fini = remove_folder)
{
    char error[256] = "";
    static uint8_t bytes[1024];
    struct pcap *pcap = open_form(PCAP_FORM_GATEWAYS, path);
    gateway_hears(pcap, &uplink, 0, -150000, -40000);
    gateway_hears(pcap, &uplink, 0, 130000, 60000);
    cr_assert(pcap_close(pcap, error, sizeof error), "%s", error);
    size_t size = read_file(bytes, sizeof bytes);
    const uint8_t *weak = block(bytes, size, 3), *strong = block(bytes, size, 4);
    cr_expect_eq(weak[28 + 10], 0);
    cr_expect_eq(weak[28 + 13], 0x80);
    cr_expect_eq(strong[28 + 10], 254, "255 stands for unknown");
    cr_expect_eq(strong[28 + 13], 0x7F);
}

Test(pcap, a_reader_has_each_packet_at_once_and_may_go)
{
    char target[32], error[256] = "";
    uint8_t bytes[256];
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(ends), 0);
    snprintf(target, sizeof target, "/dev/fd/%d", ends[1]);
    struct pcap *pcap = open_form(PCAP_FORM_AIR, target);
    cr_expect_eq(read(ends[0], bytes, sizeof bytes), 24, "the header waits for no packet");
    observe_frame(pcap, &uplink);
    cr_expect_eq(read(ends[0], bytes, sizeof bytes), 16 + 15 + 6);
    cr_expect_not(pcap_reader_gone(pcap));
    close(ends[0]);
    observe_frame(pcap, &uplink);
    cr_expect(pcap_reader_gone(pcap));
    observe_frame(pcap, &uplink);
    cr_expect(pcap_close(pcap, error, sizeof error), "it is no failure: %s", error);
    close(ends[1]);
}

Test(pcap, a_full_device_is_a_failure)
{
    char error[256] = "";
    struct pcap *pcap = open_form(PCAP_FORM_AIR, "/dev/full");
    observe_frame(pcap, &uplink);
    cr_expect_not(pcap_reader_gone(pcap));
    cr_expect_not(pcap_close(pcap, error, sizeof error));
    cr_expect_str_eq(error, "cannot write '/dev/full': No space left on device");
}
