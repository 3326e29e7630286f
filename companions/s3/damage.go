package s3

import (
	"errors"
	"fmt"
	"syscall"

	"sluice/store/blob"
)

// Damage is the first damaged or missing body that reads have met since the
// start, nil when there was none. It does not pass: whoever put the object again
// starts the server anew, as after any other damage.
func (s *Store) Damage() error {
	if first := s.damage.Load(); first != nil {
		return *first
	}
	return nil
}

// openFile opens a body in a file. errGone when it is not there, which is for
// the caller to judge.
func (s *Store) openFile(p piece) (blob.Body, error) {
	b, err := s.bodies.Open(p.File)
	if errors.Is(err, blob.ErrNone) {
		return nil, errGone
	}
	if err != nil {
		return nil, s.damaged(p.File, err)
	}
	if b.Size() != p.Len { // longer too: then its checksums are damaged
		_ = b.Close()
		return nil, s.damaged(p.File, fmt.Errorf("%w: it has %d bytes of %d", blob.ErrDamaged, b.Size(), p.Len))
	}
	return b, nil
}

// damaged notes an error of reading a body if it says that the body is not what
// was written, and names the file.
func (s *Store) damaged(id blob.ID, err error) error {
	if errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EISDIR) { // what cannot be read is as lost
		err = fmt.Errorf("%w: %w", blob.ErrDamaged, err)
	}
	if !errors.Is(err, blob.ErrDamaged) {
		return err
	}
	return s.note(fmt.Errorf("%s: %w", s.file(id), err))
}

// note keeps the first damage, and tells of it.
func (s *Store) note(err error) error {
	if s.damage.CompareAndSwap(nil, &err) {
		s.log.Error("the body of an object is damaged", "error", err)
	}
	return err
}

// missing notes that pieces of an object are not all there, although the object
// is, and names the first.
func (s *Store) missing(pieces ...piece) error {
	for _, p := range pieces {
		if p.File == 0 {
			continue
		}
		b, err := s.bodies.Open(p.File)
		if errors.Is(err, blob.ErrNone) {
			return s.damaged(p.File, fmt.Errorf("%w: the body of an object is missing", blob.ErrDamaged))
		}
		if err == nil {
			_ = b.Close()
		}
	}
	return s.note(fmt.Errorf("%w: the body of an object is missing in the database", blob.ErrDamaged))
}

// file is where a body is, as people find it.
func (s *Store) file(id blob.ID) string {
	if on, ok := s.bodies.(interface{ Path(id blob.ID) string }); ok {
		return on.Path(id)
	}
	return "body " + id.String()
}
