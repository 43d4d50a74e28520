/* What results call the places of a device's flash; no part of a firmware.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdint.h>

#include "firmware/flash_place.h"

const char *flash_place_name(enum flash_place place)
{
    static const char *const names[] = {
#define X(name, text) text,
        FLASH_PLACES(X)
#undef X
    };
    assert((uint32_t)place < FLASH_PLACE_COUNT);
    return names[place];
}
