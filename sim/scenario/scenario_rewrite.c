/* Writes the text of a scenario again, with changes that were made to it after it was read.
 * SPDX-License-Identifier: MIT
 *
 * The changes are made in the document that libyaml reads, and libyaml writes it. Its nodes are
 * known by number, as pointers to them end with each node that is added. Number 0 is no node, and
 * stands for a lack of memory where one was to be added.
 */
#include "scenario/scenario_rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_faults.h"
#include "scenario/scenario_inputs.h"
#include "scenario/scenario_keys.h"
#include "scenario/scenario_yaml.h"
#include "scenario/text_file.h"

struct rewriting {
    const struct scenario *scenario;
    yaml_document_t document;
    bool failed; /* out of memory */
};

/* --- nodes ------------------------------------------------------------------------------------ */

static yaml_node_t *node_of(struct rewriting *r, int id)
{
    return yaml_document_get_node(&r->document, id);
}

static bool is_a(struct rewriting *r, int id, yaml_node_type_t type)
{
    const yaml_node_t *node = node_of(r, id);
    return node != NULL && node->type == type;
}

/* "" of what is no scalar. */
static const char *scalar_of(struct rewriting *r, int id)
{
    return is_a(r, id, YAML_SCALAR_NODE) ? (const char *)node_of(r, id)->data.scalar.value : "";
}

static int add_scalar(struct rewriting *r, const char *text)
{
    int id = yaml_document_add_scalar(&r->document, NULL, (const yaml_char_t *)text,
            (int)strlen(text), YAML_PLAIN_SCALAR_STYLE);
    r->failed = r->failed || id == 0;
    return id;
}

static int add_mapping(struct rewriting *r)
{
    int id = yaml_document_add_mapping(&r->document, NULL, YAML_ANY_MAPPING_STYLE);
    r->failed = r->failed || id == 0;
    return id;
}

static int add_sequence(struct rewriting *r)
{
    int id = yaml_document_add_sequence(&r->document, NULL, YAML_BLOCK_SEQUENCE_STYLE);
    r->failed = r->failed || id == 0;
    return id;
}

static void add_pair(struct rewriting *r, int mapping, const char *key, int value)
{
    int key_id = add_scalar(r, key);
    r->failed = r->failed || value == 0
                || !yaml_document_append_mapping_pair(&r->document, mapping, key_id, value);
}

static void add_item(struct rewriting *r, int sequence, int item)
{
    r->failed = r->failed || item == 0
                || !yaml_document_append_sequence_item(&r->document, sequence, item);
}

static size_t pair_count(struct rewriting *r, int mapping)
{
    const yaml_node_t *node = node_of(r, mapping);
    return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

static yaml_node_pair_t *pair_at(struct rewriting *r, int mapping, size_t i)
{
    return &node_of(r, mapping)->data.mapping.pairs.start[i];
}

/* A mapping that holds the same: an alias elsewhere in the text may stand for the first one. */
static int copy_mapping(struct rewriting *r, int mapping)
{
    int copy = add_mapping(r);
    for (size_t i = 0; i < pair_count(r, mapping) && !r->failed; i++) {
        const yaml_node_pair_t pair = *pair_at(r, mapping, i);
        r->failed = !yaml_document_append_mapping_pair(&r->document, copy, pair.key, pair.value);
    }
    return copy;
}

/* --- paths of keys ---------------------------------------------------------------------------- */

/* Does `path` lead into `key`, as "devices.0.count" does into "devices"? `*rest` is after the
 * dot. */
static bool leads_into(const char *path, const char *key, const char **rest)
{
    size_t length = key == NULL ? 0 : strlen(key);
    if (length == 0 || strncmp(path, key, length) != 0 || path[length] != '.') {
        return false;
    }
    *rest = path + length + 1;
    return true;
}

/* The mapping and the number of the pair in it that `path` means below a mapping, where a key may
 * hold several of the path's words. False: there is none. The last pair counts, as in reading. The
 * mappings on the way become copies of their own. */
static bool find_pair(
        struct rewriting *r, int mapping, const char *path, int *found_in, size_t *found)
{
    for (size_t i = pair_count(r, mapping); i-- > 0 && !r->failed;) {
        const yaml_node_pair_t pair = *pair_at(r, mapping, i);
        const char *key = scalar_of(r, pair.key), *rest;
        if (strcmp(key, path) == 0) {
            *found_in = mapping;
            *found = i;
            return true;
        }
        if (leads_into(path, key, &rest) && is_a(r, pair.value, YAML_MAPPING_NODE)) {
            int copy = copy_mapping(r, pair.value);
            pair_at(r, mapping, i)->value = copy;
            if (!r->failed && find_pair(r, copy, rest, found_in, found)) {
                return true;
            }
        }
    }
    return false;
}

/* 0: it is not given. */
static int value_at(struct rewriting *r, int mapping, const char *path)
{
    int in;
    size_t at;
    return find_pair(r, mapping, path, &in, &at) ? pair_at(r, in, at)->value : 0;
}

static void set_value(struct rewriting *r, int mapping, const char *path, int value)
{
    int in;
    size_t at;
    if (find_pair(r, mapping, path, &in, &at)) {
        pair_at(r, in, at)->value = value;
    } else {
        add_pair(r, mapping, path, value);
    }
}

/* --- items of lists --------------------------------------------------------------------------- */

static const char *name_of_item(struct rewriting *r, const struct param_list *list, int item)
{
    int name = value_at(r, item, "name");
    for (size_t i = 0; name == 0 && i < list->rows->count; i++) {
        if (strcmp(list->rows->params[i].path, "name") == 0) {
            return list->rows->params[i].standard;
        }
    }
    return scalar_of(r, name);
}

/* The item that `word` of a path means: its number or its name. */
static bool is_meant(struct rewriting *r, const struct param_list *list, int item, size_t index,
        const char *word, size_t length)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", index);
    const char *name = list->named ? name_of_item(r, list, item) : "";
    return (strlen(number) == length && strncmp(number, word, length) == 0)
           || (strlen(name) == length && strncmp(name, word, length) == 0);
}

