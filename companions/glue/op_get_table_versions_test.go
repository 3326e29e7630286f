package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetTableVersions(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	w.table("t")
	require.Equal(t, []string{"0"}, w.versions())
	for _, description := range []string{"one", "two", "three"} {
		w.update(description)
	}
	require.Equal(t, []string{"3", "2", "1", "0"}, w.versions())
	for _, limit := range []int32{1, 2, 3} {
		in := &api.GetTableVersionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("t"), MaxResults: &limit}
		var ids []string
		for {
			out, err := w.room.GetTableVersions(t.Context(), in)
			require.NoError(t, err)
			require.NotEmpty(t, out.TableVersions)
			require.LessOrEqual(t, len(out.TableVersions), int(limit))
			for _, v := range out.TableVersions {
				ids = append(ids, *v.VersionId)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		require.Equal(t, []string{"3", "2", "1", "0"}, ids)
	}
	w.table("fresh")
	out, err := w.room.GetTableVersions(t.Context(), &api.GetTableVersionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("fresh"), MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Nil(t, out.NextToken)
	_, err = w.room.GetTableVersions(t.Context(), &api.GetTableVersionsInput{DatabaseName: aws.String("lake"), TableName: aws.String("fresh"), NextToken: aws.String("x")})
	says(t, err, "InvalidInputException", "The NextToken is not valid for this request.")
}
