package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// separateFrom is the size from which values live in blob files: compactions
// then move keys only, and a block is written twice in all (log and blob).
const separateFrom = 512

// options sets every option of Pebble that matters here, defaults included
// where they have changed between versions.
func (e *Engine) options(g *guard) *pebble.Options {
	o := &pebble.Options{
		FS:                          g,
		FormatMajorVersion:          pebble.FormatValueSeparation,
		CacheSize:                   e.config.CacheBytes,
		MemTableSize:                e.config.MemTableBytes,
		MemTableStopWritesThreshold: 3,
		BytesPerSync:                1 << 20,
		// One file per memtable, see docs/storage.md on write amplification. From
		// 12 on takes a third of the work that Pebble's 4 would; Reclaim sees to
		// what was removed.
		L0CompactionThreshold: 12,
		L0StopWritesThreshold: 64,
		LBaseMaxBytes:         64 << 20,
		MaxOpenFiles:          512,
		// Range deletes reach the disk by themselves even when nothing is
		// written any more, so that trimmed space comes back.
		FlushDelayDeleteRange: 10 * time.Second,
		Logger:                &logger{slog: e.config.Logger, guard: g},
	}
	o.TargetFileSizes[0] = 16 << 20
	for i := range o.Levels {
		// Payloads are the user's: often compressed, always small per block.
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	}
	o.Experimental.ValueSeparationPolicy = func() pebble.ValueSeparationPolicy {
		return pebble.ValueSeparationPolicy{
			Enabled: true, MinimumSize: separateFrom, MaxBlobReferenceDepth: 1000,
			RewriteMinimumAge: 5 * time.Minute, TargetGarbageRatio: 0.5,
		}
	}
	o.Experimental.FileCacheShards = 1
	o.EventListener = &pebble.EventListener{
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { g.stall(true) },
		WriteStallEnd:   func() { g.stall(false) },
		FlushBegin:      func(pebble.FlushInfo) { e.beside.bytes.Store(0) },
		BackgroundError: func(err error) { e.config.Logger.Error("store: background work failed", "error", err) },
	}
	return o
}

// logger turns Pebble's messages into ours. Its routine messages are of no
// interest; fatal ones become a failure of the guard instead of an exit.
type logger struct {
	slog  *slog.Logger
	guard *guard
}

func (l *logger) Infof(string, ...any) {}

func (l *logger) Errorf(format string, args ...any) {
	l.slog.Error("store: " + fmt.Sprintf(format, args...))
}

// Fatalf is expected to end the process. Every fatal case of Pebble that the
// disk can cause is caught by the guard before; what is left are
// inconsistencies it found in itself, after which only a reopening helps.
func (l *logger) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	// Stack traces follow, which are for the log and not for who asks how we are.
	reason, _, _ := strings.Cut(text, "\n")
	l.guard.fail(errors.New("pebble: " + reason))
	l.slog.Error("store: " + text)
}
