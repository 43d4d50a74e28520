/* The server's codec of the simple block protocol, byte by byte.
 * SPDX-License-Identifier: MIT
 *
 * Right values: the layout of docs/block-protocol.md, by hand.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "campaign/unicast_packages.h"

Test(unicast_packages, write_what_the_layout_says)
{
    uint8_t out[8];
    cr_assert_eq(unicast_fetch_req(out, 3), 2);
    cr_assert_arr_eq(out, ((uint8_t[]){ 0x01, 0x03 }), 2);
    cr_assert_eq(unicast_fetch_stop(out, 2), 2);
    cr_assert_arr_eq(out, ((uint8_t[]){ 0x03, 0x02 }), 2);
    cr_assert_eq(unicast_data_header(out, 1, 0x3FFF), 3);
    cr_assert_arr_eq(out, ((uint8_t[]){ 0x02, 0xFF, 0x7F }), 3, "FragIndex 1 and N 16383");
}

Test(unicast_packages, read_several_messages_of_one_uplink)
{
    static const uint8_t uplink[] = { 0x00, 204, 1, 0x01, 0x02, 0x02, 0x05, 0x80, 0x0A };
    struct unicast_message message;
    cr_assert_eq(unicast_message_parse(uplink, sizeof uplink, &message), 3);
    cr_assert_eq(message.kind, UNICAST_OTHER);
    cr_assert_eq(unicast_message_parse(uplink + 3, sizeof uplink - 3, &message), 2);
    cr_assert_eq(message.kind, UNICAST_FETCH_ANS);
    cr_assert_eq(message.index, 2);
    cr_assert(!message.no_session);
    cr_assert_eq(unicast_message_parse(uplink + 5, sizeof uplink - 5, &message), 4);
    cr_assert_eq(message.kind, UNICAST_DATA_REQ);
    cr_assert_eq(message.index, 2);
    cr_assert_eq(message.n, 5);
    cr_assert_eq(message.count, 10);
}

Test(unicast_packages, tell_that_a_device_has_no_session)
{
    struct unicast_message message;
    cr_assert_eq(unicast_message_parse((const uint8_t[]){ 0x01, 0x07 }, 2, &message), 2);
    cr_assert_eq(message.index, 3);
    cr_assert(message.no_session);
}

Test(unicast_packages, read_nothing_of_what_is_cut_short_or_unknown)
{
    static const uint8_t bytes[] = { 0x02, 0x01, 0x00, 0x04 };
    struct unicast_message message;
    for (size_t size = 0; size < sizeof bytes; size++) {
        cr_assert_eq(unicast_message_parse(bytes, size, &message), 0, "%zu bytes", size);
    }
    cr_assert_eq(unicast_message_parse((const uint8_t[]){ 0x01 }, 1, &message), 0);
    cr_assert_eq(unicast_message_parse((const uint8_t[]){ 0x7F, 0, 0, 0 }, 4, &message), 0);
    cr_assert_eq(message.kind, UNICAST_OTHER);
}
