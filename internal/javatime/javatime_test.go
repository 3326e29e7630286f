package javatime

import (
	_ "embed"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

//go:embed testdata/java.txt
var fromJava string

// notOfJava8 are letters that later versions have added.
const notOfJava8 = "Bgv"

// Everything that Java wrote is written the same here.
func TestAsJavaWrites(t *testing.T) {
	for line := range strings.Lines(fromJava) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		pattern, want := f[0], f[3]
		l, err := Compile(pattern)
		if strings.ContainsAny(pattern, notOfJava8) {
			require.Error(t, err, pattern)
			continue
		}
		if f[1] == "" {
			require.EqualError(t, err, want[1:], pattern)
			continue
		}
		require.NoError(t, err, pattern)
		zone, err := time.LoadLocation(f[1])
		require.NoError(t, err)
		at, err := time.Parse(time.RFC3339, f[2])
		require.NoError(t, err)
		got, err := l.Append(nil, at.In(zone))
		switch {
		case pattern == "zzzz" && f[1] != "UTC":
			require.Error(t, err)
		case strings.HasPrefix(want, "!"):
			require.EqualError(t, err, want[1:], line)
		default:
			require.NoError(t, err, line)
			require.Equal(t, want, string(got), line)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, p := range []string{"yyyy/MM/dd/HH/", "'a''b'", "ppH", "[yyyy]", "EEEE", "zzzz"} {
		f.Add(p)
	}
	at := time.Date(2026, 1, 5, 10, 11, 12, 0, time.UTC)
	f.Fuzz(func(t *testing.T, pattern string) {
		if l, err := Compile(pattern); err == nil {
			_, _ = l.Append(nil, at)
		}
	})
}
