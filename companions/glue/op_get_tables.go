package glue

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// GetTables lists the tables of a database by name, 100 at a time, or those
// whose whole name matches an expression.
//
// State: real
// Notes: pages, expressions, AttributesToGet; QueryAsOfTime and transactions are ignored
// Test: TestGetTables
func (c *Catalog) GetTables(ctx context.Context, in *api.GetTablesInput) (*api.GetTablesOutput, error) {
	matches, err := namePattern(aws.ToString(in.Expression))
	if err != nil {
		return nil, err
	}
	p, err := c.locate(ctx, in.CatalogId, in.DatabaseName)
	if err != nil {
		return nil, err
	}
	out := &api.GetTablesOutput{TableList: []api.Table{}}
	l := listing{prefix: p.inside(prefixTable, p.database.ID), about: "tables\x00" + aws.ToString(in.Expression), limit: limitOf(in.MaxResults, defaultPage)}
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(_, value []byte) (bool, error) {
		t := &tableRecord{}
		if err := decode(value, t); err != nil || !matches(t.Name) {
			return false, err
		}
		out.TableList = append(out.TableList, only(t.shape(p.catalogKey, p.name), in.AttributesToGet))
		return true, nil
	})
	return out, err
}

// namePattern reads the expression of GetTables, which is a regular expression
// to some clients (ev.*|x[0-9]*) and to others what Hive takes (ev*|*x*). A
// star behind what a regular expression repeats as a rule, a point, a bracket or
// an escape, belongs to that; any other stands for any text. Names are in
// lower case, and so an expression may be written in either.
func namePattern(expression string) (matches func(name string) bool, err error) {
	if expression == "" {
		return func(string) bool { return true }, nil
	}
	var b strings.Builder
	escaped, repeats := false, false // of what stands before
	for i := range len(expression) {
		c := expression[i]
		if c == '*' && !escaped && !repeats {
			b.WriteByte('.')
		}
		b.WriteByte(c)
		repeats = escaped || strings.IndexByte(".])", c) >= 0
		escaped = c == '\\' && !escaped
	}
	re, err := regexp.Compile(`(?i)\A(?:` + b.String() + `)\z`)
	if err != nil {
		return nil, errPattern(expression)
	}
	return re.MatchString, nil
}
