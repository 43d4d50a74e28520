/* Reports: what their parts make of text, drawings and databases.
 * SPDX-License-Identifier: MIT
 *
 * Goal: nothing that a file says becomes markup or a command of gnuplot; drawings have the colours
 * of the page; a study shows the means and Student intervals of its points.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/gnuplot.h"
#include "report/markup.h"
#include "report/plot.h"
#include "report/report.h"
#include "report/study_data.h"
#include "study/store.h"

static char *marked_up(const char *text)
{
    char *result;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    markup_text(out, text);
    fclose(out);
    return result;
}

static void expect_markup(const char *text, const char *expected)
{
    char *result = marked_up(text);
    cr_expect_str_eq(result, expected, "%s", text);
    free(result);
}

#define NO_CHARACTER "\xEF\xBF\xBD"

/* XML 1.0, section 2.2: characters; RFC 3629, section 4: UTF-8. */
Test(report, escapes_text)
{
    expect_markup("<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    expect_markup("10 \xC2\xB5s \xE2\x82\xAC \xF0\x9F\x93\xA1",
            "10 \xC2\xB5s \xE2\x82\xAC \xF0\x9F\x93\xA1");
    expect_markup("a\x01"
                  "b\x7F"
                  "c",
            "a" NO_CHARACTER "b" NO_CHARACTER "c");
    expect_markup("\xFF\xC3", NO_CHARACTER NO_CHARACTER);
    expect_markup("\xC0\xAF", NO_CHARACTER NO_CHARACTER);                  /* overlong */
    expect_markup("\xED\xA0\x80", NO_CHARACTER NO_CHARACTER NO_CHARACTER); /* a surrogate */
    expect_markup("\xEF\xBF\xBF", NO_CHARACTER NO_CHARACTER NO_CHARACTER); /* U+FFFF */
}

static char *embedded(const char *svg, bool *ok)
{
    char *result;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    *ok = svg_embed(out, svg, "a \"b\"");
    fclose(out);
    return result;
}

Test(report, gives_drawings_the_colours_of_the_page)
{
    bool ok;
    char *svg =
            embedded("<?xml?><svg viewBox=\"0 0 1 1\"><title>t</title><defs><g id='x'/></defs>"
                     "<g id=\"p\" color=\"black\" stroke='rgb(  0,   0,  17)' fill=\"rgb(0,0,1)\">"
                     "<text>rgb(0,0,1) id=\"q\"</text></g></svg>",
                    &ok);
    cr_expect(ok);
    cr_expect_str_eq(svg, "<svg class=\"plot\" role=\"img\" aria-label=\"a &quot;b&quot;\" "
                          "font-family=\"system-ui, sans-serif\" viewBox=\"0 0 1 1\">"
                          "<g stroke='var(--s1)' fill=\"var(--ink)\"><text>rgb(0,0,1) "
                          "id=\"q\"</text></g></svg>\n");
    free(svg);
    free(embedded("no drawing", &ok));
    cr_expect_not(ok);
    free(embedded("<svg viewBox=\"0 0 1 1\">", &ok));
    cr_expect_not(ok);
}

/* Names reach gnuplot as they are and carry out nothing. */
Test(report, draws_names_as_they_are)
{
    char error[256], *page;
    size_t size;
    struct plot plot;
    FILE *out = open_memstream(&page, &size);
    cr_assert(plot_begin(&plot, PLOT_WIDE));
    plot_axis(plot.script, 'x', "it's `touch x` $(touch y) \\n \"q\" {/*9 big}\n<b>");
    fputs("plot [0:1] x lc rgb '#000010'\n", plot.script);
    cr_assert(plot_end(&plot, "t", "c", out, error, sizeof error), "%s", error);
    fclose(out);
    cr_expect_not_null(strstr(page, "it's `touch x` $(touch y) \\n \"q\" {/*9 big} &lt;b>"));
    cr_expect_not_null(strstr(page, "stroke=\"var(--s0)\""));
    free(page);
}

Test(report, tells_what_gnuplot_says)
{
    static const char script[] = "set terminal svg\nplot nonsense(\n";
    char error[256], *drawing;
    cr_expect_not(gnuplot_draw(script, strlen(script), &drawing, error, sizeof error));
    cr_expect_null(drawing);
    cr_expect_eq(strncmp(error, "gnuplot: ", 9), 0, "%s", error);
    cr_expect_not_null(strstr(error, "invalid expression"), "%s", error);
}

/* --- studies ---------------------------------------------------------------------------------- */

static char path[] = "/tmp/fleetcast-report-XXXXXX";

