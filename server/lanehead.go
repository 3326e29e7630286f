package server

import (
	"bytes"
	"net/http"
)

// laneStart is how every request begins that the lane serves.
var laneStart = []byte("POST / HTTP/1.1\r\n")

// laneHeaders bounds the headers of a request in the lane; SDKs send a dozen.
const laneHeaders = 32

// laneHead is the head of a request, in memory that is used again. Clients send
// most lines of a head as they sent them with the request before, and what is
// known of such a line is not found out again.
type laneHead struct {
	host   string
	target string
	length int64

	lines   [laneHeaders]string // as they came
	names   [laneHeaders]string
	values  [laneHeaders][1]string
	kinds   [laneHeaders]lineKind
	count   int
	renamed bool              // the names are not those of the request before
	known   map[string]string // canonical forms of names as they were spelled
}

// lineKind tells the lines apart that the lane itself reads.
type lineKind uint8

const (
	lineOther lineKind = iota
	lineHost
	lineTarget
	lineLength
)

// namesKnown bounds what is remembered of a client's spelling.
const namesKnown = 64

// parse reads a head that ends with an empty line. It reports false for
// whatever leaves any doubt about where the request ends or what it is; such a
// request is net/http's to judge. So there is no message that this reads in one
// way and somebody in front of it could read in another: line ends are CRLF,
// no line is folded, no header comes twice, the length is there, in plain
// digits, and nothing transforms the body.
func (h *laneHead) parse(head []byte) bool {
	if !bytes.HasPrefix(head, laneStart) {
		return false
	}
	h.host, h.target, h.length = "", "", 0
	count, ok := h.read(head[len(laneStart) : len(head)-2])
	h.renamed = h.renamed || count != h.count
	h.count = count
	if !ok || h.host == "" || h.target == "" || h.length <= 0 {
		h.count, h.renamed = 0, true
		return false
	}
	return true
}

// read reads the lines.
func (h *laneHead) read(text []byte) (count int, ok bool) {
	for fresh := false; len(text) > 0; count++ {
		if count == laneHeaders {
			return count, false
		}
		n := h.again(count, text)
		if n == 0 {
			fresh = true
			n = h.line(count, text)
		}
		if n == 0 || fresh && h.twice(count) {
			return count, false
		}
		h.note(count)
		text = text[n:]
	}
	return count, true
}

// again tells whether the text begins with a line that stood in the same place of
// the head before, and how long it is then.
func (h *laneHead) again(i int, text []byte) (length int) {
	line := h.lines[i]
	n := len(line)
	if i >= h.count || len(text) < n+2 || string(text[:n]) != line || text[n] != '\r' || text[n+1] != '\n' {
		return 0
	}
	return n + 2
}

// line reads the line that the text begins with, and returns its length, 0 for one
// that is not served here.
func (h *laneHead) line(i int, text []byte) (length int) {
	end, colon := 0, -1
	for ; end < len(text); end++ {
		b := text[end]
		if b == ':' && colon < 0 {
			colon = end
		}
		if b < ' ' && b != '\t' || b >= 0x7f {
			break
		}
	}
	if end+1 >= len(text) || text[end] != '\r' || text[end+1] != '\n' || colon <= 0 {
		return 0
	}
	line := string(text[:end])
	name, ok := h.canonical(line[:colon])
	if !ok {
		return 0
	}
	value := trimmed(line[colon+1:])
	kind, ok := kindOf(name, value)
	if !ok {
		return 0
	}
	h.renamed = h.renamed || i >= h.count || name != h.names[i]
	h.lines[i], h.names[i], h.values[i][0], h.kinds[i] = line, name, value, kind
	return end + 2
}

// kindOf tells what a line is to the lane, and whether it can be served here.
func kindOf(name, value string) (kind lineKind, ok bool) {
	switch name {
	case "Host":
		return lineHost, plainHost(value)
	case "X-Amz-Target":
		return lineTarget, true
	case "Content-Length":
		_, ok := plainLength(value)
		return lineLength, ok
	case "Connection":
		return lineOther, value == "keep-alive" || value == "Keep-Alive"
	case "Transfer-Encoding", "Te", "Trailer", "Expect", "Upgrade", "Content-Encoding", "Proxy-Connection", "Keep-Alive",
		"Http2-Settings", "Origin", "Sec-Fetch-Site":
		return lineOther, false
	}
	return lineOther, true
}

// twice tells whether the name of a line stood in one before.
func (h *laneHead) twice(i int) bool {
	for j := range i {
		if h.names[j] == h.names[i] {
			return true
		}
	}
	return false
}

// note takes what a line says to the lane.
func (h *laneHead) note(i int) {
	switch h.kinds[i] {
	case lineHost:
		h.host = h.values[i][0]
	case lineTarget:
		h.target = h.values[i][0]
	case lineLength:
		h.length, _ = plainLength(h.values[i][0])
	}
}

// canonical returns a name in the form of net/http. ok is false for a name with
// anything but letters, digits and hyphens.
func (h *laneHead) canonical(spelled string) (name string, ok bool) {
	if name, ok = h.known[spelled]; ok {
		return name, true
	}
	for i := range len(spelled) {
		b := spelled[i]
		if !(b == '-' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
			return "", false
		}
	}
	spelled = string(append([]byte(nil), spelled...)) // of its own, for it is kept
	name = http.CanonicalHeaderKey(spelled)
	if h.known == nil {
		h.known = map[string]string{}
	}
	if len(h.known) < namesKnown {
		h.known[spelled] = name
	}
	return name, true
}

// fill enters the headers where handlers look for them, as net/http does. What is
// there from the request before points to the same values.
func (h *laneHead) fill(header http.Header) {
	if !h.renamed && len(header) == h.count-1 { // the host is no header
		return
	}
	h.renamed = false
	clear(header)
	for i := range h.count {
		if h.names[i] != "Host" {
			header[h.names[i]] = h.values[i][:]
		}
	}
}

// trimmed is a value without the blanks around it.
func trimmed(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// plainLength reads a length of a few digits.
func plainLength(s string) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 9 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// plainHost tells whether a host is spelled without anything strange.
func plainHost(s string) bool {
	for i := range len(s) {
		b := s[i]
		if !(b == '-' || b == '.' || b == ':' || b == '[' || b == ']' || b == '_' ||
			b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
			return false
		}
	}
	return s != ""
}
