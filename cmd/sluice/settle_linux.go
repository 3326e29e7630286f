package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// forgetProgram has the kernel forget which pages of the program's code and
// constants this process has touched. They stay in the cache of files, and the
// next touch maps them again.
func forgetProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return // no /proc; nothing is lost but memory
	}
	b, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, r := range programRanges(string(b), program) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, r.low, r.high-r.low, syscall.MADV_DONTNEED)
	}
}

// addresses are those from low to below high.
type addresses struct{ low, high uintptr }

// programRanges finds where the program's file is mapped, as far as these
// mappings can neither be written to nor ever were: pages that differ from
// the file would be lost.
func programRanges(smaps, program string) []addresses {
	var found []addresses
	var at addresses
	ours := false
	for line := range strings.Lines(smaps) {
		f := strings.Fields(line)
		switch {
		case len(f) >= 2 && strings.Contains(f[0], "-"):
			low, high, _ := strings.Cut(f[0], "-")
			a, err1 := strconv.ParseUint(low, 16, strconv.IntSize)
			z, err2 := strconv.ParseUint(high, 16, strconv.IntSize)
			at = addresses{uintptr(a), uintptr(z)}
			ours = err1 == nil && err2 == nil && len(f) == 6 && f[5] == program && !strings.Contains(f[1], "w")
		case ours && len(f) >= 2 && f[0] == "Anonymous:" && f[1] == "0":
			found = append(found, at)
		}
	}
	return found
}
