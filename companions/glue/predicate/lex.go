package predicate

import "strings"

// kind is what a token is.
type kind uint8

const (
	end kind = iota
	word
	quotedName // "name" or `name`
	number
	text     // 'text'
	operator // = <> != < > <= >=
	open     // (
	shut     // )
	comma
	bad
)

// token is a piece of an expression.
type token struct {
	kind kind
	// text is the piece itself, without quotes.
	text string
}

// is says whether a token is a keyword, in whatever case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// lex reads the token at the start of s and says how long it is.
func lex(s string) (token, int) {
	skipped := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	s = s[skipped:]
	t, n := lexHere(s)
	return t, skipped + n
}

func lexHere(s string) (token, int) {
	if s == "" {
		return token{kind: end}, 0
	}
	switch c := s[0]; {
	case c == '(':
		return token{open, "("}, 1
	case c == ')':
		return token{shut, ")"}, 1
	case c == ',':
		return token{comma, ","}, 1
	case c == '\'':
		return quoted(s, '\'', text)
	case c == '"' || c == '`':
		return quoted(s, c, quotedName)
	case strings.IndexByte("=<>!", c) >= 0:
		for _, op := range []string{"<>", "!=", "<=", ">=", "=", "<", ">"} {
			if strings.HasPrefix(s, op) {
				return token{operator, op}, len(op)
			}
		}
		return token{kind: bad}, 1
	case isDigit(c) || (c == '-' || c == '+' || c == '.') && len(s) > 1 && (isDigit(s[1]) || s[1] == '.'):
		return lexNumber(s)
	case isLetter(c):
		n := 1
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '.') {
			n++
		}
		return token{word, s[:n]}, n
	}
	return token{kind: bad}, 1
}

// lexNumber reads a number. A name that begins with a digit is a name.
func lexNumber(s string) (token, int) {
	n := 1
	for n < len(s) && (isDigit(s[n]) || s[n] == '.' || isLetter(s[n]) ||
		(s[n] == '-' || s[n] == '+') && (s[n-1] == 'e' || s[n-1] == 'E') && isNumber(s[:n-1])) {
		n++
	}
	if isNumber(s[:n]) {
		return token{number, s[:n]}, n
	}
	if !isDigit(s[0]) {
		return token{kind: bad}, n
	}
	return token{word, s[:n]}, n
}

// isNumber says whether s is a decimal number.
func isNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !digits(whole) || !digits(fraction) {
		return false
	}
	if !hasExponent {
		return true
	}
	exponent = strings.TrimLeft(exponent, "+-")
	return exponent != "" && digits(exponent)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// quoted reads up to the closing quote; two of them are one of the text.
func quoted(s string, q byte, k kind) (token, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		return token{k, b.String()}, i + 1
	}
	return token{kind: bad}, len(s)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isLetter takes every byte of a character beyond ASCII for part of a name.
func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}
