package javatime

import (
	"fmt"
	"strings"
	"time"
)

// refusal is an error with the text that Java has for it.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// Layout is a compiled pattern. It is read-only.
type Layout struct {
	parts []part
}

// part writes one piece of a time. Pieces that cannot be written in the width
// they are given fail.
type part func(dst []byte, t time.Time) ([]byte, error)

// compiler walks through a pattern.
type compiler struct {
	pattern string
	at      int
	depth   int // of open brackets
	parts   []part
}

// Compile reads a pattern. Its errors are those of Java.
func Compile(pattern string) (*Layout, error) {
	c := &compiler{pattern: pattern}
	for c.at < len(pattern) {
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	return &Layout{parts: c.parts}, nil
}

// Append writes t, in its own location, behind dst.
func (l *Layout) Append(dst []byte, t time.Time) (_ []byte, err error) {
	for _, p := range l.parts {
		if dst, err = p(dst, t); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func isLetter(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }

// run takes a letter and its repetitions.
func (c *compiler) run() (letter byte, count int) {
	letter = c.pattern[c.at]
	for c.at < len(c.pattern) && c.pattern[c.at] == letter {
		c.at++
		count++
	}
	return letter, count
}

func (c *compiler) next() error {
	switch b := c.pattern[c.at]; {
	case isLetter(b):
		return c.field()
	case b == '\'':
		return c.quoted()
	case b == '[':
		c.depth++ // everything a time needs is always there, so optional parts are
		c.at++
	case b == ']':
		if c.depth == 0 {
			return refuse("Pattern invalid as it contains ] without previous [")
		}
		c.depth--
		c.at++
	case b == '{' || b == '}' || b == '#':
		return refuse("Pattern includes reserved character: '%c'", b)
	default:
		c.literal(c.pattern[c.at : c.at+1])
		c.at++
	}
	return nil
}

func (c *compiler) literal(text string) {
	c.parts = append(c.parts, func(dst []byte, _ time.Time) ([]byte, error) { return append(dst, text...), nil })
}

func (c *compiler) quoted() error {
	var text strings.Builder
	for i := c.at + 1; i < len(c.pattern); i++ {
		if c.pattern[i] != '\'' {
			text.WriteByte(c.pattern[i])
			continue
		}
		if i+1 < len(c.pattern) && c.pattern[i+1] == '\'' {
			text.WriteByte('\'')
			i++
			continue
		}
		if i == c.at+1 {
			text.WriteByte('\'') // two quotes and nothing between are one quote
		}
		c.at = i + 1
		c.literal(text.String())
		return nil
	}
	return refuse("Pattern ends with an incomplete string literal: %s", c.pattern)
}

// field takes one field, with the padding that may stand before it.
func (c *compiler) field() error {
	letter, count := c.run()
	pad := 0
	if letter == 'p' {
		pad = count
		if c.at == len(c.pattern) || !isLetter(c.pattern[c.at]) {
			return refuse("Pad letter 'p' must be followed by valid pad pattern: %s", c.pattern)
		}
		letter, count = c.run()
	}
	p, err := fieldOf(letter, count)
	if err != nil {
		return err
	}
	if pad > 0 {
		p = padded(p, pad)
	}
	c.parts = append(c.parts, p)
	return nil
}

// padded fills a piece up with spaces on its left.
func padded(p part, width int) part {
	return func(dst []byte, t time.Time) ([]byte, error) {
		text, err := p(nil, t)
		if err != nil {
			return nil, err
		}
		if len(text) > width {
			return nil, refuse("Cannot print as output of %d characters exceeds pad width of %d", len(text), width)
		}
		for range width - len(text) {
			dst = append(dst, ' ')
		}
		return append(dst, text...), nil
	}
}
