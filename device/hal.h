/* The firmware's only interface to hardware: one board, one table of operations.
 * SPDX-License-Identifier: MIT
 *
 * Every call takes the board it acts on, so any number of boards run in one process. A call
 * costs time: the board charges its own CPU and bus cycles to the local clock.
 */
#ifndef DEVICE_HAL_H
#define DEVICE_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAL_OPS_VERSION 1u

/* RTC resolution: a 32.768 kHz crystal counted undivided. */
#define HAL_RTC_HZ      32768u
#define HAL_TICKS_NEVER UINT64_MAX

enum hal_status {
    HAL_OK = 0,
    HAL_BUSY = -1,      /* the flash region still runs an earlier operation: nothing was done */
    HAL_ERR_RANGE = -2, /* address or length outside the region, or across a program page */
    HAL_ERR_ALIGN = -3, /* not a whole number of program or erase units */
    HAL_ERR_KEY = -4,   /* no such key slot, or the slot was never loaded */
    HAL_ERR_VERIFY = -5 /* signature wrong */
};

/* Why the firmware starts. RAM holds nothing of the past in any of these cases. */
enum hal_reset_cause {
    HAL_RESET_POWER_ON,
    HAL_RESET_PIN,
    HAL_RESET_SOFTWARE, /* hal_reboot() */
    HAL_RESET_WATCHDOG, /* hal_panic() */
    HAL_RESET_BROWNOUT
};

enum hal_antenna {
    HAL_ANTENNA_OFF,
    HAL_ANTENNA_RX,
    HAL_ANTENNA_TX_RFO,
    HAL_ANTENNA_TX_BOOST
};

enum hal_flash_region {
    HAL_FLASH_INTERNAL, /* of the MCU, which stalls; STM32L0 erases to 0x00, STM32L4 to 0xFF */
    HAL_FLASH_EXTERNAL, /* SPI NOR class: runs on with a done interrupt, erases to 0xFF */
    HAL_FLASH_REGION_COUNT
};

struct hal_flash_geometry {
    uint32_t size_bytes;
    uint32_t erase_unit_bytes;   /* addresses and lengths of an erase are multiples of it */
    uint32_t program_unit_bytes; /* addresses and lengths of a program are multiples of it */
    uint32_t program_page_bytes; /* one program call stays inside one such page */
    uint8_t erased_value;        /* every byte after an erase: 0x00 or 0xFF */
    bool rewritable; /* a programmed unit may be programmed again towards the programmed value */
    bool stalls_cpu; /* program and erase return when done; else they run on */
};

/* Rows of one size in flash, each after the one before. */
struct hal_flash_rows {
    uint32_t address; /* of the first */
    uint32_t count;
};

/* AES key slots. Volatile: the firmware loads them again after every reset. */
#define HAL_KEY_SLOTS 16u

/* ed25519_verify takes no longer on any board, and cannot be interrupted by the main loop.
 * assumed: 30 million cycles at 32 MHz, 0.94 s (device/port/crypto on an STM32L0). */
#define HAL_ED25519_TICKS HAL_RTC_HZ

/* A piece of a message; CMAC runs over pieces so that nothing is copied together. */
struct hal_span {
    const void *data;
    size_t size;
};

/* Storage for a streaming digest or MAC, owned by the caller, meaning known to the board only. */
struct hal_sha256 {
    uint64_t opaque[14];
};
struct hal_cmac {
    uint64_t opaque[6];
};

struct hal_ops {
    uint16_t version; /* HAL_OPS_VERSION */
    uint16_t size;    /* sizeof(struct hal_ops); new members are appended only */

    /* --- time ------------------------------------------------------------------------- */
    /* Local RTC time, ticks since power on; counts through reboots, never goes back. */
    uint64_t (*rtc_now)(void *board);
    /* Arms the one alarm, replacing an earlier one; a time not after now fires at once.
     * HAL_TICKS_NEVER disarms. The interrupt is FW_IRQ_ALARM. */
    void (*alarm_set)(void *board, uint64_t at_ticks);
    /* Accounts for CPU work that takes noticeable time (FEC rows, XOR, patching). */
    void (*charge)(void *board, uint32_t cycles);
    /* Blocks until `until_ticks`. For firmware that blocks; ours never calls it. */
    void (*wait)(void *board, uint64_t until_ticks);

    /* --- radio: SPI mode 0, one frame = select, exchange pieces, deselect ----------------- */
    void (*radio_select)(void *board);
    /* `tx` NULL sends zeros, `rx` NULL drops what comes back. */
    void (*radio_exchange)(void *board, const uint8_t *tx, uint8_t *rx, size_t size);
    void (*radio_deselect)(void *board);
    void (*radio_reset_pin)(void *board, bool asserted);
    /* Level of DIO0..DIO5 now. */
    bool (*radio_dio)(void *board, unsigned dio);
    void (*radio_antenna)(void *board, enum hal_antenna antenna);
    void (*radio_tcxo)(void *board, bool on);

