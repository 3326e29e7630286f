package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// parameters are what a request says in expressions or in the forms from
// before them, which do not go together.
type parameters struct {
	names  map[string]string
	values map[string]types.AttributeValue
	// expressions by the names of their parameters, in the order in which
	// texts list them; nil for those that are not there.
	expressions []parameter
	// others are the older parameters that are there.
	others []string
}

type parameter struct {
	name string
	text *string
}

// check refuses what does not go together.
func (p *parameters) check() error {
	var given, absent []string
	for _, e := range p.expressions {
		switch {
		case e.text != nil:
			given = append(given, e.name)
		case e.name != "ProjectionExpression":
			absent = append(absent, e.name)
		}
	}
	if len(given) > 0 && len(p.others) > 0 {
		return invalid("Can not use both expression and non-expression parameters in the same request: "+
			"Non-expression parameters: {%s} Expression parameters: {%s}", strings.Join(p.others, ", "), strings.Join(given, ", "))
	}
	if p.names != nil && len(given) == 0 {
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	if p.values != nil && !slices.ContainsFunc(given, func(name string) bool { return name != "ProjectionExpression" }) {
		word := "is"
		if len(absent) > 1 {
			word = "are"
		}
		return invalid("ExpressionAttributeValues can only be specified when using expressions: %s %s null", strings.Join(absent, " and "), word)
	}
	return nil
}

// parsed are the expressions of a request; nil for those that are not there.
type parsed struct {
	condition, filter, key *expression.Condition
	update                 *expression.Update
	projection             expression.Projection
}

// parse reads the expressions.
func (p *parameters) parse() (*parsed, error) {
	scope, err := p.scope()
	if err != nil {
		return nil, err
	}
	out := &parsed{}
	for _, e := range p.expressions {
		if e.text == nil {
			continue
		}
		switch e.name {
		case "UpdateExpression":
			out.update, err = scope.Update(*e.text)
		case "ConditionExpression":
			out.condition, err = scope.Condition(*e.text)
		case "KeyConditionExpression":
			out.key, err = scope.Condition(*e.text)
		case "FilterExpression":
			out.filter, err = scope.Condition(*e.text)
		default:
			out.projection, err = scope.Projection(*e.text)
		}
		if err != nil {
			return nil, invalid("Invalid %s: %s", e.name, err.Error())
		}
	}
	if err := scope.Unused(); err != nil {
		return nil, invalid("%s", err.Error())
	}
	return out, nil
}

func (p *parameters) scope() (*expression.Scope, error) {
	if p.names != nil && len(p.names) == 0 {
		return nil, invalid("ExpressionAttributeNames must not be empty")
	}
	for _, name := range slices.Sorted(maps.Keys(p.names)) {
		if !placeholder(name, '#') {
			return nil, invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: \"%s\"", name)
		}
	}
	if p.values != nil && len(p.values) == 0 {
		return nil, invalid("ExpressionAttributeValues must not be empty")
	}
	values := make(map[string]*value.Value, len(p.values))
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !placeholder(name, ':') {
			return nil, invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		v, err := valueOf(p.values[name], 0)
		if err != nil {
			return nil, invalid("ExpressionAttributeValues contains invalid value: %s for key %s", messageOf(err), name)
		}
		values[name] = v
	}
	return expression.NewScope(p.names, values), nil
}

// placeholder tells whether a key is a sign and a name.
func placeholder(key string, sign byte) bool {
	return len(key) > 1 && key[0] == sign &&
		strings.Trim(key[1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// demand is what must hold of an item before it is written.
type demand struct {
	expected  *tests
	condition *expression.Condition
	// showOld puts the item into the error.
	showOld bool
}

func (d demand) check(old value.Item) error {
	if d.condition != nil && !d.condition.Holds(old) || d.expected != nil && !d.expected.holds(old) {
		if d.showOld {
			return errCondition(shapeOf(old))
		}
		return errCondition(nil)
	}
	return nil
}

func showsOld(r types.ReturnValuesOnConditionCheckFailure) bool {
	return r == types.ReturnValuesOnConditionCheckFailureAllOld
}

// older is a parameter from before expressions.
type older struct {
	name  string
	given bool
}

// present lists the older parameters that are there.
func present(all ...older) []string {
	var names []string
	for _, o := range all {
		if o.given {
			names = append(names, o.name)
		}
	}
	return names
}
