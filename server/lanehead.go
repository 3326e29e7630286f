package server

import (
	"bytes"
	"net/http"
)

// laneStart is how every request begins that the lane serves.
var laneStart = []byte("POST / HTTP/1.1\r\n")

// laneHeaders bounds the headers of a request in the lane; SDKs send a dozen.
const laneHeaders = 32

// laneHead is the head of a request, in memory that is used again.
type laneHead struct {
	host   string
	target string
	length int64

	names  [laneHeaders]string
	values [laneHeaders][1]string
	count  int
	known  map[string]string // canonical forms of names as they were spelled
}

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
	text := string(head[len(laneStart) : len(head)-2]) // one piece of memory for all values
	h.count, h.host, h.target, h.length = 0, "", "", 0
	for at := 0; at < len(text); {
		end := at
		colon := -1
		for ; end < len(text); end++ {
			b := text[end]
			if b == ':' && colon < 0 {
				colon = end
			}
			if b < ' ' && b != '\t' || b >= 0x7f {
				break
			}
		}
		if end+1 >= len(text) || text[end] != '\r' || text[end+1] != '\n' || colon <= at || h.count == laneHeaders {
			return false
		}
		if !h.header(text[at:colon], trimmed(text[colon+1:end])) {
			return false
		}
		at = end + 2
	}
	return h.host != "" && h.target != "" && h.length > 0
}

// header takes one header.
func (h *laneHead) header(spelled, value string) bool {
	name, ok := h.canonical(spelled)
	if !ok {
		return false
	}
	for i := range h.count {
		if h.names[i] == name {
			return false
		}
	}
	h.names[h.count], h.values[h.count][0] = name, value
	h.count++
	switch name {
	case "Host":
		h.host = value
		return plainHost(value)
	case "X-Amz-Target":
		h.target = value
	case "Content-Length":
		h.length, ok = plainLength(value)
		return ok
	case "Connection":
		return value == "keep-alive" || value == "Keep-Alive"
	case "Transfer-Encoding", "Te", "Trailer", "Expect", "Upgrade", "Content-Encoding", "Proxy-Connection", "Keep-Alive",
		"Http2-Settings", "Origin", "Sec-Fetch-Site":
		return false
	}
	return true
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

// fill enters the headers where handlers look for them, as net/http does.
func (h *laneHead) fill(header http.Header) {
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
