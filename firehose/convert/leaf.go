package convert

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// leaf appends a value of a primitive type.
func (r *Rows) leaf(n *node, v span) error {
	raw := r.scanner.data[v.from:v.to]
	if v.sort == text && !v.plain {
		r.text = unescape(r.text[:0], raw)
		raw = r.text
	}
	switch n.kind {
	case kindString, kindVarchar, kindChar:
		if v.sort >= array {
			if r.plan.options.Hive {
				return mismatch("One or more fields have incorrect format. Exception when validating field (root)")
			}
			raw = r.compact(r.text[:0], v)
			r.text = raw
		}
		return r.parse(n, raw, text)
	}
	if v.sort >= array {
		return badInput(raw)
	}
	if r.plan.options.Hive && v.sort == text {
		if err := hiveTakes(n.kind); err != nil {
			return err
		}
	}
	if n.kind == kindBoolean != (v.sort == truth) && v.sort != text {
		return badInput(raw)
	}
	return r.parse(n, raw, v.sort)
}

// hiveTakes refuses texts where Hive wants the token itself.
func hiveTakes(k kind) error {
	switch k {
	case kindBoolean:
		return mismatch("Current token (VALUE_STRING) not of boolean type")
	case kindTinyint, kindSmallint, kindInt, kindBigint, kindFloat, kindDouble, kindDecimal:
		return mismatch("Current token (VALUE_STRING) not numeric, can not use numeric value accessors")
	}
	return nil
}

// parse appends what text means to a leaf.
func (r *Rows) parse(n *node, raw []byte, s sort) error {
	to := &r.values[n.first]
	switch n.kind {
	case kindBoolean:
		x := int64(0)
		if strings.EqualFold(unsafe.String(unsafe.SliceData(raw), len(raw)), "true") { // anything else is false, as Java has it
			x = 1
		}
		to.Ints = append(to.Ints, x)
	case kindTinyint, kindSmallint, kindInt, kindBigint:
		x, ok := whole(raw, bitsOf(n.kind), s == number)
		if !ok {
			return badInput(raw)
		}
		to.Ints = append(to.Ints, x)
	case kindFloat, kindDouble:
		x, ok := float(raw, s == number)
		if !ok {
			return badInput(raw)
		}
		bits := int64(math.Float64bits(x))
		if n.kind == kindFloat {
			bits = int64(math.Float32bits(float32(x)))
		}
		to.Ints = append(to.Ints, bits)
	case kindDecimal:
		var ok bool
		if to.Data, ok = appendDecimal(to.Data, raw, &n.typ); !ok {
			return badInput(raw)
		}
	case kindDate:
		day, ok := parseDate(unsafe.String(unsafe.SliceData(raw), len(raw)))
		if !ok || s != text {
			return badInput(raw)
		}
		to.Ints = append(to.Ints, day)
	case kindTimestamp:
		t, err := r.plan.timestamp(raw, s)
		if err != nil {
			return err
		}
		to.Data = appendInt96(to.Data, t)
	default:
		r.parseText(n, raw)
	}
	return nil
}

// parseText appends a text. Bytes that are not UTF-8 become the replacement
// character, which readers of the file would stumble over otherwise.
func (r *Rows) parseText(n *node, raw []byte) {
	to := &r.values[n.first]
	if n.kind != kindBinary && !utf8.Valid(raw) {
		raw = []byte(strings.ToValidUTF8(string(raw), "\uFFFD"))
	}
	if n.kind == kindVarchar || n.kind == kindChar {
		raw = cut(raw, n.typ.length)
	}
	if n.kind == kindChar {
		raw = []byte(strings.TrimRight(string(raw), " "))
	}
	to.Data = append(to.Data, raw...)
	to.Sizes = append(to.Sizes, int32(len(raw)))
}

// cut keeps the first characters of a text.
func cut(raw []byte, most int) []byte {
	if len(raw) <= most {
		return raw
	}
	at := 0
	for range most {
		if at == len(raw) {
			break
		}
		_, size := utf8.DecodeRune(raw[at:])
		at += size
	}
	return raw[:at]
}

