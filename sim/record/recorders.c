/* The recorders of a run, by name.
 * SPDX-License-Identifier: MIT
 */
#include "record/recorder.h"

#define RECORDER(name, row) extern const struct recorder_ops row##_recorder;
#include "record/recorders.def"
#undef RECORDER

const struct recorder_ops *const recorder_rows[RECORDER_COUNT] = {
#define RECORDER(name, row) [RECORDER_##name] = &row##_recorder,
#include "record/recorders.def"
#undef RECORDER
};
