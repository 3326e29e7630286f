package expression

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/companions/dynamodb/value"
)

func scope() *Scope {
	return NewScope(map[string]string{"#n": "name"}, map[string]*value.Value{
		":n": {Kind: value.N, Text: "1"}, ":s": {Kind: value.S, Text: "x"}, ":l": {Kind: value.L}, ":t": {Kind: value.SS, List: []*value.Value{{Kind: value.S, Text: "x"}}}})
}

func item() value.Item {
	one := &value.Value{Kind: value.N, Text: "1"}
	return value.Item{"a": one, "l": {Kind: value.L, List: []*value.Value{one, one}}, "m": {Kind: value.M, Map: value.Item{"a": one}}, "name": {Kind: value.S, Text: "x"}}
}

// FuzzExpressions feeds anything to all parsers, and what they take to the
// evaluators: nothing panics, and an item is never changed.
func FuzzExpressions(f *testing.F) {
	for _, text := range []string{
		"a = :n AND (l[0] < :n OR NOT contains(#n, :s))", "a BETWEEN :n AND :n", "size(l) IN (:n, a)", "SET a = a + :n, m.b = list_append(l, :l) REMOVE l[1] ADD a :n DELETE x :t",
		"a, m.a, l[1]", "SET l[5] = if_not_exists(a, :s)", "((a))", "a.", "#", "begins_with(#n, :s)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		before := item()
		if c, err := scope().Condition(text); err == nil {
			c.Holds(before)
			c.Holds(nil)
			_, _ = c.Keys()
		}
		if u, err := scope().Update(text); err == nil {
			after, err := u.Apply(before)
			if err == nil {
				u.Paths().Of(after)
				_, err := value.Decode(after.Encode())
				require.NoError(t, err)
			}
		}
		if p, err := scope().Projection(text); err == nil {
			p.Of(before)
		}
		require.True(t, item().Equal(before))
	})
}

func TestExpressionSize(t *testing.T) {
	_, err := scope().Projection(string(make([]byte, MaxBytes+1)))
	require.EqualError(t, err, "Expression size has exceeded the maximum allowed size;")
}
