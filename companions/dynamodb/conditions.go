package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// The forms of conditions from before expressions: Expected of writes, filters
// and KeyConditions of reads. Every version of the Kinesis client library uses
// the first.

// test is one condition on one attribute.
type test struct {
	name     string
	operator types.ComparisonOperator
	values   []*value.Value
}

// tests are all conditions, or alternatives when any is set.
type tests struct {
	list []test
	any  bool
}

// holds tells whether an item, which may be nil, satisfies the conditions.
func (t *tests) holds(item value.Item) bool {
	for _, one := range t.list {
		if ok := one.holds(item); ok == t.any {
			return ok
		}
	}
	return !t.any || len(t.list) == 0
}

func (t test) holds(item value.Item) bool {
	v := item[t.name]
	if t.operator == types.ComparisonOperatorNotContains {
		return !v.Contains(t.values[0])
	}
	return expression.Compare(operators(t.operator), v, t.values)
}

// operators are the names that expressions have for comparisons.
func operators(o types.ComparisonOperator) string {
	switch o {
	case types.ComparisonOperatorEq:
		return "="
	case types.ComparisonOperatorNe:
		return "<>"
	case types.ComparisonOperatorLt:
		return "<"
	case types.ComparisonOperatorLe:
		return "<="
	case types.ComparisonOperatorGt:
		return ">"
	case types.ComparisonOperatorGe:
		return ">="
	case types.ComparisonOperatorNotNull:
		return "attribute_exists"
	case types.ComparisonOperatorNull:
		return "attribute_not_exists"
	}
	return strings.ToLower(string(o)) // in, between, contains, begins_with
}

// expectedOf reads Expected.
func expectedOf(in map[string]types.ExpectedAttributeValue, o types.ConditionalOperator) (*tests, error) {
	if in == nil {
		return nil, nil
	}
	out := &tests{any: o == types.ConditionalOperatorOr}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		t, err := expectation(name, in[name])
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, t)
	}
	return out, nil
}

func expectation(name string, e types.ExpectedAttributeValue) (test, error) {
	t := test{name: name, operator: e.ComparisonOperator}
	given := e.AttributeValueList
	if e.Value != nil {
		given = []types.AttributeValue{e.Value}
	}
	switch {
	case e.AttributeValueList != nil && e.Value != nil:
		return t, badValue("Value and AttributeValueList cannot be used together for Attribute: %s", name)
	case e.ComparisonOperator != "":
		if e.Exists != nil {
			return t, badValue("Exists and ComparisonOperator cannot be used together for Attribute: %s", name)
		}
		if given == nil && e.ComparisonOperator != types.ComparisonOperatorNull && e.ComparisonOperator != types.ComparisonOperatorNotNull {
			return t, badValue("Value or AttributeValueList must be used with ComparisonOperator: %s for Attribute: %s", e.ComparisonOperator, name)
		}
	case e.AttributeValueList != nil:
		return t, badValue("AttributeValueList can only be used with a ComparisonOperator for Attribute: %s", name)
	case e.Exists != nil && !*e.Exists:
		if e.Value != nil {
			return t, badValue("Value cannot be used when Exists is false for Attribute: %s", name)
		}
		t.operator = types.ComparisonOperatorNull
	case e.Value == nil:
		exists := "null"
		if e.Exists != nil {
			exists = "true"
		}
		return t, badValue("Value must be provided when Exists is %s for Attribute: %s", exists, name)
	default:
		t.operator = types.ComparisonOperatorEq
	}
	var err error
	t.values, err = operandsOf(t.operator, given)
	return t, err
}

// filterOf reads QueryFilter, ScanFilter or KeyConditions.
func filterOf(in map[string]types.Condition, o types.ConditionalOperator) (*tests, error) {
	if in == nil {
		return nil, nil
	}
	out := &tests{any: o == types.ConditionalOperatorOr}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		c := in[name]
		if c.ComparisonOperator == "" {
			return nil, invalid("1 validation error detected: Value null at 'conditions.%s.member.comparisonOperator' failed to satisfy constraint: "+
				"Member must not be null", name)
		}
		values, err := operandsOf(c.ComparisonOperator, c.AttributeValueList)
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, test{name, c.ComparisonOperator, values})
	}
	return out, nil
}

// operandsOf reads the values of a comparison and checks their number and types.
func operandsOf(o types.ComparisonOperator, in []types.AttributeValue) ([]*value.Value, error) {
	if !slices.Contains(o.Values(), o) {
		return nil, invalid("1 validation error detected: Value '%s' at 'comparisonOperator' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]", o)
	}
	values := make([]*value.Value, len(in))
	for i, v := range in {
		var err error
		if values[i], err = valueOf(v, 0); err != nil {
			return nil, err
		}
	}
	least, most := 1, 1
	switch o {
	case types.ComparisonOperatorNull, types.ComparisonOperatorNotNull:
		least, most = 0, 0
	case types.ComparisonOperatorBetween:
		least, most = 2, 2
	case types.ComparisonOperatorIn:
		most = len(values)
	}
	if len(values) < least || len(values) > most {
		return nil, badValue("Invalid number of argument(s) for the %s ComparisonOperator", o)
	}
	for _, v := range values {
		if v.Kind != values[0].Kind {
			return nil, badValue("AttributeValues inside AttributeValueList must be of same type")
		}
	}
	for _, v := range values {
		if !takes(o, v.Kind) {
			return nil, badValue("ComparisonOperator %s is not valid for %s AttributeValue type", o, v.Kind)
		}
	}
	if o == types.ComparisonOperatorBetween {
		if order, _ := values[0].Compare(values[1]); order > 0 {
			return nil, invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	return values, nil
}

// takes tells whether an operator takes values of a kind.
func takes(o types.ComparisonOperator, k value.Kind) bool {
	switch o {
	case types.ComparisonOperatorEq, types.ComparisonOperatorNe:
		return true
	case types.ComparisonOperatorBeginsWith:
		return k == value.S || k == value.B
	}
	return k == value.S || k == value.N || k == value.B
}

// keyConditionsOf makes key conditions of the old form.
func keyConditionsOf(t *tests) (map[string]expression.KeyCondition, error) {
	keys := map[string]expression.KeyCondition{}
	for _, one := range t.list {
		switch one.operator {
		case types.ComparisonOperatorNull, types.ComparisonOperatorNotNull, types.ComparisonOperatorNe,
			types.ComparisonOperatorContains, types.ComparisonOperatorNotContains, types.ComparisonOperatorIn:
			return nil, invalid("Attempted conditional constraint is not an indexable operation")
		}
		keys[one.name] = expression.KeyCondition{Op: operators(one.operator), Values: one.values}
	}
	return keys, nil
}
