/* Draws the identity of a device.
 * SPDX-License-Identifier: MIT
 */
#include "identity/identity.h"

#include <string.h>

#include "random_stream.h"

/* EUI-64s of a locally administered block (bit 1 of the first byte set). */
#define DEV_EUI_BASE UINT64_C(0x0246435400000000)
#define JOIN_EUI     UINT64_C(0x02464354FFFF0001)

void device_identity_draw(struct device_identity *identity, uint64_t seed, uint32_t index)
{
    memset(identity, 0, sizeof *identity);
    identity->dev_eui = DEV_EUI_BASE + index + 1u;
    identity->join_eui = JOIN_EUI;
    struct random_stream stream;
    random_stream_init(&stream, seed, index, RANDOM_KEYS, 0);
    random_stream_bytes(&stream, identity->app_key, sizeof identity->app_key);
    random_stream_bytes(&stream, identity->gen_app_key, sizeof identity->gen_app_key);
}
