package value

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Number is a decimal of up to 38 digits: 0.digits times ten to the exponent.
// Zero has no digits.
type Number struct {
	negative bool
	digits   string // neither begins nor ends with 0
	exponent int
}

// What keeps a text from being a number.
var (
	ErrNotNumber = errors.New("not a number")
	ErrOverflow  = errors.New("the number is too large")
	ErrUnderflow = errors.New("the number is too small")
	ErrDigits    = errors.New("the number has too many digits")
)

const maxDigits = 38

// The largest and smallest magnitude, as places before and after the point.
const (
	maxExponent = 126
	minExponent = -129
)

// ParseNumber reads a decimal, with or without an exponent.
func ParseNumber(text string) (Number, error) {
	var n Number
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exponent, hasExponent := rest, "", false
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa, exponent, hasExponent = rest[:i], rest[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return Number{}, ErrNotNumber
	}
	e := 0
	if hasExponent {
		var err error
		if e, err = strconv.Atoi(exponent); err != nil || len(exponent) > 6 {
			return Number{}, ErrNotNumber
		}
	}
	e += len(whole)
	trimmed := strings.TrimLeft(digits, "0")
	e -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return Number{}, nil
	}
	n.digits, n.exponent = trimmed, e
	return n, n.check()
}

func (n Number) check() error {
	switch {
	case n.digits == "":
		return nil
	case n.exponent > maxExponent:
		return ErrOverflow
	case n.exponent < minExponent:
		return ErrUnderflow
	case len(n.digits) > maxDigits:
		return ErrDigits
	}
	return nil
}

// String writes the number without an exponent.
func (n Number) String() string {
	if n.digits == "" {
		return "0"
	}
	var b strings.Builder
	if n.negative {
		b.WriteByte('-')
	}
	switch {
	case n.exponent <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -n.exponent))
		b.WriteString(n.digits)
	case n.exponent >= len(n.digits):
		b.WriteString(n.digits)
		b.WriteString(strings.Repeat("0", n.exponent-len(n.digits)))
	default:
		b.WriteString(n.digits[:n.exponent] + "." + n.digits[n.exponent:])
	}
	return b.String()
}

// Cmp orders numbers.
func (n Number) Cmp(m Number) int {
	if s, t := n.sign(), m.sign(); s != t || s == 0 {
		return s - t
	}
	order := n.exponent - m.exponent
	if order == 0 {
		order = strings.Compare(n.digits, m.digits)
	}
	if n.negative {
		order = -order
	}
	return order
}

func (n Number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

// Neg returns the number with the other sign.
func (n Number) Neg() Number {
	n.negative = n.digits != "" && !n.negative
	return n
}

// Add adds two numbers; the sum may be out of range.
func (n Number) Add(m Number) (Number, error) {
	scale := max(len(n.digits)-n.exponent, len(m.digits)-m.exponent, 0)
	sum := new(big.Int).Add(n.scaled(scale), m.scaled(scale))
	text := sum.Text(10) + "e-" + strconv.Itoa(scale)
	return ParseNumber(text)
}

// scaled is the number times ten to the scale, which makes it whole.
func (n Number) scaled(scale int) *big.Int {
	i := new(big.Int)
	if n.digits == "" {
		return i
	}
	i.SetString(n.digits+strings.Repeat("0", scale-len(n.digits)+n.exponent), 10)
	if n.negative {
		i.Neg(i)
	}
	return i
}

// Int64 is the whole part of a number that is small enough.
func (n Number) Int64() (int64, bool) {
	text, _, _ := strings.Cut(n.String(), ".")
	i, err := strconv.ParseInt(text, 10, 64)
	return i, err == nil
}

// Size is how many bytes the service counts: two digits a byte, and one or two.
func (n Number) Size() int {
	if n.digits == "" {
		return 1
	}
	size := 1 + (len(n.digits)+1)/2
	if len(n.digits)%2 == 0 && n.exponent%2 != 0 {
		size++
	}
	if n.negative {
		size++
	}
	return size
}

// appendKey writes a number so that bytes sort as numbers do: a byte for sign
// and exponent, then the digits, all turned over for negative numbers.
func (n Number) appendKey(b []byte) []byte {
	if n.digits == "" {
		return append(b, 1)
	}
	from := len(b) + 1
	if !n.negative {
		b = append(b, 2)
	} else {
		b = append(b, 0)
	}
	b = append(b, byte(n.exponent-minExponent))
	b = append(b, n.digits...)
	b = append(b, 0)
	if n.negative {
		for i := from; i < len(b); i++ {
			b[i] = ^b[i]
		}
	}
	return b
}
