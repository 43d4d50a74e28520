/* Member sets against an array of flags.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>

#include "air/member_set.h"
#include "random_stream.h"

Test(member_set, walks_its_members_in_order)
{
    enum {
        LIMIT = 20000
    };
    static bool flags[LIMIT];
    struct member_set set;
    member_set_init(&set, LIMIT, NULL);
    cr_expect_eq(member_set_next(&set, 0), MEMBER_NONE);
    struct random_stream stream;
    random_stream_init(&stream, 1, 0, RANDOM_TEST, 0);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 40; i++) {
            uint32_t member = random_stream_u32(&stream) % LIMIT;
            flags[member] = random_stream_u32(&stream) % 3 == 0;
            if (flags[member]) {
                member_set_add(&set, member);
            } else {
                member_set_remove(&set, member);
            }
        }
        uint32_t next = member_set_next(&set, 0);
        for (uint32_t i = 0; i < LIMIT; i++) {
            if (flags[i]) {
                cr_assert_eq(next, i);
                next = member_set_next(&set, i + 1);
            }
        }
        cr_assert_eq(next, MEMBER_NONE);
    }
    member_set_add(&set, LIMIT - 1);
    cr_expect_eq(member_set_next(&set, LIMIT - 1), LIMIT - 1);
    cr_expect_eq(member_set_next(&set, LIMIT), MEMBER_NONE);
    member_set_finish(&set);
}
