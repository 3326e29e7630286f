// Package expression reads and carries out the expressions of DynamoDB:
// conditions, key conditions, updates and projections. It is pure. Its errors
// are the service's texts, without the words that name the parameter.
package expression

import (
	"fmt"
	"strings"
)

// MaxBytes bounds one expression.
const MaxBytes = 4096

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenWord             // name, keyword or function
	tokenName             // #name
	tokenValue            // :value
	tokenNumber           // an index
	tokenSign             // everything else
)

type token struct {
	kind     tokenKind
	text     string
	from, to int // in the source
}

// lexer holds the tokens of one expression.
type lexer struct {
	source string
	tokens []token
	at     int
}

// failure is an error of an expression.
type failure string

// Error returns the service's text.
func (f failure) Error() string { return string(f) }

func fail(format string, args ...any) error { return failure(fmt.Sprintf(format, args...)) }

func lex(source string) (*lexer, error) {
	if source == "" {
		return nil, fail("The expression can not be empty;")
	}
	if len(source) > MaxBytes {
		return nil, fail("Expression size has exceeded the maximum allowed size;")
	}
	l := &lexer{source: source}
	for i := 0; i < len(source); {
		if strings.IndexByte(" \t\r\n", source[i]) >= 0 {
			i++
			continue
		}
		t := scan(source, i)
		l.tokens = append(l.tokens, t)
		i = t.to
	}
	l.tokens = append(l.tokens, token{kind: tokenEnd, text: "<EOF>", from: len(source), to: len(source)})
	for i, t := range l.tokens {
		if t.kind == tokenSign && !strings.Contains("()[],.=<>+-", t.text[:1]) || t.text == "#" || t.text == ":" {
			l.at = i
			return nil, l.unexpected()
		}
	}
	return l, nil
}

// scan reads the token that begins at i.
func scan(source string, i int) token {
	end := i + 1
	t := token{from: i}
	switch c := source[i]; {
	case isLetter(c) || c == '_':
		t.kind = tokenWord
	case c == '#':
		t.kind = tokenName
	case c == ':':
		t.kind = tokenValue
	case isDigit(c):
		t.kind = tokenNumber
		for end < len(source) && isDigit(source[end]) {
			end++
		}
	default:
		t.kind = tokenSign
		if end < len(source) && (source[i:end+1] == "<=" || source[i:end+1] == ">=" || source[i:end+1] == "<>") {
			end++
		}
	}
	if t.kind != tokenSign && t.kind != tokenNumber {
		for end < len(source) && (isLetter(source[end]) || isDigit(source[end]) || source[end] == '_') {
			end++
		}
	}
	t.text, t.to = source[i:end], end
	return t
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

func (l *lexer) peek() token { return l.tokens[l.at] }

func (l *lexer) next() token {
	t := l.tokens[l.at]
	if t.kind != tokenEnd {
		l.at++
	}
	return t
}

// sign takes a sign if it is next.
func (l *lexer) sign(text string) bool {
	if t := l.peek(); t.kind == tokenSign && t.text == text {
		l.at++
		return true
	}
	return false
}

// keyword takes a word if it is next, in any case.
func (l *lexer) keyword(word string) bool {
	if t := l.peek(); t.kind == tokenWord && strings.EqualFold(t.text, word) {
		l.at++
		return true
	}
	return false
}

// unexpected is the error of the next token, shown with its neighbours.
func (l *lexer) unexpected() error {
	t := l.peek()
	from, to := t.from, t.to
	if l.at > 0 {
		from = l.tokens[l.at-1].from
	}
	if l.at+1 < len(l.tokens) {
		to = l.tokens[l.at+1].to
	}
	return fail("Syntax error; token: \"%s\", near: \"%s\"", t.text, strings.TrimSpace(l.source[from:to]))
}
