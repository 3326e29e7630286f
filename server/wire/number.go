package wire

import (
	"math"
	"time"
)

// decimal returns a JSON number times ten to the power of shift, cut off to a
// whole number and clamped to the range of int64. It works on the digits, so
// 1545084650.987 seconds are exactly 1545084650987 milliseconds.
func decimal(raw []byte, shift int) int64 {
	negative := raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	point, digits, exponent := -1, 0, 0
	for i, c := range raw {
		if c|0x20 == 'e' {
			exponent, raw = clampedExponent(raw[i+1:]), raw[:i]
			break
		}
		if c == '.' {
			point = digits
			continue
		}
		digits++
	}
	if point < 0 {
		point = digits
	}
	n := wholePart(raw, point+exponent+shift)
	if negative {
		return -n
	}
	return n
}

// clampedExponent reads the digits after an e. The bound is above the length of
// any body, so that a hundred megabytes of zeros before the point of
// 0.000…1e99999999 still count exactly.
func clampedExponent(raw []byte) int {
	negative, n := false, 0
	for _, c := range raw {
		switch c {
		case '+':
		case '-':
			negative = true
		default:
			n = min(n*10+int(c-'0'), 1<<30)
		}
	}
	if negative {
		return -n
	}
	return n
}

// wholePart returns the number whose first count digits are those of raw
// (which may hold a point), followed by zeros when raw has fewer.
func wholePart(raw []byte, count int) int64 {
	var n int64
	for _, c := range raw {
		if c == '.' {
			continue
		}
		if count <= 0 {
			return n
		}
		count--
		if n > (math.MaxInt64-int64(c-'0'))/10 {
			return math.MaxInt64
		}
		n = n*10 + int64(c-'0')
	}
	for ; count > 0 && n > 0; count-- {
		if n > math.MaxInt64/10 {
			return math.MaxInt64
		}
		n *= 10
	}
	return n
}

// toInt32 clamps as the service does.
func toInt32(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// The instants that times are clamped to: the years 1 and 9999, beyond which
// Go's and Java's calendars part and nothing sensible is meant.
const (
	minMillis = -62135596800000
	maxMillis = 253402300799999
)

// toTime makes a time of milliseconds since epoch. The service keeps no finer
// instants.
func toTime(ms int64) time.Time {
	return time.UnixMilli(min(max(ms, minMillis), maxMillis)).UTC()
}

// floatMillis makes milliseconds of a float of seconds or milliseconds (unit
// 1000 or 1); ok is false for NaN and the infinities.
func floatMillis(f, unit float64) (ms int64, ok bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	// Rounding, not cutting: the double next to 1545084650.987 is below it.
	ms64 := math.Round(f * unit)
	return int64(min(max(ms64, minMillis), maxMillis)), true
}

// floatWhole cuts off the fraction of a float and clamps it; ok is false for NaN.
func floatWhole(f float64) (n int64, ok bool) {
	switch {
	case math.IsNaN(f):
		return 0, false
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}
