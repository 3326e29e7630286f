package s3

import (
	"context"
	"errors"
	"io"
	"sync"

	"sluice/store/blob"
	"sluice/store/kv"
)

// incoming is a body that has arrived, in memory while it is small, or a link
// to one that was there. Exactly
// one of place and drop follows; forget after a commit that failed.
type incoming struct {
	s     *Store
	small []byte
	draft blob.Draft // nil while small
	size  int64
	kept  blob.ID
}

// copyBytes is the buffer of a body on its way.
const copyBytes = 128 << 10

// receive reads a body to its end and feeds what sums it up. hint is its
// length, -1 when unknown. A body of more than limit bytes is refused.
func (s *Store) receive(r io.Reader, hint, limit int64, sums ...io.Writer) (in *incoming, err error) {
	in = &incoming{s: s}
	defer func() {
		if err != nil {
			in.drop()
		}
	}()
	room := int64(copyBytes)
	if hint >= 0 {
		room = max(min(room, hint+1), 512) // the one more shows that this is the end
	}
	buffer, giveBack := s.buffer(room)
	defer giveBack()
	for {
		n, err := readFull(r, buffer)
		for _, sum := range sums {
			_, _ = sum.Write(buffer[:n]) // hashes do not fail
		}
		if in.size += int64(n); in.size > limit {
			return in, tooLarge(in.size, limit)
		}
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return in, err
		}
		if err := in.write(buffer[:n], done, hint); err != nil {
			return in, &unstored{fullOr(err)}
		}
		if done {
			return in, nil
		}
	}
}

// buffer lends a buffer, large ones out of those that were used before.
func (s *Store) buffer(size int64) (b []byte, giveBack func()) {
	if size < copyBytes/2 {
		return make([]byte, size), func() {}
	}
	lent, ok := s.buffers.Get().(*[copyBytes]byte)
	if !ok {
		lent = new([copyBytes]byte)
	}
	return lent[:min(size, copyBytes)], func() { s.buffers.Put(lent) }
}

// readFull fills p. An end is io.EOF, also after some bytes.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// unstored is a body that came and could not be kept: its sender is not to
// blame, whatever the sums of what was taken say.
type unstored struct{ error }

// Unwrap gives the cause.
func (u *unstored) Unwrap() error { return u.error }

func fullOr(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return diskFull()
	}
	return err
}

func (in *incoming) write(p []byte, last bool, hint int64) (err error) {
	if in.draft == nil && last && in.size <= inlineBytes {
		in.small = append(in.small, p...)
		return nil
	}
	if in.draft == nil {
		if in.draft, err = in.s.bodies.Create(hint); err != nil {
			return err
		}
	}
	_, err = in.draft.Write(p)
	return err
}

// place puts the body into a batch.
func (in *incoming) place(b *kv.Batch) (p piece, err error) {
	switch {
	case in.draft == nil && in.kept != 0: // a link
		b.Set(fileKey(in.kept), nil)
		return piece{File: in.kept, Len: in.size}, nil
	case in.draft != nil:
		if in.kept, err = in.draft.Keep(); err != nil {
			in.drop()
			return p, fullOr(err)
		}
		b.Set(fileKey(in.kept), nil)
		return piece{File: in.kept, Len: in.size}, nil
	case in.size == 0:
		return piece{}, nil
	}
	row := in.s.rows.Add(1)
	b.Set(numbered(kindData, row), in.small)
	return piece{Row: row, Len: in.size}, nil
}

func (in *incoming) drop() {
	if in.draft != nil {
		in.draft.Drop()
		return
	}
	in.forget()
}

// forget removes a body whose batch was not committed.
func (in *incoming) forget() {
	if in.kept != 0 {
		in.s.remove([]blob.ID{in.kept})
	}
}

// waste is storage that nothing names any more.
type waste struct {
	keys  [][]byte
	files []blob.ID
}

func (w *waste) add(pieces ...piece) {
	for _, p := range pieces {
		if p.Row != 0 {
			w.keys = append(w.keys, numbered(kindData, p.Row))
		}
		if p.File != 0 {
			w.keys = append(w.keys, fileKey(p.File))
			w.files = append(w.files, p.File)
		}
	}
}

func (w *waste) addTo(b *kv.Batch) {
	for _, key := range w.keys {
		b.Delete(key)
	}
}

// clear removes the files of what a committed batch has let go of.
func (s *Store) clear(w *waste) { s.remove(s.pins.spare(w.files)) }

func (s *Store) remove(ids []blob.ID) {
	if err := s.bodies.Remove(ids...); err != nil {
		s.log.Warn("bodies could not be removed; the next start will try again", "error", err)
	}
}

// discard lets go of the storage of an object.
func (s *Store) discard(ctx context.Context, o *object, w *waste) error {
	if o.Parts == 0 {
		w.add(o.Body)
		return nil
	}
	parts, err := s.parts(ctx, o)
	if err != nil {
		return err
	}
	w.keys = append(w.keys, numbered(kindParts, o.Parts))
	for _, p := range parts {
		w.add(p.Pieces...)
	}
	return nil
}

