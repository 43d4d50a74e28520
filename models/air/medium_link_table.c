/* The table of links: for each device the gateways that it hears or that hear it.
 * SPDX-License-Identifier: MIT
 *
 * Gateways stand in square cells, and a device looks at those within reach. Where path loss alone
 * is too much, the draw of shadowing shows whether it gains enough, mostly before anything else is
 * worked out.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "air/medium_internal.h"
#include "air/shadowing.h"

/* assumed: a pair that only a gain of more than four sigma of shadowing could link is none; that is
 * one in 30,000 of those at the edge. */
#define SHADOWING_SIGMAS 4.0
/* Nothing on Earth is further; where the law reaches beyond, all pairs are looked at. */
#define DISTANCE_MAX_M 1e6
/* Powers are rounded to 1 mdB. */
#define ROUNDING_DB      0.01
#define REACH_STEPS      1024u
#define CELLS_PER_REACH  4
#define CELLS_A_SIDE_MAX 256u

/* --- how far ---------------------------------------------------------------------------------- */

struct reach {
    double distance_m;   /* INFINITY: however far */
    double steps_per_m2; /* of the squared distance */
    /* What shadowing must gain at least at an outdoor place, by the squared distance. */
    double least_gain_db[REACH_STEPS];
};

/* assumed: higher antennas lose less, and a longer way loses more, as in all laws that we have. */
static void reach_init(struct reach *reach, const struct medium *medium)
{
    const struct propagation_params *law = &medium->params.propagation;
    double gateway_m = 0, device_m = 0, near_m = 0, far_m = DISTANCE_MAX_M;
    double loss_max_db = medium_loss_max_db(medium);
    double most_db = loss_max_db + SHADOWING_SIGMAS * law->shadowing_sigma_db;
    for (uint32_t i = 0; i < medium->gateway_count; i++) {
        gateway_m = fmax(gateway_m, medium->gateways[i].height_m);
    }
    for (uint32_t i = 0; i < medium->device_count; i++) {
        device_m = fmax(device_m, medium->device_sites[i].height_m);
    }
    bool everywhere = path_loss_db(law, gateway_m, device_m, far_m) <= most_db;
    while (!everywhere && far_m - near_m > 1) {
        double middle_m = (near_m + far_m) / 2;
        bool reached = path_loss_db(law, gateway_m, device_m, middle_m) <= most_db;
        near_m = reached ? middle_m : near_m;
        far_m = reached ? far_m : middle_m;
    }
    reach->distance_m = everywhere ? INFINITY : far_m;
    reach->steps_per_m2 = everywhere ? 0 : REACH_STEPS / (far_m * far_m);
    for (uint32_t i = 0; i < REACH_STEPS; i++) {
        double at_least_m = everywhere ? 0 : sqrt(i / reach->steps_per_m2);
        reach->least_gain_db[i] =
                path_loss_db(law, gateway_m, device_m, at_least_m) - loss_max_db - ROUNDING_DB;
    }
}

/* --- cells ------------------------------------------------------------------------------------ */

struct span {
    double least, most;
};

struct cells {
    double x_m, y_m, size_m;
    uint32_t columns, rows;
    uint32_t *from; /* [cell + 1], row by row */
    uint16_t *gateways;
};

static uint32_t cell_at(double from_m, double at_m, double size_m, uint32_t count)
{
    double cell = floor((at_m - from_m) / size_m);
    return cell < 0 ? 0 : cell >= count ? count - 1 : (uint32_t)cell;
}

static uint32_t cell_of(const struct cells *cells, const struct gateway_state *gateway)
{
    return cell_at(cells->y_m, gateway->y_m, cells->size_m, cells->rows) * cells->columns
           + cell_at(cells->x_m, gateway->x_m, cells->size_m, cells->columns);
}

static uint32_t cells_a_side(double length_m, double size_m)
{
    return (uint32_t)fmin(floor(length_m / size_m) + 1, CELLS_A_SIDE_MAX);
}

static void span_add(struct span *span, double value)
{
    span->least = fmin(span->least, value);
    span->most = fmax(span->most, value);
}

