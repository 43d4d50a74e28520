/* Fuzzes files of positions, CSV and GeoJSON: places on earth, or messages.
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdlib.h>

#include "air/penetration.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_file.h"
#include "scenario/position_file.h"
#include "scenario/scenario.h"

#define FAR_M 3e7 /* no two points of an ellipsoid that is unrolled are farther apart */

static void check_position(const struct position *p)
{
    bool height = isnan(p->height_m) || (p->height_m >= 0.1 && p->height_m <= 1000.0);
    bool indoor = p->indoor >= -1 && p->indoor <= (int)PENETRATION_TR45820;
    if (!(fabs(p->x) <= FAR_M) || !(fabs(p->y) <= FAR_M) || !height || !indoor) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct position_file file;
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = position_file_read(&file, fuzz_file(data, size), FUZZ_PLACE, errors);
    fuzz_check_messages(errors, ok);
    if (ok != (file.count > 0)) {
        abort();
    }
    struct geo_origin origin = geo_centroid(&file, 1);
    position_file_project(&file, &origin);
    for (uint32_t i = 0; i < file.count; i++) {
        check_position(&file.positions[i]);
    }
    position_file_clear(&file);
    scenario_errors_destroy(errors);
    return 0;
}
