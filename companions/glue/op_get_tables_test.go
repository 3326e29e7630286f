package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetTables(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.database("other")
	for _, name := range []string{"b", "a", "ab", "zoo_2"} {
		w.table(name)
	}
	list := func(in *api.GetTablesInput) (pages [][]string) {
		in.DatabaseName = aws.String("lake")
		for {
			out, err := w.room.GetTables(t.Context(), in)
			require.NoError(t, err)
			names := []string{}
			for _, x := range out.TableList {
				names = append(names, *x.Name)
			}
			pages = append(pages, names)
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return pages
			}
		}
	}
	require.Equal(t, [][]string{{"a", "ab", "b", "zoo_2"}}, list(&api.GetTablesInput{}))
	require.Equal(t, [][]string{{"a", "ab", "b"}, {"zoo_2"}}, list(&api.GetTablesInput{MaxResults: aws.Int32(3)}))
	require.Equal(t, [][]string{{"a", "ab", "b", "zoo_2"}}, list(&api.GetTablesInput{MaxResults: aws.Int32(4)}), "no page for nothing")
	for expression, want := range map[string][]string{
		"a.*": {"a", "ab"}, ".*b": {"ab", "b"}, "A": {"a"}, "a|b": {"a", "b"}, "x": {}, "zoo_\\d": {"zoo_2"}, "": {"a", "ab", "b", "zoo_2"},
		"a*": {"a", "ab"}, "*b": {"ab", "b"}, "*": {"a", "ab", "b", "zoo_2"}, "*o*|b": {"b", "zoo_2"}, "[ab]*": {"a", "ab", "b"}, "(a|b)*": {"a", "ab", "b"},
		"\\w*": {"a", "ab", "b", "zoo_2"}, "z.*": {"zoo_2"}, "zoo\\*": {}, "\\\\*": {}, "a{1}*": {"a", "ab"},
	} {
		require.Equal(t, [][]string{want}, list(&api.GetTablesInput{Expression: &expression}), expression)
	}
	require.Equal(t, [][]string{{"a"}, {"ab"}, {}}, list(&api.GetTablesInput{Expression: aws.String("a.*"), MaxResults: aws.Int32(1)}),
		"what is behind a page is looked at with the next")

	out, err := w.room.GetTables(t.Context(), &api.GetTablesInput{DatabaseName: aws.String("lake"), MaxResults: aws.Int32(1), AttributesToGet: []api.TableAttributes{"NAME"}})
	require.NoError(t, err)
	require.Equal(t, []api.Table{{Name: aws.String("a"), DatabaseName: aws.String("lake"), CatalogId: aws.String("000000000000")}}, out.TableList)

	_, err = w.room.GetTables(t.Context(), &api.GetTablesInput{DatabaseName: aws.String("other"), NextToken: out.NextToken})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
	_, err = w.room.GetTables(t.Context(), &api.GetTablesInput{DatabaseName: aws.String("lake"), NextToken: out.NextToken, Expression: aws.String("b")})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
	_, err = w.room.GetTables(t.Context(), &api.GetTablesInput{DatabaseName: aws.String("lake"), Expression: aws.String("(a")})
	says(t, err, "InvalidInputException", "Invalid expression (a")
	_, err = w.room.GetTables(t.Context(), &api.GetTablesInput{DatabaseName: aws.String("none")})
	says(t, err, "EntityNotFoundException", "Database none not found.")
}
