/* --pcap: a capture of a run, with the keys that belong to it.
 * SPDX-License-Identifier: MIT
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include <stdbool.h>

#include "cli/output_folder.h"
#include "cli/run_options.h"
#include "results/pcap.h"
#include "results/whole_file.h"
#include "world/world.h"

struct capture {
    struct pcap *pcap; /* NULL: none is wanted */
    /* Folder of the keys; "": none, for a pipe or a device has no place beside it. */
    char keys_path[WHOLE_FILE_PATH_MAX];
};

/* Opens it if the options ask for one, and listens to the world. False after a message; the capture
 * can be discarded then. */
bool capture_open(struct capture *capture, const struct run_options *options, struct world *world);
void capture_discard(struct capture *capture);
/* False after a message. A reader that has gone is told, and is no failure. */
bool capture_write(struct capture *capture, const struct world *world);

#endif
