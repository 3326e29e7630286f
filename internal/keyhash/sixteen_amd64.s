#include "textflag.h"

// Sixteen messages of one block each, in two groups of eight whose steps
// alternate: a step of MD5 has to wait for the one before it, and while one
// group waits the other works.
//
// SI is at the words, one row of 64 bytes for each of the sixteen; R8 at the
// constants. Y0 to Y3 and Y4 to Y7 are a, b, c, d of the groups, Y8 to Y12
// scratch, Y13 all ones.

// BEGIN adds the word and the constant of a step.
#define BEGIN(a, e, w, k) \
	VPBROADCASTD (k*4)(R8), Y12; \
	VPADDD (w*64)(SI), a, a; \
	VPADDD (w*64+32)(SI), e, e; \
	VPADDD Y12, a, a; \
	VPADDD Y12, e, e

// TURN rotates to the left by s and adds b.
#define TURN(a, b, e, f, s) \
	VPSLLD $s, a, Y8; \
	VPSLLD $s, e, Y10; \
	VPSRLD $(32-s), a, a; \
	VPSRLD $(32-s), e, e; \
	VPOR Y8, a, a; \
	VPOR Y10, e, e; \
	VPADDD b, a, a; \
	VPADDD f, e, e

// STEP1 uses d ^ (b & (c ^ d)).
#define STEP1(a, b, c, d, e, f, g, h, w, k, s) \
	BEGIN(a, e, w, k); \
	VPXOR c, d, Y8; \
	VPXOR g, h, Y10; \
	VPAND b, Y8, Y8; \
	VPAND f, Y10, Y10; \
	VPXOR d, Y8, Y8; \
	VPXOR h, Y10, Y10; \
	VPADDD Y8, a, a; \
	VPADDD Y10, e, e; \
	TURN(a, b, e, f, s)

// STEP2 uses (c &^ d) + (b & d), whose first half does not wait for b.
#define STEP2(a, b, c, d, e, f, g, h, w, k, s) \
	BEGIN(a, e, w, k); \
	VPANDN c, d, Y8; \
	VPANDN g, h, Y10; \
	VPADDD Y8, a, a; \
	VPADDD Y10, e, e; \
	VPAND b, d, Y8; \
	VPAND f, h, Y10; \
	VPADDD Y8, a, a; \
	VPADDD Y10, e, e; \
	TURN(a, b, e, f, s)

// STEP3 uses b ^ c ^ d.
#define STEP3(a, b, c, d, e, f, g, h, w, k, s) \
	BEGIN(a, e, w, k); \
	VPXOR c, d, Y8; \
	VPXOR g, h, Y10; \
	VPXOR b, Y8, Y8; \
	VPXOR f, Y10, Y10; \
	VPADDD Y8, a, a; \
	VPADDD Y10, e, e; \
	TURN(a, b, e, f, s)

// STEP4 uses c ^ (b | ^d).
#define STEP4(a, b, c, d, e, f, g, h, w, k, s) \
	BEGIN(a, e, w, k); \
	VPXOR d, Y13, Y8; \
	VPXOR h, Y13, Y10; \
	VPOR b, Y8, Y8; \
	VPOR f, Y10, Y10; \
	VPXOR c, Y8, Y8; \
	VPXOR g, Y10, Y10; \
	VPADDD Y8, a, a; \
	VPADDD Y10, e, e; \
	TURN(a, b, e, f, s)

