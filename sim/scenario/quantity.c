/* Numbers with units, as scenarios write them: "6 h", "868.1 MHz", "15 %".
 * SPDX-License-Identifier: MIT
 */
#include "scenario/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    enum dimension dimension;
    double factor;
};

/* Smallest first in each dimension. */
static const struct unit units[] = {
    { "ns", DIMENSION_TIME, 1e-9 },
    { "us", DIMENSION_TIME, 1e-6 },
    { "ms", DIMENSION_TIME, 1e-3 },
    { "s", DIMENSION_TIME, 1.0 },
    { "min", DIMENSION_TIME, 60.0 },
    { "h", DIMENSION_TIME, 3600.0 },
    { "d", DIMENSION_TIME, 86400.0 },
    { "Hz", DIMENSION_FREQUENCY, 1.0 },
    { "kHz", DIMENSION_FREQUENCY, 1e3 },
    { "MHz", DIMENSION_FREQUENCY, 1e6 },
    { "m", DIMENSION_LENGTH, 1.0 },
    { "km", DIMENSION_LENGTH, 1e3 },
    { "dB", DIMENSION_LEVEL, 1.0 },
    { "ppm", DIMENSION_PPM, 1.0 },
    { "C", DIMENSION_TEMPERATURE, 1.0 },
    { "dBm", DIMENSION_POWER, 1.0 },
    { "ppm/C2", DIMENSION_PARABOLA, 1.0 },
    { "nA", DIMENSION_CURRENT, 1e-3 },
    { "uA", DIMENSION_CURRENT, 1.0 },
    { "mA", DIMENSION_CURRENT, 1e3 },
    { "V", DIMENSION_VOLTAGE, 1.0 },
    { "mAh", DIMENSION_CHARGE, 1.0 },
    { "Ah", DIMENSION_CHARGE, 1e3 },
    { "B", DIMENSION_BYTES, 1.0 },
    { "KiB", DIMENSION_BYTES, 1024.0 },
    { "%", DIMENSION_RATIO, 0.01 },
    { "/d", DIMENSION_RATE, 1.0 },
    { "/h", DIMENSION_RATE, 24.0 },
};

#define UNIT_COUNT (sizeof units / sizeof units[0])

const char *quantity_units(enum dimension dimension)
{
    switch (dimension) {
    case DIMENSION_TIME:
        return "ns us ms s min h d";
    case DIMENSION_FREQUENCY:
        return "Hz kHz MHz";
    case DIMENSION_LENGTH:
        return "m km";
    case DIMENSION_LEVEL:
        return "dB";
    case DIMENSION_PPM:
        return "ppm";
    case DIMENSION_TEMPERATURE:
        return "C";
    case DIMENSION_POWER:
        return "dBm";
    case DIMENSION_PARABOLA:
        return "ppm/C2";
    case DIMENSION_CURRENT:
        return "nA uA mA";
    case DIMENSION_VOLTAGE:
        return "V";
    case DIMENSION_CHARGE:
        return "mAh Ah";
    case DIMENSION_BYTES:
        return "B KiB";
    case DIMENSION_RATIO:
        return "%";
    case DIMENSION_RATE:
        return "/d /h";
    case DIMENSION_NONE:
    default:
        return "";
    }
}

static const struct unit *find_unit(const char *name, enum dimension dimension)
{
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (units[i].dimension == dimension && strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

enum quantity_result quantity_parse(const char *text, enum dimension dimension, double *base_value)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    /* strtod also reads hexadecimal, "inf" and "nan", which are no quantities. */
    if (end == text || errno != 0 || !isfinite(number) || strpbrk(text, "xX") != NULL) {
        return QUANTITY_NOT_A_NUMBER;
    }
    while (isspace((unsigned char)*end)) {
        end++;
    }
    bool bare = *end == '\0';
    if (dimension == DIMENSION_NONE) {
        *base_value = number;
        return bare ? QUANTITY_OK : QUANTITY_UNIT_UNKNOWN;
    }
    if (bare) {
        *base_value = number;
        bool unit_needed = dimension != DIMENSION_RATIO && number != 0.0;
        return unit_needed ? QUANTITY_UNIT_MISSING : QUANTITY_OK;
    }
    const struct unit *unit = find_unit(end, dimension);
    if (unit == NULL) {
        return QUANTITY_UNIT_UNKNOWN;
    }
    *base_value = number * unit->factor;
    return QUANTITY_OK;
}

/* Has it at most three decimals? */
static bool is_short(double value)
{
    return fabs(value * 1000.0 - round(value * 1000.0)) < 1e-9 * fabs(value);
}

void quantity_format(char *text, size_t size, enum dimension dimension, double base_value)
{
    const struct unit *best = NULL, *smaller = NULL;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (units[i].dimension == dimension
                && (best == NULL || fabs(base_value) >= units[i].factor * 0.9999999)) {
            smaller = best;
            best = &units[i];
        }
    }
    /* 25 h are easier to read than 1.041666667 d. */
    if (smaller != NULL && !is_short(base_value / best->factor)
            && is_short(base_value / smaller->factor)) {
        best = smaller;
    }
    if (best == NULL) {
        snprintf(text, size, "%.10g", base_value);
    } else {
        snprintf(text, size, "%.10g %s", base_value / best->factor, best->name);
    }
}
