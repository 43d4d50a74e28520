/* The line that plays a run again: a shell must read the same words from it.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_options.h"

static char line[1024];

static void print(const struct run_options *options, const char *path)
{
    FILE *out = fmemopen(line, sizeof line, "w");
    run_options_print_again(options, path, out);
    fclose(out);
}

Test(run_options, plain_words_are_not_quoted)
{
    struct run_options options = { .sets = { .items = { "seed=7" }, .count = 1 } };
    print(&options, "scenarios/city-2.yaml");
    cr_expect_str_eq(line, "fleetcast run scenarios/city-2.yaml --set seed=7\n");
}

Test(run_options, a_shell_reads_back_every_word)
{
    static const char *const words[] = { "propagation.penetration=9 dB",
        "name=it's $HOME `x` \"y\"", "name=*", "", "name=a\\b;c&d|e<f>g#h!i~j" };
    struct run_options options = { .sets.count = 5 };
    memcpy(options.sets.items, words, sizeof words);
    print(&options, "a b.yaml");
    char command[2048], answer[1024] = "";
    snprintf(command, sizeof command, "fleetcast() { printf '<%%s>' \"$@\"; }\n%s", line);
    FILE *shell = popen(command, "r");
    cr_assert_not_null(shell);
    answer[fread(answer, 1, sizeof answer - 1, shell)] = '\0';
    pclose(shell);
    char expected[1024] = "<run><a b.yaml>";
    for (size_t i = 0; i < 5; i++) {
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "<--set><%s>", words[i]);
    }
    cr_expect_str_eq(answer, expected);
}
