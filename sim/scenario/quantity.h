/* Numbers with units, as scenarios write them: "6 h", "868.1 MHz", "15 %".
 * SPDX-License-Identifier: MIT
 */
#ifndef SCENARIO_QUANTITY_H
#define SCENARIO_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

enum dimension {
    DIMENSION_NONE,        /* a bare number */
    DIMENSION_TIME,        /* base unit s */
    DIMENSION_FREQUENCY,   /* Hz */
    DIMENSION_LENGTH,      /* m */
    DIMENSION_LEVEL,       /* dB */
    DIMENSION_PPM,         /* ppm */
    DIMENSION_TEMPERATURE, /* degree Celsius */
    DIMENSION_BYTES,       /* B */
    DIMENSION_RATIO,       /* 1; a bare number or per cent */
    DIMENSION_POWER,       /* dBm */
    DIMENSION_PARABOLA,    /* ppm per square of a degree */
    DIMENSION_CURRENT,     /* uA */
    DIMENSION_VOLTAGE,     /* V */
    DIMENSION_CHARGE,      /* mAh */
    DIMENSION_RATE         /* a day */
};

enum quantity_result {
    QUANTITY_OK,
    QUANTITY_NOT_A_NUMBER,
    QUANTITY_UNIT_MISSING,
    QUANTITY_UNIT_UNKNOWN
};

/* Reads `text` (whole) as a number in the dimension's base unit. 0 needs no unit. */
enum quantity_result quantity_parse(const char *text, enum dimension dimension, double *base_value);
/* "ns us ms s min h d": the units that a dimension takes. */
const char *quantity_units(enum dimension dimension);
/* Writes a base value in the largest unit that needs few decimals: 7200 s is "2 h". */
void quantity_format(char *text, size_t size, enum dimension dimension, double base_value);

#endif
