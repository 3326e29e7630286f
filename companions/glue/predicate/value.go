package predicate

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// ValueError is a stored value that is not of its key's type. The service
// tells it apart from a bad expression.
type ValueError struct{ text string }

// Error implements error.
func (e *ValueError) Error() string { return e.text }

// class is how values of a type are compared.
type class uint8

const (
	texts class = iota
	integers
	decimals
	dates
	times
)

// noun begins the sentence that refuses LIKE.
func (c class) noun() string {
	return [...]string{"String", "Integral", "Decimal", "Date", "Timestamp"}[c]
}

// operand is a partition key in an expression.
type operand struct {
	index int // of its value
	class class
}

func newOperand(index int, k Key) (operand, error) {
	name, _, _ := strings.Cut(strings.ToLower(k.Type), "(")
	switch strings.TrimSpace(name) {
	case "string", "char", "varchar":
		return operand{index, texts}, nil
	case "tinyint", "smallint", "int", "integer", "bigint", "long":
		return operand{index, integers}, nil
	case "decimal":
		return operand{index, decimals}, nil
	case "date":
		return operand{index, dates}, nil
	case "timestamp":
		return operand{index, times}, nil
	}
	return operand{}, refusal("Unknown type : '" + k.Type + "'")
}

// of reads the stored value of the key.
func (o operand) of(values []string) (value, error) {
	if o.index >= len(values) { // the table has more keys since
		return value{}, refusal(textUnknownKey)
	}
	v, err := o.read(values[o.index])
	if err != nil {
		return v, &ValueError{err.Error()}
	}
	return v, nil
}

// value is one of the classes; only the part of its own is set.
type value struct {
	text string
	when int64 // days, or seconds since 1970
	frac int   // nanoseconds
	size *big.Rat
}

// read makes a text a value of the key's class.
func (o operand) read(s string) (value, error) {
	switch o.class {
	case integers:
		n, ok := new(big.Int).SetString(s, 10)
		if !ok || strings.Contains(s, "_") {
			return value{}, refusal(`For input string: "` + s + `" is not an integer.`)
		}
		return value{size: new(big.Rat).SetInt(n)}, nil
	case decimals:
		if !isNumber(s) || hugeExponent(s) {
			return value{}, refusal(s + " is not a decimal.")
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return value{}, refusal(s + " is not a decimal.")
		}
		return value{size: r}, nil
	case dates:
		t, err := time.Parse("2006-01-02", s)
		if err != nil {
			return value{}, refusal(s + " is not a date.")
		}
		return value{when: t.Unix()}, nil
	case times:
		return readTime(s)
	}
	return value{text: s}, nil
}

// hugeExponent keeps a short text from becoming a number of megabytes.
func hugeExponent(s string) bool {
	_, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	if !ok {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return err != nil || n > 400 || n < -400
}

func readTime(s string) (value, error) {
	refuse := refusal("Timestamp format must be yyyy-mm-dd hh:mm:ss[.fffffffff] " + s + " is not a timestamp.")
	whole, fraction, dotted := strings.Cut(s, ".")
	t, err := time.Parse(time.DateTime, whole)
	if err != nil || len(whole) != len(time.DateTime) || dotted && (fraction == "" || len(fraction) > 9 || !digits(fraction)) {
		return value{}, refuse
	}
	frac, _ := strconv.Atoi((fraction + "000000000")[:9])
	return value{when: t.Unix(), frac: frac}, nil
}

// compare tells which of two values of one class comes first.
func (v value) compare(w value) int {
	if v.size != nil && w.size != nil {
		return v.size.Cmp(w.size)
	}
	return cmp.Or(cmp.Compare(v.when, w.when), cmp.Compare(v.frac, w.frac), cmp.Compare(v.text, w.text))
}
