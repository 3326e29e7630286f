// Package raw is an HTTP/1.1 client that costs as little as possible: it
// writes bytes that the caller prepared and parses of the answer only what it
// must. The client of a benchmark shares its two cores with the server, so
// each microsecond spent here would be counted against every server alike and
// hide the difference between them.
package raw

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// firstBuffer holds any answer to a single put; bigger answers grow it once.
const firstBuffer = 16 << 10

// headMax is more than any server here sends before a body.
const headMax = 64 << 10

// Conn is one keep-alive connection. It is used by one goroutine at a time.
type Conn struct {
	socket   net.Conn
	buffer   []byte // bytes received and not yet consumed: buffer[low:high]
	low      int
	high     int
	body     []byte // of chunked answers
	received int64
	address  string
	over     bool // the server closes the connection after its answer
}

// Answer is a parsed response. Body stays valid until the next call.
type Answer struct {
	Status int
	Body   []byte
}

// Dial opens a connection to a host:port.
func Dial(address string) (*Conn, error) {
	socket, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Conn{socket: socket, buffer: make([]byte, firstBuffer), address: address}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.socket.Close() }

// Received counts the bytes that came in so far.
func (c *Conn) Received() int64 { return c.received }

// Do sends one whole request and reads the whole answer.
func (c *Conn) Do(request []byte) (Answer, error) {
	head, err := c.send(request)
	if err != nil {
		return Answer{}, err
	}
	return c.rest(head)
}

// Open sends a request whose answer is an endless chunked stream, and returns
// its status. Chunks are then read with Chunk; the answer to a refusal is read
// as a body.
func (c *Conn) Open(request []byte) (Answer, error) {
	head, err := c.send(request)
	if err != nil {
		return Answer{}, err
	}
	if head.chunked && head.status == 200 {
		return Answer{Status: head.status}, nil
	}
	return c.rest(head)
}

// Chunk returns the next chunk of a stream, valid until the next call, or
// io.EOF after the last one.
func (c *Conn) Chunk() ([]byte, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
	if err != nil {
		return nil, fmt.Errorf("chunk size %q: %w", line, err)
	}
	chunk, err := c.take(int(size) + 2)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		return nil, io.EOF
	}
	return chunk[:size], nil
}

type head struct {
	status  int
	length  int
	chunked bool
	closes  bool
}

func (c *Conn) send(request []byte) (head, error) {
	if c.low == c.high {
		c.low, c.high = 0, 0
	}
	if c.over {
		if err := c.again(); err != nil {
			return head{}, err
		}
	}
	if _, err := c.socket.Write(request); err != nil {
		return head{}, err
	}
	searched := 0
	for {
		end := bytes.Index(c.buffer[c.low+searched:c.high], []byte("\r\n\r\n"))
		if end >= 0 {
			end += searched
			h, err := parseHead(c.buffer[c.low : c.low+end+2])
			c.low += end + 4
			c.over = h.closes
			return h, err
		}
		searched = max(0, c.high-c.low-3)
		if c.high-c.low > headMax {
			return head{}, errors.New("no end of the response head")
		}
		if err := c.fill(c.high - c.low + 1); err != nil {
			return head{}, err
		}
	}
}

// again opens the connection anew, for servers that end it with each answer.
func (c *Conn) again() error {
	_ = c.socket.Close()
	socket, err := net.Dial("tcp", c.address)
	if err != nil {
		return err
	}
	c.socket, c.low, c.high, c.over = socket, 0, 0, false
	return nil
}

// rest reads the whole body that follows a head.
func (c *Conn) rest(h head) (Answer, error) {
	var body []byte
	var err error
	if h.chunked {
		body, err = c.allChunks()
	} else {
		body, err = c.take(h.length)
	}
	if bytes.Contains(body[:min(len(body), 64)], []byte(`": `)) {
		body = compact(body)
	}
	return Answer{Status: h.status, Body: body}, err
}

// compact takes out the blanks that some servers put between the members of
// their JSON, and the line ends within their base64; none of the texts here
// holds such a sequence for another reason.
func compact(body []byte) []byte {
	for spaced, plain := range map[string]string{`": `: `":`, `, "`: `,"`, `}, {`: `},{`, `\n`: ``} {
		body = bytes.ReplaceAll(body, []byte(spaced), []byte(plain))
	}
	return body
}

// parseHead reads a status line and header lines, each ended by CRLF.
func parseHead(b []byte) (head, error) {
	var h head
	if len(b) < 14 || !bytes.HasPrefix(b, []byte("HTTP/1.1 ")) {
		return h, fmt.Errorf("not an HTTP/1.1 answer: %.40q", b)
	}
	status, err := strconv.Atoi(string(b[9:12]))
	if err != nil {
		return h, fmt.Errorf("status: %w", err)
	}
	h.status = status
	for _, line := range bytes.Split(b, []byte("\r\n"))[1:] {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 14 && bytes.EqualFold(name, []byte("Content-Length")):
			if h.length, err = strconv.Atoi(string(value)); err != nil {
				return h, fmt.Errorf("content length: %w", err)
			}
		case len(name) == 17 && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			h.chunked = bytes.EqualFold(value, []byte("chunked"))
		case len(name) == 10 && bytes.EqualFold(name, []byte("Connection")):
			h.closes = bytes.EqualFold(value, []byte("close"))
		}
	}
	return h, nil
}

// take consumes exactly n bytes.
func (c *Conn) take(n int) ([]byte, error) {
	if err := c.fill(n); err != nil {
		return nil, err
	}
	b := c.buffer[c.low : c.low+n]
	c.low += n
	return b, nil
}

// line consumes a line and returns it without its CRLF.
func (c *Conn) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(c.buffer[c.low:c.high], '\n'); i >= 0 {
			b, err := c.take(i + 1)
			return bytes.TrimSuffix(b[:i], []byte("\r")), err
		}
		if err := c.fill(c.high - c.low + 1); err != nil {
			return nil, err
		}
	}
}

// fill reads until n unconsumed bytes are in the buffer.
func (c *Conn) fill(n int) error {
	for c.high-c.low < n {
		c.reserve(n)
		got, err := c.socket.Read(c.buffer[c.high:])
		c.high += got
		c.received += int64(got)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reserve makes room for n bytes from the first unconsumed one on.
func (c *Conn) reserve(n int) {
	if c.low+n <= len(c.buffer) {
		return
	}
	to := c.buffer
	if n > len(to) {
		to = make([]byte, n+n/8)
	}
	c.high = copy(to, c.buffer[c.low:c.high])
	c.low, c.buffer = 0, to
}

func (c *Conn) allChunks() ([]byte, error) {
	c.body = c.body[:0]
	for {
		chunk, err := c.Chunk()
		if err == io.EOF {
			return c.body, nil
		}
		if err != nil {
			return nil, err
		}
		c.body = append(c.body, chunk...)
	}
}
