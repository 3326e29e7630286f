package s3

import (
	"crypto/md5"
	"hash"
	"sync"

	md5simd "github.com/minio/md5-simd"
)

// md5Lanes is how many uploads are summed up side by side with vector
// instructions. It is the number of lanes that the widest of them have.
const md5Lanes = 16

// md5From is the size of bodies from which on that pays.
const md5From = 256 << 10

// digests are MD5 sums of uploads: entity tags need them, and they cost more
// than all else about a large put. Summed up side by side, several cost little
// more than one. The hashes are kept and used again, because the library
// remembers each that it has ever made.
type digests struct {
	mu     sync.Mutex
	server md5simd.Server   // guarded by mu; nil before the first
	free   []md5simd.Hasher // guarded by mu
	made   int              // guarded by mu
	closed bool             // guarded by mu
}

// next lends a hash for a body of a size, -1 when that is unknown.
func (d *digests) next(size int64) (h hash.Hash, giveBack func()) {
	if size >= 0 && size < md5From {
		return md5.New(), func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var lane md5simd.Hasher
	switch n := len(d.free); {
	case n > 0:
		lane, d.free = d.free[n-1], d.free[:n-1]
	case d.closed, d.made == md5Lanes:
		return md5.New(), func() {}
	default:
		if d.server == nil {
			d.server = md5simd.NewServer()
		}
		lane = d.server.NewHash()
		d.made++
	}
	return lane, func() {
		lane.Reset()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free = append(d.free, lane)
		d.endLocked()
	}
}

// close ends the work of the hashes, once those that are lent out are back.
func (d *digests) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.endLocked()
}

func (d *digests) endLocked() {
	if !d.closed || d.server == nil || len(d.free) < d.made {
		return
	}
	for _, lane := range d.free {
		lane.Close()
	}
	d.server.Close()
	d.free, d.made, d.server = nil, 0, nil
}
