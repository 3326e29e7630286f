#include "textflag.h"

// 48 bytes become 64 characters in three steps: each three bytes a b c are laid
// out as b a c b in a word of 32 bits; from each pair of words, eight fields of
// six bits are shifted into place; and each field, whose upper two bits do not
// matter, selects its character.

// layout is which bytes go where.
DATA layout<>+0(SB)/8, $0x0405030401020001
DATA layout<>+8(SB)/8, $0x0a0b090a07080607
DATA layout<>+16(SB)/8, $0x10110f100d0e0c0d
DATA layout<>+24(SB)/8, $0x1617151613141213
DATA layout<>+32(SB)/8, $0x1c1d1b1c191a1819
DATA layout<>+40(SB)/8, $0x222321221f201e1f
DATA layout<>+48(SB)/8, $0x2829272825262425
DATA layout<>+56(SB)/8, $0x2e2f2d2e2b2c2a2b
GLOBL layout<>(SB), RODATA|NOPTR, $64

// shifts is how far each field stands from where its pair of words begins.
DATA shifts<>+0(SB)/8, $0x3036242a1016040a
GLOBL shifts<>(SB), RODATA|NOPTR, $8

DATA alphabet<>+0(SB)/8, $"ABCDEFGH"
DATA alphabet<>+8(SB)/8, $"IJKLMNOP"
DATA alphabet<>+16(SB)/8, $"QRSTUVWX"
DATA alphabet<>+24(SB)/8, $"YZabcdef"
DATA alphabet<>+32(SB)/8, $"ghijklmn"
DATA alphabet<>+40(SB)/8, $"opqrstuv"
DATA alphabet<>+48(SB)/8, $"wxyz0123"
DATA alphabet<>+56(SB)/8, $"456789+/"
GLOBL alphabet<>(SB), RODATA|NOPTR, $64

// PIECE makes characters of the bytes in z.
#define PIECE(z) \
	VPERMB z, Z29, z; \
	VPMULTISHIFTQB z, Z30, z; \
	VPERMB Z31, z, z

// func encodeWide(dst, src *byte, n int)
TEXT ·encodeWide(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVDQU64 layout<>(SB), Z29
	VPBROADCASTQ shifts<>(SB), Z30
	VMOVDQU64 alphabet<>(SB), Z31

	// Four at a time, each read as 64 bytes of which 16 are the next one's.
	CMPQ CX, $208
	JB   pairless

four:
	VMOVDQU64 (SI), Z0
	VMOVDQU64 48(SI), Z1
	VMOVDQU64 96(SI), Z2
	VMOVDQU64 144(SI), Z3
	PREFETCHT0 1024(SI)
	PREFETCHT0 1088(SI)
	PREFETCHT0 1152(SI)
	PIECE(Z0)
	PIECE(Z1)
	PIECE(Z2)
	PIECE(Z3)
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z1, 64(DI)
	VMOVDQU64 Z2, 128(DI)
	VMOVDQU64 Z3, 192(DI)
	ADDQ $192, SI
	ADDQ $256, DI
	SUBQ $192, CX
	CMPQ CX, $208
	JAE  four

pairless:
	CMPQ CX, $64
	JB   last

one:
	VMOVDQU64 (SI), Z0
	PIECE(Z0)
	VMOVDQU64 Z0, (DI)
	ADDQ $48, SI
	ADDQ $64, DI
	SUBQ $48, CX
	CMPQ CX, $64
	JAE  one

	// What is left, 16 to 63 bytes or the whole of a short text, is read and
	// written under masks: nothing beyond it is touched.
last:
	TESTQ CX, CX
	JZ    done
	MOVQ  CX, DX
	CMPQ  DX, $48
	JBE   short
	MOVQ  $48, DX

short:
	MOVQ  $-1, AX
	BZHIQ DX, AX, BX
	KMOVQ BX, K1
	VMOVDQU8.Z (SI), K1, Z0
	PIECE(Z0)

	// (DX + 2) / 3 * 4 characters.
	LEAQ  2(DX), R8
	IMUL3Q $43691, R8, R8
	SHRQ  $17, R8
	SHLQ  $2, R8
	BZHIQ R8, AX, BX
	KMOVQ BX, K2
	VMOVDQU8 Z0, K2, (DI)
	ADDQ  DX, SI
	ADDQ  R8, DI
	SUBQ  DX, CX
	JMP   last

done:
	VZEROUPPER
	RET
