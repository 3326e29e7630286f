package firehose

import (
	"strings"
	"time"
	"unicode/utf8"

	"sluice/delivery"
	"sluice/internal/javatime"
)

// The expressions a prefix may hold, as !{namespace:value}.
const (
	spaceTimestamp = "timestamp"
	spaceFirehose  = "firehose"
	spaceQuery     = "partitionKeyFromQuery"
	spaceLambda    = "partitionKeyFromLambda"

	valueRandom    = "random-string"
	valueErrorType = "error-output-type"
)

// hourly is what is put behind a prefix that has no expressions.
const hourly = "yyyy/MM/dd/HH/"

// maxEvaluated bounds the evaluated prefix, in characters; what is put behind
// a prefix without expressions does not count.
const maxEvaluated = 512

// maxPrefixBytes bounds it in bytes as well: keys of objects have 1,024 at most,
// and what follows the prefix takes up to 300 of them.
const maxPrefixBytes = 720

// prefix is a compiled Prefix or ErrorOutputPrefix. It is read-only.
type prefix struct {
	template *delivery.Template
	layouts  map[string]*javatime.Layout // by pattern
	hourly   *javatime.Layout
}

// compilePrefix reads a prefix; member is its name for texts.
func compilePrefix(member, text string) (*prefix, error) {
	template, err := delivery.ParseTemplate(text)
	if err != nil {
		return nil, errInvalid("Invalid expression usage")
	}
	p := &prefix{template: template, layouts: map[string]*javatime.Layout{}}
	if p.hourly, err = javatime.Compile(hourly); err != nil {
		return nil, err
	}
	for _, e := range template.Placeholders() {
		if err := p.learn(e); err != nil {
			return nil, errInvalid(err.Error() + member)
		}
	}
	return p, nil
}

// wrongExpression is the beginning of a refusal; the member follows.
type wrongExpression string

// Error implements error.
func (e wrongExpression) Error() string { return string(e) }

const badConversion = wrongExpression("Invalid conversion character used in the value of the expression in ")

func (p *prefix) learn(e delivery.Placeholder) error {
	switch e.Name {
	case spaceTimestamp:
		layout, err := javatime.Compile(e.Argument)
		if err != nil || e.Argument == "" {
			return badConversion
		}
		p.layouts[e.Argument] = layout
	case spaceFirehose:
		if e.Argument != valueRandom && e.Argument != valueErrorType {
			return badConversion
		}
	case spaceQuery, spaceLambda:
		if e.Argument == "" {
			return badConversion
		}
	default:
		return badConversion
	}
	return nil
}

// has tells whether an expression of a namespace is there, with a value unless
// that is empty.
func (p *prefix) has(space, value string) bool {
	for _, e := range p.template.Placeholders() {
		if e.Name == space && (value == "" || e.Argument == value) {
			return true
		}
	}
	return false
}

// partitioned tells whether partition keys are part of the prefix.
func (p *prefix) partitioned() bool { return p.has(spaceQuery, "") || p.has(spaceLambda, "") }

// plain tells that there are no expressions at all.
func (p *prefix) plain() bool { return len(p.template.Placeholders()) == 0 }

// names lists the keys of a namespace that the prefix uses.
func (p *prefix) names(space string) []string {
	var out []string
	for _, e := range p.template.Placeholders() {
		if e.Name == space {
			out = append(out, e.Argument)
		}
	}
	return out
}

// moment is what the expressions of a prefix stand for.
type moment struct {
	// at is the arrival of the oldest record, in the zone of the destination.
	at time.Time
	// errorType is empty for objects of good records.
	errorType string
	// random gives the text of a random-string, a new one each time.
	random func() string
	// query and lambda are the partition keys of the records.
	query, lambda map[string]string
}

