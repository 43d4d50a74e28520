/* Checks the ELF file of a firmware: machine, thread-local variables, imports.
 * SPDX-License-Identifier: MIT
 *
 * The file is input: each offset is checked before it is followed.
 */
#include "firmware/firmware_elf.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE /* any */
#endif

/* Functions without state of their own. */
static const char *const allowed[] = { "memchr", "memcmp", "memcpy", "memmove", "memset", "strcat",
    "strchr", "strcmp", "strcpy", "strcspn", "strlen", "strncat", "strncmp", "strncpy", "strnlen",
    "strrchr", "strspn", "strstr", "__memcpy_chk", "__memmove_chk", "__memset_chk", "__strcat_chk",
    "__strcpy_chk", "__strncat_chk", "__strncpy_chk", "__stack_chk_fail", "__cxa_finalize",
    "__gmon_start__", NULL };
/* Likewise, also with an f at the end. */
static const char *const allowed_math[] = { "acos", "asin", "atan", "atan2", "ceil", "cos", "exp",
    "exp2", "fabs", "floor", "fmax", "fmin", "fmod", "hypot", "ldexp", "log", "log10", "log2",
    "lround", "pow", "rint", "round", "sin", "sqrt", "tan", "trunc", NULL };
/* Of compilers and sanitizers. */
static const char *const allowed_prefixes[] = { "_ITM_", "__asan_", "__ubsan_", "__sanitizer_",
    NULL };

static bool is_allowed(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; allowed[i] != NULL; i++) {
        if (strcmp(name, allowed[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; allowed_math[i] != NULL; i++) {
        size_t base = strlen(allowed_math[i]);
        if (strncmp(name, allowed_math[i], base) == 0
                && (length == base || (length == base + 1 && name[base] == 'f'))) {
            return true;
        }
    }
    for (size_t i = 0; allowed_prefixes[i] != NULL; i++) {
        if (strncmp(name, allowed_prefixes[i], strlen(allowed_prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

struct file {
    const uint8_t *bytes;
    size_t size;
};

/* Copies entry `index` of a table at `offset`. False: it lies outside the file. */
static bool entry_read(
        const struct file *file, uint64_t offset, uint64_t index, void *entry, size_t entry_size)
{
    if (offset > file->size || index > (file->size - offset) / entry_size
            || file->size - offset - index * entry_size < entry_size) {
        return false;
    }
    memcpy(entry, file->bytes + offset + index * entry_size, entry_size);
    return true;
}

/* Ends within the file, or NULL. */
static const char *text_at(const struct file *file, uint64_t offset)
{
    if (offset >= file->size || memchr(file->bytes + offset, 0, file->size - offset) == NULL) {
        return NULL;
    }
    return (const char *)file->bytes + offset;
}

static bool imports_check(const struct file *file, const ElfW(Shdr) * symbols, uint64_t names,
        char *error, size_t error_size)
{
    for (uint64_t i = 1; i < symbols->sh_size / sizeof(ElfW(Sym)); i++) {
        ElfW(Sym) symbol;
        if (!entry_read(file, symbols->sh_offset, i, &symbol, sizeof symbol)) {
            snprintf(error, error_size, "is damaged");
            return false;
        }
        const char *name = text_at(file, names + symbol.st_name);
        bool weak = symbol.st_info >> 4 == STB_WEAK;
        if (symbol.st_shndx == SHN_UNDEF && !weak && name != NULL && !is_allowed(name)) {
            snprintf(error, error_size,
                    "imports '%.100s': a firmware may use stateless string and math functions only",
                    name);
            return false;
        }
    }
    return true;
}

static bool sections_check(
        const struct file *file, const ElfW(Ehdr) * header, char *error, size_t error_size)
{
    for (unsigned i = 0; i < header->e_shnum; i++) {
        ElfW(Shdr) section, strings;
        if (!entry_read(file, header->e_shoff, i, &section, sizeof section)) {
            snprintf(error, error_size, "is damaged");
            return false;
        }
        if (section.sh_type == SHT_DYNSYM) {
            if (!entry_read(file, header->e_shoff, section.sh_link, &strings, sizeof strings)) {
                snprintf(error, error_size, "is damaged");
                return false;
            }
            return imports_check(file, &section, strings.sh_offset, error, error_size);
        }
    }
    return true; /* without symbols there is no entry point either */
}

bool firmware_elf_check(const uint8_t *bytes, size_t size, char *error, size_t error_size)
{
    struct file file = { bytes, size };
    ElfW(Ehdr) header;
    if (!entry_read(&file, 0, 0, &header, sizeof header)
            || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_DYN) {
        snprintf(error, error_size, "is no shared object");
        return false;
    }
    if (header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
            || (MACHINE != EM_NONE && header.e_machine != MACHINE)
            || header.e_phentsize != sizeof(ElfW(Phdr))
            || header.e_shentsize != sizeof(ElfW(Shdr))) {
        snprintf(error, error_size, "is a shared object for another processor");
        return false;
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        if (!entry_read(&file, header.e_phoff, i, &segment, sizeof segment)) {
            snprintf(error, error_size, "is damaged");
            return false;
        }
        if (segment.p_type == PT_TLS) {
            snprintf(error, error_size, "has thread-local variables, which no device has");
            return false;
        }
    }
    return sections_check(&file, &header, error, error_size);
}
