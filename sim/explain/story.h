/* The story of one device: what it did in a run, what it lost to what, what it cost.
 * SPDX-License-Identifier: MIT
 *
 * Joins, set-up, fragments and uplinks are told from the air and the servers, so every firmware has
 * them. What only a firmware's trace says (its clock, its decoder, its installation) is there for
 * firmware that states it.
 */
#ifndef EXPLAIN_STORY_H
#define EXPLAIN_STORY_H

#include "explain/happening.h"
#include "record/air_frames.h"
#include "run/run.h"

enum story_item_kind {
    STORY_HAPPENING,    /* a sentence of its own (explain/sentence.h) */
    STORY_JOIN_REQUEST, /* `number`: which one since it joined last */
    STORY_JOINED,       /* `number`: JoinRequests that it took */
    STORY_COMMANDS,     /* package commands that it received in one frame: `commands` */
    STORY_SESSION,      /* its receiver is on for the first session of campaign `number` */
    STORY_KIND_COUNT
};

struct story_item {
    enum story_item_kind kind;
    uint32_t number;
    struct happening happening; /* its at_ns is the time of every kind */
    const char *commands[AIR_COMMANDS_MAX];
    size_t command_count;
};

/* Data frames on the air, as `uplinks.` of the summary counts them. */
struct story_uplinks {
    uint32_t sent, received;
    uint32_t lost[LOSS_CAUSE_COUNT];
};

struct story {
    struct run *run;
    uint32_t device;
    entity_id entity;
    struct story_item *items;
    size_t count, capacity;
    bool incomplete;                             /* there was no memory for an item */
    uint32_t join_requests, join_requests_since; /* in all; since it joined last */
    struct story_uplinks uplinks;
    enum loss_cause furthest; /* of the uplink on the air, at any gateway */
    uint32_t coded_received;  /* fragments */
};

/* From here on it hears of a device of the run, which has not begun and outlives it. */
void story_listen(struct story *story, struct run *run, uint32_t device);
/* Adds what is known at the end only. Once. */
void story_finish(struct story *story);
void story_free(struct story *story);

/* What an item says of the device, without its name. */
void story_item_write(const struct story *story, const struct story_item *item, FILE *out);
/* For people, and for programs; after story_finish(). False: there was no memory. */
void story_write_text(const struct story *story, FILE *out);
bool story_write_json(const struct story *story, FILE *out);

#endif
