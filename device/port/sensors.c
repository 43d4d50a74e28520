/* Random numbers, the chip's identity, supply voltage and temperature.
 * SPDX-License-Identifier: MIT
 */
#include "port/board.h"
#include "port/stm32l0.h"

/* Cells in series or one lithium cell: full and empty for DevStatusAns. */
#define BATTERY_FULL_MV  3600u
#define BATTERY_EMPTY_MV 2000u
#define BATTERY_LEVELS   253u /* 1 empty .. 254 full */

#define CALIBRATION_MV   3000u
#define ADC_START_CYCLES 1000u /* regulator 10 us, sensor 10 us: twice that and more */

static void delay(uint32_t turns)
{
    for (volatile uint32_t left = turns; left > 0; --left) {
    }
}

void board_entropy(uint8_t *data, size_t size)
{
    SYSCFG->CFGR3 |= SYSCFG_CFGR3_VREFINT | SYSCFG_CFGR3_VREFINT_HSI48;
    RCC->CRRCR |= RCC_CRRCR_HSI48ON;
    while ((RCC->CRRCR & RCC_CRRCR_HSI48RDY) == 0) {
    }
    RCC->CCIPR |= RCC_CCIPR_HSI48SEL;
    RCC->AHBENR |= RCC_AHBENR_RNG;
    RNG->CR = RNG_CR_EN;
    uint32_t word = 0;
    for (size_t i = 0; i < size; ++i) {
        if (i % 4 == 0) {
            while ((RNG->SR & RNG_SR_DRDY) == 0) {
                if ((RNG->SR & RNG_SR_SEIS) != 0) { /* RM0376 section 20.3.2: start it again */
                    RNG->SR &= ~(RNG_SR_SEIS | RNG_SR_CEIS);
                    RNG->CR = 0;
                    RNG->CR = RNG_CR_EN;
                }
            }
            word = RNG->DR;
        }
        data[i] = (uint8_t)(word >> 8 * (i % 4));
    }
    RNG->CR = 0;
    RCC->AHBENR &= ~RCC_AHBENR_RNG;
    RCC->CRRCR &= ~RCC_CRRCR_HSI48ON;
}

void board_unique_id(uint8_t id[8])
{
    uint32_t words[2] = { UNIQUE_ID_0 ^ UNIQUE_ID_2, UNIQUE_ID_1 };
    for (unsigned i = 0; i < 8; ++i) {
        id[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    }
}

static uint32_t convert(uint32_t channel)
{
    ADC->CHSELR = channel;
    ADC->CR |= ADC_CR_ADSTART;
    while ((ADC->ISR & ADC_ISR_EOC) == 0) {
    }
    return ADC->DR & 0xFFFFu;
}

static void adc_start(void)
{
    RCC->APB2ENR |= RCC_APB2ENR_ADC;
    SYSCFG->CFGR3 |= SYSCFG_CFGR3_VREFINT | SYSCFG_CFGR3_VREFINT_ADC | SYSCFG_CFGR3_SENSOR_ADC;
    ADC->CFGR2 = ADC_CFGR2_PCLK_2;
    ADC->SMPR = ADC_SMPR_LONGEST;
    ADC_CCR |= ADC_CCR_VREFEN | ADC_CCR_TSEN;
    ADC->CR = ADC_CR_ADVREGEN;
    delay(ADC_START_CYCLES);
    ADC->CR |= ADC_CR_ADCAL;
    while ((ADC->CR & ADC_CR_ADCAL) != 0) {
    }
    ADC->ISR = ADC_ISR_ADRDY;
    ADC->CR |= ADC_CR_ADEN;
    while ((ADC->ISR & ADC_ISR_ADRDY) == 0) {
    }
}

static void adc_stop(void)
{
    ADC->CR |= ADC_CR_ADDIS;
    while ((ADC->CR & ADC_CR_ADEN) != 0) {
    }
    ADC->CR = 0;
    ADC_CCR &= ~(ADC_CCR_VREFEN | ADC_CCR_TSEN);
    SYSCFG->CFGR3 &= ~(SYSCFG_CFGR3_VREFINT_ADC | SYSCFG_CFGR3_SENSOR_ADC);
    RCC->APB2ENR &= ~RCC_APB2ENR_ADC;
}

static uint32_t supply_mv(void)
{
    uint32_t reading = convert(ADC_CHANNEL_VREFINT);
    return reading > 0 ? CALIBRATION_MV * FACTORY_VREFINT_3V / reading : CALIBRATION_MV;
}

uint8_t board_battery_level(void)
{
    adc_start();
    uint32_t mv = supply_mv();
    adc_stop();
    if (mv <= BATTERY_EMPTY_MV) {
        return 1;
    }
    if (mv >= BATTERY_FULL_MV) {
        return 1u + BATTERY_LEVELS;
    }
    return (uint8_t)(1u
                     + (mv - BATTERY_EMPTY_MV) * BATTERY_LEVELS
                               / (BATTERY_FULL_MV - BATTERY_EMPTY_MV));
}

/* A line through the two calibration points, which were measured at 3.0 V. */
int16_t board_temperature_decidegree_c(void)
{
    adc_start();
    uint32_t mv = supply_mv();
    uint32_t reading = convert(ADC_CHANNEL_SENSOR);
    adc_stop();
    int32_t at_3v = (int32_t)(reading * mv / CALIBRATION_MV);
    int32_t low = FACTORY_SENSOR_30C;
    int32_t high = FACTORY_SENSOR_130C;
    return high > low ? (int16_t)(300 + (at_3v - low) * 1000 / (high - low)) : 0;
}
