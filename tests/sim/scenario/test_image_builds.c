/* Builds of images in a scenario: what is read of them, and each mistake with its place.
 * SPDX-License-Identifier: MIT
 *
 * Goal: an image is named by the words of firmware.image or by its digest; a build that could not
 * take turns with another is refused before the run.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/reading.h"

#define HEAD "firmware: {image: generated, size: 2 KiB, builds: [{"
#define TAIL "}]}\n"
#define HEX  "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

Test(image_builds, are_read_with_their_defaults)
{
    cr_assert(read_text("firmware:\n"
                        "  image: generated\n"
                        "  size: 2 KiB\n"
                        "  builds:\n"
                        "  - {image: generated, size: 3 KiB}\n"
                        "  - {sha256: " HEX "}\n"
                        "  - {}\n"
                        "  - {size: 5 KiB}\n"
                        "  - {image: generated}\n"),
            "%s", messages);
    cr_assert_eq(scenario.image_build_count, 5);
    const struct scenario_image_build *rows = scenario.image_builds;
    cr_expect_eq(rows[0].firmware.image_size_bytes, 3072);
    cr_expect_str_eq(rows[0].build, "built-in");
    cr_expect_str_eq(rows[1].sha256, HEX);
    cr_expect_str_eq(rows[2].firmware.image, "generated", "the scenario's");
    cr_expect_eq(rows[2].firmware.image_size_bytes, 2048);
    cr_expect_str_eq(rows[3].firmware.image, "generated");
    cr_expect_eq(rows[3].firmware.image_size_bytes, 5120, "its own size");
    cr_expect_eq(rows[4].firmware.image_size_bytes, 2048, "the scenario's size");
}

Test(image_builds, are_refused_with_their_place)
{
    expect_refused(HEAD "sha256: 0011" TAIL,
            "city.yaml:1:61: error: firmware.builds: sha256 = '0011' should be 64 hexadecimal "
            "digits");
    expect_refused(HEAD "build: nowhere.so" TAIL, "city.yaml:1:60: error: firmware: 'nowhere.so'");
}

Test(image_builds, with_variables_or_a_stack_are_refused)
{
    char text[400];
    const char *folder = getenv("FLEETCAST_BUILD");
    cr_assert_not_null(folder, "FLEETCAST_BUILD is not set: run by meson test");
    snprintf(text, sizeof text, HEAD "build: %s/tests/models/firmware/firmware_blocking.so" TAIL,
            folder);
    expect_refused(text, "blocks or has variables, so it can't take turns with another build");
}

Test(image_builds, trial_and_hardware_have_words_for_the_usual)
{
    cr_assert(read_text("devices: [{name: a}, {name: b, trial: 5 h}]\nrun_on: 1 d\n"
                        "campaign: {firmware: {hardware: 7}}\n"),
            "%s", messages);
    cr_expect_eq(scenario.groups[0].trial_ns, SCENARIO_AUTO);
    cr_expect_eq(scenario.groups[1].trial_ns, INT64_C(5) * 3600 * SIM_NS_PER_S);
    cr_expect_eq(scenario.run_on_ns, INT64_C(86400) * SIM_NS_PER_S);
    cr_expect_eq(scenario.firmware.hardware, SCENARIO_NO_NUMBER);
    cr_expect_eq(scenario.campaigns[0].firmware.hardware, 7);
    expect_refused("devices: [{trial: 30 min}]\n", "trial");
}