static bool cells_init(struct cells *cells, const struct medium *medium, double reach_m)
{
    uint32_t count = medium->gateway_count;
    struct span x = { INFINITY, -INFINITY }, y = { INFINITY, -INFINITY };
    for (uint32_t g = 0; g < count; g++) {
        span_add(&x, medium->gateways[g].x_m);
        span_add(&y, medium->gateways[g].y_m);
    }
    double length_m = count == 0 ? 0 : fmax(x.most - x.least, y.most - y.least);
    *cells = (struct cells){ .x_m = x.least, .y_m = y.least };
    cells->size_m =
            fmax(fmin(reach_m, length_m + 1) / CELLS_PER_REACH, (length_m + 1) / CELLS_A_SIDE_MAX);
    cells->columns = count == 0 ? 1 : cells_a_side(x.most - x.least, cells->size_m);
    cells->rows = count == 0 ? 1 : cells_a_side(y.most - y.least, cells->size_m);
    size_t cell_count = (size_t)cells->columns * cells->rows;
    cells->from = calloc(cell_count + 2, sizeof *cells->from);
    cells->gateways = malloc((count + 1) * sizeof *cells->gateways);
    if (cells->from == NULL || cells->gateways == NULL) {
        return false;
    }
    /* Counted two places on, then one place on, so that filling moves each to its begin. */
    for (uint32_t g = 0; g < count; g++) {
        cells->from[cell_of(cells, &medium->gateways[g]) + 2]++;
    }
    for (size_t i = 2; i < cell_count + 2; i++) {
        cells->from[i] += cells->from[i - 1];
    }
    for (uint32_t g = 0; g < count; g++) {
        cells->gateways[cells->from[cell_of(cells, &medium->gateways[g]) + 1]++] = (uint16_t)g;
    }
    return true;
}

static void cells_finish(struct cells *cells)
{
    free(cells->from);
    free(cells->gateways);
}

/* --- the table -------------------------------------------------------------------------------- */

/* Devices whose links are looked for at one time, and then put into the table in order. */
#define DEVICES_TOGETHER 1024u

struct found_link {
    int32_t gain_mdb;
    uint16_t gateway;
};

/* Links that a thread has found, device by device. */
struct found_links {
    struct found_link *items;
    size_t count, capacity;
    bool lacks_memory;
};

/* Where the links of a device lie. */
struct found_row {
    unsigned thread;
    uint32_t count;
    size_t from;
};

struct table_builder {
    struct medium *medium;
    struct reach reach;
    struct cells cells;
    struct found_links found[ENGINE_THREADS_MAX];
    uint32_t first; /* device of rows[0] */
    struct found_row rows[DEVICES_TOGETHER];
    size_t capacity; /* of the table */
};

/* Adds the link of a device and a gateway if there is one. */
static void look_at(const struct table_builder *builder, struct found_links *found,
        uint32_t gateway, uint32_t device, double common_db)
{
    const struct medium *medium = builder->medium;
    const struct reach *reach = &builder->reach;
    const struct medium_site *site = &medium->device_sites[device];
    double x_m = medium->gateways[gateway].x_m - site->x_m;
    double y_m = medium->gateways[gateway].y_m - site->y_m;
    double squared_m2 = x_m * x_m + y_m * y_m;
    double step = squared_m2 * reach->steps_per_m2;
    if (step >= REACH_STEPS) {
        return;
    }
    double least_gain_db = reach->least_gain_db[(uint32_t)step] + site->penetration_db + common_db;
    if (!shadowing_may_gain(medium->shadowing, gateway, device, least_gain_db)) {
        return;
    }
    int32_t gain_mdb = medium_shadowed_gain_mdb(medium, gateway, device, common_db);
    if (medium_is_link(medium, gateway, device, gain_mdb)) {
        assert(found->count < found->capacity);
        found->items[found->count++] = (struct found_link){ gain_mdb, (uint16_t)gateway };
    }
}

static int strongest_first(const void *a, const void *b)
{
    const struct found_link *x = a, *y = b;
    if (x->gain_mdb != y->gain_mdb) {
        return x->gain_mdb > y->gain_mdb ? -1 : 1;
    }
    return (x->gateway > y->gateway) - (x->gateway < y->gateway);
}

/* Room for the links of one more device. */
static bool make_room(struct found_links *found, uint32_t gateway_count)
{
    if (found->capacity - found->count < gateway_count) {
        size_t capacity = found->capacity * 2 + gateway_count;
        struct found_link *items = realloc(found->items, capacity * sizeof *items);
        if (items == NULL) {
            found->lacks_memory = true;
            return false;
        }
        found->items = items;
        found->capacity = capacity;
    }
    return true;
}

static void find_links(
        const struct table_builder *builder, struct found_links *found, uint32_t device)
{
    const struct cells *cells = &builder->cells;
    const struct medium_site *site = &builder->medium->device_sites[device];
    double common_db = medium_common_db_at(builder->medium, device);
    double reach_m = builder->reach.distance_m;
    uint32_t left = cell_at(cells->x_m, site->x_m - reach_m, cells->size_m, cells->columns);
    uint32_t right = cell_at(cells->x_m, site->x_m + reach_m, cells->size_m, cells->columns);
    uint32_t bottom = cell_at(cells->y_m, site->y_m - reach_m, cells->size_m, cells->rows);
    uint32_t top = cell_at(cells->y_m, site->y_m + reach_m, cells->size_m, cells->rows);
    for (uint32_t row = bottom; row <= top; row++) {
        uint32_t from = cells->from[row * cells->columns + left];
        uint32_t to = cells->from[row * cells->columns + right + 1];
        for (uint32_t i = from; i < to; i++) {
            look_at(builder, found, cells->gateways[i], device, common_db);
        }
    }
}

