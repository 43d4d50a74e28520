/* Where devices and gateways stand: densities, spacing, files, projection.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/scenario/reading.h"
#include "world/placement.h"

#define COUNT 4000u

static struct medium_site sites[COUNT];

/* Places the only group of a scenario with these keys. */
static void place(const char *text)
{
    cr_assert(read_text(text), "%s%s", text, messages);
    struct placement placement;
    char error[256] = "";
    cr_assert(placement_create(&placement, &scenario, error, sizeof error), "%s", error);
    cr_assert_leq(scenario_device_count(&scenario), COUNT);
    cr_assert(placement_devices(&placement, 64, sites));
    placement_destroy(&placement);
}

static double distance(const struct medium_site *a, const struct medium_site *b)
{
    return hypot(a->x_m - b->x_m, a->y_m - b->y_m);
}

static double nearest(uint32_t index, uint32_t count)
{
    double best = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        best = i == index ? best : fmin(best, distance(&sites[i], &sites[index]));
    }
    return best;
}

/* Equal areas are equally likely: half of the disc's devices are within R / sqrt(2). */
Test(placement, is_uniform_over_the_disc)
{
    place("area: {radius: 1 km}\ndevices: [{count: 4000}]\n");
    uint32_t inner = 0, east = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        double r_m = hypot(sites[i].x_m, sites[i].y_m);
        cr_assert_leq(r_m, 1000.0);
        inner += r_m < 1000.0 / sqrt(2.0) ? 1 : 0;
        east += sites[i].x_m > 0.0 ? 1 : 0;
    }
    /* Three standard deviations of a binomial of 4000 at one half: 95. */
    cr_expect_float_eq(inner, 2000.0, 95.0);
    cr_expect_float_eq(east, 2000.0, 95.0);
}

Test(placement, of_a_drawn_layout_stays_when_there_are_more_devices)
{
    static struct medium_site before[100];
    static const char *const layouts[] = { "uniform", "clusters" };
    for (size_t l = 0; l < 2; l++) {
        char text[128];
        snprintf(text, sizeof text, "devices: [{count: 100, layout: %s}]\n", layouts[l]);
        place(text);
        memcpy(before, sites, sizeof before);
        snprintf(text, sizeof text, "devices: [{count: 101, layout: %s}]\n", layouts[l]);
        place(text);
        for (uint32_t i = 0; i < 100; i++) {
            cr_assert_float_eq(distance(&before[i], &sites[i]), 0.0, 0.0);
        }
    }
}

static int compare_sites(const void *a, const void *b)
{
    const struct medium_site *one = a, *other = b;
    return one->x_m != other->x_m ? (one->x_m > other->x_m ? 1 : -1)
                                  : (one->y_m > other->y_m) - (one->y_m < other->y_m);
}

/* The same places, of each group for itself; a walk along the numbers is short. On a lattice a step
 * of a Z-order has (1, 2^k - 1) spacings with probability 2^-(2k+1) and (2^(k+1) - 1, 1) with
 * 2^-(2k+2), 1.672 in the mean: 133 km for 2000 devices in a disc of 1 km, and in the order drawn
 * 2000 times 0.905 km (the mean distance of two points in a disc). */
Test(placement, numbered_by_place_has_near_numbers_at_near_places)
{
    static const char text[] = "area: {radius: 1 km}\n"
                               "devices: [{name: a, count: 2000%s}, {name: b, count: 2000%s}]\n";
    static struct medium_site drawn[COUNT], sorted[COUNT];
    static const char key[] = ", numbering: place";
    char of_scenario[256];
    snprintf(of_scenario, sizeof of_scenario, text, "", "");
    place(of_scenario);
    memcpy(drawn, sites, sizeof drawn);
    snprintf(of_scenario, sizeof of_scenario, text, key, key);
    place(of_scenario);
    memcpy(sorted, sites, sizeof sorted);
    for (uint32_t first = 0; first < COUNT; first += 2000) {
        double walk_km = 0.0, walk_drawn_km = 0.0;
        for (uint32_t i = first + 1; i < first + 2000; i++) {
            walk_km += 1e-3 * distance(&sites[i - 1], &sites[i]);
            walk_drawn_km += 1e-3 * distance(&drawn[i - 1], &drawn[i]);
        }
        cr_expect_lt(walk_km, 132.6, "%f", walk_km);
        cr_expect_float_eq(walk_drawn_km, 2000 * 0.905, 60.0, "%f", walk_drawn_km);
        qsort(&drawn[first], 2000, sizeof drawn[0], compare_sites);
        qsort(&sorted[first], 2000, sizeof sorted[0], compare_sites);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_assert(sorted[i].x_m == drawn[i].x_m && sorted[i].y_m == drawn[i].y_m);
        cr_assert_eq(sites[i].entity, 64 + i);
    }
}

