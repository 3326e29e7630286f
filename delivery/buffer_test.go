package delivery

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write what happens into the transcripts")

// TestBuffer plays the transcripts of testdata. A line is an action; lines that
// begin with > say what came of it.
func TestBuffer(t *testing.T) {
	files, err := filepath.Glob("testdata/buffer_*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		got := play(t, string(text))
		if *rewrite {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			continue
		}
		require.Equal(t, string(text), got, file)
	}
}

func play(t *testing.T, script string) string {
	var out strings.Builder
	var hints Hints
	var buffer Buffer
	start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	clock := func(text string) time.Time {
		d, err := time.ParseDuration(text)
		require.NoError(t, err)
		return start.Add(d)
	}
	for lines := bufio.NewScanner(strings.NewReader(script)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, ">") {
			continue
		}
		fmt.Fprintln(&out, line)
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		now := clock(words[1])
		switch words[0] {
		case "hints": // age bytes
			bytes, err := strconv.ParseInt(words[2], 10, 64)
			require.NoError(t, err)
			hints, buffer = Hints{Age: now.Sub(start), Bytes: bytes}, Buffer{}
			continue
		case "add": // time bytes
			size, err := strconv.Atoi(words[2])
			require.NoError(t, err)
			buffer.Add(now, size)
		case "look": // time
		default:
			t.Fatalf("unknown line %q", line)
		}
		due := "never by age"
		if at, ok := hints.Due(buffer); ok {
			due = "by age at " + at.Sub(start).String()
		}
		fmt.Fprintf(&out, "> %d records, %d bytes, closes %s", buffer.Records, buffer.Bytes, due)
		if hints.Closes(buffer, now) {
			fmt.Fprint(&out, ": deliver")
			buffer = Buffer{}
		}
		fmt.Fprintln(&out)
	}
	return out.String()
}
