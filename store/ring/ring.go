// Package ring keeps what is written once, read only after a crash and soon
// not needed any more: a file of fixed size whose segments are overwritten
// again and again. The pages of such a file stay in the kernel's memory and
// its blocks on the disk, so that write(2) takes a fifth of what appending to
// a new file does, and a sync half.
//
// What is in the ring is in memory as well, in the segment's own buffer, and is
// written from there. Space is handed out in the order of asking and given back
// in any, by who knows that a power failure cannot make it wanted again; a
// segment is begun anew once all of it was given back.
package ring

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Errors of Take.
var (
	// ErrCrowded means that all space is in use. Some comes back with Release.
	ErrCrowded = errors.New("the ring is full")
	// ErrBroken means that a write failed. Once everything that is in the file
	// was given back, Take begins another.
	ErrBroken = errors.New("the ring was given up after a failed write")
	// ErrLarge means that a piece does not fit into a segment.
	ErrLarge = errors.New("too large for the ring")
)

// Options of New. Zero numbers have their defaults.
type Options struct {
	FS  vfs.FS
	Dir string
	// SegmentBytes and Segments are the size of the ring (default 8 of 4 MiB).
	// A segment takes memory and disk from its first use on.
	SegmentBytes, Segments int
	// Synced makes Sync do what it says.
	Synced bool
}

// Ring hands out space in a file. It is safe for concurrent use. The file is
// made at the first Take.
type Ring struct {
	o Options
	// readers counts those who read the memory of segments. While there are
	// any, the memory of a segment that was given back is left to them.
	readers atomic.Int64

	// mu guards the fields below.
	mu       sync.Mutex
	file     *file  // nil before the first Take
	broken   bool   // a write to it failed
	live     int    // spaces in it that were not given back
	last     uint64 // the highest number of a file, known once there is one
	older    bool   // there were files of another process, which nobody has asked for
	segments []segment
	current  int // the segment that is handed out
}

// segment is a stretch of the file.
type segment struct {
	memory []byte  // nil when it is not in use
	used   int     // handed out
	live   int     // spaces that were not given back
	pieces []piece // that were written
}

// piece is a place in a segment.
type piece struct{ off, size int }

// Space is a place in the ring and its memory.
type Space struct {
	// Bytes is the memory. It is the holder's until Release.
	Bytes []byte
	file  *file
	at    int // segment
	off   int // in the segment
	size  int // of a segment
}

// Ref says where something is: enough to read it in another process.
type Ref struct {
	File   uint64
	Offset int64
	Length int
}

// Ref is the place of the first n bytes.
func (s *Space) Ref(n int) Ref {
	return Ref{File: s.file.number, Offset: int64(s.at)*int64(s.size) + int64(s.off), Length: n}
}

// New returns a ring in a folder, which need not exist.
func New(o Options) *Ring {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 4 << 20
	}
	if o.Segments <= 0 {
		o.Segments = 8
	}
	return &Ring{o: o}
}

// Bytes is the size of the ring.
func (r *Ring) Bytes() int { return r.o.SegmentBytes * r.o.Segments }

// Fits tells whether a piece of n bytes can be in the ring.
func (r *Ring) Fits(n int) bool { return n <= r.o.SegmentBytes/2 }

// Take hands out n bytes. It does not wait for space.
func (r *Ring) Take(n int) (Space, error) {
	if !r.Fits(n) {
		return Space{}, ErrLarge
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return Space{}, ErrBroken
	}
	if err := r.begin(); err != nil {
		return Space{}, err
	}
	s := &r.segments[r.current]
	if s.live == 0 {
		r.rewind(s)
	}
	if s.used+n > len(s.memory) && s.memory != nil {
		next := slices.IndexFunc(r.segments, func(s segment) bool { return s.live == 0 })
		if next < 0 {
			return Space{}, ErrCrowded
		}
		r.current, s = next, &r.segments[next]
		r.rewind(s)
	}
	if s.memory == nil {
		s.memory = make([]byte, r.o.SegmentBytes)
	}
	space := Space{Bytes: s.memory[s.used : s.used+n : s.used+n], file: r.file, at: r.current, off: s.used, size: r.o.SegmentBytes}
	s.used += n
	s.live++
	r.live++
	return space, nil
}

