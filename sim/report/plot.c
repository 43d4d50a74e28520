/* Plots of a page, each a script for gnuplot.
 * SPDX-License-Identifier: MIT
 */
#include "report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/gnuplot.h"
#include "report/markup.h"
#include "study/statistics.h"

#define BAR_NAME_MAX 28

bool plot_begin(struct plot *plot, enum plot_shape shape)
{
    *plot = (struct plot){ .shape = shape };
    plot->script = open_memstream(&plot->text, &plot->size);
    if (plot->script == NULL) {
        return false;
    }
    fprintf(plot->script,
            "set terminal svg size 640,%d dynamic font 'sans-serif,15' linewidth 1 butt\n"
            "set encoding utf8\n"
            "set border 3 lc rgb '%s'\n"
            "set tics nomirror out scale 0.5 textcolor rgb '%s'\n"
            "set grid lc rgb '%s' lw 1 dt solid\n"
            "unset key\n"
            "set style fill solid 1 noborder\n",
            shape == PLOT_SQUARE ? 660 : 340, SVG_FAINT, SVG_INK, SVG_RULE);
    return true;
}

void plot_discard(struct plot *plot)
{
    if (plot->script != NULL) {
        fclose(plot->script);
        free(plot->text);
    }
    *plot = (struct plot){ .script = NULL };
}

void plot_legend(struct plot *plot, unsigned series, const char *text)
{
    if (plot->legend_count < PLOT_LINES_MAX) {
        size_t i = plot->legend_count++;
        plot->legend[i].series = series % SVG_SERIES;
        snprintf(plot->legend[i].text, sizeof plot->legend[i].text, "%s", text);
    }
}

static void write_legend(const struct plot *plot, FILE *page)
{
    if (plot->legend_count == 0) {
        return;
    }
    fputs("<ul class=\"legend\">", page);
    for (size_t i = 0; i < plot->legend_count; i++) {
        fprintf(page,
                "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\" "
                "xmlns=\"http://www.w3.org/2000/svg\"><circle cx=\"5\" cy=\"5\" r=\"5\" "
                "fill=\"var(--s%u)\"/></svg>",
                plot->legend[i].series);
        markup_text(page, plot->legend[i].text);
        fputs("</li>", page);
    }
    fputs("</ul>\n", page);
}

static bool close_script(struct plot *plot)
{
    bool ok = ferror(plot->script) == 0;
    ok = fclose(plot->script) == 0 && ok;
    plot->script = NULL;
    return ok;
}

bool plot_end(struct plot *plot, const char *title, const char *caption, FILE *page, char *error,
        size_t error_size)
{
    char *drawing = NULL;
    bool ok = close_script(plot);
    if (!ok) {
        snprintf(error, error_size, "no memory for a plot");
    }
    ok = ok && gnuplot_draw(plot->text, plot->size, &drawing, error, error_size);
    free(plot->text);
    if (ok) {
        fputs(plot->shape == PLOT_SQUARE ? "<figure class=\"tall\">\n<h3>" : "<figure>\n<h3>",
                page);
        markup_text(page, title);
        fputs("</h3>\n", page);
        write_legend(plot, page);
        ok = svg_embed(page, drawing, title);
        fputs("<figcaption>", page);
        markup_text(page, caption);
        fputs("</figcaption>\n</figure>\n", page);
        if (!ok) {
            snprintf(error, error_size, "gnuplot drew nothing for '%s'", title);
        }
    }
    free(drawing);
    return ok;
}

/* In single quotes gnuplot replaces nothing; one that is doubled stands for itself. `doubled`:
 * another character that does. */
static void write_string(FILE *script, const char *text, char doubled)
{
    fputc('\'', script);
    for (; *text != '\0'; text++) {
        char shown = (unsigned char)*text < ' ' ? ' ' : *text;
        fputc(shown, script);
        if (shown == '\'' || shown == doubled) {
            fputc(shown, script);
        }
    }
    fputc('\'', script);
}

/* gnuplot takes it for a format of the place. */
void plot_tick(FILE *script, const char *text, double place)
{
    write_string(script, text, '%');
    fprintf(script, " %.8g", place);
}

void plot_axis(FILE *script, char axis, const char *name)
{
    fprintf(script, "set %clabel ", axis);
    write_string(script, name, '\'');
    fprintf(script, " noenhanced textcolor rgb '%s'\n", SVG_INK);
}

void plot_steps(FILE *script, const char *name, double *times, size_t count, size_t total,
        double scale, double to)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(times[i])) {
            times[known++] = times[i];
        }
    }
    statistics_sort(times, known);
    fprintf(script, "$%s << END\n", name);
    if (known > 0) {
        fprintf(script, "%.6g 0\n", times[0] / scale);
    }
    for (size_t i = 0; i < known; i++) {
        if (i + 1 == known || times[i + 1] > times[i]) {
            fprintf(script, "%.6g %.6g\n", times[i] / scale,
                    100.0 * (double)(i + 1) / (double)total);
        }
    }
    fprintf(script, "%.6g %.6g\nEND\n", to / scale, 100.0 * (double)known / (double)total);
}

/* Room for the longest text at a bar's end. */
#define BAR_ROOM 1.25

void plot_bars(FILE *script, const struct plot_bar *bars, size_t count, const char *axis)
{
    double longest = 0;
    fputs("$bars << END\n", script);
    for (size_t i = 0; i < count; i++) {
        fprintf(script, "%zu %.6g \"%s\" \"%.*s\"\n", count - i, bars[i].value, bars[i].text,
                BAR_NAME_MAX, bars[i].name);
        longest = fmax(longest, bars[i].value);
    }
    fputs("END\n", script);
    plot_axis(script, 'x', axis);
    fprintf(script,
            "set grid x noy\nset border 2\nset tics noenhanced\nset ytics scale 0\nset yrange "
            "[0.4:%.1f]\n"
            "set xrange [0:%.6g]\nset boxwidth 0.35\n"
            "plot $bars using ($2/2):1:($2/2):(0.32):ytic(4) with boxxyerror lc rgb '#000010', "
            "$bars using 2:1:3 with labels noenhanced left offset 0.5,0 textcolor rgb '%s'\n",
            (double)count + 0.6, longest > 0 ? longest * BAR_ROOM : 1.0, SVG_INK);
}
