/* Work on all threads outside parts, such as while a run is made.
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "parts.h"

static void play_nothing(void *context, const uint16_t *parts, uint32_t count)
{
    assert(count == 0);
}

void engine_work_do(struct engine *engine, struct engine_work *work)
{
    const struct engine_parts none = { .play = play_nothing, .then = work };
    assert(!engine_is_apart());
    assert(work->count > 0);
    engine_parts_start(engine, &none);
    engine_work_finish(engine, work);
    engine_parts_finish(engine, &none);
}
