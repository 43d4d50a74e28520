/* Prints the identities of a run for test_wireshark.py: DevEUI, JoinEUI (as on air), AppKey.
 * SPDX-License-Identifier: MIT
 *
 *   print_join_keys SEED COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "identity/identity.h"

static void print_eui(uint64_t eui)
{
    for (unsigned i = 0; i < 8; i++) {
        printf("%02x", (unsigned)(eui >> (8 * i) & 0xFFu));
    }
    putchar(' ');
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10);
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
    for (uint32_t i = 0; i < count; i++) {
        struct device_identity identity;
        device_identity_draw(&identity, seed, i);
        print_eui(identity.dev_eui);
        print_eui(identity.join_eui);
        for (unsigned k = 0; k < 16; k++) {
            printf("%02x", identity.app_key[k]);
        }
        putchar('\n');
    }
    return 0;
}
