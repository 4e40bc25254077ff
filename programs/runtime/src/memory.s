# memcpy, memmove, memset, memcmp and bcmp, which compiled code calls everywhere. Words wherever both ends allow it, and
# unrolled: on the machine every instruction costs the same. Loads are aligned always; the machine would round them down.

    .section .text.memcpy, "ax", @progbits
    .globl memcpy
    .type memcpy, @function
memcpy:
    mv   t6, a0
    or   t0, a0, a1
    andi t0, t0, 7
    beqz t0, .Lcopy_words
    sltiu t0, a2, 12
    bnez t0, .Lcopy_bytes
    # The destination to a multiple of 8.
    neg  t0, t6
    andi t0, t0, 7
    beqz t0, 2f
    sub  a2, a2, t0
    add  t0, t0, t6
1:  lbu  t1, 0(a1)
    addi a1, a1, 1
    sb   t1, 0(t6)
    addi t6, t6, 1
    bne  t6, t0, 1b
2:  andi t0, a1, 7
    bnez t0, .Lcopy_shifted
.Lcopy_words:
    sltiu t0, a2, 64
    bnez t0, 2f
    andi t0, a2, -64
    add  t0, t0, t6
1:  ld   a3, 0(a1)
    ld   a4, 8(a1)
    ld   a5, 16(a1)
    ld   a6, 24(a1)
    ld   a7, 32(a1)
    ld   t1, 40(a1)
    ld   t2, 48(a1)
    ld   t3, 56(a1)
    sd   a3, 0(t6)
    sd   a4, 8(t6)
    sd   a5, 16(t6)
    sd   a6, 24(t6)
    sd   a7, 32(t6)
    sd   t1, 40(t6)
    sd   t2, 48(t6)
    sd   t3, 56(t6)
    addi a1, a1, 64
    addi t6, t6, 64
    bne  t6, t0, 1b
2:  andi t0, a2, 32
    beqz t0, 3f
    ld   a3, 0(a1)
    ld   a4, 8(a1)
    ld   a5, 16(a1)
    ld   a6, 24(a1)
    sd   a3, 0(t6)
    sd   a4, 8(t6)
    sd   a5, 16(t6)
    sd   a6, 24(t6)
    addi a1, a1, 32
    addi t6, t6, 32
3:  andi t0, a2, 31
    beqz t0, 8f
    andi t0, a2, 16
    beqz t0, 4f
    ld   a3, 0(a1)
    ld   a4, 8(a1)
    sd   a3, 0(t6)
    sd   a4, 8(t6)
    addi a1, a1, 16
    addi t6, t6, 16
4:  andi t0, a2, 8
    beqz t0, 5f
    ld   a3, 0(a1)
    sd   a3, 0(t6)
    addi a1, a1, 8
    addi t6, t6, 8
5:  andi t0, a2, 4
    beqz t0, 6f
    lw   a3, 0(a1)
    sw   a3, 0(t6)
    addi a1, a1, 4
    addi t6, t6, 4
6:  andi t0, a2, 2
    beqz t0, 7f
    lh   a3, 0(a1)
    sh   a3, 0(t6)
    addi a1, a1, 2
    addi t6, t6, 2
7:  andi t0, a2, 1
    beqz t0, 8f
    lbu  a3, 0(a1)
    sb   a3, 0(t6)
8:  ret

# The destination is aligned, the source is t0 bytes after a multiple of 8: each word is made of two.
.Lcopy_shifted:
    sub  a1, a1, t0
    slli t1, t0, 3
    neg  t2, t1
    ld   a3, 0(a1)
    andi t3, a2, -32
    beqz t3, 2f
    add  t3, t3, t6
1:  ld   a4, 8(a1)
    ld   a5, 16(a1)
    ld   a6, 24(a1)
    ld   a7, 32(a1)
    srl  a3, a3, t1
    sll  t4, a4, t2
    or   a3, a3, t4
    sd   a3, 0(t6)
    srl  a4, a4, t1
    sll  t4, a5, t2
    or   a4, a4, t4
    sd   a4, 8(t6)
    srl  a5, a5, t1
    sll  t4, a6, t2
    or   a5, a5, t4
    sd   a5, 16(t6)
    srl  a6, a6, t1
    sll  t4, a7, t2
    or   a6, a6, t4
    sd   a6, 24(t6)
    mv   a3, a7
    addi a1, a1, 32
    addi t6, t6, 32
    bne  t6, t3, 1b
2:  andi t3, a2, 24
    beqz t3, 4f
    add  t3, t3, t6
3:  ld   a4, 8(a1)
    srl  a3, a3, t1
    addi a1, a1, 8
    sll  t4, a4, t2
    or   a3, a3, t4
    sd   a3, 0(t6)
    mv   a3, a4
    addi t6, t6, 8
    bne  t6, t3, 3b
4:  add  a1, a1, t0
    andi a2, a2, 7
.Lcopy_bytes:
    beqz a2, 2f
    add  a2, a2, t6
1:  lbu  a3, 0(a1)
    addi a1, a1, 1
    sb   a3, 0(t6)
    addi t6, t6, 1
    bne  t6, a2, 1b
2:  ret

    .section .text.memmove, "ax", @progbits
    .globl memmove
    .type memmove, @function
memmove:
    # Forwards unless the destination begins within the source.
    sub  t0, a0, a1
    bltu t0, a2, 1f
    j    memcpy
1:  add  a1, a1, a2
    add  t6, a0, a2
    or   t0, a1, t6
    or   t0, t0, a2
    andi t0, t0, 7
    bnez t0, 3f
    beq  t6, a0, 4f
2:  addi a1, a1, -8
    addi t6, t6, -8
    ld   t0, 0(a1)
    sd   t0, 0(t6)
    bne  t6, a0, 2b
    ret
3:  addi a1, a1, -1
    addi t6, t6, -1
    lbu  t0, 0(a1)
    sb   t0, 0(t6)
    bne  t6, a0, 3b
4:  ret

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
