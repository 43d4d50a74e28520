/* The registers of the STM32L072 that this port uses (RM0376; core: ARMv6-M manual).
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_STM32L0_H
#define PORT_STM32L0_H

#include <stdint.h>

#define BIT(n) (1u << (n))

/* --- reset and clock control (chapter 7) ------------------------------------------------------ */
struct rcc_registers {
    volatile uint32_t CR, ICSCR, CRRCR, CFGR, CIER, CIFR, CICR, IOPRSTR, AHBRSTR, APB2RSTR,
            APB1RSTR, IOPENR, AHBENR, APB2ENR, APB1ENR, IOPSMENR, AHBSMENR, APB2SMENR, APB1SMENR,
            CCIPR, CSR;
};
#define RCC                ((struct rcc_registers *)0x40021000u)
#define RCC_CR_HSI16ON     BIT(0)
#define RCC_CR_HSI16RDY    BIT(2)
#define RCC_CR_PLLON       BIT(24)
#define RCC_CR_PLLRDY      BIT(25)
#define RCC_CRRCR_HSI48ON  BIT(0)
#define RCC_CRRCR_HSI48RDY BIT(1)
#define RCC_CFGR_SW_PLL    3u
#define RCC_CFGR_SWS_MASK  (3u << 2)
#define RCC_CFGR_SWS_PLL   (3u << 2)
#define RCC_CFGR_WAKE_HSI  BIT(15)
#define RCC_CFGR_PLLMUL_4  (1u << 18)
#define RCC_CFGR_PLLDIV_2  (1u << 22)
#define RCC_IOPENR_ABC     7u
#define RCC_AHBENR_RNG     BIT(20)
#define RCC_APB2ENR_SYSCFG BIT(0)
#define RCC_APB2ENR_ADC    BIT(9)
#define RCC_APB2ENR_SPI1   BIT(12)
#define RCC_APB1ENR_SPI2   BIT(14)
#define RCC_APB1ENR_PWR    BIT(28)
#define RCC_CCIPR_HSI48SEL BIT(26)
#define RCC_CSR_LSEON      BIT(8)
#define RCC_CSR_LSERDY     BIT(9)
#define RCC_CSR_RTCSEL_LSE (1u << 16)
#define RCC_CSR_RTCEN      BIT(18)
#define RCC_CSR_RMVF       BIT(23)
#define RCC_CSR_PINRSTF    BIT(26)
#define RCC_CSR_PORRSTF    BIT(27)
#define RCC_CSR_SFTRSTF    BIT(28)
#define RCC_CSR_IWDGRSTF   BIT(29)
#define RCC_CSR_WWDGRSTF   BIT(30)

/* --- power control (chapter 6) ---------------------------------------------------------------- */
struct pwr_registers {
    volatile uint32_t CR, CSR;
};
#define PWR             ((struct pwr_registers *)0x40007000u)
#define PWR_CR_LPSDSR   BIT(0)
#define PWR_CR_PDDS     BIT(1)
#define PWR_CR_CWUF     BIT(2)
#define PWR_CR_DBP      BIT(8)
#define PWR_CR_ULP      BIT(9)
#define PWR_CR_FWU      BIT(10)
#define PWR_CR_VOS_MASK (3u << 11)
#define PWR_CR_VOS_1V8  (1u << 11)
#define PWR_CSR_VOSF    BIT(4)

/* --- flash (chapter 3) ------------------------------------------------------------------------ */
struct flash_registers {
    volatile uint32_t ACR, PECR, PDKEYR, PEKEYR, PRGKEYR, OPTKEYR, SR;
};
#define FLASH              ((struct flash_registers *)0x40022000u)
#define FLASH_ACR_LATENCY  BIT(0)
#define FLASH_ACR_PREFETCH BIT(1)
#define FLASH_PECR_PELOCK  BIT(0)
#define FLASH_PECR_PRGLOCK BIT(1)
#define FLASH_PECR_PROG    BIT(3)
#define FLASH_PECR_ERASE   BIT(9)
#define FLASH_PECR_FPRG    BIT(10)
#define FLASH_SR_BSY       BIT(0)
#define FLASH_SR_EOP       BIT(1)
#define FLASH_SR_ERRORS    (BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(13) | BIT(16) | BIT(17))
#define FLASH_PEKEY_1      0x89ABCDEFu
#define FLASH_PEKEY_2      0x02030405u
#define FLASH_PRGKEY_1     0x8C9DAEBFu
#define FLASH_PRGKEY_2     0x13141516u
#define FLASH_BASE_ADDRESS 0x08000000u

