/* fleetcast report: one HTML page of a run or a study.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "report/report.h"
#include "results/whole_file.h"

#define PATH_SIZE 4096u

struct arguments {
    const char *source; /* a folder or a database */
    const char *output; /* NULL: beside the source; "-": standard output */
};

static const struct argp_option options[] = {
    { "output", 'o', "FILE", 0,
            "Write the page to FILE, or to standard output if it is '-'. The default is "
            "report.html "
            "in the folder of a run, and the name of a database with .html.",
            0 },
    { 0 },
};

static error_t parse_argument(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (key == 'o') {
        arguments->output = argument;
    } else if (key == ARGP_KEY_ARG && arguments->source == NULL) {
        arguments->source = argument;
    } else if (key == ARGP_KEY_ARG) {
        argp_error(state, "'%s' is one argument too many", argument);
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where the page goes. False: the path is too long. */
static bool output_path(const struct arguments *arguments, bool folder, char path[PATH_SIZE])
{
    const char *source = arguments->source;
    const char *end = strrchr(source, '.');
    size_t stem = end != NULL && strchr(end, '/') == NULL ? (size_t)(end - source) : strlen(source);
    int length;
    if (arguments->output != NULL) {
        bool standard = strcmp(arguments->output, "-") == 0;
        length = snprintf(path, PATH_SIZE, "%s", standard ? "/dev/stdout" : arguments->output);
    } else if (folder) {
        length = snprintf(path, PATH_SIZE, "%s/report.html", source);
    } else {
        length = snprintf(path, PATH_SIZE, "%.*s.html", (int)stem, source);
    }
    return length > 0 && (size_t)length < PATH_SIZE;
}

struct page {
    char *text;
    size_t size;
};

static void write_page(FILE *out, void *context)
{
    const struct page *page = context;
    fwrite(page->text, 1, page->size, out);
}

/* The whole page in memory, so that nothing is written of one that fails. */
static bool make_page(const struct arguments *arguments, bool folder, struct page *page)
{
    struct scenario_errors *errors = scenario_errors_create();
    FILE *out = open_memstream(&page->text, &page->size);
    bool ok = errors != NULL && out != NULL;
    if (ok) {
        ok = folder ? report_run(arguments->source, out, errors)
                    : report_study(arguments->source, out, errors);
        scenario_errors_print(errors, stderr);
    } else {
        fputs("fleetcast: no memory for a report\n", stderr);
    }
    if (out != NULL && fclose(out) != 0 && ok) {
        fputs("fleetcast: no memory for a report\n", stderr);
        ok = false;
    }
    scenario_errors_destroy(errors);
    return ok;
}

int command_report(int argc, char **argv, const struct program *program)
{
    (void)program;
    static const char documentation[] =
            "Writes one HTML page with the headline numbers and plots of a run (the folder of "
            "'fleetcast run --out') or of a study (the database of 'fleetcast sweep'). The page "
            "needs no other file; gnuplot draws the plots.\v"
            "Exit status: 0 the page is written, 2 the source cannot be read, gnuplot is missing, "
            "or "
            "the page cannot be written.";
    const struct argp argp = { options, parse_argument, "DIR|DATABASE", documentation, NULL, NULL,
        NULL };
    struct arguments arguments = { 0 };
    struct page page = { 0 };
    char path[PATH_SIZE], error[512];
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.source == NULL) {
        fputs("fleetcast report: of which run or study? See 'fleetcast report --help'.\n", stderr);
        return EXIT_USAGE;
    }
    bool folder = is_folder(arguments.source);
    if (!output_path(&arguments, folder, path)) {
        fputs("fleetcast: the path of the report is too long\n", stderr);
        return EXIT_USAGE;
    }
    bool ok = make_page(&arguments, folder, &page);
    if (ok && !whole_file_write(path, write_page, &page, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s\n", error);
        ok = false;
    }
    free(page.text);
    return ok ? EXIT_FINE : EXIT_USAGE;
}
