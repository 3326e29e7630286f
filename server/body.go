package server

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"sluice/internal/sigv4"
)

var (
	errTooLarge = errors.New("the body exceeds the limit")
	errNoMemory = errors.New("the memory budget stayed used up")
)

const (
	// quickBody is what usually arrives together with its header; only larger
	// bodies are watched for standing still.
	quickBody = 64 << 10
	// firstRead is the first buffer for a body of unknown length.
	firstRead = 32 << 10
)

// readBody reads the whole body, unpacked, of at most limit bytes. The result
// is valid until dropBody.
func (x *exchange) readBody(limit int64) ([]byte, error) {
	n := x.r.ContentLength
	if n > limit {
		return nil, errTooLarge
	}
	if n == 0 {
		x.noteHash(nil)
		return nil, nil
	}
	packed := strings.EqualFold(strings.TrimSpace(x.r.Header.Get("Content-Encoding")), "gzip")
	from, done := x.bodyReader(n)
	defer done()
	if packed || n < 0 {
		return x.readUnknown(from, limit, packed)
	}
	if err := x.reserve(n); err != nil {
		return nil, err
	}
	x.body = x.s.buffers.get(int(n))
	whole := (*x.body)[:n]
	_, err := io.ReadFull(from, whole)
	x.noteHash(whole)
	if n > quickBody {
		x.asked = x.s.cfg.Host.Now()
	}
	return whole, err
}

// readUnknown reads a body whose length shows at its end.
func (x *exchange) readUnknown(from io.Reader, limit int64, packed bool) ([]byte, error) {
	if err := x.reserve(firstRead); err != nil {
		return nil, err
	}
	x.body = x.s.buffers.get(firstRead)
	// MaxBytesReader also tells net/http to let the client read the answer
	// before the connection goes.
	raw := &countingReader{from: http.MaxBytesReader(x.w, io.NopCloser(from), limit)}
	from = raw
	if x.s.cfg.Keys != nil {
		sum := sha256.New() // of what travelled, which is what was signed
		from = io.TeeReader(raw, sum)
		defer func() { x.bodyHash = hex.EncodeToString(sum.Sum(nil)) }()
	}
	if packed {
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return notGzip(raw)
		}
		from = unpacked
	}
	got, err := x.grow(from, limit)
	x.event.BytesIn = raw.n
	switch {
	case err == nil, errors.Is(err, errTooLarge), errors.Is(err, errNoMemory):
		return got, err
	case packed:
		return notGzip(raw)
	}
	return nil, raw.failure()
}

// grow reads to the end, doubling the buffer and its share of the budget as
// long as the body proves to be that large.
func (x *exchange) grow(from io.Reader, limit int64) ([]byte, error) {
	for {
		b := *x.body
		n, err := from.Read(b[len(b):cap(b)])
		*x.body = b[:len(b)+n]
		switch {
		case int64(len(*x.body)) > limit:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return *x.body, nil
		case err != nil:
			return nil, err
		case len(*x.body) < cap(b):
			continue
		}
		if err := x.reserve(int64(cap(b))); err != nil {
			return nil, err
		}
		larger := x.s.buffers.get(2 * cap(b))
		*larger = append(*larger, *x.body...)
		x.s.buffers.put(x.body)
		x.body = larger
	}
}

// brokenBody is what a body that cannot be unpacked is replaced by: nothing
// that any protocol can parse, so that each gives its own answer.
var brokenBody = []byte{0xff}

func notGzip(raw *countingReader) ([]byte, error) {
	if err := raw.failure(); err != nil {
		return nil, err // the body is too large or the client gone; the packing may be fine
	}
	return brokenBody, nil
}

// noteHash notes the hash of a body for the check of its signature.
func (x *exchange) noteHash(body []byte) {
	if x.s.cfg.Keys != nil {
		x.bodyHash = sigv4.BodyHash(body)
	}
}

// countingReader counts what came over the wire and remembers why it ended.
type countingReader struct {
	from io.Reader
	n    int64
	err  error
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

func (c *countingReader) failure() error {
	var over *http.MaxBytesError
	if errors.As(c.err, &over) {
		return errTooLarge
	}
	return c.err
}

// reserve takes a share of the memory budget for n more bytes.
func (x *exchange) reserve(n int64) error {
	weight, err := x.s.budget.take(x.r.Context(), n)
	if err != nil {
		return errNoMemory
	}
	x.share += weight
	return nil
}

// dropBody gives the body's buffer back. The share of the budget stays: what
// was decoded from the body lives on.
func (x *exchange) dropBody() {
	if x.body != nil {
		x.s.buffers.put(x.body)
		x.body = nil
	}
}

// bodyReader returns the body, guarded against standing still when it is large
// enough for that to cost memory. done lifts the guard.
func (x *exchange) bodyReader(n int64) (from io.Reader, done func()) {
	if n >= 0 && n <= quickBody {
		return x.r.Body, func() {}
	}
	control := http.NewResponseController(x.w)
	guarded := readerFunc(func(p []byte) (int, error) {
		_ = control.SetReadDeadline(x.s.cfg.Host.Now().Add(x.s.cfg.BodyTimeout))
		return x.r.Body.Read(p)
	})
	return guarded, func() { _ = control.SetReadDeadline(time.Time{}) }
}

type readerFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