static size_t item_count(struct rewriting *r, int sequence)
{
    const yaml_node_t *node = node_of(r, sequence);
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

/* The item of a sequence; one that is alone has the word "". It becomes a copy of its own. 0: there
 * is none. */
static int item_of_sequence(
        struct rewriting *r, const struct param_list *list, int sequence, const char *word)
{
    size_t length = strcspn(word, ".");
    for (size_t i = 0; i < item_count(r, sequence) && !r->failed; i++) {
        int item = node_of(r, sequence)->data.sequence.items.start[i];
        if (is_a(r, item, YAML_MAPPING_NODE)
                && (length == 0 || is_meant(r, list, item, i, word, length))) {
            int copy = copy_mapping(r, item);
            node_of(r, sequence)->data.sequence.items.start[i] = copy;
            return copy;
        }
    }
    return 0;
}

/* The mapping of the item that a set leads to: `word` "": the only one. It is made where the text
 * has none, as reading a set does. */
static int item_of_list(
        struct rewriting *r, int root, const struct param_list *list, const char *word)
{
    int given = value_at(r, root, list->path);
    if (is_a(r, given, YAML_SEQUENCE_NODE) && item_count(r, given) > 0) {
        return item_of_sequence(r, list, given, word);
    }
    int single = list->single != NULL ? value_at(r, root, list->single) : 0;
    if (is_a(r, single, YAML_MAPPING_NODE)) {
        return single; /* is a copy since value_at(), or the root's own */
    }
    int item = add_mapping(r);
    if (list->single != NULL) {
        set_value(r, root, list->single, item);
    } else {
        int sequence = add_sequence(r);
        add_item(r, sequence, item);
        set_value(r, root, list->path, sequence);
    }
    return item;
}

/* The mapping that a set's path is about, the root or an item; `*key` is the path in it. */
static int scope_of_set(struct rewriting *r, int root, const char *path, const char **key)
{
    for (size_t i = 0; i < scenario_table.list_count; i++) {
        const struct param_list *list = &scenario_table.lists[i];
        if (leads_into(path, list->single, key)) {
            return item_of_list(r, root, list, "");
        }
        if (leads_into(path, list->path, key)) {
            int item = item_of_list(r, root, list, *key);
            *key += strcspn(*key, ".");
            *key += **key == '.' ? 1 : 0;
            return item;
        }
    }
    *key = path;
    return root;
}

/* --- files that are named --------------------------------------------------------------------- */

struct wanted_path {
    const char *path;
    bool found;
};

static void compare_path(void *context, const char *path)
{
    struct wanted_path *wanted = context;
    wanted->found = wanted->found || strcmp(wanted->path, path) == 0;
}

/* Writes the whole path of an input of the scenario. False: `path` is none. */
static bool whole_path(const struct scenario *scenario, const char *path, char **whole)
{
    struct wanted_path wanted = { path, false };
    scenario_each_input(scenario, compare_path, &wanted);
    *whole = wanted.found ? realpath(path, NULL) : NULL;
    return *whole != NULL;
}

static bool names_a_file(const char *key)
{
    static const char *const words[] = { "file", "board", "firmware", "image" };
    const char *dot = strrchr(key, '.'), *last = dot != NULL ? dot + 1 : key;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], last) == 0) {
            return true;
        }
    }
    return false;
}

