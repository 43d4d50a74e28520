/* Bytes over an SPI, one in flight at a time.
 * SPDX-License-Identifier: MIT
 */
#include "port/pins.h"

void spi_exchange(struct spi_registers *spi, const uint8_t *tx, uint8_t *rx, size_t size)
{
    volatile uint8_t *data = (volatile uint8_t *)&spi->DR; /* byte access: one frame */
    for (size_t i = 0; i < size; ++i) {
        while ((spi->SR & SPI_SR_TXE) == 0) {
        }
        *data = tx != NULL ? tx[i] : 0u;
        while ((spi->SR & SPI_SR_RXNE) == 0) {
        }
        uint8_t received = *data;
        if (rx != NULL) {
            rx[i] = received;
        }
    }
    while ((spi->SR & SPI_SR_BSY) != 0) {
    }
}
