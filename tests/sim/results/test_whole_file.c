/* Output files: whole or not at all, and nothing else left in the folder.
 * SPDX-License-Identifier: MIT
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/whole_file.h"

static char folder[64];
static char error[512];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/fleetcast-whole-file-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    error[0] = '\0';
}

static const char *in_folder(const char *name)
{
    static char paths[4][400];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static unsigned entries(void)
{
    unsigned count = 0;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.' ? 1u : 0u;
    }
    closedir(directory);
    return count;
}

static void remove_folder(void)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (unlink(in_folder(entry->d_name)) != 0) {
            rmdir(in_folder(entry->d_name));
        }
    }
    closedir(directory);
    rmdir(folder);
}

TestSuite(whole_file, .init = make_folder, .fini = remove_folder);

static void put(FILE *out, void *context)
{
    fputs(context, out);
}

static void expect_content(const char *name, const char *expected)
{
    char content[64] = "";
    FILE *file = fopen(in_folder(name), "r");
    cr_assert_not_null(file, "%s", name);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    cr_expect_str_eq(content, expected);
}

Test(whole_file, appears_when_it_is_committed_and_not_before)
{
    struct whole_file file;
    cr_assert(whole_file_open(&file, in_folder("a"), error, sizeof error), "%s", error);
    fputs("new", file.stream);
    fflush(file.stream);
    cr_expect_neq(access(in_folder("a"), F_OK), 0, "there too early");
    cr_assert(whole_file_commit(&file, error, sizeof error), "%s", error);
    expect_content("a", "new");
    cr_expect_eq(entries(), 1);
}

Test(whole_file, the_old_one_stays_until_the_new_one_is_whole)
{
    struct whole_file file;
    cr_assert(whole_file_write(in_folder("a"), put, "old", error, sizeof error));
    cr_assert(whole_file_open(&file, in_folder("a"), error, sizeof error));
    fputs("half of the n", file.stream);
    expect_content("a", "old");
    whole_file_discard(&file);
    expect_content("a", "old");
    cr_expect_eq(entries(), 1);
    cr_assert(whole_file_write(in_folder("a"), put, "new", error, sizeof error));
    expect_content("a", "new");
    cr_expect_eq(entries(), 1);
}

Test(whole_file, has_the_permissions_of_any_new_file)
{
    struct stat status;
    mode_t mask = umask(027);
    cr_assert(whole_file_write(in_folder("a"), put, "x", error, sizeof error));
    umask(mask);
    cr_assert_eq(stat(in_folder("a"), &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0640);
}

Test(whole_file, replaces_what_a_link_points_to_and_not_the_link)
{
    struct stat status;
    cr_assert(whole_file_write(in_folder("target"), put, "old", error, sizeof error));
    cr_assert_eq(symlink("target", in_folder("link")), 0);
    cr_assert(whole_file_write(in_folder("link"), put, "new", error, sizeof error));
    expect_content("target", "new");
    cr_assert_eq(lstat(in_folder("link"), &status), 0);
    cr_expect(S_ISLNK(status.st_mode));
}

Test(whole_file, refuses_what_cannot_be_written_and_leaves_nothing)
{
    struct whole_file file;
    cr_assert_eq(mkdir(in_folder("folder"), 0777), 0);
    cr_expect_not(whole_file_open(&file, in_folder("folder"), error, sizeof error));
    cr_expect_not_null(strstr(error, "folder': Is a directory"), "%s", error);
    cr_expect_not(whole_file_open(&file, in_folder("none/a"), error, sizeof error));
    cr_expect_not_null(strstr(error, "none/a': No such file or directory"), "%s", error);
    cr_expect_not(whole_file_open(&file, "", error, sizeof error));
    cr_assert(whole_file_write(in_folder("plain"), put, "x", error, sizeof error));
    cr_expect_not(whole_file_open(&file, in_folder("plain/a"), error, sizeof error));
    cr_expect_not_null(strstr(error, "Not a directory"), "%s", error);
    cr_expect_eq(entries(), 2);
}

Test(whole_file, refuses_a_path_that_no_system_takes)
{
    struct whole_file file;
    char *path = malloc(6000);
    memset(path, 'x', 5999);
    path[0] = '/';
    path[5999] = '\0';
    static char long_error[8192];
    cr_expect_not(whole_file_open(&file, path, long_error, sizeof long_error));
    cr_expect_not_null(strstr(long_error, "too long"), "%s", long_error);
    free(path);
}

Test(whole_file, reports_that_the_disk_was_full)
{
    cr_expect_not(whole_file_write("/dev/full", put, "x", error, sizeof error));
    cr_expect_str_eq(error, "cannot write '/dev/full': No space left on device");
}

Test(whole_file, writes_to_a_device_and_leaves_it_one)
{
    struct stat status;
    cr_expect(whole_file_write("/dev/null", put, "x", error, sizeof error), "%s", error);
    cr_assert_eq(stat("/dev/null", &status), 0);
    cr_expect(S_ISCHR(status.st_mode));
}

Test(whole_file, reports_that_its_folder_was_removed)
{
    struct whole_file file;
    cr_assert_eq(mkdir(in_folder("gone"), 0777), 0);
    cr_assert(whole_file_open(&file, in_folder("gone/a"), error, sizeof error));
    unlink(file.temporary);
    cr_assert_eq(rmdir(in_folder("gone")), 0);
    fputs("x", file.stream);
    cr_expect_not(whole_file_commit(&file, error, sizeof error));
    cr_expect_not_null(strstr(error, "No such file or directory"), "%s", error);
}
