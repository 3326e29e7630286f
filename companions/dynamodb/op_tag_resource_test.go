package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestTagResource(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	_, err := w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: leasesARN(), Tags: []types.Tag{tag("b", "1"), tag("a", "2")}})
	require.NoError(t, err)
	_, err = w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: leasesARN(), Tags: []types.Tag{tag("b", "3")}})
	require.NoError(t, err)
	w.open(0)
	require.Equal(t, []types.Tag{tag("a", "2"), tag("b", "3")}, w.tags())
	_, err = w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: aws.String("leases"), Tags: []types.Tag{tag("b", "1")}})
	says(t, err, "AccessDeniedException", "User is not authorized to perform: dynamodb:TagResource on resource: leases")
	_, err = w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: leasesARN()})
	says(t, err, "ValidationException", "Atleast one Tag needs to be provided as Input.")
	var many []types.Tag
	for i := range 51 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	_, err = w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: leasesARN(), Tags: many})
	says(t, err, "LimitExceededException", "Tag quota exceeded: a table has 50 tags at most")
}

func leasesARN() *string { return aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/leases") }

func tag(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }

func (w *world) tags() []types.Tag {
	w.t.Helper()
	out, err := w.room.ListTagsOfResource(w.t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: leasesARN()})
	require.NoError(w.t, err)
	return out.Tags
}
