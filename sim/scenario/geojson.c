/* Points of a GeoJSON document (RFC 7946).
 * SPDX-License-Identifier: MIT
 */
#include "scenario/geojson.h"

#include <math.h>
#include <string.h>

#include "air/penetration.h"
#include "scenario/param.h"
#include "scenario/quantity.h"
#include "scenario/scenario.h"
#include "scenario/scenario_yaml.h"

struct geojson {
    const char *source;
    yaml_document_t *document;
    bool (*point)(void *context, const struct position *point, size_t line, size_t column);
    void *context;
    struct scenario_errors *errors;
};

static struct scenario_place place_of(const struct geojson *g, const yaml_node_t *node)
{
    return (struct scenario_place){ g->source, node->start_mark.line + 1,
        node->start_mark.column + 1 };
}

static const char *scalar(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : "";
}

/* The member of an object; NULL: not there. */
static const yaml_node_t *member(
        const struct geojson *g, const yaml_node_t *object, const char *name)
{
    if (object == NULL || object->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (const yaml_node_pair_t *pair = object->data.mapping.pairs.start;
            pair < object->data.mapping.pairs.top; pair++) {
        if (strcmp(scalar(yaml_document_get_node(g->document, pair->key)), name) == 0) {
            return yaml_document_get_node(g->document, pair->value);
        }
    }
    return NULL;
}

static bool wrong(const struct geojson *g, const yaml_node_t *node, const char *what)
{
    scenario_errors_add(g->errors, place_of(g, node), "GeoJSON: %s", what);
    return false;
}

static size_t item_count(const yaml_node_t *sequence)
{
    return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

static const yaml_node_t *item(const struct geojson *g, const yaml_node_t *sequence, size_t index)
{
    return yaml_document_get_node(g->document, sequence->data.sequence.items.start[index]);
}

static bool number(const struct geojson *g, const yaml_node_t *node, double limit, double *value)
{
    return node != NULL && quantity_parse(scalar(node), DIMENSION_NONE, value) == QUANTITY_OK
           && fabs(*value) <= limit;
}

/* [longitude, latitude], perhaps with an elevation, which says nothing of the antenna. */
static bool read_coordinates(
        const struct geojson *g, const yaml_node_t *pair, const struct position *properties)
{
    struct position position = *properties;
    if (pair->type != YAML_SEQUENCE_NODE || item_count(pair) < 2 || item_count(pair) > 3
            || !number(g, item(g, pair, 0), 180.0, &position.x)
            || !number(g, item(g, pair, 1), 90.0, &position.y)) {
        return wrong(g, pair, "coordinates should be [longitude, latitude] in degrees");
    }
    return g->point(g->context, &position, pair->start_mark.line + 1, pair->start_mark.column + 1);
}

static bool is_geometry(const char *type)
{
    return strcmp(type, "Point") == 0 || strcmp(type, "MultiPoint") == 0;
}

static bool read_geometry(
        const struct geojson *g, const yaml_node_t *geometry, const struct position *properties)
{
    const yaml_node_t *coordinates = member(g, geometry, "coordinates");
    const char *type = scalar(member(g, geometry, "type"));
    bool many = strcmp(type, "MultiPoint") == 0;
    if (!is_geometry(type)) {
        return wrong(g, geometry, "geometry should be of type Point or MultiPoint");
    }
    if (coordinates == NULL) {
        return wrong(g, geometry, "geometry without coordinates");
    }
    if (!many) {
        return read_coordinates(g, coordinates, properties);
    }
    bool ok = coordinates->type == YAML_SEQUENCE_NODE
              || wrong(g, coordinates, "coordinates of a MultiPoint should be a list");
    for (size_t i = 0; ok && i < item_count(coordinates); i++) {
        ok = read_coordinates(g, item(g, coordinates, i), properties);
    }
    return ok;
}

static bool read_properties(
        const struct geojson *g, const yaml_node_t *properties, struct position *position)
{
    const yaml_node_t *height = member(g, properties, "height");
    const yaml_node_t *indoor = member(g, properties, "indoor");
    *position = (struct position){ .height_m = NAN, .indoor = -1 };
    if (height != NULL
            && (!number(g, height, 1000.0, &position->height_m) || position->height_m < 0.1)) {
        return wrong(g, height, "height should be metres from 0.1 to 1000");
    }
    for (int i = 0; indoor != NULL && penetration_class_names[i] != NULL; i++) {
        position->indoor =
                strcmp(penetration_class_names[i], scalar(indoor)) == 0 ? i : position->indoor;
    }
    if (indoor != NULL && position->indoor < 0) {
        const char *near = nearest_word(scalar(indoor), penetration_class_names);
        scenario_errors_add(g->errors, place_of(g, indoor),
                "GeoJSON: indoor = '%s' is unknown%s%s%s", scalar(indoor),
                near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?)" : "");
        return false;
    }
    return true;
}

static bool read_feature(const struct geojson *g, const yaml_node_t *feature)
{
    struct position properties;
    const yaml_node_t *geometry = member(g, feature, "geometry");
    if (strcmp(scalar(member(g, feature, "type")), "Feature") != 0 || geometry == NULL) {
        return wrong(g, feature, "should be a Feature with a geometry");
    }
    return read_properties(g, member(g, feature, "properties"), &properties)
           && read_geometry(g, geometry, &properties);
}

static bool read_root(const struct geojson *g, const yaml_node_t *root)
{
    const yaml_node_t *features = member(g, root, "features");
    if (strcmp(scalar(member(g, root, "type")), "Feature") == 0) {
        return read_feature(g, root);
    }
    if (is_geometry(scalar(member(g, root, "type")))) {
        return read_geometry(g, root, &(struct position){ .height_m = NAN, .indoor = -1 });
    }
    if (features == NULL || features->type != YAML_SEQUENCE_NODE) {
        return wrong(g, root,
                "should be a FeatureCollection with a list of features, a Feature, a Point or a "
                "MultiPoint");
    }
    bool ok = true;
    for (size_t i = 0; i < item_count(features); i++) {
        ok = read_feature(g, item(g, features, i)) && ok;
    }
    return ok;
}

bool geojson_read(const char *source, const char *text, size_t size,
        bool (*point)(void *context, const struct position *point, size_t line, size_t column),
        void *context, struct scenario_errors *errors)
{
    yaml_document_t document;
    struct geojson g = { source, &document, point, context, errors };
    size_t before = scenario_errors_count(errors);
    if (!scenario_yaml_load(&document, source, "JSON", text, size, errors)) {
        return false;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    bool ok = root != NULL && read_root(&g, root);
    yaml_document_delete(&document);
    return ok && scenario_errors_count(errors) == before; /* what follows the document counts */
}