    /* --- flash ------------------------------------------------------------------------ */
    const struct hal_flash_geometry *(*flash_geometry)(void *board, enum hal_flash_region region);
    enum hal_status (*flash_read)(
            void *board, enum hal_flash_region region, uint32_t address, void *data, size_t size);
    /* Programs erased flash. The data is taken over before the call returns. Power may fail
     * inside: then the page may hold any mix of old and new bits, and the call never returns. */
    enum hal_status (*flash_program)(void *board, enum hal_flash_region region, uint32_t address,
            const void *data, size_t size);
    /* Erases whole units. On a region that does not stall, one unit a call. */
    enum hal_status (*flash_erase)(
            void *board, enum hal_flash_region region, uint32_t address, size_t size);
    bool (*flash_busy)(void *board, enum hal_flash_region region);
    /* Asks for one FW_IRQ_FLASH_DONE when the running operation ends (at once if none runs). */
    void (*flash_notify)(void *board, enum hal_flash_region region);

    /* --- crypto ------------------------------------------------------------------------ */
    enum hal_status (*key_load)(void *board, unsigned slot, const uint8_t key[16]);
    /* AES-128 encryption of one block; `in` and `out` may be the same. */
    enum hal_status (*aes_block)(void *board, unsigned slot, const uint8_t in[16], uint8_t out[16]);
    /* CTR mode from `counter` (incremented big-endian); `data` is changed in place. */
    enum hal_status (*aes_ctr)(
            void *board, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size);
    /* AES-CMAC (RFC 4493) over the concatenated spans. */
    enum hal_status (*aes_cmac)(void *board, unsigned slot, const struct hal_span *spans,
            size_t span_count, uint8_t mac[16]);
    /* The same as a stream, for data larger than RAM. */
    void (*cmac_begin)(void *board, struct hal_cmac *cmac);
    enum hal_status (*cmac_update)(
            void *board, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size);
    enum hal_status (*cmac_end)(void *board, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16]);
    void (*sha256_begin)(void *board, struct hal_sha256 *sha);
    void (*sha256_update)(void *board, struct hal_sha256 *sha, const void *data, size_t size);
    void (*sha256_end)(void *board, struct hal_sha256 *sha, uint8_t digest[32]);
    /* HAL_OK or HAL_ERR_VERIFY (RFC 8032, pure Ed25519). */
    enum hal_status (*ed25519_verify)(void *board, const uint8_t public_key[32],
            const void *message, size_t size, const uint8_t signature[64]);

    /* --- the rest ---------------------------------------------------------------------- */
    void (*entropy)(void *board, void *data, size_t size);
    void (*unique_id)(void *board, uint8_t id[8]);
    /* DevStatusAns scale: 0 external supply, 1 empty .. 254 full, 255 unknown. */
    uint8_t (*battery_level)(void *board);
    int16_t (*temperature_decidegree_c)(void *board);
    /* Restarts at boot with HAL_RESET_SOFTWARE; does not return. */
    void (*reboot)(void *board);
    /* A broken invariant. Restarts with HAL_RESET_WATCHDOG; does not return. */
    void (*panic)(void *board, const char *file, int line);
    /* Names an event for debuggers: ids in device/trace.h. Changes nothing. */
    void (*trace)(void *board, uint16_t id, uint32_t a, uint32_t b);

    /* --- appended ---------------------------------------------------------------------- */
    /* Adds (XOR) every row of `runs`, each of `row_size` bytes, to `sum`. Each run is one read; the
     * additions are the caller's to charge. Of a region that does not stall the CPU only: else
     * HAL_ERR_RANGE. Not HAL_OK: `sum` is as before. */
    enum hal_status (*flash_add)(void *board, enum hal_flash_region region,
            const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size);
    /* A whole SPI frame of one piece: select, exchange, deselect, which takes as long as those. */
    void (*radio_frame)(void *board, const uint8_t *tx, uint8_t *rx, size_t size);
};

/* One board. Copied by value into the firmware's state: its only pointers. */
struct hal {
    void *board;
    const struct hal_ops *ops;
};

