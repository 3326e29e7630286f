package policy

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one operator with one key.
type condition struct {
	key    string // lower case
	values []string
	// negated operators hold when no value matches; the others when one does.
	negated bool
	// ifExists lets a key that is not there pass.
	ifExists bool
	// set is how keys with several values are looked at.
	set quantifier
	// null is the operator Null.
	null bool
	wild bool
	// variables are replaced in values.
	variables bool
	test      func(value, given string) bool
}

type quantifier int

const (
	one quantifier = iota
	forAll
	forAny
)

// operator is how a value of the policy is compared with a given one.
type operator struct {
	negated bool
	test    func(value, given string) bool
	// wild operators take patterns.
	wild bool
	// valid looks at a value when the policy is read; nil accepts all.
	valid func(value string) bool
}

// operators by their names without prefix and suffix. It is read-only.
var operators = map[string]operator{
	"StringEquals":              {test: equal},
	"StringNotEquals":           {test: equal, negated: true},
	"StringEqualsIgnoreCase":    {test: strings.EqualFold},
	"StringNotEqualsIgnoreCase": {test: strings.EqualFold, negated: true},
	"StringLike":                {test: glob, wild: true},
	"StringNotLike":             {test: glob, negated: true, wild: true},
	"NumericEquals":             {test: numeric(func(order int) bool { return order == 0 }), valid: isNumber},
	"NumericNotEquals":          {test: numeric(func(order int) bool { return order == 0 }), negated: true, valid: isNumber},
	"NumericLessThan":           {test: numeric(func(order int) bool { return order < 0 }), valid: isNumber},
	"NumericLessThanEquals":     {test: numeric(func(order int) bool { return order <= 0 }), valid: isNumber},
	"NumericGreaterThan":        {test: numeric(func(order int) bool { return order > 0 }), valid: isNumber},
	"NumericGreaterThanEquals":  {test: numeric(func(order int) bool { return order >= 0 }), valid: isNumber},
	"DateEquals":                {test: dated(func(order int) bool { return order == 0 }), valid: isDate},
	"DateNotEquals":             {test: dated(func(order int) bool { return order == 0 }), negated: true, valid: isDate},
	"DateLessThan":              {test: dated(func(order int) bool { return order < 0 }), valid: isDate},
	"DateLessThanEquals":        {test: dated(func(order int) bool { return order <= 0 }), valid: isDate},
	"DateGreaterThan":           {test: dated(func(order int) bool { return order > 0 }), valid: isDate},
	"DateGreaterThanEquals":     {test: dated(func(order int) bool { return order >= 0 }), valid: isDate},
	"Bool":                      {test: strings.EqualFold, valid: isBool},
	"BinaryEquals":              {test: equal, valid: isBinary},
	"IpAddress":                 {test: inNetwork, valid: isNetwork},
	"NotIpAddress":              {test: inNetwork, negated: true, valid: isNetwork},
	"ArnEquals":                 {test: globARN, wild: true},
	"ArnLike":                   {test: globARN, wild: true},
	"ArnNotEquals":              {test: globARN, negated: true, wild: true},
	"ArnNotLike":                {test: globARN, negated: true, wild: true},
}

func equal(value, given string) bool { return value == given }

func numeric(holds func(order int) bool) func(value, given string) bool {
	return func(value, given string) bool {
		v, err := number(value)
		g, bad := number(given)
		if err != nil || bad != nil {
			return false
		}
		switch {
		case g < v:
			return holds(-1)
		case g > v:
			return holds(1)
		}
		return holds(0)
	}
}

func dated(holds func(order int) bool) func(value, given string) bool {
	return func(value, given string) bool {
		v, err := parseDate(value)
		g, bad := parseDate(given)
		return err == nil && bad == nil && holds(g.Compare(v))
	}
}

// parseDate reads a date of ISO 8601 or seconds since 1970.
func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0), err
}

// number reads a number. What is none stands in no order to others, so that it
// would be equal to all.
func number(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err == nil && math.IsNaN(n) {
		err = strconv.ErrSyntax
	}
	return n, err
}

func isNumber(s string) bool { _, err := number(s); return err == nil }
func isDate(s string) bool   { _, err := parseDate(s); return err == nil }
func isBool(s string) bool   { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }
func isBinary(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }
func isNetwork(s string) bool {
	_, err := network(s)
	return err == nil
}

func network(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

func inNetwork(value, given string) bool {
	n, err := network(value)
	a, bad := netip.ParseAddr(given)
	return err == nil && bad == nil && n.Contains(a.Unmap())
}

// readConditions reads the operators of a statement. One that is not known
// refuses the policy.
func readConditions(raw map[string]map[string]scalars, variables bool) (out []condition, err error) {
	for name, keys := range raw {
		c := condition{variables: variables}
		bare := name
		if rest, ok := strings.CutPrefix(bare, "ForAllValues:"); ok {
			c.set, bare = forAll, rest
		} else if rest, ok := strings.CutPrefix(bare, "ForAnyValue:"); ok {
			c.set, bare = forAny, rest
		}
		bare, c.ifExists = strings.CutSuffix(bare, "IfExists")
		op, known := operators[bare]
		c.null = bare == "Null"
		if !known && !c.null || c.null && (c.set != one || c.ifExists) {
			return nil, fmt.Errorf("the condition operator %q is not known", name)
		}
		if c.null {
			op.valid = isBool
		}
		c.negated, c.test, c.wild = op.negated, op.test, op.wild
		for key, values := range keys {
			c.key, c.values = strings.ToLower(key), values
			for _, v := range values {
				if op.valid != nil && !strings.Contains(v, "${") && !op.valid(v) {
					return nil, fmt.Errorf("%q is no value for the condition operator %s", v, name)
				}
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// matches holds a value of the policy against a given one.
func (c *condition) matches(r *Request, value, given string) bool {
	if c.variables {
		var whole bool
		if value, whole = r.expand(value, c.wild); !whole {
			return false
		}
	}
	return c.test(value, given)
}

// holds tells whether a condition is met.
func (c *condition) holds(r *Request) bool {
	given := r.Context[c.key]
	if c.null {
		return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, strconv.FormatBool(len(given) == 0)) })
	}
	if len(given) == 0 {
		// A key that is not there passes negated operators, as the service has it.
		return c.ifExists || c.set == forAll || c.negated && c.set == one
	}
	meets := func(g string) bool {
		hit := slices.ContainsFunc(c.values, func(v string) bool { return c.matches(r, v, g) })
		return hit != c.negated
	}
	switch c.set {
	case forAll:
		return !slices.ContainsFunc(given, func(g string) bool { return !meets(g) })
	case forAny:
		return slices.ContainsFunc(given, meets)
	}
	// Of a key with several values without a set operator one is enough, and
	// for a negated operator none may match.
	if c.negated {
		return !slices.ContainsFunc(given, func(g string) bool { return !meets(g) })
	}
	return slices.ContainsFunc(given, meets)
}
