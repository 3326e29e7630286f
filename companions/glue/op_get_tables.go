package glue

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/companions/glue/api"
)

// GetTables lists the tables of a database by name, 100 at a time, or those
// whose whole name matches a regular expression.
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
	out.NextToken, err = c.page(ctx, l, in.NextToken, func(value []byte) (bool, error) {
		t := &tableRecord{}
		if err := decode(value, t); err != nil || !matches(t.Name) {
			return false, err
		}
		out.TableList = append(out.TableList, only(t.shape(p.catalogKey, p.name), in.AttributesToGet))
		return true, nil
	})
	return out, err
}

// namePattern reads the expression of GetTables. Names are in lower case, and
// so an expression may be written in either.
func namePattern(text string) (matches func(name string) bool, err error) {
	if text == "" {
		return func(string) bool { return true }, nil
	}
	re, err := regexp.Compile(`(?i)\A(?:` + text + `)\z`)
	if err != nil {
		return nil, errPattern(text)
	}
	return re.MatchString, nil
}
