/* One pin at a time, and bytes over SPI: what the board files share.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_PINS_H
#define PORT_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "port/stm32l0.h"

enum pin_mode {
    PIN_INPUT,
    PIN_OUTPUT,
    PIN_ALTERNATE,
    PIN_ANALOG
};

static inline void pin_mode(struct gpio_registers *port, unsigned pin, enum pin_mode mode)
{
    port->OSPEEDR |= 2u << 2 * pin; /* high speed: SPI at 16 MHz */
    port->MODER = (port->MODER & ~(3u << 2 * pin)) | (uint32_t)mode << 2 * pin;
}

static inline void pin_write(struct gpio_registers *port, unsigned pin, bool high)
{
    port->BSRR = high ? BIT(pin) : BIT(pin + 16u);
}

static inline bool pin_read(const struct gpio_registers *port, unsigned pin)
{
    return (port->IDR & BIT(pin)) != 0;
}

/* Mode 0, eight bits, the chip select by hand. */
static inline void spi_start(struct spi_registers *spi, uint32_t divider)
{
    spi->CR1 = SPI_CR1_MSTR | SPI_CR1_SSM | SPI_CR1_SSI | divider | SPI_CR1_SPE;
}

/* `tx` NULL sends zeros, `rx` NULL drops what comes back. */
void spi_exchange(struct spi_registers *spi, const uint8_t *tx, uint8_t *rx, size_t size);

#endif
