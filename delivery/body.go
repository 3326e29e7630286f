package delivery

import (
	"bytes"
	"fmt"
	"io"
)

// Framing says what stands between the records of an object. The bytes of a
// record are never changed.
type Framing int

const (
	// Joined puts records end to end.
	Joined Framing = iota
	// Lines ends each record with a newline, unless it ends with one anyway.
	Lines
)

// Body gathers records into the body of one object. The zero value is of no
// use; see NewBody.
type Body struct {
	framing Framing
	out     bytes.Buffer
	pack    io.WriteCloser
	records int
	size    int64
}

// NewBody starts an empty body.
func NewBody(c Compression, f Framing) (*Body, error) {
	b := &Body{framing: f}
	var err error
	if b.pack, err = c.writer(&b.out); err != nil {
		return nil, fmt.Errorf("start an object: %w", err)
	}
	return b, nil
}

// NewArchive starts an empty body that becomes the only entry of a ZIP archive.
func NewArchive(name string, f Framing) (*Body, error) {
	b := &Body{framing: f}
	var err error
	if b.pack, err = newZip(&b.out, name); err != nil {
		return nil, fmt.Errorf("start an object: %w", err)
	}
	return b, nil
}

// Add appends a record and keeps nothing of it.
func (b *Body) Add(record []byte) error {
	b.records++
	b.size += int64(len(record))
	if _, err := b.pack.Write(record); err != nil {
		return fmt.Errorf("pack a record: %w", err)
	}
	if b.framing == Lines && (len(record) == 0 || record[len(record)-1] != '\n') {
		if _, err := io.WriteString(b.pack, "\n"); err != nil {
			return fmt.Errorf("pack a record: %w", err)
		}
	}
	return nil
}

// Expect makes room for so many bytes of records, so that a large body need not
// be copied as it grows.
func (b *Body) Expect(size int64) {
	if _, plain := b.pack.(open); plain && size > 0 {
		b.out.Grow(int(size))
	}
}

// Records is how many records were added.
func (b *Body) Records() int { return b.records }

// Size is the sum of the records' bytes.
func (b *Body) Size() int64 { return b.size }

// Close ends the body and returns its bytes. It is called once.
func (b *Body) Close() ([]byte, error) {
	if err := b.pack.Close(); err != nil {
		return nil, fmt.Errorf("pack an object: %w", err)
	}
	return b.out.Bytes(), nil
}
