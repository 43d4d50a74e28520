/* The STM32L0's own flash: words and half pages, erased to zero, the processor stalls meanwhile.
 * SPDX-License-Identifier: MIT
 *
 * RM0376 section 3.3.4. A half page of 64 bytes takes as long as one word (3.2 ms), but the code
 * that writes it must not run from flash.
 */
#include "port/board.h"
#include "port/stm32l0.h"
#include "port/wait.h"

#define PAGE_SIZE      128u
#define HALF_PAGE_SIZE 64u
#define WORD_SIZE      4u

#define RUNS_FROM_RAM __attribute__((section(".ramfunc"), noinline, long_call))

const struct hal_flash_geometry board_internal_geometry = {
    .size_bytes = 192u * 1024u,
    .erase_unit_bytes = PAGE_SIZE,
    .program_unit_bytes = WORD_SIZE,
    .program_page_bytes = HALF_PAGE_SIZE,
    .erased_value = 0x00,
    .rewritable = false,
    .stalls_cpu = true,
};

static volatile uint32_t *word_at(uint32_t address)
{
    return (volatile uint32_t *)(FLASH_BASE_ADDRESS + address);
}

static uint32_t word_of(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
           | (uint32_t)bytes[3] << 24;
}

static bool in_range(uint32_t address, size_t size)
{
    return address <= board_internal_geometry.size_bytes
           && size <= board_internal_geometry.size_bytes - address;
}

/* No operation lasts longer than 4 ms. One that does not end shows as bytes that read wrong. */
static inline __attribute__((always_inline)) bool idle(void)
{
    return wait_for(&FLASH->SR, FLASH_SR_BSY, 0);
}

static void unlock(void)
{
    (void)idle();
    if ((FLASH->PECR & FLASH_PECR_PELOCK) != 0) {
        FLASH->PEKEYR = FLASH_PEKEY_1;
        FLASH->PEKEYR = FLASH_PEKEY_2;
    }
    if ((FLASH->PECR & FLASH_PECR_PRGLOCK) != 0) {
        FLASH->PRGKEYR = FLASH_PRGKEY_1;
        FLASH->PRGKEYR = FLASH_PRGKEY_2;
    }
    FLASH->SR = FLASH_SR_ERRORS | FLASH_SR_EOP;
}

/* Returns what the controller complains of. */
static enum hal_status lock(void)
{
    uint32_t errors = FLASH->SR & FLASH_SR_ERRORS;
    FLASH->SR = FLASH_SR_ERRORS | FLASH_SR_EOP;
    FLASH->PECR |= FLASH_PECR_PELOCK;
    return errors == 0 ? HAL_OK : HAL_ERR_ALIGN;
}

RUNS_FROM_RAM static void program_half_page(volatile uint32_t *to, const uint32_t words[16])
{
    FLASH->PECR |= FLASH_PECR_FPRG | FLASH_PECR_PROG;
    for (unsigned i = 0; i < HALF_PAGE_SIZE / WORD_SIZE; ++i) {
        to[i] = words[i];
    }
    (void)idle();
    FLASH->PECR &= ~(FLASH_PECR_FPRG | FLASH_PECR_PROG);
}

static void program_words(uint32_t address, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i += WORD_SIZE) {
        *word_at(address + (uint32_t)i) = word_of(data + i);
        (void)idle();
    }
}

enum hal_status board_internal_read(uint32_t address, uint8_t *data, size_t size)
{
    if (!in_range(address, size)) {
        return HAL_ERR_RANGE;
    }
    const volatile uint8_t *from = (const volatile uint8_t *)(FLASH_BASE_ADDRESS + address);
    for (size_t i = 0; i < size; ++i) {
        data[i] = from[i];
    }
    return HAL_OK;
}

enum hal_status board_internal_program(uint32_t address, const uint8_t *data, size_t size)
{
    if (address % WORD_SIZE != 0 || size % WORD_SIZE != 0) {
        return HAL_ERR_ALIGN;
    }
    if (size == 0 || !in_range(address, size) || size > HALF_PAGE_SIZE - address % HALF_PAGE_SIZE) {
        return HAL_ERR_RANGE;
    }
    uint32_t saved = cpu_interrupts_save(); /* their handlers are in flash */
    unlock();
    if (size == HALF_PAGE_SIZE) {
        uint32_t words[HALF_PAGE_SIZE / WORD_SIZE];
        for (unsigned i = 0; i < HALF_PAGE_SIZE / WORD_SIZE; ++i) {
            words[i] = word_of(data + i * WORD_SIZE);
        }
        program_half_page(word_at(address), words);
    } else {
        program_words(address, data, size);
    }
    enum hal_status status = lock();
    cpu_interrupts_restore(saved);
    return status;
}

enum hal_status board_internal_erase(uint32_t address, size_t size)
{
    if (address % PAGE_SIZE != 0 || size % PAGE_SIZE != 0) {
        return HAL_ERR_ALIGN;
    }
    if (size == 0 || !in_range(address, size)) {
        return HAL_ERR_RANGE;
    }
    uint32_t saved = cpu_interrupts_save();
    unlock();
    FLASH->PECR |= FLASH_PECR_ERASE | FLASH_PECR_PROG;
    for (size_t i = 0; i < size; i += PAGE_SIZE) {
        *word_at(address + (uint32_t)i) = 0; /* any word of the page */
        (void)idle();
    }
    FLASH->PECR &= ~(FLASH_PECR_ERASE | FLASH_PECR_PROG);
    enum hal_status status = lock();
    cpu_interrupts_restore(saved);
    return status;
}
