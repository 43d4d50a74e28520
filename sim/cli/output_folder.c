/* Folders that a command writes into.
 * SPDX-License-Identifier: MIT
 */
#include "cli/output_folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR_SIZE (WHOLE_FILE_PATH_MAX + 128u)

bool output_failed(const char *option, const char *error)
{
    fprintf(stderr, "fleetcast: %s: %s\n", option, error);
    return false;
}

void output_reader_gone(const char *option)
{
    fprintf(stderr,
            "fleetcast: %s: its reader closed the stream, which holds the beginning of the run "
            "only\n",
            option);
}

bool output_folder_open(struct output_folder *folder, const char *option, const char *path)
{
    char error[ERROR_SIZE];
    struct stat status;
    *folder = (struct output_folder){ option, path, mkdir(path, 0777) == 0 };
    if (!folder->created && errno != EEXIST) {
        snprintf(error, sizeof error, "cannot create '%s': %s", path, strerror(errno));
        return output_failed(option, error);
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        snprintf(error, sizeof error, "'%s' is not a folder", path);
        return output_failed(option, error);
    }
    return true;
}

bool output_folder_is_empty(const struct output_folder *folder)
{
    DIR *listing = opendir(folder->path);
    bool empty = true;
    if (listing != NULL) {
        for (const struct dirent *entry = readdir(listing); entry != NULL && empty;
                entry = readdir(listing)) {
            empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        }
        closedir(listing);
    }
    return empty;
}

void output_folder_discard(struct output_folder *folder)
{
    if (folder->created) {
        rmdir(folder->path);
    }
}

bool output_folder_path(
        const struct output_folder *folder, const char *name, char path[WHOLE_FILE_PATH_MAX])
{
    int length = snprintf(path, WHOLE_FILE_PATH_MAX, "%s/%s", folder->path, name);
    return (length > 0 && (size_t)length < WHOLE_FILE_PATH_MAX)
           || output_failed(folder->option, "the path is too long");
}

bool output_folder_try(const struct output_folder *folder, const char *name)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    struct whole_file file;
    if (!output_folder_path(folder, name, path)) {
        return false;
    }
    if (!whole_file_open(&file, path, error, sizeof error)) {
        return output_failed(folder->option, error);
    }
    whole_file_discard(&file);
    return true;
}

bool output_folder_write(const struct output_folder *folder, const char *name,
        void (*write)(FILE *out, void *context), void *context)
{
    char error[ERROR_SIZE], path[WHOLE_FILE_PATH_MAX];
    return output_folder_path(folder, name, path)
           && (whole_file_write(path, write, context, error, sizeof error)
                   || output_failed(folder->option, error));
}