// parts reads the parts that an object was made of.
func (s *Store) parts(ctx context.Context, o *object) (list []part, err error) {
	raw, ok, err := s.space.Get(ctx, numbered(kindParts, o.Parts))
	if err == nil && !ok {
		err = errors.New("the parts of an object are missing")
	}
	if err != nil {
		return nil, err
	}
	return list, decode(raw, &list)
}

// pieces lists where the body of an object is.
func (s *Store) pieces(ctx context.Context, o *object) (list []piece, err error) {
	if o.Parts == 0 {
		if o.Size == 0 {
			return nil, nil
		}
		return []piece{o.Body}, nil
	}
	parts, err := s.parts(ctx, o)
	for _, p := range parts {
		list = append(list, p.Pieces...)
	}
	return list, err
}

// pins keep files that are being read from being removed.
type pins struct {
	mu   sync.Mutex
	held map[blob.ID]int
	due  map[blob.ID]bool
}

func (p *pins) pin(list []piece) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held, p.due = map[blob.ID]int{}, map[blob.ID]bool{}
	}
	for _, x := range list {
		if x.File != 0 {
			p.held[x.File]++
		}
	}
}

// unpin returns the files that may be removed now.
func (p *pins) unpin(list []piece) (free []blob.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range list {
		if x.File == 0 {
			continue
		}
		if p.held[x.File]--; p.held[x.File] > 0 {
			continue
		}
		delete(p.held, x.File)
		if p.due[x.File] {
			delete(p.due, x.File)
			free = append(free, x.File)
		}
	}
	return free
}

// spare returns those that nobody reads; the others come out of unpin.
func (p *pins) spare(ids []blob.ID) (free []blob.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		if p.held[id] > 0 {
			p.due[id] = true
			continue
		}
		free = append(free, id)
	}
	return free
}

// errGone means that the body went away between reading where it is and
// opening it: somebody has overwritten the object.
var errGone = errors.New("the body is gone")

// content is an open body. It outlives the object. Close gives it back.
type content struct {
	s      *Store
	ctx    context.Context
	pieces []piece
	rows   map[uint64][]byte // read ahead
	open   blob.Body         // of the piece last read
	at     int               // its index
}

// openBody opens a body whose files are pinned first, so that a check after it
// that the object is still there proves that the body is.
func (s *Store) openBody(ctx context.Context, list []piece) (*content, error) {
	c := &content{s: s, ctx: ctx, pieces: list, rows: map[uint64][]byte{}, at: -1}
	s.pins.pin(list)
	for i, p := range list {
		if p.Row != 0 {
			raw, ok, err := s.space.Get(ctx, numbered(kindData, p.Row))
			if err == nil && !ok {
				err = errGone
			}
			if err != nil {
				c.close()
				return nil, err
			}
			c.rows[p.Row] = raw
		}
		if p.File != 0 && i == 0 {
			if err := c.turnTo(0); err != nil {
				c.close()
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *content) turnTo(i int) error {
	if c.at == i {
		return nil
	}
	if c.open != nil {
		_ = c.open.Close()
		c.open = nil
	}
	b, err := c.s.openFile(c.pieces[i])
	if err != nil {
		return err
	}
	c.open, c.at = b, i
	return nil
}

func (c *content) close() {
	if c.open != nil {
		_ = c.open.Close()
		c.open = nil
	}
	c.s.remove(c.s.pins.unpin(c.pieces))
	c.pieces = nil
}

// Close implements io.Closer.
func (c *content) Close() error {
	c.close()
	return nil
}

// span reads n bytes from off.
func (c *content) span(off, n int64) io.Reader { return &span{c: c, off: off, left: n} }

// span is a range of a content. It implements io.WriterTo so that a file is
// copied by its own buffer.
type span struct {
	c    *content
	off  int64
	left int64
}

// Read implements io.Reader.
func (r *span) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.left)]
	start := int64(0)
	for i, x := range r.c.pieces {
		if r.off >= start+x.Len {
			start += x.Len
			continue
		}
		from := r.off - start
		p = p[:min(int64(len(p)), x.Len-from)]
		n, err := r.c.readPiece(i, p, from)
		r.off, r.left = r.off+int64(n), r.left-int64(n)
		return n, err
	}
	return 0, io.ErrUnexpectedEOF
}

func (c *content) readPiece(i int, p []byte, from int64) (int, error) {
	x := c.pieces[i]
	if x.Row != 0 {
		return copy(p, c.rows[x.Row][from:]), nil
	}
	if err := c.turnTo(i); errors.Is(err, errGone) { // it was there when it was pinned, or never
		return 0, c.s.missing(x)
	} else if err != nil {
		return 0, err
	}
	n, err := c.open.ReadAt(p, from)
	if n == len(p) {
		return n, nil
	}
	return n, c.s.damaged(x.File, err)
}
