package s3

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/sigv4"
)

// Bounds of the framing: a line of it, and the trailing headers together.
const (
	maxChunkLine = 4 << 10
	maxTrailer   = 16 << 10
	smallChunk   = 8 << 10 // only the last chunk with bytes may be smaller
)

// chunkReader undoes the framing of an upload in chunks:
//
//	SIZE[;chunk-signature=S] CRLF bytes CRLF … 0[;chunk-signature=S] CRLF
//	[name:value CRLF …] CRLF
//
// It reads the payload and, at its end, the trailing headers.
type chunkReader struct {
	from      *bufio.Reader
	signed    bool          // each chunk carries a signature
	digits    int           // of a signature, 0 for any number
	chain     *sigv4.Chunks // checks the signatures, nil when nobody does
	signature string        // of the chunk under way
	trailer   bool          // headers may follow
	left      int64
	begun     bool
	number    int   // of the chunk under way, from 1
	last      int64 // size of the chunk before
	err       error
	// trailers are complete once Read has returned io.EOF, names in lower case.
	trailers map[string]string
}

func newChunkReader(r io.Reader, f framing, chain *sigv4.Chunks) *chunkReader {
	c := &chunkReader{from: bufio.NewReaderSize(r, 32<<10), signed: f.signed, trailer: f.trailer, trailers: map[string]string{}}
	if f.signed && !f.asymmetric {
		c.digits, c.chain = sha256.Size*2, chain
	}
	return c
}

// Read implements io.Reader.
func (c *chunkReader) Read(p []byte) (int, error) {
	for c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if c.chain != nil {
		_, _ = c.chain.Write(p[:n]) // a hash does not fail
	}
	if err != nil {
		c.err = brokenOff(err)
	}
	return n, c.err
}

// trailerSignature is the trailing header that signs the others.
const trailerSignature = "x-amz-trailer-signature"

// sums are the trailing headers that are about the payload.
func (c *chunkReader) sums() map[string]string {
	rest := maps.Clone(c.trailers)
	delete(rest, trailerSignature)
	return rest
}

// brokenOff makes an early end what it is to the client.
func brokenOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformedChunks()
	}
	return err
}

// next goes on to the next chunk, or to the end.
func (c *chunkReader) next() error {
	if c.begun {
		if err := c.crlf(); err != nil {
			return err
		}
		if err := c.verify(); err != nil {
			return err
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, rest, extended := strings.Cut(line, ";")
	n, err := strconv.ParseInt(size, 16, 64)
	if err != nil || n < 0 || size[0] == '-' || size[0] == '+' {
		return malformedChunks()
	}
	signature, isSignature := strings.CutPrefix(rest, "chunk-signature=")
	if c.signed && (!extended || !isSignature || len(signature) == 0 || c.digits > 0 && len(signature) != c.digits) {
		return malformedChunks()
	}
	c.signature = signature
	c.number++
	if n > 0 && c.number > 1 && c.last < smallChunk {
		return bad("InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes",
			"Chunk", strconv.Itoa(c.number), "BadChunkSize", strconv.FormatInt(c.last, 10))
	}
	c.last, c.left = n, n
	if n > 0 {
		return nil
	}
	if err := c.end(); !errors.Is(err, io.EOF) {
		return err
	}
	if err := c.verify(); err != nil {
		return err
	}
	if err := c.verifyTrailer(); err != nil {
		return err
	}
	return io.EOF
}

// verify compares the signature of the chunk that has been read.
func (c *chunkReader) verify() error {
	if c.chain == nil {
		return nil
	}
	if c.chain.End(c.signature) != nil {
		return signatureMismatch()
	}
	return nil
}

// verifyTrailer compares the signature of the trailing headers.
func (c *chunkReader) verifyTrailer() error {
	if c.chain == nil || !c.trailer {
		return nil
	}
	var text strings.Builder
	headers := c.sums()
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		text.WriteString(name + ":" + headers[name] + "\n")
	}
	if c.chain.Trailer(text.String(), c.trailers[trailerSignature]) != nil {
		return signatureMismatch()
	}
	return nil
}

func (c *chunkReader) crlf() error {
	var two [2]byte
	if _, err := io.ReadFull(c.from, two[:]); err != nil {
		return brokenOff(err)
	}
	if two != [2]byte{'\r', '\n'} {
		return malformedChunks()
	}
	return nil
}

// line reads a line of framing, without its end.
func (c *chunkReader) line() (string, error) {
	raw, err := c.from.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			return "", malformedChunks()
		}
		return "", brokenOff(err)
	}
	text, ok := strings.CutSuffix(string(raw), "\r\n")
	if !ok || len(text) > maxChunkLine || text == "" && !c.trailer {
		return "", malformedChunks()
	}
	return text, nil
}

// end reads what follows the last chunk, to the empty line.
func (c *chunkReader) end() error {
	size := 0
	for {
		raw, err := c.from.ReadSlice('\n')
		if size += len(raw); size > maxTrailer || errors.Is(err, bufio.ErrBufferFull) {
			return malformedTrailer()
		}
		if errors.Is(err, io.EOF) {
			return malformedChunks()
		}
		if err != nil {
			return brokenOff(err)
		}
		line, ended := strings.CutSuffix(string(raw), "\r\n")
		if !ended {
			return malformedChunks()
		}
		if line != "" {
			name, value, ok := strings.Cut(line, ":")
			name = strings.ToLower(strings.TrimSpace(name))
			if !ok {
				return malformedChunks()
			}
			if _, twice := c.trailers[name]; !c.trailer || twice {
				return malformedTrailer()
			}
			c.trailers[name] = strings.TrimSpace(value)
			continue
		}
		return io.EOF
	}
}