// explicit evaluates what the prefix itself says.
func (p *prefix) explicit(m moment) (string, error) {
	var failed error
	at := m.at.Truncate(time.Second) // as measured: fractions are written as zeros
	out := p.template.Expand(func(e delivery.Placeholder) string {
		switch e.Name {
		case spaceTimestamp:
			text, err := p.layouts[e.Argument].Append(nil, at)
			if err != nil {
				failed = err
			}
			return string(text)
		case spaceQuery:
			return m.query[e.Argument]
		case spaceLambda:
			return m.lambda[e.Argument]
		}
		if e.Argument == valueErrorType {
			return m.errorType
		}
		return m.random()
	})
	return out, failed
}

// expand evaluates the prefix with what the service puts behind one without
// expressions: the type of error for objects of failed records, and the hour.
// No separator is ever put in between.
func (p *prefix) expand(m moment) (string, error) {
	out, err := p.explicit(m)
	if err != nil || !p.plain() {
		return out, err
	}
	if m.errorType != "" {
		out += m.errorType + "/"
	}
	hour, err := p.hourly.Append(nil, m.at)
	return out + string(hour), err
}

// prefixes are the pair of one S3 destination.
type prefixes struct{ good, failed *prefix }

// compilePrefixes reads and checks Prefix and ErrorOutputPrefix of one
// destination. partitioning tells whether dynamic partitioning is enabled.
func compilePrefixes(good, failed *string, partitioning bool) (prefixes, error) {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	var p prefixes
	var err error
	if p.good, err = compilePrefix("Prefix", text(good)); err != nil {
		return prefixes{}, err
	}
	if p.failed, err = compilePrefix("ErrorOutputPrefix", text(failed)); err != nil {
		return prefixes{}, err
	}
	if err := p.check(text(failed), partitioning); err != nil {
		return prefixes{}, err
	}
	if text(failed) == "" {
		p.failed = p.good // which has no expressions then
	}
	return p, nil
}

func (p prefixes) check(failed string, partitioning bool) error {
	switch {
	case p.good.has(spaceFirehose, valueErrorType):
		return errInvalid("Prefix must not contain any occurrence of !{firehose:error-output-type}")
	case p.failed.partitioned():
		return errInvalid("Dynamic Partitioning Namespaces can't be part of an error prefix expression")
	case p.good.partitioned() && !partitioning:
		return errInvalid("Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.")
	case partitioning && !p.good.partitioned():
		return errInvalid("S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled")
	case !p.good.plain() && failed == "":
		return errInvalid("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
	case !p.failed.plain() && !p.failed.has(spaceFirehose, valueErrorType):
		return errInvalid("ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}")
	}
	return p.checkLength()
}

// sample is a moment that every expression can be evaluated for.
var sample = moment{at: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), errorType: "format-conversion-failed",
	random: func() string { return strings.Repeat("x", randomLength) }}

// randomLength is how long a random-string is, in characters.
const randomLength = 11

func (p prefixes) checkLength() error {
	for what, one := range map[string]*prefix{"prefix": p.good, "ErrorOutputPrefix": p.failed} {
		text, err := one.explicit(sample)
		if err == nil && (utf8.RuneCountInString(text) > maxEvaluated || len(text) > maxPrefixBytes) {
			return errInvalid("Length of evaluated " + what + " cannot be greater than 512")
		}
	}
	return nil
}

// partitionPath is what is known of a prefix before the partition keys are.
type partitionPath struct {
	query, lambda []string // the keys it uses, as often as it does
	size, chars   int      // of the rest
}

func (p *prefix) pathOf() (*partitionPath, error) {
	rest, err := p.explicit(sample)
	if err != nil {
		return nil, err
	}
	return &partitionPath{query: p.names(spaceQuery), lambda: p.names(spaceLambda), size: len(rest), chars: utf8.RuneCountInString(rest)}, nil
}

// takes tells whether keys leave the evaluated prefix within its bounds: a
// record that does not can never be delivered.
func (p *partitionPath) takes(query, lambda map[string]string) bool {
	size, chars := p.size, p.chars
	for i, names := range [][]string{p.query, p.lambda} {
		for _, name := range names {
			text := query[name]
			if i == 1 {
				text = lambda[name]
			}
			size, chars = size+len(text), chars+utf8.RuneCountInString(text)
		}
	}
	return size <= maxPrefixBytes && chars <= maxEvaluated
}