func bitsOf(k kind) int {
	switch k {
	case kindTinyint:
		return 8
	case kindSmallint:
		return 16
	case kindInt:
		return 32
	}
	return 64
}

// whole reads an integer of so many bits. A number of JSON may have a fraction
// or an exponent as long as it is whole.
func whole(raw []byte, bits int, isNumber bool) (int64, bool) {
	x, ok := small(raw)
	if !ok {
		var err error
		if x, err = strconv.ParseInt(string(raw), 10, 64); err != nil {
			if !isNumber {
				return 0, false
			}
			f, ok := float(raw, true)
			if !ok || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
				return 0, false
			}
			x = int64(f)
		}
	}
	shift := 64 - bits
	return x, x<<shift>>shift == x
}

// small reads integers of up to 18 digits.
func small(raw []byte) (x int64, ok bool) {
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		x = x*10 + int64(c-'0')
	}
	if len(digits) != len(raw) {
		x = -x
	}
	return x, true
}

// float reads a floating point number. Texts may have spaces around it and a
// letter for its type behind it, as in Java.
func float(raw []byte, isNumber bool) (float64, bool) {
	if isNumber {
		if x, ok := quick(raw); ok {
			return x, true
		}
	} else {
		word := strings.TrimSpace(string(raw))
		switch word {
		case "NaN":
			return math.NaN(), true
		case "Infinity", "+Infinity":
			return math.Inf(1), true
		case "-Infinity":
			return math.Inf(-1), true
		}
		word = strings.TrimRight(word, "dDfF")
		if strings.ContainsAny(word, "_xXnNiI") || len(word)+1 < len(strings.TrimSpace(string(raw))) {
			return 0, false
		}
		raw = []byte(word)
	}
	x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(raw), len(raw)), 64)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}

// quick reads the numbers that doubles hold exactly with the power of ten they
// are divided by, which makes the division right to the last bit.
func quick(raw []byte) (float64, bool) {
	const most = 15
	i, digits, point := 0, 0, -1
	if i < len(raw) && raw[0] == '-' {
		i++
	}
	var m int64
	for ; i < len(raw); i++ {
		c := raw[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c < '0' || c > '9' || digits == most {
			return 0, false
		}
		m = m*10 + int64(c-'0')
		digits++
	}
	if digits == 0 {
		return 0, false
	}
	x := float64(m)
	if point >= 0 {
		x /= math.Pow10(digits - point)
	}
	if raw[0] == '-' {
		x = -x
	}
	return x, true
}

// compact appends a nested value as text: without white space, keys in lower
// case.
func (r *Rows) compact(dst []byte, v span) []byte {
	raw := r.scanner.data[v.from:v.to]
	switch v.sort {
	case object:
		dst = append(dst, '{')
		first := true
		_, _, _ = r.scanner.object(v.from, 0, func(key, value span) error { // it was looked over before
			if !first {
				dst = append(dst, ',')
			}
			first = false
			word := string(r.scanner.data[key.from:key.to])
			if !r.plan.options.CaseSensitive {
				word = lowerEscaped(word)
			}
			dst = append(append(append(dst, '"'), word...), '"', ':')
			dst = r.compact(dst, value)
			return nil
		})
		return append(dst, '}')
	case array:
		dst = append(dst, '[')
		first := true
		_, _, _ = r.scanner.array(v.from, 0, func(value span) error {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = r.compact(dst, value)
			return nil
		})
		return append(dst, ']')
	case text:
		return append(append(append(dst, '"'), raw...), '"')
	}
	return append(dst, raw...)
}

// lowerEscaped puts a key into lower case and leaves its escapes.
func lowerEscaped(key string) string {
	if !strings.Contains(key, `\`) {
		return strings.ToLower(key)
	}
	var out strings.Builder
	for i := 0; i < len(key); i++ {
		n := 0
		if key[i] == '\\' {
			n, _ = escaped([]byte(key[i+1:]))
		}
		if n > 0 {
			out.WriteString(key[i : i+1+n])
			i += n
			continue
		}
		end := i + 1
		for end < len(key) && key[end] != '\\' {
			end++
		}
		out.WriteString(strings.ToLower(key[i:end]))
		i = end - 1
	}
	return out.String()
}
