package main

import (
	"fmt"
	"regexp"
	"strings"
)

// The patterns of the models are Java's. Go's engine differs in a few points,
// each translated here so that what is accepted is exactly what the service
// accepts; the text shown stays the model's.
//
//   - "." leaves out five line terminators, not one
//   - \s and \S know the vertical tab
//   - \uFFFF is \x{FFFF}
//   - (?!…) at the start and (?<!…) at the end become an expression that must
//     not match
//
// Anything else that Go cannot express makes the generator stop.
const (
	javaDot   = `[^\n\r\x{85}\x{2028}\x{2029}]`
	javaSpace = `\t\n\x0B\f\r `
	anything  = `(?s:.)`
)

// translate returns the expression to accept and, where the pattern looks
// ahead at its start or behind at its end, the one to deny.
func translate(pattern string) (accept, deny string, err error) {
	rest := pattern
	if at := strings.Index(pattern, "(?!"); at >= 0 {
		end, err := closing(pattern, at)
		if err != nil || strings.Trim(pattern[:at], "(^") != "" {
			return "", "", fmt.Errorf("pattern %q: only a look-ahead at the start can be translated", pattern)
		}
		if deny, err = translateChars(pattern[at+3 : end]); err != nil {
			return "", "", err
		}
		deny += anything + "*"
		rest = pattern[:at] + pattern[end+1:]
	} else if at := strings.Index(pattern, "(?<!"); at >= 0 {
		end, err := closing(pattern, at)
		if err != nil || end != len(pattern)-1 {
			return "", "", fmt.Errorf("pattern %q: only a look-behind at the end can be translated", pattern)
		}
		if deny, err = translateChars(pattern[at+4 : end]); err != nil {
			return "", "", err
		}
		deny = anything + "*" + deny
		rest = pattern[:at]
	}
	if accept, err = translateChars(rest); err != nil {
		return "", "", err
	}
	for _, x := range []string{accept, deny} {
		if _, err := regexp.Compile(`\A(?:` + x + `)\z`); err != nil {
			return "", "", fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	return accept, deny, nil
}

// closing returns where the group that opens at index at ends.
func closing(pattern string, at int) (int, error) {
	depth := 0
	for i := at; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("pattern %q: unbalanced", pattern)
}

func translateChars(pattern string) (string, error) {
	var b strings.Builder
	class := -1 // where the open character class began
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case strings.HasPrefix(pattern[i:], `[\s\S]`) && class < 0:
			b.WriteString(anything)
			i += len(`[\s\S]`) - 1
		case strings.HasPrefix(pattern[i:], `\u`) && len(pattern) >= i+len(`\u0000`):
			b.WriteString(`\x{` + pattern[i+2:i+6] + `}`)
			i += len(`\u0000`) - 1
		case c == '\\' && i+1 < len(pattern):
			i++
			text, err := translateEscape(pattern[i], class >= 0)
			if err != nil {
				return "", fmt.Errorf("pattern %q: %w", pattern, err)
			}
			b.WriteString(text)
		case class >= 0 && (c == '[' || c == '&' && strings.HasPrefix(pattern[i:], "&&")):
			return "", fmt.Errorf("pattern %q: nested classes cannot be translated", pattern)
		case class >= 0:
			// A bracket right at the start is a character, not the end.
			if c == ']' && i > class+1 {
				class = -1
			}
			b.WriteByte(c)
		case c == '[':
			class = i
			b.WriteByte(c)
		case c == '.':
			b.WriteString(javaDot)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func translateEscape(c byte, inClass bool) (string, error) {
	switch {
	case c == 's' && inClass:
		return javaSpace, nil
	case c == 's':
		return "[" + javaSpace + "]", nil
	case c == 'S' && inClass:
		return "", fmt.Errorf(`\S inside a class cannot be translated`)
	case c == 'S':
		return "[^" + javaSpace + "]", nil
	}
	return `\` + string(c), nil
}
