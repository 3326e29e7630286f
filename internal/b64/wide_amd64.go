package b64

import "golang.org/x/sys/cpu"

// wide tells whether the processor has what encodeWide needs. The masks of the
// last piece are made with BMI2, which no processor with the rest lacks.
var wide = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI && cpu.X86.HasBMI2

// encodeWide writes n bytes from src in base64 to dst, which has room for them;
// n is above zero. In place of padding it writes what zero bits are.
//
//go:noescape
func encodeWide(dst, src *byte, n int)
