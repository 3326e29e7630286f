package convert

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

const (
	secondsPerDay = 24 * 60 * 60
	// julianEpoch is 1970-01-01 as a Julian day.
	julianEpoch = 2440588
	// millisFrom is the epoch time from which on it is milliseconds.
	millisFrom = 1e12
)

// instant is a time as the file has it.
type instant struct {
	seconds int64
	nanos   int64 // 0 to 999,999,999
}

// appendInt96 appends a time as nanoseconds of a day and a Julian day.
func appendInt96(dst []byte, t instant) []byte {
	day := floorDiv(t.seconds, secondsPerDay)
	dst = binary.LittleEndian.AppendUint64(dst, uint64((t.seconds-day*secondsPerDay)*1e9+t.nanos))
	return binary.LittleEndian.AppendUint32(dst, uint32(int32(day+julianEpoch)))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// timestamp reads a time as the deserialiser does.
func (p *Plan) timestamp(raw []byte, s sort) (instant, error) {
	if p.options.Hive {
		return p.hiveTimestamp(raw, s)
	}
	word := unsafe.String(unsafe.SliceData(raw), len(raw)) // nothing keeps it
	if s == text {
		if t, ok := openTimestamp(word); ok {
			return t, nil
		}
	}
	if t, ok := epoch(word); ok {
		return t, nil
	}
	return instant{}, errTimestamp()
}

func errTimestamp() error {
	return mismatch("Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff]")
}

// epoch reads seconds since 1970, or milliseconds when it is that large, with
// fractions.
func epoch(word string) (instant, bool) {
	if strings.ContainsAny(word, "eE") {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || math.Abs(x) >= 1<<62 {
			return instant{}, false
		}
		word = strconv.FormatFloat(x, 'f', -1, 64)
	}
	digits, negative := strings.CutPrefix(word, "-")
	before, after, _ := strings.Cut(digits, ".")
	if !allDigits(before) || after != "" && !allDigits(after) || len(before) > 18 {
		return instant{}, false
	}
	count, _ := strconv.ParseInt(before, 10, 64)
	const places = 9
	fraction, _ := strconv.ParseInt((after + "000000000")[:places], 10, 64)
	t := instant{count, fraction}
	if count >= millisFrom {
		t = instant{count / 1000, count%1000*1e6 + fraction/1000}
	}
	if negative {
		if t.seconds = -t.seconds; t.nanos > 0 {
			t.seconds, t.nanos = t.seconds-1, 1e9-t.nanos
		}
	}
	return t, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// openTimestamp reads a date and a time. With a space between them numbers may
// be short; with a T they may not, and a Z may follow.
func openTimestamp(word string) (instant, bool) {
	if len(word) > 10 && word[10] == 'T' {
		word = strings.TrimSuffix(word, "Z")
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
			if t, err := time.ParseInLocation(layout, word, time.UTC); err == nil && !strings.Contains(word, ",") {
				return instant{t.Unix(), int64(t.Nanosecond())}, true
			}
		}
		return instant{}, false
	}
	return sqlTimestamp(word)
}

// sqlTimestamp reads what java.sql.Timestamp.valueOf does.
func sqlTimestamp(word string) (instant, bool) {
	date, clock, ok := strings.Cut(strings.TrimSpace(word), " ")
	day, good := parseDate(date)
	if !ok || !good {
		return instant{}, false
	}
	clock = strings.TrimLeft(clock, " ")
	seconds := day * secondsPerDay
	for _, part := range [...]struct {
		most, weight int64
		behind       byte
	}{{23, 3600, ':'}, {59, 60, ':'}, {59, 1, '.'}} {
		n, width := leading(clock, 2)
		if width == 0 || n > part.most || part.behind == ':' && (len(clock) == width || clock[width] != ':') {
			return instant{}, false
		}
		seconds += n * part.weight
		clock = clock[width:]
		if part.behind == ':' {
			clock = clock[1:]
		}
	}
	if clock == "" {
		return instant{seconds, 0}, true
	}
	const places = 9
	nanos, width := leading(clock[1:], places)
	if clock[0] != '.' || width == 0 || width != len(clock)-1 {
		return instant{}, false
	}
	for range places - width {
		nanos *= 10
	}
	return instant{seconds, nanos}, true
}

// leading reads the digits that a text begins with, so many at most.
func leading(word string, most int) (n int64, width int) {
	for width < len(word) && width < most && word[width] >= '0' && word[width] <= '9' {
		n = n*10 + int64(word[width]-'0')
		width++
	}
	return n, width
}

// parseDate reads a date as days since 1970; month and day may be short.
func parseDate(word string) (int64, bool) {
	word = strings.TrimSpace(word)
	year, width := leading(word, 4)
	if width != 4 || len(word) < 6 || word[4] != '-' {
		return 0, false
	}
	month, width := leading(word[5:], 2)
	rest := word[5+width:]
	if width == 0 || rest == "" || rest[0] != '-' {
		return 0, false
	}
	day, width := leading(rest[1:], 2)
	if width == 0 || width != len(rest)-1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	t := time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	if t.Day() != int(day) {
		return 0, false // there is no such day
	}
	return floorDiv(t.Unix(), secondsPerDay), true
}

// hiveTimestamp reads a time by the patterns, or as java.sql.Timestamp does.
func (p *Plan) hiveTimestamp(raw []byte, s sort) (instant, error) {
	word := string(raw)
	if len(p.formats) == 0 {
		if t, ok := sqlTimestamp(word); ok && s == text {
			return t, nil
		}
		return instant{}, errTimestamp()
	}
	for _, f := range p.formats {
		if t, ok := f.parse(word); ok {
			return t, nil
		}
	}
	return instant{}, mismatch("Invalid format: %q", word)
}
