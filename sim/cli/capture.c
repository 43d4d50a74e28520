/* --pcap: a capture of a run, with the keys that belong to it.
 * SPDX-License-Identifier: MIT
 */
#include "cli/capture.h"

#include <string.h>
#include <unistd.h>

#include "results/pcap_keys.h"

#define ERROR_SIZE (WHOLE_FILE_PATH_MAX + 128u)

static const char option[] = "--pcap";

/* Leaves no folder: it is made when there is something to write. */
static bool try_keys(struct capture *capture, const char *pcap_path)
{
    struct output_folder keys;
    int length = snprintf(capture->keys_path, sizeof capture->keys_path, "%s.keys", pcap_path);
    if (length < 0 || (size_t)length >= sizeof capture->keys_path) {
        return output_failed(option, "the path is too long");
    }
    bool ok = output_folder_open(&keys, option, capture->keys_path);
    for (int i = 0; ok && i < PCAP_KEY_FILES; i++) {
        ok = output_folder_try(&keys, pcap_key_file_names[i]);
    }
    output_folder_discard(&keys);
    return ok;
}

bool capture_open(struct capture *capture, const struct run_options *options, struct world *world)
{
    char error[ERROR_SIZE];
    *capture = (struct capture){ 0 };
    if (options->pcap == NULL) {
        return true;
    }
    if (strcmp(options->pcap, "-") == 0 && isatty(STDOUT_FILENO)) {
        return output_failed(option, "standard output is a terminal: pipe it into a reader, as in "
                                     "'| wireshark -k -i -'");
    }
    const struct pcap_params params = {
        .path = options->pcap,
        .form = options->pcap_form,
        .start_unix_s = world_start_unix_s(world),
        .gateways = world->gateway_entities,
        .gateway_count = world->gateway_count,
    };
    capture->pcap = pcap_open(&params, error, sizeof error);
    if (capture->pcap == NULL) {
        return output_failed(option, error);
    }
    bool is_file = pcap_temporary(capture->pcap)[0] != '\0';
    if (is_file && !try_keys(capture, options->pcap)) {
        return false;
    }
    engine_observer_add(world->engine, pcap_kinds(capture->pcap), pcap_observe, capture->pcap);
    return true;
}

void capture_discard(struct capture *capture)
{
    pcap_discard(capture->pcap);
    capture->pcap = NULL;
}

struct key_file {
    enum pcap_key_file file;
    const struct world *world;
};

static void write_keys(FILE *out, void *context)
{
    const struct key_file *keys = context;
    pcap_keys_write(out, keys->file, keys->world);
}

static bool write_key_files(const struct capture *capture, const struct world *world)
{
    struct output_folder folder;
    bool ok = output_folder_open(&folder, option, capture->keys_path);
    for (int i = 0; ok && i < PCAP_KEY_FILES; i++) {
        struct key_file keys = { (enum pcap_key_file)i, world };
        ok = output_folder_write(&folder, pcap_key_file_names[i], write_keys, &keys);
    }
    return ok;
}

bool capture_write(struct capture *capture, const struct world *world)
{
    char error[ERROR_SIZE];
    if (capture->pcap == NULL) {
        return true;
    }
    if (pcap_reader_gone(capture->pcap)) {
        output_reader_gone(option);
    }
    bool ok = pcap_close(capture->pcap, error, sizeof error) || output_failed(option, error);
    capture->pcap = NULL;
    return (capture->keys_path[0] == '\0' || write_key_files(capture, world)) && ok;
}
