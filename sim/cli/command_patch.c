/* fleetcast patch: delta images on files.
 * SPDX-License-Identifier: MIT
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/delta_builder.h"
#include "cli/command.h"
#include "firmware/delta_apply.h"
#include "results/whole_file.h"
#include "scenario/text_file.h"

#define WORDS_MAX 4

struct patch_arguments {
    int count;
    const char *words[WORDS_MAX];
};

struct file {
    uint8_t *bytes;
    size_t size;
};

static const char documentation[] =
        "Makes and applies delta images: what a device needs to make new code out of the code "
        "that it runs.\n\n"
        "  make BASE TARGET DELTA    writes into DELTA what makes TARGET out of BASE\n"
        "  apply BASE DELTA TARGET   writes TARGET; the firmware's own code decodes\n"
        "  info DELTA                prints what the manifest says\v"
        "BASE and TARGET are code without an image header. '-' reads standard input. DELTA is a "
        "manifest of 240 bytes, whose signatures are left empty, and a patch; "
        "device/update/delta.h and patch.h describe both.\n\n"
        "Exit status: 0 fine, 2 bad usage or file.";

static error_t parse_word(int key, char *argument, struct argp_state *state)
{
    struct patch_arguments *arguments = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (arguments->count == WORDS_MAX) {
        argp_error(state, "'%s' is one argument too many", argument);
    }
    arguments->words[arguments->count++] = argument;
    return 0;
}

/* False after a message. */
static bool read_file(const char *path, struct file *file)
{
    struct scenario_errors *errors = scenario_errors_create();
    if (errors == NULL) {
        fprintf(stderr, "fleetcast: out of memory\n");
        return false;
    }
    const struct scenario_place place = { path, 0, 0 };
    file->bytes =
            (uint8_t *)text_file_read(path, PATCH_BUILDER_SIZE_MAX, &file->size, place, errors);
    scenario_errors_print(errors, stderr);
    scenario_errors_destroy(errors);
    return file->bytes != NULL;
}

static void write_bytes(FILE *out, void *context)
{
    const struct file *file = context;
    fwrite(file->bytes, 1, file->size, out);
}

static int write_file(const char *path, struct file *file)
{
    char error[WHOLE_FILE_PATH_MAX + 128u];
    if (!whole_file_write(path, write_bytes, file, error, sizeof error)) {
        fprintf(stderr, "fleetcast: %s\n", error);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

static int make(const char *const *paths)
{
    struct file base = { 0 }, target = { 0 };
    struct built_patch delta = { 0 };
    int status = EXIT_USAGE;
    if (read_file(paths[0], &base) && read_file(paths[1], &target)) {
        if (base.size == 0 || target.size == 0) {
            fprintf(stderr, "fleetcast: %s: the file is empty; a delta needs code on both sides\n",
                    base.size == 0 ? paths[0] : paths[1]);
        } else if (!delta_build(&(const struct delta_order){ .base = base.bytes,
                                        .base_size = (uint32_t)base.size,
                                        .target = target.bytes,
                                        .target_size = (uint32_t)target.size },
                           &delta)) {
            fprintf(stderr, "fleetcast: out of memory\n");
        } else {
            struct file out = { delta.bytes, delta.size };
            status = write_file(paths[2], &out);
        }
    }
    if (status == EXIT_FINE) {
        uint32_t patch_size = delta.size - DELTA_BUILDER_MANIFEST_SIZE;
        printf("%s: %u B of patch (%.1f %% of the target), %u B of manifest\n", paths[2],
                patch_size, 100.0 * patch_size / (double)target.size, DELTA_BUILDER_MANIFEST_SIZE);
    }
    free(base.bytes);
    free(target.bytes);
    free(delta.bytes);
    return status;
}

static int apply(const char *const *paths)
{
    struct file base = { 0 }, delta = { 0 };
    struct delta_facts facts;
    int status = EXIT_USAGE;
    if (read_file(paths[0], &base) && read_file(paths[1], &delta)) {
        char error[128];
        struct file out = {
            delta_apply(
                    base.bytes, base.size, delta.bytes, delta.size, &facts, error, sizeof error),
            facts.target_size,
        };
        if (out.bytes == NULL) {
            fprintf(stderr, "fleetcast: %s: %s\n", paths[1], error);
        } else {
            out.size = facts.target_size;
            status = write_file(paths[2], &out);
        }
        free(out.bytes);
    }
    free(base.bytes);
    free(delta.bytes);
    return status;
}

static void print_digest(const char *name, const uint8_t digest[32])
{
    printf("  %-16s ", name);
    for (unsigned i = 0; i < 32; i++) {
        printf("%02x", digest[i]);
    }
    putchar('\n');
}

static int info(const char *const *paths)
{
    struct file delta = { 0 };
    struct delta_facts facts;
    if (!read_file(paths[0], &delta)) {
        return EXIT_USAGE;
    }
    bool known = delta_read_facts(delta.bytes, delta.size, &facts);
    free(delta.bytes);
    if (!known) {
        fprintf(stderr, "fleetcast: %s: it is no delta image, or not whole\n", paths[0]);
        return EXIT_USAGE;
    }
    printf("%s\n", paths[0]);
    printf("  %-16s %u.%u.%u\n", "version", facts.version >> 24, facts.version >> 16 & 0xFFu,
            facts.version & 0xFFFFu);
    printf("  %-16s 0x%08X\n", "hardware", facts.hardware_id);
    printf("  %-16s %u B\n", "base", facts.base_size);
    print_digest("  SHA-256", facts.base_sha256);
    printf("  %-16s %u B\n", "target", facts.target_size);
    print_digest("  SHA-256", facts.target_sha256);
    printf("  %-16s %u B, %.1f %% of the target\n", "patch", facts.patch_size,
            100.0 * facts.patch_size / facts.target_size);
    printf("  %-16s %s\n", "encrypted", facts.is_encrypted ? "yes" : "no");
    printf("  %-16s %s\n", "signatures", facts.is_signed ? "there, not checked" : "none");
    return EXIT_FINE;
}

static const struct action {
    const char *name;
    int paths;
    const char *usage;
    int (*function)(const char *const *paths);
} actions[] = {
    { "make", 3, "BASE TARGET DELTA", make },
    { "apply", 3, "BASE DELTA TARGET", apply },
    { "info", 1, "DELTA", info },
};

int command_patch(int argc, char **argv, const struct program *program)
{
    (void)program;
    struct patch_arguments arguments = { 0 };
    const struct argp argp = { NULL, parse_word, "make|apply|info FILE...", documentation, NULL,
        NULL, NULL };
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    for (size_t i = 0; arguments.count > 0 && i < sizeof actions / sizeof actions[0]; i++) {
        const struct action *action = &actions[i];
        if (strcmp(arguments.words[0], action->name) == 0) {
            if (arguments.count == action->paths + 1) {
                return action->function(arguments.words + 1);
            }
            fprintf(stderr, "fleetcast: usage: fleetcast patch %s %s\n", action->name,
                    action->usage);
            return EXIT_USAGE;
        }
    }
    fprintf(stderr, "fleetcast: say what to do: fleetcast patch make, apply or info\n");
    return EXIT_USAGE;
}
