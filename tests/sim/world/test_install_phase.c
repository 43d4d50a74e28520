/* Energy of the bootloader's work by hand: it begins with the restart, not with the first erase.
 * SPDX-License-Identifier: MIT
 *
 * docs/summary.md: "verification" lasts from the whole block to the restart, "install" is the
 * bootloader's work. The bootloader checks the candidate before it touches the running slot: a
 * digest of 8 KiB, 129 blocks of SHA-256 of 9000 cycles at 32 MHz, 36.3 ms, and a signature of 30e6
 * cycles, 937.5 ms. Then it erases 66 pages and programs 132 half pages of 3.2 ms each, digests the
 * copy again and keeps its state, 15 words of 3.2 ms; the application's start keeps 5 words more.
 * MCU 3 mA, internal flash 0.5 mA on top, 3.3 V; NOR reads of 2 x 8448 B at 500 ns a byte, 4 mA.
 * Sources as in test_session_energy.c. Whatever else there is, standby, power-down and sleep, is
 * below 1 %.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/run.h"

static const char scenario[] =
        "name: install\n"
        "duration: 3 h\n"
        "area: {radius: 800 m}\n"
        "propagation: {model: free-space, penetration: 0 dB, shadowing: {sigma: 0 dB}, "
        "fading: none}\n"
        "reception: {errors: threshold}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 1, state: commissioned, boot: {spread: 10 min}, "
        "report: {period: 40 d, phase: boot}, data_rate: DR5, rtc: {tolerance: 0 ppm}}]\n"
        "firmware: {image: generated, size: 8 KiB}\n"
        "campaign: {start: 0 s, set_up: {window: 1 h}, redundancy: 0 %, fragment_size: 200 B, "
        "correction: {policy: fixed, timeout: 10 min}, confirm_timeout: 1 h}\n";

Test(install_phase, holds_all_of_the_bootloaders_work)
{
    double flash_s = (66 + 132 + 15 + 5) * 3.2e-3;
    double read_s = 2 * 8448 * 0.5e-6;
    double run_s = 2 * 129 * 9000 / 32e6 + 30e6 / 32e6 + flash_s + read_s;
    double expected_j = 3.3 * (3e-3 * run_s + 0.5e-3 * flash_s + 4e-3 * read_s);
    struct run *run = run_create(scenario, NULL, 0);
    run_play(run);
    double install_j = run_value(run, "energy_j.by_phase.install");
    printf("# install %.3f mJ, by hand %.3f mJ\n", install_j * 1e3, expected_j * 1e3);
    cr_expect_float_eq(
            install_j, expected_j, 0.01 * expected_j, "%f J, by hand %f J", install_j, expected_j);
    run_destroy(run);
}
