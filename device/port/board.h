/* The reference board: STM32L072 with an SX1276 and a 1 MiB SPI NOR.
 * SPDX-License-Identifier: MIT
 *
 * The radio is wired as in the common STM32L072 + SX1276 modules. DIO5 (PA4) shares its interrupt
 * line with DIO0 (PB4): its level can be read, but it does not interrupt.
 */
#ifndef PORT_BOARD_H
#define PORT_BOARD_H

#include "fw.h"
#include "hal.h"
#include "port/crypto/aes128.h"

#define BOARD_CPU_HZ 32000000u

/* Why the board restarts itself; kept in an RTC backup register across the reset. */
#define BOARD_NOTE_REBOOT 0x5EB007EDu
#define BOARD_NOTE_PANIC  0xBADC0DEDu

/* An edge that waits for the main loop. */
struct board_interrupt {
    volatile bool pending;
    volatile uint64_t edge_ticks;
};

struct board {
    struct board_interrupt interrupts[FW_IRQ_COUNT];
    volatile bool woken;  /* an interrupt came since the last sleep */
    uint64_t alarm_ticks; /* what the firmware asked for */
    bool nor_busy;        /* an operation may run: ask the NOR */
    bool nor_notify;      /* the firmware waits for its end */
    uint16_t keys_loaded; /* bit = slot */
    uint8_t key[HAL_KEY_SLOTS][16];
    uint8_t schedule_slot; /* whose round keys `schedule` holds; HAL_KEY_SLOTS: none */
    struct aes_key schedule;
};

extern const struct hal_ops board_hal_ops;

/* system.c: clocks, pins, sleep, reset. */
void board_start(struct board *board); /* 32 MHz, RTC, pins and both SPIs */
enum hal_reset_cause board_reset_cause(void);
void board_reset_cause_clear(void);
void board_reset(uint32_t note) __attribute__((noreturn));
void board_watchdog_start(void);
void board_watchdog_feed(void);
void board_sleep(struct board *board); /* until an interrupt; stop mode when the NOR is idle */

/* rtc.c: the calendar, counted in 1/32768 s. */
void board_rtc_start(void);
uint64_t board_rtc_now(void);
void board_alarm_start(void);
void board_alarm_set(struct board *board, uint64_t at_ticks);
void board_alarm_interrupt(struct board *board); /* from its handler */

/* radio_pins.c */
void board_radio_pins_start(void);
void board_radio_interrupts_start(void);
void board_radio_interrupt(struct board *board); /* from the handlers of the EXTI lines */
void board_radio_select(void);
void board_radio_deselect(void);
void board_radio_exchange(const uint8_t *tx, uint8_t *rx, size_t size);
void board_radio_reset_pin(bool asserted);
bool board_radio_dio(unsigned dio);
void board_radio_antenna(enum hal_antenna antenna);
void board_radio_tcxo(bool on);

/* nor.c */
extern const struct hal_flash_geometry board_nor_geometry;
void board_nor_start(struct board *board);
bool board_nor_busy(struct board *board);
enum hal_status board_nor_read(struct board *board, uint32_t address, uint8_t *data, size_t size);
enum hal_status board_nor_add(struct board *board, const struct hal_flash_rows *runs,
        size_t run_count, uint8_t *sum, size_t row_size);
enum hal_status board_nor_program(
        struct board *board, uint32_t address, const uint8_t *data, size_t size);
enum hal_status board_nor_erase(struct board *board, uint32_t address, size_t size);

/* internal_flash.c */
extern const struct hal_flash_geometry board_internal_geometry;
enum hal_status board_internal_read(uint32_t address, uint8_t *data, size_t size);
enum hal_status board_internal_program(uint32_t address, const uint8_t *data, size_t size);
enum hal_status board_internal_erase(uint32_t address, size_t size);

/* sensors.c */
void board_entropy(uint8_t *data, size_t size);
void board_unique_id(uint8_t id[8]);
uint8_t board_battery_level(void);
int16_t board_temperature_decidegree_c(void);

#endif
