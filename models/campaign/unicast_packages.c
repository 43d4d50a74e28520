/* Messages of the simple block protocol.
 * SPDX-License-Identifier: MIT
 */
#include "campaign/unicast_packages.h"

#include <assert.h>

#include "network/wire.h"

enum unicast_cid {
    PACKAGE_VERSION = 0x00,
    BLOCK_FETCH = 0x01,
    BLOCK_DATA = 0x02,
    BLOCK_FETCH_STOP = 0x03
};

size_t unicast_fetch_req(uint8_t *out, uint8_t frag_index)
{
    assert(frag_index < 4);
    out[0] = BLOCK_FETCH;
    out[1] = frag_index;
    return 2;
}

size_t unicast_fetch_stop(uint8_t *out, uint8_t frag_index)
{
    assert(frag_index < 4);
    out[0] = BLOCK_FETCH_STOP;
    out[1] = frag_index;
    return 2;
}

size_t unicast_data_header(uint8_t *out, uint8_t frag_index, uint16_t n)
{
    assert(frag_index < 4 && n >= 1 && n < 1u << 14);
    out[0] = BLOCK_DATA;
    wire_put_u16(out + 1, (uint32_t)frag_index << 14 | n);
    return UNICAST_DATA_HEADER;
}

size_t unicast_message_parse(const uint8_t *data, size_t size, struct unicast_message *message)
{
    *message = (struct unicast_message){ .kind = UNICAST_OTHER };
    if (size == 0) {
        return 0;
    }
    size_t used = 0;
    switch (data[0]) {
    case PACKAGE_VERSION:
        used = 3;
        break;
    case BLOCK_FETCH:
        used = 2;
        if (size >= used) {
            message->kind = UNICAST_FETCH_ANS;
            message->index = data[1] & 0x03u;
            message->no_session = (data[1] & 0x04u) != 0;
        }
        break;
    case BLOCK_DATA:
        used = 4;
        if (size >= used) {
            message->kind = UNICAST_DATA_REQ;
            message->index = (uint8_t)(wire_u16(data + 1) >> 14);
            message->n = (uint16_t)(wire_u16(data + 1) & 0x3FFFu);
            message->count = data[3];
        }
        break;
    default:
        break;
    }
    return used <= size ? used : 0;
}