/* The scalar in place of `text`, which names a file after the first `folder_length` bytes of the
 * scenario's path. 0: it names none. */
static int placed_path(struct rewriting *r, int folder_length, const char *key, const char *text)
{
    char path[SCENARIO_PATH_MAX], *whole = NULL;
    int id = 0;
    int length = snprintf(path, sizeof path, "%.*s%s", text[0] != '/' ? folder_length : 0,
            r->scenario->path, text);
    if (names_a_file(key) && length > 0 && (size_t)length < sizeof path
            && whole_path(r->scenario, path, &whole)) {
        id = add_scalar(r, whole);
    }
    free(whole);
    return id;
}

/* In the text, paths are relative to the scenario's folder. */
static void place_paths(struct rewriting *r)
{
    const char *slash = strrchr(r->scenario->path, '/');
    int folder_length = slash == NULL ? 0 : (int)(slash - r->scenario->path) + 1;
    int count = (int)(r->document.nodes.top - r->document.nodes.start);
    for (int id = 1; id <= count && !r->failed; id++) {
        bool mapping = is_a(r, id, YAML_MAPPING_NODE);
        for (size_t i = 0; mapping && i < pair_count(r, id); i++) {
            const yaml_node_pair_t pair = *pair_at(r, id, i);
            int placed =
                    placed_path(r, folder_length, scalar_of(r, pair.key), scalar_of(r, pair.value));
            if (placed != 0) {
                pair_at(r, id, i)->value = placed;
            }
        }
    }
}

/* --- changes ---------------------------------------------------------------------------------- */

/* The value of a set: a scalar, or a list of them. */
static int add_value(struct rewriting *r, yaml_document_t *from, const yaml_node_t *node)
{
    if (node == NULL || node->type == YAML_SCALAR_NODE) {
        return add_scalar(r, node == NULL ? "" : (const char *)node->data.scalar.value);
    }
    int sequence = add_sequence(r);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
            node->type == YAML_SEQUENCE_NODE && item < node->data.sequence.items.top; item++) {
        add_item(r, sequence, add_value(r, from, yaml_document_get_node(from, *item)));
    }
    return sequence;
}

static int value_of_set(struct rewriting *r, const char *key, const char *text)
{
    yaml_document_t value;
    struct scenario_errors *errors = scenario_errors_create();
    int id = placed_path(r, 0, key, text);
    if (id == 0 && errors != NULL
            && scenario_yaml_load(&value, "--set", "YAML", text, strlen(text), errors)) {
        id = add_value(r, &value, yaml_document_get_root_node(&value));
        yaml_document_delete(&value);
    }
    scenario_errors_destroy(errors);
    return id;
}

static void apply_set(struct rewriting *r, int root, const char *set)
{
    char path[SCENARIO_PATH_MAX];
    const char *equals = strchr(set, '='), *key;
    snprintf(path, sizeof path, "%.*s", equals == NULL ? 0 : (int)(equals - set), set);
    int mapping = scope_of_set(r, root, path, &key);
    int value = value_of_set(r, key, equals == NULL ? "" : equals + 1);
    r->failed = r->failed || mapping == 0 || value == 0;
    if (r->failed) {
        return;
    }
    set_value(r, mapping, key, value);
    if (strcmp(path, "campaign") == 0 && value_at(r, root, "campaigns") != 0) {
        set_value(r, root, "campaigns", add_sequence(r)); /* "campaign=none": of these too */
    }
}

static void add_time(struct rewriting *r, int mapping, const char *key, sim_ns time_ns)
{
    char text[40];
    snprintf(text, sizeof text, "%lld ns", (long long)time_ns);
    add_pair(r, mapping, key, add_scalar(r, time_ns == SCENARIO_AUTO ? "auto" : text));
}

static void add_number(
        struct rewriting *r, int mapping, const char *key, double value, const char *unit)
{
    char text[40];
    snprintf(text, sizeof text, "%.10g%s", value, unit);
    add_pair(r, mapping, key, add_scalar(r, text));
}

