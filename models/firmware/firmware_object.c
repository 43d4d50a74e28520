/* Loads firmware objects: each a private copy, tried in a child process first.
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE /* memfd_create() */

#include "firmware/firmware_object.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "firmware/firmware_elf.h"

#define OBJECT_SIZE_MAX (64 << 20)
#define REASON_SIZE     256u

struct firmware_object {
    void *handle; /* of dlopen() */
    int file;     /* the private copy */
    const struct firmware_build *build;
    struct firmware_build own; /* the description with its segment */
    struct firmware_segment segment;
};

/* --- the private copy ------------------------------------------------------------------------ */

static uint8_t *file_read(const char *path, size_t *size, char *why)
{
    struct stat status;
    uint8_t *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        snprintf(why, REASON_SIZE, "cannot be read: %s", strerror(errno));
    } else if (!S_ISREG(status.st_mode) || status.st_size > OBJECT_SIZE_MAX) {
        snprintf(why, REASON_SIZE, "is no shared object");
    } else {
        *size = (size_t)status.st_size;
        bytes = malloc(*size + 1);
        if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
            snprintf(why, REASON_SIZE, "cannot be read whole");
            free(bytes);
            bytes = NULL;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return bytes;
}

/* The loader takes two paths to one file as one object: a copy in memory has a path of its own, and
 * does not change when the file does. */
static int copy_make(const uint8_t *bytes, size_t size, char *why)
{
    int file = memfd_create("firmware", MFD_CLOEXEC);
    size_t written = 0;
    while (file >= 0 && written < size) {
        ssize_t piece = write(file, bytes + written, size - written);
        if (piece <= 0) {
            close(file);
            file = -1;
        } else {
            written += (size_t)piece;
        }
    }
    if (file < 0) {
        snprintf(why, REASON_SIZE, "cannot be copied: %s", strerror(errno));
    }
    return file;
}

/* --- the description -------------------------------------------------------------------------- */

static bool build_check(const struct firmware_build *build, char *why)
{
    const struct fw_ops *application = build->application;
    if (build->version != FIRMWARE_BUILD_VERSION || build->size < sizeof *build) {
        snprintf(why, REASON_SIZE,
                "describes itself in version %u (%u bytes) of struct firmware_build; this program "
                "takes version %u (%zu bytes)",
                build->version, build->size, FIRMWARE_BUILD_VERSION, sizeof *build);
    } else if (build->identity_size != sizeof(struct device_identity)
               || build->configuration_size != sizeof(struct device_configuration)) {
        snprintf(why, REASON_SIZE, "was built for other identities and configurations of devices");
    } else if (build->name == NULL || application == NULL || build->provision == NULL) {
        snprintf(why, REASON_SIZE, "describes no name, no application or no provisioning");
    } else if (application->version != FW_OPS_VERSION || application->size < sizeof *application) {
        snprintf(why, REASON_SIZE,
                "has an application of version %u (%u bytes) of struct fw_ops; this program takes "
                "version %u (%zu bytes)",
                application->version, application->size, FW_OPS_VERSION, sizeof *application);
    } else if (build->boot != NULL
               && (build->boot->version != FW_BOOT_OPS_VERSION
                       || build->boot->size < sizeof *build->boot)) {
        snprintf(why, REASON_SIZE,
                "has a bootloader of version %u (%u bytes) of struct fw_boot_ops; this program "
                "takes version %u (%zu bytes)",
                build->boot->version, build->boot->size, FW_BOOT_OPS_VERSION, sizeof *build->boot);
    } else if (application->ram_align_bytes > FIRMWARE_RAM_ALIGN_MAX
               || application->ram_size_bytes > FIRMWARE_RAM_SIZE_MAX) {
        snprintf(why, REASON_SIZE, "needs %zu bytes of RAM, aligned to %zu; at most %u and %u",
                application->ram_size_bytes, application->ram_align_bytes, FIRMWARE_RAM_SIZE_MAX,
                FIRMWARE_RAM_ALIGN_MAX);
    } else {
        return true;
    }
    return false;
}

/* Constructors and the entry point run here. */
static bool object_open(struct firmware_object *object, char *why)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", object->file);
    object->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object->handle == NULL) {
        const char *text = dlerror();
        const char *reason = text != NULL ? strchr(text, ' ') : NULL; /* without the path */
        snprintf(why, REASON_SIZE, "cannot be loaded:%.200s", reason != NULL ? reason : " unknown");
        return false;
    }
    firmware_entry_point_fn *entry_point;
    void *symbol = dlsym(object->handle, FIRMWARE_ENTRY_POINT);
    if (symbol == NULL) {
        snprintf(why, REASON_SIZE, "has no entry point '%s'", FIRMWARE_ENTRY_POINT);
        return false;
    }
    memcpy(&entry_point, &symbol, sizeof symbol);
    object->build = entry_point();
    if (object->build == NULL) {
        snprintf(why, REASON_SIZE, "returns no description from '%s'", FIRMWARE_ENTRY_POINT);
        return false;
    }
    return build_check(object->build, why);
}

/* --- the segment -------------------------------------------------------------------------------
 */

