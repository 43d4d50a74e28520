/* Installed images against what was sent: the flash of devices decides.
 * SPDX-License-Identifier: MIT
 *
 * Method: the recorder compares the flash of a device that starts again with the image of its
 * campaign. Here that image is exchanged for one with another last byte, as if each device had
 * installed a wrong one, or is left as it is.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/recount.h"

#define DEVICES 4u

static const char fleet[] =
        "name: fleet\n"
        "duration: 5 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {shadowing: {sigma: 0 dB}, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 4, boot: {spread: 1 min}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 1 h}, confirm_timeout: 1 h}\n";

static void expect_installs(bool exchanged)
{
    struct trial *trial = trial_create(fleet, NULL, 0);
    struct built_image *image = &trial->world->images[0];
    const uint8_t *sent = image->bytes;
    uint8_t *other = malloc(image->size_bytes);
    memcpy(other, sent, image->size_bytes);
    other[image->size_bytes - 1] ^= exchanged ? 1 : 0;
    image->bytes = other;
    while (trial_go(trial, trial->scenario.duration_ns)) {
    }
    const char *failure = trial_failure(trial);
    expect_count(trial, "devices.", "installed", exchanged ? 0 : DEVICES);
    expect_count(trial, "security.", "bad_installs", exchanged ? DEVICES : 0);
    cr_expect_eq(failure != NULL, exchanged, "%s", failure);
    image->bytes = sent;
    trial_destroy(trial);
    free(other);
}

Test(installs, of_the_image_that_was_sent_are_none_of_another)
{
    expect_installs(false);
}

Test(installs, of_an_image_that_was_not_sent_are_counted_and_fail_the_run)
{
    expect_installs(true);
}
