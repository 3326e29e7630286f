// Package ring keeps what is written once, read only after a crash and soon
// not needed any more, in files of fixed size that are written over again and
// again. The pages of such a file stay in the kernel's memory and its blocks on
// the disk, so that write(2) takes a tenth of what appending to a new file does.
//
// A file is a segment. What is in it is in memory as well, in the segment's own
// buffer, and is written from there. Space is handed out in the order of asking
// and given back in any, when a killed process would not want it any more. Once
// all of a segment was given back its memory is free. Its file is not, for after a
// power failure it might be wanted again: that takes a sync (Reuse), and there
// are several times as many files as memory, so that one sync is for many.
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
	// ErrCrowded means that all memory is in use. Some comes back with Release.
	ErrCrowded = errors.New("the ring is full")
	// ErrSpent means that no file is free. There are some after Reuse.
	ErrSpent = errors.New("the ring waits for a sync")
	// ErrBroken means that a write failed. Once everything was given back, Take
	// begins anew.
	ErrBroken = errors.New("the ring was given up after a failed write")
	// ErrLarge means that a piece does not fit into a segment.
	ErrLarge = errors.New("too large for the ring")
)

// Options of New. Zero numbers have their defaults.
type Options struct {
	FS  vfs.FS
	Dir string
	// SegmentBytes is the size of a segment (default 4 MiB), Segments how many have
	// memory (default 8) and Files how many there are (default 5 times as many).
	// Memory and files are made when they are needed first.
	SegmentBytes, Segments, Files int
	// Synced makes Sync do what it says.
	Synced bool
}

func (o *Options) fill() {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 4 << 20
	}
	if o.Segments <= 0 {
		o.Segments = 8
	}
	if o.Files <= 0 {
		o.Files = 5 * o.Segments
	}
}

// Ring hands out space in files. It is safe for concurrent use. Nothing is made
// before the first Take.
type Ring struct {
	o Options
	// readers counts those who read the memory of segments. While there are
	// any, the memory of a segment that was given back is left to them.
	readers atomic.Int64

	// mu guards the fields below and those of segments that say so.
	mu       sync.Mutex
	all      []*segment
	current  *segment   // which is handed out
	free     []*segment // those whose files may be written over, the last one first
	spent    []*segment // those that were given back, the oldest first
	spare    [][]byte   // memory
	held     int        // segments that have memory
	live     int        // spaces that were not given back
	broken   bool       // a write failed
	cause    error      // of the last one that did
	begun    bool       // last is known
	older    bool       // there were files of another process, which nobody has asked for
	last     uint64     // the highest number of a file
	released bool       // Close was called
	lost     error      // why Save has failed
}

// state is what a segment is used for.
type state int

const (
	inUse  state = iota
	spent        // given back: after a power failure it might be wanted again
	unused       // nobody wants it
)

// segment is a file and, while it is in use, its memory.
type segment struct {
	file
	// Guarded by Ring.mu.
	state  state
	failed bool   // it is not written again
	memory []byte // nil when it is not in use
	used   int    // handed out
	live   int    // spaces that were not given back
}

// Space is a place in the ring and its memory.
type Space struct {
	// Bytes is the memory. It is the holder's until Release.
	Bytes   []byte
	segment *segment
	off     int
}

// Ref says where something is: enough to read it in another process.
type Ref struct {
	File   uint64
	Offset int64
	Length int
}

// Ref is the place of the first n bytes.
func (s *Space) Ref(n int) Ref {
	return Ref{File: s.segment.number, Offset: int64(s.off), Length: n}
}

// New returns a ring in a folder, which need not exist.
func New(o Options) *Ring {
	o.fill()
	return &Ring{o: o}
}

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
	if r.current == nil || r.current.used+n > r.o.SegmentBytes {
		if err := r.advance(); err != nil {
			return Space{}, err
		}
	}
	s := r.current
	space := Space{Bytes: s.memory[s.used : s.used+n : s.used+n], segment: s, off: s.used}
	s.used += n
	s.live++
	r.live++
	return space, nil
}

// Shrink gives back what follows the first n bytes of a space, if nothing was
// handed out since.
func (r *Ring) Shrink(s *Space, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if of := s.segment; of == r.current && of.used == s.off+len(s.Bytes) {
		of.used = s.off + n
		s.Bytes = s.Bytes[:n:n]
	}
}

