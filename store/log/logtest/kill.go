package logtest

import (
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// AfterKill is a disk in memory as kill -9 leaves it: all that was done to it is
// done.
func AfterKill(mem *vfs.MemFS, dice *rand.Rand) *vfs.MemFS {
	return Crash(mem, vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: dice}, func(string) bool { return true })
}

// Crash is a clone of a disk in memory without what had been removed, if gone
// says so of its path. Without that a clone has every name that was synced until
// its folder is synced without it, while in truth removals may outlive a crash at
// once. Others may use the disk meanwhile; what they remove may be there.
func Crash(mem *vfs.MemFS, c vfs.CrashCloneCfg, gone func(path string) bool) *vfs.MemFS {
	there := map[string]bool{}
	each(mem, "/", func(path string) bool {
		there[path] = true
		return true
	})
	left := mem.CrashClone(c)
	each(left, "/", func(path string) bool {
		if there[path] {
			return true
		}
		if _, err := mem.Stat(path); err == nil || !gone(path) {
			return true // it is new
		}
		_ = left.RemoveAll(path) // fails for what does not exist
		return false
	})
	return left
}

// AfterPowerLoss is a disk in memory as a power failure may leave it: of what was
// not synced there is a share, and of what had been removed, in every other
// picture, about half.
func AfterPowerLoss(mem *vfs.MemFS, percent int, dice *rand.Rand) *vfs.MemFS {
	c := vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: dice}
	if dice.IntN(2) == 0 {
		return mem.CrashClone(c)
	}
	return Crash(mem, c, removed(func() bool { return dice.IntN(2) == 0 }))
}

// Removed tells Crash of all that is only ever removed and never renamed: what is
// renamed is not gone under both names.
func Removed() func(path string) bool { return removed(func() bool { return true }) }

// removed asks gone about such a path. What is below a folder that was renamed is
// not removed with it.
func removed(gone func() bool) func(path string) bool {
	moved := ""
	return func(path string) bool {
		if moved != "" && strings.HasPrefix(path, moved) {
			return false
		}
		for _, part := range []string{"/records/", "/ring/", "/bodies/", "/MANIFEST-", "/marker."} {
			if strings.Contains(path, part) {
				return gone()
			}
		}
		// Logs are renamed to be used again, when nothing in them is wanted any more.
		if strings.HasSuffix(path, ".sst") || strings.HasSuffix(path, ".log") {
			return gone()
		}
		moved = path + "/"
		return false
	}
}

// each calls f for every path, and goes into folders for which it returns true.
func each(fs *vfs.MemFS, dir string, f func(path string) bool) {
	names, err := fs.List(dir)
	if err != nil {
		return // it is a file
	}
	for _, name := range names {
		if path := fs.PathJoin(dir, name); f(path) {
			each(fs, path, f)
		}
	}
}

// opening is a disk that lets one at a time open a file which may not exist. In
// vfs.MemFS two who do so at once get two files, of which the name is that of the
// second; on a real disk it is one.
type opening struct {
	vfs.FS
	mu *sync.Mutex
}

// Opening is a disk in memory, or over one, on which files are made by one at a time.
func Opening(fs vfs.FS) vfs.FS { return opening{fs, new(sync.Mutex)} }

// OpenReadWrite implements vfs.FS.
func (o opening) OpenReadWrite(name string, c vfs.DiskWriteCategory, more ...vfs.OpenOption) (vfs.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.FS.OpenReadWrite(name, c, more...)
}

// Unwrap implements vfs.FS.
func (o opening) Unwrap() vfs.FS { return o.FS }