/* Inline wrappers, one per operation. */
/* clang-format off */
static inline uint64_t hal_rtc_now(const struct hal *h) { return h->ops->rtc_now(h->board); }
static inline void hal_alarm_set(const struct hal *h, uint64_t at_ticks) { h->ops->alarm_set(h->board, at_ticks); }
static inline void hal_charge(const struct hal *h, uint32_t cycles) { h->ops->charge(h->board, cycles); }
static inline void hal_radio_select(const struct hal *h) { h->ops->radio_select(h->board); }
static inline void hal_radio_exchange(const struct hal *h, const uint8_t *tx, uint8_t *rx, size_t size) { h->ops->radio_exchange(h->board, tx, rx, size); }
static inline void hal_radio_deselect(const struct hal *h) { h->ops->radio_deselect(h->board); }
static inline void hal_radio_reset_pin(const struct hal *h, bool asserted) { h->ops->radio_reset_pin(h->board, asserted); }
static inline bool hal_radio_dio(const struct hal *h, unsigned dio) { return h->ops->radio_dio(h->board, dio); }
static inline void hal_radio_antenna(const struct hal *h, enum hal_antenna antenna) { h->ops->radio_antenna(h->board, antenna); }
static inline void hal_radio_tcxo(const struct hal *h, bool on) { h->ops->radio_tcxo(h->board, on); }
static inline const struct hal_flash_geometry *hal_flash_geometry(const struct hal *h, enum hal_flash_region region) { return h->ops->flash_geometry(h->board, region); }
static inline enum hal_status hal_flash_read(const struct hal *h, enum hal_flash_region region, uint32_t address, void *data, size_t size) { return h->ops->flash_read(h->board, region, address, data, size); }
static inline enum hal_status hal_flash_program(const struct hal *h, enum hal_flash_region region, uint32_t address, const void *data, size_t size) { return h->ops->flash_program(h->board, region, address, data, size); }
static inline enum hal_status hal_flash_erase(const struct hal *h, enum hal_flash_region region, uint32_t address, size_t size) { return h->ops->flash_erase(h->board, region, address, size); }
static inline bool hal_flash_busy(const struct hal *h, enum hal_flash_region region) { return h->ops->flash_busy(h->board, region); }
static inline void hal_flash_notify(const struct hal *h, enum hal_flash_region region) { h->ops->flash_notify(h->board, region); }
static inline enum hal_status hal_key_load(const struct hal *h, unsigned slot, const uint8_t key[16]) { return h->ops->key_load(h->board, slot, key); }
static inline enum hal_status hal_aes_block(const struct hal *h, unsigned slot, const uint8_t in[16], uint8_t out[16]) { return h->ops->aes_block(h->board, slot, in, out); }
static inline enum hal_status hal_aes_ctr(const struct hal *h, unsigned slot, const uint8_t counter[16], uint8_t *data, size_t size) { return h->ops->aes_ctr(h->board, slot, counter, data, size); }
static inline enum hal_status hal_aes_cmac(const struct hal *h, unsigned slot, const struct hal_span *spans, size_t span_count, uint8_t mac[16]) { return h->ops->aes_cmac(h->board, slot, spans, span_count, mac); }
static inline void hal_cmac_begin(const struct hal *h, struct hal_cmac *cmac) { h->ops->cmac_begin(h->board, cmac); }
static inline enum hal_status hal_cmac_update(const struct hal *h, unsigned slot, struct hal_cmac *cmac, const void *data, size_t size) { return h->ops->cmac_update(h->board, slot, cmac, data, size); }
static inline enum hal_status hal_cmac_end(const struct hal *h, unsigned slot, struct hal_cmac *cmac, uint8_t mac[16]) { return h->ops->cmac_end(h->board, slot, cmac, mac); }
static inline void hal_sha256_begin(const struct hal *h, struct hal_sha256 *sha) { h->ops->sha256_begin(h->board, sha); }
static inline void hal_sha256_update(const struct hal *h, struct hal_sha256 *sha, const void *data, size_t size) { h->ops->sha256_update(h->board, sha, data, size); }
static inline void hal_sha256_end(const struct hal *h, struct hal_sha256 *sha, uint8_t digest[32]) { h->ops->sha256_end(h->board, sha, digest); }
static inline enum hal_status hal_ed25519_verify(const struct hal *h, const uint8_t public_key[32], const void *message, size_t size, const uint8_t signature[64]) { return h->ops->ed25519_verify(h->board, public_key, message, size, signature); }
static inline void hal_entropy(const struct hal *h, void *data, size_t size) { h->ops->entropy(h->board, data, size); }
static inline void hal_unique_id(const struct hal *h, uint8_t id[8]) { h->ops->unique_id(h->board, id); }
static inline uint8_t hal_battery_level(const struct hal *h) { return h->ops->battery_level(h->board); }
static inline int16_t hal_temperature_decidegree_c(const struct hal *h) { return h->ops->temperature_decidegree_c(h->board); }
static inline void hal_reboot(const struct hal *h) { h->ops->reboot(h->board); }
static inline void hal_panic(const struct hal *h, const char *file, int line) { h->ops->panic(h->board, file, line); }
static inline void hal_trace(const struct hal *h, uint16_t id, uint32_t a, uint32_t b) { h->ops->trace(h->board, id, a, b); }
static inline enum hal_status hal_flash_add(const struct hal *h, enum hal_flash_region region, const struct hal_flash_rows *runs, size_t run_count, void *sum, size_t row_size) { return h->ops->flash_add(h->board, region, runs, run_count, sum, row_size); }
static inline void hal_radio_frame(const struct hal *h, const uint8_t *tx, uint8_t *rx, size_t size) { h->ops->radio_frame(h->board, tx, rx, size); }
/* clang-format on */

/* The name without its path: builds do not depend on where they run, and flash holds each once. */
#ifdef __FILE_NAME__
#define DEVICE_FILE __FILE_NAME__
#else
#define DEVICE_FILE __FILE__
#endif

/* A broken invariant stops this device, in release builds too. */
#define DEVICE_ASSERT(h, condition)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            hal_panic((h), DEVICE_FILE, __LINE__);                                                 \
        }                                                                                          \
    } while (0)

#endif