// advance begins another segment. mu is held.
func (r *Ring) advance() error {
	if s := r.current; s != nil && s.live == 0 {
		r.current = nil
		r.spend(s)
	}
	if r.held >= r.o.Segments {
		return ErrCrowded
	}
	s, err := r.next()
	if err != nil {
		return err
	}
	s.state, s.used = inUse, 0
	if n := len(r.spare); n > 0 {
		s.memory, r.spare = r.spare[n-1], r.spare[:n-1]
	} else {
		s.memory = make([]byte, r.o.SegmentBytes)
	}
	r.held++
	r.current = s
	return nil
}

// next returns a segment whose file may be written over, or a new one. mu is held.
func (r *Ring) next() (*segment, error) {
	if n := len(r.free); n > 0 { // the last one, whose pages are the warmest
		s := r.free[n-1]
		r.free = r.free[:n-1]
		return s, nil
	}
	if len(r.all) >= r.o.Files {
		return nil, ErrSpent
	}
	if !r.begun {
		others, err := r.numbers()
		if err != nil {
			return nil, err
		}
		if err := r.o.FS.MkdirAll(r.o.Dir, 0o755); err != nil {
			return nil, err
		}
		r.begun, r.older = true, len(others) > 0
	}
	f, err := r.o.FS.OpenReadWrite(r.Path(r.last+1), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("make a ring: %w", err)
	}
	r.last++
	s := &segment{file: file{File: f, number: r.last}}
	r.all = append(r.all, s)
	return s, nil
}

// spend takes back a segment of which nothing is wanted but after a power failure.
// mu is held.
func (r *Ring) spend(s *segment) {
	if r.readers.Load() == 0 {
		r.spare = append(r.spare, s.memory)
	}
	s.memory, s.state = nil, spent
	r.held--
	r.spent = append(r.spent, s)
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

// Inherited tells, once, that there were files before those that are in use.
// Sweep removes them.
func (r *Ring) Inherited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	older := r.older
	r.older = false
	return older
}

// Release gives a space back. What it held must not be wanted after a kill any
// more: the rows that name it are gone. Those between Reading and Done may still
// look at its memory.
func (r *Ring) Release(s Space) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := s.segment
	if of == nil || r.released {
		return
	}
	of.live--
	r.live--
	if of.live == 0 && of != r.current {
		r.spend(of)
	}
	if r.live == 0 && r.broken {
		r.beginAnew()
	}
}

// beginAnew gives up all files, of which nothing is in use. mu is held.
func (r *Ring) beginAnew() {
	if r.current != nil {
		r.spend(r.current)
	}
	r.spent = append(r.spent, r.free...)
	for _, s := range r.all {
		s.failed = true
	}
	r.free, r.current, r.broken = nil, nil, false
}

// Spent is how many bytes of files wait for Reuse.
func (r *Ring) Spent() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.spent) * r.o.SegmentBytes
}

// Reuse lets files be written over in which everything was given back. It calls
// harden, which returns once a power failure cannot bring back a row that names
// something in them.
func (r *Ring) Reuse(harden func() error) error {
	r.mu.Lock()
	all := r.spent
	r.spent = nil
	r.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	err := harden()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.spent = append(all, r.spent...)
		return err
	}
	for _, s := range all {
		s.state = unused
		if !s.failed {
			r.free = append(r.free, s)
			continue
		}
		_ = s.close() // nothing of it is wanted
		_ = r.o.FS.Remove(r.Path(s.number))
		r.all = slices.DeleteFunc(r.all, func(one *segment) bool { return one == s })
	}
	return nil
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

// Sweep removes all files but those in use. Nothing in them is wanted.
func (r *Ring) Sweep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, err := r.numbers()
	for _, n := range all {
		if slices.ContainsFunc(r.all, func(s *segment) bool { return s.number == n }) {
			continue
		}
		if e := r.o.FS.Remove(r.Path(n)); e != nil && !oserror.IsNotExist(e) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Close closes the files and lets go of the memory. Nobody takes or writes any
// more. What is still wanted is Saved before.
func (r *Ring) Close() (err error) {
	r.mu.Lock()
	all := r.all
	r.all, r.free, r.spent, r.spare, r.current, r.released = nil, nil, nil, nil, nil, true
	r.mu.Unlock()
	for _, s := range all {
		err = errors.Join(err, s.close())
	}
	return err
}
