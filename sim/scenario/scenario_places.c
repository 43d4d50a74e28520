/* Where each member of a scenario was set.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_places.h"

#include <stdlib.h>

struct entry {
    const void *member;
    struct scenario_place place;
};

struct scenario_places {
    struct entry *entries;
    size_t count, room;
};

struct scenario_places *scenario_places_create(void)
{
    return calloc(1, sizeof(struct scenario_places));
}

void scenario_places_destroy(struct scenario_places *places)
{
    if (places != NULL) {
        free(places->entries);
        free(places);
    }
}

static struct entry *find(const struct scenario_places *places, const void *member)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->entries[i].member == member) {
            return &places->entries[i];
        }
    }
    return NULL;
}

bool scenario_places_set(
        struct scenario_places *places, const void *member, struct scenario_place place)
{
    struct entry *entry = find(places, member);
    if (entry == NULL) {
        if (places->count == places->room) {
            size_t room = 2 * places->room + 32;
            struct entry *entries = realloc(places->entries, room * sizeof *entries);
            if (entries == NULL) {
                return false;
            }
            places->entries = entries;
            places->room = room;
        }
        entry = &places->entries[places->count++];
    }
    *entry = (struct entry){ member, place };
    return true;
}

const struct scenario_place *scenario_places_find(
        const struct scenario_places *places, const void *member)
{
    const struct entry *entry = find(places, member);
    return entry != NULL ? &entry->place : NULL;
}
