/* Numbers with units, as scenarios write them.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "scenario/quantity.h"

static double parse(const char *text, enum dimension dimension)
{
    double value = -1.0;
    cr_assert_eq(quantity_parse(text, dimension, &value), QUANTITY_OK, "%s", text);
    return value;
}

Test(quantity, reads_every_unit_in_base_units)
{
    cr_expect_float_eq(parse("80 ms", DIMENSION_TIME), 0.080, 1e-12);
    cr_expect_float_eq(parse("10 min", DIMENSION_TIME), 600.0, 1e-9);
    cr_expect_float_eq(parse("1.5 h", DIMENSION_TIME), 5400.0, 1e-9);
    cr_expect_float_eq(parse("2d", DIMENSION_TIME), 172800.0, 1e-9);
    cr_expect_float_eq(parse("869.525 MHz", DIMENSION_FREQUENCY), 869525000.0, 1e-3);
    cr_expect_float_eq(parse("3 km", DIMENSION_LENGTH), 3000.0, 1e-9);
    cr_expect_float_eq(parse("48 KiB", DIMENSION_BYTES), 49152.0, 0.0);
    cr_expect_float_eq(parse("15 %", DIMENSION_RATIO), 0.15, 1e-12);
    cr_expect_float_eq(parse("-4 C", DIMENSION_TEMPERATURE), -4.0, 0.0);
}

Test(quantity, needs_a_unit_unless_the_number_is_zero_or_a_ratio)
{
    double value;
    cr_expect_eq(quantity_parse("6", DIMENSION_TIME, &value), QUANTITY_UNIT_MISSING);
    cr_expect_eq(quantity_parse("0", DIMENSION_TIME, &value), QUANTITY_OK);
    cr_expect_eq(quantity_parse("0.15", DIMENSION_RATIO, &value), QUANTITY_OK);
    cr_expect_eq(quantity_parse("20", DIMENSION_NONE, &value), QUANTITY_OK);
}

Test(quantity, refuses_the_unit_of_another_dimension)
{
    double value;
    cr_expect_eq(quantity_parse("6 dB", DIMENSION_TIME, &value), QUANTITY_UNIT_UNKNOWN);
    cr_expect_eq(quantity_parse("20 apples", DIMENSION_NONE, &value), QUANTITY_UNIT_UNKNOWN);
    cr_expect_eq(quantity_parse("6 H", DIMENSION_TIME, &value), QUANTITY_UNIT_UNKNOWN);
}

Test(quantity, refuses_what_is_not_a_finite_decimal)
{
    double value;
    static const char *const words[] = { "", "soon", "nan s", "inf s", "0x10 s", "1e999 s", "." };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cr_expect_eq(quantity_parse(words[i], DIMENSION_TIME, &value), QUANTITY_NOT_A_NUMBER,
                "'%s'", words[i]);
    }
}

Test(quantity, formats_in_the_largest_unit_that_fits)
{
    char text[32];
    quantity_format(text, sizeof text, DIMENSION_TIME, 7200.0);
    cr_expect_str_eq(text, "2 h");
    quantity_format(text, sizeof text, DIMENSION_TIME, 0.08);
    cr_expect_str_eq(text, "80 ms");
    quantity_format(text, sizeof text, DIMENSION_TIME, 90000.0);
    cr_expect_str_eq(text, "25 h");
    quantity_format(text, sizeof text, DIMENSION_TIME, 1200.0);
    cr_expect_str_eq(text, "20 min");
    quantity_format(text, sizeof text, DIMENSION_TIME, 0.0);
    cr_expect_str_eq(text, "0 ns");
    quantity_format(text, sizeof text, DIMENSION_TIME, 100.0 / 3.0);
    cr_expect_str_eq(text, "33.33333333 s");
    quantity_format(text, sizeof text, DIMENSION_FREQUENCY, 869525000.0);
    cr_expect_str_eq(text, "869.525 MHz");
}