/* Rows `from` .. `to` - 1, on any thread. */
static void find_rows(void *context, uint32_t from, uint32_t to, unsigned thread)
{
    struct table_builder *builder = context;
    struct found_links *found = &builder->found[thread];
    for (uint32_t i = from; i < to && make_room(found, builder->medium->gateway_count); i++) {
        struct found_row *row = &builder->rows[i];
        *row = (struct found_row){ .thread = thread, .from = found->count };
        find_links(builder, found, builder->first + i);
        row->count = (uint32_t)(found->count - row->from);
        qsort(&found->items[row->from], row->count, sizeof *found->items, strongest_first);
    }
}

static bool reserve(struct table_builder *builder, size_t count)
{
    struct link_table *links = &builder->medium->links;
    if (count <= builder->capacity) {
        return true;
    }
    size_t capacity = builder->capacity * 2 + builder->medium->gateway_count;
    uint16_t *gateways = realloc(links->gateways, capacity * sizeof *gateways);
    links->gateways = gateways != NULL ? gateways : links->gateways;
    int32_t *gains_mdb = realloc(links->gains_mdb, capacity * sizeof *gains_mdb);
    links->gains_mdb = gains_mdb != NULL ? gains_mdb : links->gains_mdb;
    builder->capacity = capacity;
    return gateways != NULL && gains_mdb != NULL;
}

/* Appends the rows that were found. */
static bool take_rows(struct table_builder *builder, uint32_t count)
{
    struct link_table *links = &builder->medium->links;
    for (uint32_t d = 0; d < count; d++) {
        const struct found_row *row = &builder->rows[d];
        const struct found_link *items = &builder->found[row->thread].items[row->from];
        size_t from = links->from[builder->first + d], to = from + row->count;
        if (to > UINT32_MAX || !reserve(builder, to)) {
            return false;
        }
        for (uint32_t i = 0; i < row->count; i++) {
            links->gateways[from + i] = items[i].gateway;
            member_set_add(
                    &links->blocks[items[i].gateway], (builder->first + d) / LINK_BLOCK_DEVICES);
            links->gains_mdb[from + i] = items[i].gain_mdb;
        }
        links->from[builder->first + d + 1] = (uint32_t)to;
    }
    return true;
}

static bool found_all(struct table_builder *builder, unsigned threads)
{
    bool all = true;
    for (unsigned i = 0; i < threads; i++) {
        all = all && !builder->found[i].lacks_memory;
        builder->found[i].count = 0;
    }
    return all;
}

static bool link_devices(struct table_builder *builder)
{
    struct medium *medium = builder->medium;
    unsigned threads = engine_threads(medium->engine);
    while (builder->first < medium->device_count) {
        uint32_t left = medium->device_count - builder->first;
        uint32_t count = left < DEVICES_TOGETHER ? left : DEVICES_TOGETHER;
        struct engine_work work = { .count = count, .work = find_rows, .context = builder };
        engine_work_do(medium->engine, &work);
        if (!found_all(builder, threads) || !take_rows(builder, count)) {
            return false;
        }
        builder->first += count;
        making_tell(&medium->params.making, "links", builder->first, medium->device_count);
    }
    return true;
}

static void builder_finish(struct table_builder *builder)
{
    cells_finish(&builder->cells);
    for (unsigned i = 0; i < ENGINE_THREADS_MAX; i++) {
        free(builder->found[i].items);
    }
    free(builder);
}

static bool blocks_init(struct medium *medium)
{
    struct link_table *links = &medium->links;
    links->blocks = calloc((size_t)medium->gateway_count + 1, sizeof *links->blocks);
    for (uint32_t i = 0; links->blocks != NULL && i < medium->gateway_count; i++) {
        member_set_init(&links->blocks[i], medium->device_count / LINK_BLOCK_DEVICES,
                engine_memory(medium->engine));
    }
    return links->blocks != NULL;
}

bool medium_link_table_init(struct medium *medium)
{
    assert(medium->gateway_count <= UINT16_MAX);
    struct table_builder *builder = calloc(1, sizeof *builder);
    if (builder == NULL) {
        return false;
    }
    builder->medium = medium;
    reach_init(&builder->reach, medium);
    medium->links.from = calloc((size_t)medium->device_count + 1, sizeof *medium->links.from);
    bool made = cells_init(&builder->cells, medium, builder->reach.distance_m)
                && medium->links.from != NULL && blocks_init(medium) && reserve(builder, 1)
                && link_devices(builder);
    builder_finish(builder);
    return made;
}

void medium_link_table_finish(struct medium *medium)
{
    free(medium->links.from);
    free(medium->links.gateways);
    free(medium->links.gains_mdb);
    for (uint32_t i = 0; medium->links.blocks != NULL && i < medium->gateway_count; i++) {
        member_set_finish(&medium->links.blocks[i]);
    }
    free(medium->links.blocks);
}
