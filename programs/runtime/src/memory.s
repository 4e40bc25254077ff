# memcpy, memmove, memset, memcmp and bcmp, which compiled code calls everywhere. The machine copies by itself, up to 24,576 bytes at a
# time. The others take words wherever both ends allow it, and are unrolled: on the machine every instruction costs the
# same. Loads are aligned always; the machine would round them down.

    .section .text.memcpy, "ax", @progbits
    .globl memcpy
    .globl memmove
    .type memcpy, @function
    .type memmove, @function
memcpy:
memmove:
    li   a7, 4
    lui  t0, 6
    bltu t0, a2, 1f
    ecall
    ret
    # In parts: from the end if the destination begins within the source, else from the start.
1:  mv   t6, a0
    mv   t2, a2
    mv   a2, t0
    sub  t1, a0, a1
    bltu t1, t2, 4f
2:  bltu t0, t2, 3f
    mv   a2, t2
3:  ecall
    add  a0, a0, a2
    add  a1, a1, a2
    sub  t2, t2, a2
    bnez t2, 2b
    mv   a0, t6
    ret
4:  mv   t5, a1
5:  bltu t0, t2, 6f
    mv   a2, t2
6:  sub  t2, t2, a2
    add  a0, t6, t2
    add  a1, t5, t2
    ecall
    bnez t2, 5b
    ret

    .section .text.memset, "ax", @progbits
    .globl memset
    .type memset, @function
memset:
    mv   t6, a0
    sltiu t0, a2, 12
    bnez t0, 5f
    neg  t0, t6
    andi t0, t0, 7
    beqz t0, 2f
    sub  a2, a2, t0
    add  t0, t0, t6
1:  sb   a1, 0(t6)
    addi t6, t6, 1
    bne  t6, t0, 1b
2:  andi a3, a1, 255
    slli t1, a3, 8
    or   a3, a3, t1
    slli t1, a3, 16
    or   a3, a3, t1
    slli t1, a3, 32
    or   a3, a3, t1
    andi t0, a2, -64
    beqz t0, 4f
    add  t0, t0, t6
3:  sd   a3, 0(t6)
    sd   a3, 8(t6)
    sd   a3, 16(t6)
    sd   a3, 24(t6)
    sd   a3, 32(t6)
    sd   a3, 40(t6)
    sd   a3, 48(t6)
    sd   a3, 56(t6)
    addi t6, t6, 64
    bne  t6, t0, 3b
4:  andi t0, a2, 56
    andi a2, a2, 7
    beqz t0, 5f
    add  t0, t0, t6
1:  sd   a3, 0(t6)
    addi t6, t6, 8
    bne  t6, t0, 1b
5:  beqz a2, 2f
    add  a2, a2, t6
1:  sb   a1, 0(t6)
    addi t6, t6, 1
    bne  t6, a2, 1b
2:  ret

    .section .text.memcmp, "ax", @progbits
    .globl memcmp
    .globl bcmp
    .type memcmp, @function
    .type bcmp, @function
memcmp:
bcmp:
    or   t0, a0, a1
    andi t1, t0, 7
    bnez t1, 3f
    andi t1, a2, -8
    andi a2, a2, 7
    beqz t1, 4f
    add  t1, t1, a0
1:  ld   a3, 0(a0)
    ld   a4, 0(a1)
    bne  a3, a4, 2f
    addi a0, a0, 8
    addi a1, a1, 8
    bne  a0, t1, 1b
    j    4f
2:  li   a2, 8
    j    6f
3:  andi t1, t0, 3
    bnez t1, 5f
    andi t1, a2, -4
    andi a2, a2, 3
    beqz t1, 5f
    add  t1, t1, a0
1:  lwu  a3, 0(a0)
    lwu  a4, 0(a1)
    bne  a3, a4, 2b
    addi a0, a0, 4
    addi a1, a1, 4
    bne  a0, t1, 1b
    j    5f
4:  andi t1, a2, 4
    beqz t1, 5f
    lwu  a3, 0(a0)
    lwu  a4, 0(a1)
    bne  a3, a4, 6f
    addi a0, a0, 4
    addi a1, a1, 4
    addi a2, a2, -4
5:  beqz a2, 8f
6:  add  a2, a2, a0
7:  lbu  a3, 0(a0)
    lbu  a4, 0(a1)
    bne  a3, a4, 9f
    addi a0, a0, 1
    addi a1, a1, 1
    bne  a0, a2, 7b
8:  li   a0, 0
    ret
9:  sub  a0, a3, a4
    ret
