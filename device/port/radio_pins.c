/* The SX1276's wires: SPI1, reset, DIO lines, antenna switch, TCXO.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/pins.h"
#include "port/stm32l0.h"

struct wire {
    struct gpio_registers *port;
    uint8_t pin;
};

static const struct wire wire_select = { GPIOA, 15 };
static const struct wire wire_reset = { GPIOC, 0 };
static const struct wire wire_tcxo = { GPIOA, 12 };
static const struct wire wire_antenna_rx = { GPIOA, 1 };
static const struct wire wire_antenna_rfo = { GPIOC, 2 };
static const struct wire wire_antenna_boost = { GPIOC, 1 };
static const struct wire wire_dio[6] = { { GPIOB, 4 }, { GPIOB, 1 }, { GPIOB, 0 }, { GPIOC, 13 },
    { GPIOA, 5 }, { GPIOA, 4 } };

/* EXTI line of each DIO that interrupts: the number of its pin. */
#define DIO_INTERRUPTS 5u
#define DIO_LINES      (BIT(4) | BIT(1) | BIT(0) | BIT(13) | BIT(5))
#define PORT_A         0u
#define PORT_B         1u
#define PORT_C         2u

static void output(struct wire wire, bool high)
{
    pin_write(wire.port, wire.pin, high);
    pin_mode(wire.port, wire.pin, PIN_OUTPUT);
}

void board_radio_pins_start(void)
{
    output(wire_select, true);
    output(wire_tcxo, false);
    board_radio_antenna(HAL_ANTENNA_OFF);
    output(wire_antenna_rx, false);
    output(wire_antenna_rfo, false);
    output(wire_antenna_boost, false);
    pin_mode(wire_reset.port, wire_reset.pin, PIN_INPUT); /* released: the chip pulls it up */
    for (unsigned i = 0; i < sizeof wire_dio / sizeof wire_dio[0]; ++i) {
        pin_mode(wire_dio[i].port, wire_dio[i].pin, PIN_INPUT);
    }
    pin_mode(GPIOB, 3, PIN_ALTERNATE); /* SCK, MISO, MOSI: alternate function 0, as after reset */
    pin_mode(GPIOA, 6, PIN_ALTERNATE);
    pin_mode(GPIOA, 7, PIN_ALTERNATE);
    spi_start(SPI1, SPI_CR1_BR_4); /* 8 MHz: the SX1276 takes 10 */
}

void board_radio_interrupts_start(void)
{
    SYSCFG->EXTICR[0] = PORT_B << 4 | PORT_B; /* lines 1, 0 */
    SYSCFG->EXTICR[1] = PORT_A << 4 | PORT_B; /* lines 5, 4 */
    SYSCFG->EXTICR[3] = PORT_C << 4;          /* line 13 */
    EXTI->RTSR |= DIO_LINES;
    EXTI->IMR |= DIO_LINES;
    NVIC_ISER = BIT(IRQ_EXTI0_1) | BIT(IRQ_EXTI4_15);
}

void board_radio_interrupt(struct board *board)
{
    uint64_t now = board_rtc_now();
    uint32_t lines = EXTI->PR & DIO_LINES;
    EXTI->PR = lines;
    for (unsigned dio = 0; dio < DIO_INTERRUPTS; ++dio) {
        struct board_interrupt *note = &board->interrupts[FW_IRQ_DIO0 + dio];
        if ((lines & BIT(wire_dio[dio].pin)) != 0 && !note->pending) {
            note->edge_ticks = now;
            note->pending = true;
        }
    }
    board->woken = true;
}

void board_radio_select(void)
{
    pin_write(wire_select.port, wire_select.pin, false);
}

void board_radio_deselect(void)
{
    pin_write(wire_select.port, wire_select.pin, true);
}

void board_radio_exchange(const uint8_t *tx, uint8_t *rx, size_t size)
{
    spi_exchange(SPI1, tx, rx, size);
}

/* SX1276 datasheet section 7.2.2: pulled low for reset, else left floating. */
void board_radio_reset_pin(bool asserted)
{
    if (asserted) {
        output(wire_reset, false);
    } else {
        pin_mode(wire_reset.port, wire_reset.pin, PIN_INPUT);
    }
}

bool board_radio_dio(unsigned dio)
{
    return dio < sizeof wire_dio / sizeof wire_dio[0]
           && pin_read(wire_dio[dio].port, wire_dio[dio].pin);
}

void board_radio_antenna(enum hal_antenna antenna)
{
    pin_write(wire_antenna_rx.port, wire_antenna_rx.pin, antenna == HAL_ANTENNA_RX);
    pin_write(wire_antenna_rfo.port, wire_antenna_rfo.pin, antenna == HAL_ANTENNA_TX_RFO);
    pin_write(wire_antenna_boost.port, wire_antenna_boost.pin, antenna == HAL_ANTENNA_TX_BOOST);
}

void board_radio_tcxo(bool on)
{
    pin_write(wire_tcxo.port, wire_tcxo.pin, on);
}
