package engine

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFatal checks that what Pebble gives up for is told in one line, and is
// in the log with all its traces.
func TestFatal(t *testing.T) {
	var out bytes.Buffer
	l := &logger{slog: slog.New(slog.NewTextHandler(&out, nil)), guard: newGuard(vfs.NewMem(), false)}
	l.Fatalf("%s", "checksum mismatch\n(1) attached stack trace")
	require.EqualError(t, l.guard.failure(), "pebble: checksum mismatch")
	assert.Contains(t, out.String(), "attached stack trace")
}
