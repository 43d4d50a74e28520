/* void fiber_switch(void **from, void *to): leaves the stack pointer in *from and goes on at `to`.
 * SPDX-License-Identifier: MIT
 *
 * What a call preserves (System V ABI for x86-64, section 3.2.1) lies on the stack that is left.
 * A file of its own: the compiler must take this for a call that it knows nothing about, also
 * when it optimises across the program.
 */
#ifdef __x86_64__
    .text
    .globl fiber_switch
    .hidden fiber_switch
    .type fiber_switch, @function
fiber_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size fiber_switch, . - fiber_switch
#endif
    .section .note.GNU-stack, "", @progbits
