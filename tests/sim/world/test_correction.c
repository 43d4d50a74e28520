/* Adaptive correction goes on as long as members lack fragments: a sample of the slow test.
 * SPDX-License-Identifier: MIT
 *
 * Method: test_correction_seeds.c, on four seeds; on seed 5 one device of the city stayed without
 * the block while correction ended after three silent rounds.
 */
#include "correction_seeds.h"

Test(correction, leaves_no_device_of_a_city_without_the_block)
{
    correction_seeds_check(correction_city, 5);
}
