/* Names of the causes of loss.
 * SPDX-License-Identifier: MIT
 */
#include "air/frame.h"

#include <assert.h>

const char *loss_cause_name(enum loss_cause cause)
{
    static const char *const names[LOSS_CAUSE_COUNT] = {
#define X(name, text) [LOSS_##name] = text,
        LOSS_CAUSES(X)
#undef X
    };
    assert((unsigned)cause < LOSS_CAUSE_COUNT);
    return names[cause];
}
