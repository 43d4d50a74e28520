/* A few stations on a map, at places that are easy to compute.
 * SPDX-License-Identifier: MIT
 */
#ifndef MAP_BENCH_H
#define MAP_BENCH_H

#include "view_bench.h"

#define DEVICES  40u
#define GATEWAYS 2u

/* Devices on a line to the east, 100 m apart, from 0, 0; gateways north and south of its middle. */
void map_bench_start(void);
struct point place(uint32_t device);
struct point gateway_place(uint32_t gateway);
void draw(void); /* the map */
bool same(struct colour a, struct colour b);
/* The last thing of a kind that is drawn around a place; NULL: none. */
const struct drawn *drawn_at(enum drawn_kind kind, struct point at);
uint32_t count_of(enum drawn_kind kind);

#endif
