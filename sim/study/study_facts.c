/* What a study's database says of the whole study, and whose it is.
 * SPDX-License-Identifier: MIT
 */
#include "study/study_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/digest.h"

struct facts {
    struct store *store;
    const struct plan *plan;
    const struct sweep_program *program;
};

void study_fact_set(size_t index, char *name, size_t size)
{
    snprintf(name, size, "set %03zu", index);
}

struct sweep_program sweep_program_of(const char *version, const char *description)
{
    const struct run_facts facts = { .commit = description };
    struct sweep_program program = { .version = version };
    program.dirty = run_facts_commit(&facts, program.commit);
    return program;
}

static bool refuse(char *error, size_t error_size, const struct facts *facts, const char *held,
        const char *here)
{
    snprintf(error, error_size,
            "'%s' holds %s, and this is %s; nothing was changed: use another database (--db)",
            store_path(facts->store), held, here);
    return false;
}

static bool check_facts(const struct facts *facts, char *error, size_t error_size)
{
    const struct sweep_program *program = facts->program;
    struct store *store = facts->store;
    char name[SCENARIO_NAME_MAX] = "", hash[STORE_HASH_SIZE] = "", commit[64] = "", dirty[8] = "";
    char digest[STORE_HASH_SIZE] = "", own[STORE_HASH_SIZE], held[200], here[200];
    store_fact(store, STUDY_FACT_STUDY, name, sizeof name);
    store_fact(store, STUDY_FACT_HASH, hash, sizeof hash);
    store_fact(store, STUDY_FACT_COMMIT, commit, sizeof commit);
    store_fact(store, STUDY_FACT_DIRTY, dirty, sizeof dirty);
    store_fact(store, STUDY_FACT_PROGRAM, digest, sizeof digest);
    digest_program(own);
    if (strcmp(name, facts->plan->study->name) != 0) {
        snprintf(held, sizeof held, "the study '%s'", name);
        snprintf(here, sizeof here, "the study '%s'", facts->plan->study->name);
        return refuse(error, error_size, facts, held, here);
    }
    if (strcmp(hash, facts->plan->hash) != 0) {
        return refuse(error, error_size, facts, "an earlier state of this study",
                "one with other points, metrics, seeds or files");
    }
    if (strcmp(commit, program->commit) != 0 || (strcmp(dirty, "1") == 0) != program->dirty) {
        snprintf(held, sizeof held, "runs of the program %s%s", commit,
                strcmp(dirty, "1") == 0 ? "-dirty" : "");
        snprintf(here, sizeof here, "the program %s%s", program->commit,
                program->dirty ? "-dirty" : "");
        return refuse(error, error_size, facts, held, here);
    }
    if (program->dirty && strcmp(digest, own) != 0) {
        snprintf(held, sizeof held, "runs of another build of %s-dirty", commit);
        return refuse(error, error_size, facts, held, "not that build");
    }
    return true;
}

/* What repeats a run, with its labels and its seed. */
static bool set_scenario(const struct facts *facts)
{
    const struct study *study = facts->plan->study;
    char *whole = realpath(study->scenario, NULL);
    bool ok = store_set_fact(
            facts->store, STUDY_FACT_SCENARIO, whole != NULL ? whole : study->scenario);
    free(whole);
    for (size_t i = 0; ok && i < study->set_count; i++) {
        char name[32];
        study_fact_set(i, name, sizeof name);
        ok = store_set_fact(facts->store, name, study->sets[i].text);
    }
    return ok;
}

/* The hash comes last: a database without it is not claimed. */
static bool set_facts(const struct facts *facts)
{
    const struct sweep_program *program = facts->program;
    struct store *store = facts->store;
    char digest[STORE_HASH_SIZE];
    digest_program(digest);
    return store_set_fact(store, STUDY_FACT_STUDY, facts->plan->study->name) && set_scenario(facts)
           && store_set_fact(store, STUDY_FACT_VERSION, program->version)
           && store_set_fact(store, STUDY_FACT_COMMIT, program->commit)
           && store_set_fact(store, STUDY_FACT_DIRTY, program->dirty ? "1" : "0")
           && store_set_fact(store, STUDY_FACT_PROGRAM, digest)
           && store_set_fact(store, STUDY_FACT_HASH, facts->plan->hash);
}

bool study_facts_claim(struct store *store, const struct plan *plan,
        const struct sweep_program *program, char *error, size_t error_size)
{
    char hash[STORE_HASH_SIZE];
    const struct facts facts = { store, plan, program };
    if (store_fact(store, STUDY_FACT_HASH, hash, sizeof hash)) {
        return check_facts(&facts, error, error_size);
    }
    if (!set_facts(&facts)) {
        snprintf(error, error_size, "%s", store_error(store));
        return false;
    }
    return true;
}