static int add_fault(struct rewriting *r, const struct scenario_fault *fault)
{
    int item = yaml_document_add_mapping(&r->document, NULL, YAML_FLOW_MAPPING_STYLE);
    r->failed = r->failed || item == 0;
    add_pair(r, item, "kind", add_scalar(r, scenario_fault_names[fault->kind]));
    add_time(r, item, "at", fault->at_ns);
    if (scenario_fault_of_devices(fault)) {
        add_number(r, item, "device", fault->device, "");
    }
    if (fault->kind != SCENARIO_FAULT_RESET) {
        add_time(r, item, "duration", fault->duration_ns);
    }
    if (scenario_fault_of_gateways(fault)) {
        add_number(r, item, "gateway", fault->gateway, "");
    }
    if (fault->kind == SCENARIO_FAULT_OUTAGE) {
        add_pair(r, item, "part", add_scalar(r, gateway_outage_kind_names[fault->part]));
    }
    if (fault->kind == SCENARIO_FAULT_BACKHAUL_LOSS) {
        add_number(r, item, "loss", fault->loss, "");
    }
    if (fault->kind == SCENARIO_FAULT_BROWN_OUT) {
        add_number(r, item, "charge", fault->charge, "");
    }
    if (fault->kind == SCENARIO_FAULT_READ_ERRORS) {
        int flash = yaml_document_add_mapping(&r->document, NULL, YAML_FLOW_MAPPING_STYLE);
        r->failed = r->failed || flash == 0;
        add_pair(r, flash, "memory", add_scalar(r, scenario_memory_names[fault->memory]));
        add_number(r, flash, "bit_errors", fault->bit_errors, "");
        add_pair(r, item, "flash", flash);
    }
    if (fault->kind == SCENARIO_FAULT_JAMMER) {
        add_number(r, item, "frequency", fault->jammer.frequency_hz, " Hz");
        add_number(r, item, "bandwidth", fault->jammer.bandwidth_hz, " Hz");
        add_number(r, item, "received", fault->received_mdbm / 1000.0, " dBm");
    }
    return item;
}

static void add_faults(struct rewriting *r, int root, const struct scenario_changes *changes)
{
    int faults = value_at(r, root, "faults");
    if (changes->fault_count > 0 && faults == 0) {
        faults = add_sequence(r);
        add_pair(r, root, "faults", faults);
    }
    for (uint32_t i = 0; i < changes->fault_count && !r->failed; i++) {
        add_item(r, faults, add_fault(r, &changes->faults[i]));
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What the scenario says of itself at its top. */
static void write_head(const char *text, size_t size, FILE *out)
{
    size_t at = text_file_mark(text, size);
    while (at < size && text[at] == '#') {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - (text + at)) + 1;
        fwrite(text + at, 1, length, out);
        at += length;
    }
}

/* Takes the document. */
static bool write_document(struct rewriting *r, FILE *out)
{
    yaml_emitter_t emitter;
    if (!yaml_emitter_initialize(&emitter)) {
        yaml_document_delete(&r->document);
        return false;
    }
    yaml_emitter_set_output_file(&emitter, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    bool opened = yaml_emitter_open(&emitter) != 0;
    if (!opened) {
        yaml_document_delete(&r->document);
    }
    bool ok = opened && yaml_emitter_dump(&emitter, &r->document) && yaml_emitter_close(&emitter);
    yaml_emitter_delete(&emitter);
    return ok && fflush(out) == 0 && ferror(out) == 0;
}

bool scenario_rewrite(const struct scenario *scenario, const char *text, size_t size,
        const struct scenario_changes *changes, FILE *out, char *error, size_t error_size)
{
    struct rewriting r = { .scenario = scenario };
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = errors != NULL
              && scenario_yaml_load(&r.document, scenario->path, "YAML", text, size, errors);
    scenario_errors_destroy(errors);
    if (!ok) {
        snprintf(error, error_size, "out of memory, or the scenario's text is not YAML any more");
        return false;
    }
    int root = 1; /* the node that libyaml reads first */
    if (!is_a(&r, root, YAML_MAPPING_NODE)) {
        yaml_document_delete(&r.document);
        snprintf(error, error_size, "the scenario's text holds no keys any more");
        return false;
    }
    place_paths(&r);
    for (size_t i = 0; i < changes->set_count && !r.failed; i++) {
        apply_set(&r, root, changes->sets[i]);
    }
    add_faults(&r, root, changes);
    if (r.failed) {
        yaml_document_delete(&r.document);
        snprintf(error, error_size, "out of memory, or a set that the scenario does not take");
        return false;
    }
    write_head(text, size, out);
    ok = write_document(&r, out);
    snprintf(error, error_size, "%s", ok ? "" : "the file cannot be written whole");
    return ok;
}