// rewind begins a segment anew. mu is held.
func (r *Ring) rewind(s *segment) {
	if s.used > 0 && r.readers.Load() > 0 {
		s.memory = nil
	}
	s.used, s.pieces = 0, s.pieces[:0]
}

// begin sees to it that there is a file. mu is held.
func (r *Ring) begin() error {
	if r.file != nil {
		return nil
	}
	others, err := r.numbers()
	if err != nil {
		return err
	}
	if err := r.o.FS.MkdirAll(r.o.Dir, 0o755); err != nil {
		return err
	}
	number := r.last + 1
	f, err := r.o.FS.OpenReadWrite(r.Path(number), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make a ring: %w", err)
	}
	r.last, r.file, r.current = number, &file{File: f, number: number}, 0
	r.segments, r.older = make([]segment, r.o.Segments), len(others) > 0
	return nil
}

// Path is where a file is.
func (r *Ring) Path(number uint64) string {
	return r.o.FS.PathJoin(r.o.Dir, strconv.FormatUint(number, 10))
}

// numbers lists the files there are. mu is held.
func (r *Ring) numbers() (all []uint64, err error) {
	names, err := r.o.FS.List(r.o.Dir)
	if oserror.IsNotExist(err) {
		names, err = nil, nil
	}
	for _, name := range names {
		if n, e := strconv.ParseUint(name, 10, 64); e == nil {
			all = append(all, n)
			r.last = max(r.last, n)
		}
	}
	return all, err
}

// Inherited tells, once, that there were files before the one that is in use.
// Sweep removes them.
func (r *Ring) Inherited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	older := r.older
	r.older = false
	return older
}

// Release gives a space back. What it held must not be wanted after a crash any
// more, a power failure included: the rows that name it are durably gone. Those
// between Reading and Done may still look at its memory.
func (r *Ring) Release(s Space) {
	if over := r.release(s); over != nil {
		_ = over.close()
		_ = r.o.FS.Remove(r.Path(over.number)) // else Sweep will
	}
}

// release is Release. It returns the file if it was given up and is empty now.
func (r *Ring) release(s Space) (over *file) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != s.file || s.file == nil {
		return nil
	}
	r.segments[s.at].live--
	if r.live--; r.live > 0 || !r.broken {
		return nil
	}
	over = r.file
	r.file, r.segments, r.broken = nil, nil, false
	return over
}

// Reading says that the memory of spaces is being read, which must have been
// found before they were given back, until done is called.
func (r *Ring) Reading() { r.readers.Add(1) }

// Done ends a Reading.
func (r *Ring) Done() { r.readers.Add(-1) }

// Read reads what is at a place, in a file of this or another process.
func (r *Ring) Read(ref Ref) ([]byte, error) {
	f, err := r.o.FS.Open(r.Path(ref.File))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, ref.Length)
	_, err = f.ReadAt(b, ref.Offset)
	return b, err
}

// Sweep removes all files but the one in use. Nothing in them is wanted.
func (r *Ring) Sweep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, err := r.numbers()
	for _, n := range all {
		if r.file != nil && r.file.number == n {
			continue
		}
		if e := r.o.FS.Remove(r.Path(n)); e != nil && !oserror.IsNotExist(e) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Close closes the file and lets go of the memory. Nobody takes or writes any
// more.
func (r *Ring) Close() error {
	r.mu.Lock()
	f := r.file
	r.file, r.segments, r.broken, r.live = nil, nil, false, 0
	r.mu.Unlock()
	if f == nil {
		return nil
	}
	return f.close()
}