Test(placement, on_a_ring_is_even_and_at_the_edge)
{
    place("area: {radius: 700 m}\ndevices: [{count: 12, layout: ring}]\n");
    for (uint32_t i = 0; i < 12; i++) {
        cr_expect_float_eq(hypot(sites[i].x_m, sites[i].y_m), 700.0, 1e-9);
        cr_expect_float_eq(nearest(i, 12), 2.0 * 700.0 * sin(M_PI / 12.0), 1e-9);
    }
}

Test(placement, on_a_grid_has_its_spacing_around_the_centre)
{
    place("devices: [{count: 12, layout: grid, spacing: 50 m}]\n"); /* 4 columns, 3 rows */
    double x_m = 0.0, y_m = 0.0;
    for (uint32_t i = 0; i < 12; i++) {
        cr_expect_float_eq(nearest(i, 12), 50.0, 1e-9);
        x_m += sites[i].x_m;
        y_m += sites[i].y_m;
    }
    cr_expect_float_eq(x_m, 0.0, 1e-9);
    cr_expect_float_eq(y_m, 0.0, 1e-9);
    cr_expect_float_eq(sites[3].x_m - sites[0].x_m, 150.0, 1e-9);
    cr_expect_float_eq(sites[8].y_m - sites[0].y_m, 100.0, 1e-9);
}

/* A lattice without a spacing has one place for each N-th of the disc's area. */
Test(placement, on_a_lattice_is_as_dense_as_the_area)
{
    double area_m2 = M_PI * 1e6;
    place("area: {radius: 1 km}\ndevices: [{count: 400, layout: grid}]\n");
    double side_m = nearest(0, 400);
    cr_expect_float_eq(side_m * side_m * 400.0, area_m2, 1e-3);
    place("area: {radius: 1 km}\ndevices: [{count: 400, layout: hex}]\n");
    side_m = nearest(0, 400);
    cr_expect_float_eq(side_m * side_m * sqrt(3.0) / 2.0 * 400.0, area_m2, 1e-3);
}

/* Full rings hold 1, 7, 19, 37 places; inner ones have six neighbours. */
Test(placement, on_a_hexagonal_lattice_has_six_neighbours)
{
    place("devices: [{count: 37, layout: hex, spacing: 100 m}]\n");
    for (uint32_t i = 0; i < 37; i++) {
        uint32_t neighbours = 0;
        for (uint32_t j = 0; j < 37; j++) {
            double d_m = distance(&sites[i], &sites[j]);
            cr_assert(i == j || d_m > 99.999);
            neighbours += i != j && d_m < 100.001 ? 1 : 0;
        }
        cr_expect_eq(neighbours, i < 19 ? 6 : i < 37 && neighbours == 3 ? 3 : 4, "place %u", i);
    }
}

/* Devices of one cluster: variance of each coordinate around the centre is that of the spread. */
Test(placement, in_clusters_has_their_spread)
{
    place("area: {radius: 40 km}\n"
          "devices: [{count: 4000, layout: clusters, clusters: {count: 1, spread: 200 m}}]\n");
    double x_m = 0.0, variance = 0.0;
    for (uint32_t i = 0; i < COUNT; i++) {
        x_m += sites[i].x_m / COUNT;
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        variance += (sites[i].x_m - x_m) * (sites[i].x_m - x_m) / COUNT;
    }
    /* The standard error of a standard deviation is 1 / sqrt(2 N): 1.1 %. */
    cr_expect_float_eq(sqrt(variance), 200.0, 200.0 * 0.034);
    place("area: {radius: 40 km}\n"
          "devices: [{count: 1000, layout: clusters, clusters: {count: 5, spread: 0 m}}]\n");
    uint32_t places = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        bool seen = false;
        for (uint32_t j = 0; j < i; j++) {
            seen = seen || distance(&sites[i], &sites[j]) < 1e-6;
        }
        places += seen ? 0 : 1;
    }
    cr_expect_eq(places, 5);
}

