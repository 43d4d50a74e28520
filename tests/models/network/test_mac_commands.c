/* MAC commands: what devices may send, and what the server writes.
 * SPDX-License-Identifier: MIT
 *
 * Oracle: layouts of LoRaWAN L2 1.0.4 section 5, and an exhaustive walk over short inputs.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "network/mac_commands.h"

static struct mac_commands parse(const uint8_t *data, size_t size)
{
    struct mac_commands commands = { 0 };
    mac_commands_parse(data, size, &commands);
    return commands;
}

Test(mac_commands, reads_requests_and_answers_of_one_frame)
{
    /* LinkCheckReq, DevStatusAns (0x73, SNR -6), LinkADRAns 07, DeviceTimeReq */
    const uint8_t data[] = { 0x02, 0x06, 0x73, 0x3A, 0x03, 0x07, 0x0D };
    struct mac_commands commands = parse(data, sizeof data);
    cr_assert(commands.link_check_req && commands.device_time_req && commands.dev_status_ans);
    cr_assert_eq(commands.battery, 0x73);
    cr_assert_eq(commands.radio_margin_db, -6);
    cr_assert_eq(commands.link_adr_answers, 1);
    cr_assert(commands.link_adr_accepted && !commands.malformed);
}

Test(mac_commands, one_refused_link_adr_refuses_the_block)
{
    const uint8_t data[] = { 0x03, 0x07, 0x03, 0x05 };
    struct mac_commands commands = parse(data, sizeof data);
    cr_assert_eq(commands.link_adr_answers, 2);
    cr_assert_not(commands.link_adr_accepted);
}

Test(mac_commands, stops_at_the_unknown_and_keeps_what_came_before)
{
    const uint8_t data[] = { 0x0D, 0x7F, 0x02 };
    struct mac_commands commands = parse(data, sizeof data);
    cr_assert(commands.device_time_req && commands.malformed && !commands.link_check_req);
    const uint8_t cut[] = { 0x02, 0x06, 0xFF };
    commands = parse(cut, sizeof cut);
    cr_assert(commands.link_check_req && commands.malformed && !commands.dev_status_ans);
}

Test(mac_commands, device_time_is_gps_seconds_and_256ths)
{
    uint8_t out[8];
    const uint8_t expected[] = { 0x0D, 0x00, 0x94, 0x35, 0x77, 0x80 }; /* 2000000000.5 s */
    cr_assert_eq(mac_device_time_ans(out, INT64_C(2000000000500000000)), sizeof expected);
    cr_assert_arr_eq(out, expected, sizeof expected);
    /* Rounding up carries into the seconds. */
    mac_device_time_ans(out, INT64_C(1999999999999000000));
    const uint8_t carried[] = { 0x0D, 0x00, 0x94, 0x35, 0x77, 0x00 };
    cr_assert_arr_eq(out, carried, sizeof carried);
}

Test(mac_commands, reads_no_byte_beyond_its_input)
{
    /* Every pair of bytes at the end of a buffer of exactly that size: the sanitizers watch. */
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            uint8_t data[2] = { (uint8_t)a, (uint8_t)b };
            (void)parse(data, 2);
            (void)parse(data + 1, 1);
        }
    }
}