static void add_run(struct store *store, uint32_t point, uint32_t replication, const char *rate,
        const char *redundancy, double energy_j)
{
    struct store_label labels[] = { { "campaign.data_rate", rate },
        { "campaign.redundancy", redundancy }, { "duration", "24 h" },
        { "area.radius", strcmp(rate, "DR3") == 0 ? "1 km" : "2 km" } };
    struct store_run run = { "study", point, replication, replication + 1, "abcd", "0.1.0",
        "0123456789ab", false, 0, 1.0, 1.0, 4, labels };
    struct summary *summary = summary_create();
    summary_add_count(summary, "devices.total", 20);
    summary_add_count(summary, "devices.confirmed", 20 - replication);
    summary_add_number(summary, "energy_j.mean", energy_j);
    summary_add_count(summary, "reports.sent", 7);
    cr_assert(store_begin_run(store, &run, summary), "%s", store_error(store));
    cr_assert(store_commit_run(store), "%s", store_error(store));
    summary_destroy(summary);
}

/* Two rates by three redundancies, three runs each. */
static void make_study(void)
{
    static const char *const rates[] = { "DR3", "DR5" }, *const redundancies[] = { "10 %", "20 %",
        "40 %" };
    char error[STORE_ERROR_SIZE];
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
    struct store *store = store_open(path, STORE_WRITE, error, sizeof error);
    cr_assert_not_null(store, "%s", error);
    cr_assert(store_set_fact(store, "study", "<rates> & more"));
    for (uint32_t point = 0; point < 6; point++) {
        for (uint32_t i = 0; i < 3; i++) {
            add_run(store, point, i, rates[point / 3], redundancies[point % 3], 10.0 + point + i);
        }
    }
    store_close(store);
}

static void remove_study(void)
{
    unlink(path);
}

Test(report, reads_a_study_as_a_grid, .init = make_study, .fini = remove_study)
{
    struct scenario_errors *errors = scenario_errors_create();
    struct study_data *data = study_data_read(path, errors);
    cr_assert_not_null(data);
    cr_expect_eq(data->run_count, 18);
    cr_expect_eq(data->point_count, 6);
    cr_assert_eq(data->axis_count, 2, "a key with one value is no axis");
    cr_expect_str_eq(data->axes[0].key, "campaign.data_rate, area.radius", "they move together");
    cr_expect_str_eq(data->axes[0].values[1], "DR5, 2 km");
    cr_expect_not(data->axes[0].numeric);
    cr_assert(data->axes[1].numeric);
    cr_expect_str_eq(data->axes[1].unit, "%");
    cr_expect_float_eq(data->axes[1].numbers[2], 40, 0);
    cr_expect_eq(data->runs[17].values[0], 1);
    cr_expect_eq(data->runs[17].values[1], 2);
    study_data_destroy(data);
    scenario_errors_destroy(errors);
}

static char *study_page(bool *ok)
{
    char *page;
    size_t size;
    struct scenario_errors *errors = scenario_errors_create();
    FILE *out = open_memstream(&page, &size);
    *ok = report_study(path, out, errors);
    fclose(out);
    scenario_errors_print(errors, stderr);
    scenario_errors_destroy(errors);
    return page;
}

/* 10, 11, 12: mean 11, Student's t for 2 degrees of freedom 4.303 (any table), so the half width is
 * 4.303 / sqrt(3) = 2.48. Confirmed: 100, 95, 90 %. */
Test(report, shows_means_and_intervals_of_a_study, .init = make_study, .fini = remove_study)
{
    bool ok;
    char *page = study_page(&ok);
    cr_assert(ok);
    cr_expect_not_null(strstr(page, "<title>&lt;rates&gt; &amp; more</title>"));
    cr_expect_not_null(strstr(page, "18 runs of 6 points"));
    cr_expect_not_null(
            strstr(page, "<td class=\"name\">DR3, 1 km</td><td class=\"name\">10 %</td><td>3</td>"
                         "<td>95 &#177; 12</td><td>11.0 &#177; 2.5</td>"));
    cr_expect_not_null(
            strstr(page, "campaign.data_rate, area.radius DR5, 2 km</li>"), "lines by rate");
    cr_expect_not_null(strstr(page, "<h3>Energy of a device</h3>"));
    cr_expect_not_null(strstr(page, "<h3>reports.sent</h3>"), "of few metrics each counts");
    cr_expect_null(strstr(page, "Completion"), "no run has one");
    char *again = study_page(&ok);
    cr_expect_str_eq(page, again);
    free(again);
    free(page);
}

Test(report, refuses_what_is_no_study)
{
    struct scenario_errors *errors = scenario_errors_create();
    FILE *out = fopen("/dev/null", "w");
    cr_expect_not(report_study("/nonexistent/study.db", out, errors));
    cr_expect_not(report_study("/dev/null", out, errors));
    cr_expect_eq(scenario_errors_count(errors), 2);
    fclose(out);
    scenario_errors_destroy(errors);
}
