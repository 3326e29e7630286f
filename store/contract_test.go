package store_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"sluice/store"
	"sluice/store/log/logtest"
	"sluice/store/log/memlog"
	"sluice/store/log/pebblelog"
)

func TestLogContract(t *testing.T) {
	t.Run("process", func(t *testing.T) { logtest.Run(t, stored(store.Process, pebblelog.Bundling{})) })
	t.Run("disk", func(t *testing.T) { logtest.Run(t, stored(store.Disk, pebblelog.Bundling{})) })
	t.Run("bundled", func(t *testing.T) { logtest.Run(t, stored(store.Process, bundled())) })
	t.Run("bundled disk", func(t *testing.T) { logtest.Run(t, stored(store.Disk, bundled())) })
}

// TestLogsAgree plays random histories on all logs. SLUICE_LOG_SEEDS plays
// more of them.
func TestLogsAgree(t *testing.T) {
	n := 12
	if s := os.Getenv("SLUICE_LOG_SEEDS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	var seeds []uint64
	for i := range n {
		seeds = append(seeds, uint64(i))
	}
	logtest.Agree(t, seeds, map[string]logtest.Open{
		"memory": func(_ *testing.T, now func() time.Time) *logtest.Instance {
			return &logtest.Instance{Log: memlog.New(now)}
		},
		"fake": func(_ *testing.T, now func() time.Time) *logtest.Instance {
			return &logtest.Instance{Log: logtest.NewFake(now, 5)}
		},
		"pebble process": stored(store.Process, pebblelog.Bundling{}),
		"pebble disk":    stored(store.Disk, pebblelog.Bundling{}),
		"pebble bundled": stored(store.Process, bundled()),
		"pebble mixed":   stored(store.Disk, pebblelog.Bundling{Logs: 2, LogBytes: 1 << 30, Bytes: 1 << 10}),
	})
}
