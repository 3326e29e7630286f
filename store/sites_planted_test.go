package store_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
	"sluice/store"
)

// TestFailEverywhereSees shows that the visits would notice a store that takes a
// failure for a success, and one that does not take back what failed: disks that
// make it so are found to be that.
func TestFailEverywhereSees(t *testing.T) {
	for _, c := range []struct {
		name       string
		durability store.Durability
		kind       errorfs.OpKind
		plant      func(vfs.FS) vfs.FS
		found      string
	}{
		{"a write that failed and is told as done", store.Process, errorfs.OpFileWrite, func(fs vfs.FS) vfs.FS { return hushed{fs} }, "is missing|damaged|invalid"},
		{"the cut left out", store.Disk, errorfs.OpFileSyncData, func(fs vfs.FS) vfs.FS { return uncut{fs} }, "failed and is there|is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := fmt.Sprintf("kind %d of .log by pebble in the background", c.kind)
			// With nothing written as tables, which would mend what a log lacks.
			said := func(skip int, plant func(vfs.FS) vfs.FS) string {
				return strings.Join(torture.SeenBy(t, func(w *torture.Verdict) {
					v := newVisit(w, c.durability, place)
					v.sites.skip, v.options.MemTableBytes = skip, 1<<20
					v.options.FS = plant(v.options.FS)
					defer func() {
						if v.store != nil {
							_ = v.store.Close()
						}
					}()
					v.trouble()
				}), "\n")
			}
			for skip := 40; skip < 70; skip++ { // after the trim, and some of what fails was not to stay anyway
				require.Empty(t, said(skip, func(fs vfs.FS) vfs.FS { return fs }), "without the plant")
				if found, err := regexp.MatchString(c.found, said(skip, c.plant)); found {
					require.NoError(t, err)
					return
				}
			}
			t.Fatal("not found")
		})
	}
}

// hushed is a disk whose logs say that all went well.
type hushed struct{ vfs.FS }

// Create implements vfs.FS.
func (h hushed) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := h.FS.Create(name, c)
	return hush(f, name), err
}

// ReuseForWrite implements vfs.FS.
func (h hushed) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := h.FS.ReuseForWrite(from, to, c)
	return hush(f, to), err
}

func hush(f vfs.File, name string) vfs.File {
	if f == nil || !strings.HasSuffix(name, ".log") {
		return f
	}
	return quietFile{f}
}

type quietFile struct{ vfs.File }

// Write implements vfs.File.
func (q quietFile) Write(p []byte) (int, error) {
	_, _ = q.File.Write(p)
	return len(p), nil
}

// uncut is a disk on which no log is replaced by its beginning.
type uncut struct{ vfs.FS }

// Rename implements vfs.FS.
func (u uncut) Rename(from, to string) error {
	if strings.HasSuffix(from, ".log.cut") {
		return nil
	}
	return u.FS.Rename(from, to)
}