/* --- general purpose I/O (chapter 9) ---------------------------------------------------------- */
struct gpio_registers {
    volatile uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFR[2], BRR;
};
#define GPIOA ((struct gpio_registers *)0x50000000u)
#define GPIOB ((struct gpio_registers *)0x50000400u)
#define GPIOC ((struct gpio_registers *)0x50000800u)

/* --- system configuration and external interrupts (chapters 10, 13) -----------------------------
 */
struct syscfg_registers {
    volatile uint32_t CFGR1, CFGR2, EXTICR[4], reserved[2], CFGR3;
};
#define SYSCFG                     ((struct syscfg_registers *)0x40010000u)
#define SYSCFG_CFGR3_VREFINT       BIT(0)
#define SYSCFG_CFGR3_VREFINT_ADC   BIT(8)
#define SYSCFG_CFGR3_SENSOR_ADC    BIT(9)
#define SYSCFG_CFGR3_VREFINT_HSI48 BIT(13)

struct exti_registers {
    volatile uint32_t IMR, EMR, RTSR, FTSR, SWIER, PR;
};
#define EXTI           ((struct exti_registers *)0x40010400u)
#define EXTI_RTC_ALARM BIT(17)

/* --- SPI (chapter 30) ---------------------------------------------------------------------------
 */
struct spi_registers {
    volatile uint32_t CR1, CR2, SR, DR;
};
#define SPI1         ((struct spi_registers *)0x40013000u)
#define SPI2         ((struct spi_registers *)0x40003800u)
#define SPI_CR1_MSTR BIT(2)
#define SPI_CR1_BR_2 (0u << 3)
#define SPI_CR1_BR_4 (1u << 3)
#define SPI_CR1_SPE  BIT(6)
#define SPI_CR1_SSI  BIT(8)
#define SPI_CR1_SSM  BIT(9)
#define SPI_SR_RXNE  BIT(0)
#define SPI_SR_TXE   BIT(1)
#define SPI_SR_BSY   BIT(7)

/* --- real-time clock (chapter 26) ---------------------------------------------------------------
 */
struct rtc_registers {
    volatile uint32_t TR, DR, CR, ISR, PRER, WUTR, reserved_1, ALRMAR, ALRMBR, WPR, SSR, SHIFTR,
            TSTR, TSDR, TSSSR, CALR, TAMPCR, ALRMASSR, ALRMBSSR, OR, BKPR[5];
};
#define RTC             ((struct rtc_registers *)0x40002800u)
#define RTC_CR_BYPSHAD  BIT(5)
#define RTC_CR_ALRAE    BIT(8)
#define RTC_CR_ALRAIE   BIT(12)
#define RTC_ISR_ALRAWF  BIT(0)
#define RTC_ISR_INITS   BIT(4)
#define RTC_ISR_INITF   BIT(6)
#define RTC_ISR_INIT    BIT(7)
#define RTC_ISR_ALRAF   BIT(8)
#define RTC_WPR_KEY_1   0xCAu
#define RTC_WPR_KEY_2   0x53u
#define RTC_SS_MASK_ALL (15u << 24)

/* --- independent watchdog (chapter 24) ----------------------------------------------------------
 */
struct iwdg_registers {
    volatile uint32_t KR, PR, RLR, SR;
};
#define IWDG             ((struct iwdg_registers *)0x40003000u)
#define IWDG_KEY_START   0xCCCCu
#define IWDG_KEY_ACCESS  0x5555u
#define IWDG_KEY_FEED    0xAAAAu
#define IWDG_PR_DIV_256  6u
#define IWDG_RLR_LONGEST 0xFFFu

