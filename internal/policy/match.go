package policy

import "strings"

// literal stands before a character of a pattern that is no wildcard: one that
// came out of a policy variable.
const literal = '\x01'

// glob matches a text against a pattern in which * stands for any characters
// and ? for one. It takes time in proportion to the product of both lengths at
// worst, whatever the pattern.
func glob(pattern, text string) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p+1 < len(pattern) && pattern[p] == literal && pattern[p+1] == text[t]:
			p += 2
			t++
		case p < len(pattern) && pattern[p] != literal && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// globFold is glob without regard to case, as actions are compared.
func globFold(pattern, text string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(text))
}

// arnParts is how many parts an ARN has: arn:partition:service:region:account:resource.
const arnParts = 6

// globARN compares part by part, so that a wildcard in one does not reach into
// the next.
func globARN(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	p, a := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	if len(p) != arnParts || len(a) != arnParts {
		return false
	}
	for i := range p {
		if !glob(p[i], a[i]) {
			return false
		}
	}
	return true
}
