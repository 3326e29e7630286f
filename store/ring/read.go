package ring

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// reader keeps the file open that was read last. A start finds thousands of small
// pieces, one behind the other.
type reader struct {
	mu     sync.Mutex
	file   vfs.File // nil when there is none
	number uint64
}

// Read reads what is at a place, in a file of this or another process.
func (r *Ring) Read(ref Ref) ([]byte, error) {
	d := &r.reader
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil && d.number != ref.File {
		d.drop()
	}
	if d.file == nil {
		f, err := r.o.FS.Open(r.Path(ref.File))
		if err != nil {
			return nil, err
		}
		d.file, d.number = f, ref.File
	}
	b := make([]byte, ref.Length)
	_, err := d.file.ReadAt(b, ref.Offset)
	if err != nil {
		d.drop() // the next one begins anew
	}
	return b, err
}

func (d *reader) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop()
}

// drop closes the file. mu is held.
func (d *reader) drop() {
	if d.file != nil {
		_ = d.file.Close() // it was only read
		d.file = nil
	}
}