// func sixteen(state *[4][Width]uint32, words *[16][Width]uint32)
TEXT ·sixteen(SB), NOSPLIT, $0-16
	MOVQ state+0(FP), DI
	MOVQ words+8(FP), SI
	LEAQ ·constants(SB), R8
	LEAQ ·start(SB), R9
	VPCMPEQD Y13, Y13, Y13
	VPBROADCASTD 0(R9), Y0
	VPBROADCASTD 4(R9), Y1
	VPBROADCASTD 8(R9), Y2
	VPBROADCASTD 12(R9), Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y2, Y6
	VMOVDQA Y3, Y7

	STEP1(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 0, 0, 7)
	STEP1(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 1, 1, 12)
	STEP1(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 2, 2, 17)
	STEP1(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 3, 3, 22)
	STEP1(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 4, 4, 7)
	STEP1(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 5, 5, 12)
	STEP1(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 6, 6, 17)
	STEP1(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 7, 7, 22)
	STEP1(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 8, 8, 7)
	STEP1(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 9, 9, 12)
	STEP1(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 10, 10, 17)
	STEP1(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 11, 11, 22)
	STEP1(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 12, 12, 7)
	STEP1(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 13, 13, 12)
	STEP1(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 14, 14, 17)
	STEP1(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 15, 15, 22)

	STEP2(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 1, 16, 5)
	STEP2(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 6, 17, 9)
	STEP2(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 11, 18, 14)
	STEP2(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 0, 19, 20)
	STEP2(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 5, 20, 5)
	STEP2(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 10, 21, 9)
	STEP2(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 15, 22, 14)
	STEP2(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 4, 23, 20)
	STEP2(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 9, 24, 5)
	STEP2(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 14, 25, 9)
	STEP2(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 3, 26, 14)
	STEP2(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 8, 27, 20)
	STEP2(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 13, 28, 5)
	STEP2(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 2, 29, 9)
	STEP2(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 7, 30, 14)
	STEP2(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 12, 31, 20)

	STEP3(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 5, 32, 4)
	STEP3(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 8, 33, 11)
	STEP3(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 11, 34, 16)
	STEP3(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 14, 35, 23)
	STEP3(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 1, 36, 4)
	STEP3(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 4, 37, 11)
	STEP3(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 7, 38, 16)
	STEP3(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 10, 39, 23)
	STEP3(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 13, 40, 4)
	STEP3(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 0, 41, 11)
	STEP3(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 3, 42, 16)
	STEP3(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 6, 43, 23)
	STEP3(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 9, 44, 4)
	STEP3(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 12, 45, 11)
	STEP3(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 15, 46, 16)
	STEP3(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 2, 47, 23)

	STEP4(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 0, 48, 6)
	STEP4(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 7, 49, 10)
	STEP4(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 14, 50, 15)
	STEP4(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 5, 51, 21)
	STEP4(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 12, 52, 6)
	STEP4(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 3, 53, 10)
	STEP4(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 10, 54, 15)
	STEP4(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 1, 55, 21)
	STEP4(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 8, 56, 6)
	STEP4(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 15, 57, 10)
	STEP4(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 6, 58, 15)
	STEP4(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 13, 59, 21)
	STEP4(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 4, 60, 6)
	STEP4(Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 11, 61, 10)
	STEP4(Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 2, 62, 15)
	STEP4(Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 9, 63, 21)

	VPBROADCASTD 0(R9), Y8
	VPADDD Y8, Y0, Y0
	VPADDD Y8, Y4, Y4
	VMOVDQU Y0, 0(DI)
	VMOVDQU Y4, 32(DI)
	VPBROADCASTD 4(R9), Y8
	VPADDD Y8, Y1, Y1
	VPADDD Y8, Y5, Y5
	VMOVDQU Y1, 64(DI)
	VMOVDQU Y5, 96(DI)
	VPBROADCASTD 8(R9), Y8
	VPADDD Y8, Y2, Y2
	VPADDD Y8, Y6, Y6
	VMOVDQU Y2, 128(DI)
	VMOVDQU Y6, 160(DI)
	VPBROADCASTD 12(R9), Y8
	VPADDD Y8, Y3, Y3
	VPADDD Y8, Y7, Y7
	VMOVDQU Y3, 192(DI)
	VMOVDQU Y7, 224(DI)
	VZEROUPPER
	RET
