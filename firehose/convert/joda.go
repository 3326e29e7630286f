package convert

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// timeFormat reads times by a Joda pattern, or as milliseconds.
type timeFormat struct {
	millis bool
	fields []field
}

// field is a run of a letter, or text that has to be there.
type field struct {
	letter byte // 0 for text
	count  int
	text   string
	// number tells that a number follows at once, so that this one ends where
	// its letters do.
	number bool
}

// CheckFormats tells what is wrong with the TimestampFormats of Hive.
func CheckFormats(patterns []string) error {
	_, err := compileFormats(patterns)
	return err
}

func compileFormats(patterns []string) (out []timeFormat, err error) {
	for _, p := range patterns {
		f := timeFormat{millis: p == "millis"}
		if !f.millis {
			if f.fields, err = compileFields(p); err != nil {
				return nil, err
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// numeric are the letters whose fields are numbers at any width, and others
// those that are words.
const (
	numeric = "yYDdHKkhmsS"
	others  = "MEaZz"
)

// badPattern is an error whose text a client reads as it is.
type badPattern string

// Error implements error.
func (e badPattern) Error() string { return string(e) }

func compileFields(pattern string) (out []field, err error) {
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, n := quoted(pattern[i:])
			if n == 0 {
				return nil, badPattern("The timestamp format \"" + pattern + "\" has a quote that does not end.")
			}
			out = append(out, field{text: text})
			i += n
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			if !strings.ContainsRune(numeric+others, rune(c)) {
				return nil, badPattern("Illegal pattern component: " + pattern[i:i+n]) // Joda's words
			}
			out = append(out, field{letter: c, count: n})
			i += n
		default:
			out = append(out, field{text: string(c)})
			i++
		}
	}
	for i := range out {
		if i+1 < len(out) {
			next := out[i+1]
			out[i].number = next.letter != 0 && (strings.IndexByte(numeric, next.letter) >= 0 || next.letter == 'M' && next.count < 3)
		}
	}
	return out, nil
}

// quoted reads a text in quotes, in which two quotes are one, and how long it is
// spelled; 0 when it does not end. Two quotes alone are one too.
func quoted(pattern string) (text string, n int) {
	if strings.HasPrefix(pattern, "''") {
		return "'", 2
	}
	for i := 1; i < len(pattern); i++ {
		if pattern[i] != '\'' {
			continue
		}
		if i+1 < len(pattern) && pattern[i+1] == '\'' {
			i++
			continue
		}
		return strings.ReplaceAll(pattern[1:i], "''", "'"), i + 1
	}
	return "", 0
}

// moment gathers what the fields say.
type moment struct {
	year, month, day, ofYear int
	hour, minute, second     int
	nanos                    int
	half                     int // of the day: 0 or 12
	clock12, hasHalf         bool
	zone                     *time.Location
}

// parse reads a text, all of it.
func (f *timeFormat) parse(word string) (instant, bool) {
	if f.millis {
		x, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return instant{}, false
		}
		seconds := floorDiv(x, 1000)
		return instant{seconds, (x - seconds*1000) * 1e6}, true
	}
	m := moment{year: 1970, month: 1, day: 1, zone: time.UTC}
	rest := word
	for i := range f.fields {
		var ok bool
		if rest, ok = m.read(&f.fields[i], rest); !ok {
			return instant{}, false
		}
	}
	if rest != "" {
		return instant{}, false
	}
	return m.instant()
}

func (m *moment) instant() (instant, bool) {
	if m.clock12 && m.hasHalf {
		m.hour = m.hour%12 + m.half
	}
	if m.hour > 23 || m.minute > 59 || m.second > 59 {
		return instant{}, false
	}
	if m.ofYear > 0 {
		m.month, m.day = 1, m.ofYear
	}
	t := time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, m.nanos, m.zone)
	if m.ofYear == 0 && (int(t.Month()) != m.month || t.Day() != m.day) || t.Year() != m.year {
		return instant{}, false
	}
	return instant{t.Unix(), int64(t.Nanosecond())}, true
}

// read takes a field off the text.
func (m *moment) read(f *field, rest string) (string, bool) {
	switch {
	case f.letter == 0:
		return strings.CutPrefix(rest, f.text)
	case f.letter == 'M' && f.count >= 3:
		for month := time.January; month <= time.December; month++ {
			for _, name := range []string{month.String(), month.String()[:3]} {
				if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
					m.month = int(month)
					return rest[len(name):], true
				}
			}
		}
		return rest, false
	case f.letter == 'E':
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(rest)
		}
		return rest[end:], end > 0 // the date says which day it is
	case f.letter == 'a':
		if len(rest) < 2 || !strings.EqualFold(rest[1:2], "m") {
			return rest, false
		}
		m.hasHalf = true
		if strings.EqualFold(rest[:1], "p") {
			m.half = 12
		}
		return rest[2:], true
	case f.letter == 'Z' || f.letter == 'z':
		return m.readZone(rest)
	}
	return m.readNumber(f, rest)
}

func (m *moment) readNumber(f *field, rest string) (string, bool) {
	most := 2
	switch f.letter {
	case 'y', 'Y':
		most = 9
		if f.number {
			most = f.count
		}
	case 'D':
		most = 3
	case 'S':
		most = f.count
	}
	end := 0
	for end < len(rest) && end < most && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	if end == 0 {
		return rest, false
	}
	n, _ := strconv.Atoi(rest[:end])
	switch f.letter {
	case 'y', 'Y':
		if f.count == 2 && end == 2 { // of the century around 2020
			n += 1900
			if n < 1970 {
				n += 100
			}
		}
		m.year = n
	case 'M':
		m.month = n
	case 'd':
		m.day = n
	case 'D':
		m.ofYear = n
	case 'H':
		m.hour = n
	case 'k':
		m.hour = n % 24
	case 'h', 'K':
		m.hour, m.clock12 = n, true
	case 'm':
		m.minute = n
	case 's':
		m.second = n
	case 'S':
		m.nanos, _ = strconv.Atoi((rest[:end] + "000000000")[:9])
	}
	return rest[end:], true
}

// readZone reads an offset such as +0100 or +01:00, Z, or the name of a zone.
func (m *moment) readZone(rest string) (string, bool) {
	if after, ok := strings.CutPrefix(rest, "Z"); ok {
		return after, true
	}
	if rest == "" {
		return rest, false
	}
	if rest[0] == '+' || rest[0] == '-' {
		digits := rest[1:min(len(rest), 5)] // +0100
		if colon := rest[1:min(len(rest), 6)]; strings.Contains(colon, ":") {
			digits = colon // +01:00
		}
		taken := len(digits)
		digits = strings.Replace(digits, ":", "", 1)
		if len(digits) != 4 || !allDigits(digits) {
			return rest, false
		}
		hours, _ := strconv.Atoi(digits[:2])
		minutes, _ := strconv.Atoi(digits[2:])
		offset := hours*3600 + minutes*60
		if rest[0] == '-' {
			offset = -offset
		}
		m.zone = time.FixedZone("", offset)
		return rest[1+taken:], true
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && r != '/' && r != '_' })
	if end < 0 {
		end = len(rest)
	}
	zone, err := time.LoadLocation(rest[:end])
	if err != nil || end == 0 || rest[:end] == "Local" {
		return rest, false
	}
	m.zone = zone
	return rest[end:], true
}
