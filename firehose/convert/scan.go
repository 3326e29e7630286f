package convert

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep a record may be nested.
const maxDepth = 256

// sort is what a value of JSON is; zero stands for one that is not there.
type sort byte

const (
	absent sort = iota
	null
	truth
	number
	text
	array
	object
)

// span is where a value is in a record. For texts it is without the quotes.
type span struct {
	from, to int
	sort     sort
	// plain tells of a text without escapes, and of a number that is whole.
	plain bool
}

// scanner looks over JSON.
type scanner struct{ data []byte }

// space passes over white space.
func (s *scanner) space(i int) int {
	for i < len(s.data) {
		switch s.data[i] {
		case ' ', '\t', '\n', '\r':
			i++
		default:
			return i
		}
	}
	return i
}

// value looks over the value that begins at i and returns where the next thing
// after it begins.
func (s *scanner) value(i, depth int) (span, int, error) {
	if i >= len(s.data) {
		return span{}, i, malformed("It ends where a value should be.")
	}
	if depth > maxDepth {
		return span{}, i, malformed("It is nested too deeply.")
	}
	switch c := s.data[i]; {
	case c == '"':
		return s.text(i)
	case c == '{':
		return s.object(i, depth, nil)
	case c == '[':
		return s.array(i, depth, nil)
	case c == '-' || c >= '0' && c <= '9':
		return s.number(i)
	}
	word, sort := "null", null
	switch s.data[i] {
	case 't':
		word, sort = "true", truth
	case 'f':
		word, sort = "false", truth
	}
	if end := i + len(word); end <= len(s.data) && string(s.data[i:end]) == word {
		return span{from: i, to: end, sort: sort}, s.space(end), nil
	}
	return span{}, i, malformed("A value begins with " + shown(s.data[i:]) + ".")
}

// shown is the beginning of what is wrong, for an error.
func shown(b []byte) string {
	r, size := utf8.DecodeRune(b)
	if r == utf8.RuneError || size == 0 {
		return "bytes that are not text"
	}
	return "'" + string(r) + "'"
}

// text looks over a text. Its control characters have to be escaped.
func (s *scanner) text(i int) (span, int, error) {
	out := span{from: i + 1, sort: text, plain: true}
	for i++; i < len(s.data); i++ {
		c := s.data[i]
		if c > '"' && c != '\\' {
			continue
		}
		switch {
		case c == '"':
			out.to = i
			return out, s.space(i + 1), nil
		case c == '\\':
			out.plain = false
			n, ok := escaped(s.data[i+1:])
			if !ok {
				return out, i, malformed("A text has an escape that means nothing.")
			}
			i += n
		case c < ' ':
			return out, i, malformed("A text has a control character.")
		}
	}
	return out, i, malformed("A text does not end.")
}

// escaped is how many bytes follow a backslash.
func escaped(b []byte) (n int, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	if bytes.IndexByte([]byte(`"\/bfnrt`), b[0]) >= 0 {
		return 1, true
	}
	if b[0] != 'u' || len(b) < 5 {
		return 0, false
	}
	for _, c := range b[1:5] {
		if unhex(c) < 0 {
			return 0, false
		}
	}
	return 5, true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// number looks over a number.
func (s *scanner) number(i int) (span, int, error) {
	out := span{from: i, sort: number, plain: true}
	if s.data[i] == '-' {
		i++
	}
	begin := i
	i = s.digits(i)
	bad := i == begin || i-begin > 1 && s.data[begin] == '0'
	if i < len(s.data) && s.data[i] == '.' {
		begin = i + 1
		i = s.digits(begin)
		bad = bad || i == begin
		out.plain = false
	}
	if i < len(s.data) && (s.data[i] == 'e' || s.data[i] == 'E') {
		i++
		if i < len(s.data) && (s.data[i] == '+' || s.data[i] == '-') {
			i++
		}
		begin = i
		i = s.digits(begin)
		bad = bad || i == begin
		out.plain = false
	}
	if bad {
		return out, i, malformed("A number is not spelled as numbers are.")
	}
	out.to = i
	return out, s.space(i), nil
}

func (s *scanner) digits(i int) int {
	for i < len(s.data) && s.data[i] >= '0' && s.data[i] <= '9' {
		i++
	}
	return i
}

// object looks over an object and tells each of its members.
func (s *scanner) object(i, depth int, member func(key, value span) error) (span, int, error) {
	out := span{from: i, sort: object}
	i = s.space(i + 1)
	if i < len(s.data) && s.data[i] == '}' {
		out.to = i + 1
		return out, s.space(i + 1), nil
	}
	for {
		if i >= len(s.data) || s.data[i] != '"' {
			return out, i, malformed("An object has no key where one should be.")
		}
		key, next, err := s.text(i)
		if err != nil {
			return out, next, err
		}
		if i = next; i >= len(s.data) || s.data[i] != ':' {
			return out, i, malformed("A key has no colon behind it.")
		}
		value, next, err := s.value(s.space(i+1), depth+1)
		if err != nil {
			return out, next, err
		}
		i = next
		if member != nil {
			if err := member(key, value); err != nil {
				return out, i, err
			}
		}
		if i < len(s.data) && s.data[i] == '}' {
			out.to = i + 1
			return out, s.space(i + 1), nil
		}
		if i >= len(s.data) || s.data[i] != ',' {
			return out, i, malformed("An object does not end.")
		}
		i = s.space(i + 1)
	}
}

// array looks over an array and tells each of its elements.
func (s *scanner) array(i, depth int, element func(value span) error) (span, int, error) {
	out := span{from: i, sort: array}
	i = s.space(i + 1)
	if i < len(s.data) && s.data[i] == ']' {
		out.to = i + 1
		return out, s.space(i + 1), nil
	}
	for {
		value, next, err := s.value(i, depth+1)
		if err != nil {
			return out, next, err
		}
		i = next
		if element != nil {
			if err := element(value); err != nil {
				return out, i, err
			}
		}
		if i < len(s.data) && s.data[i] == ']' {
			out.to = i + 1
			return out, s.space(i + 1), nil
		}
		if i >= len(s.data) || s.data[i] != ',' {
			return out, i, malformed("An array does not end.")
		}
		i = s.space(i + 1)
	}
}

// unescape appends what a text says.
func unescape(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			dst = append(dst, c)
			continue
		}
		i++
		switch c = text[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(text[i+1:])
			i += 4
			if utf16.IsSurrogate(r) && len(text) > i+6 && text[i+1] == '\\' && text[i+2] == 'u' {
				if whole := utf16.DecodeRune(r, hex4(text[i+3:])); whole != utf8.RuneError {
					r = whole
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func hex4(b []byte) rune {
	return rune(unhex(b[0])<<12 | unhex(b[1])<<8 | unhex(b[2])<<4 | unhex(b[3]))
}
