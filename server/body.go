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
	// bodies are watched for standing still from one read to the next.
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
	from, done := x.bodyReader(n, limit)
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
	x.whole = err == nil
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
	weight := x.s.budget.weigh(n)
	if _, lane := x.w.(*laneAnswer); !lane {
		// A thousand of them may stand still on one connection, which must not be
		// overlooked because they are small.
		weight = min(max(weight, heavy), x.s.budget.most())
	}
	if x.share+weight > x.s.budget.most() {
		weight = x.s.budget.most() - x.share
	}
	if weight <= 0 {
		return nil // it has all that one account may
	}
	if err := x.s.budget.claim(x.r.Context(), x.account(), weight); err != nil {
		return errNoMemory
	}
	x.shares = append(x.shares, weight)
	x.share += weight
	return nil
}

// strangers share what all others leave to one account. No account is called so.
const strangers = ""

// account is whose share of the budget a request takes: the account of the key
// that it names, whether or not that is true yet. Where keys are checked, whoever
// names none that is known can take no account's share.
func (x *exchange) account() string {
	switch {
	case x.found != nil:
		return x.found.Account
	case x.s.cfg.Keys != nil:
		return strangers
	case isAccount(x.scope.key):
		return x.scope.key
	}
	return x.s.cfg.Account
}

// giveShares gives back what the request holds of the budget, all but n.
func (x *exchange) giveShares(n int64) {
	for x.share > n {
		last := len(x.shares) - 1
		weight := x.shares[last]
		left := max(0, n-(x.share-weight))
		x.s.budget.shrink(x.account(), weight, left)
		x.share -= weight - left
		x.shares[last] = left
		if left == 0 {
			x.shares = x.shares[:last]
		}
	}
}

// dropBody gives the body's buffer back. The share of the budget stays: what
// was decoded from the body lives on.
func (x *exchange) dropBody() {
	if x.body != nil {
		x.s.buffers.put(x.body)
		x.body = nil
	}
}

// bodyReader returns the body, guarded against standing still, and against
// trickling when it is large enough for that to cost memory. done lifts the
// guard. The lane guards small bodies by itself, where it has to wait for them.
func (x *exchange) bodyReader(n, limit int64) (from io.Reader, done func()) {
	small := n >= 0 && n <= quickBody
	if _, lane := x.w.(*laneAnswer); small && lane {
		return x.r.Body, func() {}
	}
	control := http.NewResponseController(x.w)
	if small {
		_ = control.SetReadDeadline(x.s.cfg.Host.Now().Add(x.s.cfg.BodyTimeout))
		return x.r.Body, func() { _ = control.SetReadDeadline(time.Time{}) }
	}
	if n < 0 {
		n = limit
	}
	end := bodyEnd(x.s.cfg.Host.Now(), x.s.cfg.BodyTimeout, n)
	guarded := readerFunc(func(p []byte) (int, error) {
		next := x.s.cfg.Host.Now().Add(x.s.cfg.BodyTimeout)
		if end.Before(next) {
			next = end
		}
		_ = control.SetReadDeadline(next)
		return x.r.Body.Read(p)
	})
	return guarded, func() { _ = control.SetReadDeadline(time.Time{}) }
}

// boundRest bounds how long net/http waits for what nobody has read of a body:
// it looks for the next request behind it.
func (x *exchange) boundRest() {
	if _, lane := x.w.(*laneAnswer); lane || x.whole || x.r.ContentLength == 0 {
		return
	}
	_ = http.NewResponseController(x.w).SetReadDeadline(x.s.cfg.Host.Now().Add(x.s.cfg.BodyTimeout))
}

// patientBody is a body of an admin call, which may take its time but not stand
// still.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	s       *Server
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(b.s.cfg.Host.Now().Add(b.s.cfg.BodyTimeout))
	return b.ReadCloser.Read(p)
}

type readerFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
