package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	lent "sluice/internal/page" // a page is something else here
	"sluice/internal/sigv4"
)

// The framings of a body, as x-amz-content-sha256 names them.
const (
	unsignedPayload = "UNSIGNED-PAYLOAD"
	unsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	signedChunks    = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	signedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	signedChunksV4A = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	signedTrailerV4 = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
)

// framing is how a body comes over the wire.
type framing struct {
	chunked, signed, trailer bool
	asymmetric               bool   // signed as V4A, which nobody checks
	hash                     string // of the whole body in hex, empty for none
	size                     int64  // of the payload, -1 when unknown
}

// readFraming finds out how the body of a request comes.
func readFraming(r *http.Request) (f framing, err error) {
	switch value := r.Header.Get("X-Amz-Content-Sha256"); value {
	case "", unsignedPayload:
	case unsignedTrailer:
		f.chunked, f.trailer = true, true
	case signedChunks, signedChunksV4A:
		f.chunked, f.signed, f.asymmetric = true, true, value == signedChunksV4A
	case signedTrailer, signedTrailerV4:
		f.chunked, f.signed, f.trailer, f.asymmetric = true, true, true, value == signedTrailerV4
	default:
		if raw, err := hex.DecodeString(value); err != nil || len(raw) != sha256.Size {
			return f, invalidArgument("x-amz-content-sha256", value, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
		}
		f.hash = value
	}
	f.size = r.ContentLength
	if f.chunked {
		size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil || size < 0 {
			return f, missingLength()
		}
		f.size = size
	}
	if f.size < 0 {
		return f, missingLength()
	}
	return f, nil
}

// promise is what the client says about the sums of its body.
type promise struct {
	md5       string // base64, empty for none
	algorithm string // of the checksum; empty when the client has none
	value     string // base64, empty when it comes as a trailer, or is to be computed
	trailing  bool
}

// readPromise reads the headers about checksums.
func readPromise(r *http.Request, f framing) (p promise, err error) {
	if values, ok := r.Header["Content-Md5"]; ok {
		p.md5 = values[0]
		if raw, err := base64.StdEncoding.DecodeString(p.md5); err != nil || len(raw) != md5.Size {
			return p, invalidDigest(p.md5)
		}
	}
	for name, values := range r.Header {
		kind, ok := strings.CutPrefix(strings.ToLower(name), checksumPrefix)
		if !ok || kind == "mode" || kind == "type" || kind == "algorithm" {
			continue
		}
		algorithm, known := algorithmNamed(kind)
		switch {
		case !known:
			return p, invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.")
		case p.algorithm != "" || len(values) > 1:
			return p, invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		p.algorithm, p.value = algorithm, values[0]
	}
	if p.algorithm != "" && !validSum(p.algorithm, p.value) {
		return p, invalidRequest("Value for " + sumHeader(p.algorithm) + " header is invalid.")
	}
	if err := p.readTrailer(r, f); err != nil {
		return p, err
	}
	return p, p.readSDK(r)
}

func (p *promise) readTrailer(r *http.Request, f framing) error {
	name := strings.ToLower(strings.TrimSpace(r.Header.Get("X-Amz-Trailer")))
	if name == "" {
		return nil
	}
	kind, ok := strings.CutPrefix(name, checksumPrefix)
	algorithm, known := algorithmNamed(kind)
	switch {
	case !ok || !known:
		return invalidRequest("The value specified in the x-amz-trailer header is not supported")
	case p.algorithm != "":
		return invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
	}
	p.algorithm, p.trailing = algorithm, true
	return nil
}

// readSDK reads the header in which SDKs name the algorithm they use.
func (p *promise) readSDK(r *http.Request) error {
	name := r.Header.Get("X-Amz-Sdk-Checksum-Algorithm")
	if name == "" {
		return nil
	}
	algorithm, ok := algorithmNamed(name)
	switch {
	case !ok:
		return invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	case p.algorithm == "":
		return invalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case p.algorithm != algorithm:
		return invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	return nil
}

// received is a body that came in whole and is what its client said it is.
type received struct {
	*incoming
	md5 []byte
	sum checksum
	own checksum // by the algorithm asked for, where the client has used another
}

func (r *received) etag() string { return hex.EncodeToString(r.md5) }

// receiveUpload reads the body of a request. Without a promise of its client
// the checksum is that of algorithm; with both set that one is computed too.
func (c *call) receiveUpload(algorithm string, both bool, limit int64) (*received, error) {
	f, err := readFraming(c.r)
	if err != nil {
		return nil, err
	}
	p, err := readPromise(c.r, f)
	if err != nil {
		return nil, err
	}
	if f.size > limit {
		return nil, tooLarge(f.size, limit)
	}
	own := algorithm
	if p.algorithm != "" {
		algorithm = p.algorithm
	}
	if err := c.hold(min(f.size, copyBytes) + uploadRoom); err != nil {
		return nil, err
	}
	digest, giveBack := c.s.digests.next(f.size)
	defer giveBack()
	sums := sums{md5: digest, sum: newSum(algorithm)}
	if both && own != algorithm {
		sums.own = newSum(own)
	}
	if f.hash != "" {
		sums.whole = sha256.New()
	}
	var chunks *chunkReader
	from := c.body()
	if f.chunked {
		chunks = newChunkReader(from, f, c.chain())
		from = chunks
	}
	in, err := c.s.receive(from, f.size, limit, sums.writers()...)
	if err != nil {
		var own *unstored
		if f.hash != "" && !errors.As(err, &own) && !bytes.Equal(sums.whole.Sum(nil), mustHex(f.hash)) && !known(err) {
			return nil, badHash(f.hash, hex.EncodeToString(sums.whole.Sum(nil)))
		}
		return nil, c.broken(err)
	}
	out := &received{incoming: in, md5: sums.md5.Sum(nil), sum: checksum{Algorithm: algorithm, Type: fullObject, Value: base64Sum(sums.sum)}}
	if sums.own != nil {
		out.own = checksum{own, fullObject, base64Sum(sums.own)}
	}
	if err := out.verify(f, p, &sums, chunks); err != nil {
		in.drop()
		return nil, err
	}
	return out, nil
}

// chain is what the signatures of chunks are checked by, nil when the door
// checks none.
func (c *call) chain() *sigv4.Chunks {
	if proof := sigv4.From(c.ctx); proof != nil {
		return proof.Chunks()
	}
	return nil
}

// sums are what a body is summed up by on its way.
type sums struct{ md5, sum, whole, own hash.Hash }

func (s *sums) writers() []io.Writer {
	list := []io.Writer{s.md5, s.sum}
	for _, more := range []hash.Hash{s.whole, s.own} {
		if more != nil {
			list = append(list, more)
		}
	}
	return list
}

// verify compares what came with what the client said.
func (r *received) verify(f framing, p promise, s *sums, chunks *chunkReader) error {
	if r.size != f.size {
		return incompleteBody()
	}
	if !p.trailing && chunks != nil && len(chunks.sums()) > 0 {
		return malformedTrailer() // headers that were not announced
	}
	if p.trailing {
		name := sumHeader(p.algorithm)
		value, ok := chunks.trailers[name]
		if !ok || len(chunks.sums()) > 1 {
			return malformedTrailer()
		}
		if !validSum(p.algorithm, value) {
			return invalidRequest("Value for " + name + " trailing header is invalid.")
		}
		p.value = value
	}
	if s.whole != nil {
		if sum := s.whole.Sum(nil); !bytes.Equal(sum, mustHex(f.hash)) {
			return badHash(f.hash, hex.EncodeToString(sum))
		}
	}
	if p.md5 != "" {
		if sum := base64.StdEncoding.EncodeToString(r.md5); sum != p.md5 {
			given, _ := base64.StdEncoding.DecodeString(p.md5) // readPromise has looked
			return badMD5(hex.EncodeToString(given), sum)
		}
	}
	if p.value != "" && p.value != r.sum.Value {
		return badChecksum(p.algorithm)
	}
	return nil
}

// known tells whether an error is the service's own.
func known(err error) bool {
	var e *Error
	return errors.As(err, &e)
}

func mustHex(text string) []byte {
	raw, _ := hex.DecodeString(text) // readFraming has looked
	return raw
}

// broken is what a body that could not be read is answered with.
func (c *call) broken(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if c.ctx.Err() != nil {
		c.hangUp()
		return fault(http.StatusServiceUnavailable, "ServiceUnavailable", "Service is unable to handle request.")
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.hangUp()
		return bad("RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.")
	}
	var own *unstored
	if errors.As(err, &own) {
		return err
	}
	return incompleteBody() // it broke off, for which each protocol has words of its own
}

// uploadRoom is what an upload holds besides the piece on its way.
const uploadRoom = 32 << 10

// hold has the request count n bytes in the memory budget while it runs, for as long
// as its client takes to send a body. It waits while others hold too much.
func (c *call) hold(n int64) error {
	lease := lent.From(c.ctx)
	if lease == nil || n == 0 {
		return nil
	}
	if err := lease.Resize(c.ctx, n); err != nil {
		c.hangUp()
		return fault(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	return nil
}

// body is the body of the request, which may not stand still.
// It ends with the call, for a server that closes must not wait for a client.
func (c *call) body() io.Reader {
	if c.unwatch == nil {
		broken := make(chan struct{})
		stop := context.AfterFunc(c.ctx, func() {
			defer close(broken)
			_ = http.NewResponseController(c.w).SetReadDeadline(time.Unix(1, 0))
		})
		// A response is nobody's any more once its handler has returned: over HTTP/2
		// net/http panics then, which nobody catches here. So what has begun is awaited.
		c.unwatch = func() {
			if !stop() {
				<-broken
			}
		}
	}
	return &watched{c: c}
}

type watched struct{ c *call }

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	deadline := w.c.s.cfg.Host.Now().Add(w.c.s.cfg.BodyTimeout)
	_ = http.NewResponseController(w.c.w).SetReadDeadline(deadline)
	if err := w.c.ctx.Err(); err != nil { // from here on the deadline is that of body
		return 0, err
	}
	n, err := w.c.r.Body.Read(p)
	if err != nil {
		_ = http.NewResponseController(w.c.w).SetReadDeadline(time.Time{})
	}
	return n, err
}

// readSmall reads a small body whole and verifies it.
func (c *call) readSmall(limit int64) ([]byte, error) {
	f, err := readFraming(c.r)
	if err != nil {
		return nil, err
	}
	p, err := readPromise(c.r, f)
	if err != nil {
		return nil, err
	}
	return c.readVerified(f, p, limit)
}

// readPlain is readSmall for a request whose checksums are about something
// else than its body.
func (c *call) readPlain(limit int64) ([]byte, error) {
	f, err := readFraming(c.r)
	if err != nil {
		return nil, err
	}
	return c.readVerified(f, promise{}, limit)
}

func (c *call) readVerified(f framing, p promise, limit int64) ([]byte, error) {
	if f.chunked {
		return nil, invalidRequest("The value of x-amz-content-sha256 header is invalid.")
	}
	if f.size > limit {
		return nil, tooLong(limit)
	}
	if err := c.hold(2 * f.size); err != nil { // as it grows while it is read
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(c.body(), limit+1))
	if err != nil {
		return nil, c.broken(err)
	}
	algorithm := p.algorithm
	if algorithm == "" {
		algorithm = crc32Sum
	}
	s := sums{md5: md5.New(), sum: newSum(algorithm)}
	if f.hash != "" {
		s.whole = sha256.New()
	}
	_, _ = io.MultiWriter(s.writers()...).Write(raw)
	out := received{incoming: &incoming{size: int64(len(raw))}, md5: s.md5.Sum(nil), sum: checksum{Value: base64Sum(s.sum)}}
	return raw, out.verify(f, p, &s, nil)
}
