/* What start-up code and the two programs agree on.
 * SPDX-License-Identifier: MIT
 */
#ifndef PORT_STARTUP_H
#define PORT_STARTUP_H

/* The program: called once with RAM set up; does not return. */
void program_main(void) __attribute__((noreturn));

/* Interrupt handlers that a program provides. */
void rtc_handler(void);
void dio_handler(void);
void systick_handler(void);

/* Vector table of this program, at the start of its flash. */
extern const void *const vectors[];

#endif
