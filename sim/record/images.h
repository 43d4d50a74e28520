/* In which form devices get the image of a campaign.
 * SPDX-License-Identifier: MIT
 */
#ifndef RECORD_IMAGES_H
#define RECORD_IMAGES_H

#include "record/recorder.h"

enum image_form {
    IMAGE_FULL,
    IMAGE_DELTA,
    IMAGE_FORM_COUNT /* a member that was set up for neither so far */
};

/* What a member of a campaign was set up for, in its last round. */
enum image_form image_form_of(
        const struct campaign *campaign, const struct campaign_device *device);

#endif
