/* One YAML document from text, with messages that say where it is none.
 * SPDX-License-Identifier: MIT
 */
#include "scenario/scenario_yaml.h"

#include "scenario/yaml_merge.h"

struct source {
    const char *name;
    const char *language;
    const char *text;
    size_t size;
    struct scenario_errors *errors;
};

static struct scenario_place place_of_mark(const struct source *source, const yaml_mark_t *mark)
{
    return (struct scenario_place){ source->name, mark->line + 1, mark->column + 1 };
}

/* libyaml's decoder tells an offset only, from the start of the text. */
static struct scenario_place place_of_offset(const struct source *source, size_t offset)
{
    struct scenario_place place = { source->name, 1, 1 };
    for (size_t i = 0; i < offset && i < source->size; i++) {
        bool line_end = source->text[i] == '\n';
        place.line += line_end ? 1u : 0u;
        place.column = line_end ? 1 : place.column + 1;
    }
    return place;
}

/* A tab in the indentation: libyaml says of it that it "cannot start any token". */
static bool is_at_tab(const struct source *source, const struct scenario_place *place)
{
    const char *at = source->text, *end = source->text + source->size;
    for (size_t line = 1; at < end && line < place->line; at++) {
        line += *at == '\n' ? 1u : 0u;
    }
    for (size_t column = 1; at < end && column < place->column && (*at == ' ' || *at == '\t');
            at++) {
        column++;
    }
    return at < end && *at == '\t';
}

static void not_yaml(const struct source *source, const yaml_parser_t *parser)
{
    struct scenario_place place = parser->error == YAML_READER_ERROR
                                          ? place_of_offset(source, parser->problem_offset)
                                          : place_of_mark(source, &parser->problem_mark);
    bool marked = parser->error != YAML_READER_ERROR;
    bool at_end = marked && parser->problem_mark.index >= source->size;
    scenario_errors_add(source->errors, place, "not %s: %s", source->language,
            at_end && source->size > 0            ? "it ends before it is complete"
            : marked && is_at_tab(source, &place) ? "a tab; indentation should be spaces"
            : parser->problem != NULL             ? parser->problem
                                                  : "unreadable");
}

/* A second document would be ignored without a word. */
static void refuse_second_document(const struct source *source, yaml_parser_t *parser)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        not_yaml(source, parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root != NULL) {
        scenario_errors_add(source->errors, place_of_mark(source, &root->start_mark),
                "a second document: a file holds one");
    }
    yaml_document_delete(&document);
}

bool scenario_yaml_load(yaml_document_t *document, const char *name, const char *language,
        const char *text, size_t size, struct scenario_errors *errors)
{
    struct source source = { name, language, text, size, errors };
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        scenario_errors_add(errors, (struct scenario_place){ name, 0, 0 }, "out of memory");
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    bool ok = yaml_parser_load(&parser, document) != 0;
    if (ok) {
        refuse_second_document(&source, &parser);
    } else {
        not_yaml(&source, &parser);
    }
    yaml_parser_delete(&parser);
    if (ok && !yaml_merge(document, name, errors)) {
        yaml_document_delete(document);
        return false;
    }
    return ok;
}