struct segment_search {
    ElfW(Addr) base;
    struct firmware_segment *segment;
};

static int segment_visit(struct dl_phdr_info *info, size_t size, void *context)
{
    struct segment_search *search = context;
    ElfW(Addr) relro_end = 0, begin = 0, end = 0, page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    if (info->dlpi_addr != search->base) {
        return 0;
    }
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_GNU_RELRO) {
            relro_end = (part->p_vaddr + part->p_memsz) / page * page;
        } else if (part->p_type == PT_LOAD && (part->p_flags & PF_W) != 0) {
            begin = part->p_vaddr;
            end = part->p_vaddr + part->p_memsz;
        }
    }
    begin = relro_end > begin ? relro_end : begin; /* constant once relocated */
    search->segment->begin = (uint8_t *)(uintptr_t)(search->base + begin);
    search->segment->size = end > begin ? end - begin : 0;
    return 1;
}

static bool segment_take(struct firmware_object *object, char *why)
{
    struct link_map *map;
    object->own = *object->build;
    object->build = &object->own;
    object->own.segment = NULL;
    if ((object->own.flags & FIRMWARE_GLOBALS) == 0) {
        return true;
    }
    struct segment_search search = { .segment = &object->segment };
    if (dlinfo(object->handle, RTLD_DI_LINKMAP, &map) == 0) {
        search.base = map->l_addr;
        (void)dl_iterate_phdr(segment_visit, &search);
    }
    object->segment.initial = malloc(object->segment.size + 1);
    if (object->segment.size == 0 || object->segment.initial == NULL) {
        snprintf(why, REASON_SIZE, "has no writable segment, although it says so");
        return false;
    }
    memcpy(object->segment.initial, object->segment.begin, object->segment.size);
    object->own.segment = &object->segment;
    return true;
}

/* --- the trial ---------------------------------------------------------------------------------
 */

static void trial_run(int file, int out)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        signal(faults[i], SIG_DFL);
    }
    struct firmware_object trial = { .file = file };
    char why[REASON_SIZE] = "";
    if (!object_open(&trial, why) && write(out, why, strlen(why)) < 0) {
        _exit(2);
    }
    _exit(0);
}

/* What the child wrote, "" if it had nothing to say. */
static void trial_read(pid_t child, int in, char *why)
{
    struct pollfd wait = { .fd = in, .events = POLLIN };
    int status;
    why[0] = '\0';
    int ready = poll(&wait, 1, FIRMWARE_LOAD_S_MAX * 1000); /* text, or the end of the child */
    if (ready > 0) {
        ssize_t size = read(in, why, REASON_SIZE - 1);
        why[size > 0 ? size : 0] = '\0';
    } else {
        kill(child, SIGKILL);
    }
    if (waitpid(child, &status, 0) != child) {
        snprintf(why, REASON_SIZE, "cannot be tried: %s", strerror(errno));
    } else if (ready <= 0) {
        snprintf(why, REASON_SIZE, "does not end to load within %d s", FIRMWARE_LOAD_S_MAX);
    } else if (why[0] == '\0' && WIFSIGNALED(status)) {
        snprintf(why, REASON_SIZE, "crashes while it is loaded (%s)", strsignal(WTERMSIG(status)));
    } else if (why[0] == '\0' && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        snprintf(why, REASON_SIZE, "ends the program that loads it");
    }
}

static bool trial(int file, char *why)
{
    int ends[2];
    if (pipe(ends) != 0) {
        snprintf(why, REASON_SIZE, "cannot be tried: %s", strerror(errno));
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        trial_run(file, ends[1]);
    }
    close(ends[1]);
    if (child > 0) {
        trial_read(child, ends[0], why);
    } else {
        snprintf(why, REASON_SIZE, "cannot be tried: %s", strerror(errno));
    }
    close(ends[0]);
    return why[0] == '\0';
}

/* ------------------------------------------------------------------------------------------------
 */

static bool object_load(struct firmware_object *object, const char *path, char *why)
{
    size_t size = 0;
    uint8_t *bytes = file_read(path, &size, why);
    if (bytes != NULL && firmware_elf_check(bytes, size, why, REASON_SIZE)) {
        object->file = copy_make(bytes, size, why);
    }
    free(bytes);
    return object->file >= 0 && trial(object->file, why) && object_open(object, why)
           && segment_take(object, why);
}

struct firmware_object *firmware_object_load(const char *path, char *error, size_t error_size)
{
    char why[REASON_SIZE] = "needs more memory than there is";
    struct firmware_object *object = calloc(1, sizeof *object);
    if (object != NULL) {
        object->file = -1;
        if (object_load(object, path, why)) {
            return object;
        }
    }
    firmware_object_destroy(object);
    snprintf(error, error_size, "'%s' %s", path, why);
    return NULL;
}

void firmware_object_destroy(struct firmware_object *object)
{
    if (object == NULL) {
        return;
    }
    if (object->handle != NULL) {
        (void)dlclose(object->handle);
    }
    if (object->file >= 0) {
        close(object->file);
    }
    free(object->segment.initial);
    free(object);
}

const struct firmware_build *firmware_object_build(const struct firmware_object *object)
{
    return object->build;
}
