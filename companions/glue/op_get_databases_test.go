package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetDatabases(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"b", "a", "ab", "c"} {
		w.database(name)
	}
	var pages [][]string
	in := &api.GetDatabasesInput{MaxResults: aws.Int32(3)}
	for {
		out, err := w.room.GetDatabases(t.Context(), in)
		require.NoError(t, err)
		var names []string
		for _, d := range out.DatabaseList {
			names = append(names, *d.Name)
			require.NotNil(t, d.CreateTime)
		}
		pages = append(pages, names)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, [][]string{{"a", "ab", "b"}, {"c"}}, pages)

	out, err := w.room.GetDatabases(t.Context(), &api.GetDatabasesInput{AttributesToGet: []api.DatabaseAttributes{"NAME"}, MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Equal(t, []api.Database{{Name: aws.String("a"), CatalogId: aws.String("000000000000")}}, out.DatabaseList)
	for _, token := range []string{"*", "AAAA", *out.NextToken + "AA="[:1] + "!", "c2hvcnQ"} {
		_, err := w.room.GetDatabases(t.Context(), &api.GetDatabasesInput{NextToken: &token})
		says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
	}
	_, err = w.room.GetDatabases(as(t.Context(), "111111111111", "us-east-1"), &api.GetDatabasesInput{NextToken: out.NextToken})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
	out, err = w.room.GetDatabases(as(t.Context(), "111111111111", "us-east-1"), &api.GetDatabasesInput{})
	require.NoError(t, err)
	require.Equal(t, []api.Database{}, out.DatabaseList)
}
