/* Four devices that an attacker silences in their session (docs/security.md, counter-jump).
 * SPDX-License-Identifier: MIT
 *
 * One forged frame, far ahead in McFCnt, and all drop what the server sends; it sets up their group
 * again, once: the attacker is gone when the new session opens.
 */
#ifndef TESTS_SUPPORT_SILENCED_FLEET_H
#define TESTS_SUPPORT_SILENCED_FLEET_H

#define SILENCED_DEVICES 4u

static const char silenced_fleet[] =
        "name: silenced\n"
        "duration: 8 h\n"
        "area: {radius: 300 m}\n"
        "propagation: {model: free-space, fading: none}\n"
        "gateways: {count: 1}\n"
        "devices: [{name: d, count: 4, boot: {spread: 60 s}, report: {period: 10 min}}]\n"
        "firmware: {image: generated, size: 2 KiB}\n"
        "campaign: {start: 20 min, set_up: {window: 40 min}, confirm_timeout: 2 h,\n"
        "  correction: {policy: adaptive, timeout: 1 h}, defences: {restart_group: 1}}\n"
        "adversaries: [{kind: counter-jump, x: 100 m, height: 10 m, duration: 62 min}]\n";

#endif
