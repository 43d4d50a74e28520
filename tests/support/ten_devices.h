/* A campaign for ten devices in two groups and two gateways, over in three hours.
 * SPDX-License-Identifier: MIT
 */
#ifndef SUPPORT_TEN_DEVICES_H
#define SUPPORT_TEN_DEVICES_H

#define TEN_DEVICES                                                                                \
    "name: small\n"                                                                                \
    "seed: 3\n"                                                                                    \
    "duration: 3 h\n"                                                                              \
    "area: {radius: 500 m}\n"                                                                      \
    "firmware: {image: generated, size: 2 KiB}\n"                                                  \
    "propagation: {fading: rayleigh}\n"                                                            \
    "gateways: {count: 2}\n"                                                                       \
    "devices:\n"                                                                                   \
    "  - {name: d, count: 6, boot: {spread: 5 min}, report: {period: 10 min}}\n"                   \
    "  - {name: e, count: 4, boot: {spread: 5 min}, report: {period: 10 min}}\n"                   \
    "campaign: {start: 15 min, set_up: {window: 30 min}, fragment_size: 100 B,"                    \
    " correction: {timeout: 30 min}, confirm_timeout: 1 h}\n"

#endif
