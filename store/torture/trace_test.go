package torture

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// traceCalls bounds what is remembered of a life.
const traceCalls = 1 << 14

// trace is what was asked of the disk during a life, in order.
type trace struct {
	mu    sync.Mutex
	calls []call // guarded by mu
}

// call is one, before it was done.
type call struct {
	tick int64
	kind errorfs.OpKind
	path string
	err  error // then it was not done
}

// note adds a call, and returns its fate.
func (t *trace) note(tick int64, op errorfs.Op, err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.calls) < traceCalls {
		t.calls = append(t.calls, call{tick, op.Kind, op.Path, err})
	}
	return err
}

// about tells of the calls that failed, of those that concern files named in a
// text, and of what was done to logs, manifests and folders between them.
func (t *trace) about(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, c := range t.calls {
		base := path.Base(c.path)
		named := len(base) > 3 && strings.Contains(text, base)
		database := strings.HasSuffix(base, ".log") || strings.HasPrefix(base, "MANIFEST") || strings.HasSuffix(base, ".sst") && c.kind != errorfs.OpFileWrite
		if c.err == nil && !named && !database && c.kind != errorfs.OpRename && c.kind != errorfs.OpRemove && c.kind != errorfs.OpRemoveAll {
			continue
		}
		fmt.Fprintf(&b, "%6d  %-12s %s", c.tick, callNames[c.kind], c.path)
		if c.err != nil {
			fmt.Fprintf(&b, ": %v", c.err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// callNames are those of the calls that change something.
var callNames = map[errorfs.OpKind]string{
	errorfs.OpCreate: "create", errorfs.OpLink: "link", errorfs.OpOpen: "open to write", errorfs.OpRemove: "remove",
	errorfs.OpRemoveAll: "remove all", errorfs.OpRename: "rename", errorfs.OpReuseForWrite: "reuse", errorfs.OpMkdirAll: "make folder",
	errorfs.OpFilePreallocate: "allocate", errorfs.OpFileWrite: "write", errorfs.OpFileWriteAt: "write at",
	errorfs.OpFileSync: "sync", errorfs.OpFileSyncData: "sync data", errorfs.OpFileSyncTo: "sync to", errorfs.OpFileFlush: "flush",
}

// violation is a broken law, and what was asked of the disk before.
type violation struct {
	error
	trace string
}

// Unwrap returns the law.
func (v *violation) Unwrap() error { return v.error }
