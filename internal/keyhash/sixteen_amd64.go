package keyhash

import "golang.org/x/sys/cpu"

// together tells whether the processor has what sixteen needs.
var together = cpu.X86.HasAVX2

// sixteen works on the one block of each of sixteen messages: row w of words
// holds word w of all of them.
//
//go:noescape
func sixteen(state *[4][Width]uint32, words *[16][Width]uint32)