Test(placement, draws_the_share_that_is_indoors)
{
    struct placement placement;
    char error[256];
    place("devices: [{count: 4000, indoor: {share: 30 %, depth: deep}}]\n");
    cr_assert(placement_create(&placement, &scenario, error, sizeof error));
    uint32_t deep = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        enum penetration_class class = placement_indoor(&placement, 0, i, 64 + i);
        cr_assert(class == PENETRATION_DEEP || class == PENETRATION_OUTDOOR);
        deep += class == PENETRATION_DEEP ? 1 : 0;
    }
    placement_destroy(&placement);
    cr_expect_float_eq(deep, 1200.0, 87.0); /* three standard deviations */
}

/* --- files ------------------------------------------------------------------------------------ */
static char path[64];

static void write_file(const char *text)
{
    snprintf(path, sizeof path, "/tmp/fleetcast-placement-XXXXXX");
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static bool read_positions(const char *text, struct position_file *file)
{
    write_file(text);
    struct scenario_errors *errors = scenario_errors_create();
    bool ok = position_file_read(file, path, (struct scenario_place){ "a.yaml", 3, 9 }, errors);
    take_messages(errors);
    unlink(path);
    return ok;
}

static void expect_file_refused(const char *text, const char *where, const char *what)
{
    struct position_file file;
    char place[128];
    cr_expect_not(read_positions(text, &file), "accepted: %s", text);
    snprintf(place, sizeof place, "%s:%s: error: ", path, where);
    cr_expect_not_null(strstr(messages, place), "%s should be said, was:\n%s", place, messages);
    cr_expect_not_null(strstr(messages, what), "%s should be said, was:\n%s", what, messages);
}

Test(positions, are_read_from_csv)
{
    struct position_file file;
    cr_assert(read_positions(
                      "# a comment\nx,y,indoor,height\n10,-20,deep,3.5\r\n\n 1.5 , 2,,\n", &file),
            "%s", messages);
    cr_assert_eq(file.count, 2);
    cr_expect_not(file.geographic);
    cr_expect_float_eq(file.positions[0].x, 10.0, 0.0);
    cr_expect_float_eq(file.positions[0].y, -20.0, 0.0);
    cr_expect_float_eq(file.positions[0].height_m, 3.5, 0.0);
    cr_expect_eq(file.positions[0].indoor, PENETRATION_DEEP);
    cr_expect_float_eq(file.positions[1].x, 1.5, 0.0);
    cr_expect(isnan(file.positions[1].height_m));
    cr_expect_eq(file.positions[1].indoor, -1);
    position_file_clear(&file);
}

/* RFC 4180, and what spreadsheets write besides. */
Test(positions, are_read_from_csv_of_other_programs)
{
    struct position_file file;
    cr_assert(read_positions("\xEF\xBB\xBF\"Name\",\"Lat\",LNG,\"Owner\"\r\n"
                             "\"Main street 1, left\",\"48.1\", 11.5 ,\"the \"\"city\"\"\"\r\n"
                             ",48.2,\"11.6\" ,\r\n",
                      &file),
            "%s", messages);
    cr_assert_eq(file.count, 2);
    cr_expect(file.geographic);
    cr_expect_float_eq(file.positions[0].x, 11.5, 0.0);
    cr_expect_float_eq(file.positions[0].y, 48.1, 0.0);
    cr_expect_float_eq(file.positions[1].x, 11.6, 0.0);
    position_file_clear(&file);
}

Test(positions, refuse_what_follows_a_document)
{
    expect_file_refused(
            "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[0,0]}}\n"
            "outdoor\n",
            "2:1", "not JSON");
}

Test(positions, say_which_line_of_csv_is_wrong)
{
    expect_file_refused("x,y\n1,2\n3,four\n", "3:3", "y = 'four' is not a number");
    expect_file_refused("x,y\n1,2\n\n3\n", "4:1", "1 values; the first line names 2 columns");
    expect_file_refused("x,hight,y\n", "1:3", "unknown column 'hight' (did you mean 'height'?)");
    expect_file_refused("1,2\n3,4\n", "1:1", "the first line names the columns");
    expect_file_refused("x,y,x\n", "1:5", "column 'x' stands twice");
    expect_file_refused("lat,lon,latitude\n", "1:9", "column 'latitude' stands twice");
    expect_file_refused("x,y\n\"1,2\n", "2:1", "a quoted value should end");
    expect_file_refused("x,y\n1,\"2\" 3\n", "2:3", "a quoted value should end");
    expect_file_refused("a,b\n1,2\n", "1:1", "no known column");
    expect_file_refused("latitude,longitude\n91,0\n", "2:1", "latitude = 91 is outside -90 .. 90");
    expect_file_refused("x,latitude\n1,2\n", "2:1", "x and y, or for latitude and longitude");
    expect_file_refused("x,y,indoor\n1,2,depe\n", "2:5", "(did you mean 'deep'?)");
    struct position_file file;
    cr_expect_not(read_positions("x,y\n", &file));
    cr_expect_not_null(strstr(messages, "holds no position"), "%s", messages);
    cr_expect_not(read_positions("", &file));
    cr_expect_not_null(strstr(messages, "no columns"), "%s", messages);
}

Test(positions, are_read_from_geojson)
{
    struct position_file file;
    cr_assert(read_positions(
                      "{ \"type\": \"FeatureCollection\", \"features\": [\n"
                      "  {\"type\": \"Feature\", \"properties\": {\"height\": 4, \"indoor\": "
                      "\"light\", \"id\": \"a\"},\n"
                      "   \"geometry\": {\"type\": \"Point\", \"coordinates\": [11.5, 48.1]}},\n"
                      "\t{\"type\": \"Feature\", \"properties\": null,\n"
                      "   \"geometry\": {\"type\": \"MultiPoint\", \"coordinates\": [[11.6, 48.2, "
                      "520], [11.7, 48.3]]}}\n"
                      "]}\n",
                      &file),
            "%s", messages);
    cr_assert_eq(file.count, 3);
    cr_expect(file.geographic);
    cr_expect_float_eq(file.positions[0].x, 11.5, 0.0, "longitude comes first, RFC 7946");
    cr_expect_float_eq(file.positions[0].y, 48.1, 0.0);
    cr_expect_float_eq(file.positions[0].height_m, 4.0, 0.0);
    cr_expect_eq(file.positions[0].indoor, PENETRATION_LIGHT);
    cr_expect_float_eq(file.positions[2].y, 48.3, 0.0);
    position_file_clear(&file);
}

/* RFC 7946, section 3: a GeoJSON text is a geometry, a feature, or a collection of features. */
Test(positions, are_read_from_a_bare_geometry)
{
    struct position_file file;
    cr_assert(
            read_positions("{\"type\": \"MultiPoint\", \"coordinates\": [[1, 2], [3, 4]]}", &file),
            "%s", messages);
    cr_expect_eq(file.count, 2);
    position_file_clear(&file);
    cr_assert(read_positions("\xEF\xBB\xBF{\"type\": \"Point\", \"coordinates\": [1, 2]}", &file),
            "%s", messages);
    cr_expect_eq(file.count, 1);
    position_file_clear(&file);
}

Test(positions, say_which_line_of_geojson_is_wrong)
{
    expect_file_refused("{\"type\": \"Topology\"}\n", "1:1", "should be a FeatureCollection");
    expect_file_refused("{\"type\": \"FeatureCollection\", \"features\": [\n"
                        " {\"type\": \"Feature\", \"geometry\": {\"type\": \"Polygon\"}}]}\n",
            "2:34", "should be of type Point or MultiPoint");
    expect_file_refused("{\"type\": \"Feature\", \"geometry\": {\"type\": \"Point\",\n"
                        " \"coordinates\": [200, 4]}}\n",
            "2:17", "coordinates should be [longitude, latitude]");
    expect_file_refused(
            "{\"type\": \"Feature\",\n", "2:1", "not JSON: it ends before it is complete");
}

/* Lengths of a degree on WGS 84 (NGA, "Length of a degree of latitude and longitude"): at 45 deg
 * 111,131.745 m and 78,846.806 m; at the equator 110,574.276 m and 111,319.491 m. */
Test(positions, are_projected_with_the_lengths_of_a_degree)
{
    static const struct {
        double latitude_deg, degree_north_m, degree_east_m;
    } rows[] = { { 45.0, 111131.745, 78846.806 }, { 0.0, 110574.276, 111319.491 } };
    for (size_t i = 0; i < 2; i++) {
        struct geo_origin origin = { rows[i].latitude_deg, 10.0 };
        double x_m, y_m;
        geo_project(&origin, rows[i].latitude_deg + 0.5, 10.0, &x_m, &y_m);
        cr_expect_float_eq(y_m * 2.0, rows[i].degree_north_m, 1.0);
        cr_expect_float_eq(x_m, 0.0, 1e-9);
        geo_project(&origin, rows[i].latitude_deg, 10.5, &x_m, &y_m);
        cr_expect_float_eq(x_m * 2.0, rows[i].degree_east_m, 1.0);
    }
    struct geo_origin fiji = { 0.0, 179.9 };
    double x_m, y_m;
    geo_project(&fiji, 0.0, -179.9, &x_m, &y_m);
    cr_expect_float_eq(x_m, 0.2 * 111319.491, 1.0, "across the date line");
}

Test(positions, of_gateways_and_devices_share_one_origin)
{
    char devices[64], text[512], error[256] = "";
    write_file("latitude,longitude\n48.0,11.0\n48.0,11.02\n");
    memcpy(devices, path, sizeof devices);
    write_file("latitude,longitude,height\n48.0,11.01,25\n");
    snprintf(text, sizeof text,
            "gateways: {layout: file, file: %s}\n"
            "devices: [{layout: file, file: %s}]\n",
            path, devices);
    place(text);
    cr_expect_eq(scenario.gateways.count, 1);
    cr_expect_eq(scenario.groups[0].count, 2);
    struct placement placement;
    struct medium_site gateway;
    cr_assert(placement_create(&placement, &scenario, error, sizeof error), "%s", error);
    placement_gateways(&placement, &(struct gateway_entities){ .first = 0 }, &gateway);
    placement_destroy(&placement);
    unlink(path);
    unlink(devices);
    cr_expect_float_eq(gateway.x_m, 0.0, 1e-6, "the centroid of all three");
    cr_expect_float_eq(gateway.height_m, 25.0, 0.0);
    cr_expect_float_eq(sites[1].x_m, -sites[0].x_m, 1e-6);
    cr_expect_float_eq(sites[1].x_m, 746.0, 1.0, "0.01 degrees at 48 N: 74,628 m a degree");
}

Test(positions, keep_their_numbers)
{
    static const double x_m[] = { 100, -100, 50 };
    char text[256];
    write_file("x,y\n100,0\n-100,0\n50,0\n");
    snprintf(text, sizeof text, "devices: [{layout: file, file: %s, numbering: place}]\n", path);
    expect_warned(text, "numbering has no effect here; it applies only with layout: uniform");
    place(text);
    unlink(path);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_float_eq(sites[i].x_m, x_m[i], 1e-6);
    }
}

/* The count of a scenario may be less, not more. */
Test(positions, are_as_many_as_the_file_has)
{
    static const char *const sets[] = { "devices.0.count=3" };
    char text[256];
    write_file("x,y\n1,2\n3,4\n");
    snprintf(text, sizeof text, "devices: [{layout: file, file: %s}]\n", path);
    struct scenario_errors *errors = scenario_errors_create();
    cr_expect(scenario_read(&scenario, "a.yaml", text, strlen(text), NULL, 0, errors));
    cr_expect_eq(scenario_device_count(&scenario), 2);
    cr_expect_not(scenario_read(&scenario, "a.yaml", text, strlen(text), sets, 1, errors));
    scenario_errors_destroy(errors);
    unlink(path);
}
