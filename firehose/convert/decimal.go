package convert

import (
	"bytes"
	"math/big"
	"strconv"
)

// decimalBytes is how many bytes the numbers of a precision take at least.
func decimalBytes(precision int) int {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	most.Sub(most, big.NewInt(1))
	return most.BitLen()/8 + 1 // with the sign
}

// appendDecimal appends a number in fixed bytes. Digits beyond the scale are
// rounded half up; a number that is too large is refused.
func appendDecimal(dst, raw []byte, t *hiveType) ([]byte, bool) {
	length, precision, scale := t.length, t.precision, t.scale
	if x, ok := smallDecimal(raw, precision, scale); ok {
		for i := length - 1; i >= 0; i-- {
			dst = append(dst, byte(x>>min(8*i, 63)))
		}
		return dst, true
	}
	x, ok := bigDecimal(raw, scale)
	if !ok || len(x.Text(10)) > precision+signOf(x) {
		return dst, false
	}
	if x.Sign() < 0 { // two's complement
		x.Add(x, new(big.Int).Lsh(big.NewInt(1), uint(8*length)))
	}
	at := len(dst)
	dst = append(dst, make([]byte, length)...)
	x.FillBytes(dst[at:])
	return dst, true
}

// signOf is how many characters the sign takes.
func signOf(x *big.Int) int {
	if x.Sign() < 0 {
		return 1
	}
	return 0
}

// smallDecimal reads plain numbers of few digits that need no rounding.
func smallDecimal(raw []byte, precision, scale int) (int64, bool) {
	const most = 18
	if precision > most || len(raw) > most {
		return 0, false
	}
	i, point, digits := 0, -1, 0
	if len(raw) > 0 && raw[0] == '-' {
		i++
	}
	var x int64
	for ; i < len(raw); i++ {
		c := raw[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		x = x*10 + int64(c-'0')
		digits++
	}
	if point < 0 {
		point = digits
	}
	missing := scale - (digits - point)
	if digits == 0 || missing < 0 || digits+missing > most {
		return 0, false
	}
	for range missing {
		x *= 10
	}
	limit := int64(1)
	for range precision {
		limit *= 10
	}
	if x >= limit {
		return 0, false
	}
	if raw[0] == '-' {
		x = -x
	}
	return x, true
}

// maxExponent bounds the work that a number may ask for.
const maxExponent = 100

// bigDecimal reads any number as so many parts of 10^scale.
func bigDecimal(raw []byte, scale int) (*big.Int, bool) {
	raw = bytes.TrimSpace(raw)
	exponent := 0
	if e := bytes.IndexAny(raw, "eE"); e >= 0 {
		n, err := strconv.Atoi(string(raw[e+1:]))
		if err != nil || n > maxExponent || n < -maxExponent {
			return nil, false
		}
		exponent, raw = n, raw[:e]
	}
	digits := string(raw)
	if point := bytes.IndexByte(raw, '.'); point >= 0 {
		digits = string(raw[:point]) + string(raw[point+1:])
		exponent -= len(raw) - point - 1
	}
	const mostDigits = 400
	if len(digits) > mostDigits || bytes.ContainsAny(raw, "_") {
		return nil, false
	}
	x, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, false
	}
	shift := scale + exponent
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(shift, -shift))), nil)
	if shift >= 0 {
		return x.Mul(x, power), true
	}
	half := new(big.Int).Rsh(power, 1)
	if x.Sign() < 0 {
		half.Neg(half)
	}
	return x.Quo(x.Add(x, half), power), true
}
