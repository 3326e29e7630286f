package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProgramRanges(t *testing.T) {
	const smaps = `00400000-01444000 r-xp 00000000 fe:00 77 /usr/bin/sluice
Rss:               13692 kB
Anonymous:             0 kB
01444000-02558000 r--p 01044000 fe:00 77 /usr/bin/sluice
Rss:               15376 kB
Anonymous:             0 kB
02558000-0260a000 rw-p 02158000 fe:00 77 /usr/bin/sluice
Anonymous:             0 kB
02610000-02620000 r--p 02200000 fe:00 77 /usr/bin/sluice
Anonymous:             8 kB
7fc4a46c0000-7fc4a4a00000 rw-p 00000000 00:00 0
Anonymous:          1636 kB
7fc4a5000000-7fc4a5001000 r--p 00000000 fe:00 78 /usr/lib/libc.so
Anonymous:             0 kB
`
	require.Equal(t, []addresses{{0x400000, 0x1444000}, {0x1444000, 0x2558000}}, programRanges(smaps, "/usr/bin/sluice"))
	require.Empty(t, programRanges("", "/usr/bin/sluice"))
}

// The process goes on as if nothing had happened.
func TestLetGo(t *testing.T) {
	letGo()
	letGo()
	require.Equal(t, "nothing", orNothing(nil))
}
