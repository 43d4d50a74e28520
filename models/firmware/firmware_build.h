/* A firmware build: its tables of entry points, and how a factory makes a device for it.
 * SPDX-License-Identifier: MIT
 *
 * The board runs a build without knowing its flash map or its factory layout. A build that is a
 * shared object exports one function that returns such a description (struct firmware_build).
 */
#ifndef FIRMWARE_FIRMWARE_BUILD_H
#define FIRMWARE_FIRMWARE_BUILD_H

#include "firmware/flash_place.h"
#include "fw.h"
#include "identity/identity.h"

#define FIRMWARE_BUILD_VERSION 1u
#define FIRMWARE_RAM_SIZE_MAX  (1024u * 1024u)
#define FIRMWARE_RAM_ALIGN_MAX 64u

/* Direct access to the flash of a device at manufacture or for an observer: takes no time and no
 * energy. Addresses are those of hal_flash_read(). */
struct firmware_flash {
    void *context;
    void (*read)(void *context, enum hal_flash_region region, uint32_t address, void *data,
            uint32_t size);
    /* Sets the content, whatever it was. */
    void (*write)(void *context, enum hal_flash_region region, uint32_t address, const void *data,
            uint32_t size);
};

/* The image that a device runs. */
struct firmware_image {
    enum hal_flash_region region;
    uint32_t address;   /* of its first byte, header included */
    uint32_t size_max;  /* bytes of its slot */
    uint32_t version;   /* major << 24 | minor << 16 | patch */
    uint8_t sha256[32]; /* of its code */
};

/* Ways in which a build differs from one that keeps its state in RAM, returns soon, and whose trace
 * nothing is known of. */
#define FIRMWARE_BLOCKS     1u /* waits in hal_wait() or never returns from run(): its own stack */
#define FIRMWARE_GLOBALS    2u /* has variables: its writable segment is swapped per node */
#define FIRMWARE_BOTH_EDGES 4u /* DIO lines interrupt on both edges */
#define FIRMWARE_TRACES     8u /* its hal_trace() events are all those of device/trace.h */
/* Its reports on FPort 2 name the version and the image that it runs as those of
 * device/app/report.h do. */
#define FIRMWARE_REPORTS_VERSION 16u
#define FIRMWARE_OWN_STATE       (FIRMWARE_BLOCKS | FIRMWARE_GLOBALS) /* outside of its RAM */

/* The writable part of a loaded object. */
struct firmware_segment {
    uint8_t *begin;
    size_t size;
    uint8_t *initial; /* content after its constructors ran */
    void *resident;   /* whose content it holds now; NULL: nothing that counts */
};

struct firmware_build {
    uint16_t version; /* FIRMWARE_BUILD_VERSION */
    uint16_t size;    /* sizeof(struct firmware_build); new members are appended only */
    /* Sizes of the structs that provision() takes: they must be those of the program. */
    uint16_t identity_size, configuration_size;
    const char *name;
    const struct fw_boot_ops *boot; /* runs at each reset; NULL: there is no bootloader */
    const struct fw_ops *application;
    /* Starts a device that is commissioned: provision() takes a join-accept. */
    bool commissions;
    /* Smallest flash regions that it runs with, in bytes; 0: any. */
    uint32_t flash_size_min[HAL_FLASH_REGION_COUNT];
    uint32_t image_size_max; /* bytes that its running slot holds */
    /* Writes the initial image (header and code), once for all devices of a board type. NULL: the
     * build has no use for it. */
    void (*manufacture)(const struct firmware_flash *flash, const uint8_t *image, uint32_t size);
    /* Writes what one device must hold before its first power on. */
    void (*provision)(const struct firmware_flash *flash, const struct device_identity *identity,
            const struct device_configuration *configuration);
    /* Finds the image that runs. False: there is no whole one. NULL: the build can't tell, and its
     * installs can't be seen. */
    bool (*image)(const struct firmware_flash *flash, struct firmware_image *image);
    uint32_t flags;                   /* FIRMWARE_ bits */
    size_t stack_size_bytes;          /* of a build that blocks; 0: 64 KiB */
    struct firmware_segment *segment; /* set by the loader */
    /* What an address of its flash is used for, up to `end_address`. NULL: the build can't tell. */
    enum flash_place (*place)(
            enum hal_flash_region region, uint32_t address, uint32_t *end_address);
};

/* The members that every description begins with. */
#define FIRMWARE_BUILD_HEADER                                                                      \
    .version = FIRMWARE_BUILD_VERSION, .size = sizeof(struct firmware_build),                      \
    .identity_size = sizeof(struct device_identity),                                               \
    .configuration_size = sizeof(struct device_configuration)

/* The firmware of this tree (device/). */
extern const struct firmware_build firmware_builtin;

/* What a build shows to observers beyond that which air, servers and radio show of any. */
#define FIRMWARE_SHOWS_TRACE   1u /* FIRMWARE_TRACES */
#define FIRMWARE_SHOWS_VERSION 2u /* FIRMWARE_REPORTS_VERSION */
#define FIRMWARE_SHOWS_IMAGE   4u /* image() */

static inline uint8_t firmware_shows(const struct firmware_build *build)
{
    unsigned trace = (build->flags & FIRMWARE_TRACES) != 0 ? FIRMWARE_SHOWS_TRACE : 0u;
    unsigned version = (build->flags & FIRMWARE_REPORTS_VERSION) != 0 ? FIRMWARE_SHOWS_VERSION : 0u;
    unsigned image = build->image != NULL ? FIRMWARE_SHOWS_IMAGE : 0u;
    return (uint8_t)(trace | version | image);
}

#endif