/* --- ADC (chapter 14) and random numbers (chapter 20) -------------------------------------------
 */
struct adc_registers {
    volatile uint32_t ISR, IER, CR, CFGR1, CFGR2, SMPR, reserved_1[2], TR, reserved_2, CHSELR,
            reserved_3[5], DR;
};
#define ADC                 ((struct adc_registers *)0x40012400u)
#define ADC_CCR             (*(volatile uint32_t *)0x40012708u)
#define ADC_ISR_ADRDY       BIT(0)
#define ADC_ISR_EOC         BIT(2)
#define ADC_CR_ADEN         BIT(0)
#define ADC_CR_ADDIS        BIT(1)
#define ADC_CR_ADSTART      BIT(2)
#define ADC_CR_ADVREGEN     BIT(28)
#define ADC_CR_ADCAL        BIT(31)
#define ADC_CFGR2_PCLK_2    (1u << 30)
#define ADC_SMPR_LONGEST    7u
#define ADC_CCR_VREFEN      BIT(22)
#define ADC_CCR_TSEN        BIT(23)
#define ADC_CHANNEL_VREFINT BIT(17)
#define ADC_CHANNEL_SENSOR  BIT(18)

struct rng_registers {
    volatile uint32_t CR, SR, DR;
};
#define RNG         ((struct rng_registers *)0x40025000u)
#define RNG_CR_EN   BIT(2)
#define RNG_SR_DRDY BIT(0)
#define RNG_SR_CEIS BIT(5)
#define RNG_SR_SEIS BIT(6)

/* Written at the chip's production test: datasheet tables of calibration values, chapter 33. */
#define FACTORY_VREFINT_3V  (*(const volatile uint16_t *)0x1FF80078u)
#define FACTORY_SENSOR_30C  (*(const volatile uint16_t *)0x1FF8007Au)
#define FACTORY_SENSOR_130C (*(const volatile uint16_t *)0x1FF8007Eu)
#define UNIQUE_ID_0         (*(const volatile uint32_t *)0x1FF80050u)
#define UNIQUE_ID_1         (*(const volatile uint32_t *)0x1FF80054u)
#define UNIQUE_ID_2         (*(const volatile uint32_t *)0x1FF80064u)

/* --- core (ARMv6-M architecture reference, chapter B3) ------------------------------------------
 */
#define SCB_VTOR        (*(volatile uint32_t *)0xE000ED08u)
#define SCB_AIRCR       (*(volatile uint32_t *)0xE000ED0Cu)
#define SCB_AIRCR_RESET (0x05FA0000u | BIT(2))
#define SCB_SCR         (*(volatile uint32_t *)0xE000ED10u)
#define SCB_SCR_DEEP    BIT(2)
#define NVIC_ISER       (*(volatile uint32_t *)0xE000E100u)
#define NVIC_ISPR       (*(volatile uint32_t *)0xE000E200u)
#define SYST_CSR        (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR        (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR        (*(volatile uint32_t *)0xE000E018u)
#define SYST_CSR_RUN    (BIT(0) | BIT(1) | BIT(2)) /* enable, interrupt, core clock */
#define IRQ_RTC         2u
#define IRQ_EXTI0_1     5u
#define IRQ_EXTI2_3     6u
#define IRQ_EXTI4_15    7u

static inline void cpu_disable_interrupts(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static inline void cpu_enable_interrupts(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

static inline uint32_t cpu_interrupts_save(void)
{
    uint32_t primask;
    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
    return primask;
}

static inline void cpu_interrupts_restore(uint32_t primask)
{
    __asm volatile("msr primask, %0" ::"r"(primask) : "memory");
}

static inline void cpu_wait_for_interrupt(void)
{
    __asm volatile("dsb\n\twfi\n\tisb" ::: "memory");
}

static inline void cpu_barrier(void)
{
    __asm volatile("dsb" ::: "memory");
}

#endif
