/* Fuzzes what the update server reads of uplinks: messages of every package on any port.
 * SPDX-License-Identifier: MIT
 *
 * Input: a byte for the port, one for the version of TS004, then the payload. A hostile device must
 * not harm the server: no parser takes more bytes than there are, and what it says of a message is
 * within the bounds of its fields.
 */
#include <stdlib.h>
#include <string.h>

#include "campaign/packages.h"
#include "campaign/unicast_packages.h"
#include "fuzz/fuzz.h"

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static size_t parse(uint8_t fport, unsigned version, const uint8_t *bytes, size_t size)
{
    if (fport == UNICAST_FPORT) {
        struct unicast_message message;
        size_t used = unicast_message_parse(bytes, size, &message);
        require(message.index < 4 && message.n <= PACKAGE_FRAGMENTS_MAX);
        return used;
    }
    struct package_message message;
    size_t used = package_message_parse(fport, version, bytes, size, &message);
    require(message.index < 4 && message.received <= PACKAGE_FRAGMENTS_MAX
            && message.group_count < 8);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    uint8_t fport = (uint8_t)(PACKAGE_FPORT_MULTICAST + data[0] % 6u);
    uint8_t *exact = malloc(size - 2u + (size == 2)); /* a read beyond the end shows */
    memcpy(exact, data + 2, size - 2u);
    size_t used = 1;
    for (size_t at = 0; at < size - 2u && used > 0; at += used) {
        used = parse(fport, 1u + data[1] % 2u, exact + at, size - 2u - at);
        require(used <= size - 2u - at);
    }
    free(exact);
    return 0;
}
